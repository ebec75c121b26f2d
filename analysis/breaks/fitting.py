"""Maximum-likelihood fits of the power law to many curves at once, with the limits that have no finite estimate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.breaks.law import AT_CEILING, AT_FLOOR, LARGEST_ETA, OK, UNBOUNDED, Fit, Points, deviances
from analysis.breaks.likelihood import FINE, Problem, minimise

NEAR_FLOOR = 60.0
"""A curve whose deviance from the constant chance rate is within this of its fit may have other, better fits."""
STEEP_STARTS = (-12.0, -5.0, -2.0, 2.0, 6.0)
"""Slopes, per standard deviation of log scale, from which those are looked for."""
POOR = 60.0
"""A curve with a larger deviance is fitted from a second start."""
AT_LIMIT = 1e-7
"""A fit whose deviance is not lower than that of a limiting law by more than this has no finite estimate."""


def starts(points: Points, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """A weighted straight line through the transformed shares."""
    share = (points.y - problem.g) / (1 - problem.g)
    n = np.maximum(points.n, 1)
    share = np.clip(share, 0.5 / n, 1 - 0.5 / n)
    eta = np.log(-np.log(share))
    # Delta method: the variance of log(-log share) is about (1 - share) / (n share log(share)^2).
    weight = points.n * share * np.log(share) ** 2 / (1 - share)
    total = np.maximum(weight.sum(axis=1), 1e-300)
    mean_z, mean_eta = (weight * problem.z).sum(axis=1) / total, (weight * eta).sum(axis=1) / total
    dz = problem.z - mean_z[:, None]
    b = (weight * dz * (eta - mean_eta[:, None])).sum(axis=1) / np.maximum((weight * dz * dz).sum(axis=1), 1e-12)
    b = np.clip(b, -5, 5)
    return mean_eta - b * mean_z, b


def best_place(problem: Problem, b: np.ndarray) -> np.ndarray:
    """The intercept a, for given slopes b, that puts the rise where along the curve it fits best."""
    first, last = problem.z.min(axis=1), problem.z.max(axis=1)
    start, lowest = np.zeros(len(b)), np.full(len(b), np.inf)
    for place in np.linspace(0, 1, problem.z.shape[1]):
        a = -b * (first + place * (last - first)) - 0.4
        value, _ = problem.deviance(a, b)
        start, lowest = np.where(value < lowest, a, start), np.minimum(value, lowest)
    return start


def from_steep_starts(problem: Problem, steepness: Sequence[float], precision: float) -> tuple[np.ndarray, ...]:
    """(a, b, deviance) of the best fit of every curve from starts of these slopes, each where it is best along the curve."""
    n_curves = len(problem.y)
    # All starts at once: on few curves the time goes into the number of calls.
    repeated = problem.take(np.tile(np.arange(n_curves), len(steepness)))
    b = np.repeat(np.array(steepness), n_curves)
    minima = minimise(repeated, best_place(repeated, b), b, False, precision)
    minima = [values.reshape(len(steepness), n_curves) for values in minima]
    best = np.argmin(minima[2], axis=0)
    return tuple(values[best, np.arange(n_curves)] for values in minima)


def _step_law(points: Points, falling: bool) -> np.ndarray:
    """Means of the best law with an infinite slope: chance, one free mean, then 1 (the mirror image if `falling`)."""
    used = points.n > 0
    y = np.where(used, points.y, 1.0)
    width = y.shape[1]
    below = y < 1
    # The free point is the last (first) one that is below 1: beyond it the law is 1, which only ones allow.
    free = np.argmax(below, axis=1) if falling else width - 1 - np.argmax(below[:, ::-1], axis=1)
    free = np.where(below.any(axis=1), free, width if falling else -1)
    place = np.arange(width)
    is_one = place < free[:, None] if falling else place > free[:, None]
    mean = np.where(is_one, 1.0, points.chance[:, None] + np.zeros(width))
    at = (place == free[:, None]) & used
    return np.where(at, np.maximum(points.y, points.chance[:, None]), mean)


def limiting_deviances(points: Points) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """(means of the laws with slope -infinity and +infinity, their deviances (n_curves, 2), that of the chance rate)."""
    means = [_step_law(points, falling=False), _step_law(points, falling=True)]
    limits = np.stack([deviances(points.y, points.n, mean).sum(axis=1) for mean in means], axis=1)
    floor = deviances(points.y, points.n, points.chance[:, None] + np.zeros(points.y.shape[1])).sum(axis=1)
    return means, limits, floor


def _estimates(
    points: Points, problem: Problem, best_limit: np.ndarray, floor: np.ndarray, at_ceiling: np.ndarray, precision: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(a, b, deviance) of the best law of every curve; where a limit is perfect, that one's deviance."""
    a, b = np.zeros(len(points)), np.zeros(len(points))
    deviance = best_limit.copy()
    # A deviance of 0 cannot be improved on; with chance 0 no other limit is ever reached.
    rows = np.flatnonzero((best_limit > 0) & ~at_ceiling)
    part = problem.take(rows)
    a[rows], b[rows], deviance[rows] = minimise(part, *starts(points.take(rows), part), False, precision)
    # Near the chance rate the likelihood can have several maxima, most of them steep: look for better ones there.
    # A curve that no law fits may have been led astray from the start; it gets a level start too.
    has_chance = points.chance[rows] > 0
    near = rows[has_chance & (floor[rows] - deviance[rows] < NEAR_FLOOR)]
    poor = rows[has_chance & (deviance[rows] > POOR)]
    level = np.zeros(len(poor))
    for again, minima in [
        (near, from_steep_starts(problem.take(near), STEEP_STARTS, precision)),
        (poor, minimise(problem.take(poor), level - 1, level, False, precision)),
    ]:
        better = minima[2] < deviance[again] - 1e-9
        a[again[better]], b[again[better]], deviance[again[better]] = (values[better] for values in minima)
    return a, b, deviance


