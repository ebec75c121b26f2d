"""Files that lm-evaluation-harness itself writes: its own run, on local tasks, with its dummy model, without a network."""

import json
import subprocess
import sys

import numpy as np
import pytest
from builders import build, known_rules, rows
from jumpcheck.normalise import results

pytest.importorskip("lm_eval", reason="lm-evaluation-harness is not installed: make setup-harness")

TASKS = {
    "choose": """
        dataset_kwargs: {data_files: {test: choose.jsonl}}
        output_type: multiple_choice
        doc_to_text: "{{question}}"
        doc_to_choice: "{{choices}}"
        doc_to_target: answer
        metric_list: [{metric: acc, higher_is_better: true}, {metric: acc_norm, higher_is_better: true}]
    """,
    "decide": """
        dataset_kwargs: {data_files: {test: decide.jsonl}}
        output_type: multiple_choice
        doc_to_text: "{{question}}"
        doc_to_choice: ["no", "yes"]
        doc_to_target: answer
        metric_list: [{metric: acc, higher_is_better: true}]
    """,
    "write": """
        dataset_kwargs: {data_files: {test: write.jsonl}}
        output_type: generate_until
        doc_to_text: "{{question}}"
        doc_to_target: "{{answer}}"
        generation_kwargs: {until: ["."]}
        metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
        filter_list:
        - {name: strict-match, filter: [{function: regex, regex_pattern: "#### ([0-9]+)"}, {function: take_first}]}
        - {name: flexible-extract, filter: [{function: regex, regex_pattern: "([a-z]+)"}, {function: take_first}]}
    """,
    "text": """
        dataset_kwargs: {data_files: {test: text.jsonl}}
        output_type: loglikelihood_rolling
        doc_to_text: ""
        doc_to_target: "{{text}}"
        metric_list: [{metric: word_perplexity}, {metric: bits_per_byte}]
    """,
}
ROWS = {
    "choose": [{"question": f"Which? {k}", "choices": ["a", "b", "c", "d"], "answer": k % 4} for k in range(20)],
    "decide": [{"question": f"Is it so? {k}", "answer": k % 2} for k in range(11)],
    "write": [{"question": f"What is {k} and 1?", "answer": str(k + 1)} for k in range(7)],
    "text": [{"text": f"one two three {k}"} for k in range(5)],
}
RUN = """
import sys
from lm_eval import simple_evaluate
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

tasks = TaskManager(include_path="tasks", include_defaults=False)
for k, size in enumerate(["10m", "100m", "1b", "10b"]):
    tracker = EvaluationTracker(output_path=f"out/{size}")
    results = simple_evaluate(
        model="dummy", model_args=f"size={size}", tasks=["both", "write", "text"], task_manager=tasks, random_seed=k,
        limit=10 if size == "1b" else None, bootstrap_iters=20, evaluation_tracker=tracker)
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    tracker = EvaluationTracker(output_path=f"with_samples/{size}")
    tracker.save_results_aggregated(results=results, samples=samples)
    for task in samples:
        tracker.save_results_samples(task_name=task, samples=samples[task])
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of the harness's output for four sizes of its dummy model."""
    folder = tmp_path_factory.mktemp("harness")
    (folder / "tasks").mkdir()
    for name, text in TASKS.items():
        lines = "\n".join(line[8:] for line in text.splitlines())
        document = f"task: {name}\ndataset_path: json\ntest_split: test{lines}\nmetadata: {{version: 1.0}}\n"
        (folder / f"tasks/{name}.yaml").write_text(document)
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[name]))
    group = "group: both\ntask: [choose, decide]\naggregate_metric_list: [{metric: acc, weight_by_size: true}]\n"
    (folder / "tasks/both.yaml").write_text(group + "metadata: {version: 1.0}\n")
    offline = {"HF_HOME": str(folder / "hf"), "HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"}
    result = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, env=offline, capture_output=True, text=True, timeout=240
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return folder / "out"


def numbers_of(document):
    """{(task, metric, filter): number} and {...: standard error}, by a reading of its own."""
    scores, errors = {}, {}
    for task, entry in document["results"].items():
        for key, value in entry.items():
            if "," in key and not isinstance(value, str):
                metric, of_filter = key.split(",")
                target = errors if metric.endswith("_stderr") else scores
                target[task, metric.removesuffix("_stderr"), of_filter] = value
    return scores, errors


