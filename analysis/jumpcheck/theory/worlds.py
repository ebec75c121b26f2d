"""Worlds of percent-correct scaling curves, with and without breaks: what the break test must tell apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.score.definition import emergence_scores

METRICS = ("exact_str_match", "multiple_choice_grade")
SCALES = np.array([2.1e6, 16.8e6, 56.6e6, 134e6, 262e6, 453e6, 1.07e9, 2.1e9, 3.6e9, 8.6e9, 29e9, 137e9])


class World(NamedTuple):
    """Curves with what they were made from."""

    shares: Shares
    pool: np.ndarray
    """Family and kind: 0 for exact match and 1 for multiple choice of the first family, and so on."""
    task: np.ndarray
    is_planted: np.ndarray
    place: np.ndarray
    """Of the first scale after the break, in those where one is planted."""


def draw(mean: np.ndarray, n: np.ndarray, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shares of n examples, beta-binomial with the intra-class correlation rho of every curve."""
    return rng.binomial(n[:, None], success_rates(mean, rho, rng)) / n[:, None]


def success_rates(mean: np.ndarray, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What single models get right of endless examples: beta around the law."""
    scattered = (rho[:, None] > 0) & (mean > 1e-9) & (mean < 1 - 1e-9)
    weight = (1 - rho[:, None]) / np.maximum(rho[:, None], 1e-12)
    beta = rng.beta(np.where(scattered, mean * weight, 1), np.where(scattered, (1 - mean) * weight, 1))
    return np.where(scattered, beta, mean)


def scatter_of(kind: str, n_curves: int, mean: float, rng: np.random.Generator) -> np.ndarray:
    """Intra-class correlations of mean `mean`: constant, lognormal, exponential, or half 0 and half twice the mean."""
    if kind == "lognormal":
        return np.minimum(rng.lognormal(np.log(mean) - 0.5, 1, n_curves), 0.5)
    if kind == "exponential":
        return rng.exponential(mean, n_curves)
    if kind == "half":
        return np.where(rng.random(n_curves) < 0.5, 0, 2 * mean)
    return np.full(n_curves, mean)


def world(
    kind: str = "plain",
    n_curves: int = 2000,
    seed: int = 0,
    n_scales: int = 12,
    n_examples: int | tuple[int, ...] = (100, 205, 1024),
    scatter: str = "constant",
    mean_scatter: float = 0.015,
    planted: float = 0.0,
    size: float = 1.0,
    n_families: int = 1,
    model_effect: float = 0.0,
    n_shots: int = 1,
    n_left: int | None = None,
) -> World:
    """Make a world: half exact match, half multiple choice, with a loss per token that is a power law of scale.

    Other values of `kind` change that. irreducible: the power law is added to a loss that no scale lowers. lengths:
    exact-match tasks mix answers of 1 to 20 tokens. argmax: multiple choice rises from chance like a logistic. below:
    small models are below chance. line: accuracy is a straight line in log scale, from one random score to another.

    `planted` is the share of tasks with a break of `size`. Every model adds a random number to the log loss of all
    curves of its family; `model_effect` is the standard deviation of these numbers. Every task has `n_shots` curves,
    which share its law, its break and the random success rates of its models. Only `n_left` of the scales are kept,
    spread over all.
    """
    rng = np.random.default_rng(seed)
    n_tasks = -(-n_curves // n_shots)
    x = np.log(SCALES[:n_scales]) - np.log(1e10)
    n = rng.choice(np.atleast_1d(n_examples), n_tasks)
    is_choice = np.arange(n_tasks) % 2 == 1
    chance = np.where(is_choice, rng.choice([0.2, 0.25, 0.5], n_tasks), 0.0)[:, None]
    exponent = -np.exp(rng.uniform(np.log(0.05), np.log(0.25), n_tasks))[:, None]
    level = (rng.normal(0, 0.8, n_tasks) + np.log(np.where(is_choice, 1.6, 0.8)))[:, None]
    length = np.where(is_choice, 1, rng.choice([1, 1, 2, 3, 5, 8], n_tasks))[:, None]
    family = np.arange(n_tasks) // 2 % n_families
    level = level + model_effect * rng.standard_normal((n_families, n_scales))[family]
    loss = np.exp(level + exponent * x)
    if kind == "irreducible":
        loss = rng.uniform(0.05, 0.6, (n_tasks, 1)) + np.exp(level + 1.8 * exponent * x)
    is_planted, place = rng.random(n_tasks) < planted, rng.integers(3, n_scales, n_tasks)
    loss = np.where(is_planted[:, None] & (np.arange(n_scales) >= place[:, None]), loss * np.exp(-size), loss)
    mean = chance + (1 - chance) * _known(kind, loss, length, is_choice, rng)
    if kind == "below":
        dip = rng.uniform(0, 0.06, (n_tasks, 1)) * np.clip(1 - np.arange(n_scales) / (n_scales / 2), 0, 1)
        mean = np.where(is_choice[:, None], mean - dip, mean)
    rho = scatter_of(scatter, n_tasks, mean_scatter, rng)
    each = np.repeat(np.arange(n_tasks), n_shots)
    y = rng.binomial(n[each, None], success_rates(mean, rho, rng)[each]) / n[each, None]
    left = np.linspace(0, n_scales - 1, n_left or n_scales).round().astype(int)
    y, x = y[:, left], x[left]
    kept = each[np.ptp(y, axis=1) > 0]
    y = y[np.ptp(y, axis=1) > 0]
    n_of_points = np.broadcast_to(n[kept, None], y.shape).astype(float)
    shares = Shares(np.broadcast_to(x, y.shape), y, n_of_points, chance[kept])
    return World(shares, (2 * family + is_choice)[kept].astype(int), kept, is_planted[kept], place[kept])


def _known(kind: str, loss: np.ndarray, length: np.ndarray, is_choice: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Probability of knowing the answer, at a loss per token."""
    known = np.exp(-loss * length)
    if kind == "lengths":
        weights = rng.dirichlet(np.ones(5), len(loss))
        mixed = (weights[:, None, :] * np.exp(-0.3 * loss[:, :, None] * [1, 3, 5, 10, 20])).sum(-1)
        return np.where(is_choice[:, None], known, mixed)
    if kind == "line":
        ends = np.sort(rng.uniform(0.05, 0.95, (len(loss), 2)), axis=1)
        return ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * np.linspace(0, 1, loss.shape[1])
    if kind == "argmax":
        rises = 1 / (1 + np.exp(-6 * (np.exp(-loss) - 0.35))) - 1 / (1 + np.exp(6 * 0.35))
        return np.where(is_choice[:, None], np.clip(rises / (1 - 1 / (1 + np.exp(2.1))), 0, 1), known)
    return known


def as_trials(world: World) -> pd.DataFrame:
    """Curves of a world as rows of the table `trials`; its scales and curve numbers are made up."""
    shares, n_scales = world.shares, world.shares.y.shape[1]
    scales = np.exp(shares.x[0] + np.log(1e10))
    steps = np.diff(np.log(scales))
    shots = np.arange(len(shares)) - np.searchsorted(world.task, world.task)
    return pd.DataFrame(
        {
            "curve_id": np.arange(len(shares)),
            "task": world.task.astype(str),
            "subtask": "",
            "shots": shots,
            "metric": np.array(METRICS)[world.pool % 2],
            "filter": "none",
            "model_family": (world.pool // 2).astype(str),
            "entry_kind": "task",
            "is_preferred": True,
            "n_scales": n_scales,
            "n_examples": shares.n[:, 0].astype(int),
            "n_source": "given",
            "n_ambiguous": False,
            "chance_source": "file",
            "improvement_score": emergence_scores(shares.y),
            "straight_line_score": steps.sum() / np.median(steps),
            "status": "ok",
            "is_of_checkpoints": False,
            "scales": [scales] * len(shares),
            "ys": list(shares.y),
            "n_models": [np.ones(n_scales)] * len(shares),
            "is_share": True,
            "no_shares": False,
            "chance": shares.chance[:, 0],
            "not_testable": pd.Series([None] * len(shares), dtype=object),
        }
    )
