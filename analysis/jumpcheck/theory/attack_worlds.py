"""Worlds that were made to mislead the break test: other laws, models that move together, dips, lucky models.

They have twelve scales from 1e7 to 1e11, test sets of 100, 205 and 1,024 examples, half exact match and half multiple
choice, and scatter with an intra-class correlation of 0.005. One curve in ten has a planted break of a factor e of the loss,
at any scale from the fourth on; what else moves is no break.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.theory.worlds import World, success_rates

LOG_SCALES = np.log(np.logspace(7, 11, 12))
_DECADE = np.log(10)
_TEN_TO_NINETY = 2 * np.log(9)
_N_EXAMPLES = (100, 205, 1024)
_SCATTER = 0.005
_PLANTED, _SIZE = 0.1, 1.0


class _Base(NamedTuple):
    """Power laws from which a world is made: log loss of shape (n_curves, n_scales), and what it was drawn from."""

    eta: np.ndarray
    level: np.ndarray
    exponent: np.ndarray
    rng: np.random.Generator

    def uniform(self, low: float, high: float) -> np.ndarray:
        """A number for each curve, shape (n_curves, 1)."""
        return self.rng.uniform(low, high, (len(self.eta), 1))

    def some(self, share: float) -> np.ndarray:
        """Whether a curve is among a share of them, shape (n_curves, 1)."""
        return self.rng.random((len(self.eta), 1)) < share


_Made = tuple[np.ndarray, np.ndarray]
"""(log loss, whether a curve is one that misleads and so has no planted break), shapes (n_curves, n_scales) and (n_curves,
1)."""


def _sigmoid(base: _Base, decades: tuple[float, float]) -> np.ndarray:
    """Log loss of accuracies that rise like a logistic to a top of 0.5 to 0.95; 10 % to 90 % of it takes so many decades."""
    top, middle = base.uniform(0.5, 0.95), base.uniform(8, 10.5) * _DECADE
    width = base.uniform(*decades) * _DECADE / _TEN_TO_NINETY
    known = top / (1 + np.exp(-(LOG_SCALES - middle) / width))
    return np.log(-np.log(np.clip(known, 1e-12, 1 - 1e-12)))


def _none(base: _Base) -> np.ndarray:
    return np.zeros((len(base.eta), 1), bool)


def _logistic(base: _Base) -> _Made:
    return _sigmoid(base, (1.5, 3)), _none(base)


def _some_sigmoids(base: _Base, decades: float) -> _Made:
    some = base.some(0.1)
    return np.where(some, _sigmoid(base, (decades, decades)), base.eta), some


def _log_odds(base: _Base) -> _Made:
    low, high, rate = base.uniform(-6, -3), base.uniform(0, 2.5), base.uniform(3, 6)
    odds = high - (high - low) * np.exp(-rate * np.linspace(0, 1, len(LOG_SCALES)))
    return np.log(np.log1p(np.exp(-odds))), _none(base)


def _kink(base: _Base) -> _Made:
    at, width = base.uniform(8, 10.3) * _DECADE, 0.05 * _DECADE
    before = base.level + 0.5 + 0.3 * base.exponent * (LOG_SCALES - LOG_SCALES[0])
    return before - base.uniform(0.2, 0.6) * width * np.logaddexp(0, (LOG_SCALES - at) / width), _none(base)


def _correlated(base: _Base, r: float) -> _Made:
    series = base.rng.standard_normal(base.eta.shape)
    for k in range(1, series.shape[1]):
        series[:, k] = r * series[:, k - 1] + np.sqrt(1 - r**2) * series[:, k]
    return base.eta + 0.15 * series, _none(base)


def _recipe(base: _Base, size: float) -> _Made:
    return base.eta - size * (np.arange(len(LOG_SCALES)) >= 7), _none(base)


def _dips(base: _Base) -> _Made:
    some, length = base.some(0.1), base.rng.integers(2, 5, (len(base.eta), 1))
    first, place = base.rng.integers(2, 8, (len(base.eta), 1)), np.arange(len(LOG_SCALES))
    inside = (place >= first) & (place < first + length)
    return base.eta + np.where(some & inside, base.uniform(0.5, 1.2), 0), some


def _valleys(base: _Base) -> _Made:
    some, turn = base.some(0.1), base.uniform(0.4, 0.7)
    valley = 1.5 + 0.5 * base.level - base.uniform(4, 8) * np.abs(np.linspace(0, 1, len(LOG_SCALES)) - turn)
    return np.where(some, valley, base.eta), some


def _lucky(base: _Base) -> _Made:
    some = base.some(0.1)
    return base.eta - (some & (np.arange(len(LOG_SCALES)) == len(LOG_SCALES) - 1)), some


def _small_steps(base: _Base) -> _Made:
    some, place = base.some(0.2), base.rng.integers(3, len(LOG_SCALES), (len(base.eta), 1))
    return base.eta - np.where(some & (np.arange(len(LOG_SCALES)) >= place), 0.25, 0), some


class Attack(NamedTuple):
    """A world: how it is made, and of how many examples.

    `spread` is the standard deviation of the log difficulty of its items.
    """

    make: Callable[..., _Made]
    arguments: tuple = ()
    n_examples: tuple[int, ...] = _N_EXAMPLES
    spread: float = 0.0


def _plain(base: _Base) -> _Made:
    return base.eta, _none(base)


ATTACKS: Mapping[str, Attack] = {
    "power laws": Attack(_plain),
    "logistic, over 1.5 to 3 decades, to a top below 1": Attack(_logistic),
    "power laws, 10 % logistic over 1.5 decades": Attack(_some_sigmoids, (1.5,)),
    "power laws, 10 % logistic over 1 decade": Attack(_some_sigmoids, (1.0,)),
    "log odds that rise steeply and level off": Attack(_log_odds),
    "power laws with a kink": Attack(_kink),
    "models move single tasks, correlation 0.3": Attack(_correlated, (0.3,)),
    "models move single tasks, correlation 0.6": Attack(_correlated, (0.6,)),
    "models move single tasks, correlation 0.9": Attack(_correlated, (0.9,)),
    "another recipe from one model on, log loss -0.15": Attack(_recipe, (0.15,)),
    "another recipe from one model on, log loss -0.3": Attack(_recipe, (0.3,)),
    "another recipe from one model on, log loss -0.6": Attack(_recipe, (0.6,)),
    "dips of 2 to 4 models in 10 % of curves": Attack(_dips),
    "10 % of curves fall and recover": Attack(_valleys),
    "a lucky largest model in 10 % of curves, log loss -1": Attack(_lucky),
    "steps of 0.25 in 20 % of curves, 10,000 examples": Attack(_small_steps, n_examples=(10_000,)),
    "items of different difficulty, spread 0.5": Attack(_plain, spread=0.5),
    "items of different difficulty, spread 1": Attack(_plain, spread=1.0),
    "items of different difficulty, spread 1.5": Attack(_plain, spread=1.5),
}
"""By name."""


def attack_world(name: str, n_curves: int = 2000, seed: int = 0) -> World:
    """The world `name` of ATTACKS."""
    attack, rng = ATTACKS[name], np.random.default_rng(seed)
    n = rng.choice(attack.n_examples, n_curves)
    is_choice = np.arange(n_curves) % 2 == 1
    chance = np.where(is_choice, rng.choice([0.2, 0.25, 0.5], n_curves), 0.0)[:, None]
    x = LOG_SCALES - np.log(1e10)
    exponent = -np.exp(rng.uniform(np.log(0.05), np.log(0.25), n_curves))[:, None]
    length = np.where(is_choice, 1.6, 0.8 * rng.choice([1, 1, 2, 3, 5, 8], n_curves))
    level = (rng.normal(0, 0.8, n_curves) + np.log(length))[:, None]
    eta, misleads = attack.make(_Base(level + exponent * x, level, exponent, rng), *attack.arguments)
    is_planted, place = (rng.random(n_curves) < _PLANTED) & ~misleads[:, 0], rng.integers(3, len(x), n_curves)
    eta = eta - _SIZE * (is_planted[:, None] & (np.arange(len(x)) >= place[:, None]))
    mean = chance + (1 - chance) * _known(eta, attack.spread)
    y = rng.binomial(n[:, None], success_rates(mean, np.full(n_curves, _SCATTER), rng)) / n[:, None]
    kept = np.flatnonzero(np.ptp(y, axis=1) > 0)
    n_of_points = np.broadcast_to(n[kept, None], (len(kept), len(x))).astype(float)
    shares = Shares(np.broadcast_to(x, (len(kept), len(x))), y[kept], n_of_points, chance[kept])
    return World(shares, is_choice[kept].astype(int), kept, is_planted[kept], place[kept])


def _known(eta: np.ndarray, spread: float) -> np.ndarray:
    """Probability of knowing an item, in the mean over items whose log difficulty is normal with this spread."""
    points, weights = np.polynomial.hermite_e.hermegauss(31)
    each = np.exp(-np.exp(eta[:, :, None] + spread * points))
    return (each * (weights / weights.sum())).sum(axis=-1)
