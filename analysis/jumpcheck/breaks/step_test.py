"""Is there a step in the loss at one scale: score statistics at every place, and how large a step could hide.

A break is a step down of eta (log loss) from one scale on. At the fit without a step the score of a step at place j is

    S_j = sum_i D_ji (y_i - mean_i) / v_i,   D_ji = -d mean_i / d eta  from place j on,
    v_i = dispersion_i mean_i (1 - mean_i) / n_i

and V_j its variance after the parameters of the law are fitted. Z_j = S_j / sqrt(V_j); the statistic of a curve is the
largest Z_j over the admissible places. Its distribution follows from draws of the residuals that all curves share: the fit,
the dispersion that a curve gives of itself, and the maximum are the same linear algebra for a draw as for the curve
(`null_statistics`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from jumpcheck.breaks.scatter_prior import GRID, posterior_means
from jumpcheck.breaks.small_systems import solve, sums_from
from jumpcheck.breaks.smooth_law import Penalty, Shares, SmoothFit

_INFORMATIVE_COUNT = 3.0
_INFORMATIVE_SIGNAL = 2.0
_LEAST_VARIANCE = 1e-12
_DRAWS_PER_BLOCK = 10_240
"""So many of all curves of a block stay in the cache."""
VISIBLE = 5.0
"""Expected right answers that a break must move somewhere to be seen."""


@dataclass(frozen=True)
class Steps:
    """Steps at all places, 1 to n_scales - 1, of every curve at its fit, for given dispersions."""

    gradient: np.ndarray
    """D_ji, shape (n_curves, n_places, n_scales)."""
    variance: np.ndarray
    """V_j, shape (n_curves, n_places)."""
    map: np.ndarray
    """From residuals before the fit to scores, shape (n_curves, n_places, n_scales)."""
    solved: np.ndarray
    """From residuals before the fit to parameters, shape (n_curves, 4, n_scales)."""
    weight: np.ndarray
    """1 / v, shape (n_curves, n_scales)."""

    def take(self, rows: np.ndarray) -> Steps:
        """Those of the curves `rows`."""
        return Steps(self.gradient[rows], self.variance[rows], self.map[rows], self.solved[rows], self.weight[rows])

    def scores(self, residuals: np.ndarray) -> np.ndarray:
        """S_j of residuals after the fit."""
        return np.einsum("cps,cs->cp", self.gradient, self.weight * residuals)


def steps(shares: Shares, prior: Penalty, fitted: SmoothFit, dispersion: np.ndarray) -> Steps:
    """The steps of curves at their fits."""
    n_scales = shares.y.shape[1]
    weight = shares.n / (fitted.mean * (1 - fitted.mean) * dispersion)
    weighted, hessian = information(fitted, weight, prior)
    from_place = np.arange(n_scales)[None, :] >= np.arange(1, n_scales)[:, None]
    gradient = -fitted.by_eta[:, None, :] * from_place
    # A step goes on to the last scale, so that all products with its gradient are sums from a place on.
    cross = -sums_from(_by_scale(weighted) * fitted.by_eta[:, :, None])[:, 1:]
    # From residuals before the fit to what the fit makes of them in the parameters.
    solved = solve(hessian, weighted)
    explained = -sums_from(_by_scale(solved) * fitted.by_eta[:, :, None])[:, 1:]
    variance = sums_from(weight * fitted.by_eta**2)[:, 1:] - np.einsum("cpk,cpk->cp", cross, explained)
    return Steps(
        gradient=gradient,
        variance=np.maximum(variance, _LEAST_VARIANCE),
        map=gradient * weight[:, None, :] - _outer(cross, solved),
        solved=solved,
        weight=weight,
    )


def leverage(fitted: SmoothFit, at: Steps) -> np.ndarray:
    """The diagonal of the hat matrix, shape (n_curves, n_scales): how much of its own residual the fit takes up."""
    return np.einsum("csk,cks->cs", fitted.jacobian, at.solved)


def _by_scale(by_parameter: np.ndarray) -> np.ndarray:
    """(n_curves, n_parameters, n_scales) as (n_curves, n_scales, n_parameters)."""
    return np.swapaxes(by_parameter, 1, 2)


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products of the matrices (n, rows, k) and (n, k, columns), of few k."""
    return sum(left[:, :, k, None] * right[:, None, k, :] for k in range(left.shape[2]))