def test_nothing_is_lost(written, tmp_path):
    rule = "models: [{pattern: 'dummy,size=(?P<size>.*)', family: Dummy}]\n"
    (tmp_path / "mine.yml").write_text(rule)
    known = known_rules(tmp_path / "mine.yml")
    tables = results.normalise(written, known)
    files = sorted(written.rglob("results_*.json"))
    assert len(files) == 4 and tables.facts["files_passed_over"] == 0
    found = {
        (row["source_file"], row["task"], row["metric"], row["filter"]): (row["score"], row["stderr"])
        for row in tables.scores.to_pylist()
    }
    expected = {}
    for path in files:
        scores, errors = numbers_of(json.loads(path.read_text()))
        assert len(scores) == 8 and len(errors) == 6
        for key, score in scores.items():
            expected[path.relative_to(written).as_posix(), *key] = (score, errors.get(key))
    assert found == expected and tables.rejects.num_rows == 0
    n = tables.facts
    assert (n["numbers_in"], n["scores"], n["filled_stderr"], n["rejected_values"]) == (56, 32, 24, 0)

    con = build(tables)
    assert rows(con, "select distinct model_family, scale from models order by scale") == [
        {"model_family": "Dummy", "scale": scale} for scale in (1e7, 1e8, 1e9, 1e10)
    ]
    assert rows(con, "select distinct task, n_examples from scores where model = 'dummy,size=10m' order by task") == [
        {"task": "both", "n_examples": 31},
        {"task": "choose", "n_examples": 20},
        {"task": "decide", "n_examples": 11},
        {"task": "text", "n_examples": 5},
        {"task": "write", "n_examples": 7},
    ]
    # One size was run on 10 examples a task: where that is fewer than all, the curve has no one number of examples.
    assert rows(
        con, "select task, n_examples, n_source from curves where metric in ('acc', 'exact_match') order by all"
    ) == [
        {"task": "both", "n_examples": None, "n_source": None},
        {"task": "choose", "n_examples": None, "n_source": "mixed"},
        {"task": "decide", "n_examples": None, "n_source": "mixed"},
        {"task": "write", "n_examples": 7, "n_source": "given"},
        {"task": "write", "n_examples": 7, "n_source": "given"},
    ]
    assert rows(con, "select distinct task, entry_kind from scores where entry_kind <> 'task'") == [
        {"task": "both", "entry_kind": "aggregate"}
    ]
    assert rows(con, "select distinct metric, chance from scores where task in ('decide', 'write') order by all") == [
        {"metric": "acc", "chance": 0.5},
        {"metric": "exact_match", "chance": None},
    ]
    directions = rows(con, "select metric, higher_is_better, known from metrics order by metric")
    assert {row["metric"]: row["higher_is_better"] for row in directions} == {
        "acc": True, "acc_norm": True, "bits_per_byte": False, "exact_match": True, "word_perplexity": False,
    }  # fmt: skip
    assert all(row["known"] for row in directions)


def test_the_samples_say_what_the_harness_says_of_them(written, tmp_path):
    """Every mean that samples have agrees with the harness's own, none is a second row, and options are scored."""
    rule = "models: [{pattern: 'dummy,size=(?P<size>.*)', family: Dummy}]\n"
    (tmp_path / "mine.yml").write_text(rule)
    known = known_rules(tmp_path / "mine.yml")
    folder = written.parent / "with_samples"
    assert len(list(folder.rglob("samples_*.jsonl"))) == 4 * len(ROWS)
    alone, both = results.normalise(written, known), results.normalise(folder, known)

    def by_key(tables):
        return {(row["model"], row["task"], row["metric"], row["filter"]): row["score"] for row in tables.scores.to_pylist()}

    of_samples = {key: score for key, score in by_key(both).items() if key not in by_key(alone)}
    assert {key: score for key, score in by_key(both).items() if key not in of_samples} == by_key(alone)
    options = {"brier_score", "choice_log_likelihood", "choice_margin"}
    assert len(of_samples) == 4 * 2 * 3
    assert {key[1:3] for key in of_samples} == {(task, metric) for task in ("choose", "decide") for metric in options}

    # Perplexities of a text are pairs of log likelihood and weight: no number an example, said so for every file.
    left_out = {(row["reason"], row["detail"].split(" as ")[1]) for row in both.rejects.to_pylist()}
    assert left_out == {("examples_left_out", "bits_per_byte"), ("examples_left_out", "word_perplexity")}

    # The Brier score by a reading of its own: log likelihoods of the options against the gold one.
    for path in folder.rglob("samples_choose_*.jsonl"):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        values = np.array([[float(option[0]) for option in line["filtered_resps"]] for line in lines])
        weights = np.exp(values - values.max(1, keepdims=True))
        given = weights / weights.sum(1, keepdims=True)
        right = np.eye(4)[[line["doc"]["answer"] for line in lines]]
        size = path.relative_to(folder).parts[0]
        found = [
            score
            for key, score in of_samples.items()
            if key[0].endswith(f"={size}") and key[1] == "choose" and key[2] == "brier_score"
        ]
        assert found == [pytest.approx(((given - right) ** 2).sum(1).mean(), rel=1e-12)]
