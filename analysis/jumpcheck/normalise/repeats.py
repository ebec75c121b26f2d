"""Numbers that were published more than once: copies, repeated runs, and contradictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from jumpcheck.base.rejects import Reject

POLICIES = ("auto", "reject", "latest", "mean")
"""What becomes of different values of one number (config: on_conflict)."""
NEAR = 2.0
"""Values of one model on one test set that differ by at most this many standard errors are runs of one evaluation."""
_EQUAL, _LATEST, _MEAN, _NONE = range(4)
"""What becomes of the numbers of one run."""


@dataclass
class Numbers:
    """Numbers in the order in which they were published; arrays of shape (n,), NaN where nothing is known.

    `run` is a code of the replicate that a number belongs to, `date` the time of the evaluation in seconds, and `conditions`
    a code of what was measured besides the key: numbers of examples, chance rate and version of the task.
    """

    score: np.ndarray
    stderr: np.ndarray | None = None
    n_examples: np.ndarray | None = None
    date: np.ndarray | None = None
    run: np.ndarray | None = None
    conditions: np.ndarray | None = None

    def taken(self, rows: np.ndarray) -> Numbers:
        """The numbers `rows`, with what is not given filled in: NaN, or one run and one condition for all."""
        filled = {}
        for one in fields(self):
            values = getattr(self, one.name)
            nothing = 0 if one.name in ("run", "conditions") else np.nan
            filled[one.name] = np.full(len(rows), nothing) if values is None else values[rows]
        return Numbers(**filled)


@dataclass
class Resolved:
    """One number for every key: `rows` holds its place among the given ones, the other arrays its values."""

    rows: np.ndarray
    score: np.ndarray
    stderr: np.ndarray
    n_examples: np.ndarray
    n_runs: np.ndarray
    """Number of runs of which it is the mean; 1 for a number as it was published."""
    run_sd: np.ndarray
    """Standard deviation of the runs (divided by n - 1); NaN for one."""
    rejects: list[Reject]
    n_averaged: int = 0
    """How many numbers of the source are in a mean of several runs and in no row by themselves."""


def resolve_repeats(
    order: np.ndarray,
    key: np.ndarray,
    numbers: Numbers,
    where_published: Callable[[int], tuple[str, str, int]],
    on_conflict: str = "auto",
) -> Resolved:
    """One number for every key, of numbers of which some were published more than once.

    Of equal values, the one that comes with the most information is kept. Where no runs are named, all values are of
    one run. If one run has different values, `on_conflict` decides:

    - "reject": none is taken, because nobody can know which is right.
    - "latest": that of the latest date; none where a date is missing, or where different values have the latest date.
    - "mean": the mean of the different values.
    - "auto": where all have a standard error, lie within NEAR of the smallest of them, and were measured under the same
      conditions: the latest, or the mean where dates do not say which that is; else none.

    The means of several runs are averaged then, each with the same weight. What is in a mean is counted. Every other
    number that is not a row by itself is a reject: repeated, superseded or contradiction.

    Parameters
    ----------
    order : array of int, shape (n,)
        Sorts the rows by `key`; rows of one key stay in the order in which they were published.
    key : array, shape (n,)
        What names every number.
    numbers : Numbers
        The numbers.
    where_published : callable
        Gives (file, location, how many numbers the row stands for) of a row.
    on_conflict : str
        One of POLICIES.

    """
    if not (np.diff(key[order]) == 0).any():
        all_of = numbers.taken(order)
        one, none = np.ones(len(order), int), np.full(len(order), np.nan)
        return Resolved(order, all_of.score, all_of.stderr, all_of.n_examples, one, none, [])
    # First one number for every run, then the mean of the runs.
    by_run = order[np.lexsort((numbers.taken(order).run, key[order]))]
    given = numbers.taken(by_run)
    groups = _Groups(by_run, (np.diff(key[by_run]) != 0) | (np.diff(given.run) != 0))
    fate, chosen = _fates(groups, given, on_conflict)
    one_per_run = _collapse(groups, fate, chosen, given)
    said = _Said(numbers.score, where_published)
    for group in np.flatnonzero(groups.size > 1):
        said.repeats(groups.rows(group), int(fate[group]), one_per_run.rows[group], on_conflict)

    taken = np.flatnonzero(fate != _NONE)
    runs = Resolved(*(getattr(one_per_run, name)[taken] for name in _COLUMNS), [])
    over_runs = _Groups(np.arange(len(taken)), np.diff(key[runs.rows]) != 0)
    resolved = _mean_of_runs(over_runs, runs)
    for group in np.flatnonzero(over_runs.size > 1):
        said.runs(runs.rows[over_runs.rows(group)], resolved.rows[group])
    resolved.rejects, resolved.n_averaged = said.rejects, said.n_averaged
    return resolved


_COLUMNS = ("rows", "score", "stderr", "n_examples", "n_runs", "run_sd")


class _Groups:
    """Consecutive rows that belong together; `changes` says between which neighbours a new group begins."""

    def __init__(self, order: np.ndarray, changes: np.ndarray) -> None:
        self.order = order
        self.first = np.flatnonzero(np.concatenate([[True], changes])) if len(order) else np.array([], int)
        self.size = np.diff(np.append(self.first, len(order)))
        self.of = np.repeat(np.arange(len(self.first)), self.size)

    def rows(self, group: int) -> np.ndarray:
        return self.order[self.first[group] : self.first[group] + self.size[group]]

    def least(self, values: np.ndarray) -> np.ndarray:
        return np.minimum.reduceat(values, self.first)

    def least_known(self, values: np.ndarray) -> np.ndarray:
        return np.fmin.reduceat(values, self.first)

    def largest(self, values: np.ndarray) -> np.ndarray:
        return np.maximum.reduceat(values, self.first)

    def is_equal(self, values: np.ndarray) -> np.ndarray:
        return self.least(values) == self.largest(values)

    def mean(self, values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Mean of the values that are known."""
        known = ~np.isnan(values)
        weights = np.where(known, 1.0 if weights is None else weights, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.add.reduceat(np.where(known, values, 0) * weights, self.first) / np.add.reduceat(weights, self.first)


def _fates(groups: _Groups, given: Numbers, on_conflict: str) -> tuple[np.ndarray, np.ndarray]:
    """(what becomes of every group; the place of the number that stands for it)."""
    latest = groups.largest(np.where(np.isnan(given.date), np.inf, given.date))  # infinite where one has no date
    is_latest = given.date == latest[groups.of]
    # A copy of the latest file is no other run.
    of_latest = np.where(is_latest, given.score, np.nan)
    has_latest = np.isfinite(latest) & (groups.least_known(of_latest) == -groups.least_known(-of_latest))
    place, last = np.zeros(len(groups.first), int), np.flatnonzero(is_latest)
    last = last[np.argsort(~np.isnan(given.stderr[last]), kind="stable")]  # of copies that with a standard error
    place[groups.of[last]] = last
    spread = groups.largest(given.score) - groups.least(given.score)
    is_near = spread <= NEAR * groups.least(np.nan_to_num(given.stderr))
    mergeable = is_near & groups.is_equal(given.conditions)
    by_policy = {
        "reject": np.full(len(place), _NONE),
        "latest": np.where(has_latest, _LATEST, _NONE),
        "mean": np.full(len(place), _MEAN),
        "auto": np.where(mergeable, np.where(has_latest, _LATEST, _MEAN), _NONE),
    }
    fate = np.where(spread == 0, _EQUAL, by_policy[on_conflict])
    # In all other cases the number with the most information stands for the group: one with a standard error comes
    # first, because its row stands for two numbers; then the largest test set; then one with a date; then the first.
    known = (np.isnan(given.date), -np.nan_to_num(given.n_examples), np.isnan(given.stderr))
    says_most = np.lexsort((np.arange(len(given.date)), *known, groups.of))[groups.first]
    return fate, np.where(fate == _LATEST, place, says_most)


def _collapse(groups: _Groups, fate: np.ndarray, chosen: np.ndarray, given: Numbers) -> Resolved:
    """One number for every group: the chosen one, or the mean of the different values."""
    # A copy of the same value may say what the one that is taken does not.
    of_chosen, largest = given.n_examples[chosen], -groups.least_known(-given.n_examples)
    told = np.where(np.isnan(of_chosen) & (fate == _EQUAL), largest, of_chosen)
    one, none = np.ones(len(chosen), int), np.full(len(chosen), np.nan)
    out = Resolved(groups.order[chosen], given.score[chosen], given.stderr[chosen], told, one, none, [])
    means = fate == _MEAN
    if means.any():
        # A copy of a value is not another run; of several that with a standard error counts.
        by_value = np.lexsort((np.isnan(given.stderr), given.score, groups.of))
        changes = (np.diff(given.score[by_value]) != 0) | (np.diff(groups.of[by_value]) != 0)
        is_counted = np.zeros(len(by_value), bool)
        is_counted[by_value[np.concatenate([[True], changes])]] = True
        _put_means(out, groups, means, given.score, given.stderr, given.n_examples, is_counted)
    return out


def _put_means(
    out: Resolved,
    groups: _Groups,
    means: np.ndarray,
    score: np.ndarray,
    stderr: np.ndarray,
    n_examples: np.ndarray,
    is_counted: np.ndarray,
) -> None:
    """Put into `out`, for the groups `means`, the means of the numbers that count.

    All runs have the same test examples, so the standard error is the root of the mean of the squared ones; of different
    numbers of examples the smallest counts.
    """
    weights = is_counted.astype(float)
    n_runs = np.add.reduceat(weights, groups.first)
    mean = groups.mean(score, weights)
    variance = np.add.reduceat(weights * (score - mean[groups.of]) ** 2, groups.first)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.sqrt(variance / (n_runs - 1))
    for name, values in (
        ("score", mean),
        ("stderr", np.sqrt(groups.mean(stderr**2, weights))),
        ("n_examples", groups.least_known(n_examples)),
        ("n_runs", n_runs.astype(int)),
        ("run_sd", deviation),
    ):
        getattr(out, name)[means] = values[means]


def _mean_of_runs(groups: _Groups, runs: Resolved) -> Resolved:
    """One number for every group of runs."""
    has_error = ~np.isnan(runs.stderr)
    # The row stands for the numbers of one run: one with a standard error if any has one, as the mean then has.
    first = np.lexsort((np.arange(len(runs.rows)), ~has_error, groups.of))[groups.first]
    out = Resolved(*(getattr(runs, name)[first] for name in _COLUMNS), [])
    several = groups.size > 1
    if several.any():
        _put_means(out, groups, several, runs.score, runs.stderr, runs.n_examples, np.ones(len(runs.rows), bool))
    return out


class _Said:
    """Rejects of the numbers that are no rows by themselves."""

    def __init__(self, score: np.ndarray, where_published: Callable[[int], tuple[str, str, int]]) -> None:
        self.score, self.where = score, where_published
        self.rejects: list[Reject] = []
        self.n_averaged = 0

    def _add(self, row: int, reason: str, detail: str) -> None:
        file, location, n_numbers = self.where(row)
        self.rejects.append(Reject("value", file, location, reason, f"{float(self.score[row])!r}{detail}", n_numbers))

    def _place(self, row: int) -> str:
        return ", ".join(self.where(row)[:2])

    def repeats(self, rows: np.ndarray, fate: int, kept: int, on_conflict: str) -> None:
        """Numbers of one run; `kept` is the row that stands for them where one does."""
        values = self.score[rows]
        for row in rows if fate == _NONE else rows[rows != kept]:
            if fate == _NONE:
                other = rows[np.flatnonzero(values != self.score[row])[0]]
                detail = f"; published {len(rows)} times with different values, also as {float(self.score[other])!r} in "
                self._add(row, "contradiction", f"{detail}{self._place(other)}; {_WHY_NONE[on_conflict]}")
            elif self.score[row] == self.score[kept]:
                self._add(row, "repeated", f", the same value as in {self._place(kept)}; one of them is kept")
            elif fate == _LATEST:
                self._add(row, "superseded", f"; the latest run says {float(self.score[kept])!r}, in {self._place(kept)}")
            else:
                self.n_averaged += self.where(row)[2]

    def runs(self, rows: np.ndarray, kept: int) -> None:
        """Replicates of one number; `kept` is the row that stands for all."""
        self.n_averaged += sum(self.where(row)[2] for row in rows[rows != kept])


_WHY_NONE = {
    "auto": "they are not within 2 standard errors of each other under the same conditions, so none of them is taken "
    "(config: on_conflict)",
    "reject": "none of them is taken",
    "latest": "their files do not say which is the latest, so none of them is taken",
}
