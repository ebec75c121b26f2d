"""The smooth law of the break test: a quadratic in log scale for the log loss, with a floor near chance, fitted to shares.

    eta_i = b0 + b1 t_i + b2 q_i        log loss; t is the standardised log scale, q the quadratic orthogonal to 1 and t
    mean_i = f + (1 - f) exp(-exp(eta_i)),    f = chance + b3

Curvature b2 and floor b3 are penalised (normal priors), because 5 to 12 points cannot tell them: the curvature is shrunk to
that of its pool (curves of one model family and metric), the floor to the published chance rate. A floor is a parameter and
no wall: small models can be worse than guessing. Arrays have one row per curve and one column per scale; curves of one call
have equally many scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jumpcheck.breaks.small_systems import solve

FLOOR_SD = 0.04
"""Standard deviation of the floor about the published chance rate."""
_LEVEL_SD, _SLOPE_SD = 5.0, 3.0
"""Vague priors of b0 and b1, which only keep a fit from running away where a curve says nothing."""
_MAX_ETA = 6.5
_TINY = 1e-9
_MAX_ROUNDS = 60
_SCORING_ROUNDS = 6
_LEAST_GAIN = 1e-12
_ROUNDING = 1e-6
"""Of the value of a curve of many examples."""
_MOST_DAMPING = 1e-4
"""With more a step is too short to say what there is to gain."""
_SHORT = 1e-3
"""A last step that is longer than this does not finish a fit but leaves its maximum."""


@dataclass(frozen=True)
class Shares:
    """Curves of shares: y and n of shape (n_curves, n_scales), x = log scale, chance of shape (n_curves, 1)."""

    x: np.ndarray
    y: np.ndarray
    n: np.ndarray
    chance: np.ndarray
    offset: np.ndarray | None = None
    """A part of eta that is known of every point, as of models that are good or bad at everything; none where it is None."""
    examples: np.ndarray | None = None
    """Test examples of one model, shape (n_curves,); n is a multiple where models of one scale are averaged."""

    def take(self, rows: np.ndarray) -> Shares:
        """The curves `rows`."""
        more = (None if part is None else part[rows] for part in (self.offset, self.examples))
        return Shares(self.x[rows], self.y[rows], self.n[rows], self.chance[rows], *more)

    @property
    def of_one_model(self) -> np.ndarray:
        """Test examples of one model, shape (n_curves,)."""
        return self.n[:, 0] if self.examples is None else self.examples

    def dispersion(self, scatter: np.ndarray) -> np.ndarray:
        """Variance of the shares in units of the binomial one of n, for intra-class correlations of shape (n_curves,).

        Models of one scale scatter independently, so that averaging m of them leaves the dispersion that of each.
        """
        return np.broadcast_to((1 + (self.of_one_model - 1) * scatter)[:, None], self.n.shape)

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Penalty:
    """Normal priors of b0 to b3: mean and precision, shape (n_curves, 4)."""

    mean: np.ndarray
    precision: np.ndarray

    def take(self, rows: np.ndarray) -> Penalty:
        """That of the curves `rows`."""
        return Penalty(self.mean[rows], self.precision[rows])


@dataclass(frozen=True)
class SmoothFit:
    """A penalised fit: parameters (n_curves, 4), means, and their derivatives by these (n_curves, n_scales, 4)."""

    theta: np.ndarray
    mean: np.ndarray
    jacobian: np.ndarray
    by_eta: np.ndarray
    """Derivative of the mean by eta, negative."""

    def take(self, rows: np.ndarray) -> SmoothFit:
        """Those of the curves `rows`."""
        return SmoothFit(self.theta[rows], self.mean[rows], self.jacobian[rows], self.by_eta[rows])


def penalty(chance: np.ndarray, curvature: np.ndarray, curvature_sd: np.ndarray) -> Penalty:
    """The priors of curves of these chance rates, whose curvature is normal with this mean and standard deviation."""
    mean, precision = np.zeros((len(chance), 4)), np.empty((len(chance), 4))
    mean[:, 2] = curvature
    # Where guessing gets nothing the floor is known: an exact match has no floor but 0.
    floor = np.where(chance[:, 0] > 0, FLOOR_SD**-2, 1e12)
    precision[:] = np.stack(
        np.broadcast_arrays(_LEVEL_SD**-2, _SLOPE_SD**-2, np.asarray(curvature_sd, float) ** -2, floor), axis=-1
    )
    return Penalty(mean, precision)


def basis(x: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """1, t and q of curves with the log scales x, shape (n_curves, n_scales, 3): orthogonal, each of mean square 1.

    At other log scales than x where `at` gives them.
    """
    at = x if at is None else at
    centre, spread = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    own, t = (x - centre) / spread, (at - centre) / spread
    skew = (own**3).mean(axis=1, keepdims=True)
    # Two scales have no quadratic: it is 0 at both, and so it stays.
    size = np.maximum(np.sqrt(((own**2 - 1 - own * skew) ** 2).mean(axis=1, keepdims=True)), 1e-6)
    return np.stack([np.ones_like(t), t, (t**2 - 1 - t * skew) / size], axis=-1)


def law(x: np.ndarray, parameters: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """Shares that the law gives curves of the log scales x, there or `at` others.

    `parameters` has the columns level, slope (per unit of x), curvature and floor.
    """
    b = parameters[:, :3] * np.stack([np.ones(len(x)), x.std(axis=1), np.ones(len(x))], axis=1)
    known = np.exp(-np.exp(np.minimum(np.einsum("cmk,ck->cm", basis(x, at), b), _MAX_ETA)))
    return parameters[:, 3:] + (1 - parameters[:, 3:]) * known


class _Problem(NamedTuple):
    """What a fit asks of its curves in every round, one row per curve."""

    products: np.ndarray
    """1, t, q, t t, t q and q q, shape (n_curves, 6, n_scales): the basis, and all products of two of its parts."""
    y: np.ndarray
    weight: np.ndarray
    """n / dispersion."""
    step: np.ndarray
    chance: np.ndarray
    prior_mean: np.ndarray
    precision: np.ndarray


class _Point(NamedTuple):
    """Curves at their parameters: the value of minus the penalised quasi-likelihood, and what its derivatives need."""

    theta: np.ndarray
    value: np.ndarray
    mean: np.ndarray
    loss: np.ndarray
    known: np.ndarray
    """exp(-loss)."""


def fit(shares: Shares, prior: Penalty, dispersion: np.ndarray, step: np.ndarray | float = 0.0) -> SmoothFit:
    """Maximise the penalised quasi-likelihood of every curve, by Levenberg and Marquardt's method.

        sum_i n_i / dispersion_i * (y_i log mean_i + (1 - y_i) log(1 - mean_i)) - sum_k precision_k (b_k - prior_k)^2 / 2

    It starts from a straight line, also where the curve was fitted before with another step: the likelihood of some
    curves has several maxima, and which of them is found must not depend on what was fitted before.

    Parameters
    ----------
    shares, prior : Shares, Penalty
        The curves, and what is known before.
    dispersion : array, shape (n_curves, n_scales)
        Variance of the shares in units of the binomial one.
    step : array, shape (n_curves, n_scales), optional
        A known part of eta, as of a break.

    """
    step = np.broadcast_to(step if shares.offset is None else step + shares.offset, shares.y.shape)
    x = basis(shares.x)
    one, t, q = np.moveaxis(x, -1, 0)
    products = np.stack([one, t, q, t * t, t * q, q * q], axis=1)
    left = _Problem(products, shares.y, shares.n / dispersion, step, shares.chance, prior.mean, prior.precision)
    whole = left
    at = _evaluated(left, straight_lines(shares, step))
    damping = np.full(len(x), 1e-3)
    rows, found = np.arange(len(x)), _Point(*(np.empty_like(part) for part in at))
    for k in range(_MAX_ROUNDS):
        move, promised = _move(left, at, damping, k >= _SCORING_ROUNDS)
        tried = _evaluated(left, at.theta + move)
        # Near the end the value is known no better than it changes, and what a step promises says more.
        is_last = (np.abs(promised) < _LEAST_GAIN) & (tried.value < at.value + _ROUNDING)
        is_last &= (damping <= _MOST_DAMPING) & (k >= _SCORING_ROUNDS)
        better = (tried.value <= at.value) | is_last
        is_last |= better & (at.value - tried.value <= _LEAST_GAIN)
        damping = np.where(better, np.maximum(0.2 * damping, 1e-9), 8 * damping + 1e-3)
        at = _chosen(better, tried, at)
        ends = is_last | (damping >= 1e8)
        if ends.any():
            _put(found, rows[ends], at, ends)
            rows, damping = rows[~ends], damping[~ends]
            left, at = _Problem(*(part[~ends] for part in left)), _Point(*(part[~ends] for part in at))
        if not len(rows):
            break
    _put(found, rows, at, slice(None))
    found = _finished(whole, found)
    by_eta, by_floor = _slopes(found, shares.chance)
    jacobian = np.concatenate([x * by_eta[:, :, None], by_floor[:, :, None]], axis=-1)
    return SmoothFit(found.theta, found.mean, jacobian, by_eta)


def _finished(curves: _Problem, at: _Point) -> _Point:
    """`at` after one more undamped step of Newton's method, where that is short.

    The rounds end where the value changes by less than _LEAST_GAIN, which leaves an error of up to 1e-7 in the parameters.
    One step squares it: what is left is rounding.
    """
    move, _ = _move(curves, at, np.zeros(len(at.value)), True)
    is_short = np.abs(move).max(axis=1) < _SHORT
    return _evaluated(curves, np.where(is_short[:, None], at.theta + move, at.theta))


def log_posterior(shares: Shares, prior: Penalty, dispersion: np.ndarray, fitted: SmoothFit) -> np.ndarray:
    """The penalised quasi-likelihood that `fit` maximises, of every curve."""
    likelihood = shares.n / dispersion * (shares.y * np.log(fitted.mean) + (1 - shares.y) * np.log1p(-fitted.mean))
    return likelihood.sum(axis=1) - 0.5 * (prior.precision * (fitted.theta - prior.mean) ** 2).sum(axis=1)


def _chosen(better: np.ndarray, tried: _Point, at: _Point) -> _Point:
    """`tried` where it is better, else `at`."""
    if better.all():
        return tried
    return _Point(
        *(np.where(better[:, None] if new.ndim == 2 else better, new, old) for new, old in zip(tried, at, strict=True))
    )


def _put(found: _Point, rows: np.ndarray, at: _Point, ends: np.ndarray | slice) -> None:
    for whole, part in zip(found, at, strict=True):
        whole[rows] = part[ends]


def straight_lines(shares: Shares, step: np.ndarray | float = 0.0) -> np.ndarray:
    """Parameters from which a fit starts: a straight line through the transformed shares, shape (n_curves, 4)."""
    known = (shares.y - shares.chance) / (1 - shares.chance)
    known = np.clip(known, 0.5 / (shares.n + 1), 1 - 0.5 / (shares.n + 1))
    eta = np.log(-np.log(known)) - step
    theta = np.zeros((len(eta), 4))
    theta[:, 0], theta[:, 1] = eta.mean(axis=1), 0.7 * (eta * basis(shares.x)[:, :, 1]).mean(axis=1)
    return theta


def _evaluated(curves: _Problem, theta: np.ndarray) -> _Point:
    eta = curves.step + theta[:, :1] + theta[:, 1:2] * curves.products[:, 1] + theta[:, 2:3] * curves.products[:, 2]
    loss = np.exp(np.minimum(eta, _MAX_ETA))
    known = np.exp(-loss)
    floor = curves.chance + theta[:, 3:]
    mean = np.clip(floor + (1 - floor) * known, _TINY, 1 - _TINY)
    likelihood = _sums(curves.weight, curves.y * np.log(mean) + (1 - curves.y) * np.log1p(-mean))
    value = 0.5 * _sums(curves.precision, (theta - curves.prior_mean) ** 2) - likelihood
    return _Point(theta, value, mean, loss, known)


def _slopes(at: _Point, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of the mean by eta and by the floor."""
    return -(1 - chance - at.theta[:, 3:]) * at.loss * at.known, 1 - at.known


