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
DEFAULT_MEAN = 0.01
"""Of the intra-class correlation where nothing else is known; BIG-bench's families have 0.005 to 0.015 by most estimates."""
_ROUNDS = 200
_RESAMPLES = 21


def default_prior(mean: float = DEFAULT_MEAN) -> np.ndarray:
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


def posterior_means(statistic: np.ndarray, freedom: np.ndarray, n: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Posterior mean of the intra-class correlation for every Pearson statistic, shape (n_curves, n_draws).

    Parameters
    ----------
    statistic : array, shape (n_curves, n_draws)
        With binomial variances.
    freedom, n : array, shape (n_curves,)
        Degrees of freedom and number of examples, the same in all draws.
    weights : array, shape (n_curves, len(GRID)) or (len(GRID),)
        Of GRID.

    """
    dispersion = dispersions(n)
    log_constant = -0.5 * freedom[:, None] * np.log(dispersion)
    constant = np.exp(log_constant - log_constant.max(axis=1, keepdims=True)) * weights
    # Relative to the largest dispersion, whose likelihood falls least with the statistic, no exponent is above 0.
    rate = -0.5 * (1 / dispersion - 1 / dispersion[:, -1:])
    likelihoods = np.exp(rate[:, :, None] * statistic[:, None, :])
    sums = np.einsum("crg,cgd->crd", np.stack([constant, constant * GRID], axis=1), likelihoods)
    return sums[:, 1] / sums[:, 0]


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
    relative = np.exp(likelihoods - likelihoods.max(axis=1, keepdims=True))
    return _likeliest(relative, np.ones((1, len(statistic))), prior)[0]


def _likeliest(relative: np.ndarray, times: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Weights of GRID, one row for each way to count the curves.

    Parameters
    ----------
    relative : array, shape (n_curves, len(GRID))
        Likelihoods of the curves.
    times : array, shape (n_ways, n_curves)
        How often every curve counts.
    prior : array, shape (len(GRID),)
        Counts as PRIOR_CURVES curves.

    """
    weights = np.tile(prior, (len(times), 1))
    for _ in range(_ROUNDS):
        # The sum over curves of their posterior weights.
        expected = weights * np.einsum("rc,cg->rg", times / np.einsum("rg,cg->rc", weights, relative), relative)
        weights = (expected + PRIOR_CURVES * prior) / (times.sum(axis=1, keepdims=True) + PRIOR_CURVES)
    return weights


def prior_ends(statistic: np.ndarray, freedom: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of GRID at the two ends of a 90 % interval of the mean scatter of a pool; parameters as of `fit_prior`.

    Curves are drawn anew from the pool, and the default prior has half and twice its mean: so the ends are those of few
    curves too, which tell next to nothing.
    """
    likelihoods = log_likelihood(statistic[:, None], freedom[:, None], dispersions(n))
    relative = np.exp(likelihoods - likelihoods.max(axis=1, keepdims=True))
    times = np.random.default_rng(0).multinomial(len(n), np.full(len(n), 1 / len(n)), _RESAMPLES).astype(float)
    ends = []
    for prior, level in ((default_prior(DEFAULT_MEAN / 2), 0.05), (default_prior(2 * DEFAULT_MEAN), 0.95)):
        weights = _likeliest(relative, times, prior)
        means = (weights * GRID).sum(axis=1)
        ends.append(weights[int(np.argsort(means)[round(level * (len(means) - 1))])])
    return ends[0], ends[1]
