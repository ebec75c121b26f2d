"""Smooth laws of other shapes than the quadratic: a break must explain a curve better than each of them.

    logistic    known = top / (1 + exp(-(u - middle) / width))
    bent        eta   = b0 + b1 t + d w log(1 + exp((u - c) / w))

The first rises from 10 % to 90 % of its top over 4.394 widths; the second is a power law whose exponent changes at one
scale, c. u is the log scale from the mean of the curve's, in units of their range, so that no law depends on the unit of
the scale, and t the same in units of their standard deviation. As in `smooth_law` the mean is f + (1 - f) known with known =
exp(-exp(eta)), and the floor f is near chance. All parameters have normal priors, which are wide but for two: a logistic
rises over a fifth of the range or more, because a steeper one is a break; and the exponent changes by about 4 per range
(standard deviation).
"""

from __future__ import annotations

import numpy as np

from jumpcheck.breaks import smooth_law
from jumpcheck.breaks.scoring import Rows, maxima
from jumpcheck.breaks.smooth_law import FLOOR_SD, Shares

NAMES = ("logistic with an asymptote", "power law with a bend")
"""Of the laws, by the numbers that `best_other_law` gives."""
LEAST_WIDTH = 0.2
"""A logistic rises from 10 % to 90 % over this share of the range of log scales, or more."""
_USUAL_WIDTH = 0.25
"""Above the least one."""
_TEN_TO_NINETY = 2 * np.log(9)
BEND_SD = 4.0
"""Standard deviation of the change of the exponent, per range of log scales."""
_BEND_WIDTH = 0.0125
_PLACES = np.linspace(-0.36, 0.36, 5)
"""Of bends from which a fit starts."""
_TINY, _LEAST_GAIN = 1e-9, 1e-10


def best_other_law(shares: Shares, dispersion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(largest log posterior of every curve under a law of another shape, number of this law in NAMES).

    The log posterior is that of `smooth_law.log_posterior`, with `dispersion` as there.
    """
    span = shares.x[:, -1:] - shares.x[:, :1]
    u = (shares.x - shares.x.mean(axis=1, keepdims=True)) / span
    # Where guessing gets nothing the floor is known.
    floor_sd = np.where(shares.chance[:, 0] > 0, FLOOR_SD, 1e-6)
    offset = np.zeros_like(u) if shares.offset is None else shares.offset
    t = smooth_law.basis(shares.x)[:, :, 1]
    line = smooth_law.straight_lines(shares)
    values = []
    for eta, starts, prior, sd in (
        (_logistic, _starts_of_logistic(shares, u), (1.5, 0, 0, 0), (2.0, 1.0, 1.5, floor_sd)),
        (_bent, _starts_of_bent(line), (0, 0, 0, 0, 0), (5.0, 3.0, BEND_SD, 0.5, floor_sd)),
    ):
        precision = np.stack(np.broadcast_arrays(*sd), axis=-1) ** -2.0
        own = np.stack([u, t], axis=1)
        rows = Rows(
            own, shares.y, shares.n / dispersion, offset, shares.chance, np.array([prior] * len(u), float), precision
        )
        each = np.tile(np.arange(len(u)), len(starts))
        value, _, _ = maxima(eta, np.concatenate(starts), rows.take(each), _LEAST_GAIN)
        values.append(value.reshape(len(starts), -1).max(axis=0))
    return np.max(values, axis=0), np.argmax(values, axis=0)


def _logistic(theta: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Parameters: logit of the top, middle, log of the width above the least one in units of the usual one, and floor."""
    top = 1 / (1 + np.exp(-theta[:, :1]))
    wide = _USUAL_WIDTH * np.exp(np.clip(theta[:, 2:3], -8, 4))
    width = (LEAST_WIDTH + wide) / _TEN_TO_NINETY
    u, _ = rows.parts
    z = np.clip((u - theta[:, 1:2]) / width, -40, 40)
    rise = 1 / (1 + np.exp(-z))
    log_known = np.log(np.clip(top * rise, _TINY, 1 - _TINY))
    # d eta = d log known / log known, and log known is a sum of the logs of top and rise.
    each = [(1 - top) * np.ones_like(z), -(1 - rise) / width, -(1 - rise) * z * wide / (_TEN_TO_NINETY * width)]
    return np.log(-log_known), np.stack(each, axis=-1) / log_known[:, :, None]


def _starts_of_logistic(shares: Shares, u: np.ndarray) -> list[np.ndarray]:
    above = np.clip((shares.y - shares.chance) / (1 - shares.chance), 0.02, 0.98)
    top = above.max(axis=1)
    middle = u[np.arange(len(u)), (above > top[:, None] / 2).argmax(axis=1)]
    logit = np.log(top / (1 - top))
    return [
        np.stack(np.broadcast_arrays(logit + more, middle, width, 0.0), axis=-1)
        for more, width in ((0.1, -1.0), (0.1, 1.0), (1.5, 1.0))
    ]


def _bent(theta: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Parameters: level, slope, change of the slope, its place, and floor."""
    u, t = rows.parts
    z = np.clip((u - theta[:, 3:4]) / _BEND_WIDTH, -200, 200)
    bend = _BEND_WIDTH * np.logaddexp(0, z)
    each = [np.ones_like(bend), t, bend, -theta[:, 2:3] / (1 + np.exp(-z))]
    return theta[:, :1] + theta[:, 1:2] * t + theta[:, 2:3] * bend, np.stack(each, axis=-1)


def _starts_of_bent(line: np.ndarray) -> list[np.ndarray]:
    level, slope = line[:, 0], line[:, 1]
    return [np.stack(np.broadcast_arrays(level, slope, 0.0, place, 0.0), axis=-1) for place in _PLACES]
