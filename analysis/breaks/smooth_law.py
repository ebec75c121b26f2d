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

import numpy as np

FLOOR_SD = 0.04
"""Standard deviation of the floor about the published chance rate."""
_LEVEL_SD, _SLOPE_SD = 5.0, 3.0
"""Vague priors of b0 and b1, which only keep a fit from running away where a curve says nothing."""
_MAX_ETA = 6.5
_TINY = 1e-9
_MAX_ROUNDS = 60
_SCORING_ROUNDS = 6
_LEAST_GAIN = 1e-9


@dataclass(frozen=True)
class Shares:
    """Curves of shares: y and n of shape (n_curves, n_scales), x = log scale, chance of shape (n_curves, 1)."""

    x: np.ndarray
    y: np.ndarray
    n: np.ndarray
    chance: np.ndarray

    def take(self, rows: np.ndarray) -> Shares:
        """The curves `rows`."""
        return Shares(self.x[rows], self.y[rows], self.n[rows], self.chance[rows])

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
    size = np.sqrt(((own**2 - 1 - own * skew) ** 2).mean(axis=1, keepdims=True))
    return np.stack([np.ones_like(t), t, (t**2 - 1 - t * skew) / size], axis=-1)


def law(x: np.ndarray, parameters: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """Shares that the law gives curves of the log scales x, there or `at` others.

    `parameters` has the columns level, slope (per unit of x), curvature and floor.
    """
    b = parameters[:, :3] * np.stack([np.ones(len(x)), x.std(axis=1), np.ones(len(x))], axis=1)
    floor = parameters[:, 3:]
    return _means(np.einsum("cmk,ck->cm", basis(x, at), b), np.zeros_like(floor), floor)[0]


def _means(eta: np.ndarray, shift: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, its derivative by eta, its derivative by the floor)."""
    loss = np.exp(np.minimum(eta, _MAX_ETA))
    known = np.exp(-loss)
    floor = chance + shift
    mean = np.clip(floor + (1 - floor) * known, _TINY, 1 - _TINY)
    return mean, -(1 - floor) * loss * known, 1 - known


def fit(shares: Shares, prior: Penalty, dispersion: np.ndarray, step: np.ndarray | float = 0.0) -> SmoothFit:
    """Maximise the penalised quasi-likelihood of every curve, by Levenberg and Marquardt's method.

        sum_i n_i / dispersion_i * (y_i log mean_i + (1 - y_i) log(1 - mean_i)) - sum_k precision_k (b_k - prior_k)^2 / 2

    Parameters
    ----------
    shares, prior : Shares, Penalty
        The curves, and what is known before.
    dispersion : array, shape (n_curves, n_scales)
        Variance of the shares in units of the binomial one.
    step : array, shape (n_curves, n_scales), optional
        A known part of eta, as of a break.

    """
    step = np.broadcast_to(step, shares.y.shape)
    theta = _start(shares, basis(shares.x), step)
    value, damping = _objective(shares, prior, dispersion, step, theta), np.full(len(theta), 1e-3)
    rows = np.arange(len(theta))  # those that still gain
    for k in range(_MAX_ROUNDS):
        part, of_part, spread, known = shares.take(rows), prior.take(rows), dispersion[rows], step[rows]
        tried = theta[rows] + _move(part, of_part, spread, known, theta[rows], damping[rows], k >= _SCORING_ROUNDS)
        new = _objective(part, of_part, spread, known, tried)
        better = new <= value[rows]
        gain = np.where(better, value[rows] - new, np.inf)
        theta[rows[better]], value[rows[better]] = tried[better], new[better]
        damping[rows] = np.where(better, np.maximum(0.2 * damping[rows], 1e-9), 8 * damping[rows] + 1e-3)
        rows = rows[(gain > _LEAST_GAIN) & (damping[rows] < 1e8)]
        if not len(rows):
            break
    return _evaluated(shares, theta, step)


def log_posterior(shares: Shares, prior: Penalty, dispersion: np.ndarray, fitted: SmoothFit) -> np.ndarray:
    """The penalised quasi-likelihood that `fit` maximises, of every curve."""
    likelihood = shares.n / dispersion * (shares.y * np.log(fitted.mean) + (1 - shares.y) * np.log1p(-fitted.mean))
    return likelihood.sum(axis=1) - 0.5 * (prior.precision * (fitted.theta - prior.mean) ** 2).sum(axis=1)


def _objective(shares: Shares, prior: Penalty, dispersion: np.ndarray, step: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Minus the penalised quasi-likelihood."""
    eta = step + np.einsum("cmk,ck->cm", basis(shares.x), theta[:, :3])
    mean, _, _ = _means(eta, theta[:, 3:], shares.chance)
    likelihood = (shares.n / dispersion * (shares.y * np.log(mean) + (1 - shares.y) * np.log1p(-mean))).sum(axis=1)
    return 0.5 * (prior.precision * (theta - prior.mean) ** 2).sum(axis=1) - likelihood


def _move(
    shares: Shares,
    prior: Penalty,
    dispersion: np.ndarray,
    step: np.ndarray,
    theta: np.ndarray,
    damping: np.ndarray,
    observed: bool,
) -> np.ndarray:
    """A damped step of at most 2 in every parameter: Fisher scoring, or near the end Newton's method."""
    found = _evaluated(shares, theta, step)
    weighted = found.jacobian * (shares.n / (found.mean * (1 - found.mean) * dispersion))[:, :, None]
    expected = np.einsum("cmk,cml->ckl", found.jacobian, weighted)
    hessian = _observed_information(shares, found, dispersion) if observed else expected.copy()
    diagonal = np.arange(4)
    # Damped by the expected information, which is positive where the observed one need not be.
    damped = damping[:, None] * (expected[:, diagonal, diagonal] + prior.precision)
    hessian[:, diagonal, diagonal] += prior.precision + damped
    gradient = np.einsum("cmk,cm->ck", weighted, shares.y - found.mean) - prior.precision * (theta - prior.mean)
    return np.clip(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], -2, 2)


