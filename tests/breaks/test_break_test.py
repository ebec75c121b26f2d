"""The break test: its parts against other code, its size and power in worlds where the truth is known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from jumpcheck import break_test, mirage_test
from jumpcheck.breaks import break_tests, pools, scatter_prior, smooth_law, step_test
from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.theory import calibration
from jumpcheck.theory.attack_worlds import attack_world
from jumpcheck.theory.worlds import SCALES, draw, world
from scipy.optimize import minimize
from scipy.stats import chi2


def some(n_curves=12, **options):
    return world(n_curves=n_curves, **options).shares


def vague(shares, sd=1e3):
    """Priors that say next to nothing, but that exact match has no floor."""
    precision = np.full((len(shares), 4), sd**-2.0)
    precision[:, 3] = np.where(shares.chance[:, 0] > 0, smooth_law.FLOOR_SD**-2, 1e12)
    return smooth_law.Penalty(np.zeros((len(shares), 4)), precision)


def objective(theta, shares, prior, dispersion, k, step=0.0):
    """Minus the penalised log likelihood of curve k, written from the docstring."""
    eta = step + smooth_law.basis(shares.x)[k] @ theta[:3]
    floor = shares.chance[k, 0] + theta[3]
    mean = np.clip(floor + (1 - floor) * np.exp(-np.exp(np.minimum(eta, 6.5))), 1e-9, 1 - 1e-9)
    likelihood = shares.n[k] / dispersion[k] * (shares.y[k] * np.log(mean) + (1 - shares.y[k]) * np.log(1 - mean))
    return 0.5 * (prior.precision[k] * (theta - prior.mean[k]) ** 2).sum() - likelihood.sum()


@pytest.mark.parametrize("n_scales", [5, 8, 12])
def test_no_other_optimiser_finds_a_better_law(n_scales):
    shares = some(16, n_scales=n_scales, seed=1)
    prior = smooth_law.penalty(shares.chance, np.full(len(shares), 0.1), np.full(len(shares), 0.3))
    dispersion = 1 + (shares.n - 1) * 0.01
    step = np.where(np.arange(n_scales) >= 3, -1.0, 0.0) * np.ones_like(shares.y)
    for given in (0.0, step):
        found = smooth_law.fit(shares, prior, dispersion, given)
        for k in range(len(shares)):
            arguments = (shares, prior, dispersion, k, given if np.isscalar(given) else given[k])
            here = objective(found.theta[k], *arguments)
            options = {"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-11}
            free = 3 if shares.chance[k, 0] == 0 else 4  # the floor of exact match is held at 0

            def of_free(theta, free=free, arguments=arguments):
                return objective(np.append(theta, np.zeros(4 - free)), *arguments)

            assert smooth_law.log_posterior(shares, prior, dispersion, found)[k] == pytest.approx(-here, rel=1e-9)
            other = minimize(of_free, found.theta[k, :free] * 0.9, method="Nelder-Mead", options=options)
            assert here <= other.fun + 1e-6, (k, here, other.fun)


def test_the_score_of_a_step_is_that_of_statsmodels():
    """Rao's score test of an added regressor in a binomial model whose wrong answers have a complementary log-log link."""
    shares = some(60, seed=2, n_examples=1024)
    kept = np.flatnonzero((shares.chance[:, 0] == 0) & (shares.y.min(axis=1) > 0.01) & (shares.y.max(axis=1) < 0.99))
    shares = shares.take(kept)
    prior, dispersion = vague(shares), np.ones_like(shares.y)
    fitted = smooth_law.fit(shares, prior, dispersion)
    at = step_test.steps(shares, prior, fitted, dispersion)
    z = at.scores(shares.y - fitted.mean) / np.sqrt(at.variance)
    assert len(shares) > 5
    for k in range(len(shares)):
        wrong = 1 - shares.y[k]
        family = sm.families.Binomial(sm.families.links.CLogLog())
        regressors = smooth_law.basis(shares.x)[k]
        model = sm.GLM(wrong, regressors, family=family, var_weights=shares.n[k]).fit(tol=1e-12)
        np.testing.assert_allclose(1 - model.mu, fitted.mean[k], atol=1e-6)
        for j in (2, 5, 9):
            added = (np.arange(12) >= j + 1).astype(float)
            assert z[k, j] ** 2 == pytest.approx(score_test(model, added), rel=1e-6, abs=1e-6)


