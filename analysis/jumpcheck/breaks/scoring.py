"""Fits of many curves to any law for their log loss: Levenberg and Marquardt's method with the expected information.

`smooth_law.fit` fits one law, and is faster and more exact; here a law is a function. All maximise the same penalised
quasi-likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jumpcheck.breaks.small_systems import solve

_ROUNDS = 60
_MAX_ETA, _MIN_ETA, _TINY = 6.5, -30.0, 1e-9
_ROUNDING = 1e-9
_MOST_DAMPING, _DAMPED = 1e8, 1e-4
"""A fit is given up with the first; with more than the second a step is too short to say what there is to gain."""


class Rows(NamedTuple):
    """Curves to be fitted, one row each; a curve may stand in several rows, with another start or step in each."""

    own: np.ndarray
    """What the law reads, shape (n_rows, n_parts, n_scales)."""
    y: np.ndarray
    weight: np.ndarray
    """n / dispersion."""
    offset: np.ndarray
    """A part of the log loss that is known."""
    chance: np.ndarray
    prior: np.ndarray
    """Means of the normal priors, shape (n_rows, n_parameters)."""
    precision: np.ndarray

    @property
    def parts(self) -> np.ndarray:
        """`own`, by part: shape (n_parts, n_rows, n_scales)."""
        return np.swapaxes(self.own, 0, 1)

    def take(self, rows: np.ndarray) -> Rows:
        """Those of the numbers or mask `rows`."""
        return Rows(*(part[rows] for part in self))


Eta = Callable[[np.ndarray, Rows], tuple[np.ndarray, np.ndarray]]
"""Of parameters (n_rows, n_parameters): log loss (n_rows, n_scales), and its derivatives by all parameters but the last.

The last parameter is the floor less chance.
"""


class _Point(NamedTuple):
    theta: np.ndarray
    value: np.ndarray
    mean: np.ndarray
    jacobian: np.ndarray


def maxima(eta: Eta, theta: np.ndarray, rows: Rows, least_gain: float = 1e-13) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(largest log posterior of every row, its parameters, their expected information), from the parameters `theta`.

    A fit ends where a step promises to gain less than `least_gain`; parameters are then known to the root of it, in
    standard errors.
    """
    at = _evaluated(eta, theta, rows)
    found, left = _Point(*(part.copy() for part in at)), np.arange(len(theta))
    damping, whole = np.full(len(theta), 1e-2), rows
    for _ in range(_ROUNDS):
        if not len(left):
            break
        move, promised = _move(rows, at, damping)
        tried = _evaluated(eta, at.theta + move, rows)
        # Near the end the value is known no better than it changes, and what a step promises says more.
        is_last = (promised < least_gain) & (damping <= _DAMPED) & (tried.value > at.value - _ROUNDING)
        better = (tried.value >= at.value) | is_last
        at = _Point(
            *(np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old) for new, old in zip(tried, at, strict=True))
        )
        damping = np.where(better, np.maximum(0.2 * damping, 1e-12), 6 * damping + 1e-3)
        ends = is_last | (damping > _MOST_DAMPING)
        if ends.any():
            _put(found, left[ends], at, ends)
            stay = ~ends
            left, damping, rows, at = left[stay], damping[stay], rows.take(stay), _Point(*(part[stay] for part in at))
    _put(found, left, at, slice(None))
    return found.value, found.theta, _information(whole, found)


def _put(found: _Point, rows: np.ndarray, at: _Point, which: np.ndarray | slice) -> None:
    for whole, part in zip(found, at, strict=True):
        whole[rows] = part[which]


def _evaluated(eta: Eta, theta: np.ndarray, rows: Rows) -> _Point:
    log_loss, slopes = eta(theta, rows)
    loss = np.exp(np.clip(log_loss + rows.offset, _MIN_ETA, _MAX_ETA))
    known = np.exp(-loss)
    floor = rows.chance + theta[:, -1:]
    mean = np.clip(floor + (1 - floor) * known, _TINY, 1 - _TINY)
    by_eta = -(1 - floor) * loss * known
    jacobian = np.concatenate([slopes * by_eta[:, :, None], (1 - known)[:, :, None]], axis=-1)
    likelihood = np.einsum("cs,cs->c", rows.weight, rows.y * np.log(mean) + (1 - rows.y) * np.log1p(-mean))
    value = likelihood - 0.5 * np.einsum("ck,ck->c", rows.precision, (theta - rows.prior) ** 2)
    return _Point(theta, value, mean, jacobian)


def _information(rows: Rows, at: _Point) -> np.ndarray:
    """Expected information about the parameters with their priors, shape (n_rows, n_parameters, n_parameters)."""
    expected = rows.weight / (at.mean * (1 - at.mean))
    information = np.einsum("csk,csl->ckl", at.jacobian * expected[:, :, None], at.jacobian)
    diagonal = np.arange(at.theta.shape[1])
    information[:, diagonal, diagonal] += rows.precision
    return information


def _move(rows: Rows, at: _Point, damping: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a damped step of at most 1 in every parameter, what it promises to gain)."""
    by_mean = rows.weight * (rows.y - at.mean) / (at.mean * (1 - at.mean))
    gradient = np.einsum("csk,cs->ck", at.jacobian, by_mean) + rows.precision * (rows.prior - at.theta)
    hessian = _information(rows, at)
    diagonal = np.arange(at.theta.shape[1])
    hessian[:, diagonal, diagonal] *= 1 + damping[:, None]
    move = np.clip(solve(hessian, gradient), -1, 1)
    return move, 0.5 * np.einsum("ck,ck->c", gradient, move)