def _move(curves: _Problem, at: _Point, damping: np.ndarray, newton: bool) -> tuple[np.ndarray, np.ndarray]:
    """(a damped step of at most 2 in every parameter, what it promises to gain).

    By Newton's method if `newton`, else by Fisher scoring: without the part of the information that the residuals have.
    """
    mean = at.mean
    by_eta, by_floor = _slopes(at, curves.chance)
    variance = mean * (1 - mean)
    expected = curves.weight / variance
    by_mean = expected * (curves.y - mean)
    gradient = curves.precision * (curves.prior_mean - at.theta)
    gradient[:, :3] += _moments(by_mean * by_eta, curves.products[:, :3])
    gradient[:, 3] += _sums(by_mean, by_floor)
    residual_part = by_mean if newton else np.zeros_like(by_mean)
    curved = expected + residual_part * (1 - 2 * mean) / variance
    # The matrix needs the second derivatives of the mean: by eta twice, and by eta and the floor. They are those of the
    # clipped mean. Otherwise they would vanish on the plateau at the floor, where a large step can throw a fit.
    floor = curves.chance + at.theta[:, 3:]
    known = np.clip((mean - floor) / (1 - floor), _TINY, 1 - _TINY)
    loss = -np.log(known)
    by_loss = residual_part * loss * known
    twice = curved * by_eta**2 - by_loss * (1 - floor) * (loss - 1)
    hessian = np.empty((len(mean), 4, 4))
    hessian[:, _ROWS, _COLUMNS] = hessian[:, _COLUMNS, _ROWS] = _moments(twice, curves.products)
    hessian[:, :3, 3] = hessian[:, 3, :3] = _moments(curved * by_eta * by_floor - by_loss, curves.products[:, :3])
    hessian[:, 3, 3] = _sums(curved, by_floor**2)
    # Damped by the expected information, which is positive where the observed one need not be.
    damped = curves.precision.copy()
    damped[:, :3] += _moments(expected * by_eta**2, curves.products[:, [0, 3, 5]])
    damped[:, 3] += _sums(expected, by_floor**2)
    diagonal = np.arange(4)
    hessian[:, diagonal, diagonal] += curves.precision + damping[:, None] * damped
    move = np.clip(solve(hessian, gradient), -2, 2)
    return move, 0.5 * _sums(gradient, move)


_ROWS, _COLUMNS = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, 2, 2])
"""Of an information matrix of b0 to b2, in the order of `_Problem.products`."""


def _sums(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sum of the products of every row."""
    return np.einsum("cm,cm->c", a, b)


def _moments(weight: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Weighted sums over the scales of every part, shape (n_curves, n_parts)."""
    return np.einsum("cm,ckm->ck", weight, parts)
