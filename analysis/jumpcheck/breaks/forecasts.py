"""Can the next score be foretold from the smaller scales? Forecasts of every curve by several laws, from rolling origins.

At an origin the scores of the k smallest scales are known, and the score at the next one is foretold. A law is fitted to
them, penalised by vague priors (12 points tell no law of more than two parameters); its parameters are drawn from the normal
approximation of their posterior, and a score is drawn for each, with the scatter between models that the pool of the curve
has, and the noise of the test set. The log score of a law is the log probability that it gave to the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import betaln, gammaln
from scipy.stats import norm, qmc

from jumpcheck.base.columns import significant
from jumpcheck.breaks.measuring import POOL_KEY, in_pools, shares_of
from jumpcheck.breaks.scatter_prior import GRID
from jumpcheck.breaks.small_systems import inverse_factor, solve
from jumpcheck.breaks.smooth_law import Shares

MIN_KNOWN = 4
"""Scales that must be known for a forecast."""
MAX_ORIGINS = 3
"""The last so many scores of a curve are foretold, each from all before it."""
MAX_CURVES = 10_000
"""Curves, those with the smallest numbers, that are foretold."""
N_DRAWS = 256
N_SCORED = 64
"""Draws of the parameters for the interval, and those of them for the log score."""
LEVEL = 0.9
_NUMBERS = ("score", "log_score", "low", "high")
FORECASTS_SCHEMA = pa.schema(
    [("curve_id", pa.int64()), ("law", pa.string()), ("origin", pa.float64()), ("target", pa.float64())]
    + [("n_known", pa.int64()), *((name, pa.float64()) for name in _NUMBERS)]
    + [(name, pa.bool_()) for name in ("is_informative", "hit")]
)
_ROUNDS = 60
_LEAST_GAIN = 1e-9
_MAX = 30.0
_LEAST_MEAN = 1e-9


class Law(NamedTuple):
    """A law for the probability of knowing the answer; priors are normal, one mean and standard deviation per parameter."""

    known: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """Of parameters (..., n_parameters, 1) and standardised log scales (..., n_points)."""
    slopes: Callable[[np.ndarray, np.ndarray], list]
    """Derivatives of `known` by each parameter, of the same arguments."""
    mean: tuple[float, ...]
    sd: tuple[float, ...]


def _of_log_loss(eta: np.ndarray) -> np.ndarray:
    return np.exp(-np.exp(np.clip(eta, -_MAX, 6.5)))


def _slope_of_log_loss(eta: np.ndarray) -> np.ndarray:
    """Derivative of `_of_log_loss`."""
    loss = np.exp(np.clip(eta, -_MAX, 6.5))
    return -loss * np.exp(-loss)


def _parts(b: np.ndarray) -> list[np.ndarray]:
    return [b[..., k, :] for k in range(b.shape[-2])]


def _constant(b: np.ndarray, t: np.ndarray) -> np.ndarray:
    (b0,) = _parts(b)
    return _of_log_loss(b0 + 0 * t)


def _slopes_of_constant(b: np.ndarray, t: np.ndarray) -> list:
    (b0,) = _parts(b)
    return [_slope_of_log_loss(b0 + 0 * t)]


def _logistic(b: np.ndarray, t: np.ndarray) -> np.ndarray:
    b0, b1 = _parts(b)
    return 1 / (1 + np.exp(-np.clip(b0 + b1 * t, -_MAX, _MAX)))


def _slopes_of_logistic(b: np.ndarray, t: np.ndarray) -> list:
    known = _logistic(b, t)
    slope = known * (1 - known)
    return [slope, slope * t]


def _power_law(b: np.ndarray, t: np.ndarray) -> np.ndarray:
    b0, b1 = _parts(b)
    return _of_log_loss(b0 + b1 * t)


def _slopes_of_power_law(b: np.ndarray, t: np.ndarray) -> list:
    b0, b1 = _parts(b)
    slope = _slope_of_log_loss(b0 + b1 * t)
    return [slope, slope * t]


def _quadratic(b: np.ndarray, t: np.ndarray) -> np.ndarray:
    b0, b1, b2 = _parts(b)
    return _of_log_loss(b0 + b1 * t + b2 * (t**2 - 1))


def _slopes_of_quadratic(b: np.ndarray, t: np.ndarray) -> list:
    b0, b1, b2 = _parts(b)
    slope = _slope_of_log_loss(b0 + b1 * t + b2 * (t**2 - 1))
    return [slope, slope * t, slope * (t**2 - 1)]


def _irreducible(b: np.ndarray, t: np.ndarray) -> np.ndarray:
    b0, b1, e = _parts(b)
    return np.exp(-np.exp(np.clip(e, -_MAX, 6)) - np.exp(np.clip(b0 + b1 * t, -_MAX, 6)))


def _slopes_of_irreducible(b: np.ndarray, t: np.ndarray) -> list:
    b0, b1, e = _parts(b)
    rest, loss = np.exp(np.clip(e, -_MAX, 6)), np.exp(np.clip(b0 + b1 * t, -_MAX, 6))
    known = np.exp(-rest - loss)
    return [-loss * known, -loss * known * t, -rest * known]


def _broken(b: np.ndarray, t: np.ndarray) -> np.ndarray:
    b0, b1, change, place = _parts(b)
    bend = _SHARPNESS * np.logaddexp(0, (t - place) / _SHARPNESS)
    return _of_log_loss(b0 + b1 * t + change * bend)


def _slopes_of_broken(b: np.ndarray, t: np.ndarray) -> list:
    b0, b1, change, place = _parts(b)
    beyond = (t - place) / _SHARPNESS
    bend = _SHARPNESS * np.logaddexp(0, beyond)
    slope = _slope_of_log_loss(b0 + b1 * t + change * bend)
    return [slope, slope * t, slope * bend, -slope * change / (1 + np.exp(-np.clip(beyond, -_MAX, _MAX)))]


_SHARPNESS = 0.3
"""Of the bend of a broken law, in standard deviations of log scale."""
_LEVEL, _SLOPE = (0.5, 3.0), (-0.5, 1.0)
"""Mean and standard deviation of the log loss, and of its slope per standard deviation of log scale: the exponents of
language models, 0.05 to 0.35, give -0.1 to -1.2 there."""
LAWS = {
    "constant": Law(_constant, _slopes_of_constant, _LEVEL[:1], _LEVEL[1:]),
    "logistic": Law(_logistic, _slopes_of_logistic, (-1.0, 0.5), (3.0, 1.5)),
    "power law": Law(_power_law, _slopes_of_power_law, (_LEVEL[0], _SLOPE[0]), (_LEVEL[1], _SLOPE[1])),
    "quadratic": Law(_quadratic, _slopes_of_quadratic, (_LEVEL[0], _SLOPE[0], 0.0), (_LEVEL[1], _SLOPE[1], 0.3)),
    "irreducible loss": Law(_irreducible, _slopes_of_irreducible, (_LEVEL[0], _SLOPE[0], -2.0), (_LEVEL[1], _SLOPE[1], 1.0)),
    "broken power law": Law(_broken, _slopes_of_broken, (_LEVEL[0], _SLOPE[0], 0.0, 0.5), (_LEVEL[1], _SLOPE[1], 1.0, 0.7)),
}
"""The laws that are compared, by name."""


class Fit(NamedTuple):
    """Parameters of curves, shape (n_curves, n_parameters), and a factor of their covariance."""

    theta: np.ndarray
    factor: np.ndarray


def fit(law: Law, t: np.ndarray, shares: Shares, dispersion: np.ndarray) -> Fit:
    """The likeliest parameters of every curve under the law's priors, by Levenberg and Marquardt's method.

    Maximises sum_i n_i / dispersion_i (y_i log mean_i + (1 - y_i) log(1 - mean_i)) - sum_k ((b_k - mean_k) / sd_k)^2 / 2.

    Parameters
    ----------
    law : Law
        One of LAWS.
    t : array, shape (n_curves, n_points)
        Standardised log scales.
    shares : Shares
        The curves.
    dispersion : array, shape (n_curves, n_points)
        Variance of the shares in units of the binomial one.

    """
    prior, precision = np.array(law.mean), np.array(law.sd) ** -2.0
    theta, damping = np.tile(prior, (len(t), 1)), np.full(len(t), 1e-2)
    weight = shares.n / dispersion

    def value(theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        mean = _means(law, theta, t[rows], shares.chance[rows])
        likelihood = (weight[rows] * (shares.y[rows] * np.log(mean) + (1 - shares.y[rows]) * np.log1p(-mean))).sum(axis=1)
        return likelihood - 0.5 * (precision * (theta - prior) ** 2).sum(axis=1)

    diagonal, rows = np.arange(len(prior)), np.arange(len(t))
    best = value(theta, rows)
    for _ in range(_ROUNDS):
        mean, jacobian = _derivatives(law, theta[rows], t[rows], shares.chance[rows])
        weighted = jacobian * (weight[rows] / (mean * (1 - mean)))[:, :, None]
        hessian = np.einsum("cmk,cml->ckl", jacobian, weighted)
        hessian[:, diagonal, diagonal] = (hessian[:, diagonal, diagonal] + precision) * (1 + damping[rows, None])
        gradient = np.einsum("cmk,cm->ck", weighted, shares.y[rows] - mean) - precision * (theta[rows] - prior)
        tried = theta[rows] + np.clip(solve(hessian, gradient), -1.5, 1.5)
        new = value(tried, rows)
        better = new >= best[rows]
        gain = np.where(better, new - best[rows], np.inf)
        theta[rows[better]], best[rows[better]] = tried[better], new[better]
        damping[rows] = np.where(better, np.maximum(0.2 * damping[rows], 1e-8), 6 * damping[rows] + 1e-3)
        rows = rows[(gain > _LEAST_GAIN) & (damping[rows] < 1e6)]
        if not len(rows):
            break
    mean, jacobian = _derivatives(law, theta, t, shares.chance)
    hessian = np.einsum("cmk,cml->ckl", jacobian, jacobian * (weight / (mean * (1 - mean)))[:, :, None])
    hessian[:, diagonal, diagonal] += precision
    return Fit(theta, inverse_factor(hessian))


def _means(law: Law, theta: np.ndarray, t: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return np.clip(chance + (1 - chance) * law.known(theta[..., None], t), _LEAST_MEAN, 1 - _LEAST_MEAN)


def _derivatives(law: Law, theta: np.ndarray, t: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(means, their derivatives by the parameters, shape (n_curves, n_points, n_parameters)); 0 where a mean is clipped."""
    mean = _means(law, theta, t, chance)
    moves = (1 - chance) * ((mean > _LEAST_MEAN) & (mean < 1 - _LEAST_MEAN))
    return mean, np.stack([moves * slope for slope in law.slopes(theta[..., None], t)], axis=-1)


