"""Results of other programs: what is written is what is read, and what is not taken in is told."""

import csv
import json
import math
import string

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import build, known_rules, rows, snakemake
from hypothesis import given, settings
from hypothesis import strategies as st
from jumpcheck.base.collected import Collected
from jumpcheck.base.errors import InputError
from jumpcheck.formats import harness_entries, helm, lm_eval, reading
from jumpcheck.models import rule_files
from jumpcheck.normalise import results
from result_files import RULES, of, reasons, v3, v4, write

PYTHIA = ["70m", "160m", "410m", "1b", "2.8b", "6.9b"]
QUICK = settings(max_examples=60, deadline=None)


# --- lm-evaluation-harness ---------------------------------------------------------------------------------------------

NAMES = st.text(string.ascii_letters + string.digits + "_-é ", min_size=1, max_size=8).filter(lambda t: t.strip() == t)
SCORES = st.one_of(st.floats(-1e9, 1e9), st.integers(-5, 5))
METRICS = NAMES.filter(lambda t: t not in harness_entries.NO_SCORES and not t.endswith("_stderr"))
ENTRIES = st.dictionaries(
    METRICS,
    st.tuples(SCORES, st.none() | st.floats(0, 1e3)),
    min_size=1,
    max_size=4,
)


@QUICK
@given(
    st.dictionaries(NAMES, ENTRIES, min_size=1, max_size=4),
    st.sampled_from(["0.3", "0.4"]),
    st.sampled_from([None, "f", "g"]),
)
def test_what_the_harness_writes_is_read(tmp_path_factory, tasks, version, of_filter):
    folder = tmp_path_factory.mktemp("harness")
    suffix = f",{of_filter or 'none'}" if version == "0.4" else ""
    results, expected = {}, {}
    for task, entry in tasks.items():
        results[task] = {"alias": task} if version == "0.4" else {}
        for metric, (score, stderr) in entry.items():
            results[task][f"{metric}{suffix}"] = score
            results[task][f"{metric}_stderr{suffix}"] = "N/A" if stderr is None else stderr
            expected[task, metric] = (score, math.nan if stderr is None else stderr)
    write(folder, {"results.json": (v4 if version == "0.4" else v3)(results=results)})
    tables, scores, rejects = of(folder)
    assert rejects == []
    found = {(r.task, r.metric): (r.score, r.stderr) for r in scores.itertuples()}
    assert found.keys() == expected.keys() and len(scores) == len(expected)
    for key, values in expected.items():
        np.testing.assert_equal(found[key], values)
    assert set(scores["filter"]) == {"none" if version == "0.3" else of_filter or "none"}
    assert tables.facts["filled_stderr"] == sum(not math.isnan(stderr) for _, stderr in expected.values())


def test_two_filters_of_one_metric_are_two_curves(tmp_path):
    for k, size in enumerate(PYTHIA):
        entry = {"exact_match,strict-match": 0.1 * k, "exact_match_stderr,strict-match": 0.01,
                 "exact_match,flexible-extract": 0.15 * k, "exact_match_stderr,flexible-extract": 0.02}  # fmt: skip
        write(tmp_path / "in", {f"{size}/results_2024-05-01.json": v4(f"EleutherAI/pythia-{size}", {"gsm8k": entry})})
    tables, scores, rejects = of(tmp_path / "in")
    assert rejects == [] and len(scores) == 12 and set(scores["model_family"]) == {"Pythia"}
    con = build(tables)
    found = rows(con, "select filter, n_scales, n_examples, n_source, round(y_max, 2) as y_max from curves order by filter")
    assert found == [
        {"filter": "flexible-extract", "n_scales": 6, "n_examples": 2376, "n_source": "given", "y_max": 0.75},
        {"filter": "strict-match", "n_scales": 6, "n_examples": 2376, "n_source": "given", "y_max": 0.5},
    ]
    assert rows(con, "select distinct stderr from scores order by all") == [{"stderr": 0.01}, {"stderr": 0.02}]
    assert rows(con, "select distinct verdict <> 'not_testable' as tested, chance from breaks") == [
        {"tested": True, "chance": 0.0}
    ]
    assert rows(con, "select curve_filter, n_curves from triplets") == [{"curve_filter": "flexible-extract", "n_curves": 2}]


def test_facts_of_a_task_stand_beside_its_scores(tmp_path):
    document = v4(results={"t": {"acc,none": 0.5, "ppl,none": 9.0}, "group": {"acc,none": 0.4, " ": " ", "alias": "group"}})
    document["configs"]["t"] |= {"doc_to_choice": ["no", "yes"]}
    document["group_subtasks"] = {"group": ["t"]}
    document["higher_is_better"] = {"t": {"acc": True, "my": False, "ppl": False}}
    document["n-shot"]["t"] = 3
    document["n-samples"]["t"] = {"original": 10, "effective": 8}
    document["groups"] = {"group": document["results"]["group"]}
    _, scores, rejects = of(write(tmp_path, {"r.json": document}))
    assert rejects == []
    found = scores.set_index(["task", "metric"])
    one = found.loc["t", "acc"]
    assert (one["shots"], one["n_examples"], one["chance"], one["higher_is_better"]) == (3, 8, 0.5, True)
    assert (one["entry_kind"], one["subtask"], one["source_file"]) == ("task", "t", "r.json")
    assert found.loc["t", "ppl"]["higher_is_better"] is False and math.isnan(found.loc["t", "ppl"]["chance"])
    assert found.loc["group", "acc"]["entry_kind"] == "aggregate"


