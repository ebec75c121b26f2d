"""The mirage test: its parts against other software, and verdicts of whole curves."""

import numpy as np
import pandas as pd
import pytest
from builders import build, entry, put, put_curve, rows, score_file
from oracle import scores
from scipy.stats import betabinom, binom, chi2, false_discovery_control

from analysis.base import sql
from analysis.base.database import connect
from analysis.base.tables import TABLES
from analysis.breaks import bootstrap, goodness, passes, scatter, streams
from analysis.breaks.law import Points
from analysis.breaks.passes import TESTED, fit_and_test
from analysis.normalise.bigbench import normalise
from analysis.theory import calibration
from analysis.theory.world import World

BIG_G = [2e6, 16e6, 53e6, 125e6, 244e6, 422e6, 1e9, 2e9, 4e9, 8e9, 27e9, 128e9]


def frame_of(curves, n_examples=200, chance=0.0, metric="exact_str_match", family="F", scales=BIG_G):
    """Curves as `fit_and_test` takes them."""
    curves = [np.asarray(curve, float) for curve in curves]
    return pd.DataFrame(
        {
            "curve_id": np.arange(len(curves)),
            "task": [f"task_{k:05}" for k in range(len(curves))],
            "subtask": "s",
            "shots": 0,
            "metric": metric,
            "filter": "none",
            "model_family": family,
            "scales": [np.array(scales[-len(curve) :]) for curve in curves],
            "ys": curves,
            "n_models": [np.ones(len(curve), int) for curve in curves],
            "n_examples": n_examples,
            "chance": chance,
            "improvement_score": [float(bootstrap.improvement_scores(curve)) for curve in curves],
            "is_testable": [len(curve) >= 5 and np.ptp(curve) > 0 for curve in curves],
        }
    )


# --- parts -------------------------------------------------------------------------------------------------------------


def test_improvement_scores_are_those_of_the_oracle():
    rng = np.random.default_rng(0)
    for n_scales in (3, 4, 5, 8, 12):
        y = rng.integers(0, 4, (500, n_scales)) / 3
        found = bootstrap.improvement_scores(y)
        for curve, score in zip(y, found, strict=True):
            status, expected, _ = scores(list(enumerate(curve)))
            assert score == (-np.inf if status == "flat" else pytest.approx(expected, rel=1e-12))


def test_streams_depend_on_every_part_of_the_key():
    key = {"task": "a", "subtask": "b", "shots": 1, "metric": "m", "filter": "none", "model_family": "f"}
    others = [key | {"task": "b"}, key | {"subtask": "c"}, key | {"shots": 2}, key | {"shots": None}]
    others += [key | {"metric": "n"}, key | {"filter": "strict-match"}, key | {"model_family": "g"}]
    found = streams.streams(pd.DataFrame([key, *others]), 0)
    assert len({row.tobytes() for row in found}) == 8
    assert streams.streams(pd.DataFrame([key]), 0)[0].tobytes() == found[0].tobytes()
    assert streams.streams(pd.DataFrame([key]), 1)[0].tobytes() != found[0].tobytes()
    purposes = [streams.generator(found[0], purpose).random() for purpose in (1, 2, 3)]
    assert len(set(purposes)) == 3


@pytest.mark.parametrize(("mean", "n", "rho"), [(0.3, 40, 0.0), (0.3, 40, 0.1), (0.001, 1000, 0.02), (0.999, 7, 0.0)])
def test_distribution_of_the_draws(mean, n, rho):
    (found,) = bootstrap.cumulative(np.array([mean]), np.array([n]), np.array([rho]))
    k = np.arange(n + 1)
    weight = (1 - rho) / rho if rho else np.nan
    expected = betabinom(n, mean * weight, (1 - mean) * weight).cdf(k) if rho else binom(n, mean).cdf(k)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_draws_at_the_ends_are_certain():
    zero, one = bootstrap.cumulative(np.array([0.0, 1.0]), np.array([3, 3]), np.array([0.1, 0.1]))
    assert np.searchsorted(zero, [0.0, 0.999999], side="right").tolist() == [0, 0]
    assert np.searchsorted(one, [0.0, 0.999999], side="right").tolist() == [3, 3]


def test_averaged_models_have_the_dispersion_of_each():
    """Three models of 50 examples with rho: variance of the mean of three independent beta-binomial shares."""
    rho = 0.04
    combined = streams.point_rho(np.array(rho), np.array(50.0), np.array(150.0))
    assert (1 + 149 * combined) / 150 == pytest.approx((1 + 49 * rho) / 50 / 3)


