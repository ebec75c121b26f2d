"""Where the scores of a test set lie, given the mean that a law says: beta-binomial prediction intervals."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

_N_POINTS = 2000
"""Of the distribution of one score, at most."""
_WIDTH = 12.0
"""Standard deviations to each side that are looked at where n is larger."""


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
    ends = np.array([_quantiles(one, n, scatter) for one in np.clip(mean, 0, 1)])
    return ends[:, 0] / n, ends[:, 1] / n


def _quantiles(p: float, n: int, scatter: float) -> list[float]:
    """Quantiles of the number of right answers."""
    if p in (0, 1):
        return [p * n] * 2
    rho = min(scatter, 1 - 1e-9)
    wide = n if n <= _N_POINTS else _WIDTH * np.sqrt(n * p * (1 - p) * (1 + (n - 1) * rho)) + 30
    first, last = max(0, np.floor(n * p - wide)), min(n, np.ceil(n * p + wide))
    k = np.arange(first, last + 1, max(1, np.ceil((last - first) / _N_POINTS)))
    log_p = -gammaln(k + 1) - gammaln(n - k + 1)
    if rho < 1e-9:
        log_p += k * np.log(p) + (n - k) * np.log1p(-p)
    else:
        a, b = p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho
        log_p += gammaln(k + a) + gammaln(n - k + b)
    cumulated = np.cumsum(np.exp(log_p - log_p.max()))
    return [float(k[np.searchsorted(cumulated, level * cumulated[-1])]) for level in (0.025, 0.975)]
