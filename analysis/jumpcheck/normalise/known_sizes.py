"""What the known sizes of benchmarks say of numbers of examples: evidence where scores leave them open, and a limit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jumpcheck.models.benchmark_sizes import BenchmarkSizes
from jumpcheck.normalise.examples import GROUP, MIXED
from jumpcheck.normalise.single_precision import SINGLE, is_single

FULL_DIGITS = 15
"""A number with so many significant digits was not rounded."""
FINE = 0.1
"""A rounding whose deviation is at most this share of the binomial one of a score of 0.5 does no harm."""
FAR_BELOW = 6.0
"""A score that is below half the chance rate, by so many standard errors, is no share of right answers."""
_ROUND = {
    25,
    125,
    150,
    250,
    1500,
    2500,
    *(n * 10**k for n in range(1, 6) for k in range(1, 5)),
    *(2**k for k in range(3, 14)),
}
"""Numbers of examples to which people limit an evaluation."""


def _digits(value: float) -> tuple[int, int]:
    """(significant digits, decimals) of the shortest text that is this number."""
    mantissa, _, exponent = f"{float(value)!r}".partition("e")
    whole, _, decimals = mantissa.partition(".")
    decimals = "" if decimals == "0" else decimals
    return len((whole + decimals).lstrip("0-")), max(0, len(decimals) - int(exponent or 0))


def _tolerance(values: np.ndarray) -> tuple[np.ndarray, float]:
    """(by how much every share may be off its fraction, standard deviation of the rounding) of shares of one precision."""
    digits = np.array([_digits(value) for value in values])
    if digits[:, 0].max() >= FULL_DIGITS and not is_single(values).all():
        return 2 * np.spacing(values), 0.0
    if digits[:, 0].max() >= 7 and is_single(values).all():
        return SINGLE * values, 0.0
    step = 10.0 ** -digits[:, 1].max()
    return np.full(len(values), step / 2 * (1 + 1e-9)), step / np.sqrt(12)


def size_that_fits(values: np.ndarray, sizes: list[int], chance: float) -> int | None:
    """The first of `sizes` of which all `values` are shares, at the precision in which they are written; None if none is.

    None too where the rounding is too coarse for a test, and where a score is so far below chance that it is no share.

    Examples
    --------
    >>> size_that_fits(np.array([0.3145, 0.4720]), [14042], 0.25), size_that_fits(np.array([0.3145]), [164], 0.0)
    (14042, None)

    """
    if len(values) == 0 or values.min() < 0 or values.max() > 1:
        return None
    tolerance, rounding = _tolerance(values)
    for n in sizes:
        fits = np.abs(np.round(values * n) / n - values) <= tolerance
        is_fine = rounding <= FINE * 0.5 / np.sqrt(n)
        least = values.min()
        is_far_below = least < chance / 2 and n * (chance - least) ** 2 > FAR_BELOW**2 * chance * (1 - chance)
        if fits.all() and is_fine and not is_far_below:
            return n
    return None


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
        GROUP, benchmark_size (the size that the shares can be of, else missing), known_sizes (all that are known).

    """
    rows = []
    for key, part in shares.groupby(GROUP, observed=True, sort=True):
        task, subtask, split, _ = key
        known = sizes.of(task, subtask, split)
        if known:
            chance = np.nan_to_num(part["chance"].max())
            rows.append((*key, size_that_fits(np.unique(part["score"].to_numpy(float)), known, chance), known))
    found = pd.DataFrame(rows, columns=[*GROUP, "benchmark_size", "known_sizes"])
    return found.astype({"benchmark_size": "Int64"})


def with_known_sizes(settled: pd.DataFrame, examples: pd.DataFrame) -> pd.DataFrame:
    """The numbers of examples of `examples.settled`, with what the sizes of public benchmarks say of them.

    A number that the shares prove is used if the benchmark has as many questions, or if it is a round one, to which an
    evaluation may have been limited. Other numbers are refused: they come from normalised scores, or from averages of
    subjects. Where the shares leave the number open, it is the size of the benchmark that they can be of, unless most proven
    numbers of the same model family are other ones than the benchmarks have.

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
    n, source, size = settled["n_examples"], settled["n_source"].astype(object), examples["benchmark_size"]
    is_listed = known.map(len) > 0
    is_proven = is_listed & (source == "values").fillna(False)
    is_size = pd.Series([value in of for value, of in zip(n.fillna(0), known, strict=True)], n.index) & is_proven
    # All of few shares can have smaller denominators than the benchmark has questions.
    by_accident = (n.astype(float) / size.astype(float)) ** examples["n_values"].astype(float) >= MIXED
    is_part = is_proven & ~is_size & (size % n.where(n > 0) == 0).fillna(False).astype(bool) & by_accident.fillna(False)
    is_limit = is_proven & n.isin(_ROUND) & (n < known.map(lambda of: max(of, default=0))).fillna(False)
    is_refused = is_proven & ~is_size & ~is_part & ~is_limit
    agrees = (
        (is_size | is_part).where(is_proven & ~is_refused).astype("Float64").groupby(settled["model_family"].astype(object))
    )
    is_trusted = (agrees.transform("mean").fillna(1.0) >= 0.5).astype(bool)
    is_open = is_listed & n.isna() & size.notna() & is_trusted
    by_size = is_open | is_part
    result = settled.assign(
        n_examples=n.mask(is_refused).mask(by_size, size),
        n_source=settled["n_source"].mask(is_refused, "refused").mask(by_size, "benchmark"),
        largest_size=pd.array([max(of, default=pd.NA) for of in known], "Int64"),
    )
    return result.assign(n_ambiguous=result["n_ambiguous"].mask(is_refused).mask(by_size, True))