def fit(points: Points, precision: float = FINE) -> Fit:
    """Maximum-likelihood fit of the law to every curve.

    Parameters
    ----------
    points : Points
        At least 2 points per curve; y in [0, 1], chance in [0, 1).
    precision : float
        Relative precision of the deviance.

    Returns
    -------
    Fit
        Slope is the exponent of N, per unit of `x`.

    """
    problem = Problem(points)
    step_means, limits, floor = limiting_deviances(points)
    at_ceiling = np.all((points.y == 1) | (points.n == 0), axis=1)
    best_limit = np.minimum(limits.min(axis=1), floor)

    a, b, deviance = _estimates(points, problem, best_limit, floor, at_ceiling, precision)
    at_limit = deviance >= best_limit - AT_LIMIT
    status = np.full(len(points), OK, object)
    at_floor = at_limit & (floor <= limits.min(axis=1) + AT_LIMIT)
    status[at_limit] = UNBOUNDED
    status[at_floor] = AT_FLOOR
    status[at_ceiling] = AT_CEILING
    unbounded = status == UNBOUNDED
    direction = np.where(unbounded, np.where(limits[:, 0] <= limits[:, 1], -1, 1), 0)

    mean = 1 - (1 - problem.g) * -np.expm1(-np.exp(np.minimum(a[:, None] + b[:, None] * problem.z, LARGEST_ETA)))
    mean[at_floor] = points.chance[at_floor, None]
    mean[at_ceiling] = 1.0
    for k, sign in enumerate((-1, 1)):
        mean[direction == sign] = step_means[k][direction == sign]
    _, state = problem.deviance(a, b)
    _, information, _ = problem.slopes(state)
    h00, h01 = information.sum(axis=1), (information * problem.z).sum(axis=1)
    h11 = (information * problem.z**2).sum(axis=1)
    finite = status == OK
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(h00 / (h00 * h11 - h01**2)) / problem.spread
    slope = b / problem.spread
    return Fit(
        intercept=np.where(finite, a - slope * problem.centre, np.nan),
        slope=np.where(finite, slope, np.nan),
        slope_se=np.where(finite, se, np.nan),
        deviance=np.where(finite, deviance, best_limit),
        mean=mean,
        status=status,
        direction=direction,
        limits=limits,
        floor=floor,
    )
