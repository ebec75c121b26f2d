"""What evaluation writes in 2026: files written from the formats' descriptions are read as what was written."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jumpcheck.formats.wide import Tables
from jumpcheck.normalise import results
from result_files import RULES, reasons, v3, v4, write

QUICK = settings(max_examples=60, deadline=None)
MODEL = "EleutherAI/pythia-70m"
TIME = "2026-01-02T03-04-05.678901"


def read(folder, rules=RULES):
    """(scores, rejects) of the files of a folder; every number is one of both."""
    tables = results.normalise(folder, rules, tables=Tables())
    n = tables.facts
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"]
    return tables.scores.to_pandas(), tables.rejects.to_pylist()


def by_metric(scores):
    return {(row.metric, row.filter): row for row in scores.itertuples()}


# --- Inspect -----------------------------------------------------------------------------------------------------------

VALUE = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


def inspect_log(values, epochs=1, status="success", model=MODEL, samples=True, accuracy=None, **header):
    """A log of one scorer; `values` are those of its samples, `epochs` of each."""
    numbers = [VALUE[one] if isinstance(one, str) else float(one) for one in values]
    means = np.array(numbers).reshape(-1, epochs).mean(axis=1)
    accuracy = float(means.mean()) if accuracy is None else accuracy
    metrics = {"accuracy": {"name": "accuracy", "value": accuracy, "params": {}}}
    if len(means) > 1:
        error = float(means.std(ddof=1) / np.sqrt(len(means)))
        metrics["inspect_ai/stderr"] = {"name": "stderr", "value": error}
        metrics["std"] = {"name": "std", "value": 0.3}
    log = {
        "version": 2,
        "status": status,
        "eval": {
            "task": "evals/quiz", "model": model, "created": "2026-01-02T03:04:05+00:00",
            "dataset": {"name": "quiz", "samples": len(means)}, "config": {"epochs": epochs},
        },
        "plan": {},
        "results": {
            "total_samples": len(values), "completed_samples": len(values),
            "scores": [{"name": "choice", "scorer": "choice", "metrics": metrics}],
        },
    }  # fmt: skip
    log["samples"] = [
        {"id": k // epochs, "epoch": k % epochs + 1, "scores": {"choice": {"value": one}}} for k, one in enumerate(values)
    ]
    return (log if samples else {name: log[name] for name in log if name != "samples"}) | header


def write_eval(path, log, **members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps({name: log[name] for name in log if name != "samples"}))
        for sample in log.get("samples", []):
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
        archive.writestr("reductions.json", "[]")
        for name, content in members.items():
            archive.writestr(name, content)


@QUICK
@given(st.lists(st.sampled_from("CIPN"), min_size=1, max_size=12), st.integers(1, 3), st.booleans())
def test_inspect_is_its_own_aggregate(tmp_path_factory, values, epochs, is_archive):
    folder = tmp_path_factory.mktemp("inspect")
    log = inspect_log([one for one in values for _ in range(epochs)], epochs)
    if is_archive:
        write_eval(folder / "a.eval", log)
    else:
        write(folder, {"a.json": log})
    scores, rejects = read(folder)
    metric = "accuracy_with_partial_credit" if "P" in values else "accuracy"
    row = by_metric(scores)[metric, "choice"]
    assert rejects == [] and row.score == pytest.approx(np.mean([VALUE[one] for one in values]), abs=1e-9)
    assert row.n_examples == len(values) and row.task == "evals/quiz" and row.model == MODEL


def test_incorrect_is_not_correct(tmp_path):
    """A public report read 5 % as 92 %."""
    scores, _ = read(write(tmp_path, {"a.json": inspect_log(["C"] + ["I"] * 19, samples=False)}))
    assert scores["score"].tolist() == [0.05] and scores["n_examples"].tolist() == [20]


def test_examples_that_are_not_the_aggregate_are_named(tmp_path):
    scores, rejects = read(write(tmp_path, {"a.json": inspect_log(["C", "I"], accuracy=0.9)}))
    assert scores["score"].tolist() == [0.9] and scores["n_examples"].isna().all()
    assert reasons(rejects) == [("examples_disagree", 0)]
    assert "0.9" in rejects[0]["detail"] and "0.5" in rejects[0]["detail"]


def test_a_run_that_was_cut_off_is_taken_as_far_as_it_goes(tmp_path):
    log = inspect_log(["C", "I", "C", "C"], status="cancelled", results=None)
    log["samples"][3]["scores"] = {}
    write(tmp_path, {"a.json": log})
    started = inspect_log(["I", "I"], model="EleutherAI/pythia-1b")
    with zipfile.ZipFile(tmp_path / "b.eval", "w") as archive:  # header.json is written when a run ends
        archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": started["eval"]}))
        for sample in started["samples"]:
            archive.writestr(f"samples/{sample['id']}.json", json.dumps(sample))
    scores, rejects = read(tmp_path)
    found = scores.set_index("model")
    assert found.loc[MODEL, "score"] == pytest.approx(2 / 3) and found.loc[MODEL, "n_examples"] == 3
    assert found.loc["EleutherAI/pythia-1b", ["score", "n_examples"]].tolist() == [0, 2]
    assert reasons(rejects) == [("interrupted_run", 0)] * 2 + [("samples_without_value", 0)]


def test_hostile_archives(tmp_path, monkeypatch):
    from jumpcheck.formats import inspect_logs

    monkeypatch.setattr(inspect_logs, "MAX_MEMBER", 2000)
    good = inspect_log(["C", "I"])
    write_eval(tmp_path / "in/good.eval", good)
    content = (tmp_path / "in/good.eval").read_bytes()
    (tmp_path / "in/cut.eval").write_bytes(content[: len(content) // 2])
    (tmp_path / "in/empty.eval").write_bytes(b"")
    other_name = bytearray(content)
    place = other_name.index(b"header.json")  # beside the content; the list of members at the end has it right
    other_name[place - 24 + 1] |= 0x08  # the name is said to be UTF-8
    other_name[place] = 0xAB
    (tmp_path / "in/name.eval").write_bytes(other_name)
    write_eval(tmp_path / "in/bomb.eval", good | {"padding": "0" * 10**6})
    write_eval(tmp_path / "in/list.eval", {"eval": [], "status": "success"})
    write_eval(tmp_path / "in/one.eval", good | {"eval": good["eval"] | {"model": "EleutherAI/pythia-1b"}})
    damaged = {"samples/x.json": "{", "samples/y.json": " " * 3000, "../../out.json": "{}"}
    write_eval(tmp_path / "in/odd.eval", good | {"eval": good["eval"] | {"model": "EleutherAI/pythia-410m"}}, **damaged)
    scores, rejects = read(tmp_path / "in")
    assert sorted(scores["model"]) == ["EleutherAI/pythia-1b", "EleutherAI/pythia-410m", MODEL]
    found = {(one["file"], one["reason"]) for one in rejects}
    assert found == {
        ("cut.eval", "damaged_archive"), ("empty.eval", "damaged_archive"), ("bomb.eval", "too_large"),
        ("name.eval", "damaged_archive"),
        ("list.eval", "bad_eval"), ("odd.eval", "not_json"), ("odd.eval", "too_large"),
    }  # fmt: skip
    assert not (tmp_path / "out.json").exists()


# --- samples of lm-evaluation-harness -----------------------------------------------------------------------------------


def sample(k, target, logs, as_text=False):
    right = int(np.argmax(logs)) == target
    responses = [[str(one), "False"] if as_text else [one, False] for one in logs]
    return {"doc_id": k, "doc": {"q": "?"}, "target": str(target), "filtered_resps": responses, "filter": "none",
            "metrics": ["acc"], "acc": float(right)}  # fmt: skip


def choices(n, seed=0, n_options=4, **how):
    rng = np.random.default_rng(seed)
    logs, target = rng.normal(size=(n, n_options)) * 3, rng.integers(0, n_options, n)
    return logs, target, [sample(k, int(t), list(one), **how) for k, (t, one) in enumerate(zip(target, logs, strict=True))]


def expected_of(logs, target):
    p = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    right = np.eye(logs.shape[1], dtype=bool)[target]
    return {
        "brier_score": ((p - right) ** 2).sum(axis=1).mean(),
        "choice_log_likelihood": np.log(p[right]).mean(),
        "choice_margin": (p[right] - np.where(right, -1, p).max(axis=1)).mean(),
    }


def lines(samples):
    return "".join(json.dumps(one) + "\n" for one in samples)


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("as_text", [False, True])
def test_samples_add_scores_of_the_same_outputs(tmp_path, as_list, as_text):
    logs, target, samples = choices(50, as_text=as_text)
    accuracy = float(np.mean([one["acc"] for one in samples]))
    summary = v4(MODEL, {"quiz": {"acc,none": accuracy}}, date=1.7e9)
    content = json.dumps(samples) if as_list else lines(samples)
    write(tmp_path, {f"results_{TIME}.json": summary, f"samples_quiz_{TIME}.jsonl": content})
    scores, rejects = read(tmp_path)
    found = by_metric(scores)
    assert rejects == [] and found["acc", "none"].score == accuracy
    for metric, value in expected_of(logs, target).items():
        row = found[metric, "none"]
        assert row.score == pytest.approx(value, rel=1e-12) and row.n_examples == 50 and row.model == MODEL
        assert row.shots == found["acc", "none"].shots == 0
    assert set(scores["task"]) == {"quiz"} and len(scores) == 4


def test_samples_stand_for_means_that_were_not_written(tmp_path):
    """Folders are often partial: here without the task in the results, there without results."""
    _, _, samples = choices(20)
    samples[7]["acc"] = float(samples[7]["acc"])
    write(tmp_path / "in", {f"results_{TIME}.json": v4(MODEL), f"samples_my_quiz_{TIME}.jsonl": lines(samples)})
    write(tmp_path / "in/other", {f"samples_quiz_{TIME}.jsonl": lines(samples)})
    scores, rejects = read(tmp_path / "in")
    row = by_metric(scores[scores["task"] == "my_quiz"])["acc", "none"]
    assert (row.score, row.n_examples, row.chance) == (np.mean([one["acc"] for one in samples]), 20, 0.25)
    assert reasons(rejects) == [("missing_model", 4)]


def test_filters_of_samples(tmp_path):
    rows = []
    for k in range(10):
        for name, value in (("strict-match", k < 3), ("flexible-extract", k < 6)):
            rows.append({"doc_id": k, "filter": name, "metrics": ["exact_match"], "exact_match": value, "target": "7"})
    entry = {"exact_match,strict-match": 0.3, "exact_match,flexible-extract": 0.7}
    files = {f"results_{TIME}.json": v4(MODEL, {"gsm8k": entry}), f"samples_gsm8k_{TIME}.jsonl": lines(rows)}
    scores, rejects = read(write(tmp_path, files))
    assert by_metric(scores)["exact_match", "flexible-extract"].score == 0.7
    assert reasons(rejects) == [("examples_disagree", 0)] and "0.7" in rejects[0]["detail"] and "0.6" in rejects[0]["detail"]


def test_odd_samples(tmp_path):
    _, _, samples = choices(12)
    more = [samples[0], {"doc": {}}, {"doc_id": 99, "metrics": ["acc"], "acc": "right"}]
    content = lines(samples + more) + '{"doc_id": 100, "acc"'
    write(tmp_path, {f"results_{TIME}.json": v4(MODEL), f"samples_quiz_{TIME}.jsonl": content})
    scores, rejects = read(tmp_path)
    row = by_metric(scores[scores["task"] == "quiz"])["acc", "none"]
    assert row.n_examples == 12 and row.score == np.mean([one["acc"] for one in samples])
    assert [one[0] for one in reasons(rejects)] == ["examples_left_out"] * 3 + ["not_json"]


def test_a_target_that_is_no_place_gives_no_other_scores(tmp_path):
    _, _, samples = choices(12)
    for one in samples:
        one["target"] = str((int(one["target"]) + 1) % 4)
    write(tmp_path, {f"results_{TIME}.json": v4(MODEL), f"samples_quiz_{TIME}.jsonl": lines(samples)})
    scores, rejects = read(tmp_path)
    assert set(scores.loc[scores["task"] == "quiz", "metric"]) == {"acc"}
    assert reasons(rejects) == [("options_disagree", 0)]


def test_runs_by_their_times(tmp_path):
    """As in the evaluations of BLOOM: results[task][time][metric]."""
    runs = {
        "2022-07-07-15-04-50": {"acc": 0.4, "acc_stderr": 0.02},
        "2022-07-12-02-02-21": {"acc": 0.41, "acc_stderr": 0.02},
    }
    scores, rejects = read(write(tmp_path, {"a.json": v3(MODEL, {"arc_easy": runs})}))
    assert scores["score"].tolist() == [0.41] and reasons(rejects) == [("superseded", 2)]


# --- HELM --------------------------------------------------------------------------------------------------------------


def helm(values, mean=None, with_stats=True, perturbed=(), model="meta/llama-7b"):
    """A run with its instances; `perturbed` are values of changed copies of them."""
    named = {"name": "exact_match", "split": "test"}
    changed = named | {"perturbation": {"name": "robustness"}}
    instances = [
        {"instance_id": f"id{k}", "train_trial_index": 0, "stats": [{"name": named, "count": 1, "sum": v, "mean": v}]}
        for k, v in enumerate(values)
    ]
    instances += [
        {"instance_id": f"id{k}", "train_trial_index": 0, "stats": [{"name": changed, "count": 1, "sum": v, "mean": v}]}
        for k, v in enumerate(perturbed)
    ]
    instances.append({"instance_id": "id0", "train_trial_index": 0, "stats": [{"name": {"name": "odd"}, "count": 0}]})
    spec = {"name": "gsm:model=x", "adapter_spec": {"model": model, "max_train_instances": 5}}
    stats = [{"name": named, "count": 1, "mean": float(np.mean(values)) if mean is None else mean}]
    files = {"run_spec.json": spec, "per_instance_stats.json": instances}
    return files | ({"stats.json": stats} if with_stats else {})


def test_instances_of_helm_give_the_number_of_examples(tmp_path):
    scores, rejects = read(write(tmp_path, helm([1.0, 0.0, 0.0, 1.0, 1.0], perturbed=[0.0, 0.0])))
    assert scores["score"].tolist() == [0.6] and scores["n_examples"].tolist() == [5] and rejects == []


def test_instances_of_helm_that_are_not_the_mean_are_named(tmp_path):
    scores, rejects = read(write(tmp_path, helm([1.0, 0.0], mean=0.75)))
    assert scores["score"].tolist() == [0.75] and scores["n_examples"].isna().all()
    assert reasons(rejects) == [("examples_disagree", 0)]


def test_a_run_of_helm_without_statistics(tmp_path):
    scores, rejects = read(write(tmp_path, helm([1.0, 0.0, 0.0, 0.0], with_stats=False, perturbed=[1.0])))
    found = by_metric(scores)
    assert found["exact_match", "split=test"].score == 0.25 and found["exact_match", "split=test"].n_examples == 4
    assert found["exact_match", "split=test,perturbation=robustness"].score == 1
    assert reasons(rejects) == [("interrupted_run", 0)]


# --- the common schema -------------------------------------------------------------------------------------------------


def common(score, model=MODEL, error=None, n=None, name="bench", **config):
    uncertainty = ({"standard_error": {"value": error}} if error is not None else {}) | ({"num_samples": n} if n else {})
    return {
        "schema_version": "0.3.0",
        "evaluation_timestamp": "1750000000",
        "model_info": {"id": model, "name": model},
        "evaluation_results": [
            {
                "evaluation_result_id": f"{name}#1",
                "evaluation_name": name,
                "metric_config": {"metric_id": "accuracy", "lower_is_better": False, "max_score": "Infinity"} | config,
                "score_details": {"score": score} | ({"uncertainty": uncertainty} if uncertainty else {}),
            }
        ],
    }


@QUICK
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.booleans())
def test_the_common_schema_is_its_own_aggregate(tmp_path_factory, right, has_aggregate):
    folder = tmp_path_factory.mktemp("common")
    score = float(np.mean(right))
    rows = [
        {"model_id": MODEL, "evaluation_name": "bench", "evaluation_result_id": "bench#1", "sample_id": f"s{k}",
         "evaluation": {"score": float(one), "is_correct": one}}
        for k, one in enumerate(right)
    ]  # fmt: skip
    files = {"u_samples.jsonl": lines(rows)} | ({"u.json": common(score)} if has_aggregate else {})
    scores, rejects = read(write(folder, files))
    assert rejects == [] and len(scores) == 1
    row = scores.iloc[0]
    assert row["score"] == pytest.approx(score, abs=1e-9) and row["n_examples"] == len(right) and row["metric"] == "accuracy"
    assert row["task"] == "bench" and row["model"] == MODEL


def test_what_the_common_schema_says_of_a_score(tmp_path):
    files = {
        "a.json": common(0.5, error=0.05, n=101),
        "b.json": common(7.5, "EleutherAI/pythia-1b", metric_id="loss", lower_is_better=True),
        "c.json": common("much", "EleutherAI/pythia-410m"),
        "d.json": common(0.5, "EleutherAI/pythia-410m") | {"evaluation_results": []},
    }
    scores, rejects = read(write(tmp_path, files))
    found = scores.set_index("metric")
    assert found.loc["accuracy", ["score", "stderr", "n_examples"]].tolist() == [0.5, 0.05, 101]
    assert not found.loc["loss", "higher_is_better"] and reasons(rejects) == [("no_scores", 0), ("not_a_number", 1)]


# --- llm-foundry -------------------------------------------------------------------------------------------------------


@QUICK
@given(st.dictionaries(st.text("abc_/", min_size=1, max_size=6), st.integers(0, 50), min_size=1, max_size=5))
def test_scores_of_llm_foundry_are_what_single_precision_writes(tmp_path_factory, right):
    folder = tmp_path_factory.mktemp("foundry")
    scores = {task: float(np.float32(count / 50)) for task, count in right.items()}
    write(folder, {"m.json": {"name": "n", "model": MODEL, "eval_metrics": {"icl": scores}}})
    found, rejects = read(folder)
    assert rejects == []
    assert dict(zip(found["task"], found["score"], strict=True)) == {task: count / 50 for task, count in right.items()}


def test_odd_files_of_llm_foundry(tmp_path):
    good = {"name": MODEL, "eval_metrics": {"icl": {"a": 0.5, "b": "x", "c": None}}}
    files = {"a.json": good, "b.json": {"eval_metrics": {"icl": {}}}, "c.json": {"eval_metrics": {"icl": [1]}}}
    found, rejects = read(write(tmp_path, files))
    assert found["score"].tolist() == [0.5]
    assert reasons(rejects) == [("bad_icl", 0), ("no_scores", 0), ("not_a_number", 1), ("not_a_number", 1)]


# --- hostile -----------------------------------------------------------------------------------------------------------

DOCUMENTS = {
    "inspect": lambda: json.dumps(inspect_log(["C", "P", "I"])),
    "common": lambda: json.dumps(common(0.5, error=0.1, n=5)),
    "foundry": lambda: json.dumps({"name": MODEL, "eval_metrics": {"icl": {"a": 0.5, "b": 1}}}),
    "samples": lambda: lines(choices(5)[2]),
    "instances": lambda: json.dumps(helm([1.0, 0.5])["per_instance_stats.json"]),
}
NAMES = {"samples": f"samples_quiz_{TIME}.jsonl", "instances": "per_instance_stats.json"}
JUNK = st.sampled_from(
    ["null", "[]", "{}", "1e999", "-1", '"x"', "true", '{"a": [1]}', "", "}", "]", '"', "\\", "\u0000", "9" * 400]
)


@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_files_end_as_rejects(tmp_path_factory, kind, data):
    """Any value of a document is replaced by junk, or the file is cut: nothing is raised, and no number is lost."""
    text = DOCUMENTS[kind]()
    places = [k for k, letter in enumerate(text) if letter in ":,["]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places)) + 1
        text = text[:place] + data.draw(JUNK) + text[place + data.draw(st.integers(0, 12)) :]
        places = [k for k, letter in enumerate(text) if letter in ":,["] or [0]
    if data.draw(st.booleans()):
        text = text[: data.draw(st.integers(0, len(text)))]
    folder = tmp_path_factory.mktemp("hostile")
    write(folder, {NAMES.get(kind, "a.json"): text, "good/results.json": v4(MODEL)})
    if kind == "instances":
        write(folder, {"run_spec.json": helm([1.0])["run_spec.json"]})
    read(folder)


# --- found by a second reading ------------------------------------------------------------------------------------------


def test_scored_samples_of_inspect_are_samples_and_no_runs(tmp_path):
    log = inspect_log(["C"] * 4 + ["I"] * 12, epochs=4)
    log["results"]["scores"][0]["scored_samples"] = 4
    scores, rejects = read(write(tmp_path, {"a.json": log}))
    row = by_metric(scores)["accuracy", "choice"]
    assert (row.score, row.n_examples) == (0.25, 4) and rejects == []


def test_metrics_of_groups_keep_their_names(tmp_path):
    log = inspect_log(["C", "I"])
    metrics = {"math/easy": {"value": 0.25}, "cs/easy": {"value": 0.5}, "accuracy": {"value": 0.5}}
    log["results"]["scores"][0]["metrics"] = metrics
    scores, _ = read(write(tmp_path, {"a.json": log}))
    assert set(scores["metric"]) == {"math/easy", "cs/easy", "accuracy"}


def test_examples_of_several_models_are_told_apart(tmp_path):
    rows = [
        {
            "model_id": f"EleutherAI/pythia-{size}",
            "evaluation_name": "quiz",
            "sample_id": f"s{k}",
            "evaluation": {"score": score},
        }
        for size, score in (("70m", 0.0), ("1b", 1.0))
        for k in range(4)
    ]
    scores, rejects = read(write(tmp_path, {"x_samples.jsonl": lines(rows)}))
    assert scores.set_index("model")["score"].to_dict() == {"EleutherAI/pythia-70m": 0.0, "EleutherAI/pythia-1b": 1.0}
    assert rejects == []


def test_samples_of_another_run_are_not_compared(tmp_path):
    _, _, samples = choices(20)
    write(tmp_path, {"results_2020-01-01T00-00-00.json": v4(MODEL, {"quiz": {"acc,none": 0.99}})})
    write(tmp_path, {f"samples_quiz_{TIME}.jsonl": lines(samples)})
    _, rejects = read(tmp_path)
    assert reasons(rejects) == [("missing_model", 4)]


def test_a_copy_of_the_latest_file_is_no_other_run(tmp_path):
    def run(day, accuracy):
        return v4(MODEL, {"quiz": {"acc,none": accuracy, "acc_stderr,none": 0.02}}, date=1.7e9 + day)

    files = {"a/results.json": run(1, 0.25), "b/results.json": run(2, 0.26), "copy/results.json": run(2, 0.26)}
    scores, rejects = read(write(tmp_path, files))
    assert scores["score"].tolist() == [0.26] and reasons(rejects) == [("repeated", 2), ("superseded", 2)]
