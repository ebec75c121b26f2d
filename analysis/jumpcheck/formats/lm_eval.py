"""Result files of EleutherAI's lm-evaluation-harness, versions 0.3 and 0.4.

Both hold `results`: {task: {metric: number}}. Version 0.3 names a metric `acc` and its standard error `acc_stderr`; version
0.4 `acc,none` and `acc_stderr,none`, where what follows the comma is the filter through which the output went. 0.4 also
writes `configs`, `versions`, `n-shot`, `n-samples`, `higher_is_better` and `group_subtasks`, of which early releases
lack some, and repeats in `groups` the `results` of groups of tasks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import msgspec

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, json_object, member, shown, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import Entry, json_text, read_entry, whole_number
from jumpcheck.models.names import OTHER_WEIGHTS

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
    name = next((arguments[key] for key in ("pretrained", "model", "engine", "path") if is_text(arguments.get(key))), None)
    if name is None:
        name = document["model_name"] if is_text(document["model_name"]) else config.get("model")
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
    steps = whole_number(arguments.get("iteration"), 1)
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
        if isinstance(shots, list):  # one number a task, in their order, as forks of the harness write it
            tasks = list(document["results"])
            shots = dict(zip(tasks, shots, strict=True)).get(task) if len(tasks) == len(shots) else None
    return whole_number(shots, 0)


def _check_shots(document: dict, path: str, collected: Collected) -> None:
    """Name a `num_fewshot` that nobody can read: the shots of the file's tasks are unknown then."""
    given = document["config"].get("num_fewshot") if not document["configs"] else None
    if isinstance(given, list):
        n_tasks = len(document["results"])
        is_good = len(given) == n_tasks and all(whole_number(one, 0) is not None for one in given)
        detail = f"a list of {len(given)} for {n_tasks} tasks; one whole number a task is needed"
    else:
        is_good = given is None or whole_number(given, 0) is not None
        detail = f"{shown(given)} is no number of examples in the prompt"
    if not is_good:
        detail += "; the shots of these tasks are taken as unknown"
        collected.rejects.append(Reject("entry", path, "config.num_fewshot", "bad_num_fewshot", detail))


def _add_rows(
    rows: dict[str, list],
    document: dict,
    task: str,
    entry: dict,
    numbers: Entry,
    is_group: bool,
    path: str,
    collected: Collected,
) -> None:
    """Add the scores of one task, each with its standard error and with what the file says of the task."""
    config = document["configs"].get(task)
    samples = document["n-samples"].get(task)
    n_examples = samples.get("effective") if isinstance(samples, dict) else samples
    n_examples = entry.get("sample_len") if n_examples is None else n_examples
    size = whole_number(n_examples, 1)
    if n_examples is not None and size is None:
        detail = f"{shown(n_examples)} is no number of examples, and is taken as unknown"
        collected.rejects.append(Reject("entry", path, f"n-samples[{json_text(task)}]", "bad_n_samples", detail))
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
    at = f"{section}[{json_text(task)}]"
    if isinstance(entry, dict) and entry and all(isinstance(one, dict) and _TIME.match(key) for key, one in entry.items()):
        for key, one in entry.items():
            yield task, one, f"{at}[{json_text(key)}]", _time_in(key)
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
    _check_shots(document, path, collected)
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
        numbers = read_entry(entry, at, path, collected)
        if numbers.scores:
            _add_rows(rows, document, task, entry, numbers, task in is_group, path, collected)
            if "prompt_name" in entry:
                n = len(numbers.scores)
                rows["task"][-n:], rows["filter"][-n:] = named_by_prompt(task, entry, numbers)
            rows["date"] += [time] * len(numbers.scores)
    collected.add(
        len(rows["task"]), subtask=rows["task"], model=name, revision=revision, n_parameters=size, source_file=path, **rows
    )


def named_by_prompt(task: str, entry: dict, numbers: Entry) -> tuple[list[str], list[str]]:
    """(task, filter) of every score of an entry, of which forks name the task and, as the filter, the prompt."""
    filters = [filter_name for _, filter_name in numbers.scores]
    name, prompt = entry.get("task_name"), entry.get("prompt_name")
    if is_text(name) and is_text(prompt):
        return [name] * len(filters), [filter_with_prompt(prompt, one) for one in filters]
    return [task] * len(filters), filters


def filter_with_prompt(prompt: object, filter_name: str) -> str:
    """The filter of a score that was measured with a prompt."""
    if not is_text(prompt):
        return filter_name
    return prompt if filter_name == "none" else f"{prompt}, {filter_name}"


FORMAT = Format(
    what="lm-evaluation-harness results (.json with 'results')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
