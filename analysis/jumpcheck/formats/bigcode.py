"""Results of BigCode's evaluation harness: {task: {"pass@1": number, ...}, "config": {model, temperature, n_samples, ...}}.

Files of its leaderboard are {"results": [{"task", "pass@1"}], "meta": {"model"}}. The temperature is part of what was
measured, so it is the filter. pass@1 over several samples a question is no share of questions: no number of examples
follows from it.
"""

from __future__ import annotations

import json

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_number, is_text, shown, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import read_entry, whole_number

_NO_TASKS = ("config", "meta")


def is_result(content: bytes) -> bool:
    """Whether a JSON file looks like one of this harness."""
    if b'"pass@' not in content and not (b'"n_samples"' in content and b'"config"' in content):
        return False
    try:
        document = decoded(content)
    except Rejected:
        return False
    if "results" in document:
        return isinstance(document["results"], list) and isinstance(document.get("meta"), dict)
    tasks = [value for name, value in document.items() if name not in _NO_TASKS]
    return isinstance(document.get("config"), dict) and any(isinstance(one, dict) for one in tasks)


def _setting(config: dict) -> str:
    """The temperature and the number of samples, for the filter; "none" where the file says neither."""
    parts = [f"{name}={config[name]:g}" for name in ("temperature", "n_samples") if as_finite(config.get(name)) is not None]
    return ", ".join(parts) or "none"


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the numbers of one file to `collected`; Rejected where it holds none."""
    document = unambiguous(decoded(content), "")
    config = next((document[name] for name in _NO_TASKS if isinstance(document.get(name), dict)), {})
    model, adapter, revision = (config.get(name) for name in ("model", "peft_model", "revision"))
    model = model if is_text(model) else None
    if model and is_text(adapter):
        model = f"{model}+peft={adapter}"
    limit, setting = whole_number(config.get("limit"), 1), _setting(config)
    if isinstance(document.get("results"), list):
        tasks = [one.get("task") if isinstance(one, dict) else None for one in document["results"]]
        entries = [(f"results[{k}]", *one) for k, one in enumerate(zip(tasks, document["results"], strict=True))]
    else:
        entries = [(json.dumps(name), name, one) for name, one in document.items() if name not in _NO_TASKS]
    for at, task, entry in entries:
        if not is_text(task) or not isinstance(entry, dict):
            n_numbers = sum(map(is_number, entry.values())) if isinstance(entry, dict) else int(is_number(entry))
            collected.n_numbers += n_numbers
            detail = f"{shown(entry)} where the metrics of a task are needed"
            collected.rejects.append(Reject("entry", path, at, "bad_task", detail, n_numbers))
            continue
        numbers = read_entry({name: value for name, value in entry.items() if name != "task"}, at, path, collected)
        for key in numbers.scores:
            collected.add(
                task=task, subtask=task, is_aggregate=key[0].startswith("Average_"), metric=key[0], filter=setting,
                score=numbers.scores[key], stderr=numbers.errors.get(key), n_examples=limit, model=model,
                revision=revision if is_text(revision) else None, source_file=path, location=numbers.locations[*key, False],
            )  # fmt: skip


FORMAT = Format(
    what="results of BigCode's evaluation harness (.json with 'pass@1' and 'config')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
