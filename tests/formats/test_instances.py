"""Scores of single examples: what they average to, in any order and any number of files."""

import itertools

import duckdb
import numpy as np
import pandas as pd
import pytest
from builders import build, known_rules, rows, snakemake
from jumpcheck.base.database import connect
from jumpcheck.formats import instances
from jumpcheck.normalise import results

RULES = known_rules()


def answers(n=40, models=6, seed=0, metric="exact_match"):
    """Right and wrong answers of models of one family."""
    rng = np.random.default_rng(seed)
    frames = [
        pd.DataFrame({"task": "t", "example": np.arange(n), "model": f"m{k}", "n_parameters": 10.0 ** (6 + k)})
        for k in range(models)
    ]
    frame = pd.concat(frames, ignore_index=True).assign(model_family="F", metric=metric, chance=0.0)
    return frame.assign(score=(rng.random(len(frame)) < frame.groupby("model").ngroup() / models).astype(float))


def averaged(folder, **limits):
    paths = sorted(path.name for path in folder.glob("*.parquet"))
    with connect(temporary=str(folder / "spill"), **limits) as con:
        return instances.average(con, folder, paths)


def test_means_errors_and_sizes(tmp_path):
    frame = pd.concat([answers(), answers(seed=1, metric="loss").assign(score=np.random.default_rng(2).normal(size=240))])
    frame.to_parquet(tmp_path / "a.parquet")
    table, rejects, counts = averaged(tmp_path)
    assert rejects == [] and counts == {"instances_in": 480, "instances_rejected": 0}
    found = table.to_pandas().set_index(["metric", "model"]).sort_index()
    expected = frame.groupby(["metric", "model"])["score"]
    np.testing.assert_allclose(found["score"], expected.mean(), rtol=1e-14, atol=1e-15)  # to 15 digits
    np.testing.assert_allclose(found["stderr"], expected.sem(), rtol=1e-11)
    assert (found["n_examples"] == 40).all() and (found["subtask"] == "t").all() and (found["filter"] == "none").all()
    shares = found.loc["exact_match"]["score"]
    assert shares.tolist() == [float(k) / 40 for k in expected.sum()["exact_match"]]


def test_order_and_files_do_not_matter(tmp_path):
    frame = pd.concat(
        [answers(500), answers(500, metric="loss").assign(score=np.random.default_rng(0).normal(size=3000) * 1e3)]
    )
    found = []
    for n_files, threads in itertools.product((1, 7), (1, 2)):
        folder = tmp_path / f"{n_files}_{threads}"
        folder.mkdir()
        shuffled = frame.sample(frac=1, random_state=n_files)
        for k in range(n_files):
            shuffled.iloc[k::n_files].to_parquet(folder / f"{k}.parquet")
        found.append(averaged(folder, threads=threads)[0])
    assert all(one.equals(found[0]) for one in found)


def test_bad_scores_are_counted_and_the_others_count(tmp_path):
    frame = answers(10, 3)
    frame.loc[[0, 1, 10], "score"] = [np.nan, np.inf, 1e200]
    frame.to_parquet(tmp_path / "a.parquet")
    table, rejects, counts = averaged(tmp_path)
    assert table["n_examples"].to_pylist() == [8, 9, 10] and counts == {"instances_in": 30, "instances_rejected": 3}
    assert [(one.reason, one.detail.split(" ")[0]) for one in rejects] == [("bad_instances", "2"), ("bad_instances", "1")]
    assert "model 'm0'" in rejects[0].location


def test_texts_in_place_of_scores(tmp_path):
    frame = answers(4, 3)
    frame["score"] = frame["score"].astype(object).astype(str)
    frame.loc[0, "score"] = "right"
    frame.to_parquet(tmp_path / "a.parquet")
    table, rejects, _ = averaged(tmp_path)
    assert table["n_examples"].to_pylist() == [3, 4, 4] and [one.reason for one in rejects] == ["bad_instances"]


def test_an_example_that_stands_there_twice(tmp_path):
    frame = answers(10, 3)
    frame.to_parquet(tmp_path / "a.parquet")
    frame.iloc[[3]].to_parquet(tmp_path / "b.parquet")
    table, rejects, counts = averaged(tmp_path)
    assert table["model"].to_pylist() == ["m1", "m2"] and counts["instances_rejected"] == 11
    assert [one.reason for one in rejects] == ["repeated_examples"] and "11 rows of 10 examples" in rejects[0].detail


def test_an_example_without_a_name(tmp_path):
    answers(10, 2).astype({"example": object}).assign(example=[None, *range(1, 10), *range(10)]).to_parquet(
        tmp_path / "a.parquet"
    )
    table, rejects, _ = averaged(tmp_path)
    assert table["model"].to_pylist() == ["m1"]
    assert [one.reason for one in rejects] == ["repeated_examples"] and "10 rows of 9 examples" in rejects[0].detail


