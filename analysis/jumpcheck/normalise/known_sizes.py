"""What the known sizes of benchmarks say of numbers of examples: evidence where scores leave them open, and a limit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jumpcheck.models.benchmark_sizes import BenchmarkSizes
from jumpcheck.normalise.examples import GROUP, MIXED
from jumpcheck.normalise.single_precision import SINGLE_DIGITS, digits_of, is_single, tolerance_of

FULL_DIGITS = 15
"""A number with so many significant digits was not rounded."""
FINE = 0.1
"""A rounding whose deviation is at most this share of the binomial one of a score of 0.5 does no harm."""
FAR_BELOW = 6.0
"""A score that is below half the chance rate, by so many standard errors, is no share of right answers."""
LIMITED = 2048
"""Largest number of examples to which people usually limit an evaluation."""
_ROUND = {25, 125, 150, 250, 1500, 2500}
_ROUND |= {n * 10**k for n in range(1, 6) for k in range(1, 5)} | {2**k for k in range(3, 14)}
"""Numbers to which evaluations are limited: 10, 20 ... 50, 100, 200 ..., powers of two, and a few more."""
SEVERAL = 3
"""So many benchmarks of a family with one number of examples show that it is a limit."""


def _tolerance(values: np.ndarray) -> tuple[np.ndarray, float]:
    """(by how much every share may be off its fraction, standard deviation of the rounding) of shares of one precision."""
    digits = np.array([digits_of(value) for value in values])
    if digits[:, 0].max() >= FULL_DIGITS and not is_single(values).all():
        return 2 * np.spacing(values), 0.0
    if digits[:, 0].max() >= SINGLE_DIGITS and is_single(values).all():
        return tolerance_of(values), 0.0
    step = 10.0 ** -digits[:, 1].max()
    return np.full(len(values), step / 2 * (1 + 1e-9)), step / np.sqrt(12)


def size_that_fits(values: np.ndarray, sizes: list[int]) -> int | None:
    """The first of `sizes`, the usual one, if all `values` are shares of it at the precision in which they are written.

    Another size only where it is no accident that all are shares of it. None too where the rounding is too coarse to test.

    Examples
    --------
    >>> size_that_fits(np.array([0.3145, 0.4720]), [14042]), size_that_fits(np.array([0.3145]), [164])
    (14042, None)

    """
    if len(values) == 0 or values.min() < 0 or values.max() > 1:
        return None
    tolerance, rounding = _tolerance(values)
    for k, n in enumerate(sizes):
        if not (np.abs(np.round(values * n) / n - values) <= tolerance).all():
            continue
        if rounding > FINE * 0.5 / np.sqrt(n):
            return None
        if k == 0 or np.prod(np.minimum(1.0, 2 * tolerance * n)) < MIXED:
            return n
    return None


def is_far_below(values: np.ndarray, n: int, chance: float) -> bool:
    """Whether a score is so far below the chance rate that it is no share of right answers, but a normalised score."""
    least = values.min(initial=1.0)
    return bool(least < chance / 2 and n * (chance - least) ** 2 > FAR_BELOW**2 * chance * (1 - chance))


def sizes_of_groups(shares: pd.DataFrame, sizes: BenchmarkSizes) -> pd.DataFrame:
    """What is known of every group of shares whose benchmark is known.

    Parameters
    ----------
    shares : DataFrame
        GROUP, score and chance, as normalise/proportions.sql gives them.
    sizes : BenchmarkSizes
        Of public benchmarks.

    Returns
    -------
    DataFrame
        GROUP, benchmark_size (the size that the shares can be of, else missing), known_sizes (all that are known),
        is_below_chance (`is_far_below`, with the usual size).

    """
    rows = []
    for key, part in shares.groupby(GROUP, observed=True, sort=True):
        task, subtask, split, _ = key
        known = sizes.of(task, subtask, split)
        if known:
            values, chance = np.unique(part["score"].to_numpy(float)), np.nan_to_num(part["chance"].max())
            rows.append((*key, size_that_fits(values, known), known, is_far_below(values, known[0], chance)))
    found = pd.DataFrame(rows, columns=[*GROUP, "benchmark_size", "known_sizes", "is_below_chance"])
    return found.astype({"benchmark_size": "Int64", "is_below_chance": "boolean"})


def with_known_sizes(settled: pd.DataFrame, examples: pd.DataFrame) -> pd.DataFrame:
    """The numbers of examples of `examples.settled`, with what the sizes of public benchmarks say of them.

    A number that the shares prove is used if the benchmark has as many questions, or if it is a limit: a round number, or
    one that SEVERAL benchmarks of the family have. Other numbers are refused, and so are scores far below chance: they come
    from normalised scores, or from averages of subjects.

    Where the shares leave the number open, it is the size of the benchmark that they can be of, unless they may be of a
    limited evaluation: most proven numbers of the family are limits, or the scores are rounded so that a limit up to LIMITED
    would look the same, and no other benchmark of the family shows that its scores are rounded.

    Parameters
    ----------
    settled, examples : DataFrame
        The same rows: of `examples.settled`; of `examples.recover_n_examples`, with the columns of `sizes_of_groups`.

    Returns
    -------
    DataFrame
        `settled` with the further values benchmark and refused of n_source, and the column largest_size, the largest number
        of questions that the benchmark is known to have.

    """
    known = examples["known_sizes"].map(lambda one: list(one) if one is not None and not np.isscalar(one) else [])
    largest = pd.Series(pd.array([max(of, default=pd.NA) for of in known], "Int64"), examples.index)
    n, source, size = settled["n_examples"], settled["n_source"].astype(object), examples["benchmark_size"]
    family, common = settled["model_family"].astype(object), examples["n_examples"]
    is_below = examples["is_below_chance"].fillna(False).astype(bool)
    is_proven = largest.notna() & (source == "values").fillna(False)
    is_size = pd.Series([value in of for value, of in zip(n.fillna(0), known, strict=True)], n.index) & is_proven
    # All of few shares can have smaller denominators than the benchmark has questions.
    by_accident = (n.astype(float) / size.astype(float)) ** examples["n_values"].astype(float) >= MIXED
    is_part = is_proven & ~is_size & _is_true(size % n.where(n > 0) == 0) & by_accident.fillna(False)
    is_other = is_proven & ~is_size & ~is_part & _is_true(n < largest)
    n_alike = n.where(is_other).groupby([family, n.fillna(0)]).transform("count")
    is_limit = is_other & (n.isin(_ROUND) | (n_alike >= SEVERAL))
    is_refused = is_proven & (is_below | ~(is_size | is_part | is_limit))
    is_part &= ~is_refused
    agrees = (is_size | is_part).where(is_proven & ~is_refused).astype("Float64").groupby(family)
    is_trusted = (agrees.transform("mean").fillna(1.0) >= 0.5).astype(bool)
    # More than the benchmark has questions: the common denominator is that of rounding.
    is_rounded = largest.notna() & size.notna() & _is_true(common > largest)
    shows_rounding = is_rounded.groupby(family).transform("any")
    looks_limited = _is_true((common <= LIMITED) & (common != size))
    may_be_limited = (source == "rounded").fillna(False) & looks_limited & ~shows_rounding
    by_size = is_part | (size.notna() & n.isna() & is_trusted & ~may_be_limited & ~is_below)
    result = settled.assign(
        n_examples=n.mask(is_refused).mask(by_size, size),
        n_source=settled["n_source"].mask(is_refused, "refused").mask(by_size, "benchmark"),
        largest_size=largest,
    )
    return result.assign(n_ambiguous=result["n_ambiguous"].mask(is_refused).mask(by_size, True))


def _is_true(column: pd.Series) -> pd.Series:
    """A column of truth values with false for missing ones."""
    return column.fillna(False).astype(bool)
