"""A simulated BIG-bench in which nothing emerges, in the published layout, with the truth beside it.

For every task, subtask and model family the per-token cross entropy is a power law in the number of parameters,
CE(N) = (N/c)^alpha (`jumpcheck.theory.scaling`), so a jump can only come from the metric, from the finite test set or from
the few scales. All metrics of one entry are computed from the same outcomes:

- text: an answer of L tokens, each right with probability p = exp(-CE); exact match needs all of them;
- multiple choice: the answer is known with probability exp(-CE) and guessed otherwise, accuracy = g + (1 - g) exp(-CE)
  with chance rate g (`mc_law="known"`), or the option of largest mass is taken (`mc_law="argmax"`, the paper's step
  softened by the random spread of the rest);
- programmatic: the share of right tokens, a metric of the task's own name.

Models of one family scatter more than binomially: the success rate of a model is drawn from a beta distribution around
the law with the intra-class correlation `scatter`. A share `break_share` of the tasks can be given a real break: from one
scale on their cross entropy is lower by the factor exp(-break_size).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from jumpcheck.theory import scaling

NOTHING_KNOWN = 50.0
"""Nats per token of a model that guesses: it knows a choice, or a token, with probability exp(-50)."""
MAX_EXAMPLES = 1024
"""Published runs of BIG-G were capped here; all simulated ones are."""

FAMILIES: dict[str, dict[str, float]] = {
    "BIG-G T=0": {
        "2m": 2.1e6, "16m": 16.8e6, "53m": 56.6e6, "125m": 134e6, "244m": 262e6, "422m": 453e6, "1b": 1.07e9,
        "2b": 2.1e9, "4b": 4.1e9, "8b": 8.5e9, "27b": 28.6e9, "128b": 137e9,
    },
    "BIG-G T=1": {},
    "BIG-G sparse": {
        "2m": 2.1e6, "16m": 16.8e6, "53m": 56.6e6, "125m": 134e6, "244m": 262e6, "422m": 453e6, "1b": 1.07e9,
        "2b": 2.1e9, "4b": 4.1e9, "8b": 8.5e9, "27b": 28.6e9,
    },
    "GPT": {
        "GPT-3-Small": 125e6, "GPT-3-Medium": 350e6, "GPT-3-Large": 760e6, "GPT-3-XL": 1.3e9, "GPT-3-3B": 2.7e9,
        "GPT-3-6B": 6.7e9, "GPT-3-13B": 13e9, "GPT-3-200B": 175e9,
    },
    "PaLM": {"8b": 8.6e9, "64b": 62.5e9, "535b": 540e9},
    "Gopher": {"44M": 44e6, "117M": 117e6, "417M": 417e6, "1.4B": 1.4e9, "7.1B": 7.1e9, "280B": 280e9},
}  # fmt: skip
FAMILIES["BIG-G T=1"] = FAMILIES["BIG-G T=0"]
"""Models and their nominal numbers of non-embedding parameters; sparse ones by the dense model of equal compute."""
SHOTS = {"PaLM": (0, 1, 2, 5), "Gopher": (5,)}
"""Families that were not run with 0, 1, 2 and 3 shots."""
_LOSS_OF_FAMILY = {"BIG-G T=1": 1.25, "BIG-G sparse": 0.95, "GPT": 1.1, "PaLM": 0.8}
_LOSS_OF_SHOTS = {0: 1.25, 1: 1.08, 2: 1.03, 3: 1.0, 5: 0.97}


@dataclass(frozen=True)
class World:
    """What kind of benchmark to simulate. Equal settings give equal files to the last byte."""

    n_tasks: int = 210
    seed: int = 0
    scatter: float = 0.015
    """Intra-class correlation between the models of a family, in [0, 1); 0 is purely binomial."""
    mc_law: str = "known"
    break_share: float = 0.0
    break_size: float = 1.5
    guessing: bool = False
    """Whether every model guesses, whatever its scale: accuracy is chance, and no token of a text is right."""


class Task(NamedTuple):
    """One task: its name, kind (choice, text, own) and preferred metric, and its subtasks ("" for a task without)."""

    name: str
    kind: str
    preferred: str
    subtasks: tuple[str, ...]
    n_examples: int
    chance: float
    break_scale: float
    """Number of parameters from which the break holds; infinite where there is none."""


def task_range(task: Task) -> tuple[float, float]:
    """low_score and high_score of the preferred metric: chance and perfection, in its unit."""
    if task.preferred == "overall":
        return 1.0, 9.0
    return task.chance, 100.0 if task.preferred in PERCENT_METRICS else 1.0


class Law(NamedTuple):
    """The smooth law of one subtask and model family: per-token cross entropy, shape (n_models, n_shots)."""

    family: str
    subtask: str
    cross_entropy: np.ndarray
    alpha: float
    c: np.ndarray
    """Shape (n_shots,): shots shift the loss, which is a change of c."""
    length: int
    n_examples: int


class Outcome(NamedTuple):
    """All numbers of one subtask and model family: {metric: scores of shape (n_models, n_shots)}, and the truth."""

    family: str
    subtask: str
    chance: float
    scores: dict[str, np.ndarray]
    alpha: float
    c: np.ndarray
    length: int
    n_examples: int


def _rng(seed: int, *key: str) -> np.random.Generator:
    """A random stream for a key that does not depend on what is drawn for other keys."""
    digest = hashlib.sha256(json.dumps([seed, *key]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def shots_of(family: str) -> tuple[int, ...]:
    """The numbers of shots that a family was run with."""
    return SHOTS.get(family, (0, 1, 2, 3))


def tasks_of(world: World, names: Sequence[str], preferred: dict[str, tuple[str, int, float]]) -> list[Task]:
    """The tasks of a world.

    Parameters
    ----------
    world : World
        n_tasks, seed and the breaks are used.
    names : sequence of str
        Published names of tasks, from the reference tables.
    preferred : dict
        {name: (preferred metric, number of examples, chance rate or NaN)} where published.
    """
    tasks = []
    for task_number in range(world.n_tasks):
        repeat, place = divmod(task_number, len(names))
        published = names[place]  # when all names are used up they come again, with a number
        name = f"sim_{published}" + (f"_{repeat + 1}" if repeat else "")
        rng = _rng(world.seed, "task", name)
        metric, n_examples, chance = preferred.get(published, ("", 0, math.nan))
        kind = {"multiple_choice_grade": "choice", "": ""}.get(metric, "text" if metric in TEXT_METRICS else "own")
        kind = kind or rng.choice(["choice", "text", "own"], p=[0.62, 0.26, 0.12])
        if not metric:
            metric = {"choice": "multiple_choice_grade", "text": "exact_str_match", "own": f"{name}_score"}[kind]
        n_examples = min(MAX_EXAMPLES, n_examples or int(np.exp(rng.uniform(math.log(30), math.log(3000)))))
        options = int(rng.choice([2, 2, 3, 4, 4, 5, 10]))
        chance = 0.0 if kind != "choice" else 1 / options if math.isnan(chance) or chance == 0 else chance
        n_subtasks = int(rng.choice([0, rng.integers(2, 9), rng.integers(40, 130)], p=[0.70, 0.21, 0.09]))
        has_break = rng.random() < world.break_share
        break_scale = 10 ** rng.uniform(9, 10.5) if has_break else math.inf
        subtasks = tuple(f"part_{k + 1}" for k in range(n_subtasks)) or ("",)
        tasks.append(Task(name, str(kind), metric, subtasks, n_examples, chance, break_scale))
    return tasks


PERCENT_METRICS = ("bleu", "rouge1", "rouge2", "rougeLsum", "sequence_f1")
TEXT_METRICS = (
    "exact_str_match", "case_insensitive_str_match", "bleu", "rouge1", "rouge2", "rougeLsum", "sequence_f1",
    "log_likelihood", "log_likelihood_per_char", "log_likelihood_per_word",
)  # fmt: skip


def success_rates(mean: np.ndarray, scatter: float, rng: np.random.Generator) -> np.ndarray:
    """Success rates of the single models around the law: beta with this mean and intra-class correlation."""
    if scatter == 0:
        return mean
    weight = (1 - scatter) / scatter
    inside = (mean > 1e-12) & (mean < 1 - 1e-12)
    drawn = rng.beta(np.where(inside, mean, 0.5) * weight, np.where(inside, 1 - mean, 0.5) * weight)
    return np.where(inside, drawn, mean)


def _text_scores(ce: np.ndarray, length: int, n: int, scatter: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Scores of `n` answers of `length` tokens per model and shots; `ce` has shape (n_models, n_shots).

    Whole answers are right at a beta-binomial rate around p^L. A wrong answer has independent tokens of which at least
    one is wrong: its first wrong token is drawn from the truncated geometric distribution, and those after it freely.
    """
    p = np.exp(-ce)
    rate = success_rates(p**length, scatter, rng)
    right = rng.random((*ce.shape, n)) < rate[..., None]
    uniform = rng.random((*ce.shape, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Inverse of (1 - p^j) / (1 - p^L) in j = 1..L.
        first_wrong = np.ceil(np.log1p(-uniform * -np.expm1(-ce * length)[..., None]) / -ce[..., None])
    first_wrong = np.clip(np.nan_to_num(first_wrong, nan=1.0), 1, length)
    position = np.arange(1, length + 1)
    tokens = rng.random((*ce.shape, n, length), dtype=np.float32) < p[..., None, None].astype(np.float32)
    tokens = np.where(position < first_wrong[..., None], True, np.where(position == first_wrong[..., None], False, tokens))
    tokens |= right[..., None]

    share = tokens.mean(axis=(-1, -2))
    n_gram_shares, right_runs = [share], tokens
    for width in range(2, min(4, length) + 1):
        right_runs = right_runs[..., :-1] & tokens[..., width - 1 :]
        n_gram_shares.append(right_runs.mean(axis=(-1, -2)))
    with np.errstate(divide="ignore"):
        bleu = np.exp(np.mean(np.log(n_gram_shares), axis=0))
    exact = right.sum(axis=-1) / n
    # No wrong token occurs in the target, so unigrams and the longest common subsequence count the right tokens.
    return {
        "exact_str_match": exact,
        "case_insensitive_str_match": exact,
        "bleu": 100 * bleu,
        "rouge1": 100 * share,
        **({"rouge2": 100 * n_gram_shares[1]} if length > 1 else {}),  # one token has no pairs
        "rougeLsum": 100 * share,
        "sequence_f1": 100 * share,
        **_log_likelihoods(ce, length, share, p),
    }


def _log_likelihoods(ce: np.ndarray, n_tokens: float, right: np.ndarray, rate: np.ndarray) -> dict[str, np.ndarray]:
    """Mean log probability of the target, from the same outcomes: it is higher for right answers than for wrong ones.

    A right token has 0.7 times the loss CE, a wrong one so much more that the expected loss per token is CE where the share
    `rate` is right. `right` is the share that was drawn.
    """
    wrong_factor = np.divide(1 - 0.7 * rate, 1 - rate, out=np.ones_like(rate), where=rate < 1)
    per_token = -ce * (0.7 * right + wrong_factor * (1 - right))
    per_token = np.where(rate < 1, per_token, -ce)
    return {
        "log_likelihood": per_token * n_tokens,
        "log_likelihood_per_char": per_token / 4,
        "log_likelihood_per_word": per_token * 1.3,
    }


def _mass_of_rate(drawn: np.ndarray, mass: np.ndarray, rate: np.ndarray, n_options: int) -> np.ndarray:
    """The mass with which the correct option is the largest at the rate `drawn`; `mass` if `drawn` is `rate`."""
    grid = np.linspace(1 / n_options, 0.5, 2001)
    inverse = np.interp(drawn, scaling.multiple_choice_accuracy_of(grid, n_options), grid)
    return np.where(drawn == rate, mass, inverse)


def _choice_scores(ce: np.ndarray, chance: float, n: int, world: World, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Scores of `n` multiple-choice questions per model and shots; `ce` has shape (n_models, n_shots)."""
    n_options = max(2, round(1 / chance))
    if world.mc_law == "argmax":
        rate = scaling.multiple_choice_accuracy_of(np.exp(-ce), n_options)
        # A model's own rate, with its scatter, fixes its mass on the correct option, and all metrics follow from that.
        correct_mass = _mass_of_rate(success_rates(rate, world.scatter, rng), np.exp(-ce), rate, n_options)
        masses = scaling.sample_masses(correct_mass, n, n_options, rng)
        largest = masses[..., 1:].max(axis=-1)
        right = (masses[..., 0] > largest).mean(axis=-1)
        mass, log_mass = correct_mass, np.log(np.maximum(correct_mass, 1e-12))
        squares = ((masses[..., 1:] ** 2).sum(axis=-1) + (1 - masses[..., 0]) ** 2).mean(axis=-1)
        top = np.maximum(masses[..., 0], largest).mean(axis=-1)
    else:
        rate = chance + (1 - chance) * np.exp(-ce)
        right = rng.binomial(n, success_rates(rate, world.scatter, rng)) / n
        # The mass of the chosen option grows with scale, and is too large for small models; the others share the rest.
        top = chance + (1 - chance) * (0.2 + 0.8 * np.exp(-ce / 2))
        rest = np.maximum((1 - top) / (n_options - 1), 1e-12)
        mass = right * top + (1 - right) * rest
        log_mass = right * np.log(top) + (1 - right) * np.log(rest)
        squares = right * ((1 - top) ** 2 + (n_options - 1) * rest**2)
        squares = squares + (1 - right) * (top**2 + (1 - rest) ** 2 + (n_options - 2) * rest**2)
    return {
        "multiple_choice_grade": right,
        "calibration_multiple_choice_brier_score": squares / n_options,
        "expected_calibration_error": np.abs(top - right),
        **_log_likelihoods(ce, 1, right, rate),
        "weighted_probabilities": mass,
        "weighted_log_probabilities": log_mass,
    }


def laws(world: World, task: Task, families: Mapping[str, Mapping[str, float]] = FAMILIES) -> Iterator[Law]:
    """The laws of one task, with its break if it has one: one subtask and model family at a time."""
    base = _rng(world.seed, "law", task.name)
    exponent = base.uniform(0.05, 0.2)
    # Median loss in nats per token at 10^10 parameters, of BIG-G T=0 at 3 shots: exp(-1.6) = 20 % of choices are known,
    # exp(-0.35) = 70 % of the tokens of texts are right, and exp(-0.7) = 50 % in programmatic tasks.
    level = math.log({"choice": 1.6, "text": 0.35, "own": 0.7}[task.kind]) + base.normal(0, 0.8)
    length = int(base.choice([1, 1, 2, 3, 5, 8])) if task.kind == "text" else 1 if task.kind == "choice" else 8
    for subtask in task.subtasks:
        rng = _rng(world.seed, "subtask", task.name, subtask)
        alpha = -exponent * math.exp(rng.normal(0, 0.1))
        loss = math.exp(level + (rng.normal(0, 0.4) if subtask else 0))
        n = task.n_examples if not subtask else max(20, task.n_examples // len(task.subtasks))
        for family, models in families.items():
            factors = np.array([_LOSS_OF_SHOTS[k] for k in shots_of(family)]) * _LOSS_OF_FAMILY.get(family, 1.0) * loss
            c = 1e10 * factors ** (-1 / alpha)
            scale = np.array(list(models.values()))[:, None]
            ce = scaling.cross_entropy(scale, c, alpha)
            ce = np.where(scale >= task.break_scale, ce * math.exp(-world.break_size), ce)
            ce = np.full_like(ce, NOTHING_KNOWN) if world.guessing else ce
            yield Law(family, subtask, ce, alpha, c, length, n)


def outcomes(world: World, task: Task) -> Iterator[Outcome]:
    """All numbers of one task, one subtask and model family at a time."""
    for family, subtask, ce, alpha, c, length, n in laws(world, task):
        draws = _rng(world.seed, "draws", task.name, subtask, family)
        if task.kind == "choice":
            scores = _choice_scores(ce, task.chance, n, world, draws)
        else:
            scores = _text_scores(ce, length, n, world.scatter, draws)
            if task.kind == "own":
                share = scores["rouge1"] / 100
                share = 1 + 8 * share if task.preferred == "overall" else share  # its published range
                scores = {task.preferred: share, "log_likelihood": scores["log_likelihood"]}
        yield Outcome(family, subtask, task.chance, scores, alpha, c, length, n)


def reference_tasks(annotations: pd.DataFrame, preferred_metrics: pd.DataFrame) -> tuple[list[str], dict]:
    """(names of tasks, published facts of some), for `tasks_of`, from the tables in data/reference.

    The facts are those of the tasks that Wei et al. label emergent, so that a world stays the same when others are added.
    """
    rows = preferred_metrics[(preferred_metrics["source"] == "wei2022") & preferred_metrics["subtask"].isna()]
    facts = {
        row.task: (row.preferred_metric, int(row.n_examples) if row.n_examples > 0 else 0, float(row.chance))
        for row in rows.itertuples()
    }
    return annotations["task"].tolist(), facts


def tasks_of_files(world: World, annotations: str, preferred_metrics: str) -> list[Task]:
    """`tasks_of` a world, from the tables annotations.csv and preferred_metrics.csv of data/reference."""
    return tasks_of(world, *reference_tasks(pd.read_csv(annotations), pd.read_csv(preferred_metrics)))
