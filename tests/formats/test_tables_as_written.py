"""Tables as people have them: other names of columns, other delimiters, one column per benchmark, repeated runs."""

import csv

import pandas as pd
import pytest
from builders import ROOT
from jumpcheck.formats.column_names import columns_of_table
from jumpcheck.formats.wide import Scores, Tables, score_columns
from jumpcheck.normalise import results
from result_files import RULES, reasons, write

with (ROOT / "data/reference/metrics.csv").open(encoding="utf-8", newline="") as file:
    METRICS = {row["metric"].lower(): row["metric"] for row in csv.DictReader(file)}
HEAD = "task,family,model,params,metric,score"


def read(folder, wide=(), missing=(), on_conflict="auto"):
    """(scores, rejects, facts) of the files of a folder."""
    known = Tables(METRICS, RULES, tuple(wide), tuple(missing))
    tables = results.normalise(folder, RULES, tables=known, on_conflict=on_conflict)
    n = tables.facts
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"]
    return tables.scores.to_pandas(), tables.rejects.to_pylist(), tables.facts | {"models": tables.models.to_pylist()}


@pytest.mark.parametrize(
    ("name", "column", "factor"),
    [
        ("Model Size (B)", "n_parameters", 1e9),
        ("params_M", "n_parameters", 1e6),
        ("Pretraining Data Size (T)", "training_tokens", 1e12),
        ("FLOPs (1E21)", "training_flops", 1e21),
        ("tokens (in billions)", "training_tokens", 1e9),
        ("num_fewshot", "shots", 1),
        ("fewshot", "shots", 1),
        ("Model Family", "model_family", 1),
        ("checkpoint", "revision", 1),
        ("Std. Error", "stderr", 1),
        ("seed", "run", 1),
        ("n-samples", "n_examples", 1),
        ("score (B)", None, None),
        ("mood", None, None),
    ],
)
def test_names_of_columns(name, column, factor):
    found = columns_of_table([name]).get(name)
    assert found == (None if column is None else (column, factor))


def test_of_two_columns_for_one_thing_that_with_its_own_name_counts(tmp_path):
    write(tmp_path, {"t.csv": f"{HEAD},n_parameters,value\nt,F,m,7,acc,0.5,1e9,0.1\n"})
    scores, _, facts = read(tmp_path)
    assert scores["score"].tolist() == [0.5] and facts["models"][0]["total_params"] == 1e9
    assert facts["columns_not_read"] == "t.csv: params, value"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_and_decimal_commas(tmp_path, delimiter):
    lines = f"{HEAD}\nt,F,a,7B,acc,0.5\nt,F,b,13.0B,acc,0.75\n".replace(",", delimiter).replace("0.75", "0,75")
    write(tmp_path, {"t.tsv" if delimiter == "\t" else "t.csv": lines})
    scores, rejects, facts = read(tmp_path)
    assert sorted(scores["score"]) == [0.5, 0.75] and rejects == []
    assert sorted(model["total_params"] for model in facts["models"]) == [7e9, 13e9]


def test_a_table_with_one_column_per_benchmark(tmp_path):
    table = "Model;Model Size (B);Model Family;MMLU;ARC-C;GSM8K;arc_easy_acc;arc_easy_acc_stderr;TruthfulQA;mood\n"
    table += "x;7,0;F;0,25;;0,5;0,5;0,01;0,4;good\ny;13;F;0,5;0,25;0,75;0,6;0,02;0,3;bad\n"
    write(tmp_path, {"t.csv": table})
    scores, rejects, facts = read(tmp_path)
    found = {(row.task, row.metric): row for row in scores[scores["model"] == "x"].itertuples()}
    assert {key: row.score for key, row in found.items()} == {
        ("MMLU", "acc"): 0.25, ("GSM8K", "exact_match"): 0.5, ("arc_easy", "acc"): 0.5, ("TruthfulQA", "mc2"): 0.4,
    }  # fmt: skip
    assert found["arc_easy", "acc"].stderr == 0.01 and found["MMLU", "acc"].chance == 0.25
    assert found["GSM8K", "exact_match"].chance == 0
    assert [(one["reason"], one["location"]) for one in rejects] == [("missing_score", "row 1, column 'ARC-C'")]
    assert facts["columns_not_read"] == "t.csv: mood" and len(scores) == 9


def test_columns_that_a_user_declares(tmp_path):
    write(tmp_path, {"t.csv": "model,family,params,our quiz,other quiz,notes\nm,F,1e9,0.5,0.25,7\n"})
    scores, _, _ = read(tmp_path, wide=["* quiz"])
    assert scores[["task", "metric", "score"]].to_numpy().tolist() == [
        ["other quiz", "score", 0.25], ["our quiz", "score", 0.5],
    ]  # fmt: skip


