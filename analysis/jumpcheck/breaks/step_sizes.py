"""How large a step is at a place of a curve, how large one could hide, and how well a step explains the curve."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from jumpcheck.base.settings import FDR
from jumpcheck.breaks import smooth_law, step_test
from jumpcheck.breaks.pools import Judged
from jumpcheck.breaks.scoring import Rows, maxima
from jumpcheck.breaks.small_systems import solve

_ANY_SIZE = 1e3
"""A standard deviation of the size that leaves it free."""
STEP_SD = 2.0
"""Standard deviation of the size of a step, where how well steps explain a curve is compared with other laws."""


def bounds(judged: Judged, admissible: np.ndarray, smallest_break: float) -> tuple[np.ndarray, np.ndarray]:
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


def size_at(judged: Judged, place: np.ndarray, is_testable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(size of the likeliest step at one place of every curve, its standard error); NaN where it is not testable."""
    size, error = np.full((2, len(place)), np.nan)
    rows = np.flatnonzero(is_testable)
    _, size[rows], error[rows] = _with_steps(judged.take(rows), place[rows], _ANY_SIZE)
    return size, error


def steps_fitted(judged: Judged, n_places: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The likeliest step at every place of every curve: (log posterior with it, its size, its standard error).

    The log posterior has a normal prior of the size, with mean 0 and standard deviation STEP_SD. All arrays have the shape
    (n_curves, n_places); sizes below 0 are steps up of the loss.
    """
    n_curves = len(judged.shares)
    # All places of all curves at once: on few curves the time goes into the number of calls.
    each, place = np.repeat(np.arange(n_curves), n_places), np.tile(np.arange(n_places), n_curves)
    return tuple(part.reshape(n_curves, n_places) for part in _with_steps(judged.take(each), place, STEP_SD))


def _with_steps(judged: Judged, place: np.ndarray, size_sd: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(log posterior, size, its standard error) of fits with a free step at one place of every curve."""
    shares, prior = judged.shares, judged.prior
    down = -(np.arange(shares.y.shape[1]) > place[:, None]).astype(float)
    own = np.concatenate([np.moveaxis(smooth_law.basis(shares.x), -1, 1), down[:, None, :]], axis=1)
    offset = np.zeros_like(shares.y) if shares.offset is None else shares.offset
    # Level, slope, curvature, size of the step, floor.
    mean, precision = np.insert(prior.mean, 3, 0.0, axis=1), np.insert(prior.precision, 3, size_sd**-2.0, axis=1)
    start = np.insert(smooth_law.straight_lines(shares), 3, 0.0, axis=1)
    rows = Rows(own, shares.y, shares.n / judged.dispersion, offset, shares.chance, mean, precision)
    value, theta, information = maxima(_linear, start, rows)
    unit = np.tile(np.eye(5)[3], (len(start), 1))
    return value, theta[:, 3], np.sqrt(solve(information, unit)[:, 3])


def _linear(theta: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """A log loss that is linear in all parameters but the floor."""
    return np.einsum("ck,cks->cs", theta[:, :-1], rows.own), np.swapaxes(rows.own, 1, 2)


def examples_to_decide(judged: Judged, size: np.ndarray, error: np.ndarray, smallest_break: float) -> np.ndarray:
    """Number of examples with which the bound would be below `smallest_break`, if the curve stayed as it is."""
    n = judged.shares.of_one_model
    # Variance of a share per mean (1 - mean): that of the test set, and that of the models, which no test set lowers.
    now = (1 + (n - 1) * judged.scatter) / n
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = now * ((smallest_break - size) / (norm.ppf(1 - FDR) * error)) ** 2
        needed = np.ceil((1 - judged.scatter) / (wanted - judged.scatter))
    return np.where((size < smallest_break) & (wanted > judged.scatter) & (needed > n), needed, np.nan)