def test_the_bound_is_that_of_statsmodels():
    """Score and efficient information of a step where one of size 1 is fitted, as an offset of a binomial model."""
    shares = some(80, seed=12, n_examples=1024)
    kept = np.flatnonzero((shares.chance[:, 0] == 0) & (shares.y.min(axis=1) > 0.02) & (shares.y.max(axis=1) < 0.98))
    shares = shares.take(kept)
    assert len(shares) > 5
    prior, dispersion = vague(shares), np.full_like(shares.y, 3.0)
    for j in (3, 6, 10):
        step = np.broadcast_to(-1.0 * (np.arange(12) > j), shares.y.shape)
        fitted = smooth_law.fit(shares, prior, dispersion, step)
        score, variance = step_test.step_at(shares, prior, fitted, dispersion, np.full(len(shares), j))
        for k in range(len(shares)):
            regressors, added = smooth_law.basis(shares.x)[k], -(np.arange(12) > j).astype(float)
            family = sm.families.Binomial(sm.families.links.CLogLog())
            model = sm.GLM(1 - shares.y[k], regressors, family=family, var_weights=shares.n[k] / 3.0, offset=step[k])
            model = model.fit(tol=1e-14, maxiter=200)
            eta = regressors @ model.params + step[k]
            slope, mu = family.link.inverse_deriv(eta), model.mu
            weight = slope**2 * model.model.var_weights / family.variance(mu)
            expected = added @ (slope * model.model.var_weights / family.variance(mu) * (1 - shares.y[k] - mu))
            cross = (regressors * weight[:, None]).T @ added
            efficient = added @ (weight * added) - cross @ np.linalg.solve(
                (regressors * weight[:, None]).T @ regressors, cross
            )
            assert variance[k] == pytest.approx(efficient, rel=1e-6)
            assert score[k] == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.sqrt(efficient))


def score_test(model, added):
    """Statistic of Rao's test that the coefficient of `added` is 0, with expected information, from a fitted GLM."""
    family, eta, mu = model.model.family, model.model.exog @ model.params, model.mu
    slope = family.link.inverse_deriv(eta)
    weight = model.model.var_weights / family.variance(mu)
    design = np.column_stack([model.model.exog, added]) * slope[:, None]
    score = design.T @ (weight * (model.model.endog - mu))
    information = design.T @ (design * weight[:, None])
    return float(score @ np.linalg.solve(information, score))


def test_the_score_is_the_slope_of_the_profile():
    """Of the penalised log likelihood, the parameters of the law fitted anew for every size of the step."""
    shares = some(30, seed=3)
    prior = smooth_law.penalty(shares.chance, np.zeros(len(shares)), np.full(len(shares), 0.4))
    dispersion = 1 + (shares.n - 1) * 0.005
    at = step_test.steps(shares, prior, fitted := smooth_law.fit(shares, prior, dispersion), dispersion)
    scores = at.scores(shares.y - fitted.mean)
    h = 1e-4
    for j in (1, 4, 8):
        profile = []
        for size in (-h, h):
            step = np.broadcast_to(-size * (np.arange(12) > j), shares.y.shape)
            refitted = smooth_law.fit(shares, prior, dispersion, step)
            values = [objective(refitted.theta[k], shares, prior, dispersion, k, step[k]) for k in range(len(shares))]
            profile.append(-np.array(values))
        np.testing.assert_allclose((profile[1] - profile[0]) / (2 * h), scores[:, j], rtol=1e-3, atol=1e-3)


