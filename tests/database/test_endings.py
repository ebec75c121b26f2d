"""The last lines of a run."""

import re

import pandas as pd
import pytest
from builders import snakemake
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import TABLES
from jumpcheck.database.endings import last_lines, what_is_in
from jumpcheck.database.headline import sentences

COUNTS = dict.fromkeys(("scores", "curves_without_chance", "curves_without_examples"), 0)
HEADLINE = dict.fromkeys(TABLES["headline"]["columns"], 0) | {
    "unit": "triplet", "emergence_threshold": 20.0, "sharpness_threshold": 2.0,
}  # fmt: skip


def test_what_is_unusual_is_said_where_there_is_any():
    """A line for each kind of curves, models and metrics that a reader might miss, and none for what is not there."""
    names = re.findall(r"\bas (\w+)", sql_text("database/counts"))
    usual = list(what_is_in(dict.fromkeys(names, 0), []))
    unusual = {
        "metrics_unknown": "7 of 0 metrics are not in the reference table",
        "curves_of_unknown_direction": "7 curves of metrics without a known direction",
        "models_without_scale": "7 models without a published number of parameters",
        "models_described_differently": "7 models with different parameter counts",
        "families_of_mixed_scale_basis": "7 model families ordered by parameters that were counted in more than one way",
        "curves_with_averaged_models": "7 curves with models of the same scale",
        "triplets_of_aggregates_only": "7 triplets published for aggregates alone",
        "tasks_with_known_fault": "7 tasks with a known fault",
    }
    for name, text in unusual.items():
        more = [line for line in what_is_in(dict.fromkeys(names, 0) | {name: 7}, []) if line not in usual]
        assert len(more) == 1 and more[0].startswith(text), name


def test_many_rejects_are_said_loudly_and_copies_are_none():
    facts = {"numbers_in": 100, "rejected_values": 30}
    lines = last_lines(facts, COUNTS | {"scores": 70}, HEADLINE, {"unknown_model": 25, "repeated": 5})
    assert lines[0] == "70 numbers taken, 30 rejected"
    assert lines[1].startswith("!! 25% of the numbers were rejected: 25 unknown_model.")
    quiet = last_lines(facts, COUNTS | {"scores": 70}, HEADLINE, {"repeated": 25, "averaged": 5})
    few = last_lines(facts, COUNTS | {"scores": 80}, HEADLINE, {"unknown_model": 20})
    assert not any("!!" in line for line in quiet + few)


def test_the_three_most_frequent_reasons_are_named():
    rejected = {"a": 1, "b": 30, "c": 2, "d": 20, "e": 0}
    lines = last_lines({"numbers_in": 100, "rejected_values": 53}, COUNTS | {"scores": 47}, HEADLINE, rejected)
    assert lines[1].startswith("!! 53% of the numbers were rejected: 30 b, 20 d, 2 c. Which")


def numbers(text):
    return [int(n.replace(",", "")) for n in re.findall(r"(?<![\d.,])\d[\d,]*\b(?!\.\d)", text)]


@pytest.mark.parametrize("unit", ["pair", "triplet"])
def test_the_headline_says_every_number_that_is_not_zero(unit):
    given = {
        "n_units": 1831, "n_above": 164, "n_jumps": 156, "n_jump_tested": 94, "n_jump_break": 7, "n_other_break": 2,
        "n_jump_one_model": 6, "n_jump_family": 5, "n_jump_smooth": 3, "n_jump_at_chance": 4, "n_jump_undecided": 69,
        "n_jump_no_proportion": 36, "n_jump_not_testable": 24, "n_decoy": 1,
    }  # fmt: skip
    said = sentences(HEADLINE | given | {"unit": unit})
    assert numbers(said[0]) == [1831, 164, 20, 156, 2] and unit in said[0]
    assert numbers(said[1]) == [94, 156, 7, 2, 6, 5, 3, 4, 69]
    assert numbers(said[2]) == [1] and numbers(said[3]) == [60, 36, 24]
    less = given | {"n_other_break": 0, "n_jump_smooth": 0, "n_jump_no_proportion": 0, "n_jumps": 120}
    said = sentences(HEADLINE | less | {"unit": unit})
    assert numbers(said[1]) == [94, 120, 7, 6, 5, 4, 69] and numbers(said[3]) == [24]


def test_where_nothing_jumps_that_is_what_is_said():
    """Not that of none so many were tested."""
    (only,) = sentences(HEADLINE)
    assert numbers(only) == [5]
    first, untested = sentences(HEADLINE | {"n_units": 253})
    assert numbers(first) == [253, 20] and numbers(untested) == []
    tested = {"n_units": 253, "n_above": 3, "n_tested": 200, "n_smooth": 15, "n_undecided": 185}
    said = sentences(HEADLINE | tested)
    assert numbers(said[0]) == [253, 3, 20, 2] and numbers(said[1]) == [200, 0, 15, 185] and len(said) == 2
    assert last_lines({}, COUNTS, HEADLINE | tested, {})[1] == " ".join(said)


def test_what_is_missing_for_a_test_is_said_at_the_end_of_a_run(tmp_path):
    scales = [1e7, 3e7, 1e8, 3e8, 1e9, 3e9]
    rows = [
        {"task": task, "model_family": "F", "model": f"{scale:g}", "n_parameters": scale, "metric": "acc", "score": k / 7}
        for task in ("no_chance", "no_examples")
        for k, scale in enumerate(scales)
    ]
    frame = pd.DataFrame(rows)
    frame["chance"] = frame["task"].map({"no_examples": 0.0})
    frame["n_examples"] = frame["task"].map({"no_chance": 7})
    frame.loc[frame["task"] == "no_examples", "score"] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "results/d").mkdir(parents=True)
    (tmp_path / "results/d/report.html").write_text("of an earlier run, with other settings")
    result = snakemake(
        "data/d/emergence.duckdb", "--directory", tmp_path, "--config", "dataset=d", f"source={tmp_path / 't.csv'}"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = (tmp_path / "data/d/summary.txt").read_text().splitlines()
    assert lines[0] == "12 numbers taken, 0 rejected" and numbers(lines[1]) == [2, 20]
    assert "lack a chance rate" in lines[2] and "lack a number of examples" in lines[2] and numbers(lines[2]) == [1, 1]
    last = result.stdout.splitlines()
    assert lines[2] in last and any(line.startswith("Made: ") and "data/d/emergence.duckdb" in line for line in last)
    # The report was not made by this run, and is not passed off as its result.
    assert not any(line.startswith("The report: ") for line in last)
    assert any(line.startswith("The report was not made in this run") and "results/d/report.html" in line for line in last)
