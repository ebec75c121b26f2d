"""Result files of EleutherAI's lm-evaluation-harness, versions 0.3 and 0.4.

Both hold `results`: {task: {metric: number}}. Version 0.3 names a metric `acc` and its standard error `acc_stderr`; version
0.4 `acc,none` and `acc_stderr,none`, where what follows the comma is the filter through which the output went. 0.4 also
writes `configs`, `versions`, `n-shot`, `n-samples`, `higher_is_better` and `group_subtasks`, of which early releases
lack some, and repeats in `groups` the `results` of groups of tasks.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE, as_finite, decoded, is_text, json_object, member, shown, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.models.names import OTHER_WEIGHTS

NO_SCORES = {"alias", "name", "sample_len", "sample_count", ""}
"""Members of a task's results that are no scores."""
MANY_ARGUMENTS = 20
"""More arguments than that are no choice of a model but a whole configuration."""
ROW_COLUMNS = (
    "task", "is_aggregate", "shots", "metric", "filter", "score", "stderr", "n_examples", "chance", "higher_is_better",
    "version", "location", "date",
)  # fmt: skip
MULTIPLE_CHOICE = ("acc", "acc_norm", "acc_bytes", "acc_mutual_info")


class _Task(msgspec.Struct):
    """What is needed of the configuration of a task."""

    output_type: Any = None
    num_fewshot: Any = None
    doc_to_choice: Any = None


class _File(msgspec.Struct):
    """A result file; what is not named here is passed over."""

    results: msgspec.Raw
    groups: msgspec.Raw = msgspec.Raw(b"{}")
    group_subtasks: dict[str, Any] = {}
    configs: dict[str, _Task] = {}
    versions: dict[str, Any] = {}
    n_shot: dict[str, Any] = msgspec.field(default_factory=dict, name="n-shot")
    n_samples: dict[str, Any] = msgspec.field(default_factory=dict, name="n-samples")
    higher_is_better: dict[str, Any] = {}
    config: dict[str, Any] = {}
    model_name: Any = None
    date: Any = None


_DECODER = msgspec.json.Decoder(_File)
NAMES_ONCE = (b"results", b"groups", b"group_subtasks", b"configs", b"config", b"versions", b"n-shot", b"n-samples")


def _plain(content: bytes) -> dict | None:
    """What is needed of the document, several times as fast as `_whole`; None where anything is unusual."""
    # The decoder silently keeps the last of two members of one name, so files where that may happen are left to `_whole`.
    if any(content.count(b'"%s"' % name) > 1 for name in NAMES_ONCE):
        return None
    try:
        file = _DECODER.decode(content)
        document = {
            "results": json.loads(bytes(file.results), object_pairs_hook=json_object),
            "groups": json.loads(bytes(file.groups), object_pairs_hook=json_object),
        }
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not isinstance(document["results"], dict) or not isinstance(document["groups"], dict):
        return None
    names = ("group_subtasks", "versions", "higher_is_better", "config", "model_name", "date")
    document |= {name: getattr(file, name) for name in names}
    return document | {"configs": file.configs, "n-shot": file.n_shot, "n-samples": file.n_samples}


def _whole(content: bytes) -> dict:
    """The document, every part of which is an object without repeated names."""
    parsed = unambiguous(decoded(content), "")
    document = {"results": member(parsed, "results", dict, "results")}
    document |= {name: parsed.get(name) for name in ("model_name", "date")}
    for name in ("groups", "group_subtasks", "configs", "versions", "n-shot", "n-samples", "higher_is_better", "config"):
        part = parsed.get(name)
        if part is not None and not isinstance(part, dict):
            raise Rejected(name, f"bad_{name}", f"'{name}' is {shown(part)}, an object is needed")
        document[name] = unambiguous(part or {}, name)
    document["configs"] = {
        task: _Task(*(config.get(name) for name in _Task.__struct_fields__))
        for task, config in document["configs"].items()
        if isinstance(config, dict)
    }
    return document


def document_of(content: bytes) -> dict:
    """What is needed of a result file; Rejected where it is none."""
    return _plain(content) or _whole(content)


def is_result(content: bytes) -> bool:
    """Whether a JSON file looks like one of the harness: it has `results`, and its version or configuration."""
    return b'"results"' in content and (b'"versions"' in content or b'"configs"' in content or b'"config"' in content)