def foretold(law: Law, shares: Shares, n_known: int, weights: np.ndarray, draws: Mapping[str, np.ndarray]) -> tuple:
    """(low, high, log score) of the score after the first `n_known` ones of every curve.

    Parameters
    ----------
    law : Law
        One of LAWS.
    shares : Shares
        Curves of more than n_known scales.
    n_known : int
        Number of scores that are known.
    weights : array
        Of scatter_prior.GRID, of the pool.
    draws : mapping
        Standard normal `theta` (N_DRAWS, 4) and `noise` (N_DRAWS,), and `uniform` (N_DRAWS,).

    """
    known = (values[:, :n_known] for values in (shares.x, shares.y, shares.n))
    part = Shares(*known, shares.chance, examples=shares.of_one_model)
    centre, spread = part.x.mean(axis=1, keepdims=True), part.x.std(axis=1, keepdims=True)
    scatter = (weights * GRID).sum() / weights.sum()
    fitted = fit(law, (part.x - centre) / spread, part, part.dispersion(np.full(len(part), scatter)))
    normal = draws["theta"][:, : fitted.theta.shape[1]]
    theta = fitted.theta[:, None, :] + np.einsum("dk,ckl->cdl", normal, fitted.factor)
    target = (shares.x[:, n_known, None] - centre) / spread
    mean = _means(law, theta, target[:, :, None], shares.chance[:, :, None])[:, :, 0]
    cumulated = np.cumsum(weights) / weights.sum()
    rho = GRID[np.minimum(np.searchsorted(cumulated, draws["uniform"]), len(GRID) - 1)]
    n, y = shares.n[:, n_known, None], shares.y[:, n_known, None]
    # The angle of a share has nearly the same variance at every mean.
    sd = np.sqrt((1 + (shares.of_one_model[:, None] - 1) * rho) / n) / 2
    score = np.round(n * np.sin(np.clip(np.arcsin(np.sqrt(mean)) + sd * draws["noise"], 0, np.pi / 2)) ** 2) / n
    low, high = _interval(score)
    some = np.linspace(0, N_DRAWS - 1, N_SCORED).astype(int)
    # Averaged models scatter independently: the correlation of all their answers together is smaller.
    together = rho[some] * (shares.of_one_model[:, None] - 1) / np.maximum(n - 1, 1)
    return low, high, _log_probability(n * y, n, mean[:, some], np.clip(together, 1e-6, 1 - 1e-6))


