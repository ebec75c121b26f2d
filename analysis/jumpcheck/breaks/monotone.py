"""Whether a curve can be one that never falls: the test against order restrictions of Barlow et al. (1972).

With weights w_i = n_i / (m_i (1 - m_i)) and the isotonic regression m of the scores, the statistic

    T = sum_i w_i (y_i - m_i)^2

is largest, among all laws that never fall, for one that is constant; there its distribution depends on the number of scales
alone where the weights are equal. Scatter between models makes T larger by the dispersion.
"""

from __future__ import annotations

import functools

import numpy as np

from jumpcheck.breaks.scatter_prior import dispersions

N_DRAWS = 2**14


def isotonic(y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weighted least-squares fit to every row that never falls, by the max-min formula.

    Examples
    --------
    >>> isotonic(np.array([[0.0, 3.0, 1.0]]), np.ones((1, 3)))
    array([[0., 2., 2.]])

    """
    n_curves, n_scales = y.shape
    zero = np.zeros((n_curves, 1))
    sums = np.concatenate([zero, np.cumsum(weight * y, axis=1)], axis=1)
    weights = np.concatenate([zero, np.cumsum(weight, axis=1)], axis=1)
    fit = np.full(y.shape, -np.inf)
    for first in range(n_scales):
        mean = (sums[:, first + 1 :] - sums[:, [first]]) / (weights[:, first + 1 :] - weights[:, [first]])
        # The least mean from `first` to each scale or a later one.
        least = np.minimum.accumulate(mean[:, ::-1], axis=1)[:, ::-1]
        fit[:, first:] = np.maximum(fit[:, first:], least)
    return fit


def p_of_rising(y: np.ndarray, n: np.ndarray, of_one_model: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """P value of the hypothesis that the mean of every curve never falls, shape (n_curves,).

    It is the mean over the distribution of the scatter in the pool.

    Parameters
    ----------
    y, n : array, shape (n_curves, n_scales)
        Shares, and numbers of examples.
    of_one_model : array, shape (n_curves,)
        Test examples of one model.
    weights : array, shape (len(GRID),)
        Of scatter_prior.GRID.

    """
    mean = isotonic(y, n)
    for _ in range(2):
        # A mean of 0 or 1 has no variance; half an example keeps the weight finite.
        inside = np.clip(mean, 0.5 / n, 1 - 0.5 / n)
        weight = n / (inside * (1 - inside))
        mean = isotonic(y, weight)
    statistic = (weight * (y - mean) ** 2).sum(axis=1)
    null = _null(y.shape[1])
    scaled = statistic[:, None] / dispersions(of_one_model)
    beyond = len(null) - np.searchsorted(null, scaled.ravel(), side="left").reshape(scaled.shape)
    return ((1 + beyond) / (1 + len(null)) * weights).sum(axis=1)


@functools.cache
def _null(n_scales: int) -> np.ndarray:
    """T of curves of equal weights whose mean is constant, sorted."""
    drawn = np.random.default_rng(0).standard_normal((N_DRAWS, n_scales))
    return np.sort(((drawn - isotonic(drawn, np.ones_like(drawn))) ** 2).sum(axis=1))
