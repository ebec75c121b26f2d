"""What the README says of numbers. Its queries are run in test_bigbench_preferred."""

import re

import pandas as pd
import pytest
from builders import ROOT, build
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.theory import score_files
from jumpcheck.theory import world as simulate


def test_the_opening_of_the_readme():
    """It says what docs/bigbench.md says first; every number is counted again from the scores per pair beside that page."""
    opening, page = (
        " ".join((ROOT / name).read_text(encoding="utf-8").split()) for name in ("README.md", "docs/bigbench.md")
    )
    told = re.search(r"On BIG-bench's preferred scores:\*\* (.*?) \[docs/bigbench\.md\]", opening)[1]
    assert f"## In short {told}" in page
    pairs = pd.read_csv(ROOT / "docs/bigbench/pairs.csv")
    metrics = pd.read_csv(ROOT / "data/reference/metrics.csv").set_index("metric")
    jumping = pairs[pairs["jumps"]]
    n = jumping["jump_verdict"].value_counts()
    n_other = ((jumping["verdict"] == "break") & (jumping["jump_verdict"] != "break")).sum()
    proportions = metrics.index[metrics["is_proportion"].astype(str).str.lower() == "true"]
    n_of_others = (~jumping["metric"].isin(proportions)).sum()
    n_untested = n["not_testable"]
    expected = [len(pairs), pairs["is_above"].sum(), 20, len(jumping), 2, len(jumping) - n_untested, len(jumping)]
    of_kind = [n.get(kind, 0) for kind in ("one_model", "family", "smooth", "at_chance")]
    expected += [count for count in (n.get("break", 0), n_other, *of_kind) if count]
    expected += [n["inconclusive"], *[count for count in [pairs["has_decoy"].sum()] if count]]
    expected += [n_untested, n_of_others, n_untested - n_of_others]
    assert [int(number) for number in re.findall(r"\d+", told)] == expected


@pytest.mark.slow
def test_the_world_without_emergence_of_the_readme(tmp_path):
    """The percentages that the README gives for 210 simulated tasks."""
    world = simulate.World()
    tables = [pd.read_csv(ROOT / f"data/reference/{name}.csv") for name in ("annotations", "preferred_metrics")]
    tasks = simulate.tasks_of(world, *simulate.reference_tasks(*tables))
    # In this process: a fork of one that runs tests shares the threads and the memory of all tests before.
    score_files.write_tree(tmp_path / "tree", world, tasks)
    con = build(normalise(tmp_path / "tree"))
    curves = con.execute("select * from curves where entry_kind <> 'aggregate' and n_scales >= 5").df()
    above = {limit: (curves["improvement_score"] > limit).groupby(curves["metric"]).mean() for limit in (20, 25)}
    shares = {metric: round(100 * share, 1) for metric, share in above[20].items()}
    assert round(shares["exact_str_match"]) == 16 and round(shares["bleu"]) == 9 and round(shares["rougeLsum"]) == 5
    assert shares["multiple_choice_grade"] == 0.2 and shares["calibration_multiple_choice_brier_score"] == 0.1
    assert shares["log_likelihood"] == 2.5 and round(100 * above[25]["log_likelihood"], 1) == 0.3
