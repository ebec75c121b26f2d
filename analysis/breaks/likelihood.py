"""The deviance of many curves as a function of two parameters each, and its minimum by Newton's method."""

from __future__ import annotations

import numpy as np
from scipy.special import xlog1py, xlogy

from analysis.breaks.law import LARGEST_ETA, Points

MAX_ITERATIONS = 60
FINE, ROUGH = 1e-16, 1e-7
"""Relative precisions of a deviance: of a fit, and inside the search for a bound."""
PATIENCE = {FINE: 20, ROUGH: 6}


class Problem:
    """Deviance of curves as a function of (a, b) in eta = a + b z, z being `x` centred and in units of its spread."""

    def __init__(self, points: Points) -> None:
        used = points.n > 0
        count = np.maximum(used.sum(axis=1), 1)
        self.centre = np.where(used, points.x, 0).sum(axis=1) / count
        distance = np.where(used, points.x - self.centre[:, None], 0)
        self.spread = np.sqrt((distance**2).sum(axis=1) / count)
        self.spread[self.spread == 0] = 1.0
        self.z = distance / self.spread[:, None]
        self.y, self.n, self.g = points.y, points.n.astype(float), points.chance[:, None]
        self.saturated = xlogy(self.y, self.y) + xlog1py(1 - self.y, -self.y)

    def take(self, rows: np.ndarray) -> Problem:
        """The curves `rows`."""
        part = object.__new__(Problem)
        for name, values in vars(self).items():
            setattr(part, name, values[rows])
        return part

    def with_scores(self, y: np.ndarray) -> Problem:
        """The same curves with other scores."""
        part = object.__new__(Problem)
        vars(part).update(vars(self))
        part.y, part.saturated = y, xlogy(y, y) + xlog1py(1 - y, -y)
        return part

    def deviance(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """(deviance of every curve, what `slopes` needs)."""
        eta = np.clip(a[:, None] + b[:, None] * self.z, -700, LARGEST_ETA)
        e = np.exp(eta)
        one_minus_q = -np.expm1(-e)
        mean = 1 - (1 - self.g) * one_minus_q
        # -e is exact where a mean of 0 has underflowed.
        if self.g.any():
            with np.errstate(divide="ignore"):
                log_mean = np.where(self.g > 0, np.log(mean), -e)
        else:
            log_mean = -e
        log_miss = np.log1p(-self.g) + np.log(one_minus_q)
        parts = self.n * (self.saturated - self.y * log_mean - (1 - self.y) * log_miss)
        return 2 * parts.sum(axis=1), (e, one_minus_q)

    def slopes(self, state: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(derivative of the log likelihood, expected and observed information) of every point with respect to eta."""
        e, one_minus_q = state
        q = 1 - one_minus_q
        mean = self.g + (1 - self.g) * q
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(self.g > 0, q / mean, 1.0)
        odds = e * q / one_minus_q
        score = -self.n * (self.y - mean) * e * ratio / one_minus_q
        expected = self.n * (1 - self.g) * e * ratio * odds
        # The score is n (y - mean) h, and its derivative -expected + n (y - mean) h', with h'/h as in the brackets.
        return score, expected, expected - score * (1 - odds - e * (1 - (1 - self.g) * ratio))


def _newton_step(
    problem: Problem, slopes: tuple[np.ndarray, ...], damping: np.ndarray, fixed_slope: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(step in a, step in b, expected decrease of half the deviance) of damped Newton, from `Problem.slopes`.

    Where the observed information is not positive definite the expected one takes its place (Fisher scoring).
    """
    score, expected, observed = slopes
    s0, h00 = score.sum(axis=1), observed.sum(axis=1)
    if fixed_slope:
        h00 = np.where(h00 > 0, h00, expected.sum(axis=1))
        with np.errstate(over="ignore", invalid="ignore"):
            step_a = s0 / (h00 * (1 + damping) + 1e-300)
            return step_a, np.zeros(len(s0)), s0 * step_a
    s1 = (score * problem.z).sum(axis=1)
    h01, h11 = (observed * problem.z).sum(axis=1), (observed * problem.z**2).sum(axis=1)
    definite = (h00 > 0) & (h00 * h11 > h01 * h01 * (1 + 1e-9))
    if not definite.all():
        fisher = expected.sum(axis=1), (expected * problem.z).sum(axis=1), (expected * problem.z**2).sum(axis=1)
        h00, h01, h11 = (np.where(definite, h, f) for h, f in zip((h00, h01, h11), fisher, strict=True))
    # A tiny ridge in absolute terms: a curve at its floor has no information at all.
    d00 = h00 * (1 + damping) + 1e-300
    with np.errstate(over="ignore", invalid="ignore"):
        d11 = h11 * (1 + damping) + 1e-300
        determinant = np.maximum(d00 * d11 - h01 * h01, 1e-300)
        step_a = (d11 * s0 - h01 * s1) / determinant
        step_b = (d00 * s1 - h01 * s0) / determinant
        return step_a, step_b, s0 * step_a + s1 * step_b


def minimise(
    problem: Problem, a: np.ndarray, b: np.ndarray, fixed_slope: bool = False, precision: float = FINE
) -> tuple[np.ndarray, ...]:
    """(a, b, deviance) by Newton's method with Levenberg's damping, from the given start; with b fixed if wanted.

    It ends where the next step would lower the deviance by less than `precision` of it; after PATIENCE steps, which a fit
    without a finite estimate takes on its way to its limit, ever more roughly.
    """
    a, b = a.copy(), b.copy()
    result = np.empty(len(a))
    rows = np.arange(len(a))
    part, pa, pb = problem, a, b
    value, state = part.deviance(pa, pb)
    damping = np.full(len(a), 1e-4)
    for iteration in range(MAX_ITERATIONS):
        step_a, step_b, decrement = _newton_step(part, part.slopes(state), damping, fixed_slope)
        largest = np.maximum(np.abs(step_a), np.abs(step_b))
        shrink = np.minimum(1, 5 / np.maximum(largest, 1e-300))
        new_a, new_b = pa + shrink * step_a, pb + shrink * step_b
        new_value, new_state = part.deviance(new_a, new_b)
        better = new_value <= value
        pa, pb = np.where(better, new_a, pa), np.where(better, new_b, pb)
        value = np.where(better, new_value, value)
        state = tuple(np.where(better[:, None], new, old) for new, old in zip(new_state, state, strict=True))
        damping = np.where(better, np.maximum(damping / 10, 1e-12), damping * 10)
        small = precision * 10.0 ** max(0, iteration - PATIENCE[precision]) * (1 + value)
        done = (np.abs(decrement) < small) | (damping > 1e12)
        a[rows], b[rows], result[rows] = pa, pb, value
        if done.all():
            break
        if done.any():
            keep = ~done
            rows, pa, pb, value, damping = (values[keep] for values in (rows, pa, pb, value, damping))
            part, state = part.take(keep), tuple(values[keep] for values in state)
    return a, b, result
