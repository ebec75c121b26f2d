"""Scores of single examples in files of a harness: what they average to, and whether the file says the same."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject

TOLERANCE = 1e-9
"""How far a mean may be from what the file says, relative to the larger of it and 1."""


class Examples:
    """Values of examples, of which one may be run several times (epochs); the runs of one are averaged first."""

    def __init__(self) -> None:
        self.values: dict[object, list[float]] = defaultdict(list)

    def add(self, example: object, value: float) -> None:
        """One run of one example."""
        self.values[example].append(value)

    def __len__(self) -> int:
        return len(self.values)

    def mean(self) -> float:
        """Mean over the examples of the means of their runs."""
        return math.fsum(math.fsum(runs) / len(runs) for runs in self.values.values()) / len(self.values)

    def are_right_or_wrong(self) -> bool:
        """Whether every example is 0 or 1 in the end, so that the mean is a share of right answers."""
        return all(len(set(runs)) == 1 and runs[0] in (0.0, 1.0) for runs in self.values.values())


def agree(mean: float, stated: float) -> bool:
    """Whether a mean is the number that the file says."""
    return abs(mean - stated) <= TOLERANCE * max(1.0, abs(stated))


def disagreement(path: str, location: str, n: int, mean: float, stated: float) -> Reject:
    """Both numbers, where the mean of the examples is not what the file says; the file's own is taken."""
    detail = (
        f"the file says {stated!r}, and the mean of its {n:,} examples is {mean!r}; the first is taken, without a number of "
    )
    return Reject("entry", path, location, "examples_disagree", f"{detail}examples")


def option_scores(weights: np.ndarray, target: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of multiple choice from the log likelihoods of the options, defined as in formats/sql/options.sql.

    Parameters
    ----------
    weights : array, shape (n, n_options)
        Log likelihoods.
    target : array of int, shape (n,)
        Place of the right option.

    Returns
    -------
    mapping
        brier_score, choice_log_likelihood and choice_margin of every example.

    """
    logs = weights - weights.max(axis=1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
    p, row = np.exp(logs), np.arange(len(logs))
    of_right = p[row, target]
    others = p.copy()
    others[row, target] = -1.0
    return {
        "brier_score": (p**2).sum(axis=1) - 2 * of_right + 1,
        "choice_log_likelihood": logs[row, target],
        "choice_margin": of_right - others.max(axis=1),
    }


def reject_interrupted(collected: Collected, path: str, location: str, what: str) -> None:
    """Say that a run was not finished; what there is of it is taken."""
    collected.rejects.append(Reject("entry", path, location, "interrupted_run", f"{what}; what there is of it is taken"))
