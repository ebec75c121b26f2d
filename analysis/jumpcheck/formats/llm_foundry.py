"""Results of llm-foundry and its relatives: one JSON file per model, {name, model, eval_metrics: {icl: {task: score}}}.

Scores are accuracies in single precision, written in double: 0.20000000298023224 is 0.2. Beside `icl` there may be other
numbers, such as `perplexity`, one for all texts, and `downstream_perplexity`, one a task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, numbers_in, shown, unambiguous
from jumpcheck.formats.format import Format

NO_SCORES = ("tokens", "seconds", "time", "flops", "step", "steps", "batch", "epoch")
"""Members of `eval_metrics` that count or time the run."""


def is_result(content: bytes) -> bool:
    """Whether a JSON file looks like one of llm-foundry."""
    return b'"eval_metrics"' in content and b'"icl"' in content


def as_written(value: float) -> float:
    """The shortest decimal number that is `value` in single precision, where `value` is one of these; else `value`."""
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value


def _date(value: object) -> float | None:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _values(metrics: dict) -> Iterator[tuple[str, object, object, str]]:
    """(metric, task, value, location) of all numbers of `eval_metrics`, and of what stands in the place of one."""
    for task, value in metrics["icl"].items():
        yield "accuracy", task, value, f"eval_metrics.icl[{json.dumps(task)}]"
    for name, values in metrics.items():
        metric, at = name.removeprefix("downstream_"), f"eval_metrics[{json.dumps(name)}]"
        if name != "icl" and isinstance(values, dict):
            for task, value in values.items():
                yield metric, task, value, f"{at}[{json.dumps(task)}]"
        elif name not in ("icl", *NO_SCORES) and not isinstance(values, str | bool):
            yield metric, name, values, at


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the scores of one file to `collected`; Rejected where it holds none."""
    document = unambiguous(decoded(content), "")
    metrics = unambiguous(member(document, "eval_metrics", dict, "eval_metrics"), "eval_metrics")
    scores = unambiguous(member(metrics, "icl", dict, "eval_metrics.icl"), "eval_metrics.icl")
    if not scores:
        raise Rejected("eval_metrics.icl", "no_scores", "there is no task in it")
    model = next((document[name] for name in ("model", "name") if is_text(document.get(name))), None)
    date = _date(document.get("creation_date"))
    for metric, task, value, location in _values(metrics):
        collected.n_numbers += 1
        number = as_finite(value)
        if number is None or not is_text(task):
            what = shown(value) if number is None else ascii(task)[:40]
            detail = f"{what} where {'a number' if number is None else 'the name of a task'} is needed"
            n_numbers = numbers_in(value) if isinstance(value, list | dict) else 1
            collected.n_numbers += n_numbers - 1
            reason = "not_a_number" if number is None else "bad_task"
            collected.rejects.append(Reject("value", path, location, reason, detail, n_numbers))
            continue
        collected.add(
            task=task, subtask=task, is_aggregate=False, filter="none", metric=metric, score=as_written(number),
            model=model, date=date, source_file=path, location=location,
        )  # fmt: skip


FORMAT = Format(
    what="results of llm-foundry (.json with 'eval_metrics')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
