"""The SQL of the scores against an independent NumPy implementation, and against what can be said without either."""

import math

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jumpcheck.base import sql
from jumpcheck.base.database import connect
from jumpcheck.base.settings import one_row
from jumpcheck.base.tables import build

KEY = {"subtask": "t", "shots": 0, "model_family": "F"}


def run(curves, metric="m"):
    """The table `curves` of many curves, each a list of (scale, score), in their order."""
    scales = sorted({scale for points in curves for scale, _ in points})
    rows = []
    for number, points in enumerate(curves):
        # Several models may have one scale: the name of a model is its scale and how often that came up before.
        repeats = {}
        for scale, score in points:
            repeats[scale] = repeats.get(scale, -1) + 1
            rows.append((number, f"{number:06}", f"{scales.index(scale)}/{repeats[scale]}", scale, score))
    frame = pd.DataFrame(rows, columns=["curve_id", "task", "model", "scale", "score"])
    frame = frame.assign(
        **KEY,
        metric=metric,
        filter="none",
        entry_kind="task",
        is_preferred=True,
        n_examples=None,
        n_source=None,
        stderr=None,
        n_runs=1,
    )
    with connect() as con:
        con.register("scores", frame.drop(columns="scale").assign(chance=None, chance_source=None))
        con.register("models", frame[["model_family", "model", "scale"]].drop_duplicates())
        con.execute(
            """create table metrics as
            select
                'm' as metric, null::boolean as higher_is_better, false as is_proportion, false as is_bookkeeping,
                'value' as scored_as"""
        )
        con.execute(
            "insert into metrics values ('lower', false, false, false, 'value'), ('loss', false, false, false, 'log')"
        )
        con.execute("create table recovered_examples (task text, subtask text, split text, model_family text)")
        for column in ("n_examples int", "n_source text", "n_ambiguous boolean", "largest_size int"):
            con.execute(f"alter table recovered_examples add column {column}")
        con.register("given_settings", one_row({}))
        build(con, "score/curves")
        return con.table("curves").df()


def check(curves):
    """Both implementations agree on all of `curves`, the infinite and undefined ones included."""
    found = run(curves)
    assert len(found) == len(curves)
    for row, points in zip(found.itertuples(), curves, strict=True):
        status, emergence, linearity = oracle.scores(points)
        assert row.status == status, points
        for value, expected in ((row.emergence_score, emergence), (row.linearity, linearity)):
            if expected is None:
                assert pd.isna(value), points
            else:
                assert value == pytest.approx(expected, rel=1e-12), points
    return found


def curve(values):
    return [(10.0**k if len(values) < 100 else 1.0 + k, float(v)) for k, v in enumerate(values)]


def test_ten_thousand_random_curves():
    rng = np.random.default_rng(20230428)
    curves = []
    for number in range(10_000):
        n = int(rng.choice([2, 3, 4, 5, 8, 12]))
        few_levels = rng.integers(0, 5, n) / 4  # ties, flat curves and infinite scores
        values = few_levels if number % 2 else rng.normal(0, 10.0 ** rng.integers(-8, 9), n)
        points = curve(values)
        if number % 3 == 0:
            points += [(points[0][0], float(values[-1]))]  # two models at one scale
        rng.shuffle(points)
        curves.append([tuple(p) for p in points])
    found = check(curves)
    assert set(found["status"]) == {"ok", "infinite", "flat", "too_few_scales"}
    assert (found["status"] == "infinite").sum() > 100


@pytest.mark.parametrize(
    ("values", "status", "score", "linearity"),
    [
        ([0, 1, 2], "ok", 2, 2),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "ok", 11, 11),
        ([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0], "ok", -11, -11),
        ([0, 0, 0, 0, 1], "infinite", math.inf, 2),
        ([1, 1, 1, 1, 0], "infinite", -math.inf, -2),
        ([0, 0, 1], "ok", math.sqrt(2), math.sqrt(2)),
        ([1e-170, 2e-170, 3e-170, 4e-170, 5e-170], "ok", 4, 4),
        ([1e100, -1e100, 1e100, -1e100], "ok", -1, -1),
        ([3, 3, 3], "flat", None, None),
        ([0, 0, 0], "flat", None, None),
        ([0, 1], "too_few_scales", None, None),
        ([1], "too_few_scales", None, None),
        # Ties of the extremes go to the smaller scale: the top stands before the bottom here, and after it there.
        ([1, 0, 1, 0, 1], "ok", -1, -1),
        ([0, 1, 0, 1, 0], "ok", 1, 1),
        # 0.1 + 0.2 is not 0.3 in double precision, and must not be a step or a new top.
        ([0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3], "flat", None, None),
        ([0.3, 0.0, 0.1 + 0.2], "ok", -1, -1),
        # A step of just 1e-12 of the largest is none.
        ([0, 0, 1, 1e12], "infinite", math.inf, math.sqrt(3) * 1e12 / (1e12 - 1)),
        ([0, 0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2, 0.9], "infinite", math.inf, 0.9 / math.sqrt((0.3**2 + 0.6**2) / 5)),
    ],
)
def test_known_curves(values, status, score, linearity):
    found = check([curve(values)]).iloc[0]
    assert found["status"] == status
    if score is None:
        assert pd.isna(found["emergence_score"]) and pd.isna(found["linearity"]) and pd.isna(found["sharpness"])
    else:
        assert found["emergence_score"] == pytest.approx(score, rel=1e-12)
        assert found["linearity"] == pytest.approx(linearity, rel=1e-12)
        assert found["sharpness"] == pytest.approx(abs(score) / (len(values) - 1), rel=1e-12)


