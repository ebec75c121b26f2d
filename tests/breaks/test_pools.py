"""Residuals that are correlated along the scales are noticed, and where they are not none are seen."""

import numpy as np
import pytest
from jumpcheck.breaks.pools import estimate_pools
from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.theory.attack_worlds import attack_world
from jumpcheck.theory.worlds import world


def correlation_of(given):
    return estimate_pools(given.shares, given.pool).correlation


def test_independent_models_have_none():
    assert (correlation_of(world(seed=1, n_curves=800)) < 0.1).all()
    assert (correlation_of(world(seed=1, n_curves=12)) <= 0.9).all()


@pytest.mark.parametrize("r", [0.3, 0.6])
def test_models_that_move_single_tasks_together(r):
    """Only a part of the scatter is correlated there, so that the whole is less so."""
    found = correlation_of(attack_world(f"models move single tasks, correlation {r}", n_curves=1000, seed=3))
    assert (found > 0.05).any() and (found < r + 0.1).all()


def test_of_the_residuals_themselves():
    """Shares of many examples, of which all of the scatter is correlated."""
    rng, n, m = np.random.default_rng(5), 400, 12
    noise = rng.standard_normal((n, m))
    for k in range(1, m):
        noise[:, k] = 0.5 * noise[:, k - 1] + np.sqrt(0.75) * noise[:, k]
    x = np.tile(np.linspace(0, 8, m), (n, 1))
    mean = np.exp(-np.exp(rng.normal(0, 0.3, (n, 1)) - 0.12 * (x - 4)))
    y = mean + noise * np.sqrt(0.01 * mean * (1 - mean))
    shares = Shares(x, np.clip(y, 0.001, 0.999), np.full((n, m), 1e5), np.zeros((n, 1)))
    assert correlation_of_pool(shares) == pytest.approx(0.5, abs=0.1)


def correlation_of_pool(shares):
    return estimate_pools(shares, np.zeros(len(shares), int)).correlation[0]
