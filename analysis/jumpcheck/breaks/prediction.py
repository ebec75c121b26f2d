"""Where the scores of a test set lie, given the mean that a law says: beta-binomial prediction intervals."""

from __future__ import annotations

import numpy as np

_MOST = 20_000
"""Test examples of which every count is looked at. Where models scatter, more of them hardly change what is seen."""
_MUCH_SCATTER = 50.0
"""Scatter times examples from which that is so."""
_WIDTH = 12.0
"""Standard deviations to each side that are looked at where there is little scatter."""


def prediction_interval(mean: np.ndarray, n: float, scatter: float) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) shares of right answers between which 95 % of the scores lie.

    The number of right answers of n is beta-binomial, with the mean n mean and the variance

        n mean (1 - mean) (1 + (n - 1) scatter)

    Low and high are the first numbers whose distribution function reaches 2.5 and 97.5 %, over n.

    Parameters
    ----------
    mean : array, shape (n_points,)
        Probability of a right answer. Outside 0 to 1 it is taken as 0 or 1.
    n : float
        Number of test examples, which is rounded.
    scatter : float
        Intra-class correlation between models, from 0 to 1.

    Examples
    --------
    >>> prediction_interval(np.array([0.0, 0.5]), 100, 0.0)
    (array([0. , 0.4]), array([0. , 0.6]))

    """
    n = max(1, round(n))
    if scatter * n > _MUCH_SCATTER:
        n = min(n, _MOST)
    ends = np.array([_quantiles(one, n, scatter) for one in np.clip(mean, 0, 1)]).reshape(-1, 2)
    return ends[:, 0] / n, ends[:, 1] / n


def _quantiles(p: float, n: int, scatter: float) -> tuple[float, float]:
    """Quantiles of the number of right answers, from the ratios of the probabilities of neighbouring numbers."""
    if not 1e-12 < p < 1 - 1e-12:
        return round(p) * n, round(p) * n
    rho = min(scatter, 1 - 1e-9)
    first, last = 0, n
    if n > _MOST:
        wide = _WIDTH * np.sqrt(n * p * (1 - p) * (1 + (n - 1) * rho)) + 30
        first, last = max(0, int(n * p - wide)), min(n, int(n * p + wide) + 1)
    k = np.arange(first, last, dtype=float)
    # A beta-binomial of a, b over rho has the limit of a binomial where rho is 0.
    ratio = (n - k) / (k + 1) * (k * rho + p * (1 - rho)) / ((n - k - 1) * rho + (1 - p) * (1 - rho))
    log_p = np.concatenate([[0.0], np.cumsum(np.log(ratio))])
    cumulated = np.cumsum(np.exp(log_p - log_p.max()))
    low, high = np.searchsorted(cumulated, np.array([0.025, 0.975]) * cumulated[-1])
    return first + low, first + high