def test_the_distribution_of_scatter_is_the_likeliest():
    """Against direct maximisation of the same penalised likelihood over all weights."""
    rng = np.random.default_rng(4)
    n, freedom = np.full(80, 205.0), np.full(80, 7.0)
    true = np.where(rng.random(80) < 0.5, 0.0, 0.03)
    statistic = (1 + 204 * true) * chi2.rvs(7, size=80, random_state=rng)
    prior = scatter_prior.default_prior()
    weights = scatter_prior.fit_prior(statistic, freedom, n, prior)
    likelihoods = scatter_prior.log_likelihood(statistic[:, None], freedom[:, None], scatter_prior.dispersions(n))

    def value(w):
        return np.log(np.exp(likelihoods) @ w).sum() + scatter_prior.PRIOR_CURVES * prior @ np.log(w)

    def of_logits(logits):
        w = np.exp(logits - logits.max())
        return -value(w / w.sum())

    other = minimize(of_logits, np.zeros(len(prior)), method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15})
    assert weights.sum() == pytest.approx(1) and value(weights) >= -other.fun - 1e-3
    assert (weights @ scatter_prior.GRID) == pytest.approx(0.015, abs=0.006)


@pytest.mark.slow
def test_p_values_are_those_of_a_bootstrap_of_everything():
    """Drawn anew from the fitted law, with scatter, fitted and judged like the curve, and not by linear algebra."""
    shares = some(40, seed=5, n_examples=205)
    pool = np.zeros(len(shares), int)
    told = pools.estimate_pools(shares, pool)
    tested = break_tests.tested_breaks(shares, pool, told)
    rng = np.random.default_rng(0)
    prior = told.penalty(shares, pool)
    dispersion = 1 + (shares.n - 1) * tested["scatter"].to_numpy()[:, None]
    fitted = smooth_law.fit(shares, prior, dispersion)
    n_draws = 400
    differences = []
    for k in np.flatnonzero(tested["p_break"].between(0.02, 0.3))[:6]:
        rho = rng.choice(scatter_prior.GRID, n_draws, p=told.weights[0] / told.weights[0].sum())
        mean = np.broadcast_to(fitted.mean[k], (n_draws, 12))
        y = draw(mean, np.full(n_draws, 205), rho, rng)
        drawn = Shares(
            np.broadcast_to(shares.x[k], y.shape), y, np.full(y.shape, 205.0), np.full((n_draws, 1), shares.chance[k, 0])
        )
        p = break_tests.tested_breaks(drawn, np.zeros(n_draws, int), told)["p_break"]
        # Where nothing breaks p is uniform: the share of draws below the p of the curve is that p.
        expected = tested["p_break"][k]
        differences.append((p <= expected).mean() - expected)
        assert abs(differences[-1]) < 0.05 + 4 * np.sqrt(expected * (1 - expected) / n_draws)
    assert len(differences) >= 4 and abs(np.mean(differences)) < 0.05


def test_a_break_that_is_there_and_one_that_is_not():
    rng = np.random.default_rng(6)
    x = np.log(SCALES) - np.log(1e9)
    smooth = np.exp(-np.exp(0.3 - 0.12 * x))
    broken = np.exp(-np.exp(0.3 - 0.12 * x - 2.0 * (SCALES > 2e9)))
    y = np.array([rng.binomial(800, mean) / 800 for mean in [smooth] * 30 + [broken]])
    found = break_test(y, SCALES, 800)
    last = found.iloc[-1]
    assert last["verdict"] == "break" and last["break_scale"] == 2.1e9 and last["q_break"] < 0.001
    assert last["break_size_low"] < 2 < last["break_size_up"] and last["reason_code"] == "break"
    assert last["times_likelier"] > 1000 and last["n_other_tasks"] == 30
    others = found.iloc[:-1]
    assert (others["verdict"] == "smooth").sum() >= 25 and (others["break_size_high"] < 1).sum() >= 25
    # Alone the curve is told by the default prior of the scatter.
    assert break_test(y[-1], SCALES, 800)["verdict"].tolist() == ["break"]


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0, 3.0])
def test_a_curve_that_gets_worse_has_no_break(size):
    rng = np.random.default_rng(7)
    x = np.log(SCALES) - np.log(1e9)
    worse = np.exp(-np.exp(0.3 - 0.12 * x + size * (SCALES > 2e9)))
    y = np.array([rng.binomial(800, worse) / 800 for _ in range(20)])
    assert not (break_test(y, SCALES, 800)["verdict"] == "break").any()


