"""Prediction intervals beside SciPy's beta-binomial, and whether they hold what they promise."""

import numpy as np
import pytest
from jumpcheck.breaks.prediction import prediction_interval
from scipy import stats

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


@pytest.mark.parametrize(("mean", "n", "scatter"), [(0.02, 14_042, 0.2), (0.98, 14_042, 0.2), (0.005, 14_042, 0.1)])
def test_much_scatter_puts_the_scores_at_the_ends(mean, n, scatter):
    """Of many examples no count may be passed over: half of the probability can lie on the first one."""
    weight = (1 - scatter) / scatter
    law = stats.betabinom(n, mean * weight, (1 - mean) * weight)
    (low,), (high,) = prediction_interval(np.array([mean]), n, scatter)
    assert (low * n, high * n) == pytest.approx((law.ppf(0.025), law.ppf(0.975)), abs=1e-6)
    (low,), (high,) = prediction_interval(np.array([mean]), 1_000_000, scatter)
    assert (low, high) == pytest.approx((law.ppf(0.025) / n, law.ppf(0.975) / n), abs=2e-4)


def test_many_examples_without_scatter_are_binomial():
    low, high = prediction_interval(np.array([1e-6, 0.3]), 1_000_000, 0.0)
    law = stats.binom(1_000_000, np.array([1e-6, 0.3]))
    np.testing.assert_allclose(low * 1e6, law.ppf(0.025), atol=1e-6)
    np.testing.assert_allclose(high * 1e6, law.ppf(0.975), atol=1e-6)
    assert [len(end) for end in prediction_interval(np.array([]), 10, 0.1)] == [0, 0]


def test_large_test_sets_and_the_ends():
    low, high = prediction_interval(np.array([-0.01, 0.0, 0.3, 1.0, 1.2]), 5_000_000, 0.002)
    law = stats.beta(0.3 * 499, 0.7 * 499)  # so many examples add nothing to the scatter
    np.testing.assert_allclose(low, [0, 0, law.ppf(0.025), 1, 1], atol=6e-4)
    np.testing.assert_allclose(high, [0, 0, law.ppf(0.975), 1, 1], atol=6e-4)
