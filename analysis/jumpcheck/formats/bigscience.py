"""Results of BigScience's forks of the harness, whose tasks are asked with several prompts.

`results` is a list, one entry a task, prompt and metric: [{task_name, prompt_name, acc, acc_stderr, ...}]. Files of
checkpoints hold lists instead: {tokens: [...], checkpoints: [...], results: {task: {metric: [...]}}}. `table_results`
repeats the numbers and is not read.
"""

from __future__ import annotations

import json
from functools import partial

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, member, numbers_in, shown, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import add_entry, whole_number
from jumpcheck.formats.lm_eval import date_of, filter_with_prompt, model_of


def is_list(content: bytes) -> bool:
    """Whether a JSON file looks like one whose results are a list of tasks and prompts."""
    return b'"results"' in content and b'"task_name"' in content and isinstance(_members(content).get("results"), list)


def is_checkpoints(content: bytes) -> bool:
    """Whether a JSON file looks like one of the results of checkpoints."""
    if not all(name in content for name in (b'"results"', b'"checkpoints"', b'"tokens"')):
        return False
    members = _members(content)
    return all(isinstance(members.get(name), list) for name in ("checkpoints", "tokens"))


def _members(content: bytes) -> dict:
    try:
        return decoded(content)
    except Rejected:
        return {}


def read_list(document: dict, path: str, collected: Collected) -> None:
    """Add the numbers of a list of results to `collected`; the prompt is the filter."""
    config = document.get("config")
    config = config if isinstance(config, dict) else {}
    name, revision, size = model_of({"config": config, "model_name": document.get("model_name")})
    shots = whole_number(config.get("num_fewshot"), 0)
    if shots is None and config.get("num_fewshot") is not None:
        detail = f"{shown(config['num_fewshot'])} is no number of examples in the prompt, and is taken as unknown"
        collected.rejects.append(Reject("entry", path, "config.num_fewshot", "bad_num_fewshot", detail))
    versions = document.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    for k, entry in enumerate(document["results"]):
        members = entry if isinstance(entry, dict) else {}
        task, prompt = members.get("task_name"), members.get("prompt_name")
        version = versions.get(f"{task}+{'null' if prompt is None else prompt}", versions.get(str(task)))
        add_entry(
            entry, task, f"results[{k}]", path, collected, filters=partial(filter_with_prompt, prompt), shots=shots,
            model=name, revision=revision, n_parameters=size, version=None if version is None else str(version),
            date=date_of({"date": None}, path),
        )  # fmt: skip


def read_checkpoints(document: dict, path: str, collected: Collected) -> None:
    """Add the numbers of a file of checkpoints to `collected`. The model is named by the file alone."""
    steps, tokens = (member(document, name, list, name) for name in ("checkpoints", "tokens"))
    if len(steps) != len(tokens):
        raise Rejected("tokens", "bad_tokens", f"{len(tokens)} of them for {len(steps)} checkpoints")
    for task, metrics in document["results"].items():
        for metric, values in metrics.items() if isinstance(metrics, dict) else [("", metrics)]:
            at = f"results[{json.dumps(task)}][{json.dumps(metric)}]"
            if metric.endswith("_stderr") and isinstance(metrics.get(metric.removesuffix("_stderr")), list):
                continue
            if metric.endswith("_stderr") or not isinstance(values, list):
                n_numbers = numbers_in(values)
                collected.n_numbers += n_numbers
                detail = f"{shown(values)} where a list is needed, of one number a checkpoint, and for errors one of scores"
                collected.rejects.append(Reject("entry", path, at, "no_list_of_checkpoints", detail, n_numbers))
                continue
            errors = metrics.get(f"{metric}_stderr")
            errors = errors if isinstance(errors, list) else [None] * len(values)
            if len(values) != len(steps) or len(errors) != len(steps):
                n_numbers = numbers_in([values, errors])
                collected.n_numbers += n_numbers
                detail = f"{len(values)} numbers and {len(errors)} errors for {len(steps)} checkpoints"
                collected.rejects.append(Reject("entry", path, at, "wrong_number_of_checkpoints", detail, n_numbers))
                continue
            for k, (value, error, *progress) in enumerate(zip(values, errors, steps, tokens, strict=True)):
                entry = {metric: value} | ({} if error is None else {f"{metric}_stderr": error})
                add_entry(
                    entry, task, f"{at}[{k}]", path, collected, training_steps=as_finite(progress[0]),
                    training_tokens=as_finite(progress[1]),
                )  # fmt: skip


def read(content: bytes, path: str, collected: Collected) -> None:
    """Add the numbers of one file to `collected`; Rejected where it holds none."""
    document = unambiguous(decoded(content), "")
    if not document["results"]:
        raise Rejected("results", "no_scores", "there is no task in 'results'")
    if isinstance(document["results"], list):
        read_list(document, path, collected)
    else:
        read_checkpoints(document, path, collected)


FORMAT = Format(
    what="results of BigScience's harness (.json with a list 'results', or with 'checkpoints')",
    suffixes=(".json",),
    recognises=lambda file: is_list(file.content) or is_checkpoints(file.content),
    read=lambda file, collected: read(file.content, file.shown, collected),
)
