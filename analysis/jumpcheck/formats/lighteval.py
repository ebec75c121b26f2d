"""Results of lighteval: {config_general, results: {"suite|task|shots": {metric: number}}}, in newer versions "task|shots".

`all` and `task:_average` are averages over tasks, and their standard errors are averages of standard errors.
"""

from __future__ import annotations

import json
import re

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import add_entry, whole_number
from jumpcheck.formats.lm_eval import date_of
from jumpcheck.models.task_names import is_average

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
    if len(parts) == 4 and parts[2].isdecimal():
        parts = parts[:3]  # what follows the shots says whether they may be cut
    shots = int(parts[-1]) if len(parts) > 1 and re.fullmatch(r"\d{1,6}", parts[-1]) else None
    names = parts[:-1] if len(parts) > 1 and parts[-1].isdecimal() else parts
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
    suites: dict[tuple[str, int | None], set[str]] = {}
    for key in results:
        suite, task, shots = split_key(key)
        suites.setdefault((task, shots), set()).add(suite)
    for key, entry in results.items():
        at = f"results[{json.dumps(key)}]"
        suite, task, shots = split_key(key)
        n_examples = _n_examples(document, key, suite, task)
        if len(suites[task, shots]) > 1:  # the same task in two suites is asked in two ways
            task = f"{suite}|{task}"
        add_entry(
            entry, task, at, path, collected, shots=shots, is_aggregate=is_average(task), model=name, revision=revision,
            n_examples=None if is_average(task) else n_examples, date=date_of({"date": None}, path),
        )  # fmt: skip


def _n_examples(document: dict, key: str, suite: str, task: str) -> int | None:
    """How many questions of a task were asked, by `config_tasks`, whose keys lack the shots in older files."""
    configs, limit = document.get("config_tasks"), whole_number(document["config_general"].get("max_samples"), 1)
    for name in (key, f"{suite}|{task}", task):
        config = configs.get(name) if isinstance(configs, dict) else None
        n = config.get("effective_num_docs") if isinstance(config, dict) else None
        if as_finite(n) is not None:
            n = whole_number(n, 1)
            return n if n is None or limit is None else min(n, limit)
    return None


FORMAT = Format(
    what="results of lighteval (.json with 'config_general')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
