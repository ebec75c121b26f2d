"""Forecasts: their parts against other code, and what they hold where the law is known."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from jumpcheck.breaks import forecasts, measuring
from jumpcheck.breaks.forecasts import LAWS
from jumpcheck.breaks.scatter_prior import GRID
from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.theory.worlds import SCALES, as_trials, draw, world
from scipy.optimize import minimize
from scipy.stats import betabinom


@pytest.mark.parametrize("name", LAWS)
def test_no_other_optimiser_finds_better_parameters(name):
    law, given = LAWS[name], world(n_curves=20, seed=1).shares
    t = (given.x - given.x.mean(axis=1, keepdims=True)) / given.x.std(axis=1, keepdims=True)
    dispersion = 1 + (given.n - 1) * 0.01
    found = forecasts.fit(law, t, given, dispersion)

    def objective(theta, k):
        mean = given.chance[k] + (1 - given.chance[k]) * law.known(theta[:, None], t[k])
        mean = np.clip(mean, 1e-9, 1 - 1e-9)
        weight = given.n[k] / dispersion[k]
        likelihood = (weight * (given.y[k] * np.log(mean) + (1 - given.y[k]) * np.log(1 - mean))).sum()
        return 0.5 * (((theta - np.array(law.mean)) / law.sd) ** 2).sum() - likelihood

    for k in range(len(given)):
        options = {"maxiter": 8000, "xatol": 1e-8, "fatol": 1e-10}
        other = minimize(objective, found.theta[k] + 0.01, args=(k,), method="Nelder-Mead", options=options)
        assert objective(found.theta[k], k) <= other.fun + 1e-3


def test_the_factor_is_that_of_the_covariance():
    """Its square is the inverse of the expected information, which for a constant is one number."""
    given = world(n_curves=10, seed=2).shares
    t, law = np.zeros_like(given.x), LAWS["constant"]
    found = forecasts.fit(law, t, given, np.ones_like(given.y))
    h = 1e-4
    mean, other = (given.chance + (1 - given.chance) * law.known((found.theta + d)[..., None], t) for d in (0, h))
    information = (given.n * ((other - mean) / h) ** 2 / (mean * (1 - mean))).sum(axis=1) + law.sd[0] ** -2
    np.testing.assert_allclose(found.factor[:, 0, 0] ** -2, information, rtol=1e-3)


def test_the_log_score_is_that_of_scipy():
    rng = np.random.default_rng(3)
    mean, rho = rng.uniform(0.05, 0.9, (1, 200)), np.full(200, 0.01)
    weight = (1 - rho) / rho
    for k in (0, 3, 60, 100):
        found = forecasts._log_probability(np.array([[float(k)]]), np.array([[100.0]]), mean, rho)
        expected = np.log(betabinom.pmf(k, 100, mean[0] * weight, (1 - mean[0]) * weight).mean())
        assert found[0] == pytest.approx(expected, abs=1e-9)


def test_intervals_of_counts_leave_out_a_tenth():
    """Half of the probability of an end counts as outside: over many means the share inside is near 90 %."""
    rng = np.random.default_rng(4)
    inside = []
    for p in rng.uniform(0, 0.2, 300):
        low, high = forecasts._interval(rng.binomial(20, p, (1, 4000)) / 20)
        y = rng.binomial(20, p, 200) / 20
        inside.append(((low <= y) & (y <= high)).mean())
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04)


def test_one_row_per_curve_law_and_origin():
    curves = as_trials(world(n_curves=40, seed=5, n_scales=6))
    table = forecasts.forecasts(curves, measuring.pools_of(curves)).to_pandas()
    assert set(table["n_known"]) == {4, 5} and len(table) == len(curves) * 2 * len(LAWS)
    assert set(table["law"]) == set(LAWS)
    last = table[(table["n_known"] == 5) & (table["law"] == "logistic")].set_index("curve_id")["score"]
    assert last.to_dict() == {k: y[5] for k, y in zip(curves["curve_id"], curves["ys"], strict=True)}
    assert (table["origin"] < table["target"]).all() and (table["low"] <= table["high"]).all()


def test_the_future_is_not_known():
    """Scores at the target and beyond change no interval."""
    curves = as_trials(world(n_curves=40, seed=6))
    pools = measuring.pools_of(curves)
    changed = curves.assign(ys=[np.append(y[:-1], 1 - y[-1]) for y in curves["ys"]])
    columns = ["curve_id", "law", "n_known", "low", "high"]
    one, other = (forecasts.forecasts(given, pools).to_pandas()[columns] for given in (curves, changed))
    pd.testing.assert_frame_equal(one, other)


def test_no_curve_no_forecast():
    curves = as_trials(world(n_curves=10, seed=7)).iloc[:0]
    table = forecasts.forecasts(curves, measuring.pools_of(curves))
    assert len(table) == 0 and table.schema == forecasts.FORECASTS_SCHEMA
    assert "no curve" in forecasts.in_words(table, 0)


def test_in_words():
    """Of the power law alone, and of intervals that say something."""
    rows = [
        {"curve_id": curve, "law": law, "is_informative": told, "hit": hit}
        for curve in (1, 2)
        for law in ("constant", "power law")
        for told, hit in ((True, curve == 1), (True, law == "power law"), (False, True))
    ]
    table = pa.Table.from_pandas(pd.DataFrame(rows))
    said = "of the power law's 4 intervals that say something 3 hold the next score"
    assert forecasts.in_words(table, 2) == f"2 curves; {said}"
    assert forecasts.in_words(table, 5) == f"2 curves (of 5; at most 10,000 are foretold); {said}"


def own_world(law, n_curves, n_examples, scatter, rng):
    """Curves of a law whose parameters are drawn from its priors, and which leave 0 and 1 somewhere."""
    x = np.log(SCALES)
    t = (x - x.mean()) / x.std()
    theta = np.array(law.mean) + np.array(law.sd) * rng.standard_normal((20 * n_curves, len(law.mean)))
    mean = law.known(theta[..., None], t)
    mean = mean[((mean > 0.02) & (mean < 0.98)).sum(axis=1) >= 6][:n_curves]
    n = np.full(len(mean), n_examples)
    y = draw(mean, n, np.full(len(mean), scatter), rng)
    y = y[np.ptp(y, axis=1) > 0]
    shape = y.shape
    return Shares(np.broadcast_to(x, shape), y, np.full(shape, float(n_examples)), np.zeros((len(y), 1)))


@pytest.mark.slow
def test_the_true_law_wins_and_its_intervals_hold():
    """In the mean of the log score, over 1,500 curves of each law; 88 to 92 % of its informative intervals hold."""
    rng = np.random.default_rng(8)
    weights = np.where(np.isclose(GRID, 0.002), 1.0, 0.0)
    draws = forecasts.shared_draws(0)
    for name, law in LAWS.items():
        shares = own_world(law, 1500, 1024, 0.002, rng)
        score, held = {}, None
        for other, candidate in LAWS.items():
            low, high, log_score = forecasts.foretold(candidate, shares, 11, weights, draws)
            score[other] = log_score.mean()
            if other == name:
                informative = high - low < 0.5
                held = ((low <= shares.y[:, 11]) & (shares.y[:, 11] <= high))[informative].mean()
        print(name, len(shares), {k: round(float(v), 2) for k, v in score.items()}, f"held {held:.1%}")
        best = max(score, key=score.get)
        assert best == name
        assert 0.88 <= held <= 0.92
