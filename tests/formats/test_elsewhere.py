"""Real result files of others: every number of them is a row, a standard error or a reject, and few need a rule."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, build
from jumpcheck.formats.wide import Tables
from jumpcheck.models import benchmark_sizes, rule_files
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


# --- OLMo's ladder: training logs, the same outputs under four metrics -----------------------------------------------------

LADDER = ELSEWHERE.parent / "olmo_ladder"
N_LADDER = {
    ("arc_challenge", "test"): 1172, ("arc_challenge", "val"): 299, ("arc_easy", "test"): 2376, ("arc_easy", "val"): 570,
    ("boolq", "val"): 3270, ("csqa", "val"): 1221, ("hellaswag", "val"): 10042, ("openbookqa", "test"): 500,
    ("openbookqa", "val"): 500, ("piqa", "val"): 1838, ("socialiqa", "val"): 1954, ("winogrande", "val"): 1267,
    ("mmlu_humanities", "test"): 4705, ("mmlu_other", "test"): 3242, ("mmlu_social_sciences", "test"): 3077,
    ("mmlu_stem", "test"): 3018, ("mmlu_humanities", "val"): 518, ("mmlu_other", "val"): 355,
    ("mmlu_social_sciences", "val"): 337, ("mmlu_stem", "val"): 321,
}  # fmt: skip


def ladder(scale_by):
    if not LADDER.exists():
        pytest.skip(f"{LADDER} is not there")
    with (ROOT / "data/reference/metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = {row["metric"].lower(): row["metric"] for row in csv.DictReader(file)}
    tables = results.normalise(LADDER, RULES, scale_by, 2, tables=Tables(metrics, RULES))
    n = tables.facts
    # 12 numbers stand in final.json, which holds no results.
    assert n["numbers_in"] == 348_420 + 12 == n["scores"] + n["averaged_values"] + n["rejected_values"]
    sizes = benchmark_sizes.read(ROOT / "data/reference/benchmark_sizes.csv", RULES)
    return tables, build(tables, sizes=sizes)


def by_numpy(metric_end, lower_is_better=False):
    """How many curves of the 25 runs, by their own FLOPs, have an improvement score above 20."""
    last = []
    for path in LADDER.glob("*xC.csv"):
        log = pd.read_csv(path)
        last.append(log[log["throughput/total_tokens"].notna()].iloc[-1])
    runs = pd.DataFrame(last).sort_values("throughput/total_training_Gflops")
    count = 0
    for name in (name for name in runs if name.startswith("eval/downstream") and name.endswith(metric_end)):
        y = runs[name].to_numpy(float) * (-1 if lower_is_better else 1)
        change = np.sign(np.argmax(y) - np.argmin(y)) * (y.max() - y.min())
        count += change / np.median(np.abs(np.diff(y))) > 20
    return count


@pytest.mark.slow
def test_the_ladder_by_flops():
    _, con = ladder("flops")
    query = (
        "select metric, count(*) filter (improvement_score > 20) from curves where model_family = 'OLMo-ladder' group by all"
    )
    found = dict(con.execute(query).fetchall())
    assert found == {
        "acc": by_numpy("5shot_acc"), "acc_norm": by_numpy("len_norm"), "bits_per_byte": by_numpy("_bpb", True),
        "choice_probability": by_numpy("_soft"), "choice_log_likelihood": by_numpy("_soft_log"),
    }  # fmt: skip
    assert found == {"acc": 0, "acc_norm": 6, "bits_per_byte": 14, "choice_probability": 10, "choice_log_likelihood": 7}
    assert con.execute("select count(*) from curves where jumps").fetchall() == [(0,)]
    query = "select task, filter, n_examples, n_source from breaks where model_family = 'OLMo-ladder'"
    rows = con.execute(query).fetchall()
    assert {(task, text.split(",")[0][6:]): n for task, text, n, _ in rows} == N_LADDER
    assert {source for *_, source in rows} == {"values"}
    # Four metrics of one output differ in nothing but the metric.
    key = "task, subtask, shots, filter, model_family"
    pairs = con.execute(
        f"select count(distinct metric) from curves where model_family = 'OLMo-ladder' group by {key}"
    ).fetchall()
    assert pairs == [(4,)] * 20


@pytest.mark.slow
def test_the_ladder_by_steps():
    _, con = ladder("steps")
    query = "select model_family, metric, task from triplets where jumps and not contains(model_family, 'rerun')"
    jumps = con.execute(query).fetchall()
    assert len(jumps) == 9 and {metric for _, metric, _ in jumps} == {"bits_per_byte"}
    assert {task for *_, task in jumps} == {"hellaswag", "mmlu_humanities"}
    query = (
        "select count(*) from scores where not contains(model_family, 'rerun') and not starts_with(model_family, 'peteish')"
    )
    assert con.execute(query).fetchall() == [(233_600,)]


def test_families_of_the_ladder_by_size_and_by_budget(tmp_path):
    if not LADDER.exists():
        pytest.skip(f"{LADDER} is not there")
    path = "(?P<size>\\d+[MB])-(?P<budget>.+xC)\\.csv"
    own = tmp_path / "own.yml"
    own.write_text(f"models: [{{path: '{path}', family: 'size {{size}}', model: '{{size}}-{{budget}}'}}]")
    own_rules = rule_files.read([own, ROOT / "data/reference/rules.yml"], 1)
    by_budget = {f"OLMo-ladder-{budget}xC" for budget in ("0.5", "1", "2", "5", "10")} | {"OLMo-ladder-1xC-rerun"}
    by_size = {f"size {size}" for size in ("190M", "370M", "760M", "1B", "3B")}
    for rules, scale_by, families in ((RULES, "parameters", by_budget), (own_rules, "flops", by_size)):
        tables = results.normalise(LADDER, rules, scale_by, 2, tables=Tables({}, rules))
        found = {row["model_family"] for row in tables.models.to_pylist() if not row["model_family"].startswith("OLMo-2")}
        assert found - {"OLMo-ladder-rerun"} == families
