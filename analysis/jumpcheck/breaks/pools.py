"""What the curves of a pool have in common: curvature of their laws, scatter of their models, correlation along the scales.

A pool are the curves of one model family, metric and number of scales. Everything is estimated in rounds, because each part
needs the others: the law is fitted, its residuals tell the scatter, and the law is fitted with that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jumpcheck.base.settings import COUNTED_SCALES
from jumpcheck.breaks import smooth_law, step_test
from jumpcheck.breaks.scatter_prior import GRID, default_prior, fit_prior, posterior_means, prior_ends
from jumpcheck.breaks.small_systems import solve
from jumpcheck.breaks.smooth_law import Penalty, Shares, SmoothFit

N_ROUNDS = 3
CURVES_PER_CHUNK = 1000
DEFAULT_CURVATURE_SD = 0.5
"""Of the curvature where no pool tells it."""
_LEAST_CURVATURE_SD = 0.05
_MIN_POOL = 10
_MAX_Z_IN_POOL = 3.0
CORRELATIONS = np.linspace(0, 0.9, 19)
"""Correlations of neighbouring scales that are tried."""


@dataclass(frozen=True)
class Pools:
    """What the curves of every pool have in common."""

    curvature: np.ndarray
    curvature_sd: np.ndarray
    weights: np.ndarray
    """Of scatter_prior.GRID, shape (n_pools, len(GRID))."""
    correlation: np.ndarray
    """Of the residuals of neighbouring scales, shape (n_pools,): that of k scales apart is its k-th power."""

    def penalty(self, shares: Shares, pool: np.ndarray) -> Penalty:
        """The priors of curves of these pools."""
        return smooth_law.penalty(shares.chance, self.curvature[pool], self.curvature_sd[pool])


@dataclass(frozen=True)
class Judged:
    """Curves with their fits, and the dispersion that they and their pool tell."""

    shares: Shares
    prior: Penalty
    dispersion: np.ndarray
    scatter: np.ndarray
    fitted: SmoothFit | None = None
    at: step_test.Steps | None = None

    def take(self, rows: np.ndarray) -> Judged:
        """The curves `rows`, without their fits."""
        return Judged(self.shares.take(rows), self.prior.take(rows), self.dispersion[rows], self.scatter[rows])


def estimate_pools(shares: Shares, pool: np.ndarray) -> Pools:
    """Curvature, scatter and correlation of every pool.

    Parameters
    ----------
    shares : Shares
        Curves of equally many scales.
    pool : array of int, shape (n_curves,)
        Number of the pool of every curve, 0, 1, ...

    """
    n_pools = int(pool.max()) + 1
    weights = np.tile(default_prior(), (n_pools, 1))
    pools = Pools(np.zeros(n_pools), np.full(n_pools, DEFAULT_CURVATURE_SD), weights, np.zeros(n_pools))
    scatter = np.zeros(len(shares))
    for _ in range(N_ROUNDS):
        # In parts, because the matrices of all curves of a large file would fill the memory.
        parts = np.array_split(np.arange(len(shares)), -(-len(shares) // CURVES_PER_CHUNK))
        told = [_told(shares.take(part), pools.penalty(shares.take(part), pool[part]), scatter[part]) for part in parts]
        (statistic, freedom, estimate, precision), products = (np.concatenate(of, axis=1) for of in zip(*told, strict=True))
        curvature, curvature_sd, weights = pools.curvature.copy(), pools.curvature_sd.copy(), pools.weights.copy()
        correlation = pools.correlation.copy()
        for k in range(n_pools):
            rows = pool == k
            weights[k] = fit_prior(statistic[rows], freedom[rows], shares.of_one_model[rows], default_prior())
            curvature[k], curvature_sd[k] = _pooled(estimate[rows], precision[rows])
            correlation[k] = _correlation(products[:, rows])
        pools = Pools(curvature, curvature_sd, weights, correlation)
        scatter = scatter_of(shares, statistic, freedom, weights[pool])
    return pools


def scatter_ends(shares: Shares, pools: Pools) -> tuple[np.ndarray, np.ndarray]:
    """Weights of scatter_prior.GRID at the two ends of an interval of the scatter of the one pool that `shares` are."""
    judged = judge(shares, pools, np.zeros(len(shares), int))
    statistic, freedom = misfit(shares, judged.fitted, judged.at, judged.dispersion)
    return prior_ends(statistic, freedom, shares.of_one_model)


def judge(shares: Shares, pools: Pools, pool: np.ndarray) -> Judged:
    """Fit every curve, with the scatter that it and its pool tell."""
    prior = pools.penalty(shares, pool)
    scatter = (pools.weights * GRID).sum(axis=1)[pool]
    for _ in range(2):
        dispersion = shares.dispersion(scatter)
        fitted = smooth_law.fit(shares, prior, dispersion)
        at = step_test.steps(shares, prior, fitted, dispersion)
        scatter = scatter_of(shares, *misfit(shares, fitted, at, dispersion), pools.weights[pool])
    dispersion = shares.dispersion(scatter)
    fitted = smooth_law.fit(shares, prior, dispersion)
    return Judged(shares, prior, dispersion, scatter, fitted, step_test.steps(shares, prior, fitted, dispersion))


def misfit(shares: Shares, fitted: SmoothFit, at: step_test.Steps, dispersion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`step_test.own_misfit` of the curves as they are."""
    residuals = shares.y - fitted.mean
    statistic, freedom = step_test.own_misfit(
        residuals[:, :, None], at.scores(residuals)[:, :, None], at, shares, fitted, dispersion
    )
    return statistic[:, 0], freedom