@pytest.mark.parametrize("n", [50, 205, 1024, 100_000])
@pytest.mark.parametrize("ending", [[0.3], [0.3, 0.6], [0.01, 0.4], [1.0]])
def test_zeros_and_then_a_jump_are_never_smooth(n, ending):
    """And no break either: the zeros say nothing of the loss."""
    y = np.zeros((3, 12))
    y[:, -len(ending) :] = np.round(np.array(ending) * n) / n
    found = break_test(y, SCALES, n)
    assert (found["verdict"] == "inconclusive").all(), found["reason"].tolist()
    assert found["reason"].str.len().min() > 20


def test_fewer_examples_decide_less():
    share = {}
    for n in (50, 205, 1024):
        found = calibration.judged(world(seed=8, n_curves=300, n_examples=n, mean_scatter=0.003))
        share[n] = (found["verdict"] == "smooth").mean()
    assert share[50] < share[205] < share[1024]


def test_the_number_of_examples_that_would_decide():
    """More examples narrow the bound as said, where only the test set is in the way."""
    rng = np.random.default_rng(9)
    x = np.log(SCALES) - np.log(1e9)
    mean = np.exp(-np.exp(-0.3 - 0.12 * x))
    y = np.array([rng.binomial(30, mean) / 30 for _ in range(60)])
    found = break_test(y, SCALES, 30)
    open_ = found[(found["verdict"] == "inconclusive") & found["n_to_decide"].notna()]
    assert len(open_) > 3 and (open_["n_to_decide"] > 30).all()
    assert (open_["reason_code"] == "more_examples").any()
    n = int(open_["n_to_decide"].median())
    more = break_test(np.array([rng.binomial(4 * n, mean) / (4 * n) for _ in range(60)]), SCALES, 4 * n)
    assert (more["verdict"] == "smooth").mean() > 0.8


def test_many_scales():
    rng = np.random.default_rng(13)
    y = rng.binomial(300, np.linspace(0.1, 0.9, 100), (12, 100)) / 300
    found = break_test(y, np.geomspace(1e6, 1e12, 100), 300)
    assert found["p_break"].notna().all() and (found["verdict"] != "break").all()


def test_a_small_break_is_not_called_one():
    """A step of 0.25 of the log loss is seen with many examples; and a large break is excluded."""
    found = calibration.judged(attack_world("steps of 0.25 in 20 % of curves, 10,000 examples", n_curves=400))
    small = found[(found["p_break"] < 0.05) & (found["break_size_high"] < 1)]
    assert len(small) > 10 and (small["q_break"] == 1).all()
    assert (small["verdict"] == "inconclusive").all() and (small["reason_code"] == "small_break").all()


def test_what_cannot_be_tested_says_why():
    frame = pd.DataFrame(
        {"task": np.repeat(["short", "flat", "outside"], [4, 6, 6]), "metric": "acc", "n_examples": 100, "chance": 0.0}
    )
    frame["n_parameters"] = [*SCALES[:4], *SCALES[:6], *SCALES[:6]]
    frame["score"] = [0.1, 0.2, 0.3, 0.4, *[0.5] * 6, 0.1, 0.2, 0.3, 0.4, 0.5, 1.5]
    found = break_test(frame).set_index("task")
    assert found["verdict"].unique().tolist() == ["not_testable"]
    assert found["reason_code"].to_dict() == {"flat": "flat", "outside": "outside", "short": "few_scales"}


