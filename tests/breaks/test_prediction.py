"""Prediction intervals beside SciPy's beta-binomial, and whether they hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from analysis.breaks.prediction import prediction_interval

MEANS = np.array([0.0005, 0.001, 0.003, 0.01, 0.1, 0.5, 0.9, 0.999])


@pytest.mark.parametrize("n", [1, 3, 205, 1024])
@pytest.mark.parametrize("scatter", [0.0, 0.0005, 0.01, 0.2])
def test_the_ends_are_the_quantiles_of_scipy(n, scatter):
    low, high = prediction_interval(MEANS, n, scatter)
    for k, mean in enumerate(MEANS):
        if scatter:
            weight = (1 - scatter) / scatter
            law = stats.betabinom(n, mean * weight, (1 - mean) * weight)
        else:
            law = stats.binom(n, mean)
        assert (low[k] * n, high[k] * n) == pytest.approx((law.ppf(0.025), law.ppf(0.975)), abs=1e-9)


@pytest.mark.parametrize("mean", [0.0005, 0.002, 0.01, 0.5])
@pytest.mark.parametrize("scatter", [0.0, 0.004])
def test_at_least_95_percent_of_the_scores_lie_between_them(mean, scatter):
    """Wilson's interval around a small rate held 10 to 87 %."""
    rng = np.random.default_rng(0)
    weight = (1 - scatter) / scatter if scatter else 0
    rates = rng.beta(mean * weight, (1 - mean) * weight, 20_000) if scatter else mean
    scores = rng.binomial(205, rates, 20_000) / 205
    (low,), (high,) = prediction_interval(np.array([mean]), 205, scatter)
    assert ((low - 1e-9 <= scores) & (scores <= high + 1e-9)).mean() > 0.95 - 0.005


def test_large_test_sets_and_the_ends():
    low, high = prediction_interval(np.array([-0.01, 0.0, 0.3, 1.0, 1.2]), 5_000_000, 0.002)
    law = stats.beta(0.3 * 499, 0.7 * 499)  # so many examples add nothing to the scatter
    np.testing.assert_allclose(low, [0, 0, law.ppf(0.025), 1, 1], atol=3e-4)
    np.testing.assert_allclose(high, [0, 0, law.ppf(0.975), 1, 1], atol=3e-4)
