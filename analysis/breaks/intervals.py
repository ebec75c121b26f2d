"""Profile-likelihood bounds of the slope, and prediction intervals for the largest scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.breaks.fitting import NEAR_FLOOR, STEEP_STARTS, best_place, fit, from_steep_starts, limiting_deviances, starts
from analysis.breaks.law import AT_CEILING, AT_FLOOR, OK, UNBOUNDED, Fit, Points, law
from analysis.breaks.likelihood import ROUGH, Problem, minimise


def _pivot(problem: Problem, points: Points, fitted: Fit, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(z, eta) at the place along the curve where the fit knows eta best; for a step law, at its free point."""
    finite = fitted.status == OK
    a = np.where(finite, fitted.intercept + fitted.slope * problem.centre, 0.0)
    _, state = problem.deviance(a, b)
    _, information, _ = problem.slopes(state)
    z = (information * problem.z).sum(axis=1) / np.maximum(information.sum(axis=1), 1e-300)
    n = np.maximum(points.n, 1)
    share = np.clip((points.y - problem.g) / (1 - problem.g), 0.5 / n, 1 - 0.5 / n)
    inside = (fitted.mean > problem.g) & (fitted.mean < 1) & (points.n > 0)
    free = np.argmax(inside, axis=1)[:, None]
    of_step = [np.take_along_axis(values, free, axis=1)[:, 0] for values in (problem.z, np.log(-np.log(share)))]
    return np.where(finite, z, of_step[0]), np.where(finite, a + b * z, of_step[1])


