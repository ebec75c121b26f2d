"""At chance is a positive claim: judged where it is hardest to make, beside SciPy, statsmodels and loops."""

import numpy as np
import pandas as pd
import pytest
from jumpcheck import break_test
from jumpcheck.breaks.guessing import constant_answers, largest_rise, p_of_guessing
from jumpcheck.breaks.smooth_law import Shares
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

SCALES = np.array([1e7, 3e7, 1e8, 3e8, 1e9, 3e9, 1e10])


def shares(y, n, chance, models=1.0):
    y = np.atleast_2d(np.asarray(y, float))
    n_each = np.broadcast_to(np.asarray(n, float) * models, y.shape)
    x = np.broadcast_to(np.log(SCALES[: y.shape[1]]), y.shape)
    return Shares(x, y, n_each, np.full((len(y), 1), chance), examples=np.full(len(y), float(n)))


def test_p_is_that_of_chi_square_and_of_a_regression():
    rng = np.random.default_rng(0)
    models = np.array([1, 2, 1, 1, 3, 1, 1.0])
    given = shares(rng.binomial(500, 0.27, (30, 7)) / 500, 500, 0.25, models)
    found = p_of_guessing(given)
    for k, y in enumerate(given.y):
        variance = 0.25 * 0.75 / given.n[k]
        joint = stats.chi2.sf(((y - 0.25) ** 2 / variance).sum(), 7)
        # Mean and trend by weighted least squares: what they explain is chi-square of two degrees of freedom.
        design = np.stack([np.ones(7), np.log(SCALES)], axis=1) / np.sqrt(variance)[:, None]
        target = (y - 0.25) / np.sqrt(variance)
        solution = np.linalg.lstsq(design, target)[0]
        trend = stats.chi2.sf(((design @ solution) ** 2).sum(), 2)
        assert found[k] == pytest.approx(min(1, 2 * min(joint, trend)), rel=1e-6)


def test_p_keeps_its_level_where_all_guess():
    rng = np.random.default_rng(1)
    for n, chance in ((100, 0.25), (1000, 0.5), (60, 0.1)):
        p = p_of_guessing(shares(rng.binomial(n, chance, (20_000, 7)) / n, n, chance))
        for level in (0.05, 0.01):
            rejected = (p < level).mean()
            assert 0.6 * level < rejected < level + 3 * np.sqrt(level / 20_000) + 0.2 * level


def test_the_bound_covers_a_rise():
    """Of a mean that is higher by 0.08 from a scale on, also the last one."""
    rng = np.random.default_rng(2)
    for first in (0, 3, 6):
        rate = np.where(np.arange(7) >= first, 0.33, 0.25)
        given = shares(rng.binomial(300, rate, (5000, 7)) / 300, 300, 0.25)
        covered = (largest_rise(given, np.zeros(5000)) >= 0.08).mean()
        assert covered >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 5000)


def test_the_bound_is_the_largest_of_those_of_all_first_scales():
    given = shares([[0.24, 0.27, 0.25, 0.3, 0.26, 0.25, 0.28]], 150, 0.25)
    scatter = np.array([0.003])
    bounds = []
    for k in range(7):
        n, share = 150 * (7 - k) / (1 + 149 * 0.003), given.y[0, k:].mean()
        bounds.append(proportion_confint(share * n, n, alpha=0.1, method="wilson")[1] - 0.25)
    assert largest_rise(given, scatter)[0] == pytest.approx(max(bounds), rel=1e-9)
    assert largest_rise(given, 10 * scatter)[0] > largest_rise(given, scatter)[0]


@pytest.mark.parametrize(
    ("y", "value"),
    [
        ([0.5, 0.494, 0.494, 0.51, 0.494, 0.494, 0.52], 0.494),  # four of seven
        ([0.5, 0.494, 0.494, 0.51, 0.494, 0.493, 0.52], np.nan),  # three
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0.49, 0.51], np.nan),  # the chance rate itself
        ([0.516] * 7, 0.516),
        ([0.3, 0.5, 0.97, 1, 1, 1, 1], np.nan),  # the ceiling
        ([0, 0, 0, 0, 0.01, 0.2, 0.9], np.nan),  # the floor
        ([0.5005] * 7, np.nan),  # half a right answer from it: no score of 1,000 examples is nearer to 0.50025
    ],
)
def test_one_answer_to_everything_is_named(y, value):
    np.testing.assert_array_equal(constant_answers(shares(y, 1000, 0.5)), [value])


def test_half_of_an_even_number_of_models_is_enough():
    """Also where the other half has the chance rate, above it or below."""
    for y, value in (
        ([0.4, 0.4, 0.4, 0.5, 0.52, 0.6], 0.4),
        ([0.5] * 3 + [0.516] * 3, 0.516),
        ([0.484] * 3 + [0.5] * 3, 0.484),
    ):
        np.testing.assert_array_equal(constant_answers(shares(y, 1000, 0.5)), [value])


def test_where_guessing_gets_nothing_nothing_is_asked():
    given = shares([[0, 0, 0, 0, 0, 0.01, 0.02]], 100, 0.0)
    for values in (p_of_guessing(given), largest_rise(given, np.zeros(1)), constant_answers(given)):
        assert np.isnan(values).all()


CASES = {
    # 393 binomial standard errors above chance at the end; every score at least 6 above.
    "rise": ([0.2503, 0.2491, 0.2507, 0.25, 0.256, 0.28, 0.42], 1_000_000, 0.25),
    "above": ([0.6, 0.612, 0.603, 0.625, 0.641, 0.63, 0.655], 1000, 0.5),
}


@pytest.mark.parametrize("name", CASES)
def test_no_number_of_examples_makes_a_rise_a_guess(name):
    y, n, chance = CASES[name]
    (found,) = break_test(y, SCALES, n, chance).to_dict("records")
    assert found["verdict"] != "at_chance" and found["p_chance"] < 1e-9


def test_a_curve_is_judged_with_the_others_of_its_triplet():
    """One of 20 shots that guess has a small p by chance; among all it is none."""
    y = np.tile(0.25 + 0.001 * np.array([-4, 5, -2, 3, -1, 2, -3]), (20, 1))
    y[0] += 0.027 * np.array([1, -1, 1, -1, 1, -1, 1])
    frame = pd.DataFrame(
        {
            "task": "t", "metric": "acc", "shots": np.repeat(np.arange(20), 7), "model_family": "F",
            "n_parameters": np.tile(SCALES, 20), "score": y.ravel(), "n_examples": 1000, "chance": 0.25,
        }
    )  # fmt: skip
    found = break_test(frame).sort_values("shots")
    alone = break_test(frame[frame["shots"] == 0])
    expected = stats.false_discovery_control(found["p_chance"])
    np.testing.assert_allclose(found["q_chance"], expected, rtol=1e-6)
    assert alone["p_chance"].item() == alone["q_chance"].item() < 0.05 < found["q_chance"].iloc[0]
    assert alone["verdict"].item() == "inconclusive" and (found["verdict"] == "at_chance").all()