def model_of(document: dict) -> tuple[str | None, str | None, float | None]:
    """(name, revision, number of parameters) of the model of a result file; None for what it does not say.

    The name is that of the weights, `pretrained` of model_args, or another argument that names the model; without one it
    is the kind of the model followed by its arguments, as in `dummy,size=1b`, or where these are a whole configuration (of
    GPT-NeoX) the place from which it loads. Arguments that change the weights are added.
    """
    config = document["config"]
    arguments = config.get("model_args")
    if isinstance(arguments, str):
        arguments = dict(part.partition("=")[::2] for part in arguments.split(",") if part)
    arguments = {str(name): value for name, value in arguments.items()} if isinstance(arguments, dict) else {}
    name = next((arguments[key] for key in ("pretrained", "model", "engine", "path") if arguments.get(key)), None)
    if name is None:
        name = document["model_name"] or config.get("model")
        if len(arguments) > MANY_ARGUMENTS:
            name, revision = _of_configuration(arguments)
            return name, revision, None
        if isinstance(config.get("model"), str) and arguments:
            name = ",".join([config["model"], *(f"{key}={value}" for key, value in arguments.items())])
    else:
        name = "".join([str(name), *(f"+{key}={arguments[key]}" for key in OTHER_WEIGHTS if arguments.get(key))])
    revision = arguments.get("revision") or config.get("model_revision")
    size = as_finite(config.get("model_num_parameters"))
    return (
        str(name) if name else None,
        str(revision) if revision else None,
        size if size is not None and size > 0 else None,
    )


def _of_configuration(arguments: dict[str, object]) -> tuple[str, str | None]:
    """(name, revision) of a model of which a whole configuration is given."""
    place = next((arguments[key] for key in ("load", "save", "name") if is_text(arguments.get(key))), None)
    if place is None:
        text = json.dumps(arguments, sort_keys=True, default=str)
        place = f"configuration {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    steps = _whole_number(arguments.get("iteration"), 1)
    return place, None if steps is None else f"step{steps}"


def date_of(document: dict, path: str) -> float | None:
    """When a file was written, in seconds since 1970: by its member `date`, else by its name; None where neither says it."""
    stated = as_finite(document["date"])
    if stated is not None and stated > 0:
        return stated
    return _time_in(path.rpartition("/")[2])


def _time_in(text: str) -> float | None:
    """The time that a text holds, in seconds since 1970."""
    found = _TIME.search(text)
    if not found:
        return None
    try:
        return datetime(*map(int, found.groups()[:6]), tzinfo=UTC).timestamp() + float(f"0.{found[7] or 0}")
    except ValueError:
        return None


_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T_ -](\d\d)[-:](\d\d)[-:](\d\d)(?:\.(\d{1,9}))?")
_json_text = functools.lru_cache(2**16)(json.dumps)


@functools.lru_cache(2**12)
def split_key(key: str) -> tuple[str, str, bool] | None:
    """(metric, filter, whether it is a standard error) of a member of a task's results; None for one that is no score."""
    if key.strip() in NO_SCORES:
        return None
    metric, _, filter_name = key.rpartition(",") if "," in key else (key, "", "none")
    return metric.removesuffix("_stderr"), filter_name, metric.endswith("_stderr")


def _whole_number(value: object, least: int) -> int | None:
    number = as_finite(value)
    return int(number) if number is not None and least <= number < 2**31 and number == int(number) else None


def _chance(task: _Task | None, metric: str) -> float | None:
    """Chance rate of a metric that the task's configuration implies; None where it implies none.

    1/k where the k choices are listed; 0 where the target must be the likeliest of all texts. Nothing is implied for
    generated answers, because the prompt may name options to guess among.
    """
    if task is None:
        return None
    if task.output_type == "loglikelihood" and metric == "acc":
        return 0.0
    choices = task.doc_to_choice
    if (
        task.output_type == "multiple_choice"
        and metric in MULTIPLE_CHOICE
        and isinstance(choices, list)
        and len(choices) > 1
    ):
        return 1 / len(choices)
    return None


def shots_of(document: dict, task: str) -> int | None:
    """Number of examples in the prompt; None where the file does not say it."""
    configs = document["configs"]
    shots = document["n-shot"].get(task)
    if shots is None and task in configs:
        shots = configs[task].num_fewshot
    if shots is None and not configs:
        shots = document["config"].get("num_fewshot")
    return _whole_number(shots, 0)


class _Entry(NamedTuple):
    """The results of one task: {(metric, filter): number}, and locations by (metric, filter, whether it is an error)."""

    scores: dict[tuple[str, str], float]
    errors: dict[tuple[str, str], float]
    locations: dict[tuple[str, str, bool], str]