def test_version_3_says_its_shots(tmp_path):
    _, scores, _ = of(write(tmp_path, {"r.json": v3()}))
    assert scores[["shots", "stderr", "metric"]].to_numpy().tolist() == [[5, 0.01, "acc"]]
    assert scores["chance"].tolist() == [0.25]  # arc_easy, by data/reference/rules.yml


def test_the_number_of_parameters_in_the_file_counts_before_the_name(tmp_path):
    document = v4(config={"model_num_parameters": 70426624})
    tables, _, _ = of(write(tmp_path, {"r.json": document}))
    assert tables.models.to_pylist()[0]["total_params"] == 70426624


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"acc,none": "0.5"}, [("not_a_number", 1)]),
        ({"acc,none": True}, [("not_a_number", 0)]),
        ({"acc,none": None}, [("not_a_number", 1)]),
        ({"acc,none": math.nan}, [("not_finite", 1)]),
        ({"acc,none": math.inf}, [("not_finite", 1)]),
        ({"acc,none": 10**400}, [("not_finite", 1)]),
        ({"acc_stderr,none": 0.1}, [("stderr_without_score", 1)]),
        ({"acc,none": 0.1, "acc_stderr,none": -0.1}, [("bad_stderr", 1)]),
        ({"acc,none": 0.1, "acc_stderr,none": math.nan}, [("not_finite", 1)]),
        ({",none": 0.1}, [("bad_metric", 1)]),
        ({"acc,none": 0.1, "acc": 0.2, "acc_stderr,none": 0.3, "acc_stderr": 0.3}, [("two_names", 1)] * 2),
        ({"acc,none": 0.1, "acc_stderr,none": "0.01"}, [("not_a_number", 1)]),
        ({"acc\ud800,none": 0.1}, [("bad_metric", 1)]),
        ("not an object", [("not_an_object", 0)]),
    ],
)
def test_a_fault_is_told_and_stops_nothing(tmp_path, entry, expected):
    document = v4(results={"good": {"acc,none": 0.5}, "bad": entry})
    _, scores, rejects = of(write(tmp_path, {"r.json": document}))
    assert reasons(rejects) == expected
    assert "bad" in rejects[0]["location"] and "good" in set(scores["task"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"{", "not_json"),
        (b"[1]", "not_an_object"),
        (b'{"results": {}, "config": {"model_args": "pretrained=EleutherAI/pythia-70m"}}', "no_scores"),
        (b'{"results": {"t": {"acc": 1}}, "config": {}}', "missing_model"),
        (b'{"results": [1], "config": {}}', "bad_results"),
        (b'{"results": {"t": {"acc": 1}}, "results": {"t": {"acc": 0}}, "config": {}}', "repeated_key"),
        (b'{"something": "else"}', "not_recognised"),
        (b'{"scores": [], "task": {}}', "not_recognised"),
        (b"\xff\xfe", "not_recognised"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_reject(tmp_path, content, reason):
    write(tmp_path, {"bad.json": content, "good.json": v4()})
    _, scores, rejects = of(tmp_path)
    found = {reject["reason"] for reject in rejects}
    assert found == {reason} or (found == {"not_recognised"} and not content.startswith(b'{"results'))
    assert [reject["file"] for reject in rejects] == ["bad.json"] and len(scores) == 1


def test_repeated_names_inside_results_are_seen(tmp_path):
    text = json.dumps(v4()).replace('"acc,none": 0.25', '"acc,none": 0.25, "acc,none": 0.5')
    _, _, rejects = of(write(tmp_path, {"bad.json": text, "good.json": v4("EleutherAI/pythia-1b")}))
    assert [reject["reason"] for reject in rejects] == ["repeated_key"]


def test_the_quick_way_and_the_whole_way_agree():
    documents = [
        v4(),
        v3(),
        v4(groups={"g": {"acc,none": 0.1}}),
        v4(config={"model_args": {"pretrained": "a", "peft": "b"}}),
    ]
    for document in documents:
        content = json.dumps(document).encode()
        found = [Collected(), Collected()]
        lm_eval.read(content, "f", found[0])
        whole = content.replace(b'{"results"', b'{"pad": "\\"results\\"", "x": {"results": 1}, "results"', 1)
        lm_eval.read(whole, "f", found[1])
        assert lm_eval._plain(content) is not None and lm_eval._plain(whole) is None
        assert found[0].table().equals(found[1].table()) and found[0].rejects == found[1].rejects


def test_other_weights_are_another_model(tmp_path):
    document = v4(config={"model_args": "pretrained=EleutherAI/pythia-70m,peft=someone/adapter"})
    _, _, rejects = of(write(tmp_path, {"a.json": document, "b.json": v4()}))
    assert reasons(rejects) == [("unknown_model", 2)] and "+peft=someone/adapter" in rejects[0]["location"]


def test_one_number_twice(tmp_path):
    files = {"a.json": v4(), "b.json": v4(), "c.json": v4("EleutherAI/pythia-1b"), "d.json": v4("EleutherAI/pythia-1b")}
    files["d.json"]["results"]["arc_easy"]["acc,none"] = 0.5
    _, scores, rejects = of(write(tmp_path, files))
    assert reasons(rejects) == [("contradiction", 2), ("contradiction", 2), ("repeated", 2)]
    assert scores["model"].tolist() == ["EleutherAI/pythia-70m"]


# --- HELM --------------------------------------------------------------------------------------------------------------


def helm_run(stats, name="mmlu:subject=anatomy,model=meta_llama-7b", model="meta/llama-7b", **adapter):
    spec = {"name": name, "adapter_spec": {"model": model, "max_train_instances": 5, "method": "generation"} | adapter}
    return {"run_spec.json": spec, "stats.json": stats, "scenario_state.json": {}, "per_instance_stats.json": []}


@QUICK
@given(
    st.dictionaries(
        st.tuples(NAMES, st.sampled_from(["valid", "test", None]), st.sampled_from([None, "robustness", "fairness"])),
        st.floats(-1e9, 1e9),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 3),
)
def test_what_helm_writes_is_read(tmp_path_factory, wanted, n_empty):
    folder = tmp_path_factory.mktemp("helm")
    stats = []
    for (name, split, perturbation), mean in wanted.items():
        one = {"name": name} | ({"split": split} if split else {})
        one |= {"perturbation": {"name": perturbation, "computed_on": "worst"}} if perturbation else {}
        stats.append({"name": one, "count": 1, "sum": mean, "min": mean, "max": mean, "mean": mean, "variance": 0.0})
    stats += [{"name": {"name": f"empty_{k}"}, "count": 0, "sum": 0} for k in range(n_empty)]
    write(folder / "runs/v1/one", helm_run(stats))
    tables, scores, rejects = of(folder)
    assert len(rejects) == n_empty and tables.facts["numbers_in"] == len(wanted) + n_empty
    assert tables.facts["files_passed_over"] == 1
    expected = {}
    for (name, split, perturbation), mean in wanted.items():
        parts = ([f"split={split}"] if split else []) + (
            [f"perturbation={perturbation},computed_on=worst"] if perturbation else []
        )
        expected[name, ",".join(parts) or "none"] = mean
    assert {(r.metric, r.filter): r.score for r in scores.itertuples()} == expected
    assert set(scores["task"]) == {"mmlu"} and set(scores["subtask"]) == {"mmlu:subject=anatomy"}
    assert set(scores["shots"]) == {5} and set(scores["model_family"]) == {"LLaMA"}


def test_examples_and_bookkeeping_of_helm(tmp_path):
    for size, value in zip(("7b", "13b", "30b", "65b"), (0.1, 0.2, 0.3, 0.9), strict=True):
        stats = [
            {"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": value},
            {"name": {"name": "num_instances", "split": "test"}, "count": 1, "mean": 135},
            {"name": {"name": "inference_runtime", "split": "test"}, "count": 1, "mean": value * 7},
        ]
        write(tmp_path / "in" / size, helm_run(stats, f"gsm:model=meta_llama-{size}", f"meta/llama-{size}"))
    tables, scores, rejects = of(tmp_path / "in")
    assert rejects == [] and len(scores) == 12
    con = build(tables)
    found = rows(con, "select task, metric, filter, n_scales, n_examples, n_source from curves")
    assert found == [{"task": "gsm", "metric": "exact_match", "filter": "split=test", "n_scales": 4, "n_examples": 135,
                      "n_source": "given"}]  # fmt: skip
    assert rows(con, "select chance from breaks") == [{"chance": 0.0}]
    assert rows(con, "select metric from metrics where is_bookkeeping order by 1") == [
        {"metric": "inference_runtime"}, {"metric": "num_instances"}]  # fmt: skip


@pytest.mark.parametrize("missing", ["run_spec.json", "stats.json"])
def test_half_a_run_is_a_reject(tmp_path, missing):
    files = helm_run([{"name": {"name": "em"}, "mean": 1.0}])
    del files[missing]
    write(tmp_path / "bad", files)
    write(tmp_path / "good", helm_run([{"name": {"name": "em"}, "mean": 1.0}]))
    _, scores, rejects = of(tmp_path)
    expected = {"run_spec.json": [("half_a_run", 0)], "stats.json": [("interrupted_run", 0), ("no_scores", 0)]}
    assert reasons(rejects) == expected[missing] and len(scores) == 1


def test_odd_counts_are_no_counts(tmp_path):
    document = v4()
    document["n-shot"]["arc_easy"] = 10**12
    document["n-samples"]["arc_easy"] = {"effective": 1e30}
    _, scores, rejects = of(write(tmp_path, {"r.json": document}))
    assert reasons(rejects) == [("bad_n_samples", 0)]
    assert scores["shots"].isna().all() and scores["n_examples"].isna().all()


def test_one_value_of_two_test_sets_is_that_of_the_larger_one(tmp_path):
    short = v4(results={"gsm8k": {"exact_match,none": 0.0}})
    short["n-samples"] = {"gsm8k": {"effective": 10}}
    files = {
        "1.json": short,
        "2.json": v4(results={"gsm8k": {"exact_match,none": 0.0}}),
        "3.json": v4("EleutherAI/pythia-1b"),
    }
    _, scores, rejects = of(write(tmp_path, files))
    assert reasons(rejects) == [("repeated", 1)] and "the same value" in rejects[0]["detail"]
    assert scores.loc[scores["task"] == "gsm8k", "n_examples"].isna().tolist() == [False]


def test_an_aggregate_in_one_file_is_one_in_all(tmp_path):
    for number, model in enumerate(("pythia-70m", "pythia-160m", "pythia-410m")):
        document = v4(f"EleutherAI/{model}", {"mmlu": {"acc,none": 0.2 + number / 10}})
        document["group_subtasks"] = {"mmlu": ["mmlu_law"]} if number == 0 else {}
        write(tmp_path, {f"{number}.json": document})
    tables, scores, _ = of(tmp_path)
    assert set(scores["entry_kind"]) == {"aggregate"} and tables.facts["entries_of_mixed_kind"] == 1


def test_a_users_chance_rate_counts_first(tmp_path):
    document = v4(results={"lambada_x": {"acc,none": 0.1}, "other": {"acc,none": 0.1}})
    document["configs"] = {task: {"output_type": "loglikelihood"} for task in document["results"]}
    write(tmp_path, {"in/r.json": document, "mine.yml": "chance: [{tasks: other, metrics: acc, chance: 0.5}]"})
    known = known_rules(tmp_path / "mine.yml")
    _, scores, _ = of(tmp_path / "in", known=known)
    assert dict(zip(scores["task"], scores["chance"], strict=True)) == {"lambada_x": 0, "other": 0.5}


def test_by_steps_models_of_one_name_stay_apart(tmp_path):
    head = "task,model_family,model,training_steps,metric,score\n"
    rows_of = "".join(f"t,Run{run},1b,{step},acc,0.1\n" for run in "AB" for step in (1000, 2000, 3000))
    _, scores, rejects = of(write(tmp_path, {"t.csv": head + rows_of + "t,RunA,1b,0,acc,0\n"}), "steps")
    assert set(scores["model_family"]) == {"RunA, 1b", "RunB, 1b"} and reasons(rejects) == [("no_training", 1)]


def test_rounded_scores_give_no_number_of_examples(tmp_path):
    shares = {3: [0.435, 0.399, 0.411, 0.521, 0.603], 40: [k / 37 for k in (3, 8, 11, 20, 36)]}
    for digits, values in shares.items():
        for k, value in enumerate(values):
            results = {f"arc_easy_{digits}": {"acc": value}}
            write(tmp_path / "in", {f"{digits}_{k}.json": v3(f"EleutherAI/pythia-{PYTHIA[k]}", results)})
    config = ["--config", "dataset=d", f"source={tmp_path / 'in'}"]
    result = snakemake("data/d/examples.parquet", "--directory", tmp_path, *config)
    assert result.returncode == 0, result.stdout + result.stderr
    found = pq.read_table(tmp_path / "data/d/examples.parquet").to_pylist()
    found = [(row["task"], row["n_examples"], row["n_source"]) for row in found]
    assert found == [("arc_easy_3", None, "rounded"), ("arc_easy_40", 37, "values")]


def test_a_rule_whose_size_is_no_number(tmp_path):
    write(tmp_path, {"mine.yml": "models: [{pattern: 'net-(?P<size>.*)', family: Net}]", "in/a.json": v4("net-hugeb")})
    write(tmp_path, {"in/b.json": v4("net-2b")})
    _, _, rejects = of(tmp_path / "in", known=rule_files.read([tmp_path / "mine.yml"]))
    assert reasons(rejects) == [("unknown_scale", 2)]


def test_linked_folders_are_told(tmp_path):
    write(tmp_path, {"in/a.json": v4(), "elsewhere/b.json": v4("EleutherAI/pythia-1b"), "in/.hidden/c.json": v4()})
    (tmp_path / "in/z").symlink_to(tmp_path / "elsewhere")
    tables, _, rejects = of(tmp_path / "in")
    assert reasons(rejects) == [("linked_folder", 0)] and tables.facts["files_passed_over"] == 1


def test_chance_is_not_guessed(tmp_path):
    stats = [{"name": {"name": "exact_match"}, "mean": 0.5}]
    _, scores, _ = of(write(tmp_path / "helm", helm_run(stats, "imdb:model=x")))
    assert scores["chance"].isna().all()  # a written answer can be one of two words
    document = v4(results={"quiz": {"exact_match,custom-extract": 0.1}, "gsm8k_cot": {"exact_match,none": 0.1}})
    document["configs"] = {task: {"output_type": "generate_until"} for task in document["results"]}
    _, scores, _ = of(write(tmp_path / "harness", {"r.json": document}))
    found = dict(zip(scores["task"], scores["chance"], strict=True))
    assert math.isnan(found["quiz"]) and found["gsm8k_cot"] == 0


def test_the_subtask_of_a_helm_run():
    assert helm.task_of("imdb:model=a,data_augmentation=b") == ("imdb", "imdb:data_augmentation=b")


# --- tidy tables -------------------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8)
TABLES = st.lists(
    st.fixed_dictionaries(
        {
            "task": CELLS,
            "model": st.sampled_from(["s", "m", "l"]),
            "metric": CELLS,
            "score": st.floats(-1e9, 1e9),
            "stderr": st.none() | st.floats(0, 9),
            "shots": st.none() | st.integers(0, 9),
            "n_examples": st.none() | st.integers(1, 10**6),
            "filter": st.none() | CELLS,
            "subtask": st.none() | CELLS,
            "higher_is_better": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: (
        *(row[name] for name in ("task", "model", "metric", "shots")),
        row["filter"] or "none",
        row["subtask"] or row["task"],
    ),
)  # fmt: skip


@QUICK
@given(TABLES, st.sampled_from(["csv", "parquet", "jsonl"]))
def test_what_stands_in_a_table_is_read(tmp_path_factory, table, suffix):
    path = tmp_path_factory.mktemp("table") / f"mine.{suffix}"
    full = [row | {"model_family": "F", "n_parameters": {"s": 1e6, "m": 1e7, "l": 1e8}[row["model"]]} for row in table]
    frame = pd.DataFrame(full).astype({"shots": "Int64", "n_examples": "Int64"})
    if suffix == "csv":
        frame.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_ALL)
    elif suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(full), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in full))
    tables, scores, rejects = of(path)
    assert rejects == [], rejects
    key = lambda r: (r["task"], r["subtask"], r["model"], r["metric"], r["filter"], r["shots"])  # noqa: E731
    expected = {}
    for row in full:
        row = row | {"filter": row["filter"] or "none", "subtask": row["subtask"] or row["task"]}
        expected[key(row)] = row
    found = scores.astype(object).where(scores.notna(), None).to_dict("records")
    assert len(found) == len(expected) == tables.facts["scores"]
    for row in found:
        wanted = expected[key(row)]
        assert {name: row[name] for name in ("score", "stderr", "n_examples", "higher_is_better")} == {
            name: wanted[name] for name in ("score", "stderr", "n_examples", "higher_is_better")
        }


@pytest.mark.parametrize(
    ("cells", "reason", "n"),
    [
        ({"score": "abc"}, "bad_score", 1),
        ({"score": ""}, "missing_score", 1),
        ({"score": "nan"}, "missing_score", 1),
        ({"score": "inf"}, "bad_score", 1),
        ({"score": "x", "stderr": "0.1"}, "bad_score", 2),
        ({"stderr": "-1"}, "bad_stderr", 2),
        ({"stderr": "much"}, "bad_stderr", 2),
        ({"shots": "1.5"}, "bad_shots", 1),
        ({"n_examples": "0"}, "bad_n_examples", 1),
        ({"n_parameters": "-3"}, "bad_n_parameters", 1),
        ({"task": ""}, "missing_task", 1),
        ({"higher_is_better": "perhaps"}, "bad_higher_is_better", 1),
    ],
)
def test_a_bad_cell_rejects_its_row(tmp_path, cells, reason, n):
    columns = [
        "task",
        "model_family",
        "model",
        "n_parameters",
        "metric",
        "score",
        "stderr",
        "shots",
        "n_examples",
        "higher_is_better",
    ]
    good = {"task": "t", "model_family": "F", "model": "m", "n_parameters": "1e9", "metric": "acc", "score": "0.5"}
    frame = pd.DataFrame([good, good | {"model": "n"} | cells], columns=columns)
    frame.to_csv(tmp_path / "t.csv", index=False)
    _, scores, rejects = of(tmp_path)
    assert reasons(rejects) == [(reason, n)] and rejects[0]["location"] == "row 2" and len(scores) == 1


def test_rows_of_another_length_and_broken_lines(tmp_path):
    head = "task,model_family,model,n_parameters,metric,score\n"
    write(tmp_path, {"t.csv": head + "t,F,m,1e9,acc,0.5\nt,F,m,1e9,acc\nt,F,n,1e8,acc,0.5,6\n"})
    line = {"task": "u", "model_family": "F", "model": "m", "n_parameters": 1e9, "metric": "acc", "score": 0.5}
    write(tmp_path, {"t.jsonl": json.dumps(line) + "\n{broken\n[1]\n"})
    _, scores, rejects = of(tmp_path)
    assert reasons(rejects) == [("not_json", 1)] * 2 + [("wrong_number_of_cells", 1)] * 2
    assert {reject["location"] for reject in rejects} == {"line 2", "line 3", "line 4"} and len(scores) == 2


def test_unknown_columns_are_told_and_a_table_without_the_needed_ones_is_not_read(tmp_path):
    write(tmp_path, {"t.csv": "task,model_family,model,n_parameters,metric,score,mood\nt,F,m,1e9,acc,0.5,1\n"})
    write(tmp_path, {"other.csv": "a,b\n1,2\n", "notes.txt": "x", "samples_t_2024.jsonl": "{}"})
    tables, _, rejects = of(tmp_path)
    assert tables.facts["columns_not_read"] == "t.csv: mood" and tables.facts["files_passed_over"] == 1
    assert reasons(rejects) == [("not_recognised", 2), ("unknown_task", 0)]
    assert "task, model, metric, score" in next(one["detail"] for one in rejects if one["n_numbers"])


def test_parts_of_a_task(tmp_path):
    head = "task,subtask,model_family,model,n_parameters,metric,score\n"
    write(tmp_path, {"t.csv": head + "t,a,F,m,1e9,acc,0.5\nt,,F,m,1e9,acc,0.4\nu,,F,m,1e9,acc,0.4\n"})
    _, scores, _ = of(tmp_path)
    assert dict(zip(scores["subtask"], scores["entry_kind"], strict=True)) == {"a": "subtask", "t": "aggregate", "u": "task"}


# --- models ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "family", "size"),
    [
        ("pythia-6.9b", "Pythia", 6.9e9),
        ("EleutherAI/pythia-410m-deduped", "Pythia-deduped", 410e6),
        ("Llama-2-70b", "Llama-2", 70e9),
        ("meta-llama/Llama-2-7b-chat-hf", "Llama-2-chat", 7e9),
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-instruct", 8e9),
        ("meta-llama/Meta-Llama-3-8B", "Llama-3", 8e9),
        ("opt-13b", "OPT", 13e9),
        ("facebook/opt-125m", "OPT", 125e6),
        ("gpt2-xl", "GPT-2", 1.558e9),
        ("openai-community/gpt2", "GPT-2", 124e6),
        ("Qwen2.5-7B", "Qwen2.5", 7e9),
        ("Qwen/Qwen2.5-0.5B-Instruct", "Qwen2.5-instruct", 0.5e9),
        ("bigscience/bloom-7b1", "BLOOM", 7.069e9),
        ("bigscience/bloom", "BLOOM", 176.247e9),
        ("google/gemma-2-27b-it", "Gemma-2-it", 27e9),
        ("cerebras/Cerebras-GPT-1.3B", "Cerebras-GPT", 1.3e9),
        ("qwen/qwen2.5-7b-instruct", "Qwen2.5-instruct", 7e9),
        ("tiiuae/falcon-40b", "Falcon", 40e9),
        ("tiiuae/falcon-11B", None, None),
        ("google/gemma-3-270m", "Gemma-3", 270e6),
        ("google/gemma-3-4b-pt", "Gemma-3", 4e9),
        ("google/gemma-3-4b-it", "Gemma-3-it", 4e9),
        ("EleutherAI/pythia-1.4.1b", None, None),
        ("someone/pythia-6.9b-tldr", None, None),
        ("opt-13b-finetuned", None, None),
        ("gpt-4", None, None),
        ("xpythia-6.9b", None, None),
    ],
)
def test_usual_names(name, family, size):
    found = RULES.of_model(name, None)
    assert (found.model_family, found.n_parameters) == (family, size)


