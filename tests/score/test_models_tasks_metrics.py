"""What is known of models, tasks and metrics: small tables, and the rows that must come of them."""

import itertools

import duckdb
import numpy as np
import pandas as pd
import pytest
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import ENTRIES


def made(name, **given):
    """Rows of the table `name`, with None for NULL."""
    with duckdb.connect() as con:
        for table, frame in given.items():
            con.register(table, frame)
        return con.execute(sql_text(ENTRIES[name]["sql"])).fetchall()


DESCRIPTION = [
    "non_embedding_params",
    "flop_matched_non_embedding_params",
    "total_params",
    "scale",
    "scale_basis",
    "n_files",
]


def models(*descriptions, family="F"):
    """(scale, its basis, number of descriptions) of a model with these descriptions."""
    frame = pd.DataFrame(descriptions, columns=DESCRIPTION).astype({name: float for name in DESCRIPTION[:4]})
    rows = made("models", published_models=frame.assign(model_family=family, model="m").astype({"scale_basis": object}))
    assert [row[:2] for row in rows] == [(family, "m")]
    return rows[0][5:]


@pytest.mark.parametrize(
    ("family", "one", "scale", "basis"),
    [
        ("F", (1, 2, 3, None, None), 1, "non_embedding_params"),
        ("F", (None, 2, 3, None, None), 3, "total_params"),
        ("F", (None, 2, None, None, None), 2, "flop_matched_non_embedding_params"),
        ("F", (None, None, None, None, None), None, "none"),
        ("BIG-G Sparse", (1, 2, 3, None, None), 2, "flop_matched_non_embedding_params"),
        ("BIG-G sparse", (1, None, 3, None, None), 1, "non_embedding_params"),
        ("BIG-G sparse", (1, 2, 3, 9, "compute"), 9, "compute"),
        ("F", (1, 2, 3, None, "compute"), None, "compute"),
    ],
)
def test_scale_of_a_model(family, one, scale, basis):
    assert models((*one, 1), family=family) == (scale, basis, 1)


def test_of_several_descriptions_the_one_of_most_files_counts():
    """One without a number never does, beside one that has any; of as many files the smaller numbers, unknown ones last."""
    assert models((1, None, None, None, None, 2), (5, None, None, None, None, 3)) == (5, "non_embedding_params", 2)
    for k, one in enumerate(itertools.product([1, None], repeat=4)):
        basis = "compute" if one[3] else None
        known = models((None, None, None, None, None, 9), (*one, basis, 1))
        assert known[2] == 2 and (known[0] is not None) == (k < 15), one
    # The first number that two descriptions do not share decides, in the order of the columns, and NULL is last.
    same = [3, 3, 3, 3]
    for k in range(4):
        for larger in (4, None):
            other = [*same[:k], larger, *[1] * (3 - k)]
            assert models((*other, "large", 1), (*same, "small", 1))[1:] == ("small", 2), (k, larger)
            assert models((*same, "small", 1), (*other, "large", 1))[1:] == ("small", 2), (k, larger)


def test_models_are_ordered_by_scale_within_a_family():
    frame = pd.DataFrame(
        [("G", "a", 1.0), ("F", "b", 2.0), ("F", "a", 3.0), ("F", "d", 1.0), ("F", "c", 1.0)],
        columns=["model_family", "model", "scale"],
    ).assign(n_files=1, scale_basis="compute", non_embedding_params=np.nan, total_params=np.nan)
    rows = made("models", published_models=frame.assign(flop_matched_non_embedding_params=np.nan))
    assert [row[:2] for row in rows] == [("F", "c"), ("F", "d"), ("F", "b"), ("F", "a"), ("G", "a")]


def test_tasks():
    """Subtasks that repeat count once, aggregates not; the preferred metric is the most frequent, then the first by name."""
    rows = [
        ("t", "t", "task", "F", "1", "em", True),
        ("t", "s", "subtask", "F", "1", "acc", True),
        ("t", "s #2", "subtask", "F", "2", "acc", True),
        ("t", "u", "subtask", "G", "1", "em", False),
        *[("t", "mean", "aggregate", "G", "1", "em", True)] * 3,
        ("u", "u", "task", "F", "1", "b", True),
        ("u", "u", "task", "F", "2", "a", True),
        ("v", "v", "task", "F", "1", "acc", False),
    ]
    columns = ["task", "subtask", "entry_kind", "model_family", "model", "metric", "is_preferred"]
    found = made(
        "tasks",
        scores=pd.DataFrame(rows, columns=columns),
        published_tasks=pd.DataFrame([("t", "arithmetic")], columns=["task", "keywords"]),
        reference_task_notes=pd.DataFrame([("u", "all zero"), ("w", "not here")], columns=["task", "note"]),
    )
    assert found == [
        ("t", "acc", 2, 3, "arithmetic", None),
        ("u", "a", 0, 2, None, "all zero"),
        ("v", None, 0, 1, None, None),
    ]


def test_metrics():
    """What the table of reference says of a metric counts before what the results say of its direction."""
    seen = pd.DataFrame([("acc", False), ("new", True), ("newer", None)], columns=["metric", "higher_is_better"]).astype(
        {"higher_is_better": "boolean"}
    )
    names = ["metric", "is_linear", "is_continuous", "is_proportion", "is_bookkeeping", "higher_is_better", "lower_bound",
             "upper_bound", "chance", "scored_as"]  # fmt: skip
    reference = pd.DataFrame(
        [
            ("acc", "true", "false", "true", "false", "true", "0", "1", "options", "log"),
            ("em", *["true"] * 5, "0", "1", "0", None),
        ],
        columns=names,
    )
    assert made("metrics", published_metrics=seen, reference_metrics=reference) == [
        ("acc", True, False, True, False, True, 0.0, 1.0, "options", "log", True),
        ("new", None, None, False, False, True, None, None, None, "value", False),
        ("newer", None, None, False, False, None, None, None, None, "value", False),
    ]
