"""Families that publish the same numbers: counted by DuckDB, and one by one."""

import itertools

import duckdb
import numpy as np
import pandas as pd
from jumpcheck.base.sql import sql_text

KEY = ["task", "subtask", "shots", "metric", "filter", "model"]


def twins(scores, models):
    with duckdb.connect() as con:
        con.register("scores", scores)
        con.register("models", models)
        return con.execute(sql_text("database/twins")).fetchall()


def counted(scores, models):
    """Every value of one family beside that of every other family, in a loop."""
    scale_of = {(row.model_family, row.model): row.scale for row in models.itertuples()}
    values = {family: {} for family in sorted(set(scores["model_family"]))}
    for row in scores[scores["entry_kind"] != "aggregate"].to_dict("records"):
        values[row["model_family"]][tuple(str(row[name]) for name in KEY)] = row["score"]
    found = {}
    for one, other in itertools.combinations(values, 2):
        for key, score in values[one].items():
            scale = scale_of[one, key[-1]]
            if key in values[other] and scale == scale_of[other, key[-1]] and not np.isnan(scale):
                n_values, n_equal = found.get((key[0], one, other), (0, 0))
                found[key[0], one, other] = n_values + 1, n_equal + (score == values[other][key])
    return [(*pair, n, equal, equal >= 0.9 * n) for pair, (n, equal) in sorted(found.items())]


def test_every_pair_of_families():
    """With models of one name at two scales, without a scale, or in one family alone; other shots, filters, entries."""
    rng = np.random.default_rng(3)
    sizes = {"1b": 1e9, "2b": 2e9, "unknown": np.nan}
    models = pd.DataFrame(
        [(family, model, scale) for family in "ABC" for model, scale in sizes.items()]
        + [("A", "own", 3e9), ("A", "two sizes", 4e9), ("B", "two sizes", 5e9), ("D", "of D", 1e9)],
        columns=["model_family", "model", "scale"],
    )
    entries = itertools.product(("t", "u"), ("s", "whole"), (0, 3, None), ("acc", "em"), ("none", "strict"))
    rows = [
        (number, *entry, family, model, rng.choice([0.25, 0.5]))
        for number, (entry, family) in enumerate(itertools.product(entries, "ABCD"))
        for model in models.loc[models["model_family"] == family, "model"]
        if rng.random() < 0.8
    ]
    scores = pd.DataFrame(
        rows, columns=["curve_id", "task", "subtask", "shots", "metric", "filter", "model_family", "model", "score"]
    ).astype({"shots": "Int32"})
    scores["entry_kind"] = np.where(scores["subtask"] == "whole", "aggregate", "subtask")
    # In task u, A and B agree but in one of ten values or so.
    agreeing = (
        scores[(scores["task"] == "u") & (scores["model_family"] == "A")].astype({"shots": str}).set_index(KEY)["score"]
    )
    copied = (scores["task"] == "u") & (scores["model_family"] == "B") & (rng.random(len(scores)) < 0.93)
    keys = scores.loc[copied].astype({"shots": str})[KEY].itertuples(index=False)
    scores.loc[copied, "score"] = [agreeing.get(tuple(key), 0.5) for key in keys]
    found = twins(scores, models)
    assert found == counted(scores, models)
    assert [row[:3] for row in found] == [(task, *pair) for task in "tu" for pair in itertools.combinations("ABC", 2)]
    assert {row[:3] for row in found if row[-1]} == {("u", "A", "B")}


def test_nine_of_ten_are_twins():
    """0.9 n values are enough, and fewer are not."""
    models = pd.DataFrame([("A", "m", 1e9), ("B", "m", 1e9)], columns=["model_family", "model", "scale"])
    row = {"task": "t", "shots": 0, "metric": "acc", "filter": "none", "model": "m", "entry_kind": "subtask"}
    for n_other, expected in ((1, True), (2, False)):
        values = [(k, family, float(family == "B" and k < n_other)) for k in range(10) for family in "AB"]
        scores = pd.DataFrame(
            row | {"curve_id": 2 * k + (family == "B"), "subtask": f"s{k}", "model_family": family, "score": score}
            for k, family, score in values
        )
        assert twins(scores, models) == [("t", "A", "B", 10, 10 - n_other, expected)]


def test_no_family_beside_another():
    models = pd.DataFrame([("A", "m", 1e9)], columns=["model_family", "model", "scale"])
    scores = pd.DataFrame(
        [(1, "t", "t", 0, "acc", "none", "A", "m", 0.5, "task")],
        columns=["curve_id", "task", "subtask", "shots", "metric", "filter", "model_family", "model", "score", "entry_kind"],
    )
    assert twins(scores, models) == []
