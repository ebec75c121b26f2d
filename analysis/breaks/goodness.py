"""Whether the fitted law fits: the deviance against its own distribution under that law."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy
from scipy.stats import gamma

from analysis.breaks.law import deviances

_ANGLES = np.geomspace(1e-5, np.pi / 4, 120)
_GRID = np.sin(np.concatenate([_ANGLES, np.pi / 2 - _ANGLES[-2::-1]])) ** 2
"""Means from 1e-10 to 1 - 1e-10, closer together near the ends."""


@functools.cache
def _unit_moments(n: int) -> np.ndarray:
    """Mean and variance of the binomial deviance of one point of n examples at the means _GRID, shape (2, len(_GRID))."""
    k = np.arange(n + 1.0)
    log_p = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, _GRID[:, None]) + xlog1py(n - k, -_GRID[:, None])
    p = np.exp(log_p)
    d = deviances(k / n, np.full(n + 1, n), _GRID[:, None])
    mean = (p * d).sum(axis=1)
    return np.stack([mean, (p * d * d).sum(axis=1) - mean**2])


MAX_EXACT = 5000
"""Points of more examples have the moments of chi-square unless few right or wrong answers are expected."""


def deviance_moments(mean: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the binomial deviance of every point under its own mean; 1 and 2 where counts are large."""
    place = np.arcsin(np.sqrt(np.clip(mean, 0, 1)))
    grid = np.arcsin(np.sqrt(_GRID))
    first, second = np.empty(mean.shape), np.empty(mean.shape)
    for size in np.unique(n):
        at = n == size
        rare = np.minimum(mean[at], 1 - mean[at])
        # Beyond MAX_EXACT what counts is the expected number of the rarer answers: n mean with fewer examples.
        table = _unit_moments(int(min(size, MAX_EXACT)))
        where = place[at] if size <= MAX_EXACT else np.arcsin(np.sqrt(np.minimum(rare * size / MAX_EXACT, 0.5)))
        first[at], second[at] = (np.interp(where, grid, row, left=0, right=0) for row in table)
    return first, second


def goodness_of_fit(
    deviance: np.ndarray,
    dispersion: np.ndarray,
    moments: tuple[np.ndarray, np.ndarray],
    parameters: np.ndarray | int = 2,
) -> np.ndarray:
    """P value of deviance / dispersion, with the `deviance_moments` of the fitted means.

    Its reference is the gamma distribution with the mean and variance that the deviance has under the fitted law, both
    reduced by the share parameters / n_scales that the fitted parameters take: chi-square with n_scales - 2 degrees of
    freedom for two of them where expected counts are large. 1 where the law leaves the data no room to depart from it.
    """
    first, second = moments
    left = 1 - parameters / first.shape[1]
    m, v = first.sum(axis=1) * left, second.sum(axis=1) * left
    usable = (m > 1e-6) & (v > 1e-9)
    shape = np.where(usable, m * m / np.where(usable, v, 1), 1)
    scale = np.where(usable, v / np.where(usable, m, 1), 1)
    p = gamma.sf(deviance / dispersion, shape, scale=scale)
    return np.where(usable, p, np.where(np.isinf(deviance), 0.0, 1.0))