def test_chance_of_each_question(tmp_path):
    frame = answers(10, 3).assign(chance=[0.25] * 8 + [1 / 3] * 2 + [0.25] * 8 + [1 / 3] * 2 + [0.25] * 10)
    frame.to_parquet(tmp_path / "a.parquet")
    table, rejects, _ = averaged(tmp_path)
    assert rejects == [] and table["n_examples"].to_pylist() == [10, 10, 10]
    assert table["chance"].to_pylist() == pytest.approx([0.8 * 0.25 + 0.2 / 3] * 2 + [0.25], rel=1e-14)


def test_rows_that_differ_and_cells_of_another_kind(tmp_path):
    frame = answers(10, 4).astype({"n_parameters": object})
    frame.loc[0, "n_parameters"] = 2e6
    frame["shots"] = 2.0
    frame.loc[10, "shots"] = 2.5
    frame["n_parameters"] = frame["n_parameters"].astype(str)
    frame.loc[20, "n_parameters"] = "1b"
    frame.to_parquet(tmp_path / "a.parquet")
    table, rejects, counts = averaged(tmp_path)
    assert [(one.reason, one.location[-4:]) for one in rejects] == [
        ("differing_rows", "'m0'"), ("bad_instances", "'m1'"), ("bad_instances", "'m2'")]  # fmt: skip
    assert table["n_examples"].to_pylist() == [9, 9, 10] and counts["instances_rejected"] == 12


def test_names_of_folders_and_files_are_only_names(tmp_path):
    (tmp_path / "shots=5").mkdir()
    frame = answers(10, 2).assign(shots=0)
    frame.iloc[:10].to_parquet(tmp_path / "shots=5/a[1].parquet")
    frame.iloc[10:].to_parquet(tmp_path / "shots=5/a1.parquet")
    table, rejects, _ = averaged(tmp_path / "shots=5")
    assert rejects == [] and table["shots"].to_pylist() == [0, 0] and table["n_examples"].to_pylist() == [10, 10]


def test_beside_other_formats(tmp_path):
    answers().to_parquet(tmp_path / "answers.parquet")
    (tmp_path / "mine.csv").write_text("task,model_family,model,n_parameters,metric,score\nu,F,m0,1e6,acc,0.5\n")
    (tmp_path / "more.jsonl").write_text('{"task": "u", "example": 1, "model": "m", "metric": "acc", "score": 1}\n')
    table, rejects, _ = averaged(tmp_path)
    found = results.normalise(tmp_path, RULES, averaged=table, set_aside=rejects)
    assert sorted(set(found.scores["task"].to_pylist())) == ["t", "u"] and len(found.scores) == 7
    assert [(row["reason"], row["file"]) for row in found.rejects.to_pylist()] == [("instances_not_parquet", "more.jsonl")]
    n = found.facts
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"] == 13


def test_more_than_memory(tmp_path):
    with duckdb.connect() as con:
        con.execute(
            f"""copy (select 't' || (i % 3)::varchar as task, i // 30 as example, 'F' as model_family, 'acc' as metric,
                'm' || (i % 30 // 3)::varchar as model, 10.0 ** (6 + i % 30 // 3) as n_parameters, 0.25 as chance,
                (hash(i) % 2)::double as score from range(3000000) as t(i)) to '{tmp_path}/a.parquet' (format parquet)"""
        )
    table, rejects, counts = averaged(tmp_path, memory_mb=250, threads=2)
    assert rejects == [] and counts["instances_in"] == 3_000_000 and set(table["n_examples"].to_pylist()) == {100_000}
    assert all(0.49 < score < 0.51 for score in table["score"].to_pylist())
    # One row of three million, once more.
    pd.read_parquet(tmp_path / "a.parquet").iloc[[1_234_567]].to_parquet(tmp_path / "b.parquet")
    table, rejects, counts = averaged(tmp_path, memory_mb=250, threads=2)
    assert len(table) == 29 and counts["instances_rejected"] == 100_001
    assert [one.reason for one in rejects] == ["repeated_examples"] and "100,001 rows of 100,000" in rejects[0].detail


@pytest.mark.slow
@pytest.mark.parametrize("n_shards", [1, 3])
def test_the_whole_way(tmp_path, n_shards):
    (tmp_path / "in").mkdir()
    parts = [answers(60, seed=k).assign(task=f"task_{k}") for k in range(4)]
    pd.concat(parts[:2]).to_parquet(tmp_path / "in/a.parquet")
    pd.concat(parts[2:]).to_parquet(tmp_path / "in/b.parquet")
    config = ["--config", "dataset=d", f"source={tmp_path / 'in'}", f"shards={n_shards}"]
    result = snakemake("data/d/emergence.duckdb", "--directory", tmp_path, *config)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1,440 scores of single examples, 0 of them rejected" in result.stdout
    assert "48 numbers in = 24 scores + 24 standard errors + 0 rejected values" in result.stdout
    with duckdb.connect(str(tmp_path / "data/d/emergence.duckdb"), read_only=True) as con:
        found = rows(con, "select task, n_scales, n_examples, n_source from curves order by task")
        assert found == [{"task": f"task_{k}", "n_scales": 6, "n_examples": 60, "n_source": "given"} for k in range(4)]
        expected = parts[0].groupby("model")["score"].mean().tolist()
        shown = rows(con, "select score, source_file from scores where task = 'task_0' order by model")
        assert [row["score"] for row in shown] == expected and {row["source_file"] for row in shown} == {
            "averages of instances"
        }
        assert rows(con, "select count(*) as n from breaks where verdict <> 'not_testable'") == [{"n": 4}]


