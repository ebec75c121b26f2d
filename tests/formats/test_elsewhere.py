"""Real result files of others: every number of them is a row, a standard error or a reject, and few need a rule."""

import csv
from pathlib import Path

import pytest
from builders import ROOT, build
from jumpcheck.formats.wide import Tables
from jumpcheck.models import rule_files
from jumpcheck.normalise import results
from result_files import RULES

ELSEWHERE = ROOT.parent / "shared/real/results_elsewhere"
pytestmark = pytest.mark.skipif(not ELSEWHERE.exists(), reason=f"real results of others are not here: {ELSEWHERE}")


def read(name, rules=RULES, scale_by="parameters"):
    with (ROOT / "data/reference/metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = {row["metric"].lower(): row["metric"] for row in csv.DictReader(file)}
    tables = results.normalise(ELSEWHERE / name, rules, scale_by, 2, tables=Tables(metrics, rules))
    n = tables.facts
    print(name, *(n[part] for part in ("numbers_in", "scores", "filled_stderr", "averaged_values", "rejected_values")))
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"]
    return tables, tables.scores.to_pandas(), tables.rejects.to_pandas()


def test_pythia_is_placed_without_a_rule_of_the_users():
    tables, scores, rejects = read("pythia")
    unplaced = rejects[rejects["reason"].str.startswith(("unknown", "missing"))]
    assert unplaced["n_numbers"].sum() <= 0.05 * tables.facts["numbers_in"]
    assert set(rejects["reason"]) == {"earlier_checkpoint", "repeated"}
    sizes = {row["model"]: (row["model_family"], row["total_params"]) for row in tables.models.to_pylist()}
    deduped = {size for family, size in sizes.values() if family == "Pythia-deduped"}
    assert deduped == {160e6, 410e6, 1e9, 1.4e9, 2.8e9, 6.9e9, 12e9}
    assert [size for family, size in sizes.values() if family == "Pythia"] == [70e6]
    assert not scores.duplicated(["curve_id", "model"]).any()


def test_pythia_by_steps_keeps_every_checkpoint():
    tables, _, rejects = read("pythia", scale_by="steps")
    assert set(rejects["reason"]) == {"no_training", "repeated"}
    assert tables.facts["scores"] > 20_000


def test_llama_by_a_path_rule_of_one_line(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text("models: [{path: '.*/llama-(?P<size>\\d+b)/.*', family: LLaMA}]")
    tables, scores, rejects = read("lm_eval_v03", rule_files.read([rule, ROOT / "data/reference/rules.yml"], 1))
    assert {row["total_params"] for row in tables.models.to_pylist() if row["model_family"] == "LLaMA"} == {7e9, 13e9, 30e9}
    assert rejects["n_numbers"].sum() <= 0.01 * tables.facts["numbers_in"]
    assert scores["model_family"].nunique() == 5


def test_opt_bloom_and_xglm_are_tested_with_n_from_their_standard_errors():
    tables, _, _ = read("lm_eval_v03")
    with build(tables) as con:
        query = """
            select model_family, count(*) from breaks where verdict <> 'not_testable' and n_source = 'stderr' group by all"""
        tested = dict(con.execute(query).fetchall())
    assert set(tested) == {"OPT", "BLOOM", "XGLM"} and sum(tested.values()) > 240


def test_wide_tables_without_any_setting():
    tables, scores, rejects = read("obsscaling")
    assert set(rejects["reason"]) == {"missing_score"} and len(scores) > 1700
    path = Path(ELSEWHERE, "obsscaling/base_llm_benchmark_eval.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    given = sum(bool(row[name]) for row in rows for name in list(rows[0])[5:])
    assert (scores["source_file"] == path.name).sum() == given
    assert {row["model"]: row["total_params"] for row in tables.models.to_pylist()}["facebook/opt-350m"] == 350e6
