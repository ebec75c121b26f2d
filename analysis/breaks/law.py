"""The smooth power law that a sharp metric may hide, and curves as arrays.

Per-token cross entropy that falls as a power law in the number of parameters N makes exact match of L tokens
exp(-L (N/c)^alpha) (Schaeffer et al. 2023, section 2), and multiple choice with chance rate g the same above its floor:

    mean(N) = g + (1 - g) exp(-exp(intercept + slope log N)),    slope = alpha,  intercept = log L - alpha log c

which is a binomial generalised linear model with two parameters. With g = 0 its link is log(-log mean).

Curves are rows: `x` (log scale, rising), `y` (share of right answers) and `n` (number of examples) have shape
(n_curves, n_points); places behind the last point of a short curve have n = 0. `chance` has shape (n_curves,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlog1py, xlogy

LARGEST_ETA = 30.0
"""Means of exp(-exp(30)) are 0 in double precision; beyond it nothing changes but overflows."""
OK, AT_FLOOR, AT_CEILING, UNBOUNDED = "ok", "at_floor", "at_ceiling", "slope_unbounded"


@dataclass(frozen=True)
class Points:
    """Curves as rows (see the module); all arrays of one length."""

    x: np.ndarray
    y: np.ndarray
    n: np.ndarray
    chance: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: np.ndarray) -> Points:
        """The curves `rows`."""
        return Points(self.x[rows], self.y[rows], self.n[rows], self.chance[rows])

    def before(self, n_last: int) -> Points:
        """The same curves without their `n_last` largest scales."""
        end = (self.n > 0).sum(axis=1)[:, None] - n_last
        return Points(self.x, self.y, np.where(np.arange(self.n.shape[1]) < end, self.n, 0), self.chance)


@dataclass(frozen=True)
class Fit:
    """Maximum-likelihood estimates, one element or row per curve.

    `status` is ok; at_floor or at_ceiling where the best law is the constant chance rate or 1; slope_unbounded where the
    likelihood rises for ever with the steepness, as for zeros followed by one value. Where it is not ok, intercept,
    slope and slope_se (for dispersion 1) are NaN, and `deviance` and `mean` are those of the limiting law.
    `direction` is the sign of an unbounded slope, else 0. `limits` has the deviances of the limiting laws with slope
    -infinity and +infinity, shape (n_curves, 2), and `floor` that of the constant chance rate.
    """

    intercept: np.ndarray
    slope: np.ndarray
    slope_se: np.ndarray
    deviance: np.ndarray
    mean: np.ndarray
    status: np.ndarray
    direction: np.ndarray
    limits: np.ndarray
    floor: np.ndarray

    def take(self, rows: np.ndarray) -> Fit:
        """The fits of the curves `rows`."""
        return Fit(**{name: values[rows] for name, values in vars(self).items()})


def law(x: np.ndarray, intercept: np.ndarray, slope: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Mean score at log scale `x`: chance + (1 - chance) exp(-exp(intercept + slope x)); arguments are broadcast."""
    eta = np.minimum(intercept + slope * x, LARGEST_ETA)
    return chance + (1 - chance) * np.exp(-np.exp(eta))


def deviances(y: np.ndarray, n: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Binomial deviance 2 n (y log(y/mean) + (1-y) log((1-y)/(1-mean))) of every point; infinite where impossible."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half_deviance = xlogy(y, y) - xlogy(y, mean) + xlog1py(1 - y, -y) - xlog1py(1 - y, -mean)
        return np.where(n > 0, 2 * n * np.maximum(half_deviance, 0), 0.0)
