"""The numbers of one task in a result file of a harness: {metric: number, metric_stderr: number, ...}."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import NamedTuple

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE, RepeatedKeys, as_finite, is_text, numbers_in, shown

NO_SCORES = {
    "", "alias", "name", "task_name", "prompt_name", "prompt_id", "prompt_jinja", "prompt_original_task", "comment",
    "subset", "fixed_answer_choice_list", "dataset_path", "dataset_name", "version", "n", "samples", "num_samples",
    "sample_len", "sample_count", "num_fewshot", "num_failed_execution", "time", "seconds", "runtime",
}  # fmt: skip
"""Members of a task's results that are no scores."""
USUAL = {"acc", "acc_norm", "exact_match", "em", "f1", "mc1", "mc2", "ppl", "perplexity", "pass@1"}
"""Metrics for which a text in the place of the number is named."""
json_text = functools.lru_cache(2**16)(json.dumps)


@functools.lru_cache(2**12)
def split_key(key: str) -> tuple[str, str, bool] | None:
    """(metric, filter, whether it is a standard error) of a member of a task's results; None for one that is no score."""
    if key.strip() in NO_SCORES:
        return None
    metric, _, filter_name = key.rpartition(",") if "," in key else (key, "", "none")
    return metric.removesuffix("_stderr"), filter_name, metric.endswith("_stderr")


def whole_number(value: object, least: int) -> int | None:
    """`value` as a whole number of at least `least`; None where it is none."""
    number = as_finite(value)
    return int(number) if number is not None and least <= number < 2**31 and number == int(number) else None


class Entry(NamedTuple):
    """The results of one task: {(metric, filter): number}, and locations by (metric, filter, whether it is an error)."""

    scores: dict[tuple[str, str], float]
    errors: dict[tuple[str, str], float]
    locations: dict[tuple[str, str, bool], str]


def _holds_no_number(value: object) -> bool:
    """Whether a value is a text, a truth value, or a list or object of such, which describe the task."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return True
        return False
    return isinstance(value, bool) or (isinstance(value, list | dict) and not numbers_in(value))


def read_entry(entry: dict, at: str, path: str, collected: Collected) -> Entry:
    """The numbers of one task; a value that is no number, or is given twice, is a reject."""
    scores: dict[tuple[str, str], float] = {}
    errors: dict[tuple[str, str], float] = {}
    locations: dict[tuple[str, str, bool], str] = {}

    def reject(location: str, reason: str, detail: str, n: int = 1) -> None:
        collected.n_numbers += n - 1
        collected.rejects.append(Reject("value", path, location, reason, detail, n))

    for key, value in entry.items():
        parts = split_key(key)
        if parts is None or (parts[2] and value == "N/A"):
            continue
        metric, filter_name, is_error = parts
        if type(value) is not float and _holds_no_number(value):
            if "," in key or f"{key}_stderr" in entry or metric in USUAL:  # the place of a number
                detail = f"{shown(value)} where a number is needed"
                collected.rejects.append(Reject("entry", path, f"{at}[{json_text(key)}]", "not_a_number", detail))
            continue
        collected.n_numbers += 1
        number = value if type(value) is float and -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE else as_finite(value)
        location = f"{at}[{json_text(key)}]"
        if not metric or not filter_name or not is_text(key):
            reject(location, "bad_metric", f"{ascii(key)[:60]} is no name of a metric")
        elif number is None and isinstance(value, float | int) and not isinstance(value, bool):
            reject(location, "not_finite", f"{shown(value)} is no finite score of plausible size")
        elif number is None:
            n = numbers_in(value) if isinstance(value, list | dict) else 1
            reject(location, "not_a_number", f"{shown(value)} where a number is needed", n)
        elif is_error and number < 0:
            reject(location, "bad_stderr", f"{shown(value)} is no standard error")
        elif (metric, filter_name) in (errors if is_error else scores):
            detail = f"{number!r}; it stands there as {locations[metric, filter_name, is_error]} too, which is taken"
            reject(location, "two_names", detail)
        else:
            (errors if is_error else scores)[metric, filter_name] = number
            locations[metric, filter_name, is_error] = location
    for metric, filter_name in [key for key in errors if key not in scores]:
        detail = f"there is no score '{metric}' that this could be the standard error of"
        reject(locations[metric, filter_name, True], "stderr_without_score", detail)
    return Entry(scores, errors, locations)


def add_entry(
    entry: object,
    task: object,
    at: str,
    path: str,
    collected: Collected,
    filters: Callable[[str], str] = str,
    **shared: object,
) -> None:
    """Add the scores of one task, each with its standard error; a reject where these are no metrics of a task.

    `filters` gives the filter of a score from that in the name of the metric; `shared` are other columns of all scores.
    """
    if not is_text(task) or not isinstance(entry, dict):
        n_numbers = numbers_in(entry)
        collected.n_numbers += n_numbers
        detail = f"{shown(entry)} where an object of metrics is needed" if is_text(task) else "the task has no name"
        collected.rejects.append(Reject("entry", path, at, "bad_task", detail, n_numbers))
        return
    if isinstance(entry, RepeatedKeys):
        n_numbers = sum(numbers_in(value) for _, value in entry.pairs)
        collected.n_numbers += n_numbers
        detail = "a name stands there more than once"
        collected.rejects.append(Reject("entry", path, at, "repeated_key", detail, n_numbers))
        return
    numbers = read_entry(entry, at, path, collected)
    for metric, filter_name in numbers.scores:
        key = (metric, filter_name)
        collected.add(
            **{"task": task, "subtask": task, "is_aggregate": False, "metric": metric, "source_file": path} | shared,
            filter=filters(filter_name), score=numbers.scores[key], stderr=numbers.errors.get(key),
            location=numbers.locations[*key, False],
        )  # fmt: skip
