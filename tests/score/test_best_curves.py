"""Triplets and pairs beside Python that goes over curves one by one."""

import itertools
import math
import statistics

import duckdb
import numpy as np
import pandas as pd
import pytest
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import build

THRESHOLD, NEEDED_OF_A_LINE = 20.0, 2.0
KEY = ["task", "metric", "model_family"]


def rank(curve):
    """The curve of a group with the smallest is its most emergent one."""
    score = curve["improvement_score"]
    gain = (curve["y_max"] - curve["y_min"]) / max(abs(curve["y_max"]), abs(curve["y_min"]), 1)
    shots = -1 if curve["shots"] is None else curve["shots"]
    return (
        curve["entry_kind"] == "aggregate",
        math.inf if score is None else -score,
        score is None,
        -curve["n_scales"],
        -gain,
        curve["subtask"],
        shots,
        curve["filter"],
    )


def chosen(curves):
    """The row of `best_curves` of the curves of one group."""
    best, own = min(curves, key=rank), [curve for curve in curves if curve["entry_kind"] != "aggregate"]
    scores = [curve["improvement_score"] for curve in own if curve["improvement_score"] is not None]
    middle = statistics.median(scores) if scores else None
    counted = [curve for curve in own if curve["is_counted"] and curve["improvement_score"] is not None]
    names = ("emergence_score", "improvement_score", "linearity", "sharpness")
    return {name: best[name] if own else None for name in names} | {
        "direction": best["direction"],
        "n_scales": best["n_scales"],
        "curve_id": best["curve_id"],
        "curve_subtask": best["subtask"],
        "curve_shots": best["shots"],
        "curve_filter": best["filter"],
        "n_curves": len(own),
        "n_scored_curves": len(scores),
        "median_improvement_score": None if middle is None or math.isnan(middle) else middle,
        "is_counted": any(curve["is_counted"] for curve in own),
        "is_above": any(curve["improvement_score"] > THRESHOLD for curve in counted),
        "jumps": any(
            curve["improvement_score"] > max(THRESHOLD, NEEDED_OF_A_LINE * curve["straight_line_score"]) for curve in counted
        ),
        "is_preferred": any(curve["is_preferred"] for curve in own) if own else None,
        "status": best["status"] if own else "aggregate_only",
    }


@pytest.fixture(scope="module")
def curves():
    """Groups of up to nine curves whose scores are often equal, missing or infinite, and of aggregates alone."""
    rng = np.random.default_rng(0)
    rows = []
    for group in itertools.product("abcdefgh", ("acc", "em", "bleu"), "FG"):
        parts = list(itertools.product(("s", "t", "whole"), (None, 0, 3), ("none", "strict")))
        for subtask, shots, name in [parts[k] for k in rng.permutation(len(parts))[: rng.integers(1, 10)]]:
            y_min = rng.choice([-3.0, 0.0, 0.2])
            score = rng.choice([np.nan, -np.inf, -5.0, 19.0, 20.0, 21.0, 30.0, np.inf])
            rows.append(
                dict(zip(KEY, group, strict=True))
                | {"subtask": subtask, "shots": shots, "filter": name, "improvement_score": score, "y_min": y_min}
                | {"y_max": y_min + rng.choice([0.5, 1.0]), "n_scales": rng.choice([5, 8]), "direction": rng.choice([-1, 1])}
                | {"is_preferred": rng.random() < 0.6, "is_counted": rng.random() < 0.7}
                | {"straight_line_score": rng.choice([4.0, 10.0, 10.5, 20.0])}
            )
    # Of one group every curve that counts has no score.
    nothing = rows[-1] | {"task": "i", "improvement_score": np.nan, "is_counted": True, "subtask": "s"}
    rows += [nothing, nothing | {"subtask": "t"}]
    frame = pd.DataFrame(rows).astype({"shots": "Int32"})
    frame["entry_kind"] = np.where(frame["subtask"] == "whole", "aggregate", "subtask")
    frame.loc[frame["task"] == "h", "entry_kind"] = "aggregate"
    missing = frame["improvement_score"].isna()
    frame["is_above"] = frame["improvement_score"] > THRESHOLD
    needed = np.maximum(THRESHOLD, NEEDED_OF_A_LINE * frame["straight_line_score"])
    frame["jumps"] = frame["improvement_score"] > needed
    numbers = rng.random((3, len(frame)))
    frame[["emergence_score", "linearity", "sharpness"]] = np.where(missing, np.nan, numbers).T
    return frame.assign(curve_id=rng.permutation(len(frame)), status=np.where(missing, "flat", "ok"))


