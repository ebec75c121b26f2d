"""The break test of many curves: pools, p values and bounds.

In rounds, because each needs the other: the law is fitted, the curves of a pool tell how the curvature and the scatter are
distributed among them, and the law is fitted with these. Then every curve is tested alone (`jumpcheck.breaks.step_test`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, qmc

from jumpcheck.base.columns import significant
from jumpcheck.base.settings import COUNTED_SCALES, FDR
from jumpcheck.breaks import smooth_law, step_test
from jumpcheck.breaks.guessing import constant_answers, largest_rise, p_of_guessing
from jumpcheck.breaks.scatter_prior import GRID, default_prior, fit_prior, posterior_means, prior_ends
from jumpcheck.breaks.small_systems import solve
from jumpcheck.breaks.smooth_law import Penalty, Shares, SmoothFit

N_ROUNDS = 3
N_DRAWS, N_FINE_DRAWS = 2**10, 2**14
_SMALL_P, _TINY_P = 0.03, 1e-7
"""A p value between these two is computed again from N_FINE_DRAWS draws. A smaller one leaves no comparison in
doubt."""
CURVES_PER_CHUNK = 400
DEFAULT_CURVATURE_SD = 0.5
"""Of the curvature where no pool tells it."""
_LEAST_CURVATURE_SD = 0.05
_MIN_POOL = 10
_MAX_Z_IN_POOL = 3.0
_SIZE_ROUNDS = 20
_LEAST_SLOPE = -0.1
"""A secant that is flatter than this is not followed; where the likelihood is a parabola its slope is -1."""
_SIZE_KNOWN = 1e-7
"""Standard errors to which the size of a break is found."""
_DIGITS_OF_ORDER = 7
"""Digits that decide which of several places is the largest."""


@dataclass(frozen=True)
class Pools:
    """What the curves of every pool have in common."""

    curvature: np.ndarray
    curvature_sd: np.ndarray
    weights: np.ndarray
    """Of scatter_prior.GRID, shape (n_pools, len(GRID))."""

    def penalty(self, shares: Shares, pool: np.ndarray) -> Penalty:
        """The priors of curves of these pools."""
        return smooth_law.penalty(shares.chance, self.curvature[pool], self.curvature_sd[pool])


@dataclass(frozen=True)
class _Judged:
    """Curves with their fits, and the dispersion that they and their pool tell."""

    shares: Shares
    prior: Penalty
    dispersion: np.ndarray
    scatter: np.ndarray
    fitted: SmoothFit | None = None
    at: step_test.Steps | None = None

    def take(self, rows: np.ndarray) -> _Judged:
        """The curves `rows`, without their fits."""
        return _Judged(self.shares.take(rows), self.prior.take(rows), self.dispersion[rows], self.scatter[rows])


def estimate_pools(shares: Shares, pool: np.ndarray) -> Pools:
    """Curvature and scatter of every pool.

    Parameters
    ----------
    shares : Shares
        Curves of equally many scales.
    pool : array of int, shape (n_curves,)
        Number of the pool of every curve, 0, 1, ...

    """
    n_pools = int(pool.max()) + 1
    pools = Pools(np.zeros(n_pools), np.full(n_pools, DEFAULT_CURVATURE_SD), np.tile(default_prior(), (n_pools, 1)))
    scatter = np.zeros(len(shares))
    for _ in range(N_ROUNDS):
        # In parts, because the matrices of all curves of a large file would fill the memory.
        parts = np.array_split(np.arange(len(shares)), -(-len(shares) // CURVES_PER_CHUNK))
        told = [_told(shares.take(part), pools.penalty(shares.take(part), pool[part]), scatter[part]) for part in parts]
        statistic, freedom, estimate, precision = np.concatenate(told, axis=1)
        curvature, curvature_sd, weights = pools.curvature.copy(), pools.curvature_sd.copy(), pools.weights.copy()
        for k in range(n_pools):
            rows = pool == k
            weights[k] = fit_prior(statistic[rows], freedom[rows], shares.of_one_model[rows], default_prior())
            curvature[k], curvature_sd[k] = _pooled(estimate[rows], precision[rows])
        pools = Pools(curvature, curvature_sd, weights)
        scatter = _scatter(shares, statistic, freedom, weights[pool])
    return pools


def scatter_ends(shares: Shares, pools: Pools) -> tuple[np.ndarray, np.ndarray]:
    """Weights of scatter_prior.GRID at the two ends of an interval of the scatter of the one pool that `shares` are."""
    judged = _judge(shares, pools, np.zeros(len(shares), int))
    statistic, freedom = _misfit(shares, judged.fitted, judged.at, judged.dispersion)
    return prior_ends(statistic, freedom, shares.of_one_model)


def _told(shares: Shares, prior: Penalty, scatter: np.ndarray) -> np.ndarray:
    """What every curve tells its pool: misfit, its degrees of freedom, curvature and its precision, shape (4, n_curves)."""
    dispersion = shares.dispersion(scatter)
    fitted = smooth_law.fit(shares, prior, dispersion)
    at = step_test.steps(shares, prior, fitted, dispersion)
    statistic, freedom = _misfit(shares, fitted, at, dispersion)
    estimate, precision = _curvatures(shares, prior, fitted, dispersion)
    # A break bends a curve; what looks like one tells nothing of the curvature of the others.
    z = at.scores(shares.y - fitted.mean) / np.sqrt(at.variance)
    precision = np.where(np.where(at.variance > 1e-3, z, 0).max(axis=1) < _MAX_Z_IN_POOL, precision, 0)
    return np.stack([statistic, freedom, estimate, precision])


def _misfit(shares: Shares, fitted: SmoothFit, at: step_test.Steps, dispersion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    residuals = shares.y - fitted.mean
    statistic, freedom = step_test.own_misfit(
        residuals[:, :, None], at.scores(residuals)[:, :, None], at, shares, fitted, dispersion
    )
    return statistic[:, 0], freedom


def _scatter(shares: Shares, statistic: np.ndarray, freedom: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Posterior mean of the intra-class correlation of every curve."""
    return posterior_means(statistic[:, None], freedom, shares.of_one_model, weights)[:, 0]


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


