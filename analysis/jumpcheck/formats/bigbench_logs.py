"""Log files of BIG-bench: score files whose `queries` hold every answer.

A query has `task`, `shots` and `samples`. `task` is the name of a subtask. It is "programmatic" in a programmatic
task, whose subtasks cannot be told apart. A multiple-choice sample has its score in `correct`. A sample with a
generated answer has `targets`, which gives the value of each metric for each target; the answer is right if it equals
any target. Both kinds of sample may have further `metrics` (BIG-bench's api/results.py). The mean over the samples is
compared with the `scores` of the same file. Where both agree, the published score is kept, and the samples add its
number of examples and its standard error. Where they do not agree, the mean is a reject.
"""

from __future__ import annotations

import math
import statistics

from jumpcheck.base.collected import PUBLISHED_COUNTS, Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, shown, unambiguous
from jumpcheck.formats.format import Format

PROGRAMMATIC = "programmatic"
GRADE, EXACT = "multiple_choice_grade", "exact_str_match"
TOLERANCE = 1e-6


def is_log(content: bytes) -> bool:
    """Whether a JSON file looks like a log file of BIG-bench."""
    return b'"queries"' in content and b'"score_dict"' in content


def _sample_values_of(sample: object) -> dict[str, float]:
    """{metric: value} of one sample; empty where it gives no value that is known here."""
    if not isinstance(sample, dict):
        return {}
    found = {}
    metrics = sample.get("metrics")
    for metric, value in metrics.items() if isinstance(metrics, dict) else ():
        number = float(value) if isinstance(value, bool) else as_finite(value)
        if number is not None and is_text(metric):
            found[metric] = number
    correct = sample.get("correct")
    correct = float(correct) if isinstance(correct, bool) else as_finite(correct)
    targets = sample.get("targets")
    if correct is not None:
        found[GRADE] = correct
    elif isinstance(targets, dict) and targets:
        values = [as_finite(scores.get(EXACT)) if isinstance(scores, dict) else None for scores in targets.values()]
        if None not in values:
            found[EXACT] = max(values)
    return found


def _parameter_counts(model: dict) -> dict[str, float | None]:
    """Parameter counts of the model; None where the file gives none above 0."""
    names = {"n_parameters": "total_params", **{name: name for name in PUBLISHED_COUNTS}}
    counts = {column: as_finite(model.get(name)) for column, name in names.items()}
    return {column: count if count is not None and count > 0 else None for column, count in counts.items()}


def _sample_values(queries: list, task: str) -> tuple[dict[tuple[str, int | None, str], list[float]], int]:
    """({(subtask, shots, metric): values of the samples}, number of samples without a value).

    Where a query names no subtask, the key has the name of the task in its place.
    """
    values: dict[tuple[str, int | None, str], list[float]] = {}
    n_other = 0
    for query in queries:
        query = query if isinstance(query, dict) else {}
        shots, part = as_finite(query.get("shots")), query.get("task")
        shots = int(shots) if shots is not None and 0 <= shots < 2**31 and shots == int(shots) else None
        part = part if is_text(part) and part != PROGRAMMATIC else task
        samples = query.get("samples")
        for sample in samples if isinstance(samples, list) else [None]:
            found = _sample_values_of(sample)
            n_other += not found
            for metric, value in found.items():
                values.setdefault((part, shots, metric), []).append(value)
    return values, n_other


def _published_entry(published: list, task: str, part: str, shots: int | None, metric: str) -> dict | None:
    """The element of `scores` with the metric of a part, or of the whole task, at a number of shots; None without one."""
    names = (task, "", None) if part == task else (part, f"{task}:{part}")
    for entry in published:
        if (
            isinstance(entry, dict)
            and entry.get("number_of_shots") == shots
            and entry.get("subtask_description") in names
            and isinstance(entry.get("score_dict"), dict)
            and metric in entry["score_dict"]
        ):
            return entry
    return None


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the means over the samples of one log file to `collected`. Never raises for what a file holds."""
    try:
        document = unambiguous(decoded(content), "")
        task = member(member(document, "task", dict, "task"), "task_name", str, "task.task_name")
        model = member(document, "model", dict, "model")
        for name in ("model_family", "model_name"):
            member(model, name, str, f"model.{name}")
        if document.get("queries") is None:
            detail = "a score file of BIG-bench; give as source the folder that holds bigbench/benchmark_tasks/"
            raise Rejected("", "score_file", detail)
        queries = member(document, "queries", list, "queries")
        published = member(document, "scores", list, "scores")
    except Rejected as fault:
        collected.rejects.append(Reject("file", path, *fault.args))
        return
    values, n_other = _sample_values(queries, task)
    if n_other:
        detail = (
            f"{n_other:,} samples have no metric, and say neither 'correct' nor whether a target matches; they are left out"
        )
        collected.rejects.append(Reject("entry", path, "queries", "other_samples", detail))
    shared = {
        "task": task, "is_aggregate": False, "filter": "none", "source_file": path,
        "model": model["model_name"], "model_family": model["model_family"], **_parameter_counts(model),
    }  # fmt: skip
    for (part, shots, metric), scores in values.items():
        mean = statistics.fmean(scores)
        stderr = statistics.stdev(scores) / math.sqrt(len(scores)) if len(scores) > 1 else None
        n_numbers = 1 + (stderr is not None)
        collected.n_numbers += n_numbers
        location = f"queries, {f'{part}, ' if part != task else ''}shots {shots}, {metric}"
        entry = _published_entry(published, task, part, shots, metric)
        published_score = None if entry is None else as_finite(entry["score_dict"][metric])
        if published_score is None or abs(published_score - mean) > TOLERANCE:
            reason = "log_unconfirmed" if published_score is None else "log_disagrees"
            detail = f"the mean of {len(scores):,} samples is {mean!r}, and the file's scores "
            detail += "hold no number to compare it with" if published_score is None else f"say {shown(published_score)}"
            collected.rejects.append(Reject("value", path, location, reason, detail, n_numbers))
            continue
        collected.add(
            **shared,
            subtask=task if part == task else entry["subtask_description"],
            shots=shots,
            metric=metric,
            score=published_score,
            stderr=stderr,
            n_examples=len(scores),
            chance=as_finite(entry.get("low_score")) if entry.get("preferred_score") == metric else None,
            location=location,
        )


FORMAT = Format(
    what="BIG-bench's log files (.json with 'queries')",
    suffixes=(".json",),
    recognises=lambda file: is_log(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