def test_a_thousand_scales():
    rng = np.random.default_rng(1)
    line = check([curve(range(1000)), curve(rng.normal(size=1000)), curve([0] * 999 + [1])])
    assert line["emergence_score"][0] == pytest.approx(999, rel=1e-12)
    assert line["sharpness"][0] == pytest.approx(1, rel=1e-12)
    assert line["n_scales"].tolist() == [1000] * 3


def test_order_of_the_rows_does_not_matter():
    points = curve([0.1, 0.15, 0.4, 0.35, 0.9])
    assert len(set(run([points, points[::-1], points[2:] + points[:2]])["emergence_score"])) == 1


values = st.lists(
    st.one_of(
        st.floats(-1e100, 1e100, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-250),
        st.integers(-3, 3).map(float),
        st.sampled_from([0.1 + 0.2, 0.3, 0.0]),
    ),
    min_size=1,
    max_size=16,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=20))
def test_generated_curves(many):
    check([curve(v) for v in many])


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(-50, 50), min_size=3, max_size=12), min_size=1, max_size=20),
    st.integers(-1000, 1000),
    st.sampled_from([0.125, 0.5, 3.0, 1024.0]),
)
def test_invariances(many, shift, factor):
    """Shift and positive scaling leave the score alone, reversal flips it where the extremes are unique."""
    plain = run([curve(v) for v in many])
    for changed in ([[x + shift for x in v] for v in many], [[x * factor for x in v] for v in many]):
        np.testing.assert_allclose(
            run([curve(v) for v in changed])["emergence_score"].to_numpy(),
            plain["emergence_score"].to_numpy(),
            rtol=1e-12,
        )
    reversed_ = run([curve(v[::-1]) for v in many])
    for row, back, v in zip(plain.itertuples(), reversed_.itertuples(), many, strict=True):
        if v.count(max(v)) == 1 and v.count(min(v)) == 1:
            assert back.emergence_score == pytest.approx(-row.emergence_score, rel=1e-12)


def test_nan_and_infinity_are_no_points():
    """Normalise keeps them out; should one get in, it must not pass for a score."""
    odd = [curve([0, 1, float("nan"), 3]), curve([0, float("inf"), 1, 3, 4]), curve([0, float("nan"), 2])]
    found = check(odd)
    assert found["n_scales"].tolist() == [3, 4, 2]


def test_direction_turns_the_improvement_score_only():
    points = curve([0.9, 0.8, 0.85, 0.1])
    unknown, lower = run([points]).iloc[0], run([points], "lower").iloc[0]
    assert unknown["emergence_score"] == lower["emergence_score"] < 0
    assert pd.isna(unknown["direction"]) and pd.isna(unknown["improvement_score"]) and not unknown["is_counted"]
    assert lower["direction"] == -1 and lower["improvement_score"] == -lower["emergence_score"] > 0


def test_models_at_one_scale_are_averaged_and_counted():
    points = [(1.0, 0.0), (1.0, 1.0), (10.0, 0.5), (100.0, 1.5)]
    found = check([points]).iloc[0]
    assert (found["n_scales"], found["n_models"]) == (3, 4)
    assert (found["y_min"], found["y_max"], found["status"]) == (0.5, 1.5, "ok")


def test_perplexities_are_scored_as_their_logarithm():
    """A loss that is a straight line is one, whatever its exponential looks like; with a score of 0 it stays as it is."""
    losses = [8.0, 6.0, 4.0, 2.0, 1e-9]
    found = run([curve(np.exp(losses))], "loss").iloc[0]
    assert found["scored_as"] == "log" and found["emergence_score"] == pytest.approx(-4, rel=1e-6)
    assert (found["y_min"], found["y_max"]) == pytest.approx((1e-9, 8.0))
    assert run([curve([1.5, 1.2, 0.9])], "loss").iloc[0]["scored_as"] == "log"
    zero = run([curve([3.0, 2.0, 1.0, 0.0])], "loss").iloc[0]
    assert zero["scored_as"] == "value" and zero["emergence_score"] == pytest.approx(-3)


def test_models_without_a_scale_are_no_points():
    """They are counted, and their chance rates do not count. A model without a number of examples has 0 of them."""
    names = ["model", "score", "chance", "n_examples", "scale"]
    rows = [
        ("a", 0.1, 0.25, 10, 1e9),
        ("b", 0.2, 0.5, 20, 2e9),
        ("c", 0.4, 0.3, None, 2e9),
        ("x", 0.9, 0.0, 30, None),
        ("y", 0.8, 1, 30, None),
    ]
    frame = pd.DataFrame(rows, columns=names).assign(
        **KEY, curve_id=1, task="t", metric="m", filter="none", entry_kind="task", is_preferred=True, stderr=None, n_runs=1
    )
    frame = frame.assign(n_source=None, chance_source="file")
    with connect() as con:
        con.register("scores", frame.drop(columns="scale"))
        con.register("models", frame[["model_family", "model", "scale"]])
        con.execute("create table metrics as select 'm' as metric, 'value' as scored_as")
        found = con.execute(sql.sql_text("score/series")).df().iloc[0]
    assert (found["n_models"], found["n_without_scale"]) == (3, 2)
    assert (found["chance_min"], found["chance_max"]) == (0.25, 0.5)
    assert (found["n_examples_min"], found["n_examples_max"]) == (0, 30)
    assert found["scales"].tolist() == [1e9, 2e9] and found["models_per_point"].tolist() == [1, 2]
    assert found["ys"] == pytest.approx([0.1, 0.3])