def _judge(shares: Shares, pools: Pools, pool: np.ndarray) -> _Judged:
    prior = pools.penalty(shares, pool)
    scatter = (pools.weights * GRID).sum(axis=1)[pool]
    for _ in range(2):
        dispersion = shares.dispersion(scatter)
        fitted = smooth_law.fit(shares, prior, dispersion)
        at = step_test.steps(shares, prior, fitted, dispersion)
        scatter = _scatter(shares, *_misfit(shares, fitted, at, dispersion), pools.weights[pool])
    dispersion = shares.dispersion(scatter)
    fitted = smooth_law.fit(shares, prior, dispersion)
    return _Judged(shares, prior, dispersion, scatter, fitted, step_test.steps(shares, prior, fitted, dispersion))


def tested_breaks(
    shares: Shares, pool: np.ndarray, pools: Pools, smallest_break: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Test every curve, given its pool.

    Returns
    -------
    DataFrame
        One row per curve: point_scores and point_informations (`step_test.single_points`); level, slope, curvature and floor
        (of `smooth_law.law`); p_break (NaN with no admissible place); place (of the first scale after the likeliest break),
        break_size and its standard error there (how much lower the log loss is); size_high and high_place (the largest
        break that is possible at 95 % anywhere, infinite where a place is hidden, and where); n_informative, n_hidden,
        scatter, jump_is_hidden; p_chance, chance_bound and constant_answer (see `guessing`); n_to_decide (examples with
        which size_high would be below smallest_break; NaN where no number would do).

    """
    rows = []
    # The same for all curves, and so spread evenly: what is too large once would be too large everywhere.
    uniform = qmc.Sobol(shares.y.shape[1] + 1, rng=seed).random(N_FINE_DRAWS)
    draws = norm.ppf(uniform[:, :-1]), uniform[:, -1]
    for k in range(len(pools.weights)):
        of_pool = np.flatnonzero(pool == k)
        for start in range(0, len(of_pool), CURVES_PER_CHUNK):
            part = of_pool[start : start + CURVES_PER_CHUNK]
            judged = _judge(shares.take(part), pools, pool[part])
            rows.append(_tested(judged, pools.weights[k], draws, smallest_break).set_axis(part))
    return pd.concat(rows).sort_index()


def _tested(
    judged: _Judged, weights: np.ndarray, draws: tuple[np.ndarray, np.ndarray], smallest_break: float
) -> pd.DataFrame:
    shares, fitted, at = judged.shares, judged.fitted, judged.at
    informative, admissible, hidden = step_test.places(shares, fitted, judged.dispersion, smallest_break)
    scores = at.scores(shares.y - fitted.mean)
    z = np.where(admissible, scores / np.sqrt(at.variance), -np.inf)
    is_testable = admissible.any(axis=1)
    # The best step down of the loss is no improvement if a step up would explain the curve better.
    worsening = np.where(at.variance > 1e-3, -scores / np.sqrt(at.variance), -np.inf).max(axis=1)
    p_break = _p_values(judged, admissible, z.max(axis=1), worsening <= z.max(axis=1), weights, draws)
    suspects = np.flatnonzero(p_break < FDR)
    p_break[suspects[_gets_worse(judged.take(suspects), admissible[suspects])]] = 1.0
    # Of places that differ by rounding alone the first is taken, on every processor.
    best = significant(z, _DIGITS_OF_ORDER).argmax(axis=1)
    row = np.arange(len(shares))
    size, error = _bounds(judged, admissible, smallest_break)
    break_size, break_error = _size_at(judged, best, size[row, best], is_testable)
    high = np.where(admissible, size + norm.ppf(1 - FDR) * error, -np.inf)
    rise = np.diff(shares.y, axis=1).argmax(axis=1)
    jump_is_hidden = ~admissible[row, rise] & (rise > 0)
    # Where the scores before a place say too little nothing is ruled out there.
    high = np.where(hidden, np.inf, high)
    high[row[jump_is_hidden], rise[jump_is_hidden]] = np.inf
    worst = significant(high, _DIGITS_OF_ORDER).argmax(axis=1)
    point_scores, point_informations = step_test.single_points(shares, fitted, at)
    return pd.DataFrame(
        {
            "point_scores": list(significant(point_scores)),
            "point_informations": list(significant(point_informations)),
            "level": fitted.theta[:, 0],
            "slope": fitted.theta[:, 1] / shares.x.std(axis=1),
            "curvature": fitted.theta[:, 2],
            "floor": shares.chance[:, 0] + fitted.theta[:, 3],
            "p_break": p_break,
            "place": best + 1,
            "break_size": break_size,
            "break_size_se": break_error,
            "size_high": np.where(is_testable, high[row, worst], np.nan),
            "high_place": worst + 1,
            "n_informative": informative.sum(axis=1),
            "n_hidden": hidden.sum(axis=1),
            "scatter": judged.scatter,
            "jump_is_hidden": jump_is_hidden,
            "p_chance": p_of_guessing(shares),
            "chance_bound": largest_rise(shares, judged.scatter),
            "constant_answer": constant_answers(shares),
            "n_to_decide": _n_to_decide(judged, size[row, worst], error[row, worst], smallest_break),
        }
    )


def _p_values(
    judged: _Judged,
    admissible: np.ndarray,
    statistic: np.ndarray,
    is_improvement: np.ndarray,
    weights: np.ndarray,
    draws: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Of the largest Z; 1 where there is no improvement, which needs no draws, and NaN without an admissible place."""
    is_testable = admissible.any(axis=1)
    p = np.where(is_testable, 1.0, np.nan)
    rows = np.flatnonzero(is_testable & is_improvement)
    # A small p value needs many draws, and few curves have one.
    for n_draws in (N_DRAWS, N_FINE_DRAWS):
        curves = judged.shares.take(rows), judged.fitted.take(rows), judged.at.take(rows), admissible[rows]
        some = tuple(part[:n_draws] for part in draws)
        null = step_test.null_statistics(*curves, judged.dispersion[rows], weights, some)
        p[rows] = step_test.p_values(statistic[rows], null)
        rows = rows[(p[rows] < _SMALL_P) & (p[rows] > _TINY_P)]
    return p


def _bounds(judged: _Judged, admissible: np.ndarray, smallest_break: float) -> tuple[np.ndarray, np.ndarray]:
    """(size of the step at every place, its standard error), from a fit with a step of `smallest_break` there.

    The size is a linear estimate about this fit. So it is most exact near `smallest_break`, the size that the verdict
    asks about. An estimate about the fit without a step would be most exact near 0.
    """
    size, error = np.full(admissible.shape, np.nan), np.full(admissible.shape, np.nan)
    rows, place = np.nonzero(admissible)
    shares, prior, dispersion = judged.shares.take(rows), judged.prior.take(rows), judged.dispersion[rows]
    step = -smallest_break * (np.arange(shares.y.shape[1]) > place[:, None])
    fitted = smooth_law.fit(shares, prior, dispersion, step)
    score, variance = step_test.step_at(shares, prior, fitted, dispersion, place)
    size[rows, place] = smallest_break + score / variance
    error[rows, place] = variance**-0.5
    return size, error


def _size_at(
    judged: _Judged, place: np.ndarray, start: np.ndarray, is_testable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(size of the step at one place of every curve, its standard error): the likeliest, from `start`.

    By Fisher scoring, and from the second round on by the secant through the last two rounds, which needs half as many.
    NaN for curves that are not testable.
    """
    n_scales = judged.shares.y.shape[1]
    size, error = np.full((2, len(place)), np.nan)
    rows = np.flatnonzero(is_testable)
    size[rows] = start[rows]
    # Of the last round: the move that the score asked for, and the one that was made.
    asked, made = np.full(len(place), np.nan), np.ones(len(place))
    for _ in range(_SIZE_ROUNDS):
        left = judged.take(rows)
        from_place = np.arange(n_scales) > place[rows, None]
        fitted = smooth_law.fit(left.shares, left.prior, left.dispersion, -size[rows, None] * from_place)
        score, variance = step_test.step_at(left.shares, left.prior, fitted, left.dispersion, place[rows])
        move = score / variance
        slope = (move - asked[rows]) / made[rows]
        step = np.clip(np.where(slope < _LEAST_SLOPE, -move / np.minimum(slope, _LEAST_SLOPE), move), -1, 1)
        asked[rows], made[rows], error[rows] = move, np.where(step == 0, 1, step), variance**-0.5
        size[rows] += step
        rows = rows[np.abs(step) > _SIZE_KNOWN * error[rows]]
        if not len(rows):
            break
    return size, error


def _gets_worse(judged: _Judged, admissible: np.ndarray) -> np.ndarray:
    """Whether a step up of the loss at some place explains every curve better than a step down at any admissible one.

    A large step bends the law so much that scores at the fit without it do not tell its sign: here each is fitted.
    """
    n_curves, n_places = admissible.shape
    # All places of all curves at once: on few curves the time goes into the number of calls.
    each, place = np.repeat(np.arange(n_curves), n_places), np.tile(np.arange(n_places), n_curves)
    repeated = judged.take(each)
    size, _ = _size_at(repeated, place, np.zeros(len(place)), np.ones(len(place), bool))
    step = -size[:, None] * (np.arange(n_places + 1) > place[:, None])
    fitted = smooth_law.fit(repeated.shares, repeated.prior, repeated.dispersion, step)
    gain = smooth_law.log_posterior(repeated.shares, repeated.prior, repeated.dispersion, fitted)
    gain, size = gain.reshape(admissible.shape), size.reshape(admissible.shape)
    down = np.where((size > 0) & admissible, gain, -np.inf).max(axis=1)
    up = np.where(size < 0, gain, -np.inf).max(axis=1)
    return up > down


def _n_to_decide(judged: _Judged, size: np.ndarray, error: np.ndarray, smallest_break: float) -> np.ndarray:
    """Number of examples with which the bound would be below `smallest_break`, if the curve stayed as it is."""
    n = judged.shares.of_one_model
    # Variance of a share per mean (1 - mean): that of the test set, and that of the models, which no test set lowers.
    now = (1 + (n - 1) * judged.scatter) / n
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = now * ((smallest_break - size) / (norm.ppf(1 - FDR) * error)) ** 2
        needed = np.ceil((1 - judged.scatter) / (wanted - judged.scatter))
    return np.where((size < smallest_break) & (wanted > judged.scatter) & (needed > n), needed, np.nan)