def information(fitted: SmoothFit, weight: np.ndarray, prior: Penalty) -> tuple[np.ndarray, np.ndarray]:
    """(weighted jacobian, shape (n_curves, 4, n_scales), expected information about the parameters with their priors)."""
    weighted = np.swapaxes(fitted.jacobian * weight[:, :, None], 1, 2)
    hessian = np.einsum("cks,csl->ckl", weighted, fitted.jacobian)
    diagonal = np.arange(4)
    # A billion examples drown the priors in rounding; so little more keeps the matrix regular.
    hessian[:, diagonal, diagonal] = hessian[:, diagonal, diagonal] * (1 + 1e-14) + prior.precision
    return weighted, hessian


def step_at(
    shares: Shares, prior: Penalty, fitted: SmoothFit, dispersion: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(S_j, V_j) of every curve at one place j of its own, as `steps` has them for all."""
    weight = shares.n / (fitted.mean * (1 - fitted.mean) * dispersion)
    weighted, hessian = information(fitted, weight, prior)
    gradient = -fitted.by_eta * (np.arange(shares.y.shape[1]) > place[:, None])
    cross = np.einsum("cks,cs->ck", weighted, gradient)
    explained = (cross * solve(hessian, cross)).sum(axis=1)
    variance = (weight * gradient**2).sum(axis=1) - explained
    return (gradient * weight * (shares.y - fitted.mean)).sum(axis=1), np.maximum(variance, _LEAST_VARIANCE)


def single_points(shares: Shares, fitted: SmoothFit, at: Steps) -> tuple[np.ndarray, np.ndarray]:
    """(score, information) of a shift of the log loss down at every single point, each of shape (n_curves, n_scales).

    Their ratio, summed over curves, is how much lower the log loss of a model is than its family's laws say.
    """
    score = -fitted.by_eta * at.weight * (shares.y - fitted.mean)
    left = np.clip(1 - leverage(fitted, at), 0, 1)
    return score, fitted.by_eta**2 * at.weight * left


def places(
    shares: Shares, fitted: SmoothFit, dispersion: np.ndarray, smallest_break: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(informative points, admissible places, hidden places).

    A point is informative where right and wrong answers are expected, and the mean is distinguishable from the chance rate.
    A place is admissible with two informative points before it, where a break of `smallest_break` would move some expected
    number of right answers by VISIBLE. It is hidden where such a break would be visible and the points before say too
    little; the first place always does, and does not count.
    """
    mean, n = fitted.mean, shares.n
    signal = n * (mean - shares.chance) / np.sqrt(np.maximum(n * mean * (1 - mean) * dispersion, 1e-12))
    informative = (n * mean >= _INFORMATIVE_COUNT) & (n * (1 - mean) >= _INFORMATIVE_COUNT)
    informative &= (shares.chance == 0) | (signal >= _INFORMATIVE_SIGNAL)
    enough = np.cumsum(informative, axis=1)[:, :-1] >= 2
    floor = shares.chance + fitted.theta[:, 3:]
    known = np.clip((mean - floor) / (1 - floor), 1e-12, 1 - 1e-12)
    # The loss is lower by the factor exp(-smallest_break).
    after = floor + (1 - floor) * known ** np.exp(-smallest_break)
    moved = n * np.abs(after - mean)
    visible = np.maximum.accumulate(moved[:, ::-1], axis=1)[:, ::-1][:, 1:] >= VISIBLE
    hidden = visible & ~enough
    hidden[:, 0] = False
    return informative, enough & visible, hidden


def own_misfit(
    residuals: np.ndarray, scores: np.ndarray, at: Steps, shares: Shares, fitted: SmoothFit, dispersion: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(Pearson statistic with binomial variances less what the best step explains, its degrees of freedom) of every curve.

    The best step is left out, so that a curve with a break does not hide it as scatter. `residuals` after the fit have
    shape (n_curves, n_scales, n_draws), and their `scores` (n_curves, n_places, n_draws).
    """
    binomial = at.weight * dispersion
    counts = (shares.n * fitted.mean >= 1) & (shares.n * (1 - fitted.mean) >= 1)
    statistic = np.einsum("cs,csd->cd", binomial * counts, residuals**2)
    scale = dispersion.mean(axis=1)[:, None]
    variance = at.variance * scale
    unit = np.where(variance > 1e-3, scale / np.sqrt(variance), 0)
    best = np.maximum((scores * unit[:, :, None]).max(axis=1), 0) ** 2
    freedom = ((1 - leverage(fitted, at)) * counts).sum(axis=1) - _explained_by_chance(at)
    return np.maximum(statistic - best, 1e-6), np.maximum(freedom, 0.5)


@functools.cache
def _for_expectation(n_scales: int) -> np.ndarray:
    """Draws by which the expected square of the largest Z is known, shape (n_scales, 100)."""
    drawn = np.random.default_rng(0).standard_normal((100, max(64, n_scales)))[:, :n_scales]
    return np.ascontiguousarray(drawn.T)


def _explained_by_chance(at: Steps) -> np.ndarray:
    """Expected square of the largest Z of every curve where nothing breaks: so much does the best step explain by chance."""
    scaled = at.map / np.sqrt(at.weight)[:, None, :] / np.sqrt(at.variance)[:, :, None]
    scaled = np.where((at.variance > 1e-3)[:, :, None], scaled, 0)
    largest = np.einsum("cps,sd->cpd", scaled, _for_expectation(at.weight.shape[1])).max(axis=1)
    return (np.maximum(largest, 0) ** 2).mean(axis=1)


def null_statistics(
    shares: Shares,
    fitted: SmoothFit,
    at: Steps,
    admissible: np.ndarray,
    dispersion: np.ndarray,
    weights: np.ndarray,
    draws: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Largest Z of draws in which nothing breaks, shape (n_curves, n_draws).

    Every draw has a scatter from the pool's distribution `weights` (of GRID), and is judged by the scatter that it shows
    itself, as the curve is. `draws` are standard normal residuals (n_draws, n_scales) and uniform numbers (n_draws,), the
    same for all curves. Curves without an admissible place have no statistic, and zeros here.
    """
    null = np.zeros((len(shares), len(draws[1])))
    rows = np.flatnonzero(admissible.any(axis=1))
    n_curves = max(1, _DRAWS_PER_BLOCK // null.shape[1])
    for start in range(0, len(rows), n_curves):
        part = rows[start : start + n_curves]
        curves = shares.take(part), fitted.take(part), at.take(part), admissible[part], dispersion[part]
        null[part] = _largest_z(*curves, weights, draws)
    return null


def _largest_z(
    shares: Shares,
    fitted: SmoothFit,
    at: Steps,
    admissible: np.ndarray,
    dispersion: np.ndarray,
    weights: np.ndarray,
    draws: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """`null_statistics` of curves that each have an admissible place."""
    normal, uniform = draws
    rho = GRID[np.minimum(np.searchsorted(np.cumsum(weights), uniform, side="right"), len(GRID) - 1)]
    n = shares.of_one_model
    spread = np.sqrt(1 + (n[:, None] - 1) * rho)
    drawn = spread[:, None, :] * normal.T
    drawn *= 1 / np.sqrt(at.weight * dispersion)[:, :, None]
    after = drawn - np.einsum("csk,ckd->csd", fitted.jacobian, np.einsum("cks,csd->ckd", at.solved, drawn))
    scores = _sums_from_places((-at.weight * fitted.by_eta)[:, :, None] * after)
    statistic, freedom = own_misfit(after, scores, at, shares, fitted, dispersion)
    judged = 1 + (n[:, None] - 1) * posterior_means(statistic, freedom, n, weights)
    scores *= np.where(admissible, 1 / np.sqrt(at.variance), np.nan)[:, :, None]
    largest = np.fmax.reduce(scores, axis=1)
    return largest / np.sqrt(judged / dispersion.mean(axis=1)[:, None])


def _sums_from_places(values: np.ndarray) -> np.ndarray:
    """Sums over the scales from every place on, shape (n_curves, n_places, n_draws)."""
    for scale in reversed(range(values.shape[1] - 1)):
        values[:, scale] += values[:, scale + 1]
    return values[:, 1:]


def p_values(statistic: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Share of draws that are at least as large as the statistic; beyond the ten largest of them by their tail.

    The tail is exponential, through the draw of which ten are larger and that of which a hundred are: heavier than that of
    a normal maximum, because the scatter of a curve is not known but estimated from few points.
    """
    n_draws = null.shape[1]
    as_large = (null >= statistic[:, None]).sum(axis=1)
    beyond = 10 / n_draws
    high, highest = np.quantile(null, [1 - 10 * beyond, 1 - beyond], axis=1)
    rate = np.log(10) / np.maximum(highest - high, 1e-6)
    tail = beyond * np.exp(-rate * np.maximum(statistic - highest, 0))
    return np.where((as_large < 10) & (statistic > highest), tail, (1 + as_large) / (1 + n_draws))
