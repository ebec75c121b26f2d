"""Whether the fitted law jumps as much as the curve: its parametric bootstrap, and test sets large enough to see it."""

from __future__ import annotations

import numpy as np

from analysis.breaks.streams import rates
from analysis.score.definition import emergence_scores

EXCEEDANCES = 10
"""A bootstrap stops at so many draws that jump at least as much as the curve."""
DRAWS_PER_TEST = 20 / 0.05
"""Without them it goes on to so many draws per test of the run, so that Benjamini-Hochberg at 5 % can ever reject."""
RESOLVE_DRAWS = 99


def improvement_scores(y: np.ndarray) -> np.ndarray:
    """Improvement score of every row of shares, shape (..., n_scales); -infinity where the row is flat.

    The emergence score of a metric that is better when higher; a flat row jumps less than every other.
    """
    scores = emergence_scores(y)
    return np.where(np.isnan(scores), -np.inf, scores)


def _as_large(draws: np.ndarray, at_least: float) -> np.ndarray:
    """Rows of shares whose improvement score is at least `at_least`."""
    candidates = np.arange(len(draws))
    if np.isinf(at_least):
        # An infinite score needs a median step of zero. Few draws have so many equal neighbours, and counting is quick.
        still = np.abs(np.diff(draws, axis=-1)) <= 1e-12 * draws.max(axis=-1, keepdims=True)
        candidates = np.flatnonzero(2 * still.sum(axis=-1) >= still.shape[-1])
    return candidates[improvement_scores(draws[candidates]) >= at_least]


def cumulative(mean: np.ndarray, n: np.ndarray, rho: np.ndarray) -> list[np.ndarray]:
    """Distribution function of the number right, 0 to n, at every point of one curve: beta-binomial, or binomial."""
    distributions = []
    for mu, size, r in zip(mean, n.astype(int), rho, strict=True):
        if mu < 1e-12 or mu > 1 - 1e-12:
            distributions.append(np.append(np.full(size, 0.0 if mu > 0.5 else 1.0), 1.0))
            continue
        k = np.arange(size)
        # log of p(k + 1) / p(k), which needs no gamma function
        if r > 0:
            weight = (1 - r) / r
            a, b = mu * weight, (1 - mu) * weight
            ratio = np.log((size - k) * (k + a)) - np.log((k + 1) * (size - k - 1 + b))
        else:
            ratio = np.log(size - k) - np.log(k + 1) + np.log(mu) - np.log1p(-mu)
        log_p = np.concatenate([[0.0], np.cumsum(ratio)])
        p = np.exp(log_p - log_p.max())
        total = np.cumsum(p)
        distributions.append(total / total[-1])
    return distributions


BUCKETS = 4096


def bounds_of_buckets(table: np.ndarray) -> np.ndarray:
    """Number of elements of `table` that are at most k / BUCKETS, for k from 0 to BUCKETS."""
    return np.searchsorted(table, np.arange(BUCKETS + 1) / BUCKETS, side="right")


def numbers_right(table: np.ndarray, bounds: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """np.searchsorted(table, uniform, side="right"), several times as fast for many numbers in [0, 1).

    Most are in buckets that no step of the distribution function falls into, and `bounds` of the bucket is the answer.
    """
    bucket = (uniform * BUCKETS).astype(np.intp)
    found = bounds[bucket]
    open_ = np.flatnonzero(found != bounds[bucket + 1])
    found[open_] = np.searchsorted(table, uniform[open_], side="right")
    return found


def sharp_test(
    y: np.ndarray, n: np.ndarray, mean: np.ndarray, rho: np.ndarray, max_draws: int, rng: np.random.Generator
) -> tuple[float, int]:
    """Test whether the law `mean` gives an improvement score as large as that of `y`: (p, number of draws).

    Sequential Monte Carlo test (Besag and Clifford 1991): draws stop at the 10th whose score is as large, at the latest
    after `max_draws`. p is 10 / number of draws at that stop, and (1 + number as large) / (1 + number of draws) without
    it: each is exact for its case. A flat draw counts as smaller.

    Parameters
    ----------
    y, n, mean, rho : array, shape (n_scales,)
        Shares and numbers of examples of one curve, mean and intra-class correlation of every point.
    max_draws : int
        Number of draws without the stop.
    rng : Generator
        Stream of the curve.

    """
    # Scores of shares with one denominator are equal or differ by far more than this.
    at_least = float(improvement_scores(y))
    at_least = at_least - 1e-9 * abs(at_least) if np.isfinite(at_least) else at_least
    tables = [(table, bounds_of_buckets(table)) for table in cumulative(mean, n, rho)]
    drawn = exceeding = 0
    size = 64
    while drawn < max_draws:
        size = min(size, max_draws - drawn)
        uniform = rng.random((size, len(y)))
        draws = np.empty_like(uniform)
        for j, table in enumerate(tables):
            draws[:, j] = numbers_right(*table, uniform[:, j])
        draws /= n
        hits = _as_large(draws, at_least)
        if exceeding + len(hits) >= EXCEEDANCES:
            n_draws = drawn + int(hits[EXCEEDANCES - exceeding - 1]) + 1
            return EXCEEDANCES / n_draws, n_draws
        exceeding += len(hits)
        drawn += size
        size = min(2 * size, 2**14)
    return (1 + exceeding) / (1 + drawn), drawn


def examples_to_resolve(
    mean: np.ndarray, n_examples: int, rho: float, threshold: float, rng: np.random.Generator
) -> int | None:
    """Smallest number of examples, `n_examples` or more, at which the median score drawn is below `threshold`.

    Drawn from the law `mean`. A flat draw shows nothing and counts as not below. To the nearest of 20 sizes per decade;
    None where even 10,000 times as many do not suffice.
    """
    sizes = np.unique(np.round(n_examples * 10 ** np.arange(0, 4.01, 0.05)).astype(int))
    low, high = -1, len(sizes)
    while high - low > 1:
        k = (low + high) // 2
        shape = (RESOLVE_DRAWS, len(mean))
        drawn = rng.binomial(sizes[k], rates(mean, np.full(mean.shape, rho), shape, rng)) / sizes[k]
        scores = improvement_scores(drawn)
        if np.median(np.where(np.isneginf(scores) & (np.ptp(drawn, axis=-1) == 0), np.inf, scores)) < threshold:
            high = k
        else:
            low = k
    return int(sizes[high]) if high < len(sizes) else None