def _gradient(problem: Problem, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Derivative of every curve's deviance with respect to b."""
    _, state = problem.deviance(a, b)
    score, _, _ = problem.slopes(state)
    return -2 * (score * problem.z).sum(axis=1)


def _roots(
    function: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    inner: np.ndarray,
    outer: np.ndarray,
    at_outer: tuple[np.ndarray, np.ndarray],
    rows: np.ndarray,
    tolerances: tuple[float, float],
) -> np.ndarray:
    """Where `function` crosses 0 between `inner`, where it is not above 0, and `outer`, where it is above.

    `function(x, rows)` gives value and derivative. Newton's method, and bisection where it would leave the bracket or
    the last step did not halve the value: the square root of a profile deviance is nearly straight, so that three turns
    do. It ends where the value or the bracket is within `tolerances`. SciPy's root finders for many functions at once
    know no derivatives and take four times as many turns.
    """
    inner, outer, x = inner.copy(), outer.copy(), outer.copy()
    value, derivative = (values.copy() for values in at_outer)
    before = np.full(len(x), np.inf)
    k = np.arange(len(x))
    for _ in range(60):
        k = k[(np.abs(value[k]) > tolerances[0]) & (np.abs(outer[k] - inner[k]) > tolerances[1])]
        if not len(k):
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = x[k] - value[k] / derivative[k]
        low, high = np.minimum(inner[k], outer[k]), np.maximum(inner[k], outer[k])
        usable = (newton > low) & (newton < high) & (np.abs(value[k]) < 0.5 * before[k])
        x[k] = np.where(usable, newton, (inner[k] + outer[k]) / 2)
        before[k] = np.abs(value[k])
        value[k], derivative[k] = function(x[k], rows[k])
        above = value[k] > 0
        outer[k[above]], inner[k[~above]] = x[k[above]], x[k[~above]]
    return x


def slope_bounds(points: Points, fitted: Fit, rise: np.ndarray, side: int) -> np.ndarray:
    """Where the profile deviance of the slope has risen by `rise` above its minimum, on one side of the estimate.

    Parameters
    ----------
    points, fitted : Points, Fit
        Curves and their fits.
    rise : array, shape (n_curves,)
        Quantile of chi-square with 1 degree of freedom times the dispersion.
    side : int
        -1 for the lower and 1 for the upper bound.

    Returns
    -------
    array, shape (n_curves,)
        Infinite where the deviance never rises so far.

    """
    found = np.full(len(points), side * np.inf)
    limit = np.minimum(fitted.limits[:, 0 if side < 0 else 1], fitted.floor)
    rows = np.flatnonzero((limit > fitted.deviance + rise) & (fitted.status != AT_FLOOR) & (fitted.status != AT_CEILING))
    if not len(rows):
        return found
    problem, floor = Problem(points.take(rows)), fitted.floor[rows]
    spread = problem.spread
    best, target = fitted.deviance[rows], np.sqrt(rise[rows])
    finite = fitted.status[rows] == OK
    centre = np.where(finite, fitted.slope[rows] * spread, 0.0)
    # The place along the curve at which eta is known best hardly moves when the slope does: every inner fit starts there.
    pivot, eta = _pivot(problem, points.take(rows), fitted.take(rows), centre)
    near = (points.chance[rows] > 0) & (floor - best < NEAR_FLOOR + 2 * rise[rows])

    def excess(slope: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        part = problem.take(k)
        a, _, value = minimise(part, eta[k] - slope * pivot[k], slope, True, ROUGH)
        again = np.flatnonzero(near[k])
        if len(again):
            steep = part.take(again)
            other, _, found = minimise(steep, best_place(steep, slope[again]), slope[again], True, ROUGH)
            a[again] = np.where(found < value[again], other, a[again])
            value[again] = np.minimum(value[again], found)
        # At the best intercept the deviance changes with the slope alone.
        gradient = np.where(value < floor[k], _gradient(part, a, slope), 0.0)
        root = np.sqrt(np.maximum(np.minimum(value, floor[k]) - best[k], 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return root - target[k], gradient / (2 * root)

    width = np.where(finite, fitted.slope_se[rows] * spread * target, 1.0)
    width = np.clip(np.nan_to_num(width, nan=1.0), 1e-6, 20.0)
    # A finite estimate is one end of the bracket. An unbounded slope is left by way of ever steeper slopes.
    inner = np.where(finite, centre, -side * 1.0)
    outer = np.where(finite, centre + side * width, 1.0 * side)
    k = np.arange(len(rows))
    value_in, (value_out, slope_out) = -target, excess(outer, k)
    started = np.flatnonzero(~finite)
    value_in[started] = excess(inner[started], started)[0]
    for turn in range(60):
        low, high = (value_in > 0) & ~finite, value_out < 0
        if not (low.any() or high.any()):
            break
        inner[low] -= side * 2.0**turn
        value_in[low] = excess(inner[low], k[low])[0]
        inner[high], value_in[high] = outer[high], value_out[high]
        outer[high] += side * width[high] * 2.0**turn
        value_out[high], slope_out[high] = excess(outer[high], k[high])
    found[rows] = _roots(excess, inner, outer, (value_out, slope_out), k, (2e-4, 1e-6)) / spread
    return found


def predict(points: Points, n_held_out: int, rise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Prediction interval for the score at the largest scale from the scales before it.

    It holds every score that would raise the deviance of the fit by no more than `rise` if it were added to the training
    points: the inverted likelihood-ratio test of the held-out point. So it includes the uncertainty of both parameters
    and, by the dispersion in `rise`, the scatter of the held-out score itself. Training points that are all zeros fit
    every later score, by an ever steeper law, and give [0, 1].

    Parameters
    ----------
    points : Points
        Whole curves, all of the same number of points, at least 3 + `n_held_out`.
    n_held_out : int
        How many of the largest scales the training points leave out, at least 1.
    rise : array, shape (n_curves,)
        Quantile of chi-square with 1 degree of freedom times the dispersion.

    Returns
    -------
    (low, high)
        Arrays of shape (n_curves,).

    """
    training = points.before(n_held_out)
    fitted = fit(training, ROUGH)
    n_curves, last = len(points), points.y.shape[1] - 1
    n = training.n.copy()
    n[:, last] = points.n[:, last]
    joint = Points(points.x, points.y.copy(), n, points.chance)
    problem = Problem(joint)
    target, tolerances = np.sqrt(rise), (1e-3, 1e-4)
    centre = law(points.x[:, last], fitted.intercept, fitted.slope, points.chance)
    centre = np.where(fitted.status == OK, centre, points.chance)
    beyond = (fitted.status == AT_CEILING) | ((fitted.status == UNBOUNDED) & (fitted.direction < 0))
    centre = np.where(beyond, 1.0, centre)
    joint.y[:, last] = centre
    start_a, start_b = starts(joint, problem)
    finite = fitted.status == OK
    start_b = np.where(finite, fitted.slope * problem.spread, start_b)
    start_a = np.where(finite, fitted.intercept + fitted.slope * problem.centre, start_a)
    near = (points.chance > 0) & (fitted.floor - fitted.deviance < NEAR_FLOOR)

    def excess(angle: np.ndarray, k: np.ndarray, thorough: bool = False) -> tuple[np.ndarray, np.ndarray]:
        part = joint.take(k)
        score = np.sin(angle) ** 2
        part.y[:, last] = score
        means, limits, floor = limiting_deviances(part)
        shape = problem.take(k).with_scores(part.y)
        a, b, value = minimise(shape, start_a[k], start_b[k], False, ROUGH)
        if thorough:
            again = np.flatnonzero(near[k])
            other_a, other_b, found = from_steep_starts(shape.take(again), STEEP_STARTS, ROUGH)
            better = found < value[again]
            a[again[better]], b[again[better]], value[again[better]] = other_a[better], other_b[better], found[better]
        mean = law(shape.z[:, last], a, b, part.chance)
        for limit, at_limit in [(limits[:, 0], means[0][:, last]), (limits[:, 1], means[1][:, last]), (floor, part.chance)]:
            mean, value = np.where(limit < value, at_limit, mean), np.minimum(value, limit)
        # At the best law the deviance changes with the held-out score alone, by 2 n (logit score - logit mean).
        inside = (mean > 0) & (mean < 1) & (score > 0) & (score < 1)
        y, mu = np.where(inside, score, 0.5), np.where(inside, mean, 0.5)
        odds = np.log(y * (1 - mu) / ((1 - y) * mu))
        root = np.sqrt(np.maximum(value - fitted.deviance[k], 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return root - target[k], part.n[:, last] * odds * np.sin(2 * angle) / root

    # Along arcsin(sqrt(score)) the square root of a binomial deviance is nearly straight. Near the chance rate a steeper
    # law may fit better than the one next to the training fit: it is looked for at the bound, and moves it outwards.
    bounds = []
    for end in (0.0, 1.0):
        found = np.full(n_curves, np.arcsin(end))
        at_end = excess(found, np.arange(n_curves))
        k = np.flatnonzero(at_end[0] > 0)
        inner, outer = np.arcsin(np.sqrt(np.clip(centre[k], 0, 1))), found[k]
        found[k] = _roots(excess, inner, outer, (at_end[0][k], at_end[1][k]), k, tolerances)
        k = k[near[k]]
        k = k[excess(found[k], k, thorough=True)[0] < -2 * tolerances[0]]
        inner, outer = found[k], np.full(len(k), np.arcsin(end))
        value, derivative = excess(outer, k, thorough=True)
        found[k] = outer
        beyond = np.flatnonzero(value > 0)
        of_them = k[beyond]
        found[of_them] = _roots(
            lambda angle, rows: excess(angle, rows, thorough=True),
            inner[beyond], outer[beyond], (value[beyond], derivative[beyond]), of_them, tolerances,
        )  # fmt: skip
        bounds.append(np.where(found == np.arcsin(end), end, np.sin(found) ** 2))
    return bounds[0], bounds[1]