def test_leave_one_out_medians():
    rng = np.random.default_rng(0)
    for size in (2, 3, 4, 9, 20, 21):
        values = rng.integers(0, 6, size).astype(float)
        expected = [np.median(np.delete(values, k)) for k in range(size)]
        assert scatter.leave_one_out_medians(values).tolist() == expected


def test_scatter_is_where_the_median_of_scaled_deviances_is_one():
    rng = np.random.default_rng(0)
    deviance, freedom, n = rng.chisquare(8, 101) * 3, rng.integers(3, 11, 101), rng.integers(20, 1000, 101)
    rho = np.median(scatter.own_scatter(deviance, freedom, n))
    assert rho > 0
    scaled = deviance / (1 + (n - 1) * rho) / chi2.ppf(0.5, freedom)
    assert np.median(scaled) == pytest.approx(1)
    assert np.isnan(scatter.own_scatter(np.array([1.0]), np.array([5]), np.array([1]))).all()


@pytest.mark.parametrize("scatter", [0.0, 0.015, 0.05])
@pytest.mark.parametrize("metric", ["exact_str_match", "multiple_choice_grade"])
def test_scatter_is_recovered(metric, scatter):
    frame = calibration.curves(metric, 800, 60, 8, World(seed=2, scatter=scatter))
    found = fit_and_test(frame, np.inf)
    assert found["rho"].median() == pytest.approx(scatter, abs=0.004)
    assert (found["dispersion_source"] == "family_metric").all()
    np.testing.assert_allclose(found["dispersion"], 1 + 59 * found["rho"])


def test_scatter_comes_from_the_others_alone():
    """One curve that scatters wildly has the rho of the rest, and does not pass for it."""
    frame = calibration.curves("exact_str_match", 60, 200, 12, World(seed=3, scatter=0.0))
    frame = frame[frame["is_testable"]].reset_index(drop=True)
    wild = np.array([0.1, 0.8, 0.2, 0.9, 0.1, 0.7, 0.3, 0.9, 0.2, 0.8, 0.1, 0.9])
    other = frame.copy()
    other.at[0, "ys"] = wild
    calm, found = fit_and_test(frame, np.inf), fit_and_test(other, np.inf)
    assert found.loc[0, "rho"] == pytest.approx(calm.loc[0, "rho"], abs=0.002)
    assert found.loc[0, "p_smooth"] < 1e-6
    assert found.loc[0, "rho"] < found.loc[1:, "rho"].max() + 1e-12


def part_of_a_benchmark(metric, family, n, seed, scatter=0.02):
    frame = calibration.curves(metric, n, 200, 8, World(seed=seed, scatter=scatter))
    return frame.assign(model_family=family, task=family + metric + frame["task"])


def measured(frame, threshold):
    """Tests of curves, with their family and metric."""
    return fit_and_test(frame, threshold).assign(metric=frame["metric"], model_family=frame["model_family"])


def test_where_the_scatter_is_from():
    """At least 20 other curves of the family and metric, else of the metric, else of all, else none."""
    frame = pd.concat(
        [
            part_of_a_benchmark("exact_str_match", "large", 40, 1),
            part_of_a_benchmark("exact_str_match", "small", 5, 2),
            part_of_a_benchmark("multiple_choice_grade", "small", 5, 3),
        ]
    ).reset_index(drop=True)
    found = measured(frame, np.inf)
    sources = found.groupby(["model_family", "metric"])["dispersion_source"].unique().map(list).to_dict()
    assert sources == {
        ("large", "exact_str_match"): ["family_metric"],
        ("small", "exact_str_match"): ["metric"],
        ("small", "multiple_choice_grade"): ["all"],
    }
    few = measured(frame[:5], np.inf)
    assert (few["dispersion_source"] == "none").all() and (few["rho"] == 0).all()


