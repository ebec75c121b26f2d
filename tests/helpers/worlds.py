"""Worlds of scaling curves of shares, with and without breaks: what the break test must tell apart."""

from typing import NamedTuple

import numpy as np

from analysis.breaks.smooth_law import Shares

SCALES = np.array([2.1e6, 16.8e6, 56.6e6, 134e6, 262e6, 453e6, 1.07e9, 2.1e9, 3.6e9, 8.6e9, 29e9, 137e9])


class World(NamedTuple):
    shares: Shares
    pool: np.ndarray
    """Family and kind: 0 for exact match and 1 for multiple choice of the first family, and so on."""
    is_planted: np.ndarray
    place: np.ndarray


def draw(mean, n, rho, rng):
    """Shares of n examples, beta-binomial with the intra-class correlation rho of every curve."""
    scattered = (rho[:, None] > 0) & (mean > 1e-9) & (mean < 1 - 1e-9)
    weight = (1 - rho[:, None]) / np.maximum(rho[:, None], 1e-12)
    beta = rng.beta(np.where(scattered, mean * weight, 1), np.where(scattered, (1 - mean) * weight, 1))
    return rng.binomial(n[:, None], np.where(scattered, beta, mean)) / n[:, None]


def scatter_of(kind, n_curves, mean, rng):
    """Intra-class correlations of mean `mean`: constant, lognormal, exponential, or half 0 and half twice the mean."""
    if kind == "lognormal":
        return np.minimum(rng.lognormal(np.log(mean) - 0.5, 1, n_curves), 0.5)
    if kind == "exponential":
        return rng.exponential(mean, n_curves)
    if kind == "half":
        return np.where(rng.random(n_curves) < 0.5, 0, 2 * mean)
    return np.full(n_curves, mean)


def world(
    kind="plain", n_curves=2000, seed=0, n_scales=12, n_examples=(100, 205, 1024), scatter="constant", mean_scatter=0.015,
    planted=0.0, size=1.0, n_families=1, model_effect=0.0,
):  # fmt: skip
    """Half exact match, half multiple choice; per-token loss a power law of scale, or as `kind` says.

    irreducible: above a loss that no scale lowers. lengths: answers of 1 to 20 tokens mixed. argmax: multiple choice rises
    from chance like a logistic. below: small models below chance. `planted` is the share of curves with a break of `size`.
    `model_effect` is the standard deviation of what a model adds to the log loss of all curves of its family.
    """
    rng = np.random.default_rng(seed)
    x = np.log(SCALES[:n_scales]) - np.log(1e10)
    n = rng.choice(np.atleast_1d(n_examples), n_curves)
    is_choice = np.arange(n_curves) % 2 == 1
    chance = np.where(is_choice, rng.choice([0.2, 0.25, 0.5], n_curves), 0.0)[:, None]
    exponent = -np.exp(rng.uniform(np.log(0.05), np.log(0.25), n_curves))[:, None]
    level = (rng.normal(0, 0.8, n_curves) + np.log(np.where(is_choice, 1.6, 0.8)))[:, None]
    length = np.where(is_choice, 1, rng.choice([1, 1, 2, 3, 5, 8], n_curves))[:, None]
    family = np.arange(n_curves) // 2 % n_families
    level = level + model_effect * rng.standard_normal((n_families, n_scales))[family]
    loss = np.exp(level + exponent * x)
    if kind == "irreducible":
        loss = rng.uniform(0.05, 0.6, (n_curves, 1)) + np.exp(level + 1.8 * exponent * x)
    is_planted, place = rng.random(n_curves) < planted, rng.integers(3, n_scales, n_curves)
    loss = np.where(is_planted[:, None] & (np.arange(n_scales) >= place[:, None]), loss * np.exp(-size), loss)
    known = np.exp(-loss * length)
    if kind == "lengths":
        weights = rng.dirichlet(np.ones(5), n_curves)
        mixed = (weights[:, None, :] * np.exp(-0.3 * loss[:, :, None] * [1, 3, 5, 10, 20])).sum(-1)
        known = np.where(is_choice[:, None], known, mixed)
    if kind == "argmax":
        rises = 1 / (1 + np.exp(-6 * (np.exp(-loss) - 0.35))) - 1 / (1 + np.exp(6 * 0.35))
        known = np.where(is_choice[:, None], np.clip(rises / (1 - 1 / (1 + np.exp(2.1))), 0, 1), known)
    mean = chance + (1 - chance) * known
    if kind == "below":
        dip = rng.uniform(0, 0.06, (n_curves, 1)) * np.clip(1 - np.arange(n_scales) / (n_scales / 2), 0, 1)
        mean = np.where(is_choice[:, None], mean - dip, mean)
    y = draw(mean, n, scatter_of(scatter, n_curves, mean_scatter, rng), rng)
    kept = np.ptp(y, axis=1) > 0
    shape = (kept.sum(), n_scales)
    shares = Shares(np.broadcast_to(x, shape), y[kept], np.broadcast_to(n[kept, None], shape).astype(float), chance[kept])
    return World(shares, (2 * family + is_choice)[kept].astype(int), is_planted[kept], place[kept])
