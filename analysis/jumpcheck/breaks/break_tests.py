"""The break test of many curves, given their pools: p values, sizes, bounds, and whether another smooth law does as well.

Every curve is tested alone. For steps down of the loss (breaks) and up (decoys, in which nobody believes) the same is
asked: is the largest step statistic larger than chance gives, where the law is smooth (`jumpcheck.breaks.step_test`); and,
where its p value is small, how much likelier the curve is with the step than under the best smooth law of another shape
(`other_laws`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm, qmc

from jumpcheck.base.columns import significant
from jumpcheck.base.settings import FDR
from jumpcheck.breaks import other_laws, step_test
from jumpcheck.breaks.guessing import constant_answers, largest_rise, p_of_guessing
from jumpcheck.breaks.monotone import p_of_rising
from jumpcheck.breaks.pools import CURVES_PER_CHUNK, Judged, Pools, judge
from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.breaks.step_sizes import bounds, examples_to_decide, size_at, steps_fitted

N_DRAWS, N_FINE_DRAWS = 2**10, 2**14
_SMALL_P, _TINY_P = 0.03, 1e-7
"""A p value between these two is computed again from N_FINE_DRAWS draws. A smaller one leaves no comparison in
doubt."""
_LEAST_Z = 1.6
"""A largest step statistic below this has a p value above 0.05 at any number of places."""
_DIGITS_OF_ORDER = 7
"""Digits that decide which of several places is the largest."""


class _Draws(NamedTuple):
    """Residuals of draws in which nothing breaks, the same for all curves of a pool."""

    normal: np.ndarray
    """Standard normal, correlated along the scales as the pool's, shape (n_draws, n_scales)."""
    uniform: np.ndarray
    """Shape (n_draws,), which choose a scatter."""
    weights: np.ndarray
    """Of GRID."""
    correlation: np.ndarray
    """Of the residuals of every two scales, shape (n_scales, n_scales)."""


class _Side(NamedTuple):
    """What is asked of steps in one direction; all of shape (n_curves,)."""

    p: np.ndarray
    log_ratio: np.ndarray
    """Log of how much likelier the curve is with a step than under the best other law; NaN where p is not below 0.05."""
    other_law: np.ndarray
    """Number of that law; -1 where none was asked."""
    size_high: np.ndarray
    """95 % upper bound of the size of the likeliest step; NaN where p is not below 0.05."""


