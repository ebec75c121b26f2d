"""The simulated benchmark: deterministic, in the published layout, and true to the law that its truth table names."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, build
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.theory import scaling, score_files
from jumpcheck.theory import world as simulate

REFERENCES = [pd.read_csv(ROOT / f"data/reference/{name}.csv") for name in ("annotations", "preferred_metrics")]
PURE = simulate.World(n_tasks=60, scatter=0.0)


def tasks_of(world):
    return simulate.tasks_of(world, *simulate.reference_tasks(*REFERENCES))


def tree(folder, world, n_processes=1, tasks=None):
    return score_files.write_tree(folder, world, tasks or tasks_of(world), n_processes)


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}


def small_tasks(world, n=40):
    """Tasks without hundreds of subtasks: quick."""
    return [task for task in tasks_of(world) if len(task.subtasks) < 10][:n]


@pytest.fixture(scope="module")
def pure(tmp_path_factory):
    """Scores of a purely binomial world joined with what they were made from."""
    return joined(tmp_path_factory.mktemp("pure"), PURE)


def joined(folder, world):
    truth, _, _ = tree(folder / "tree", world, 2, small_tasks(world))
    tables = normalise(folder / "tree", 2)
    assert len(tables.rejects) == 0
    scores = tables.scores.to_pandas()
    scores = scores[scores["entry_kind"] != "aggregate"]
    sizes = {(family, model): scale for family, models in simulate.FAMILIES.items() for model, scale in models.items()}
    scores["scale"] = [sizes[key] for key in zip(scores["model_family"], scores["model"], strict=True)]
    key = ["task", "subtask", "shots", "metric", "filter", "model_family"]
    frame = (
        scores.drop(columns="n_examples")
        .astype({name: str for name in key if name != "shots"})
        .merge(truth.to_pandas(), on=key, how="outer")
    )
    assert len(frame) == len(scores) and frame["alpha"].notna().all() and frame["score"].notna().all()
    p = scaling.token_probability(frame["scale"], frame["c"], frame["alpha"])
    exact = frame["metric"] == "exact_str_match"
    frame["expected"] = np.where(exact, p ** frame["L"], frame["g"] + (1 - frame["g"]) * p)
    return frame


def test_one_world_is_one_tree(tmp_path):
    world = simulate.World(n_tasks=3)
    truths = [tree(tmp_path / name, world, n)[0] for name, n in (("a", 1), ("b", 2))]
    assert truths[0].equals(truths[1])
    assert content(tmp_path / "a") == content(tmp_path / "b")
    other = dataclasses.replace(world, seed=1)
    tree(tmp_path / "c", other)
    assert content(tmp_path / "c") != content(tmp_path / "a")


def test_tasks_do_not_depend_on_how_many_there_are():
    assert tasks_of(simulate.World(n_tasks=210))[:50] == tasks_of(simulate.World(n_tasks=50))


@pytest.mark.parametrize("n_tasks", [3, 197, 210, 1050])
def test_names_are_marked_and_unique(n_tasks):
    tasks = tasks_of(simulate.World(n_tasks=n_tasks))
    assert len({task.name for task in tasks}) == n_tasks
    assert all(task.name.startswith("sim_") for task in tasks)


def test_published_facts_are_used():
    tasks = {task.name: task for task in tasks_of(simulate.World())}
    assert tasks["sim_anachronisms"][1:3] == ("choice", "multiple_choice_grade")
    assert (tasks["sim_anachronisms"].n_examples, tasks["sim_anachronisms"].chance) == (230, 0.5)
    assert tasks["sim_word_sorting"].preferred == "exact_str_match"
    assert tasks["sim_hyperbaton"].n_examples == 1024


def test_files_look_like_published_ones(tmp_path):
    world = simulate.World(n_tasks=30)
    tasks = [next(task for task in tasks_of(world) if len(task.subtasks) > 1)]
    _, n_files, n_scores = tree(tmp_path, world, 1, tasks)
    files = content(tmp_path)
    assert n_files == len(files) == sum(len(models) for models in simulate.FAMILIES.values()) == 52
    assert n_scores == sum(len(e["score_dict"]) for c in files.values() for e in json.loads(c)["scores"])
    path = f"bigbench/benchmark_tasks/{tasks[0].name}/results/scores_BIG-G_T=0_128b.json"
    document = json.loads(files[path])
    assert [e["number_of_shots"] for e in document["scores"] if e["subtask_description"] == tasks[0].name] == [0, 1, 2, 3]
    average = next(e for e in document["scores"] if e["subtask_description"] == tasks[0].name)
    parts = [e for e in document["scores"] if e["subtask_description"] != tasks[0].name and e["number_of_shots"] == 0]
    assert average["preferred_score"] == "normalized_aggregate_score"
    for name in parts[0]["score_dict"]:
        assert average["score_dict"][name] == pytest.approx(np.mean([e["score_dict"][name] for e in parts]))


def proportions(frame):
    """Scores that are shares k/n, with their standardised distance from the law."""
    rows = frame[frame["metric"].isin(["exact_str_match", "multiple_choice_grade"])]
    rows = rows[(rows["expected"] * rows["n_examples"] > 5) & ((1 - rows["expected"]) * rows["n_examples"] > 5)]
    error = np.sqrt(rows["expected"] * (1 - rows["expected"]) / rows["n_examples"])
    return rows.assign(z=(rows["score"] - rows["expected"]) / error)


def test_scores_follow_the_law(pure):
    rows = proportions(pure)
    assert len(rows) > 3000
    shares = rows["score"] * rows["n_examples"]
    np.testing.assert_allclose(shares, np.round(shares), atol=1e-6)
    for metric, z in rows.groupby("metric")["z"]:
        n = len(z)
        assert abs(z.mean()) < 4 / math.sqrt(n), metric
        assert abs((z**2).mean() - 1) < 4 * math.sqrt(2 / n) + 0.02, metric


def test_scatter_is_the_intraclass_correlation(tmp_path):
    rows = proportions(joined(tmp_path, simulate.World(n_tasks=60, scatter=0.03)))
    ratio = (rows["z"] ** 2).mean() / (1 + (rows["n_examples"] - 1) * 0.03).mean()
    assert ratio == pytest.approx(1, abs=0.1)


def test_metrics_of_one_entry_are_of_the_same_outcomes(pure):
    wide = pure.pivot_table(
        index=["task", "subtask", "shots", "model_family", "model"], columns="metric", values="score", observed=True
    )
    text = wide[wide["exact_str_match"].notna()]
    assert (text["exact_str_match"] == text["case_insensitive_str_match"]).all()
    assert (text["rouge1"] >= 100 * text["exact_str_match"] - 1e-9).all()
    assert (text["rouge1"] == text["rougeLsum"]).all() and (text["rouge1"] >= text["bleu"] - 1e-9).all()
    # Full marks in one are full marks in all.
    assert (text.loc[text["exact_str_match"] == 1, "rouge1"] == 100).all()


def test_share_of_right_tokens_follows_the_law(pure):
    rows = pure[(pure["metric"] == "rouge1")]
    p = scaling.token_probability(rows["scale"], rows["c"], rows["alpha"])
    error = np.sqrt(p * (1 - p) / (rows["n_examples"] * rows["L"]))
    z = ((rows["score"] / 100 - p) / error)[(error > 1e-3) & (p > 0.02) & (p < 0.98)]
    assert len(z) > 500
    assert abs(z.mean()) < 4 / math.sqrt(len(z))
    assert (z**2).mean() == pytest.approx(1, abs=0.15)


def test_the_other_law_of_multiple_choice(tmp_path):
    frame = joined(tmp_path, dataclasses.replace(PURE, mc_law="argmax", n_tasks=30))
    rows = frame[(frame["metric"] == "multiple_choice_grade") & (frame["g"] == 0.25)]
    exact = scaling.multiple_choice_accuracy(rows["scale"], 4, rows["c"], rows["alpha"])
    error = np.sqrt(exact * (1 - exact) / rows["n_examples"])
    z = ((rows["score"] - exact) / error)[error > 1e-2]
    assert len(z) > 50 and abs(z.mean()) < 4 / math.sqrt(len(z)) and (z**2).mean() == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("scatter", [0.0, 0.05])
def test_the_other_law_scatters_as_told(scatter):
    """Grade of many models at one loss: mean of the closed form, variance of the beta-binomial, and Brier goes with it."""
    n, ce = 100, np.full((4000, 1), 1.1)
    world = simulate.World(mc_law="argmax", scatter=scatter)
    scores = simulate._choice_scores(ce, 0.25, n, world, np.random.default_rng(0))
    grade = scores["multiple_choice_grade"].ravel()
    mean = float(scaling.multiple_choice_accuracy_of(np.exp(-1.1), 4))
    variance = mean * (1 - mean) / n * (1 + (n - 1) * scatter)
    assert grade.mean() == pytest.approx(mean, abs=4 * math.sqrt(variance / 4000))
    assert grade.var() == pytest.approx(variance, rel=0.12)
    assert np.corrcoef(grade, scores["calibration_multiple_choice_brier_score"].ravel())[0, 1] < -0.2


def test_log_likelihood_is_of_the_same_outcomes():
    n, ce = 100, np.full((3000, 1), 0.7)
    scores = simulate._text_scores(ce, 3, n, 0.0, np.random.default_rng(0))
    assert scores["log_likelihood"].mean() == pytest.approx(-0.7 * 3, rel=0.01)
    assert np.corrcoef(scores["log_likelihood"].ravel(), scores["rouge1"].ravel())[0, 1] > 0.99
    assert np.corrcoef(scores["log_likelihood"].ravel(), scores["exact_str_match"].ravel())[0, 1] > 0.5
    choice = simulate._choice_scores(ce, 0.25, n, simulate.World(scatter=0.0), np.random.default_rng(0))
    assert choice["log_likelihood"].mean() == pytest.approx(-0.7, rel=0.01)


def test_aggregates_stay_in_their_range(tmp_path):
    """bleu runs to 100 and overall from 1 to 9: normalised they are within 0 and 100."""
    world = simulate.World(n_tasks=210)
    kinds = {"bleu", "overall", "exact_str_match", "multiple_choice_grade"}
    tasks = [task._replace(subtasks=("a", "b")) for task in tasks_of(world) if task.preferred in kinds]
    tasks = [next(task for task in tasks if task.preferred == kind) for kind in sorted(kinds)]
    tree(tmp_path, world, 1, tasks)
    for text in content(tmp_path).values():
        for one in json.loads(text)["scores"]:
            score = one["score_dict"].get("normalized_aggregate_score")
            assert score is None or -60 <= score <= 100 + 1e-9
            own = one["score_dict"][one["preferred_score"]]
            assert own <= one["high_score"] + 1e-9


def test_planted_breaks_are_where_the_truth_says(tmp_path):
    world = dataclasses.replace(PURE, break_share=0.5, break_size=2.0)
    frame = joined(tmp_path, world)
    broken = frame["break_scale"].notna()
    share = frame.loc[broken, "task"].nunique() / frame["task"].nunique()
    assert 0.25 < share < 0.75
    rows = frame[(frame["metric"] == "log_likelihood")]
    ce = scaling.cross_entropy(rows["scale"], rows["c"], rows["alpha"]) * rows["L"]
    after = rows["scale"] >= rows["break_scale"].fillna(math.inf)
    ratio = -rows["score"] / ce
    assert after.any()
    assert ratio[~after].median() == pytest.approx(1, abs=0.02)
    assert ratio[after].median() == pytest.approx(math.exp(-2), rel=0.02)
    assert (rows.loc[after, "break_size"] == 2).all() and rows.loc[rows["break_scale"].isna(), "break_size"].isna().all()


def test_the_truth_is_a_table_of_the_database(tmp_path):
    world = simulate.World(n_tasks=30)
    tasks = small_tasks(world, 3)
    truth, _, _ = tree(tmp_path / "tree", world, 1, tasks)
    con = build(normalise(tmp_path / "tree"), published_truth=truth)
    both = con.execute(
        """
        select count(*) from curves
        full join truth using (task, subtask, shots, metric, filter, model_family)
        where entry_kind <> 'aggregate' and (truth.alpha is null or curves.n_scales is null)
        """
    ).fetchall()
    assert both == [(0,)] and con.execute("select count(*) from truth").fetchall() == [(len(truth),)]
