import numpy as np
import pytest
from jumpcheck.score.agreement import area, area_interval, roc_curve
from scipy.stats import mannwhitneyu


def test_area_is_that_of_mann_whitney_and_of_the_curve():
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.integers(0, 6, 40).astype(float)
        scores[rng.random(40) < 0.1] = np.inf
        positive = rng.random(40) < 0.3
        positive[:2] = [True, False]
        u = mannwhitneyu(scores[positive], scores[~positive]).statistic
        expected = u / (positive.sum() * (~positive).sum())
        assert area(scores, positive) == pytest.approx(expected)
        false, true = roc_curve(scores, positive)
        assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
        assert np.trapezoid(true, false) == pytest.approx(expected)


def test_a_flat_curve_ranks_last():
    positive = np.array([True, False, False])
    assert area(np.array([np.nan, 1.0, -5.0]), positive) == 0
    assert area(np.array([np.inf, 1.0, np.nan]), positive) == 1


def test_the_interval_of_what_is_told_apart():
    """Every draw of it is, of however many there are of each kind."""
    positive = np.array([True, False, True, True, False, False, False])
    assert area_interval(np.where(positive, 2.0, 1.0), positive) == (1.0, 1.0)
    assert area_interval(np.where(positive, 1.0, 2.0), positive) == (0.0, 0.0)


@pytest.mark.slow
def test_the_interval_holds_the_true_area_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(60):
        positive = np.arange(60) < 20
        scores = rng.normal(positive * 1.0, 1)  # true area: Phi(1 / sqrt 2) = 0.760
        low, high = area_interval(scores, positive)
        hits.append(low <= 0.7602 <= high)
    assert np.mean(hits) > 0.85