def _observed_information(shares: Shares, found: SmoothFit, dispersion: np.ndarray) -> np.ndarray:
    """Minus the second derivatives of the likelihood, shape (n_curves, 4, 4)."""
    y, mean, weight = shares.y, found.mean, shares.n / dispersion
    by_mean = weight * (y - mean) / (mean * (1 - mean))
    curved = weight * (y / mean**2 + (1 - y) / (1 - mean) ** 2)
    floor = shares.chance + found.theta[:, 3:]
    known = np.clip((mean - floor) / (1 - floor), _TINY, 1 - _TINY)
    loss = -np.log(known)
    x = basis(shares.x)
    hessian = np.einsum("cmk,cml->ckl", found.jacobian, found.jacobian * curved[:, :, None])
    # Second derivatives of the mean: by eta twice, and by eta and the floor.
    hessian[:, :3, :3] -= np.einsum("cmk,cml->ckl", x, x * (by_mean * (1 - floor) * (loss**2 - loss) * known)[:, :, None])
    mixed = np.einsum("cmk,cm->ck", x, by_mean * loss * known)
    hessian[:, :3, 3] -= mixed
    hessian[:, 3, :3] -= mixed
    return hessian


def _start(shares: Shares, x: np.ndarray, step: np.ndarray) -> np.ndarray:
    """A straight line through the transformed shares."""
    known = (shares.y - shares.chance) / (1 - shares.chance)
    known = np.clip(known, 0.5 / (shares.n + 1), 1 - 0.5 / (shares.n + 1))
    eta = np.log(-np.log(known)) - step
    theta = np.zeros((len(eta), 4))
    theta[:, 0], theta[:, 1] = eta.mean(axis=1), 0.7 * (eta * x[:, :, 1]).mean(axis=1)
    return theta


def _evaluated(shares: Shares, theta: np.ndarray, step: np.ndarray) -> SmoothFit:
    x = basis(shares.x)
    eta = step + np.einsum("cmk,ck->cm", x, theta[:, :3])
    mean, by_eta, by_floor = _means(eta, theta[:, 3:], shares.chance)
    return SmoothFit(theta, mean, np.concatenate([x * by_eta[:, :, None], by_floor[:, :, None]], axis=-1), by_eta)