def test_what_is_not_recognised_is_set_aside_and_a_rule_mends_it(tmp_path):
    write(tmp_path / "in", {"a.json": v4(), "b.json": v4("my/net-3b"), "c.json": v4("my/net-large")})
    _, _, rejects = of(tmp_path / "in")
    assert reasons(rejects) == [("unknown_model", 2)] * 2 and "my/net-3b" in rejects[0]["location"]
    mine = "models:\n- {pattern: 'my/net-(?P<size>.*b)', family: Net}\n- {pattern: my/net-large, family: Net}\n"
    write(tmp_path, {"mine.yml": mine})
    tables, _, rejects = of(tmp_path / "in", known=known_rules(tmp_path / "mine.yml"))
    assert reasons(rejects) == [("unknown_scale", 2)]
    assert [(m["model_family"], m["total_params"]) for m in tables.models.to_pylist()] == [("Net", 3e9), ("Pythia", 70e6)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "must be a mapping"),
        ("modls: []", "must be a mapping"),
        ("models: [{pattern: a}]", "models[0] has no 'family'"),
        ("models: [{pattern: '(', family: b}]", "no regular expression"),
        ("models: [{pattern: a, family: 'b{c}'}]", "no group of the pattern"),
        ("models: [{pattern: a, family: b, n_parameters: 1e9}]", "YAML reads 1e9 as a text"),
        ("models: [{pattern: a, family: b, sise: 1}]", "'sise'"),
        ("chance: [{tasks: a, metrics: b, chance: 1}]", "at least 0 and below 1"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_bad_rule_is_named(tmp_path, text, told):
    write(tmp_path, {"mine.yml": text})
    with pytest.raises(InputError, match=r"rules: .*mine\.yml") as error:
        rule_files.read([tmp_path / "mine.yml"])
    assert told in str(error.value)


def checkpoints(folder):
    for step in (1000, 3000, 143000):
        for size in ("70m", "1b"):
            config = {"model_args": f"pretrained=EleutherAI/pythia-{size},revision=step{step}"}
            document = v4(config=config, results={"t": {"acc,none": step / 143000, "acc_stderr,none": 0.1}})
            write(folder, {f"{size}/{step}.json": document})
    write(folder, {"main.json": v4("EleutherAI/pythia-1b", {"t": {"acc,none": 1.0}})})
    return folder


def test_by_parameters_the_last_checkpoint_counts(tmp_path):
    _, scores, rejects = of(checkpoints(tmp_path))
    assert scores[["model", "score"]].to_numpy().tolist() == [["EleutherAI/pythia-1b", 1.0], ["EleutherAI/pythia-70m", 1.0]]
    assert reasons(rejects) == [("earlier_checkpoint", 2)] * 5
    assert {reject["file"] for reject in rejects} == {"1b/1000.json", "1b/3000.json", "1b/143000.json", "70m/1000.json",
                                                      "70m/3000.json"}  # fmt: skip


@pytest.mark.parametrize(("scale_by", "per_step"), [("steps", 1), ("tokens", 2097152)])
def test_by_steps_or_tokens_the_checkpoints_are_the_scales(tmp_path, scale_by, per_step):
    tables, scores, rejects = of(checkpoints(tmp_path / "in"), scale_by)
    assert reasons(rejects) == [("repeated", 1)]  # the finished model of 1b is its step 143000
    con = build(tables)
    found = rows(
        con, "select model_family, list(scale order by scale) as s, any_value(scale_basis) as b from models group by 1"
    )
    assert {row["model_family"]: list(row["s"]) for row in found} == {
        f"EleutherAI/pythia-{size}": [step * per_step for step in (1000, 3000, 143000)] for size in ("70m", "1b")
    }
    assert {row["b"] for row in found} == {f"training_{scale_by}"} and len(scores) == 6
    assert rows(con, "select distinct n_scales from curves") == [{"n_scales": 3}]


def test_by_flops(tmp_path):
    tables, _, rejects = of(checkpoints(tmp_path), "flops")
    found = {m["model"]: (m["scale"], m["scale_basis"]) for m in tables.models.to_pylist()}
    tokens = 143000 * 2097152
    assert found == {
        f"EleutherAI/pythia-{name}": (6 * size * tokens, "6 * total_params * training_tokens")
        for name, size in (("70m", 70e6), ("1b", 1e9))
    }
    assert reasons(rejects) == [("earlier_checkpoint", 2)] * 5


def test_a_revision_that_no_rule_reads_is_set_aside(tmp_path):
    document = v4(config={"model_args": "pretrained=EleutherAI/pythia-70m,revision=float16"})
    _, _, rejects = of(write(tmp_path, {"a.json": document, "b.json": v4()}))
    assert reasons(rejects) == [("unknown_revision", 2)]


# --- the folder --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_processes", [1, 2])
def test_mixed_formats_in_one_folder(tmp_path, n_processes, monkeypatch):
    monkeypatch.setattr(reading, "FILES_PER_CHUNK", 2)
    write(tmp_path, {"a/results.json": v4(), "b/old.json": v3("EleutherAI/pythia-1b")})
    write(tmp_path / "helm/run", helm_run([{"name": {"name": "f1_score"}, "mean": 0.5}]))
    write(tmp_path, {"t.csv": "task,model_family,model,n_parameters,metric,score\nt,F,m,1e9,acc,0.5\n"})
    tables, scores, rejects = of(tmp_path, n_processes=n_processes)
    assert rejects == [] and tables.facts["files_in"] == 6
    assert (
        scores["source_file"].tolist() == ["a/results.json", "b/old.json", "helm/run/stats.json", "t.csv"]
        or len(scores) == 4
    )


def test_links_out_of_the_source_are_not_followed(tmp_path):
    write(tmp_path, {"in/a.json": v4(), "out.json": v4("EleutherAI/pythia-1b")})
    (tmp_path / "in/link.json").symlink_to(tmp_path / "out.json")
    (tmp_path / "in/broken.json").symlink_to(tmp_path / "in/nothing.json")
    _, scores, rejects = of(tmp_path / "in")
    assert reasons(rejects) == [("link_outside", 0), ("not_a_file", 0)] and len(scores) == 1


def test_a_source_without_results_says_what_is_known(tmp_path):
    write(tmp_path, {"a.json": {"x": 1}})
    with pytest.raises(InputError, match=r"a\.json: not_recognised: .*lm-evaluation-harness"):
        results.normalise(tmp_path, RULES)
    write(tmp_path / "b", {"a.json": v4("nobody/knows-it")})
    with pytest.raises(InputError, match="none is of a model that can be placed"):
        results.normalise(tmp_path / "b", RULES)


def test_hostile_names_stay_names(tmp_path):
    names = ["../../x", "a'b\"c", "<script>", "\u202e", "{0}", "$(touch x)", "a\nb"]
    results = {name: {f"{name},{name}": 0.5} for name in names}
    tables, scores, rejects = of(write(tmp_path / "in", {"r.json": v4(results=results)}))
    assert rejects == [] and set(scores["task"]) == set(names) == set(scores["filter"])
    con = build(tables)
    assert len(rows(con, "select * from curves")) == len(names)


@pytest.mark.slow
def test_the_whole_workflow_on_results_of_the_harness(tmp_path):
    for k, size in enumerate(PYTHIA):
        entry = {"exact_match,strict-match": (0, 0, 0.01, 0, 0.01, 0.4)[k], "exact_match_stderr,strict-match": 0.01}
        write(tmp_path / "in", {f"{size}.json": v4(f"EleutherAI/pythia-{size}", {"gsm8k": entry, "t": {"acc,none": 0.5}})})
    write(tmp_path / "in", {"unknown.json": v4("nobody/knows-it")})
    result = snakemake("--directory", tmp_path, "--config", "dataset=d", f"source={tmp_path / 'in'}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "20 numbers in = 12 scores + 6 standard errors + 2 rejected values" in result.stdout
    again = snakemake("--directory", tmp_path, "--config", "dataset=d", f"source={tmp_path / 'in'}")
    assert "Nothing to be done" in again.stdout + again.stderr
    write(tmp_path / "in", {"unknown.json": v4("EleutherAI/pythia-12b")})
    dry = snakemake("--dry-run", "--directory", tmp_path, "--config", "dataset=d", f"source={tmp_path / 'in'}")
    assert "normalise" in dry.stdout
    write(tmp_path / "in", {"unknown.json": v4("facebook/opt-125m")})
    config = ["--config", "dataset=d", f"source={tmp_path / 'in'}", "scale_by=steps", "strict=true"]
    strict = snakemake("data/d/normalise.json", "--directory", tmp_path, *config)
    assert strict.returncode == 1 and "nothing" not in strict.stdout and "unknown_scale" in strict.stdout + strict.stderr


def test_training_is_no_scale_of_big_bench(small_source, tmp_path):
    result = snakemake(
        "data/d/normalise.json",
        "--directory",
        tmp_path,
        "--config",
        "dataset=d",
        f"source={small_source}",
        "scale_by=tokens",
    )
    assert result.returncode == 1 and "BIG-bench publishes numbers of parameters alone" in result.stdout


@pytest.mark.parametrize(
    "line",
    [
        '{"task": "t", "model": "m", "metric": "acc", "score": 1' + "0" * 400 + "}",
        '{"task": "t", "model": "m", "metric": "acc", "score": 0.5, "n_examples": 1' + "0" * 400 + "}",
        '{"task": "t", "model": "m", "metric": "acc", "score": ' + "[" * 2000 + "]" * 2000 + "}",
        '{"task": ' + '{"a": ' * 2000 + "1" + "}" * 2000 + ', "model": "m", "metric": "acc", "score": 0.5}',
    ],
    ids=["an integer beyond double precision", "as a count", "a deep list", "a deep object"],
)
@pytest.mark.parametrize("first", [True, False])
def test_one_row_of_json_lines_that_no_parser_can_hold_is_one_reject(tmp_path, line, first):
    good = '{"task": "t", "model": "m", "metric": "acc", "score": 0.5, "model_family": "F", "n_parameters": 1e6}'
    lines = [line, good] if first else [good, line]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n")
    _, scores, rejects = of(tmp_path / "t.jsonl")
    assert scores["score"].tolist() == [0.5] and len(rejects) == 1
    assert rejects[0]["location"] == f"line {1 if first else 2}"
