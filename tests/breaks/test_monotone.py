"""Curves that fall: isotonic regression beside SciPy's, and the p value where the mean never falls."""

import numpy as np
from jumpcheck.breaks.monotone import isotonic, p_of_rising
from jumpcheck.breaks.scatter_prior import GRID
from scipy.optimize import isotonic_regression

NO_SCATTER = (GRID == 0).astype(float)


def test_isotonic_regression_is_that_of_scipy():
    rng = np.random.default_rng(0)
    y, w = rng.normal(np.linspace(0, 1, 9), 0.5, (200, 9)), rng.uniform(0.1, 5, (200, 9))
    expected = [isotonic_regression(row, weights=weight).x for row, weight in zip(y, w, strict=True)]
    np.testing.assert_allclose(isotonic(y, w), expected, rtol=1e-9, atol=1e-12)


def p_of(mean, n=400, n_curves=2000, weights=NO_SCATTER):
    y = np.random.default_rng(1).binomial(n, np.broadcast_to(mean, (n_curves, len(mean)))) / n
    return p_of_rising(y, np.full(y.shape, float(n)), np.full(n_curves, float(n)), weights)


def test_its_size_is_that_of_a_constant_mean_and_less_where_the_mean_rises():
    constant = (p_of(np.full(10, 0.3)) < 0.05).mean()
    assert 0.03 < constant < 0.07
    assert (p_of(np.linspace(0.2, 0.5, 10)) < 0.05).mean() < 0.01
    assert (p_of(np.full(10, 0.003)) < 0.05).mean() < 0.08


def test_a_fall_is_seen_unless_scatter_may_have_made_it():
    fall = np.array([0.2, 0.3, 0.4, 0.5, 0.3, 0.3, 0.5, 0.6])
    much = (GRID == 0.1).astype(float)
    assert (p_of(fall) < 0.01).mean() > 0.99
    assert (p_of(fall, weights=much) < 0.05).mean() < 0.5
