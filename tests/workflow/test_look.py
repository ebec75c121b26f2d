"""workflow/look.py: what a run would take, before it."""

import subprocess
import sys

import pandas as pd
import pytest
from builders import ROOT, put_curve
from jumpcheck.sources.published import COLUMNS, NAMES_OF_METRICS
from result_files import v3, v4, write

COMMAND = [sys.executable, ROOT / "workflow/look.py"]


def look(*arguments):
    result = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True)
    return result.returncode, result.stdout, result.stderr


def test_it_says_what_is_there_and_what_is_missing(tmp_path):
    sizes = ["70m", "160m", "410m", "1b", "2.8b", "6.9b"]
    results = {"arc_easy": {"acc": 0.25, "acc_stderr": 0.01}, "odd_quiz": {"acc": 0.5}}
    files = {f"in/{size}.json": v3(f"EleutherAI/pythia-{size}", results) for size in sizes}
    files |= {"in/other.json": v4("lab/net-7b"), "in/what.json": '{"a": [1, 2]}'}
    code, said, _ = look(write(tmp_path, files) / "in")
    lines = said.splitlines()
    assert code == 0 and "8 files: 7 lm-evaluation-harness results" in lines[0]
    assert lines[1] == "22 numbers = 12 scores + 6 standard errors + 4 rejected"
    assert "  Pythia: 6 models, 70M to 6.9B; 2 tasks; curves of acc (2)" in lines
    assert any(line.startswith("  2 numbers, unknown_model: other.json: ") for line in lines)
    assert any(line.startswith("  2 numbers, not_recognised: what.json: ") for line in lines)
    assert "curves of at least 5 scales: 2; percent-correct: 2" in lines
    assert "  1 lack a chance rate, and would not be tested: odd_quiz acc" in lines
    assert any("1 say no number of examples" in line and "odd_quiz" in line for line in lines)
    assert "- pattern: 'lab/net\\-7b'" in lines and not (tmp_path / "data").exists()


def test_choices_are_those_of_the_configuration(tmp_path):
    table = "model;family;params;our quiz\na;F;1B;0,5\nb;F;2B;-1\n"
    rules = "benchmarks: [{names: other, metric: acc}]"
    write(tmp_path, {"t.csv": table, "rules.yml": rules})
    code, said, _ = look(f"source={tmp_path / 't.csv'}", "wide=our *", "missing=-1", f"rules={tmp_path / 'rules.yml'}")
    assert code == 0 and "2 numbers = 1 scores + 0 standard errors + 1 rejected" in said and "missing_score" in said


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ([], "python workflow/look.py SOURCE", 2),
        (["a", "b"], "python workflow/look.py SOURCE", 2),
        (["/nowhere"], "error: source: /nowhere is not there", 1),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, said, code):
    found, _, error = look(*arguments)
    assert found == code and said in error and "Traceback" not in error


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_help(option):
    code, said, error = look(option)
    assert code == 0 and said.startswith("What a run would take") and not error
    assert look("--verbose")[0] == 2


def test_nothing_that_could_be_placed_brings_the_rules(tmp_path):
    code, said, _ = look(write(tmp_path, {"a.json": v4("lab/net-7b")}))
    assert code == 1 and "none is of a model that can be placed" in said and "- pattern: 'lab/net\\-7b'" in said


def test_bigbench_is_left_to_a_run(tmp_path):
    put_curve(tmp_path, [0, 0.1, 0.2])
    code, said, _ = look(tmp_path)
    assert code == 0 and "BIG-bench's own layout" in said


def test_published_preferred_scores_have_the_metrics_and_sizes_that_a_run_knows(tmp_path):
    rows = [
        ("analytic_entailment", "analytic_entailment", 0, "BIG-G T=0 2m", 0.5),
        ("analytic_entailment", "analytic_entailment", 0, "BIG-G T=0 128b", 0.75),
    ]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_parquet(tmp_path / "scores.parquet", index=False)
    code, said, _ = look(tmp_path / "scores.parquet", "missing=n/a, ,-100")
    assert code == 0 and "2 numbers = 2 scores + 0 standard errors + 0 rejected" in said
    assert "  BIG-G T=0: 2 models, 2.1M to 137B; 1 tasks; curves of multiple_choice_grade (1)" in said.splitlines()


def test_a_table_of_all_metrics_is_told(tmp_path):
    names = [*COLUMNS[:4], *NAMES_OF_METRICS, COLUMNS[4]]
    rows = [
        ("analytic_entailment", "analytic_entailment", 0, f"BIG-G T=0 {size}", "multiple_choice_grade", metric, 0.5)
        for size in ("2m", "128b")
        for metric in ("multiple_choice_grade", "log_likelihood")
    ]
    pd.DataFrame(rows, columns=names).to_parquet(tmp_path / "scores.parquet", index=False)
    code, said, _ = look(tmp_path / "scores.parquet")
    assert code == 0 and "scores of all metrics" in said and "4 numbers = 4 scores + 0 standard errors + 0 rejected" in said
    assert "2 models, 2.1M to 137B; 1 tasks; curves of log_likelihood (1), multiple_choice_grade (1)" in said
    code, _, error = look(tmp_path / "scores.parquet", "scale_by=tokens")
    assert code == 1 and "numbers of parameters alone" in error