def _read_entry(entry: dict, at: str, path: str, collected: Collected) -> _Entry:
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
        collected.n_numbers += 1
        number = value if type(value) is float and -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE else as_finite(value)
        location = f"{at}[{_json_text(key)}]"
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
    return _Entry(scores, errors, locations)


def _add_rows(
    rows: dict[str, list],
    document: dict,
    task: str,
    entry: dict,
    numbers: _Entry,
    is_group: bool,
    path: str,
    collected: Collected,
) -> None:
    """Add the scores of one task, each with its standard error and with what the file says of the task."""
    config = document["configs"].get(task)
    samples = document["n-samples"].get(task)
    n_examples = samples.get("effective") if isinstance(samples, dict) else samples
    n_examples = entry.get("sample_len") if n_examples is None else n_examples
    size = _whole_number(n_examples, 1)
    if n_examples is not None and size is None:
        detail = f"{shown(n_examples)} is no number of examples, and is taken as unknown"
        collected.rejects.append(Reject("entry", path, f"n-samples[{_json_text(task)}]", "bad_n_samples", detail))
    directions = document["higher_is_better"].get(task)
    directions = directions if isinstance(directions, dict) else {}
    version = document["versions"].get(task)
    n = len(numbers.scores)
    rows["task"] += [task] * n
    rows["is_aggregate"] += [is_group] * n
    rows["shots"] += [shots_of(document, task)] * n
    rows["n_examples"] += [size] * n
    rows["version"] += [None if version is None else str(version)] * n
    rows["score"] += numbers.scores.values()
    for key in numbers.scores:
        metric, filter_name = key
        rows["metric"].append(metric)
        rows["filter"].append(filter_name)
        rows["stderr"].append(numbers.errors.get(key))
        rows["chance"].append(_chance(config, metric))
        direction = directions.get(metric)
        rows["higher_is_better"].append(direction if isinstance(direction, bool) else None)
        rows["location"].append(numbers.locations[metric, filter_name, False])


def _by_time(section: str, task: str, entry: object, date: float | None) -> Iterator[tuple]:
    """(task, entry, location, date) of a task, whose runs may stand by their times: {time: {metric: number}}."""
    at = f"{section}[{_json_text(task)}]"
    if isinstance(entry, dict) and entry and all(isinstance(one, dict) and _TIME.match(key) for key, one in entry.items()):
        for key, one in entry.items():
            yield task, one, f"{at}[{_json_text(key)}]", _time_in(key)
    else:
        yield task, entry, at, date


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the numbers of one result file to `collected`.

    A standard error goes into the row of its score. `groups` repeats entries of `results`; only those that differ are
    read. Never raises for what a file holds.
    """
    try:
        document = document_of(content)
        name, revision, size = model_of(document)
        tasks = dict(unambiguous(document["results"], "results"))
        groups = unambiguous(document["groups"], "groups")
        if not tasks:
            raise Rejected("results", "no_scores", "there is no task in 'results'")
    except Rejected as fault:
        collected.rejects.append(Reject("file", path, *fault.args))
        return
    sections = [("results", task, entry) for task, entry in tasks.items()]
    sections += [("groups", task, entry) for task, entry in groups.items() if tasks.get(task) != entry]
    date = date_of(document, path)
    is_group = {task for task, parts in document["group_subtasks"].items() if parts} | set(groups)
    rows: dict[str, list] = {column: [] for column in ROW_COLUMNS}
    for task, entry, at, time in chain.from_iterable(_by_time(*section, date) for section in sections):
        try:
            if not is_text(task):
                raise Rejected(at, "bad_task", f"{ascii(task)[:40]} is no name of a task")
            if not isinstance(entry, dict):
                raise Rejected(at, "not_an_object", f"{shown(entry)} where an object of metrics is needed")
            unambiguous(entry, at)
        except Rejected as fault:
            collected.rejects.append(Reject("entry", path, *fault.args))
            continue
        numbers = _read_entry(entry, at, path, collected)
        if numbers.scores:
            _add_rows(rows, document, task, entry, numbers, task in is_group, path, collected)
            rows["date"] += [time] * len(numbers.scores)
    collected.add(
        len(rows["task"]), subtask=rows["task"], model=name, revision=revision, n_parameters=size, source_file=path, **rows
    )


FORMAT = Format(
    what="lm-evaluation-harness results (.json with 'results')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
