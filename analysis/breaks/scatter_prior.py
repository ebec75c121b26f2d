"""How much models of one family scatter about a smooth law: a distribution of intra-class correlations per pool of curves.

The scatter differs between curves, and 5 to 12 points hardly tell that of one. So its distribution over the curves of a
pool (one model family and metric) is estimated on a grid, by maximum likelihood without a form (Kiefer and Wolfowitz 1956,
by the EM algorithm), with a default prior that counts as much as PRIOR_CURVES curves; that of one curve is its posterior.
"""

from __future__ import annotations

import numpy as np

GRID = np.array([0, 0.0005, 0.001, 0.002, 0.004, 0.007, 0.01, 0.015, 0.02, 0.03, 0.045, 0.07, 0.1, 0.2])
"""Intra-class correlations."""
PRIOR_CURVES = 5.0
_ROUNDS = 200


def default_prior(mean: float = 0.01) -> np.ndarray:
    """Weights of GRID where nothing else is known: exponential with this mean, and 2 % at 0."""
    weights = np.exp(-GRID / mean) * np.gradient(GRID)
    weights[0] = 0
    return np.append(0.02, 0.98 * weights[1:] / weights.sum())


def dispersions(n: np.ndarray) -> np.ndarray:
    """1 + (n - 1) rho for every curve and element of GRID, shape (n_curves, len(GRID)): variance over the binomial one."""
    return 1 + (np.asarray(n, float)[..., None] - 1) * GRID


def log_likelihood(statistic: np.ndarray, freedom: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """Of a Pearson statistic that is `dispersion` times chi square, up to what does not depend on the dispersion."""
    return -0.5 * (freedom * np.log(dispersion) + statistic / dispersion)


def posterior(log_likelihoods: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Posterior weights of GRID, the last axis."""
    joint = np.exp(log_likelihoods - log_likelihoods.max(axis=-1, keepdims=True)) * weights
    return joint / joint.sum(axis=-1, keepdims=True)


def fit_prior(statistic: np.ndarray, freedom: np.ndarray, n: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Weights of GRID for the curves of one pool.

    Parameters
    ----------
    statistic, freedom, n : array, shape (n_curves,)
        Pearson statistic with binomial variances, its degrees of freedom, and the number of examples of every curve.
    prior : array, shape (len(GRID),)
        Counts as PRIOR_CURVES curves.

    """
    likelihoods = log_likelihood(statistic[:, None], freedom[:, None], dispersions(n))
    weights = prior
    for _ in range(_ROUNDS):
        weights = (posterior(likelihoods, weights).sum(axis=0) + PRIOR_CURVES * prior) / (len(statistic) + PRIOR_CURVES)
    return weights