def test_columns_of_metrics_beside_a_column_of_tasks():
    names = ["task", "model", "acc", "acc_stderr", "rougeL_acc", "Exact_Match", "remarks"]
    assert score_columns(names, Tables(METRICS)) == {
        "acc": Scores(None, "acc", "acc_stderr"),
        "rougeL_acc": Scores(None, "rougeL_acc"),
        "Exact_Match": Scores(None, "exact_match"),
    }
    assert score_columns(["task", "model", "metric", "score", "acc"], Tables(METRICS)) == {}


def test_wide_parquet(tmp_path):
    frame = pd.DataFrame({"model": ["a", "b"], "family": "F", "params": [1e9, 2e9], "MMLU": [0.5, None], "x": ["?", "!"]})
    frame.to_parquet(tmp_path / "t.parquet")
    scores, rejects, _ = read(tmp_path)
    assert scores["score"].tolist() == [0.5] and reasons(rejects) == [("missing_score", 1)]


def test_declared_missing_values(tmp_path):
    write(tmp_path, {"t.csv": f"{HEAD},n\nt,F,a,1e9,acc,-100,50\nt,F,b,2e9,acc,0.5,-100\nt,F,c,3e9,acc,n/a?,50\n"})
    scores, rejects, _ = read(tmp_path, missing=["-100", "n/a?"])
    assert scores["model"].tolist() == ["b"] and scores["n_examples"].isna().all()
    assert reasons(rejects) == [("missing_score", 1)] * 2 and "declared" not in rejects[0]["detail"]
    assert "which stands for no number (config: missing)" in rejects[0]["detail"]


def test_seeds_are_replicates(tmp_path):
    lines = [f"t,F,m,1e9,acc,{score},{seed},0.02" for seed, score in enumerate([0.2, 0.4, 0.6])]
    lines += ["t,F,n,2e9,acc,0.5,0,0.02"]
    write(tmp_path, {"t.csv": "\n".join([f"{HEAD},seed,stderr", *lines])})
    scores, rejects, facts = read(tmp_path)
    row = scores.set_index("model").loc["m"]
    assert row["score"] == pytest.approx(0.4) and row["n_runs"] == 3 and row["run_sd"] == pytest.approx(0.2)
    assert scores.set_index("model").loc["n", "n_runs"] == 1
    assert rejects == [] and facts["averaged_values"] == 4


def test_conflicts_in_two_tables(tmp_path):
    for k, score in enumerate((0.50, 0.52)):
        write(tmp_path, {f"{k}.csv": f"{HEAD},stderr\nt,F,m,1e9,acc,{score},0.02\nt,F,n,2e9,acc,0.7,0.02\n"})
    scores, _, _ = read(tmp_path)
    assert scores.set_index("model")["score"].to_dict() == {"m": pytest.approx(0.51), "n": 0.7}
    scores, rejects, _ = read(tmp_path, on_conflict="reject")
    assert scores["model"].tolist() == ["n"] and {reject["reason"] for reject in rejects} == {"contradiction", "repeated"}


def test_dates_of_the_harness_say_which_run_is_the_latest(tmp_path):
    from result_files import v4

    first, second = ({"arc_easy": {"acc,none": score, "acc_stderr,none": 0.01}} for score in (0.37, 0.376))
    write(tmp_path, {"in/results_2024-05-02T10-00-00.123.json": v4(results=second)})
    write(tmp_path, {"in/results_2024-05-01T10-00-00.json": v4(results=first)})
    scores, rejects, _ = read(tmp_path / "in")
    assert scores["score"].tolist() == [0.376] and reasons(rejects) == [("superseded", 2)]
    # What stands in the file counts before its name.
    write(tmp_path, {"in/results_2024-05-01T10-00-00.json": v4(results=first, date=4e9)})
    assert read(tmp_path / "in")[0]["score"].tolist() == [0.37]


def test_a_file_of_no_known_kind_counts_its_numbers(tmp_path):
    write(tmp_path, {"a.json": '{"x": [1, 2, {"y": 3.5}], "z": true, "s": "4"}', "b.csv": "a,b\n1,x\n2,3\n"})
    write(tmp_path, {"t.csv": f"{HEAD}\nt,F,m,1e9,acc,0.5\n"})
    _, rejects, facts = read(tmp_path)
    assert reasons(rejects) == [("not_recognised", 3)] * 2 and facts["numbers_in"] == 7


def test_an_integer_beyond_double_precision_is_one_reject(tmp_path):
    row = '"task": "t", "model_family": "F", "model": "m", "n_parameters": 1e9, "metric": "%s", "score": %s, "seed": %s'
    text = "".join("{" + row % (metric, score, seed) + "}\n" for metric, score, seed in [
        ("acc", 0.5, 1), ("f1", 10**400, 1), ("bleu", 0.25, 10**400)])  # fmt: skip
    (tmp_path / "t.jsonl").write_text(text)
    scores, rejects, _ = read(tmp_path, missing=["-100"])
    assert sorted(scores["score"]) == [0.25, 0.5] and sum(reject["n_numbers"] for reject in rejects) == 1
