"""What the README says of numbers. Its queries are run in test_bigbench_preferred."""

import pandas as pd
import pytest
from builders import ROOT, build

from analysis.normalise.bigbench import normalise
from analysis.theory import score_files
from analysis.theory import world as simulate


def test_the_opening_of_the_readme():
    """Its sentence, from the scores per pair that the page docs/bigbench.md is made of."""
    opening = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split("## ", 1)[0].split())
    pairs = pd.read_csv(ROOT / "docs/bigbench/pairs.csv")
    jumping = pairs[pairs["displays_emergence"]]
    verdicts = jumping["verdict"].value_counts()
    n_tested = len(jumping) - verdicts["not_testable"]
    assert verdicts.get("smooth", 0) == 0  # else the sentence must say so
    assert (
        f"{pairs['exceeds_threshold'].sum()} of {len(pairs)} pairs of a task and a model family have an emergence score "
        f"above 20; {len(jumping)} of them jump by a stricter rule, {n_tested} of these could be "
        f"tested for a break in the loss, and {verdicts['break']} have one, {verdicts['at_chance']} are at chance, and "
        f"{verdicts['inconclusive']} cannot be decided."
    ) in opening


@pytest.mark.slow
def test_the_world_without_emergence_of_the_readme(tmp_path):
    """The percentages that the README gives for 210 simulated tasks."""
    world = simulate.World()
    tables = [pd.read_csv(ROOT / f"data/reference/{name}.csv") for name in ("annotations", "preferred_metrics")]
    tasks = simulate.tasks_of(world, *simulate.reference_tasks(*tables))
    score_files.write_tree(tmp_path / "tree", world, tasks, 2)
    con = build(normalise(tmp_path / "tree", 2))
    curves = con.execute("select * from curves where entry_kind <> 'aggregate' and n_scales >= 5").df()
    above = {limit: (curves["improvement_score"] > limit).groupby(curves["metric"]).mean() for limit in (20, 25)}
    shares = {metric: round(100 * share, 1) for metric, share in above[20].items()}
    assert round(shares["exact_str_match"]) == 16 and round(shares["bleu"]) == 9 and round(shares["rougeLsum"]) == 5
    assert shares["multiple_choice_grade"] == 0.2 and shares["calibration_multiple_choice_brier_score"] == 0.1
    assert shares["log_likelihood"] == 2.5 and round(100 * above[25]["log_likelihood"], 1) == 0.3
