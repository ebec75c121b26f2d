"""Results of BigScience's forks of the harness, whose tasks are asked with several prompts.

`results` is a list, one entry a task, prompt and metric: [{task_name, prompt_name, acc, acc_stderr, ...}]. Files of
checkpoints hold lists instead: {tokens: [...], checkpoints: [...], results: {task: {metric: [...]}}}. `table_results`
repeats the numbers and is not read.
"""

from __future__ import annotations

import json

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_number, is_text, member, shown, unambiguous
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import read_entry, whole_number
from jumpcheck.formats.lm_eval import model_of, named_by_prompt


def is_list(content: bytes) -> bool:
    """Whether a JSON file looks like one whose results are a list of tasks and prompts."""
    return b'"results"' in content and b'"task_name"' in content and _is(content, list)


def is_checkpoints(content: bytes) -> bool:
    """Whether a JSON file looks like one of the results of checkpoints."""
    return all(name in content for name in (b'"results"', b'"checkpoints"', b'"tokens"')) and _is(content, dict)


def _is(content: bytes, kind: type) -> bool:
    try:
        return isinstance(decoded(content).get("results"), kind)
    except Rejected:
        return False


def read_list(document: dict, path: str, collected: Collected) -> None:
    """Add the numbers of a list of results to `collected`; the prompt is the filter."""
    config = document.get("config")
    config = config if isinstance(config, dict) else {}
    name, revision, size = model_of({"config": config, "model_name": document.get("model_name")})
    shots = whole_number(config.get("num_fewshot"), 0)
    versions = document.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    for k, entry in enumerate(document["results"]):
        at = f"results[{k}]"
        task = entry.get("task_name") if isinstance(entry, dict) else None
        if not is_text(task):
            n_numbers = sum(map(is_number, entry.values())) if isinstance(entry, dict) else 0
            collected.n_numbers += n_numbers
            detail = f"{shown(entry)} where an object with the name of a task is needed"
            collected.rejects.append(Reject("entry", path, at, "bad_task", detail, n_numbers))
            continue
        numbers = read_entry(unambiguous(entry, at), at, path, collected)
        version = versions.get(f"{task}+{entry.get('prompt_name')}", versions.get(task))
        _, filters = named_by_prompt(task, entry, numbers)
        for key, shown_filter in zip(numbers.scores, filters, strict=True):
            collected.add(
                task=task, subtask=task, is_aggregate=False, shots=shots, metric=key[0], filter=shown_filter,
                score=numbers.scores[key], stderr=numbers.errors.get(key), model=name, revision=revision, n_parameters=size,
                version=None if version is None else str(version), source_file=path,
                location=numbers.locations[*key, False],
            )  # fmt: skip


def read_checkpoints(document: dict, path: str, collected: Collected) -> None:
    """Add the numbers of a file of checkpoints to `collected`. The model is named by the file alone."""
    steps, tokens = (member(document, name, list, name) for name in ("checkpoints", "tokens"))
    if len(steps) != len(tokens):
        raise Rejected("tokens", "bad_tokens", f"{len(tokens)} of them for {len(steps)} checkpoints")
    for task, metrics in document["results"].items():
        for metric, values in metrics.items() if isinstance(metrics, dict) else ():
            if metric.endswith("_stderr") or not isinstance(values, list):
                continue
            at = f"results[{json.dumps(task)}][{json.dumps(metric)}]"
            errors = metrics.get(f"{metric}_stderr")
            errors = errors if isinstance(errors, list) else [None] * len(values)
            if len(values) != len(steps) or len(errors) != len(steps):
                n_numbers = sum(map(is_number, [*values, *errors]))
                collected.n_numbers += n_numbers
                detail = f"{len(values)} numbers and {len(errors)} errors for {len(steps)} checkpoints"
                collected.rejects.append(Reject("entry", path, at, "wrong_number_of_checkpoints", detail, n_numbers))
                continue
            for k, (value, error, *progress) in enumerate(zip(values, errors, steps, tokens, strict=True)):
                entry = {metric: value} | ({} if error is None else {f"{metric}_stderr": error})
                _add_checkpoint(entry, task, f"{at}[{k}]", progress, path, collected)


def _add_checkpoint(entry: dict, task: str, at: str, progress: list, path: str, collected: Collected) -> None:
    numbers = read_entry(entry, at, path, collected)
    steps, tokens = map(as_finite, progress)
    for key in numbers.scores:
        collected.add(
            task=task, subtask=task, is_aggregate=False, metric=key[0], filter=key[1], score=numbers.scores[key],
            stderr=numbers.errors.get(key), training_steps=steps, training_tokens=tokens, source_file=path, location=at,
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