def _interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of every row that is no more extreme than LEVEL says.

    Counts are discrete: half of the probability of a value counts as below it, or intervals would hold too often.
    """
    ends = []
    for sign in (1, -1):
        turned = sign * draws
        value = np.quantile(turned, (1 - LEVEL) / 2, axis=1, method="inverted_cdf")[:, None]
        middle = ((turned < value).mean(axis=1) + (turned <= value).mean(axis=1)) / 2
        larger = np.where(turned > value, turned, np.inf).min(axis=1)
        is_outside = (middle < (1 - LEVEL) / 2) & np.isfinite(larger)
        ends.append(sign * np.where(is_outside, larger, value[:, 0]))
    return ends[0], ends[1]


def _log_probability(k: np.ndarray, n: np.ndarray, mean: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Log of the mean over draws of the beta-binomial probability of k right answers of n."""
    weight = (1 - rho) / rho
    a, b = mean * weight, (1 - mean) * weight
    log_p = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + betaln(k + a, n - k + b) - betaln(a, b)
    largest = log_p.max(axis=1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(log_p - largest).mean(axis=1))


def forecasts(curves: pd.DataFrame, pools: pd.DataFrame, seed: int = 0, run: Callable[..., Iterable] = map) -> pa.Table:
    """FORECASTS_SCHEMA: one row per curve, law and origin, of at most MAX_CURVES curves.

    Parameters
    ----------
    curves, pools : DataFrame
        Testable rows of `trials`, and the pools of `measuring.estimates` of the whole run.
    seed : int
        Of the draws, which are the same for all curves.
    run : callable
        Like `map`, perhaps in several processes.

    """
    # Of the scores as they were published, effects of models and all.
    weights = {
        tuple(row[name] for name in POOL_KEY): np.array(row["weights"], float)
        for row in pools[pools["with_effects"]].to_dict("records")
    }
    chosen = curves.nsmallest(MAX_CURVES, "curve_id")
    parts = [
        (of_pool.iloc[start : start + 400], weights[key])
        for key, of_pool in in_pools(chosen)
        for start in range(0, len(of_pool), 400)
    ]
    tables = list(run(_of_part, *zip(*parts, strict=True), [seed] * len(parts))) if parts else []
    if not tables:
        return FORECASTS_SCHEMA.empty_table()
    whole = pd.concat(tables).sort_values(["curve_id", "n_known", "law"])
    whole["log_score"] = significant(whole["log_score"].to_numpy())
    return pa.Table.from_pandas(whole, FORECASTS_SCHEMA, preserve_index=False)


