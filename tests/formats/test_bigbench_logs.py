"""BIG-bench's log files: samples count where the scores of the same file confirm them."""

import json

import numpy as np
import pytest
from builders import build, entry, known_rules, rows, score_file
from jumpcheck.normalise import results

RULES = known_rules()


def log(right, metric="multiple_choice_grade", shots=2, model="1b", parameters=1e9, **changes):
    """A log file whose samples are right or wrong, and its score."""
    if metric == "multiple_choice_grade":
        samples = [
            {"input": f"{k}?", "targets": ["a"], "correct": bool(one) if k % 2 else float(one)}
            for k, one in enumerate(right)
        ]
    else:
        samples = []
        for k, one in enumerate(right):
            targets = {"x": {"exact_str_match": float(one), "bleu": 3.0}, "y": {"exact_str_match": 0.0}}
            samples.append({"input": f"{k}?", "output": "x", "targets": targets})
    low = 0.25 if metric == "multiple_choice_grade" else 0.0
    scores = [entry({metric: float(np.mean(right))}, shots=shots, preferred=metric, low_score=low)]
    document = score_file(scores, model=model, parameters=parameters)
    return document | {"queries": [{"shots": shots, "samples": samples}]} | changes


def of(folder, documents):
    for k, document in enumerate(documents):
        (folder / f"log_{k}.json").write_text(document if isinstance(document, str) else json.dumps(document))
    tables = results.normalise(folder, RULES)
    n = tables.facts
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"]
    return tables, tables.scores.to_pandas(), [row["reason"] for row in tables.rejects.to_pylist()]


@pytest.mark.parametrize(("metric", "chance"), [("multiple_choice_grade", 0.25), ("exact_str_match", 0.0)])
def test_what_samples_add_to_a_score(tmp_path, metric, chance):
    right = np.random.default_rng(0).random((6, 37)) < np.linspace(0.3, 0.9, 6)[:, None]
    files = [log(one, metric, model=f"m{k}", parameters=10.0 ** (6 + k)) for k, one in enumerate(right)]
    (tmp_path / "in").mkdir()
    tables, scores, rejects = of(tmp_path / "in", files)
    assert rejects == [] and scores["score"].tolist() == [float(one.mean()) for one in right]
    np.testing.assert_allclose(scores["stderr"], right.std(axis=1, ddof=1) / np.sqrt(37), rtol=1e-12)
    assert set(scores["n_examples"]) == {37} and set(scores["shots"]) == {2} and set(scores["chance"]) == {chance}
    con = build(tables)
    assert rows(con, "select n_scales, n_examples, n_source, chance from breaks") == [
        {"n_scales": 6, "n_examples": 37, "n_source": "given", "chance": chance}
    ]


def test_samples_that_the_score_does_not_confirm(tmp_path):
    wrong = log([1, 0, 1, 1], model="wrong")
    wrong["scores"][0]["score_dict"]["multiple_choice_grade"] = 0.5
    part = log([1, 0, 1, 1], model="part")
    part["scores"][0]["subtask_description"] = "a_task:part"
    other = log([1, 0], model="other", queries=[{"shots": 0, "samples": [{"input": "?"}]}, "no query"])
    good = log([1, 0, 0, 1])
    _, scores, rejects = of(
        tmp_path, [wrong, part, other, good, json.dumps(good | {"task": {}}), "{" + '"queries" "score_dict"']
    )
    assert scores["model"].tolist() == ["1b"] and scores["score"].tolist() == [0.5]
    assert sorted(rejects) == ["log_disagrees", "log_unconfirmed", "missing_task_name", "not_json", "other_samples"]


def test_a_score_file_without_samples_is_no_log(tmp_path):
    _, scores, rejects = of(tmp_path, [log([1, 0]), log([1, 0], model="2b", queries=None)])
    assert len(scores) == 1 and rejects == ["score_file"]


def test_numbers_of_parameters_keep_their_names(tmp_path):
    """A log gives three; by which of them a model is ordered is decided as for score files."""
    documents = []
    for k, family in enumerate(["F", "BIG-G sparse"]):
        document = log([1, 0, 1], model=f"m{k}", parameters=None)
        counts = {"non_embedding_params": 8e9, "flop_matched_non_embedding_params": 1e9, "total_params": 9e9}
        document["model"] |= {"model_family": family} | counts
        documents.append(document)
    tables, _, _ = of(tmp_path, documents)
    found = rows(build(tables), "select * exclude (model, n_descriptions) from models order by model_family")
    counts = {"non_embedding_params": 8e9, "flop_matched_non_embedding_params": 1e9, "total_params": 9e9}
    assert found == [
        counts | {"model_family": "BIG-G sparse", "scale": 1e9, "scale_basis": "flop_matched_non_embedding_params"},
        counts | {"model_family": "F", "scale": 8e9, "scale_basis": "non_embedding_params"},
    ]


def test_parts_are_told_apart_and_samples_have_metrics_of_their_own(tmp_path):
    def query(part, right, bleu):
        samples = [
            {"input": "?", "correct": one, "metrics": {"bleu": score, "odd": None}, "absolute_scores": [-1.0]}
            for one, score in zip(right, bleu, strict=True)
        ]
        return {"shots": 0, "samples": samples} | ({"task": part} if part else {})

    scores = [
        entry({"multiple_choice_grade": 0.5, "bleu": 2.0}, label="a_task:easy", shots=0),
        entry({"multiple_choice_grade": 0.25, "bleu": 9.0}, label="hard", shots=0),
        entry({"multiple_choice_grade": 1.0}, label="a_task", shots=0),
    ]
    queries = [
        query("easy", [1, 0], [1.0, 3.0]),
        query("hard", [1, 0, 0, 0], [1.0] * 4),
        query("programmatic", [1.0], [5.0]),
    ]
    _, found, rejects = of(tmp_path, [score_file(scores) | {"queries": queries}])
    taken = {(row.subtask, row.metric): (row.score, row.n_examples) for row in found.itertuples()}
    assert taken == {
        ("a_task:easy", "multiple_choice_grade"): (0.5, 2), ("a_task:easy", "bleu"): (2.0, 2),
        ("hard", "multiple_choice_grade"): (0.25, 4), ("a_task", "multiple_choice_grade"): (1.0, 1),
    }  # fmt: skip
    # The bleu of "hard" is another one, and the whole task has none.
    assert sorted(rejects) == ["log_disagrees", "log_unconfirmed"]
