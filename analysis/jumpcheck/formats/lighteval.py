"""Results of lighteval: {config_general, results: {"suite|task|shots": {metric: number}}}, in newer versions "task|shots".

`all` and `task:_average` are averages over tasks, and their standard errors are averages of standard errors.
"""

from __future__ import annotations

import json
import re

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, shown, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import read_entry, whole_number

_STEP = re.compile(r"(?:.*[-_])?step[-_]?0*(\d+)", re.IGNORECASE)


def is_result(content: bytes) -> bool:
    """Whether a JSON file looks like one of lighteval."""
    return b'"config_general"' in content and b'"results"' in content


def split_key(key: str) -> tuple[str, str, int | None]:
    """(suite, task, shots) of a key of `results`; the suite is empty where there is none.

    Examples
    --------
    >>> split_key("leaderboard|arc:challenge|25"), split_key("gsm8k|0"), split_key("all")
    (('leaderboard', 'arc:challenge', 25), ('', 'gsm8k', 0), ('', 'all', None))

    """
    parts = key.split("|")
    shots = int(parts[-1]) if len(parts) > 1 and re.fullmatch(r"\d{1,6}", parts[-1]) else None
    names = parts if shots is None else parts[:-1]
    return ("|".join(names[:-1]), names[-1], shots)


def _model(document: dict, path: str) -> tuple[str | None, str | None]:
    """(name, revision) of the model. Files of checkpoints often have the step in a folder of their path alone."""
    general = document["config_general"]
    config = general.get("model_config")
    config = config if isinstance(config, dict) else {}
    names = (general.get("model_name"), config.get("model_name"))
    name = next((one for one in names if is_text(one) and one != "None"), None)
    revision = config.get("revision") if is_text(config.get("revision")) else None
    if revision in (None, "main"):
        steps = [match[1] for folder in path.split("/")[:-1] if (match := _STEP.fullmatch(folder))]
        revision = f"step{steps[-1]}" if steps else revision
    return name, revision


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the numbers of one result file to `collected`; Rejected where it holds none."""
    document = unambiguous(decoded(content), "")
    unambiguous(member(document, "config_general", dict, "config_general"), "config_general")
    results = unambiguous(member(document, "results", dict, "results"), "results")
    if not results:
        raise Rejected("results", "no_scores", "there is no task in 'results'")
    name, revision = _model(document, path)
    configs = document.get("config_tasks")
    suites: dict[tuple[str, int | None], set[str]] = {}
    for key in results:
        suite, task, shots = split_key(key)
        suites.setdefault((task, shots), set()).add(suite)
    for key, entry in results.items():
        at = f"results[{json.dumps(key)}]"
        suite, task, shots = split_key(key)
        if not is_text(task) or not isinstance(entry, dict):
            detail = f"{shown(entry)} where an object of metrics is needed"
            collected.rejects.append(Reject("entry", path, at, "not_an_object", detail))
            continue
        if len(suites[task, shots]) > 1:  # the same task in two suites is asked in two ways
            task = f"{suite}|{task}"
        numbers = read_entry(entry, at, path, collected)
        is_average = task == "all" or task.endswith("_average")
        for metric, filter_name in numbers.scores:
            collected.add(
                task=task, subtask=task, is_aggregate=is_average, shots=shots, metric=metric, filter=filter_name,
                score=numbers.scores[metric, filter_name], stderr=numbers.errors.get((metric, filter_name)),
                n_examples=None if is_average else _n_examples(configs, key, suite, split_key(key)[1]),
                model=name, revision=revision, source_file=path, location=numbers.locations[metric, filter_name, False],
            )  # fmt: skip


def _n_examples(configs: object, key: str, suite: str, task: str) -> int | None:
    """How many questions of a task were asked, by `config_tasks`, whose keys lack the shots in older files."""
    for name in (key, f"{suite}|{task}"):
        config = configs.get(name) if isinstance(configs, dict) else None
        n = config.get("effective_num_docs") if isinstance(config, dict) else None
        if as_finite(n) is not None:
            return whole_number(n, 1)
    return None


FORMAT = Format(
    what="results of lighteval (.json with 'config_general')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
