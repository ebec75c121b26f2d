"""Results of BigCode's evaluation harness: {task: {"pass@1": number, ...}, "config": {model, temperature, n_samples, ...}}.

Files of its leaderboard are {"results": [{"task", "pass@1"}], "meta": {"model"}}. The temperature is part of what was
measured, so it is the filter. pass@1 over several samples a question is no share of questions: no number of examples
follows from it.
"""

from __future__ import annotations

import json

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import add_entry
from jumpcheck.formats.lm_eval import date_of

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
    """The temperature, the samples a question and the limit of questions, for the filter; "none" without them."""
    names = ("temperature", "n_samples", "limit")
    parts = [f"{name}={config[name]:g}" for name in names if as_finite(config.get(name)) is not None]
    return ", ".join(parts) or "none"


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the numbers of one file to `collected`; Rejected where it holds none."""
    document = unambiguous(decoded(content), "")
    config = next((document[name] for name in _NO_TASKS if isinstance(document.get(name), dict)), {})
    model, adapter, revision = (config.get(name) for name in ("model", "peft_model", "revision"))
    model = model if is_text(model) else None
    if model and is_text(adapter):
        model = f"{model}+peft={adapter}"
    setting = _setting(config)
    if isinstance(document.get("results"), list):
        tasks = [one.get("task") if isinstance(one, dict) else None for one in document["results"]]
        entries = [(f"results[{k}]", *one) for k, one in enumerate(zip(tasks, document["results"], strict=True))]
    else:
        entries = [(json.dumps(name), name, one) for name, one in document.items() if name not in _NO_TASKS]
    for at, task, entry in entries:
        if isinstance(entry, dict):
            entry = {name: value for name, value in entry.items() if name != "task"}
        add_entry(
            entry, task, at, path, collected, filters=lambda _: setting, model=model,
            revision=revision if is_text(revision) else None, date=date_of({"date": None}, path),
        )  # fmt: skip


FORMAT = Format(
    what="results of BigCode's evaluation harness (.json with 'pass@1' and 'config')",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