def shared_draws(seed: int) -> dict[str, np.ndarray]:
    """The draws of `foretold`, the same for all curves and so spread evenly: what is too wide once would be so always."""
    uniform = qmc.Sobol(6, rng=seed).random(N_DRAWS)
    return {"theta": norm.ppf(uniform[:, :4]), "noise": norm.ppf(uniform[:, 4]), "uniform": uniform[:, 5]}


def _of_part(curves: pd.DataFrame, weights: np.ndarray, seed: int) -> pd.DataFrame:
    """`forecasts` of curves of one pool."""
    shares, scales = shares_of(curves), np.array(curves["scales"].tolist())
    draws = shared_draws(seed)
    tables, chance = [], shares.chance[:, 0]
    n_scales = scales.shape[1]
    for n_known in range(max(MIN_KNOWN, n_scales - MAX_ORIGINS), n_scales):
        y = shares.y[:, n_known]
        for name, law in LAWS.items():
            low, high, log_score = foretold(law, shares, n_known, weights, draws)
            tables.append(
                pd.DataFrame(
                    {
                        "curve_id": curves["curve_id"].to_numpy(),
                        "law": name,
                        "origin": scales[:, n_known - 1],
                        "target": scales[:, n_known],
                        "n_known": n_known,
                        "score": y,
                        "log_score": log_score,
                        "low": low,
                        "high": high,
                        # Scores below chance are noise, so that an interval down to chance rules nothing out.
                        "is_informative": high - np.maximum(low, chance) < (1 - chance) / 2,
                        "hit": (low <= y + 1e-9) & (y - 1e-9 <= high),
                    }
                )
            )
    return pd.concat(tables)


def in_words(table: pa.Table, n_curves: int) -> str:
    """How many curves were foretold, and how often intervals of the power law hold, in a sentence for the end of a run."""
    frame = table.to_pandas()
    if frame.empty:
        return "no curve has the scales for a forecast"
    said = frame[(frame["law"] == "power law") & frame["is_informative"]]
    n_foretold = frame["curve_id"].nunique()
    only = f" (of {n_curves:,}; at most {MAX_CURVES:,} are foretold)" if n_foretold < n_curves else ""
    return (
        f"{n_foretold:,} curves{only}; of the power law's {len(said):,} intervals that say something "
        f"{int(said['hit'].sum()):,} hold the next score"
    )