def test_a_small_pool_that_scatters_more_is_not_outvoted_by_another_metric():
    """12 curves of exact match that scatter beside 60 of multiple choice that do not."""
    frame = pd.concat(
        [
            part_of_a_benchmark("exact_str_match", "F", 12, 4, scatter=0.04),
            part_of_a_benchmark("multiple_choice_grade", "F", 60, 5, scatter=0.0),
        ]
    ).reset_index(drop=True)
    found = measured(frame, np.inf)
    scattering = found[found["metric"] == "exact_str_match"]
    assert (scattering["dispersion_source"] == "family_metric").all() and scattering["rho"].between(0.01, 0.1).all()
    assert (found.loc[found["metric"] == "multiple_choice_grade", "rho"] < 0.004).all()
    # The other way round the wider pool scatters more, and counts.
    frame = pd.concat(
        [
            part_of_a_benchmark("exact_str_match", "F", 12, 4, scatter=0.0),
            part_of_a_benchmark("multiple_choice_grade", "F", 60, 5, scatter=0.04),
        ]
    ).reset_index(drop=True)
    calm = measured(frame, np.inf).query("metric == 'exact_str_match'")
    assert (calm["dispersion_source"] == "all").all() and (calm["rho"] > 0.02).all()


def test_goodness_of_fit_is_chi_square_where_counts_are_large():
    mean = np.full((1, 10), 0.4)
    p = goodness.goodness_of_fit(
        np.array([14.0]), np.array([1.0]), goodness.deviance_moments(mean, np.full((1, 10), 2000.0))
    )
    assert p[0] == pytest.approx(chi2.sf(14, 8), rel=0.01)
    p = goodness.goodness_of_fit(np.array([14.0]), np.array([2.0]), goodness.deviance_moments(mean, np.full((1, 10), 2e6)))
    assert p[0] == pytest.approx(chi2.sf(7, 8), rel=0.01)


def test_goodness_of_fit_without_room_to_depart():
    mean = np.zeros((2, 6))
    p = goodness.goodness_of_fit(np.array([0.0, np.inf]), np.ones(2), goodness.deviance_moments(mean, np.full((2, 6), 50.0)))
    assert p.tolist() == [1.0, 0.0]


def test_models_that_only_guess_are_not_rejected_too_often():
    """All at the chance rate: a fit at the floor has used no parameter."""
    rng = np.random.default_rng(0)
    curves = rng.binomial(200, 0.25, (3000, 12)) / 200
    found = fit_and_test(frame_of(curves, 200, 0.25, "multiple_choice_grade"), np.inf)
    assert (found["fit_status"] == "at_floor").mean() > 0.1
    assert found["rho"].median() < 0.003
    assert (found["p_smooth"] < 0.05).mean() <= 0.065
    at_floor = found[found["fit_status"] == "at_floor"]
    assert (at_floor["p_smooth"] < 0.05).mean() <= 0.065


def test_moments_of_the_deviance_are_those_of_the_draws():
    rng = np.random.default_rng(0)
    for n, mu in ((32, 0.02), (32, 0.3), (200, 0.005), (20000, 0.0001), (5000, 4e-6)):
        k = rng.binomial(n, mu, 200_000)
        d = goodness.deviances(k / n, np.full(k.shape, n), np.full(k.shape, mu))
        first, second = goodness.deviance_moments(np.array([[mu]]), np.array([[float(n)]]))
        assert first[0, 0] == pytest.approx(d.mean(), rel=0.03)
        assert second[0, 0] == pytest.approx(d.var(), rel=0.05)


# --- p_sharp -----------------------------------------------------------------------------------------------------------

LAW = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5])