@pytest.mark.parametrize("only_preferred", [False, True])
def test_best_curves(curves, only_preferred):
    with duckdb.connect() as con:
        con.register("given", curves)
        con.execute("create table curves as from given")
        build(con, "score/best_curves")
        found = con.execute(f"from best_curves({only_preferred})").df().astype(object)
        given = con.execute("from curves").df().astype(object)
    found, given = (frame.where(frame.notna(), None) for frame in (found, given))
    kept = given[given["is_preferred"].astype(bool)] if only_preferred else given
    expected = {key: chosen(group.to_dict("records")) for key, group in kept.groupby(KEY)}
    assert len(found) == len(expected) > 30
    for row in found.to_dict("records"):
        key = tuple(row.pop(name) for name in KEY)
        assert row == expected[key], key
    columns = pd.DataFrame(expected.values())
    for name in ("is_above", "jumps", "is_counted"):
        assert columns[name].nunique() == 2, name
    assert columns["median_improvement_score"].isna().any() and (columns["status"] == "aggregate_only").any()


def test_a_family_without_the_preferred_metric_is_a_pair_without_a_score():
    """Every family of a task beside every metric that a part of it prefers; and the first twin by name."""
    names = ["task", "metric", "model_family", "is_preferred", "entry_kind"]
    curves = pd.DataFrame(
        [("t", "acc", "F", True, "task"), ("t", "em", "F", True, "subtask"), ("t", "acc", "G", True, "task"),
         ("t", "bleu", "H", False, "task"), ("t", "mean", "F", True, "aggregate"), ("u", "acc", "F", False, "task")],
        columns=names,
    )  # fmt: skip
    best = pd.DataFrame(
        [("t", "acc", "F", 1.0), ("t", "em", "F", 2.0), ("t", "acc", "G", 3.0), ("t", "mean", "F", 4.0)],
        columns=[*KEY, "improvement_score"],
    )
    for name in ("emergence_score", "linearity", "sharpness", "median_improvement_score"):
        best[name] = best["improvement_score"] * 10
    best = best.assign(direction=1, n_scales=8, curve_id=[1, 2, 3, 4], curve_subtask="s", curve_shots=0, curve_filter="none")
    best = best.assign(n_curves=2, n_scored_curves=1, is_counted=True, is_above=True, jumps=True)
    best = best.assign(is_preferred=True, status="ok")
    verdicts = best[KEY].assign(
        n_curves_tested=1, n_curves_with_break=1, p=0.01, q=0.02, verdict="break", deciding_curve_id=7
    )
    verdicts = verdicts.assign(jump_verdict="break", jump_is_detectable=True, has_decoy=False, jump_curve_id=7)
    twins = pd.DataFrame(
        [("t", "F", "H", True), ("t", "E", "H", True), ("t", "A", "H", False), ("u", "A", "F", False)],
        columns=["task", "model_family", "other_family", "is_twin"],
    )
    with duckdb.connect() as con:
        for name, frame in (("curves", curves), ("best", best), ("judged", verdicts), ("twins", twins)):
            con.register(name, frame)
        con.execute("create macro best_curves(only_preferred) as table from best")
        con.execute("create macro group_verdicts(only_preferred) as table from judged")
        found = con.execute(sql_text("database/pairs")).df()
    shown = found[["task", "model_family", "metric", "improvement_score", "status", "twin_of", "n_curves", "verdict"]]
    assert shown.astype(object).where(shown.notna(), None).values.tolist() == [
        ["t", "F", "acc", 1.0, "ok", None, 2, "break"],
        ["t", "F", "em", 2.0, "ok", None, 2, "break"],
        ["t", "G", "acc", 3.0, "ok", None, 2, "break"],
        ["t", "G", "em", None, "not_published", None, 0, "not_testable"],
        ["t", "H", "acc", None, "not_published", "E", 0, "not_testable"],
        ["t", "H", "em", None, "not_published", "E", 0, "not_testable"],
        ["u", "F", None, None, "not_published", None, 0, "not_testable"],
    ]
    scored = found[found["status"] == "ok"]
    assert scored["jumps"].all() and scored["is_above"].all() and scored["is_counted"].all()
    assert not found.loc[found["status"] != "ok", ["jumps", "is_above", "is_counted"]].any(axis=None)
    assert scored["n_curves_tested"].eq(1).all() and scored["n_scored_curves"].eq(1).all()
    assert not found.loc[found["status"] != "ok", ["n_curves_tested", "n_scored_curves"]].any(axis=None)
    for name in ("emergence_score", "linearity", "sharpness", "median_improvement_score"):
        assert scored[name].tolist() == [10.0, 20.0, 30.0]


