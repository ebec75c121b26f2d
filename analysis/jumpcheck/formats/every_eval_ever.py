"""The common schema of every_eval_ever, 0.2 and newer: aggregates as JSON, and single examples as `<name>_samples.jsonl`.

An aggregate has `model_info.id` and `evaluation_results`, each with a metric, its direction, a score, and where known a
standard error and a number of samples. Examples of the same `evaluation_result_id` confirm it; without it their mean is the
number.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, shown, unambiguous
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.json_lines import read_lines
from jumpcheck.formats.single_examples import Examples, agree, disagreement

EXAMPLES = "_samples.jsonl"


def is_aggregate(content: bytes) -> bool:
    """Whether a JSON file looks like an aggregate of the schema."""
    return b'"evaluation_results"' in content and b'"model_info"' in content


def _inside(value: object, *names: str) -> object:
    """A member of members; None where one is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _whole_number(value: object) -> int | None:
    number = as_finite(value)
    return int(number) if number is not None and 1 <= number < 2**31 and number == int(number) else None


def _metric_of(result: dict) -> str | None:
    config = result.get("metric_config")
    names = (_inside(config, name) for name in ("metric_id", "metric_name", "evaluation_description"))
    return next((name for name in names if is_text(name)), None)


def _examples(path: Path, shown_path: str, collected: Collected) -> dict[tuple[str | None, str], Examples]:
    """The examples of a file, by their model and what they are of: evaluation_result_id, else evaluation_name."""
    found: dict[tuple[str | None, str], Examples] = defaultdict(Examples)
    n_odd = 0
    for place, row, fault in read_lines(path):
        if row is None:
            reject = Reject("entry", shown_path, f"line {place}", "not_json", f"{fault}; the file may be cut off")
            collected.rejects.append(reject)
            continue
        of = row.get("evaluation_result_id") or row.get("evaluation_name")
        right, score = _inside(row, "evaluation", "is_correct"), as_finite(_inside(row, "evaluation", "score"))
        value = score if score is not None else float(right) if isinstance(right, bool) else None
        if value is None or not is_text(of) or not is_text(row.get("sample_id")):
            n_odd += 1
        else:
            model = row.get("model_id")
            found[model if is_text(model) else None, of].add(row["sample_id"], value)
    if n_odd:
        detail = f"{n_odd:,} examples have no sample_id, no evaluation that they are of, or no score"
        collected.rejects.append(Reject("entry", shown_path, "", "examples_left_out", detail))
    return found


def _read_aggregate(file: File, collected: Collected) -> None:
    document = unambiguous(decoded(file.content), "")
    model = unambiguous(member(document, "model_info", dict, "model_info"), "model_info")
    name = next((model[key] for key in ("id", "name") if is_text(model.get(key))), None)
    results = member(document, "evaluation_results", list, "evaluation_results")
    beside = file.path.with_name(file.path.stem + EXAMPLES)
    shown_beside = f"{file.shown[: -len(file.path.name)]}{beside.name}"
    examples = _examples(beside, shown_beside, collected) if beside.is_file() else {}
    date = as_finite(_number(document.get("evaluation_timestamp")))
    size = as_finite(_number(_inside(model, "additional_details", "num_parameters")))
    shared = {"is_aggregate": False, "filter": "none", "model": name, "source_file": file.shown, "date": date}
    shared["n_parameters"] = size if size and size > 0 else None
    for k, result in enumerate(results):
        _add_result(result, f"evaluation_results[{k}]", examples, shared, file.shown, collected)
    if not results:
        raise Rejected("evaluation_results", "no_scores", "there is no result in it")


def _number(value: object) -> object:
    """A number that is written as text, which the schema does with some."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _add_result(
    result: object, at: str, examples: dict[tuple[str | None, str], Examples], shared: dict, path: str, collected: Collected
) -> None:
    """Add one element of evaluation_results."""
    details = _inside(result, "score_details")
    score, error = _inside(details, "score"), _inside(details, "uncertainty", "standard_error", "value")
    if error is None:
        error = _inside(details, "uncertainty", "standard_error")
    error = None if isinstance(error, dict) else error
    n_numbers = 1 + (error is not None)
    collected.n_numbers += n_numbers
    task, metric = _inside(result, "evaluation_name"), None
    if isinstance(result, dict):
        metric = _metric_of(result)
    for value, reason, what in ((task, "bad_task", "evaluation_name"), (metric, "bad_metric", "metric_config.metric_id")):
        if not is_text(value):
            detail = f"{what} is {shown(value)}, a name is needed"
            collected.rejects.append(Reject("value", path, at, reason, detail, n_numbers))
            return
    number, stderr = as_finite(score), as_finite(error)
    if number is None or (error is not None and (stderr is None or stderr < 0)):
        bad = shown(score) if number is None else shown(error)
        detail = f"{bad} where a {'score' if number is None else 'standard error'} is needed"
        collected.rejects.append(Reject("value", path, f"{at}.score_details", "not_a_number", detail, n_numbers))
        return
    names = [(model, of) for model in (shared["model"], None) for of in (result.get("evaluation_result_id"), task)]
    known = next((examples[name] for name in names if name in examples), None)
    n = _whole_number(_inside(details, "uncertainty", "num_samples"))
    if known is not None and not agree(known.mean(), number):
        collected.rejects.append(disagreement(path, at, len(known), known.mean(), number))
        known = None
    if n is None and known is not None:
        n = len(known)
    lower = _inside(result, "metric_config", "lower_is_better")
    collected.add(
        **shared, task=task, subtask=task, metric=metric, score=number, stderr=stderr,
        n_examples=n, higher_is_better=not lower if isinstance(lower, bool) else None, location=f"{at}.score_details.score",
    )  # fmt: skip


def _read_examples(file: File, collected: Collected) -> None:
    """Means of examples whose aggregate is not there."""
    if file.path.with_name(file.path.name.removesuffix(EXAMPLES) + ".json").is_file():
        return  # which reads them
    names = {
        row.get("evaluation_result_id") or row.get("evaluation_name"): row.get("evaluation_name")
        for _, row, _ in read_lines(file.path)
        if row is not None and is_text(row.get("evaluation_name"))
    }
    found = _examples(file.path, file.shown, collected)
    if not found:
        raise Rejected("", "no_scores", "there is no example with a score in it")
    for (model, of), examples in found.items():
        task = names.get(of, of)
        metric = "accuracy" if examples.are_right_or_wrong() else "score"
        collected.n_numbers += 1
        collected.add(
            task=task, subtask=task, is_aggregate=False, filter="none", metric=metric,
            score=examples.mean(), n_examples=len(examples), model=model, source_file=file.shown,
            location=f"examples of {json.dumps(of)}",
        )  # fmt: skip


def _read_file(file: File, collected: Collected) -> None:
    (_read_aggregate if file.path.suffix == ".json" else _read_examples)(file, collected)


def _recognises(file: File) -> bool:
    if file.path.suffix == ".json":
        return is_aggregate(file.content)
    return file.path.name.endswith(EXAMPLES) and {"evaluation_name", "sample_id", "evaluation"} <= set(file.columns)


FORMAT = Format(
    what=f"every_eval_ever (.json with 'evaluation_results', *{EXAMPLES})",
    suffixes=(".json", ".jsonl"),
    recognises=_recognises,
    read=_read_file,
)