def test_at_chance_is_a_verdict_of_its_own():
    rng = np.random.default_rng(10)
    y = rng.binomial(400, 0.25, (20, 12)) / 400
    found = break_test(y, SCALES, 400, 0.25)
    assert (found["verdict"] == "at_chance").mean() > 0.8
    assert (found["verdict"] == "break").sum() == 0
    # In the scores of 20 examples a rise of 10 points could hide.
    few = break_test(rng.binomial(20, 0.25, (20, 12)) / 20, SCALES, 20, 0.25)
    assert (few["verdict"] == "inconclusive").mean() > 0.8
    assert (few["verdict"] == "at_chance").equals((few["q_chance"] >= 0.05) & (few["chance_bound"] < 0.1))


def test_results_do_not_depend_on_the_order_of_curves():
    given = world(seed=11, n_curves=60)
    y, n = given.shares.y[given.pool == 0], given.shares.n[given.pool == 0, 0]
    one = break_test(y, SCALES, n)
    other = break_test(y[::-1], SCALES, n[::-1])
    np.testing.assert_allclose(one["p_break"], other["p_break"][::-1], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({}, "needs n_parameters"), ({"n_parameters": SCALES, "n_examples": 5, "smallest_break": 0}, "smallest_break")],
)
def test_what_is_missing_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        break_test(np.linspace(0, 1, 12), **arguments)


def test_the_former_name_says_the_new_one():
    y = np.linspace(0.1, 0.8, 12)
    with pytest.warns(FutureWarning, match="now break_test") as said:
        old = mirage_test(y, SCALES, 100)
    assert said[0].filename == __file__  # where it was called
    pd.testing.assert_frame_equal(old, break_test(y, SCALES, 100))


def test_names_of_the_rows_of_an_array():
    """As wide as the last needs, so that they are in order."""
    y = np.linspace(0.1, 0.8, 12) + np.arange(11)[:, None] / 100
    assert break_test(y[:10], SCALES, 100)["task"].tolist() == [f"curve {k}" for k in range(10)]
    assert break_test(y, SCALES, 100)["task"].tolist() == [f"curve {k:02}" for k in range(11)]


