"""The numbers of one task in a result file of a harness: {metric: number, metric_stderr: number, ...}."""

from __future__ import annotations

import functools
import json
from typing import NamedTuple

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE, as_finite, is_number, is_text, shown

NO_SCORES = {
    "alias",
    "name",
    "sample_len",
    "sample_count",
    "prompt_name",
    "task_name",
    "dataset_path",
    "dataset_name",
    "subset",
    "",
}
"""Members of a task's results that are no scores."""
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
    if isinstance(value, list | dict):
        return not any(is_number(one) for one in (value if isinstance(value, list) else value.values()))
    return isinstance(value, bool)


def read_entry(entry: dict, at: str, path: str, collected: Collected) -> Entry:
    """The numbers of one task; a value that is no number, or is given twice, is a reject."""
    scores: dict[tuple[str, str], float] = {}
    errors: dict[tuple[str, str], float] = {}
    locations: dict[tuple[str, str, bool], str] = {}

    def reject(location: str, reason: str, detail: str) -> None:
        collected.rejects.append(Reject("value", path, location, reason, detail))

    for key, value in entry.items():
        parts = split_key(key)
        if parts is None or (parts[2] and value == "N/A"):
            continue
        metric, filter_name, is_error = parts
        if _holds_no_number(value):
            if filter_name != "none" or "," in key or f"{key}_stderr" in entry:  # the place of a number, in a harness
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
            reject(location, "not_a_number", f"{shown(value)} where a number is needed")
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