BREAKS = ("break", "one_model", "family")


def verdict_of(verdicts, q, q_with_effects):
    """A break needs a curve with one and q below 0.05; at chance needs all tested curves to be, and smooth all but those."""
    kinds = set(verdicts) - {"not_testable"}
    if not kinds:
        return "not_testable"
    for kind in ("break", "one_model", "family"):
        if (q_with_effects if kind == "family" else q) < 0.05 and kind in kinds:
            return kind
    if kinds <= {"smooth", "at_chance"}:
        return "smooth" if "smooth" in kinds else "at_chance"
    return "inconclusive"


def curve_of(curves, verdict):
    """Of the curves with a verdict: counted ones first, aggregates last; of breaks one that jumps and has the smallest p."""
    of_verdict = curves[curves["verdict"] == verdict].assign(
        is_uncounted=lambda rows: ~rows["is_counted"],
        is_aggregate=lambda rows: rows["entry_kind"] == "aggregate",
        is_flat_break=lambda rows: (verdict in BREAKS) & ~(rows["jumps"] & rows["is_counted"]),
        p=lambda rows: rows["p_with_effects" if verdict == "family" else "p_break"] if verdict in BREAKS else 0,
    )
    order = ["is_uncounted", "is_aggregate", "is_flat_break", "p", "improvement_score", "shots"]
    ranked = of_verdict.sort_values(order, ascending=[True, True, True, True, False, True])
    return None if ranked.empty else ranked["curve_id"].iloc[0]


