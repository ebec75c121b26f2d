"""The fit of the smooth law against other software, brute force and cases with a known answer."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import chi2

from analysis.breaks.fitting import fit
from analysis.breaks.intervals import predict, slope_bounds
from analysis.breaks.law import Points, deviances, law

BIG_G = np.log([2e6, 16e6, 53e6, 125e6, 244e6, 422e6, 1e9, 2e9, 4e9, 8e9, 27e9, 128e9])
ONE_SIDED, TWO_SIDED = chi2.ppf(0.90, 1), chi2.ppf(0.95, 1)


def curves(n_curves, n_examples=200, chance=0.0, seed=0, x=BIG_G):
    """Binomial curves of random laws: (Points, slopes)."""
    rng = np.random.default_rng(seed)
    slope = -rng.uniform(0.05, 0.3, n_curves)
    at_last = rng.normal(-0.5, 0.8, n_curves)
    mean = law(x, (at_last - slope * x[-1])[:, None], slope[:, None], chance)
    y = rng.binomial(n_examples, mean) / n_examples
    return Points(x + np.zeros(y.shape), y, np.full(y.shape, n_examples), np.full(n_curves, chance)), slope


def one(y, n=200, chance=0.0, x=BIG_G):
    y = np.atleast_2d(np.asarray(y, float))
    return Points(x[-y.shape[1] :] + np.zeros(y.shape), y, np.full(y.shape, n), np.full(len(y), chance))


def test_statsmodels_agrees_on_500_curves():
    """Its LogLog link is -log(-log p): our coefficients with the sign changed."""
    points, _ = curves(700)
    fitted = fit(points)
    rows = np.flatnonzero(fitted.status == "ok")[:500]
    assert len(rows) == 500
    family = sm.families.Binomial(link=sm.families.links.LogLog())
    # Centred, or its own solver stops early.
    design = sm.add_constant(BIG_G - BIG_G.mean())
    for k in rows:
        right = np.round(points.y[k] * 200)
        theirs = sm.GLM(np.column_stack([right, 200 - right]), design, family=family).fit(maxiter=200, tol=1e-14)
        intercept, slope = -theirs.params
        assert fitted.slope[k] == pytest.approx(slope, abs=1e-6)
        assert fitted.intercept[k] == pytest.approx(intercept - slope * BIG_G.mean(), abs=1e-5, rel=1e-6)
        assert fitted.deviance[k] == pytest.approx(theirs.deviance, rel=1e-6, abs=1e-6)
        assert fitted.slope_se[k] == pytest.approx(theirs.bse[1], rel=1e-4)


def total_deviance(points, k, intercept_at_mean, slope):
    x = points.x[k] - points.x[k].mean()
    mean = law(x, intercept_at_mean, slope, points.chance[k])
    with np.errstate(all="ignore"):
        return deviances(points.y[k], points.n[k], mean).sum()


@pytest.mark.parametrize(("chance", "n_examples"), [(0.0, 6), (0.25, 6), (0.25, 40), (0.5, 40)])
def test_no_other_optimiser_finds_a_better_law(chance, n_examples):
    """With a chance rate the likelihood has flat parts and more than one maximum."""
    points, _ = curves(30, n_examples, chance, seed=n_examples)
    fitted = fit(points)
    for k in range(len(points)):
        best = np.inf
        for slope in (-3.0, -0.5, -0.1, 0.0, 0.3):
            for level in (-1.0, 0.5, 2.0):
                found = minimize(lambda v, k=k: total_deviance(points, k, *v), (level, slope), method="Nelder-Mead")
                best = min(best, found.fun)
        assert fitted.deviance[k] <= best + 1e-6


def test_no_other_optimiser_finds_a_better_law_for_shares_that_follow_none():
    rng = np.random.default_rng(0)
    points = one(rng.choice([0.0, 0.2, 0.5, 0.9, 1.0], (30, 6)), n=100, chance=0.2)
    fitted = fit(points)
    for k in range(30):
        best = min(
            minimize(lambda v, k=k: total_deviance(points, k, *v), start, method="Nelder-Mead").fun
            for start in [(-1.0, -0.1), (0.5, -3.0), (0.0, 0.5), (-3.0, 0.0), (0.0, 3.0)]
        )
        assert fitted.deviance[k] <= best + 1e-6


def test_the_mean_gives_the_deviance():
    for chance in (0.0, 0.2):
        points, _ = curves(300, 20, chance, seed=3)
        fitted = fit(points)
        np.testing.assert_allclose(
            deviances(points.y, points.n, fitted.mean).sum(axis=1), fitted.deviance, rtol=1e-9, atol=1e-9
        )
        finite = fitted.status == "ok"
        again = law(points.x, fitted.intercept[:, None], fitted.slope[:, None], chance)
        np.testing.assert_allclose(again[finite], fitted.mean[finite], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("y", "chance", "status", "deviance"),
    [
        ([0, 0, 0, 0, 0], 0.0, "at_floor", 0),
        ([1, 1, 1, 1, 1], 0.0, "at_ceiling", 0),
        ([0, 0, 0, 0, 0.2], 0.0, "slope_unbounded", 0),
        ([0, 0, 0, 0, 1.0], 0.0, "slope_unbounded", 0),
        ([0, 0, 0.3, 1.0, 1.0], 0.0, "slope_unbounded", 0),
        ([0.3, 0, 0, 0, 0], 0.0, "slope_unbounded", 0),
        ([0, 0, 0, 0.3, 0.9], 0.0, "ok", None),
        ([0.25, 0.2, 0.22, 0.1, 0.25], 0.25, "at_floor", None),
        ([0.25, 0.25, 0.25, 0.25, 0.8], 0.25, "slope_unbounded", 0),
        ([1, 1, 1, 0.5, 1], 0.25, "ok", None),
    ],
)
def test_status(y, chance, status, deviance):
    fitted = fit(one(y, chance=chance))
    assert fitted.status.tolist() == [status]
    assert np.isnan(fitted.slope[0]) == (status != "ok")
    if deviance is not None:
        assert fitted.deviance[0] == pytest.approx(deviance, abs=1e-9)


def test_a_mirrored_curve_has_the_mirrored_slope():
    points, _ = curves(50, 100, 0.2)
    turned = Points(-points.x[:, ::-1], points.y[:, ::-1], points.n, points.chance)
    a, b = fit(points), fit(turned)
    np.testing.assert_allclose(a.slope, -b.slope, rtol=1e-6)
    rise = np.full(50, TWO_SIDED)
    np.testing.assert_allclose(slope_bounds(points, a, rise, -1), -slope_bounds(turned, b, rise, 1), rtol=1e-4)


def profile(points, k, slope):
    def at(level):
        return total_deviance(points, k, level, slope)

    starts = np.linspace(-8, 8, 33)
    best = starts[np.argmin([at(v) for v in starts])]
    return minimize_scalar(at, bounds=(best - 1, best + 1), method="bounded", options={"xatol": 1e-10}).fun


@pytest.mark.parametrize("chance", [0.0, 0.25])
def test_bounds_are_where_the_profile_deviance_has_risen(chance):
    points, _ = curves(12, 60, chance, seed=5)
    fitted = fit(points)
    for side in (-1, 1):
        bound = slope_bounds(points, fitted, np.full(12, TWO_SIDED * 1.7), side)
        for k in np.flatnonzero(np.isfinite(bound) & (fitted.status == "ok")):
            assert profile(points, k, bound[k]) - fitted.deviance[k] == pytest.approx(TWO_SIDED * 1.7, abs=2e-3)
            assert side * (bound[k] - fitted.slope[k]) > 0


def test_zeros_and_one_value_bound_the_slope_on_one_side():
    """27 of 204 at the largest scale of BIG-G T=0, purely binomial: -0.57."""
    points = one([0] * 11 + [27 / 204], n=204)
    fitted = fit(points)
    rise = np.array([ONE_SIDED])
    high = slope_bounds(points, fitted, rise, 1)

    def profile_at(slope):
        """Over the level at the largest scale, where the one value is."""
        levels = np.linspace(-3, 4, 20001)[:, None]
        mean = law(points.x - points.x[0, -1], levels, slope, 0.0)
        return deviances(points.y, points.n, mean).sum(axis=1).min()

    expected = brentq(lambda slope: profile_at(slope) - ONE_SIDED, -2, -0.2)
    assert high[0] == pytest.approx(expected, abs=1e-3)
    assert high[0] == pytest.approx(-0.57, abs=0.01)
    assert slope_bounds(points, fitted, rise, -1)[0] == -np.inf


def test_curves_that_say_nothing_have_no_bounds():
    points = one([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    fitted = fit(points)
    assert slope_bounds(points, fitted, np.full(2, TWO_SIDED), 1).tolist() == [np.inf] * 2
    assert slope_bounds(points, fitted, np.full(2, TWO_SIDED), -1).tolist() == [-np.inf] * 2


@pytest.mark.parametrize("n_examples", [6, 40])
def test_every_curve_has_bounds_on_both_sides_of_its_slope(n_examples):
    """Near the chance rate too, where the profile has several minima: a search that fails would leave NaN, a silent gap."""
    points, _ = curves(2000, n_examples, 0.25, seed=19)
    fitted = fit(points)
    rise = np.full(2000, TWO_SIDED)
    low, high = slope_bounds(points, fitted, rise, -1), slope_bounds(points, fitted, rise, 1)
    assert not np.isnan(low).any() and not np.isnan(high).any()
    finite = fitted.status == "ok"
    assert (low[finite] < fitted.slope[finite]).all() and (fitted.slope[finite] < high[finite]).all()
    below, above = predict(points, 1, rise)
    assert not np.isnan(below).any() and not np.isnan(above).any() and (below <= above).all()


def test_bounds_hold_the_true_slope_in_95_percent():
    for chance in (0.0, 0.25):
        points, slope = curves(3000, 200, chance, seed=7)
        fitted = fit(points)
        rise = np.full(3000, TWO_SIDED)
        inside = (slope_bounds(points, fitted, rise, -1) <= slope) & (slope <= slope_bounds(points, fitted, rise, 1))
        assert inside.mean() == pytest.approx(0.95, abs=0.015)


def test_the_interval_holds_what_the_likelihood_ratio_allows():
    points, _ = curves(8, 50, 0.25, seed=11)
    rise = np.full(8, ONE_SIDED * 1.3)
    low, high = predict(points, 1, rise)
    training = fit(points.before(1))

    def excess(score, k):
        y = points.y[k : k + 1].copy()
        y[0, -1] = score
        joint = Points(points.x[k : k + 1], y, points.n[k : k + 1], points.chance[k : k + 1])
        return fit(joint).deviance[0] - training.deviance[k] - rise[k]

    for k in range(8):
        for bound, outside in ((low[k], -1), (high[k], 1)):
            if 0 < bound < 1:
                assert excess(bound - outside * 0.002, k) < 0 < excess(bound + outside * 0.002, k)
            else:
                assert excess(bound, k) <= 1e-6


@pytest.mark.parametrize(("chance", "n_held_out"), [(0.0, 1), (0.0, 2), (0.25, 1), (0.25, 2)])
def test_intervals_hold_the_held_out_score_in_90_percent(chance, n_held_out):
    points, _ = curves(3000, 200, chance, seed=13)
    low, high = predict(points, n_held_out, np.full(3000, ONE_SIDED))
    last = points.y[:, -1]
    assert np.mean((low <= last) & (last <= high)) == pytest.approx(0.90, abs=0.02)


def test_zeros_alone_allow_everything():
    low, high = predict(one([0, 0, 0, 0, 0.4]), 1, np.array([ONE_SIDED]))
    assert (low[0], high[0]) == (0, 1)


def test_a_curve_does_not_depend_on_the_others():
    points, _ = curves(64, 40, 0.2, seed=17)
    rise = np.full(64, TWO_SIDED)
    order = np.random.default_rng(0).permutation(64)
    whole, mixed = fit(points), fit(points.take(order))
    for name, values in vars(whole).items():
        if values.dtype == object:
            assert (values[order] == getattr(mixed, name)).all()
        else:
            assert values[order].tobytes() == getattr(mixed, name).tobytes(), name
    for function in (lambda p, f, r: slope_bounds(p, f, r, 1), lambda p, f, r: predict(p, 1, r)[0]):
        together = function(points, whole, rise)
        alone = [function(points.take([k]), whole.take([k]), rise[[k]])[0] for k in range(64)]
        assert together.tobytes() == np.array(alone).tobytes()


def test_before_leaves_out_the_largest_scales():
    points, _ = curves(2, 40)
    assert (points.before(2).n > 0).sum(axis=1).tolist() == [10, 10]
    assert fit(points.before(2)).mean.shape == (2, 12)