def tested_breaks(
    shares: Shares, pool: np.ndarray, pools: Pools, smallest_break: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Test every curve, given its pool.

    Returns
    -------
    DataFrame
        One row per curve: level, slope, curvature and floor (of `smooth_law.law`); p_break (NaN with no admissible place);
        log_ratio and other_law (how much likelier a break is than the best other smooth law, as a log, and its number; where
        p_break is below 0.05); p_decoy, log_ratio_decoy and decoy_size_high (the same of steps up of the loss); p_rising (of
        `monotone`); place (of the first scale after the likeliest break), break_size and its standard error there (how much
        lower the log loss is); size_high and high_place (the largest break that is possible at 95 % anywhere, infinite
        where a place is hidden, and where); n_informative, n_hidden, scatter, jump_is_hidden; p_chance, chance_bound and
        constant_answer (see `guessing`); n_to_decide (examples with which size_high would be below smallest_break; NaN where
        no number would do).

    """
    rows = []
    for draws, part in _in_parts(shares, pool, pools, seed):
        judged = judge(shares.take(part), pools, pool[part])
        rows.append(_tested(judged, draws, smallest_break).set_axis(part))
    return pd.concat(rows).sort_index()


def p_values_alone(
    shares: Shares, pool: np.ndarray, pools: Pools, smallest_break: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """p_break, log_ratio and place alone, as `tested_breaks` gives them; p is 1 where it is surely above 0.05."""
    rows = []
    for draws, part in _in_parts(shares, pool, pools, seed):
        judged = judge(shares.take(part), pools, pool[part])
        _, admissible, _ = step_test.places(judged.shares, judged.fitted, judged.dispersion, smallest_break)
        down, _ = _sides(judged, admissible, draws, least_z=_LEAST_Z, is_down_alone=True)
        place = _best_places(judged, admissible) + 1
        rows.append(pd.DataFrame({"p_break": down.p, "log_ratio": down.log_ratio, "place": place}, index=part))
    return pd.concat(rows).sort_index()


def _in_parts(shares: Shares, pool: np.ndarray, pools: Pools, seed: int) -> Iterator[tuple[_Draws, np.ndarray]]:
    """(draws, rows of the curves) of every piece of work; all curves of a piece are of one pool."""
    n_scales = shares.y.shape[1]
    # The same for all curves, and so spread evenly: what is too large once would be too large everywhere.
    uniform = qmc.Sobol(n_scales + 1, rng=seed).random(N_FINE_DRAWS)
    normal = norm.ppf(uniform[:, :-1])
    apart = np.abs(np.subtract.outer(np.arange(n_scales), np.arange(n_scales)))
    for k, r in enumerate(pools.correlation):
        of_pool = np.flatnonzero(pool == k)
        draws = _Draws(_correlated(normal, r), uniform[:, -1], pools.weights[k], np.where(apart > 0, r**apart, 1.0))
        for start in range(0, len(of_pool), CURVES_PER_CHUNK):
            yield draws, of_pool[start : start + CURVES_PER_CHUNK]


def _correlated(normal: np.ndarray, r: float) -> np.ndarray:
    """Every row as a stationary series of the first order: the correlation of scales k apart is r^k."""
    if r == 0:
        return normal
    series = normal.copy()
    for k in range(1, normal.shape[1]):
        series[:, k] = r * series[:, k - 1] + np.sqrt(1 - r**2) * normal[:, k]
    return series


def _tested(judged: Judged, draws: _Draws, smallest_break: float) -> pd.DataFrame:
    shares, fitted, at = judged.shares, judged.fitted, judged.at
    informative, admissible, hidden = step_test.places(shares, fitted, judged.dispersion, smallest_break)
    down, up = _sides(judged, admissible, draws)
    best = _best_places(judged, admissible)
    row, is_testable = np.arange(len(shares)), admissible.any(axis=1)
    wider = np.sqrt(_variance_ratios(at, draws.correlation))
    size, error = bounds(judged, admissible, smallest_break)
    error = error * wider
    break_size, break_error = size_at(judged, best, is_testable)
    high = np.where(admissible, size + norm.ppf(1 - FDR) * error, -np.inf)
    rise = np.diff(shares.y, axis=1).argmax(axis=1)
    jump_is_hidden = ~admissible[row, rise] & (rise > 0)
    # Where the scores before a place say too little nothing is ruled out there.
    high = np.where(hidden, np.inf, high)
    high[row[jump_is_hidden], rise[jump_is_hidden]] = np.inf
    worst = significant(high, _DIGITS_OF_ORDER).argmax(axis=1)
    return pd.DataFrame(
        {
            "level": fitted.theta[:, 0],
            "slope": fitted.theta[:, 1] / shares.x.std(axis=1),
            "curvature": fitted.theta[:, 2],
            "floor": shares.chance[:, 0] + fitted.theta[:, 3],
            "p_break": down.p,
            "log_ratio": down.log_ratio,
            "other_law": down.other_law,
            "p_decoy": up.p,
            "log_ratio_decoy": up.log_ratio,
            "decoy_size_high": up.size_high,
            "p_rising": _p_of_rising(judged, draws.weights),
            "place": best + 1,
            "break_size": break_size,
            "break_size_se": break_error * wider[row, best],
            "size_high": np.where(is_testable, high[row, worst], np.nan),
            "high_place": worst + 1,
            "n_informative": informative.sum(axis=1),
            "n_hidden": hidden.sum(axis=1),
            "scatter": judged.scatter,
            "jump_is_hidden": jump_is_hidden,
            "p_chance": p_of_guessing(shares),
            "chance_bound": largest_rise(shares, judged.scatter),
            "constant_answer": constant_answers(shares),
            "n_to_decide": examples_to_decide(judged, size[row, worst], error[row, worst], smallest_break),
        }
    )


def _best_places(judged: Judged, admissible: np.ndarray) -> np.ndarray:
    """The place of the largest step statistic of every curve; of places that differ by rounding alone the first."""
    scores = judged.at.scores(judged.shares.y - judged.fitted.mean)
    z = np.where(admissible, scores / np.sqrt(judged.at.variance), -np.inf)
    return significant(z, _DIGITS_OF_ORDER).argmax(axis=1)


def _sides(
    judged: Judged, admissible: np.ndarray, draws: _Draws, least_z: float = 0.0, is_down_alone: bool = False
) -> tuple[_Side, _Side]:
    """What is asked of steps down of the loss, and up.

    p is 1 where a step in the other direction explains more, and where the statistic is below `least_z`.
    """
    scores = judged.at.scores(judged.shares.y - judged.fitted.mean) / np.sqrt(judged.at.variance)
    is_testable = admissible.any(axis=1)
    anywhere = np.where(judged.at.variance > 1e-3, scores, np.nan)
    with np.errstate(invalid="ignore"):
        highest, lowest = np.fmax.reduce(anywhere, axis=1), np.fmin.reduce(anywhere, axis=1)
    down = np.where(admissible, scores, -np.inf).max(axis=1)
    up = np.where(admissible, -scores, -np.inf).max(axis=1)
    p_down = _p_values(judged, admissible, down, (down >= np.fmax(-lowest, least_z)) & is_testable, draws)
    is_decoy = (up > np.fmax(highest, _LEAST_Z)) & is_testable & (not is_down_alone)
    p_up = _p_values(judged, admissible, up, is_decoy, draws)
    return _compared(judged, admissible, draws, (p_down, p_up))


def _compared(
    judged: Judged, admissible: np.ndarray, draws: _Draws, p: tuple[np.ndarray, np.ndarray]
) -> tuple[_Side, _Side]:
    """The two sides, of which the p values at the fit without a step are known: where one is small, steps are fitted."""
    suspects = np.flatnonzero((p[0] < FDR) | (p[1] < FDR))
    sides = [_Side(p_side, *np.full((3, len(p_side)), np.nan)) for p_side in p]
    if not len(suspects):
        return sides[0], sides[1]
    some, row = judged.take(suspects), np.arange(len(suspects))
    value, size, error = steps_fitted(some, admissible.shape[1])
    other, law = other_laws.best_other_law(some.shares, some.dispersion)
    error = error * np.sqrt(_variance_ratios(judged.at.take(suspects), draws.correlation))
    # A large step bends the law so much that scores at the fit without it do not tell its sign: here each is fitted.
    signed = [np.where(size * sign > 0, value, -np.inf) for sign in (1, -1)]
    for k, side in enumerate(sides):
        own = np.where(admissible[suspects], signed[k], -np.inf)
        side.p[suspects[signed[1 - k].max(axis=1) > own.max(axis=1)]] = 1.0
        asked = side.p[suspects] < FDR
        at, place = suspects[asked], own.argmax(axis=1)
        side.log_ratio[at] = (own.max(axis=1) - other)[asked]
        side.other_law[at] = law[asked]
        high = np.abs(size[row, place]) + norm.ppf(1 - FDR) * error[row, place]
        side.size_high[at] = high[asked]
    return sides[0], sides[1]


def _p_values(
    judged: Judged, admissible: np.ndarray, statistic: np.ndarray, is_asked: np.ndarray, draws: _Draws
) -> np.ndarray:
    """Of the largest Z; 1 where it is not asked, which needs no draws, and NaN without an admissible place."""
    p = np.where(admissible.any(axis=1), 1.0, np.nan)
    rows = np.flatnonzero(is_asked)
    # A small p value needs many draws, and few curves have one.
    for n_draws in (N_DRAWS, N_FINE_DRAWS):
        curves = judged.shares.take(rows), judged.fitted.take(rows), judged.at.take(rows), admissible[rows]
        some = draws.normal[:n_draws], draws.uniform[:n_draws]
        null = step_test.null_statistics(*curves, judged.dispersion[rows], draws.weights, some)
        p[rows] = step_test.p_values(statistic[rows], null)
        rows = rows[(p[rows] < _SMALL_P) & (p[rows] > _TINY_P)]
    return p


def _variance_ratios(at: step_test.Steps, correlation: np.ndarray) -> np.ndarray:
    """Variance of the score of every step where residuals are correlated, in units of that where they are not; 1 or more."""
    each = at.map / np.sqrt(at.weight)[:, None, :]
    alone = np.maximum((each**2).sum(axis=2), 1e-12)
    return np.maximum(np.einsum("cps,st,cpt->cp", each, correlation, each) / alone, 1.0)


def _p_of_rising(judged: Judged, weights: np.ndarray) -> np.ndarray:
    """`monotone.p_of_rising` of the scores, less what the effects of models make of the law."""
    shares, y = judged.shares, judged.shares.y
    if shares.offset is not None:
        # To the first order, by the slope of the law.
        y = np.clip(y - judged.fitted.by_eta * shares.offset, 0, 1)
    return p_of_rising(y, shares.n, shares.of_one_model, weights)
