"""BIG-bench's published preferred scores as rows: families, aggregates, unknown shots, and metrics from public facts."""

import math

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import ROOT, known_rules
from jumpcheck.base.errors import InputError
from jumpcheck.models import known_facts
from jumpcheck.normalise import results
from jumpcheck.sources.published import COLUMNS

FACTS = known_facts.read(ROOT / "data/reference/preferred_metrics.csv", ROOT / "data/reference/model_sizes.csv")
ROWS = [
    ("analytic_entailment", "analytic_entailment", 0, "BIG-G T=0 2m", 0.5),
    ("analytic_entailment", "analytic_entailment", -1, "BIG-G T=0 2m", 0.4),
    ("analytic_entailment", "analytic_entailment", 0, "GPT GPT-3 13B", 0.6),
    ("analytic_entailment", "analytic_entailment", 0, "T0++ T0++", 0.7),
    ("arithmetic", "arithmetic", 0, "BIG-G T=0 2m", 12.5),
    ("arithmetic", "arithmetic:1_digit_addition", 0, "BIG-G T=0 2m", 0.25),
    ("bbq_lite", "Age-old diff-score", 0, "BIG-G sparse 8b", -3.0),
    ("training_on_test_set", "training_on_test_set", 0, "GPT GPT-3 13B", -math.inf),
]


def read(tmp_path, rows=ROWS, facts=FACTS):
    pd.DataFrame(rows, columns=list(COLUMNS)).to_parquet(tmp_path / "scores.parquet", index=False)
    tables = results.normalise(tmp_path / "scores.parquet", known_rules(), facts=facts)
    return tables, {(row["subtask"], row["shots"], row["model"]): row for row in tables.scores.to_pylist()}


def test_rows_have_the_metric_of_their_part(tmp_path):
    tables, rows = read(tmp_path)
    assert {key: row["metric"] for key, row in rows.items()} == {
        ("analytic_entailment", 0, "2m"): "multiple_choice_grade",
        ("analytic_entailment", None, "2m"): "multiple_choice_grade",
        ("analytic_entailment", 0, "GPT-3 13B"): "multiple_choice_grade",
        ("analytic_entailment", 0, "T0++"): "multiple_choice_grade",
        ("arithmetic", 0, "2m"): "normalized_aggregate_score",
        ("arithmetic:1_digit_addition", 0, "2m"): "exact_str_match",
        ("Age-old diff-score", 0, "8b"): "difference_score",
    }
    assert {row["model_family"] for row in rows.values()} == {"BIG-G T=0", "BIG-G sparse", "GPT", "T0++"}
    assert rows["arithmetic", 0, "2m"]["entry_kind"] == "aggregate"
    assert rows["arithmetic:1_digit_addition", 0, "2m"]["entry_kind"] == "subtask"
    assert all(row["is_preferred"] for row in rows.values())
    assert rows["analytic_entailment", 0, "2m"]["chance"] == 0.5 and rows["arithmetic", 0, "2m"]["chance"] is None
    assert rows["analytic_entailment", 0, "2m"]["higher_is_better"] is True
    assert rows["Age-old diff-score", 0, "8b"]["higher_is_better"] is None
    (reject,) = tables.rejects.to_pylist()
    assert (reject["kind"], reject["location"], reject["reason"]) == ("value", "row 8", "bad_score")
    assert tables.facts["numbers_in"] == 8


def test_models_have_their_published_sizes(tmp_path):
    tables, _ = read(tmp_path)
    models = {(row["model_family"], row["model"]): row for row in tables.models.to_pylist()}
    assert models["BIG-G T=0", "2m"]["non_embedding_params"] == 2_098_048
    assert models["BIG-G sparse", "8b"]["flop_matched_non_embedding_params"] == 8_590_102_528
    assert models["GPT", "GPT-3 13B"]["total_params"] == 13e9
    # Nobody says how large it is, and its scores are kept all the same.
    assert set(models["T0++", "T0++"].values()) == {"T0++", None, 1}


def test_without_facts_nothing_is_named_and_nothing_lost(tmp_path):
    table, rows = read(tmp_path, ROWS[:1], known_facts.NOTHING_KNOWN._replace(model_sizes=FACTS.model_sizes))
    assert [row["metric"] for row in rows.values()] == ["unnamed:analytic_entailment"] and len(table.rejects) == 0


def test_a_single_label_is_the_whole_task_and_several_are_parts(tmp_path):
    """Whether a label averages the others is decided over all model families of the file."""
    one = [("t", "t", 0, "BIG-G T=0 2m", 0.5)]
    assert read(tmp_path, one)[1]["t", 0, "2m"]["entry_kind"] == "task"
    more = [*one, ("t", "t:part", 0, "GPT GPT-3 13B", 0.5)]
    rows = read(tmp_path, more)[1]
    assert rows["t", 0, "2m"]["entry_kind"] == "aggregate" and rows["t:part", 0, "GPT-3 13B"]["entry_kind"] == "subtask"


@pytest.mark.parametrize("column", ["task_name", "model_family_model_name"])
def test_rows_without_a_name_are_rejects(tmp_path, column):
    bad = [None if name == column else value for name, value in zip(COLUMNS, ROWS[0], strict=True)]
    tables, rows = read(tmp_path, [ROWS[0], bad])
    assert len(rows) == 1 and tables.rejects["reason"].to_pylist() == [f"missing_{'task' if column[0] == 't' else 'model'}"]


def test_tables_that_name_their_metric_are_left_alone():
    schema = pa.schema([("metric", pa.string()), ("task", pa.string())])
    table = pa.table({"metric": ["m"], "task": ["t"]}, schema)
    same, models = known_facts.with_known_facts(table, FACTS)
    assert same is table and models == set()


def test_known_names_of_models_excuse_no_other_table(tmp_path):
    """PaLM in somebody's table needs its size, like any other model."""
    frame = pd.DataFrame({"task": "t", "metric": "acc", "model_family": "T0", "model": ["T0"], "score": 0.5})
    frame.to_csv(tmp_path / "table.csv", index=False)
    with pytest.raises(InputError, match="number of parameters of 'T0'"):
        results.normalise(tmp_path / "table.csv", known_rules(), facts=FACTS)


def test_another_file_of_these_columns_in_a_folder_is_an_error(tmp_path):
    read(tmp_path)
    with pytest.raises(InputError, match=r"scores\.parquet is not BIG-bench's published preferred scores"):
        results.normalise(tmp_path, known_rules(), facts=FACTS._replace(sha256="0" * 64))


def test_names_as_categories_are_texts(tmp_path):
    frame = pd.DataFrame(ROWS, columns=list(COLUMNS))
    for name in ("task_name", "subtask_description"):
        frame[name] = frame[name].astype("category")
    frame.to_parquet(tmp_path / "scores.parquet", index=False)
    assert len(results.normalise(tmp_path / "scores.parquet", known_rules(), facts=FACTS).scores) == 7


def test_columns_of_another_type_are_one_reject(tmp_path):
    """A list where a name is needed, and a text where a number is."""
    for name, value in (("task_name", [["t"]]), ("score_value", ["high"])):
        columns = {key: [given] for key, given in zip(COLUMNS, ROWS[0], strict=True)} | {name: value}
        pq.write_table(pa.table(columns), tmp_path / "scores.parquet")
        with pytest.raises(InputError, match=f"{name}: .*bad_column|bad_column.*{name}"):
            results.normalise(tmp_path / "scores.parquet", known_rules(), facts=FACTS)
