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


class _SlopeProfile:
    """How far the root of the profile deviance of the slope is above a target: `excess` of curves by their numbers."""

    def __init__(self, points: Points, fitted: Fit, rise: np.ndarray) -> None:
        self.problem, self.floor = Problem(points), fitted.floor
        self.best, self.target = fitted.deviance, np.sqrt(rise)
        self.finite = fitted.status == OK
        self.centre = np.where(self.finite, fitted.slope * self.problem.spread, 0.0)
        # The place along the curve at which eta is known best hardly moves when the slope does: inner fits start there.
        self.pivot, self.eta = _pivot(self.problem, points, fitted, self.centre)
        self.near = (points.chance > 0) & (self.floor - self.best < NEAR_FLOOR + 2 * rise)

    def excess(self, slope: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(root of the rise of the deviance less the target, its derivative) at slopes of the curves `k`."""
        part = self.problem.take(k)
        a, _, value = minimise(part, self.eta[k] - slope * self.pivot[k], slope, True, ROUGH)
        again = np.flatnonzero(self.near[k])
        if len(again):
            steep = part.take(again)
            other, _, lower = minimise(steep, best_place(steep, slope[again]), slope[again], True, ROUGH)
            a[again] = np.where(lower < value[again], other, a[again])
            value[again] = np.minimum(value[again], lower)
        # At the best intercept the deviance changes with the slope alone.
        gradient = np.where(value < self.floor[k], _gradient(part, a, slope), 0.0)
        root = np.sqrt(np.maximum(np.minimum(value, self.floor[k]) - self.best[k], 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return root - self.target[k], gradient / (2 * root)


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
    bounds = np.full(len(points), side * np.inf)
    limit = np.minimum(fitted.limits[:, 0 if side < 0 else 1], fitted.floor)
    rows = np.flatnonzero((limit > fitted.deviance + rise) & (fitted.status != AT_FLOOR) & (fitted.status != AT_CEILING))
    if not len(rows):
        return bounds
    profile = _SlopeProfile(points.take(rows), fitted.take(rows), rise[rows])
    spread, finite, excess = profile.problem.spread, profile.finite, profile.excess
    width = np.where(finite, fitted.slope_se[rows] * spread * profile.target, 1.0)
    width = np.clip(np.nan_to_num(width, nan=1.0), 1e-6, 20.0)
    # A finite estimate is one end of the bracket. An unbounded slope is left by way of ever steeper slopes.
    inner = np.where(finite, profile.centre, -side * 1.0)
    outer = np.where(finite, profile.centre + side * width, 1.0 * side)
    k = np.arange(len(rows))
    value_in, (value_out, slope_out) = -profile.target, excess(outer, k)
    started = np.flatnonzero(~finite)
    value_in[started] = excess(inner[started], started)[0]
    for doubling in range(60):
        low, high = (value_in > 0) & ~finite, value_out < 0
        if not (low.any() or high.any()):
            break
        inner[low] -= side * 2.0**doubling
        value_in[low] = excess(inner[low], k[low])[0]
        inner[high], value_in[high] = outer[high], value_out[high]
        outer[high] += side * width[high] * 2.0**doubling
        value_out[high], slope_out[high] = excess(outer[high], k[high])
    bounds[rows] = _roots(excess, inner, outer, (value_out, slope_out), k, (2e-4, 1e-6)) / spread
    return bounds


class _HeldOutScore:
    """How much a score at the largest scale would raise the deviance of the fit to the scales before it."""

    def __init__(self, points: Points, n_held_out: int, rise: np.ndarray) -> None:
        training = points.before(n_held_out)
        self.fitted = fitted = fit(training, ROUGH)
        self.last, self.target = points.y.shape[1] - 1, np.sqrt(rise)
        n = training.n.copy()
        n[:, self.last] = points.n[:, self.last]
        self.joint = joint = Points(points.x, points.y.copy(), n, points.chance)
        self.problem = problem = Problem(joint)
        finite = fitted.status == OK
        centre = law(points.x[:, self.last], fitted.intercept, fitted.slope, points.chance)
        centre = np.where(finite, centre, points.chance)
        beyond = (fitted.status == AT_CEILING) | ((fitted.status == UNBOUNDED) & (fitted.direction < 0))
        self.centre = np.where(beyond, 1.0, centre)
        joint.y[:, self.last] = self.centre
        start_a, start_b = starts(joint, problem)
        self.start_b = np.where(finite, fitted.slope * problem.spread, start_b)
        self.start_a = np.where(finite, fitted.intercept + fitted.slope * problem.centre, start_a)
        self.near = (points.chance > 0) & (fitted.floor - fitted.deviance < NEAR_FLOOR)

    def excess(self, angle: np.ndarray, k: np.ndarray, thorough: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """(root of the rise of the deviance less the target, its derivative) at scores sin^2(angle) of the curves `k`."""
        part, last = self.joint.take(k), self.last
        score = np.sin(angle) ** 2
        part.y[:, last] = score
        means, limits, floor = limiting_deviances(part)
        shape = self.problem.take(k).with_scores(part.y)
        a, b, value = minimise(shape, self.start_a[k], self.start_b[k], False, ROUGH)
        if thorough:
            again = np.flatnonzero(self.near[k])
            other_a, other_b, lower = from_steep_starts(shape.take(again), STEEP_STARTS, ROUGH)
            better = lower < value[again]
            a[again[better]], b[again[better]], value[again[better]] = other_a[better], other_b[better], lower[better]
        mean = law(shape.z[:, last], a, b, part.chance)
        for limit, at_limit in [(limits[:, 0], means[0][:, last]), (limits[:, 1], means[1][:, last]), (floor, part.chance)]:
            mean, value = np.where(limit < value, at_limit, mean), np.minimum(value, limit)
        # At the best law the deviance changes with the held-out score alone, by 2 n (logit score - logit mean).
        inside = (mean > 0) & (mean < 1) & (score > 0) & (score < 1)
        y, mu = np.where(inside, score, 0.5), np.where(inside, mean, 0.5)
        odds = np.log(y * (1 - mu) / ((1 - y) * mu))
        root = np.sqrt(np.maximum(value - self.fitted.deviance[k], 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return root - self.target[k], part.n[:, last] * odds * np.sin(2 * angle) / root

    def thorough_excess(self, angle: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`excess` with fits from steep starts besides, where the likelihood may have several maxima."""
        return self.excess(angle, k, thorough=True)


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
    held_out, tolerances = _HeldOutScore(points, n_held_out, rise), (1e-3, 1e-4)
    excess, thorough = held_out.excess, held_out.thorough_excess
    # Along arcsin(sqrt(score)) the square root of a binomial deviance is nearly straight. Near the chance rate a steeper
    # law may fit better than the one next to the training fit: it is looked for at the bound, and moves it outwards.
    bounds = []
    for end in (0.0, 1.0):
        angle = np.full(len(points), np.arcsin(end))
        value, derivative = excess(angle, np.arange(len(points)))
        k = np.flatnonzero(value > 0)
        inner, outer = np.arcsin(np.sqrt(np.clip(held_out.centre[k], 0, 1))), angle[k]
        angle[k] = _roots(excess, inner, outer, (value[k], derivative[k]), k, tolerances)
        k = k[held_out.near[k]]
        k = k[thorough(angle[k], k)[0] < -2 * tolerances[0]]
        inner, outer = angle[k], np.full(len(k), np.arcsin(end))
        value, derivative = thorough(outer, k)
        angle[k] = outer
        beyond = np.flatnonzero(value > 0)
        bracket = inner[beyond], outer[beyond], (value[beyond], derivative[beyond])
        angle[k[beyond]] = _roots(thorough, *bracket, k[beyond], tolerances)
        bounds.append(np.where(angle == np.arcsin(end), end, np.sin(angle) ** 2))
    return bounds[0], bounds[1]
