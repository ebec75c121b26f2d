"""Result files of lm-evaluation-harness for tests, and what is read of them."""

import json

from builders import known_rules
from jumpcheck.normalise import results

RULES = known_rules()


def v4(model="EleutherAI/pythia-70m", results=None, config=None, **more):
    """A result file of lm-evaluation-harness 0.4."""
    results = {"arc_easy": {"alias": "arc_easy", "acc,none": 0.25, "acc_stderr,none": 0.01}} if results is None else results
    config = {"model": "hf", "model_args": f"pretrained={model},dtype=float16"} | (config or {})
    return {
        "results": results,
        "group_subtasks": {task: [] for task in results},
        "configs": {task: {"task": task, "output_type": "multiple_choice", "num_fewshot": 0} for task in results},
        "versions": dict.fromkeys(results, 1.0),
        "n-shot": dict.fromkeys(results, 0),
        "higher_is_better": {},
        "n-samples": {task: {"original": 2376, "effective": 2376} for task in results},
        "config": config,
        "model_name": model,
    } | more


def v3(model="EleutherAI/pythia-70m", results=None, **config):
    """A result file of version 0.3."""
    results = {"arc_easy": {"acc": 0.25, "acc_stderr": 0.01}} if results is None else results
    config = {"model": "gpt2", "model_args": f"pretrained={model}", "num_fewshot": 5} | config
    return {"results": results, "versions": dict.fromkeys(results, 0), "config": config}


def write(folder, files):
    """{name: document, or text, or bytes} below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
    return folder


def of(folder, scale_by="parameters", known=RULES, n_processes=1):
    """The tables as (Normalised, scores, rejects)."""
    tables = results.normalise(folder, known, scale_by, n_processes)
    n = tables.facts
    assert n["numbers_in"] == n["scores"] + n["filled_stderr"] + n["averaged_values"] + n["rejected_values"]
    assert n["rejected_values"] == sum(tables.rejects["n_numbers"].to_pylist())
    return tables, tables.scores.to_pandas(), tables.rejects.to_pylist()


def reasons(rejects):
    return sorted((reject["reason"], reject["n_numbers"]) for reject in rejects)