def scatter_of(shares: Shares, statistic: np.ndarray, freedom: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Posterior mean of the intra-class correlation of every curve."""
    return posterior_means(statistic[:, None], freedom, shares.of_one_model, weights)[:, 0]


def _told(shares: Shares, prior: Penalty, scatter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What every curve tells its pool.

    Misfit, its degrees of freedom, curvature and its precision, shape (4, n_curves), and `_neighbours`.
    """
    dispersion = shares.dispersion(scatter)
    fitted = smooth_law.fit(shares, prior, dispersion)
    at = step_test.steps(shares, prior, fitted, dispersion)
    statistic, freedom = misfit(shares, fitted, at, dispersion)
    estimate, precision = _curvatures(shares, prior, fitted, dispersion)
    # A break bends a curve; what looks like one tells nothing of the curvature of the others, nor of the correlation.
    z = at.scores(shares.y - fitted.mean) / np.sqrt(at.variance)
    is_plain = np.where(at.variance > 1e-3, np.abs(z), 0).max(axis=1) < _MAX_Z_IN_POOL
    told = np.stack([statistic, freedom, estimate, np.where(is_plain, precision, 0)])
    return told, _neighbours(shares, fitted, at) * (is_plain & (precision > 0))


def _curvatures(shares: Shares, prior: Penalty, fitted: SmoothFit, dispersion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(curvature that the data of every curve alone say, its precision; 0 where they say nothing of it)."""
    weight = shares.n / (fitted.mean * (1 - fitted.mean) * dispersion)
    _, hessian = step_test.information(fitted, weight, prior)
    variance = solve(hessian, np.tile(np.eye(4)[2], (len(hessian), 1)))[:, 2]
    # The posterior is that of the data times the prior, which is taken out again.
    precision = np.maximum(1 / variance - prior.precision[:, 2], 1e-6)
    estimate = (fitted.theta[:, 2] / variance - prior.precision[:, 2] * prior.mean[:, 2]) / precision
    counts = (shares.n * fitted.mean >= 1) & (shares.n * (1 - fitted.mean) >= 1)
    return np.clip(estimate, -3, 3), np.where(counts.sum(axis=1) >= COUNTED_SCALES, np.minimum(precision, 1e4), 0)


def _pooled(estimate: np.ndarray, precision: np.ndarray) -> tuple[float, float]:
    """(mean, standard deviation) of the curvature in a pool: the random effects of DerSimonian and Laird (1986)."""
    known = precision > 1
    if known.sum() < _MIN_POOL:
        return 0.0, DEFAULT_CURVATURE_SD
    b, w = estimate[known], precision[known]
    fixed = (w * b).sum() / w.sum()
    excess = (w * (b - fixed) ** 2).sum() - (len(b) - 1)
    between = max(0.0, excess / (w.sum() - (w**2).sum() / w.sum()))
    w = 1 / (1 / w + between)
    return float((w * b).sum() / w.sum()), max(np.sqrt(between), _LEAST_CURVATURE_SD)


def _neighbours(shares: Shares, fitted: SmoothFit, at: step_test.Steps) -> np.ndarray:
    """What the residuals of every curve say of the correlation of neighbouring scales, shape (2 + 2 n_scales, n_curves).

    The sum of the products of neighbouring standardised residuals, that of their squares, and the factors of 1, r, r^2, ...
    in the expectations of these two sums where the correlation of scales k apart is r^k: a fit takes up a part of the
    residuals, so that what is left is correlated where they are not.
    """
    root = np.sqrt(at.weight)
    residuals = root * (shares.y - fitted.mean)
    n_scales = shares.y.shape[1]
    hat = np.einsum("csk,ckt->cst", root[:, :, None] * fitted.jacobian, at.solved / root[:, None, :])
    left = np.eye(n_scales) - hat
    of_products = np.einsum("cia,cib->cab", left[:, :-1], left[:, 1:])
    of_squares = np.einsum("cia,cib->cab", left, left)
    apart = np.abs(np.subtract.outer(np.arange(n_scales), np.arange(n_scales)))
    factors = [[matrix[:, apart == k].sum(axis=1) for k in range(n_scales)] for matrix in (of_products, of_squares)]
    sums = [(residuals[:, :-1] * residuals[:, 1:]).sum(axis=1), (residuals**2).sum(axis=1)]
    return np.stack(sums + factors[0] + factors[1])


def _correlation(products: np.ndarray) -> float:
    """The correlation of neighbouring scales in a pool, by `_neighbours` of its curves: by moments, shrunk by its own noise.

    0 where fewer than 10 curves tell it. Negative ones are taken as 0.
    """
    known = products[1] > 0
    if known.sum() < _MIN_POOL:
        return 0.0
    products = products[:, known]
    n_scales = (len(products) - 2) // 2
    total = products.sum(axis=1)
    powers = CORRELATIONS[:, None] ** np.arange(n_scales)
    expected = (powers * total[2 : 2 + n_scales]).sum(axis=1) / (powers * total[2 + n_scales :]).sum(axis=1)
    excess = products[0] - expected[0] * products[1]
    signal = excess.sum() ** 2 / (excess**2).sum()
    if excess.sum() <= 0 or signal <= 1:
        return 0.0
    return float((1 - 1 / signal) * np.interp(total[0] / total[1], expected, CORRELATIONS))