@pytest.mark.parametrize("only_preferred", [False, True])
def test_group_verdicts(only_preferred):
    """Of all curves, and of those that jump alone; with the curve that each of the two verdicts is from."""
    rng = np.random.default_rng(1)
    drawn = [
        (
            *group,
            rng.choice(kinds),
            rng.random() < 0.7,
            rng.random() < 0.5,
            *rng.choice([0.1, 0.2, 0.3], 3),
            rng.random() < 0.8,
            rng.random() < 0.3,
        )
        for group in itertools.product((f"t{k}" for k in range(300)), ("acc",), "FG")
        for kinds in [
            rng.permutation([*BREAKS, "smooth", "at_chance", "inconclusive", "not_testable"])[: rng.integers(1, 4)]
        ]
        for _ in range(rng.integers(1, 4))
    ]
    names = [
        *KEY,
        "verdict",
        "is_preferred",
        "jumps",
        "p_break",
        "p_with_effects",
        "improvement_score",
        "is_counted",
        "is_decoy",
    ]
    curves = pd.DataFrame(drawn, columns=names).reset_index(names="curve_id")
    curves = curves.assign(n_scales=8, subtask="", shots=curves["curve_id"], filter="none")
    curves["entry_kind"] = np.where(curves["is_counted"] | (rng.random(len(curves)) < 0.5), "task", "aggregate")
    curves.loc[curves["verdict"] == "not_testable", "p_break"] = np.nan
    groups = curves[KEY].drop_duplicates()
    # Groups without a test are not among the tested ones.
    drawn = {
        which: np.where(rng.random(len(groups)) < 0.3, np.nan, rng.choice([0.01, 0.05, 0.5], len(groups)))
        for which in ("break", "with_effects", "decoy")
    }
    q_of, q_with_effects, q_decoy = (groups.assign(q=q).set_index(KEY)["q"] for q in drawn.values())
    tested = pd.concat([groups.assign(p=q / 2, q=q, kind=which).dropna() for which, q in drawn.items()])
    of_curves = ["is_preferred", "is_counted", "entry_kind"]
    with duckdb.connect() as con:
        tables = {"curves": curves[["curve_id", *of_curves]], "breaks": curves.drop(columns=of_curves), "tested": tested}
        for name, frame in tables.items():
            con.register(name, frame)
        con.execute("create macro tested_groups(only_preferred, which) as table select * from tested where kind = which")
        con.register("settings", pd.DataFrame({"fdr": [0.05]}))
        build(con, "breaks/group_verdicts")
        found = con.execute(f"from group_verdicts({only_preferred})").df().set_index(KEY).sort_index()
    kept = curves[curves["is_preferred"]] if only_preferred else curves
    expected = {}
    for key, of_group in kept.groupby(KEY):
        jumping = of_group[of_group["jumps"] & of_group["is_counted"]]
        q = q_of[key], q_with_effects[key]
        verdict = verdict_of(of_group["verdict"], *q)
        jump_verdict = verdict_of(jumping["verdict"], *q) if len(jumping) else None
        has_decoy = bool(of_group["is_decoy"].any() and q_decoy[key] < 0.05)
        is_detectable = bool(jumping["p_break"].notna().any())
        n_tested = int((of_group["verdict"] != "not_testable").sum())
        of_all, of_jumps = curve_of(of_group, verdict), curve_of(jumping, jump_verdict)
        n_break = int(of_group["verdict"].isin(BREAKS).sum())
        expected[key] = n_tested, n_break, verdict, of_all, jump_verdict, is_detectable, has_decoy, of_jumps
    names = ["n_curves_tested", "n_curves_with_break", "verdict", "deciding_curve_id"]
    names += ["jump_verdict", "jump_is_detectable", "has_decoy", "jump_curve_id"]
    shown = found[names].astype(object).where(found[names].notna(), None)
    assert dict(zip(found.index, shown.itertuples(index=False, name=None), strict=True)) == expected
    np.testing.assert_array_equal(found["q"], q_of[found.index])
    np.testing.assert_array_equal(found["p"], q_of[found.index] / 2)
    for name in ("verdict", "jump_verdict"):
        assert found[name].value_counts().min() > 3 and found[name].nunique() == 7
    differ = found["jump_verdict"].notna() & (found["jump_verdict"] != found["verdict"])
    assert differ.sum() > 10 and found["deciding_curve_id"].isna().sum() > 0


@pytest.mark.parametrize(("table", "only_preferred"), [("triplets", False), ("pairs", True)])
def test_of_which_curves(table, only_preferred):
    """Triplets are of all curves, pairs of those whose metric is preferred: the score as the verdict."""
    columns = [
        "emergence_score", "improvement_score", "linearity", "sharpness", "direction", "n_scales", "curve_id",
        "curve_subtask", "curve_shots", "curve_filter", "n_curves", "n_scored_curves", "median_improvement_score",
        "is_counted", "is_above", "jumps", "is_preferred", "status",
    ]  # fmt: skip
    values = dict.fromkeys(columns, "1") | {"status": "'ok'", "n_scored_curves": "only_preferred::int"}
    one = ", ".join(f"{value} as {name}" for name, value in values.items())
    key = "'t' as task, 'acc' as metric, 'F' as model_family"
    with duckdb.connect() as con:
        con.execute(f"create table curves as select {key}, true as is_preferred, 'task' as entry_kind")
        con.execute("create table twins (task text, model_family text, other_family text, is_twin boolean)")
        con.execute(f"create macro best_curves(only_preferred) as table select {key}, {one}")
        con.execute(
            f"create macro group_verdicts(only_preferred) as table "
            f"select {key}, only_preferred::int as n_curves_tested, 0 as n_curves_with_break, "
            "0.5 as p, 0.5 as q, 'smooth' as verdict, "
            "3 as deciding_curve_id, 'smooth' as jump_verdict, true as jump_is_detectable, "
            "false as has_decoy, 3 as jump_curve_id"
        )
        found = con.execute(f"select n_scored_curves, n_curves_tested from ({sql_text(f'database/{table}')})").fetchall()
    assert found == [(int(only_preferred), int(only_preferred))]