def options(n=30, n_options=4, seed=0, model="m0", n_parameters=1e6, sharpness=2.0):
    """(a table of questions with the log likelihoods of their options, as an array, the right ones)."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, n_options, n)
    logs = rng.normal(size=(n, n_options)) * 2
    logs[np.arange(n), target] += sharpness
    frame = pd.DataFrame({"task": "quiz", "example": np.arange(n), "model": model, "n_parameters": n_parameters})
    return frame.assign(model_family="F", target=target, option_log_likelihoods=list(logs)), logs, target


def option_scores(logs, target):
    """{metric: mean} of questions, in NumPy."""
    p = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    row = np.arange(len(p))
    is_right = np.zeros_like(p, bool)
    is_right[row, target] = True
    return {
        "acc": (logs.argmax(axis=1) == target).mean(),
        "brier_score": ((p - is_right) ** 2).sum(axis=1).mean(),
        "choice_log_likelihood": np.log(p[row, target]).mean(),
        "choice_margin": (p[row, target] - np.where(is_right, -1, p).max(axis=1)).mean(),
    }


def test_weights_of_options_under_four_metrics(tmp_path):
    """As log likelihoods and as probabilities, which need not add up to 1, in one source."""
    frame, logs, target = options()
    frame.to_parquet(tmp_path / "a.parquet")
    probabilities = frame.drop(columns="option_log_likelihoods").assign(
        model="m1", option_probabilities=list(np.exp(logs) / 9)
    )
    probabilities.to_parquet(tmp_path / "b.parquet")
    answers(30, 1).to_parquet(tmp_path / "c.parquet")
    table, rejects, counts = averaged(tmp_path)
    assert rejects == [] and counts == {"instances_in": 8 * 30 + 30, "instances_rejected": 0}
    found = table.to_pandas().query("task == 'quiz'").set_index(["model", "metric"])
    for metric, expected in option_scores(logs, target).items():
        for model in ("m0", "m1"):
            row = found.loc[(model, metric)]
            assert row["score"] == pytest.approx(expected, rel=1e-12) and row["n_examples"] == 30
    assert found["chance"].dropna().tolist() == [0.25, 0.25] and set(table["task"].to_pylist()) == {"quiz", "t"}


def test_weights_that_are_none_are_counted_under_every_metric(tmp_path):
    frame, logs, target = options(8)
    frame["option_log_likelihoods"] = frame["option_log_likelihoods"].map(list)
    bad = [[0.0], [np.nan, 0, 0, 0], [np.inf, 0, 0, 0], None]
    for k, weights in enumerate(bad):
        frame.at[k, "option_log_likelihoods"] = weights
    frame.loc[4, "target"] = 4
    frame.loc[5, "target"] = -1
    frame.to_parquet(tmp_path / "a.parquet")
    table, rejects, counts = averaged(tmp_path)
    assert table["n_examples"].to_pylist() == [2] * 4 and counts == {"instances_in": 32, "instances_rejected": 24}
    assert [reject.reason for reject in rejects] == ["bad_instances"] * 4
    expected = option_scores(logs[6:], target[6:])
    assert dict(zip(table["metric"].to_pylist(), table["score"].to_pylist(), strict=True)) == pytest.approx(expected)


def test_impossible_probabilities(tmp_path):
    frame, _, _ = options(4)
    frame = frame.drop(columns="option_log_likelihoods").assign(target=0)
    frame["option_probabilities"] = [[0.5, 0.5], [0.0, 1.0], [0.0, 0.0], [1.5, -0.5]]
    frame.to_parquet(tmp_path / "a.parquet")
    table, _, _ = averaged(tmp_path)
    found = {row["metric"]: (row["score"], row["n_examples"]) for row in table.to_pylist()}
    # A right option of probability 0 has no log likelihood; it has the other scores.
    assert found["acc"] == (0.5, 2) and found["choice_log_likelihood"] == (pytest.approx(np.log(0.5)), 1)
    assert found["brier_score"] == (pytest.approx((0.5 + 2) / 2), 2) and found["choice_margin"] == (-0.5, 2)


def test_the_same_outputs_are_swapped_between_metrics(tmp_path):
    for k in range(6):
        frame, _, _ = options(200, seed=k, model=f"m{k}", n_parameters=10.0 ** (6 + k), sharpness=k)
        frame.to_parquet(tmp_path / f"{k}.parquet")
    table, rejects, _ = averaged(tmp_path)
    with build(results.normalise(tmp_path, RULES, averaged=table, set_aside=rejects)) as con:
        swapped = con.execute("select sharp_metric, smooth_metric from metric_swap order by all").fetchall()
        tested = con.execute("select metric, chance, n_examples from breaks").fetchall()
    assert swapped == [("acc", name) for name in ("brier_score", "choice_log_likelihood", "choice_margin")]
    assert tested == [("acc", 0.25, 200)]