@pytest.mark.slow
def test_where_nothing_breaks_few_curves_are_rejected():
    """p_break < 0.05 in at most 6.5 % of 2,000 curves, and in at least 2.5 % of those of six informative points or more."""
    table = calibration.null_worlds()
    print(table.to_string(index=False))
    is_other = table["world"].isin(calibration.OTHER_SHAPES)
    assert (table["n_tests"] > 700).all() and (table.loc[~is_other, "share"] <= 0.065).all()
    assert (table["share_of_informative"] >= 0.025).all() and (table["n_break"] <= 0.002 * table["n_tests"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("n_shots", [1, 4])
def test_planted_breaks_are_found_and_never_smooth(n_shots):
    """One task in ten, scatter 0.005: the wanted power, and false discoveries of at most 5 % and two errors."""
    worlds = calibration.planted_worlds(n_shots=n_shots)
    for size, least in ((1.0, 0.35), (2.0, 0.70)):
        n = worlds[worlds["size"] == size].sum()
        false = n["n_false"] / (n["n_found"] + n["n_false"])
        print(
            f"size {size}: {n['n_planted']} planted, found {n['n_found'] / n['n_planted']:.0%}, false {false:.1%}, "
            f"smooth {n['n_smooth']}, covered {n['n_covered'] / n['n_bounded']:.1%}"
        )
        assert n["n_found"] >= least * n["n_planted"] and n["n_smooth"] <= 0.05 * n["n_planted"]
        assert n["n_covered"] >= 0.95 * n["n_bounded"]
        assert false <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / n["n_found"])


@pytest.mark.slow
def test_less_evidence_decides_less():
    table = calibration.less_evidence().set_index("evidence")
    print(table.to_string())
    share = table[["n_found", "n_unplanted_smooth", "n_inconclusive"]].div(table["n_curves"], axis=0)
    of_examples = share.loc[["1,024 examples, 12 scales", "205 examples", "50 examples"]]
    assert of_examples["n_inconclusive"].is_monotonic_increasing
    assert of_examples["n_unplanted_smooth"].is_monotonic_decreasing
    of_scales = share.loc[["1,024 examples, 12 scales", "8 of the 12 scales", "6 of the 12 scales"]]
    for one in (of_examples, of_scales):
        assert one["n_found"].is_monotonic_decreasing


@pytest.mark.proof
@pytest.mark.parametrize("n_shots", [1, 4])
def test_false_discoveries_over_100_worlds(n_shots):
    """The mean share of false ones among the triplets with a break, of all and of those that jump."""
    worlds = calibration.planted_worlds(n_worlds=100, n_curves=1000, n_shots=n_shots)
    for size, of_size in worlds.groupby("size"):
        for name in ("of_triplets", "of_jumping_triplets", "of_curves"):
            mean, error = of_size[name].mean(), of_size[name].std() / np.sqrt(len(of_size))
            print(f"size {size}, {name}: {mean:.1%} with a standard error of {error:.1%}")
            assert name == "of_curves" or mean <= 0.05 + 2 * error


def test_curves_of_few_points_that_say_anything_tell_nothing_of_the_curvature():
    """At least five at which a right and a wrong answer are expected; and no curve tells of more than it can."""
    drawn = some(300, seed=21, n_scales=7, n_examples=(20, 60, 1024))
    # Every other curve near the ceiling.
    y = np.where(np.arange(len(drawn))[:, None] % 2, drawn.y, 1 - (1 - drawn.y) / 20)
    shares = Shares(drawn.x, y, drawn.n, drawn.chance)
    prior = smooth_law.penalty(shares.chance, np.zeros(len(shares)), np.full(len(shares), 3.0))
    dispersion = np.ones_like(shares.y)
    fitted = smooth_law.fit(shares, prior, dispersion)
    estimate, precision = pools._curvatures(shares, prior, fitted, dispersion)
    n_telling = [
        sum(n * mean >= 1 and n - n * mean >= 1 for n, mean in zip(*curve, strict=True))
        for curve in zip(shares.n, fitted.mean, strict=True)
    ]
    assert [value > 0 for value in precision] == [count >= 5 for count in n_telling]
    assert {3, 4, 5, 6, 7} <= set(n_telling)
    assert np.abs(estimate).max() == 3 and precision.max() <= 1e4


def test_a_curve_of_two_scales_spoils_no_other():
    """Scales that differ by rounding have no quadratic; the pool of such a curve keeps its fits."""
    x, t, rng = np.geomspace(1e7, 1e11, 6), np.linspace(-1, 1, 6), np.random.default_rng(0)
    y = rng.binomial(500, np.exp(-np.exp(0.5 - rng.uniform(0.5, 1.5, (15, 1)) * t))) / 500
    common = {"metric": "m", "n_examples": 500, "chance": 0.0}
    good = pd.DataFrame(
        {"task": np.repeat([f"t{k}" for k in range(15)], 6), "n_parameters": np.tile(x, 15), "score": y.ravel()}
    )
    near = np.array([1e7, 1e7 * (1 + 1e-15), 1e7 * (1 + 2e-15), 1e10, 1e10 * (1 + 1e-15), 1e10 * (1 + 2e-15)])
    odd = pd.DataFrame({"task": "odd", "n_parameters": near, "score": [0.1, 0.11, 0.12, 0.5, 0.52, 0.54]})
    found = break_test(pd.concat([good, odd]).assign(**common)).set_index("task")
    alone = break_test(good.assign(**common)).set_index("task")
    assert found.loc[alone.index, ["scatter", "level", "curvature"]].notna().all(axis=None)
    assert (found.loc[alone.index, "verdict"] == alone["verdict"]).mean() > 0.8