def test_sharp_test_agrees_with_plain_simulation():
    n, rho = np.full(6, 40.0), np.full(6, 0.02)
    y = np.array([0.0, 0.025, 0.025, 0.1, 0.125, 0.6])
    p, n_draws = bootstrap.sharp_test(y, n, LAW, rho, 10**6, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    weight = 0.98 / 0.02
    drawn = rng.binomial(40, rng.beta(LAW * weight, (1 - LAW) * weight, (400_000, 6))) / 40
    share = np.mean(bootstrap.improvement_scores(drawn) >= bootstrap.improvement_scores(y) - 1e-9)
    assert p == 10 / n_draws
    repeated = [bootstrap.sharp_test(y, n, LAW, rho, 10**6, np.random.default_rng(k))[1] for k in range(300)]
    # Negative binomial: the mean number of draws to the 10th success is 10 / share.
    assert np.mean(repeated) == pytest.approx(10 / share, rel=0.08)


def test_draws_end_at_the_limit():
    """A jump that the law never gives: p is as small as the number of draws allows."""
    y = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    flat = np.full(6, 0.5)
    p, n_draws = bootstrap.sharp_test(y, np.full(6, 50_000.0), flat, np.zeros(6), 1000, np.random.default_rng(0))
    assert (p, n_draws) == (1 / 1001, 1000)


def test_flat_draws_count_as_smaller_and_infinite_ones_as_larger():
    n, rho = np.full(6, 10.0), np.zeros(6)
    # All draws are flat: none exceeds even a falling curve's score.
    p, n_draws = bootstrap.sharp_test(np.linspace(1, 0, 6), n, np.zeros(6), rho, 100, np.random.default_rng(0))
    assert (p, n_draws) == (1 / 101, 100)
    # All draws are infinite.
    certain = np.array([0, 0, 0, 0, 0, 1.0])
    p, n_draws = bootstrap.sharp_test(np.array([0, 0, 0.1, 0, 0, 0.9]), n, certain, rho, 100, np.random.default_rng(0))
    assert (p, n_draws) == (1.0, 10)


def test_draws_suffice_for_benjamini_hochberg():
    """One perfect jump among many tests can be rejected: 1 / draws is below 0.05 / tests."""
    rng = np.random.default_rng(0)
    curves = [rng.binomial(200, 0.5, 12) / 200 for _ in range(30)]
    frame = frame_of([*curves, [0.5] * 11 + [1.0]], chance=0.25)
    frame.at[30, "ys"] = np.array([0.5] * 6 + [0.505] + [0.5] * 4 + [1.0])
    found = fit_and_test(frame, 20)
    assert found.loc[30, "n_draws"] > 20 * 31 / 0.05
    assert found.loc[30, "p_sharp"] * 31 < 0.05
    assert found["p_sharp"][:30].isna().all()


def test_examples_to_resolve():
    rng = np.random.default_rng(0)
    law = np.linspace(0.001, 0.03, 12)
    size = bootstrap.examples_to_resolve(law, 20, 0.0, 20, rng)
    assert size > 20
    drawn = {n: rng.binomial(n, law, (2000, 12)) / n for n in (size // 2, 2 * size)}
    assert (
        np.median(bootstrap.improvement_scores(drawn[size // 2]))
        >= 20
        > np.median(bootstrap.improvement_scores(drawn[2 * size]))
    )
    # Never fewer than there are; what is flat has not been resolved.
    assert bootstrap.examples_to_resolve(np.linspace(0.2, 0.8, 12), 50, 0.0, 20, rng) == 50
    assert bootstrap.examples_to_resolve(np.linspace(1e-5, 5e-4, 12), 30, 0.0, 20, rng) > 1000
    assert bootstrap.examples_to_resolve(np.array([0, 0, 0, 0, 0, 0.5]), 30, 0.0, 20, rng) is None


# --- whole curves ------------------------------------------------------------------------------------------------------


def test_the_same_bytes_in_any_order_and_with_any_number_of_processes(monkeypatch):
    frame = pd.concat(
        [calibration.curves(metric, 120, 50, n, World(seed=5)) for metric in calibration.METRICS for n in (5, 9)],
        ignore_index=True,
    )
    frame["task"] += "_" + frame["scales"].map(len).astype(str)
    whole = fit_and_test(frame, 10)
    assert whole["p_sharp"].notna().sum() > 5
    monkeypatch.setattr(passes, "CURVES_PER_CHUNK", 50)
    order = np.random.default_rng(0).permutation(len(frame))
    mixed = fit_and_test(frame.iloc[order].reset_index(drop=True), 10, n_processes=2)
    mixed = mixed.iloc[np.argsort(order)].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, mixed, check_exact=True)
    other = fit_and_test(frame, 10, seed=1)
    assert (other["p_sharp"] - whole["p_sharp"]).abs().max() > 0


def test_no_curve_at_all():
    assert fit_and_test(frame_of([[0, 0, 0, 0, 0.5]])[:0], 20).empty


@pytest.fixture
def database(tmp_path):
    def made(**settings):
        return build(normalise(tmp_path / "in"), **settings)

    made.root = tmp_path / "in"
    return made


def neighbours(root, n=30):
    """Smooth curves of the same family and metric, so that the scatter has a pool."""
    rng = np.random.default_rng(0)
    x = np.log(BIG_G)
    for k in range(n):
        mean = np.exp(-np.exp(rng.uniform(-0.6, 0.6) - 0.15 * (x - x.mean())))
        put_curve(root, (rng.binomial(200, mean) / 200).tolist(), f"smooth_{k}", scales=BIG_G)


@pytest.mark.parametrize("ending", [[1.0], [61 / 203, 183 / 203]])
def test_a_law_of_absurd_exponent_is_steep_and_not_explained(database, ending):
    neighbours(database.root)
    put_curve(database.root, [0.0] * (12 - len(ending)) + ending, "jump", scales=BIG_G, shots=0)
    # At other shots of the task the shares give the number of examples away.
    for k, share in enumerate([1 / 203, 2 / 203, 3 / 203]):
        one = entry({"exact_str_match": share}, label="jump", shots=1)
        put(database.root, score_file([one], "jump", "F", f"other_{k}", BIG_G[k]), f"scores_other_{k}.json", "jump")
    found = rows(database(), "select * from mirage where task = 'jump' and shots = 0")[0]
    assert found["improvement_score"] == float("inf")
    assert found["verdict"] == "steep"
    assert found["slope_high"] < -0.5
    assert f"{found['slope_high']:.2f}" in found["reason"]
    if ending == [1.0]:
        assert (found["fit_status"], found["slope"], found["slope_low"]) == ("slope_unbounded", None, -np.inf)


def test_what_is_not_testable_says_why(database):
    good = [k / 203 for k in (1, 20, 41, 62, 81, 101)]
    put_curve(database.root, good, "fine")
    put_curve(database.root, good[:4], "short")
    put_curve(database.root, good, "no_chance", metric="numeric_match_with_0_1_relative_error")
    put_curve(database.root, [2**-0.5, *good[1:]], "no_shares")
    put_curve(database.root, good, "emojis_emotion_prediction")
    put_curve(database.root, [0.25] * 6, "flat")
    put_curve(database.root, [1 / 60, 7 / 60, 3 / 64, 5 / 64, 7 / 64, 9 / 64], "two_sizes")
    put_curve(database.root, good, "with_chance", metric="multiple_choice_grade", low_score=0.2)
    con = database()
    found = {row["task"]: row for row in rows(con, "select * from mirage")}
    assert {task: row["reason"] for task, row in found.items() if row["verdict"] == "not_testable"} == {
        "short": "fewer than 5 scales",
        "no_chance": "chance rate unknown",
        "no_shares": "number of examples unknown",
        "emojis_emotion_prediction": "no shares of right answers (tasks.note)",
        "flat": "flat: no step at all",
        "two_sizes": "number of examples unknown: test sets of different sizes",
    }
    assert found["fine"]["chance"] == 0 and found["with_chance"]["chance"] == 0.2
    assert found["short"]["slope"] is not None and found["short"]["q_smooth"] is None
    assert found["fine"]["q_smooth"] is not None and found["fine"]["p_sharp"] is None
    assert {row["verdict"] for row in found.values()} == {"not_testable", "no_jump"}


def test_chance_is_that_of_the_preferred_metric_and_of_all_models(database):
    good = [k / 203 for k in (41, 50, 62, 81, 111, 142)]
    put_curve(database.root, good, "one", metric="multiple_choice_grade", low_score=0.25)
    for k in range(6):
        path = database.root / f"bigbench/benchmark_tasks/one/results/scores_F_m{k}.json"
        if k == 3:
            path.write_text(path.read_text().replace('"low_score": 0.25', '"low_score": 0.3'))
    found = rows(database(), "select chance, verdict, reason from mirage")
    assert found == [{"chance": None, "verdict": "not_testable", "reason": "chance rate unknown"}]


def judged(trials, threshold=20, slope=-0.2):
    """mirage.sql on given rows."""
    names = list(TABLES["mirage"]["columns"])
    trials = pd.DataFrame(trials)
    for name, value in {"subtask": "s", "shots": 0, "metric": "m", "filter": "none", "model_family": "F", "n_scales": 12,
                        "chance": 0.0,
                        "n_examples": 100, "n_source": "values", "n_ambiguous": False, "entry_kind": "task", "status": "ok",
                        "no_shares": False, "is_fitted": True, "not_testable": None, "improvement_score": np.inf,
                        "slope_high": 0.0, "p_smooth": 0.5, "p_sharp": np.nan, "score_noise_free": 30.0,
                        "n_resolve": np.nan}.items():  # fmt: skip
        if name not in trials:
            trials[name] = value
    trials["task"] = [f"t{k:04}" for k in range(len(trials))]
    trials["curve_id"] = np.arange(len(trials))
    trials["not_testable"] = trials["not_testable"].astype("str").where(trials["not_testable"].notna(), None)
    trials = trials.assign(scales=None, ys=None, n_models=None)
    of_trials = [name for name in trials if name not in {"curve_id", *TESTED}]
    measured = pd.DataFrame({name: trials.get(name, np.nan) for name in ["curve_id", *TESTED]})
    with connect() as con:
        con.register("trials_frame", trials[["curve_id", *of_trials]])
        con.execute("create view trials as select * replace (not_testable::varchar as not_testable) from trials_frame")
        con.register("measured_frame", measured)
        con.execute("create view measured as select * replace (n_resolve::bigint as n_resolve) from measured_frame")
        settings = pd.DataFrame({"emergence_threshold": [float(threshold)], "steepest_plausible_slope": [slope]})
        con.register("settings", settings)
        found = con.execute(sql.sql_text("tables/mirage")).df()
    assert found.columns.tolist() == names
    return found


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "mirage"),
        ({"improvement_score": 20.0}, "no_jump"),
        ({"improvement_score": np.nan}, "no_jump"),
        ({"not_testable": "flat"}, "not_testable"),
        ({"p_smooth": 0.04}, "unexplained"),
        ({"p_sharp": 0.04, "slope_high": -0.9}, "unexplained"),
        ({"p_smooth": 0.04, "improvement_score": 3.0}, "no_jump"),
        ({"slope_high": -0.21, "score_noise_free": 3.0}, "steep"),
        ({"slope_high": -0.19, "score_noise_free": 3.0, "n_resolve": 70}, "resolution"),
        ({"score_noise_free": np.nan}, "resolution"),
        ({"score_noise_free": np.inf}, "mirage"),
    ],
)
def test_the_first_verdict_that_applies(given, verdict):
    found = judged([given])
    assert found["verdict"].tolist() == [verdict]
    assert found["reason"].str.len().min() > 3


def test_no_sentence_calls_a_steep_curve_explained():
    assert "explain" not in sql.sql_text("tables/mirage").split("when 'steep'")[1].split("when 'resolution'")[0]


def test_q_values_are_benjamini_hochberg_over_all_testable_curves():
    rng = np.random.default_rng(0)
    p_smooth, p_sharp = rng.beta(0.4, 1, 500).round(2), rng.beta(0.3, 1, 500)
    p_sharp[200:] = np.nan  # not drawn
    metric = rng.choice(["a", "b", "c"], 500)
    not_testable = np.where(rng.random(500) < 0.2, "no", None)
    found = judged({"p_smooth": p_smooth, "p_sharp": p_sharp, "metric": metric, "not_testable": not_testable})
    found = found.set_index("task").loc[[f"t{k:04}" for k in range(500)]]
    tested = not_testable == None  # noqa: E711
    assert found.loc[~tested, "q_smooth"].isna().all()
    for p, q in ((p_smooth, "q_smooth"), (np.nan_to_num(p_sharp, nan=1.0), "q_sharp")):
        np.testing.assert_allclose(found.loc[tested, q], false_discovery_control(p[tested]), rtol=1e-12)
        for name in "abc":
            part = tested & (metric == name)
            np.testing.assert_allclose(found.loc[part, f"{q}_metric"], false_discovery_control(p[part]), rtol=1e-12)
    assert found.loc[tested & (np.arange(500) >= 200), "q_sharp"].eq(1).all()


def test_informative_curves_have_three_points_with_both_outcomes():
    mean = np.array([[0.005, 0.01, 0.5, 0.99, 0.995], [0.0, 0.0, 0.02, 0.5, 0.5]])
    points = Points(np.zeros((2, 5)), mean, np.full((2, 5), 100.0), np.zeros(2))
    assert scatter.is_informative(points, mean).tolist() == [True, True]
    assert scatter.is_informative(points, mean * [[1], [0.04]]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("mean", "n", "rho"), [(0.5, 440, 0.0), (0.001, 1024, 0.02), (0.9, 4, 0.0), (0.0, 50, 0.0), (1.0, 50, 0.1)]
)
def test_numbers_right_are_the_inverse_of_the_distribution_function(mean, n, rho):
    (table,) = bootstrap.cumulative(np.array([mean]), np.array([n]), np.array([rho]))
    edges = np.arange(4096) / 4096
    at_the_steps = np.concatenate([table, np.nextafter(table, 0), edges, np.nextafter(edges, 1), [0.0]])
    uniform = np.concatenate([np.random.default_rng(0).random(100_000), at_the_steps[at_the_steps < 1]])
    found = bootstrap.numbers_right(table, bootstrap.bounds_of_buckets(table), uniform)
    np.testing.assert_array_equal(found, np.searchsorted(table, uniform, side="right"))
