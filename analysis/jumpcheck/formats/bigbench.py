"""Parsing one published score file of BIG-bench.

The format is that of `bigbench/benchmark_tasks/<task>/results/scores_<family>_<size>.json` in google/BIG-bench: an
object with `scores` (a list of entries), `model` and `task`. Nothing in a file is trusted: what cannot be taken in
becomes a `Reject` that says where it is and what was found there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import msgspec

from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import (
    MAX_MAGNITUDE,
    RepeatedKeys,
    as_finite,
    decoded,
    finite,
    is_number,
    is_text,
    member,
    shown,
    unambiguous,
)


class Model(NamedTuple):
    """What a score file says of its model. Parameter counts are None where the file has none."""

    model_family: str
    model: str
    non_embedding_params: float | None
    flop_matched_non_embedding_params: float | None
    total_params: float | None


UNKNOWN_SHOTS = -1
"""Published as number_of_shots where nobody knows it."""
_Number = Annotated[float, msgspec.Meta(ge=-MAX_MAGNITUDE, le=MAX_MAGNITUDE)]
_Name = Annotated[str, msgspec.Meta(min_length=1)]
_PUBLISHED_NAMES = {
    "scores": "score_dict",
    "preferred_metric": "preferred_score",
    "subtask": "subtask_description",
    "shots": "number_of_shots",
}


class Entry(msgspec.Struct, forbid_unknown_fields=True, rename=_PUBLISHED_NAMES):
    """One element of `scores`: the numbers of one subtask at one number of shots.

    The types are those of an entry without faults. In others, fields may be None, and `scores` is a list of pairs where
    a metric occurs more than once.
    """

    scores: Annotated[dict[_Name, _Number], msgspec.Meta(min_length=1)]
    preferred_metric: _Name
    subtask: _Name
    low_score: _Number
    high_score: _Number
    shots: Annotated[int, msgspec.Meta(ge=UNKNOWN_SHOTS, lt=2**31)]


@dataclass
class ScoreFile:
    """The content of one score file. `model` is None where the whole file was rejected."""

    task: str = ""
    keywords: list[str] = field(default_factory=list)
    model: Model | None = None
    entries: list[Entry] = field(default_factory=list)
    positions: Sequence[int] = field(default_factory=list)
    """Place of every entry in the published list."""
    rejects: list[Reject] = field(default_factory=list)
    n_numbers: int = 0
    """Elements of the `score_dict` of all readable entries: the scores plus the rejects of kind `value`."""


def _parameter_count(model: dict, name: str, reject) -> float | None:
    """A parameter count above 0, or None; any other value but null is a reject."""
    value = model.get(name)
    if value is None:
        return None
    number = as_finite(value)
    if number is None or number <= 0:
        reject(
            "entry",
            f"model.{name}",
            f"bad_{name}",
            f"{shown(value)} is no number of parameters; taken as absent",
        )
        return None
    return number


def _read_entry(index: int, entry: object, task: str, result: ScoreFile, reject) -> Entry:
    """One element of `scores`. A fault in what identifies its numbers rejects it all; other faults reject the field."""
    at = f"scores[{index}]"
    if not isinstance(entry, dict):
        raise Rejected(at, "not_an_object", f"{shown(entry)} where an object is needed")
    unambiguous(entry, at)
    score_dict = member(entry, "score_dict", dict, f"{at}.score_dict")
    if not score_dict:
        raise Rejected(f"{at}.score_dict", "empty_score_dict", "it holds no score")

    subtask = task
    if entry.get("subtask_description") not in (None, ""):
        subtask = member(entry, "subtask_description", str, f"{at}.subtask_description")
    shots = entry.get("number_of_shots")
    if shots is not None:
        is_whole = is_number(shots) and UNKNOWN_SHOTS <= shots < 2**31 and shots == int(shots)
        if not is_whole:
            detail = f"{shown(shots)} is no number of shots"
            raise Rejected(f"{at}.number_of_shots", "bad_number_of_shots", detail)
        shots = int(shots)

    preferred = entry.get("preferred_score")
    if not is_text(preferred):
        reason = "bad_preferred_score" if "preferred_score" in entry else "missing_preferred_score"
        detail = f"{shown(preferred)} is no metric; the numbers are kept, which of them is preferred is unknown"
        reject("entry", f"{at}.preferred_score", reason, detail)
        preferred = None
    elif preferred not in score_dict:
        detail = f"{shown(preferred)} is not in score_dict; the numbers are kept, none of them is preferred"
        reject("entry", f"{at}.preferred_score", "preferred_score_absent", detail)
    bounds = []
    for name in ("low_score", "high_score"):
        bound = entry.get(name)
        number = as_finite(bound)
        if bound is not None and number is None:
            reject("entry", f"{at}.{name}", f"bad_{name}", f"{shown(bound)} is no finite number; taken as absent")
        bounds.append(number)

    scores = []
    pairs = score_dict.pairs if isinstance(score_dict, RepeatedKeys) else score_dict.items()
    for metric, value in pairs:
        result.n_numbers += 1
        location = value_location(index, metric)
        if not is_text(metric):
            reject("value", location, "bad_metric", f"{ascii(metric)[:40]} is no name of a metric")
        elif not is_number(value):
            reject("value", location, "not_a_number", f"{shown(value)} where a number is needed")
        elif (number := finite(value)) is None:
            reject("value", location, "not_finite", f"{shown(value)} is no finite score of plausible size")
        else:
            scores.append((metric, number))
    unique = dict(scores)
    return Entry(unique if len(unique) == len(scores) else scores, preferred, subtask, *bounds, shots)


def value_location(index: int, metric: str) -> str:
    """Path of one number inside its file."""
    return f"scores[{index}].score_dict[{json.dumps(metric)}]"


def parse_score_file(content: bytes, path: str) -> ScoreFile:
    """The numbers of one score file and all that was not taken in.

    Parameters
    ----------
    content : bytes
        The file as published.
    path : str
        The name under which it appears in rejects.

    Returns
    -------
    ScoreFile
        Never raises for what a file holds: an unreadable file has `model` None and one reject of kind `file`.

    """
    result = ScoreFile()

    def reject(kind: str, location: str, reason: str, detail: str) -> None:
        result.rejects.append(Reject(kind, path, location, reason, detail))

    try:
        document = unambiguous(decoded(content), "")
        task_members = unambiguous(member(document, "task", dict, "task"), "task")
        task = member(task_members, "task_name", str, "task.task_name")
        model_members = unambiguous(member(document, "model", dict, "model"), "model")
        names = [member(model_members, name, str, f"model.{name}") for name in ("model_family", "model_name")]
        entries = member(document, "scores", list, "scores")
        if not entries:
            raise Rejected("scores", "no_scores", "the list of scores is empty")
    except Rejected as fault:
        reject("file", *fault.args)
        return result

    result.task = task
    keywords = task_members.get("keywords")
    if isinstance(keywords, list) and all(map(is_text, keywords)):
        result.keywords = keywords
    elif keywords is not None:
        reject("entry", "task.keywords", "bad_keywords", f"{shown(keywords)} where a list of words is needed; left out")
    counts = [_parameter_count(model_members, name, reject) for name in Model._fields[2:]]
    result.model = Model(*names, *counts)
    for index, entry in enumerate(entries):
        try:
            result.entries.append(_read_entry(index, entry, task, result, reject))
            result.positions.append(index)
        except Rejected as fault:
            reject("entry", *fault.args)
    return result


class _FaultlessFile(msgspec.Struct, forbid_unknown_fields=True):
    scores: Annotated[list[Entry], msgspec.Meta(min_length=1)]
    model: dict[str, Any]
    task: dict[str, Any]
    queries: None


_DECODER = msgspec.json.Decoder(_FaultlessFile)


def _n_strings(value: object) -> int:
    """Number of strings in a JSON value, names of members included."""
    if isinstance(value, dict):
        return len(value) + sum(map(_n_strings, value.values()))
    if isinstance(value, list):
        return sum(map(_n_strings, value))
    return isinstance(value, str)


def parse_plain_file(content: bytes) -> ScoreFile | None:
    """The same as `parse_score_file`, several times as fast, for a file of the usual form without any fault; else None.

    The decoder silently keeps the last of two members of one name. Counting quotation marks reveals that: in a file
    without backslashes every string has exactly two, so a file with repeated names has more than its decoded strings.
    """
    if b"\\" in content:
        return None
    try:
        document = _DECODER.decode(content)
        task = member(document.task, "task_name", str, "")
        names = [member(document.model, name, str, "") for name in ("model_family", "model_name")]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Rejected):
        return None
    keywords = document.task.get("keywords")
    if keywords is not None and not (isinstance(keywords, list) and all(map(is_text, keywords))):
        return None
    entries, rejects = document.scores, []
    counts = [_parameter_count(document.model, name, lambda *fault: rejects.append(fault)) for name in Model._fields[2:]]
    n_numbers = sum(len(entry.scores) for entry in entries)
    # The file has 4 names of members; every entry has 6, and 2 texts.
    n_strings = 4 + _n_strings(document.model) + _n_strings(document.task) + 8 * len(entries) + n_numbers
    preferred_is_there = all(entry.preferred_metric in entry.scores for entry in entries)
    if rejects or not preferred_is_there or 2 * n_strings != content.count(b'"'):
        return None
    model = Model(*names, *counts)
    return ScoreFile(task, keywords or [], model, entries, range(len(entries)), n_numbers=n_numbers)
