"""Small files of kinds that people bring, in tests/cases, each with the facts that must come out of it."""

import csv
import subprocess
import sys

import pytest
from builders import ROOT, build, known_rules, rows
from jumpcheck.formats.wide import Tables, listed
from jumpcheck.models import benchmark_sizes
from jumpcheck.normalise import results
from jumpcheck.normalise.stages import shares_of

CASES = ROOT / "tests/cases"


def read(name, **choices):
    """(the tables as normalised, their facts, a database of them) of the folder `name`, with its rules if it has some."""
    rules = CASES / name / "rules.yml"
    known = known_rules(rules if rules.exists() else None)
    with (ROOT / "data/reference/metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = {row["metric"].lower(): row["metric"] for row in csv.DictReader(file) if row["is_bookkeeping"] != "true"}
    shares = shares_of(ROOT / "data/reference/metrics.csv")
    chosen = {name: listed(text) for name, text in choices.items()}
    source = CASES / name / "input"
    tables = results.normalise(
        source if source.exists() else CASES / name, known, tables=Tables(metrics, known, shares=shares, **chosen)
    )
    n = tables.facts
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"]
    sizes = benchmark_sizes.read(ROOT / "data/reference/benchmark_sizes.csv", known)
    return tables, n, build(tables, sizes=sizes)


def sizes_of(tables):
    return sorted(row["total_params"] for row in tables.models.to_pylist())


@pytest.mark.parametrize("name", ["at_chance/rise", "at_chance/above"])
def test_scores_that_differ_from_guessing_are_not_at_chance(name):
    _, _, con = read(name)
    assert [row["verdict"] for row in rows(con, "select verdict from breaks")] != ["at_chance"]


def test_a_benchmark_has_one_chance_rate_in_all_spellings():
    _, _, con = read("mmlu_pro_chance")
    found = rows(con, "select task, chance, chance_source, n_examples from breaks order by task")
    assert [(one["chance"], one["chance_source"]) for one in found] == [(0.1, "reference")] * 4
    assert [one["n_examples"] for one in found] == [12032] * 4


@pytest.mark.parametrize("name", ["normalised_share_n", "macro_average_n"])
def test_a_number_of_examples_that_the_benchmark_does_not_have_is_refused(name):
    _, _, con = read(name)
    found = rows(con, "select n_examples, n_source, verdict, reason_code from breaks")
    assert found == [{"n_examples": None, "n_source": "refused", "verdict": "not_testable", "reason_code": "refused_size"}]


def test_a_rule_of_the_users_says_the_size_and_the_difference_is_said():
    tables, facts, _ = read("file_size_beats_rule")
    assert sizes_of(tables) == [6e8, 1.7e9, 4e9, 8e9, 1.4e10]
    assert "the file says 3.11e+08, a rule 1.7e+09, and 1.7e+09 counts" in facts["sizes_that_differ"]


def test_sizes_in_billions():
    tables, facts, _ = read("size_in_billions")
    assert sizes_of(tables) == [1e7, 3e7, 1e8, 3e8, 1e9, 3e9, 9e9] and "taken in billions" in facts["notes"]
    unknown = [reject["location"] for reject in tables.rejects.to_pylist()]
    assert unknown == ["column training_flops", "column training_tokens"]  # 0.3 of what nobody knows


def test_the_column_of_sizes_of_leaderboards():
    tables, facts, _ = read("hash_params_column")
    assert sizes_of(tables) == [1e7, 3e7, 1e8, 3e8, 1e9, 3e9, 9e9] and facts["scores"] == 14


def test_all_numbers_of_a_file_of_foundry():
    _, facts, con = read("foundry")
    assert (facts["numbers_in"], facts["scores"]) == (28, 28)
    found = rows(con, "select task, n_examples, n_source, chance from breaks order by task")
    assert found == [
        {"task": "arc_easy", "n_examples": 2376, "n_source": "values", "chance": 0.25},
        {"task": "winogrande", "n_examples": 1267, "n_source": "values", "chance": 0.5},
    ]
    lower = rows(con, "select distinct metric, higher_is_better from metrics where metric = 'perplexity'")
    assert lower == [{"metric": "perplexity", "higher_is_better": False}]


def test_a_list_of_results_with_prompts():
    _, facts, con = read("results_list")
    assert (facts["scores"], facts["filled_stderr"], facts["rejected_values"]) == (3, 3, 0)
    found = rows(con, "select model, task, filter, shots, score from scores order by model, filter")
    assert [(one["task"], one["filter"], one["score"]) for one in found] == [
        ("quiz", "plain", 0.45), ("quiz", "plain", 0.41), ("quiz", "polite", 0.43),
    ]  # fmt: skip


def test_lighteval():
    tables, _, con = read("lighteval")
    assert len(sizes_of(tables)) == 7
    found = rows(con, "select distinct task, shots, entry_kind, chance from scores order by task")
    assert [tuple(one.values()) for one in found] == [
        ("all", None, "aggregate", None), ("arc:easy", 5, "task", 0.25), ("mmlu:_average", 5, "aggregate", 0.25),
        ("mmlu:a", 5, "task", 0.25), ("mmlu:b", 5, "task", 0.25),
    ]  # fmt: skip
    tested = rows(con, "select task from breaks where verdict <> 'not_testable' order by task")
    assert "all" not in [one["task"] for one in tested] and "mmlu:_average" not in [one["task"] for one in tested]


def test_percentages_are_said_and_divided_where_the_user_says_so():
    tables, facts, _ = read("percent")
    assert facts["percent_left"] == "1: quiz acc" and "percent_divided" not in facts
    signs = [row["score"] for row in tables.scores.to_pylist() if row["task"] == "test"]
    assert sorted(signs) == [0.252, 0.271, 0.31, 0.384, 0.479, 0.583, 0.666]
    for choice in ("auto", "qu*"):
        tables, facts, _ = read("percent", percent=choice)
        shares = [row["score"] for row in tables.scores.to_pylist() if row["task"] == "quiz"]
        assert sorted(shares) == sorted(signs) and facts["percent_divided"] == "1: quiz acc"


def test_the_declared_column_of_a_long_table_holds_the_scores():
    _, facts, con = read("wide_overrides_metric", wide="performance")
    assert (facts["scores"], facts["filled_stderr"], facts["rejected_values"]) == (12, 6, 0)
    found = rows(con, "select distinct metric, stderr from scores order by metric")
    assert found == [{"metric": "acc", "stderr": 0.014}, {"metric": "acc_norm", "stderr": None}]


def test_a_list_of_shots():
    _, _, con = read("num_fewshot_list")
    found = rows(con, "select task, shots, count(*) as n from scores group by all order by all")
    assert [tuple(one.values()) for one in found] == [("quiz", 2, 3), ("quiz", 3, 3), ("riddle", 0, 6)]


def test_opencompass():
    _, facts, con = read("opencompass")
    found = rows(con, "select task, entry_kind, metric, model, score from scores order by task, model")
    assert [tuple(one.values()) for one in found] == [
        ("quiz", "aggregate", "naive_average", "net-3b", 0.4342), ("quiz-a", "task", "accuracy", "net-1b", 0.3158),
        ("quiz-a", "task", "accuracy", "net-3b", 0.3684), ("quiz-b", "task", "accuracy", "net-3b", 0.5),
    ]  # fmt: skip
    assert facts["rejected_values"] == 2 and "divided by 100" in facts["notes"]


def test_results_alone_have_the_model_of_their_file():
    tables, _, con = read("bare_results")
    assert sizes_of(tables) == [7e7]
    assert rows(con, "select model, task, stderr from scores") == [
        {"model": "pythia-70m", "task": "arc_easy", "stderr": 0.01}
    ]


def look(*arguments, cwd):
    command = [sys.executable, ROOT / "workflow/look.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def test_a_folder_of_other_files_is_an_error_that_names_their_kinds(tmp_path):
    found = look(CASES / "folder_of_other_files/input", cwd=tmp_path)
    assert found.returncode == 1 and "1 .md, 1 .xlsx" in found.stderr.replace("1 .xlsx, 1 .md", "1 .md, 1 .xlsx")


def test_many_unknown_models_do_not_fill_the_terminal(tmp_path):
    (tmp_path / "big.csv").write_text(
        "model,mmlu\n" + "".join(f"lab/unknown-{k},0.3\n" for k in range(3000)) + "opt-125m,0.3\n"
    )
    found = look("big.csv", cwd=tmp_path)
    assert found.returncode == 0 and found.stdout.count("- pattern:") == 20 and len(found.stdout.splitlines()) < 120
    assert (tmp_path / "unknown_models.yml").read_text().count("- pattern:") == 3000
    (tmp_path / "unknown_models.yml").write_text("mine")
    assert look("big.csv", cwd=tmp_path).returncode == 0 and (tmp_path / "unknown_models.yml").read_text() == "mine"
    piped = f"{sys.executable} {ROOT / 'workflow/look.py'} big.csv | head -2"
    closed = subprocess.run(["bash", "-o", "pipefail", "-c", piped], capture_output=True, text=True, cwd=tmp_path)
    assert closed.stderr == "" and len(closed.stdout.splitlines()) == 2
