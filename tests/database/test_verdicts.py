"""From the tests of single curves to verdicts: q values against SciPy, what made a jump, the mirages, other choices."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from builders import REFERENCE, build, put_curve, rows
from jumpcheck.base.database import connect
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.breaks import measuring, sensitivity
from jumpcheck.breaks.model_effects import attached
from jumpcheck.database.assembling import assemble, computed_inputs
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.normalise.gather import inputs_of_score
from scipy.stats import false_discovery_control

GROUP = ["task", "metric", "model_family"]


def simes(p):
    """P value of the hypothesis that nothing is there in any of p (Simes 1986)."""
    return (np.sort(p) * len(p) / np.arange(1, len(p) + 1)).min()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """What the tables are made of: 40 tasks in up to five shots; half of the curves of a task jump or none does."""
    root, rng = tmp_path_factory.mktemp("verdicts"), np.random.default_rng(0)
    for k in range(40):
        for shots in range(1 + k % 5):
            y = np.sort(rng.binomial(203, np.linspace(0.1, 0.6, 8))) / 203
            if k % 3 == 0 and shots % 2 == 0:
                y = np.array([20, 21, 22, 23, 24, 25, 26, 150]) / 203
            put_curve(root / str(shots), y.tolist(), f"task_{k:02}", shots=shots)
    with connect() as con:
        made = [inputs_of_score(con, normalise(root / str(shots)), REFERENCE) for shots in range(5)]
        scores = pa.concat_tables([one["published_scores"] for one in made])
        return computed_inputs({**made[0], "published_scores": scores}, DEFAULTS)


def database(inputs, p_break=None, size_high=None, **settings):
    """All tables, with these p values and bounds in place of those of the curves that have one."""
    measured = inputs["computed_measured"].to_pandas()
    known = measured["p_break"].notna()
    for name, values in (("p_break", p_break), ("size_high", size_high)):
        if values is not None:
            measured.loc[known, name] = values
    if p_break is not None:
        # Curves that rise, with breaks that no other law explains and that are not at the last scale, and without decoys.
        measured = measured.assign(log_ratio=10.0, p_rising=1.0, p_with_effects=np.nan, p_decoy=1.0)
        measured["break_is_last"] = pd.Series(False, measured.index, dtype=object).where(known, None)
    con = connect()
    given = inputs | {"computed_measured": pa.Table.from_pandas(measured, measuring.MEASURED_SCHEMA)}
    assemble(con, given, DEFAULTS | settings, {})
    return con


@pytest.fixture(scope="module", params=["all null", "some small", "ties", "near the level"])
def judged(request, inputs):
    """(table breaks, table triplets) with drawn p values."""
    n, rng = inputs["computed_measured"].to_pandas()["p_break"].notna().sum(), np.random.default_rng(1)
    p = {
        "all null": rng.random(n),
        "some small": np.where(rng.random(n) < 0.3, rng.random(n) ** 8, rng.random(n)),
        "ties": np.maximum(rng.integers(0, 6, n) / 5, 0.001),
        "near the level": rng.choice([1e-6, 0.03, 0.5], n, p=[0.15, 0.5, 0.35]),
    }[request.param]
    with database(inputs, p, size_high=2.0) as con:
        return request.param, con.sql("from breaks").df(), con.sql("from triplets").df()


def test_p_of_a_triplet_is_that_of_simes_and_its_q_that_of_benjamini_and_hochberg(judged):
    name, breaks, triplets = judged
    p = breaks.dropna(subset="p_break").groupby(GROUP)["p_break"].agg(simes)
    found = triplets.set_index(GROUP).loc[p.index]
    np.testing.assert_allclose(found["p"], p, rtol=1e-12)
    np.testing.assert_allclose(found["q"], false_discovery_control(p), rtol=1e-12)
    assert len(p) == 40 and breaks["p_break"].notna().sum() > 100
    assert ((found["q"] < 0.05).sum() > 3) == (name != "all null")
    assert ((found["verdict"] == "break") == (found["q"] < 0.05)).all()


def test_q_of_jumping_triplets_is_among_those_that_display_emergence(judged):
    _, _, triplets = judged
    jumping = triplets["jumps"] & triplets["p"].notna()
    assert 5 < jumping.sum() < jumping.size
    np.testing.assert_allclose(
        triplets.loc[jumping, "q_jumping"], false_discovery_control(triplets.loc[jumping, "p"]), rtol=1e-12
    )
    assert triplets.loc[~jumping, "q_jumping"].isna().all()


def test_curves_of_selected_triplets_are_judged_at_the_level_that_selection_leaves(judged):
    """Benjamini and Bogomolov 2014: within R selected of m triplets by Benjamini-Hochberg at the level 0.05 R / m."""
    name, breaks, triplets = judged
    tested = triplets[triplets["p"].notna()]
    selected = tested[tested["q"] < 0.05].set_index(GROUP).index
    expected, without = set(), set()
    for key, curves in breaks.dropna(subset="p_break").groupby(GROUP):
        if key in selected:
            level, q = 0.05 * len(selected) / len(tested), false_discovery_control(curves["p_break"])
            expected |= set(curves.loc[q < level, "curve_id"])
            without |= set(curves.loc[q < 0.05, "curve_id"])
    assert name != "near the level" or len(without) > len(expected)
    assert set(breaks.loc[breaks["verdict"] == "break", "curve_id"]) == expected
    assert (breaks["q_break"].dropna() < 0.05).sum() == len(expected) and (len(expected) > 3) == (name != "all null")
    q_of, factor = tested.set_index(GROUP)["q"], len(tested) / max(1, len(selected))
    for key, curves in breaks.dropna(subset="p_break").groupby(GROUP):
        q = false_discovery_control(curves["p_break"]) * (factor if key in selected else 1)
        assert curves["q_break"].to_numpy() == pytest.approx(np.clip(q, q_of[key], 1), rel=1e-12)
    # No curve is surer than its triplet, and every triplet with a break has a curve with one.
    of_triplet = breaks.merge(triplets[[*GROUP, "q"]], on=GROUP).dropna(subset="p_break")
    assert (of_triplet["q_break"] >= of_triplet[["q", "p_break"]].max(axis=1) - 1e-12).all()
    assert of_triplet.loc[of_triplet["verdict"] == "break", GROUP].drop_duplicates().shape[0] == len(selected)


def test_a_small_break_is_neither_a_break_nor_smooth(inputs):
    n = inputs["computed_measured"].to_pandas()["p_break"].notna().sum()
    with database(inputs, np.full(n, 1e-6), size_high=0.9) as con:
        breaks, triplets = con.sql("from breaks where p_break is not null").df(), con.sql("from triplets").df()
    assert (breaks["q_break"] == 1).all() and set(breaks["verdict"]) == {"inconclusive"}
    assert breaks["reason"].str.contains("2.7").all() and set(breaks["reason_code"]) == {"small_break"}
    assert set(triplets["verdict"]) == {"inconclusive"}


def test_pairs_have_a_family_of_tests_of_their_own(inputs):
    """Here the preferred metric is the only one, so that pairs are the triplets."""
    with database(inputs) as con:
        pairs, triplets = (con.sql(f"from {name} order by task").df() for name in ("pairs", "triplets"))
    shared = [*GROUP, "p", "q", "n_curves_tested", "verdict", "is_above", "jumps"]
    pd.testing.assert_frame_equal(pairs[shared], triplets[shared])
    # All curves of a task but a few that fall.
    n_tested, n = triplets["n_curves_tested"].to_numpy(), np.array([1 + k % 5 for k in range(40)])
    assert (n_tested <= n).all() and n_tested.sum() > 0.9 * n.sum()


def test_verdicts_of_triplets_from_those_of_their_curves(inputs):
    """Smooth needs every curve to be smooth or at chance; at chance needs all to be."""
    measured = inputs["computed_measured"].to_pandas()
    known = measured["p_break"].notna().sum()
    rng = np.random.default_rng(2)
    changed = measured.assign(
        p_chance=np.where(rng.random(len(measured)) < 0.5, 0.9, np.nan), chance_bound=0.05, constant_answer=np.nan,
        size_high=np.where(rng.random(len(measured)) < 0.8, 0.5, 2.0),
    )  # fmt: skip
    given = inputs | {"computed_measured": pa.Table.from_pandas(changed, measuring.MEASURED_SCHEMA)}
    with database(given, np.full(known, 0.9)) as con:
        breaks, triplets = con.sql("from breaks").df(), con.sql("from triplets").df().set_index(GROUP)
    assert set(breaks["verdict"]) == {"smooth", "at_chance", "inconclusive"}
    for key, of_triplet in breaks.groupby(GROUP)["verdict"]:
        kinds = set(of_triplet)
        expected = "inconclusive" if "inconclusive" in kinds else "smooth" if "smooth" in kinds else "at_chance"
        assert triplets.loc[key, "verdict"] == expected
    assert triplets["verdict"].value_counts().min() > 2


def of_law(level, slope, curvature, n):
    """Shares of n examples of 12 scales, as near as they can be to a law that is quadratic in log scale for the log loss."""
    x = np.linspace(-1, 1, 12)
    return np.round(n * np.exp(-np.exp(level + slope * x + curvature * x**2))) / n


# Counts of right answers, number of examples: {what made the jump: curve}.
JUMPS = {
    "break": ([600, 620, 640, 660, 680, 700, 1600, 1612, 1624, 1636, 1648, 1660], 2003),
    "ties": ([60, 60, 70, 70, 80, 80, 80, 90, 90, 100, 100, 111], 203),
    "metric": ((of_law(1.44, -0.76, -0.37, 9973) * 9973).round().tolist(), 9973),
    "resolution": ([15, 27, 30, 53, 74, 142, 203, 373, 604, 868, 1308, 1931], 9973),
    "none": ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 120], 203),
}


@pytest.fixture(scope="module")
def jumps(tmp_path_factory):
    root = tmp_path_factory.mktemp("jumps")
    for name, (counts, n) in JUMPS.items():
        put_curve(root, [count / n for count in counts], name, "G" if name == "resolution" else "F")
    for k in range(12):  # what pools of curves without scatter tell
        for family in "FG":
            put_curve(root, of_law(0.2 - 0.1 * k, -0.8, 0.1, 9973).tolist(), f"plain_{k}", family)
    at_chance = [52, 52, 52, 53, 53, 54, 54, 53, 53, 55, 55, 55]
    put_curve(root, [count / 211 for count in at_chance], "guessing", metric="multiple_choice_grade", low_score=0.25)
    return build(normalise(root))


@pytest.mark.parametrize("name", JUMPS)
def test_what_made_a_score_large(jumps, name):
    (row,) = rows(jumps, f"select * from breaks where task = '{name}'")
    assert row["jumps"] and row["n_examples"] == JUMPS[name][1]
    above = 22  # twice what a straight line scores over 12 even scales
    expected = {"break": "break", "none": "inconclusive"}.get(name, "smooth")
    assert (row["verdict"], row["source_of_jump"]) == (expected, None if name == "none" else name)
    if name == "ties":
        assert row["improvement_score"] == np.inf and row["score_without_ties"] < above and row["n_resolve"] is None
    if name in ("metric", "resolution"):
        assert row["improvement_score"] > above and row["score_without_ties"] > above
        assert (row["score_noise_free"] > above) == (name == "metric")
        assert (row["n_resolve"] or 0) > row["n_examples"] or name == "metric"


def test_a_curve_at_chance_jumps_by_its_ties(jumps):
    found = rows(jumps, "select verdict, jumps, source_of_jump from breaks where task = 'guessing'")
    assert found == [{"verdict": "at_chance", "jumps": True, "source_of_jump": "ties"}]


def test_mirages_are_the_smooth_curves_that_jump(jumps):
    """Neither where a break is, nor at chance, nor where nothing can be said."""
    found = rows(jumps, "select task, source_of_jump, break_size_high < 1 as excluded from mirages")
    assert {(row["task"], row["source_of_jump"]) for row in found} == {
        (name, name) for name in ("ties", "metric", "resolution")
    }
    assert found[0]["task"] == "ties" and all(row["excluded"] for row in found)  # its score is infinite


def test_a_break_that_does_not_jump_has_no_source(jumps):
    found = rows(jumps, "select distinct source_of_jump from breaks where not jumps")
    assert found == [{"source_of_jump": None}]


def test_sensitivity_counts_every_curve_once_under_every_choice(inputs):
    with database(inputs) as con:
        table = con.sql("from sensitivity").df()
        verdicts = con.sql("from breaks").df()["verdict"].value_counts()
    assert set(table["choice"]) == {
        "half of every pool",
        "a law of two parameters",
        "scatter at the low end of its interval",
        "scatter at the high end of its interval",
        "smallest_break = log 2",
        "smallest_break = log 4",
        "the effects of models left in",
    }
    for _, of_choice in table.groupby("choice"):
        assert of_choice.groupby("verdict")["n_curves"].sum().to_dict() == verdicts.to_dict()
    # Another smallest_break moves no break, and a larger one is excluded more often.
    smooth = table[table["verdict_then"] == "smooth"].groupby("choice")["n_curves"].sum()
    assert smooth.get("smallest_break = log 2", 0) <= verdicts.get("smooth", 0) <= smooth["smallest_break = log 4"]


def test_sensitivity_takes_the_curves_with_the_smallest_numbers(inputs, monkeypatch):
    """And its verdicts are those of the other settings, asked for directly."""
    monkeypatch.setattr(sensitivity, "MAX_CURVES", 30)
    curves = measuring.testable(inputs["computed_trials"])
    told = measuring.estimates(curves)
    pools, curves = told.pools, attached(curves, told.task_effects)
    measured = measuring.measure(curves, pools, DEFAULTS)
    table = sensitivity.sensitivity(curves, pools, measured, DEFAULTS).to_pandas()
    assert set(table.groupby("choice")["n_curves"].sum()) == {30}
    with_p = measured.filter(pc.is_valid(measured["p_break"])).sort_by("curve_id")["curve_id"].to_pylist()
    sample = curves[curves["curve_id"].isin(with_p[:30])]
    settings = DEFAULTS | {"smallest_break": np.log(4.0)}
    then = sensitivity.breaks_of(sample, measuring.measure(sample, pools, settings), settings)["verdict"].value_counts()
    found = table[table["choice"] == "smallest_break = log 4"].groupby("verdict_then")["n_curves"].sum()
    assert found.to_dict() == then.to_dict()
    nothing = sensitivity.sensitivity(curves[:0], pools, measured[:0], DEFAULTS)
    assert sensitivity.in_words(nothing) == "in no curve could a break be detected"


def test_sensitivity_in_words():
    """Of every choice the curves whose verdict it changes."""
    rows = [
        ("one", "break", "break", 4),
        ("one", "break", "smooth", 2),
        ("one", "smooth", "break", 1),
        ("two", "break", "break", 7),
    ]
    table = pa.Table.from_pandas(pd.DataFrame(rows, columns=["choice", "verdict", "verdict_then", "n_curves"]))
    assert sensitivity.in_words(table) == "of 7 curves in which a break could be detected, 3 with one, 0 with two"
