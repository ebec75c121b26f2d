"""Runs of HELM: a folder with `run_spec.json` (what was run) and `stats.json` (a list of statistics).

Every statistic has a name and a `mean`. The name consists of `name`, `split` and, where the inputs were changed,
`perturbation`. The mean is the score; the sums, extremes and variances beside it describe the same numbers.
`per_instance_stats.json` has the statistics of every instance. They are used to check the means. Where a run has no
`stats.json`, the means are computed from them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, shown, unambiguous
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.single_examples import Examples, agree, disagreement, reject_interrupted

SPEC, STATS, INSTANCES = "run_spec.json", "stats.json", "per_instance_stats.json"
_WRITTEN_BESIDE = (
    "scenario.json", "scenario_state.json", "instances.json", "display_predictions.json",
    "display_requests.json", "predictions.json",
)  # fmt: skip
"""Other files of a run, which hold no summary."""
_MODEL_ARGUMENTS = ("model", "model_deployment")


def task_of(name: str) -> tuple[str, str]:
    """(task, subtask) of a run's name, `scenario:argument=value,...`, without the arguments that name the model.

    "mmlu:subject=anatomy,model=openai_davinci" is subtask "mmlu:subject=anatomy" of the task "mmlu".
    """
    task, _, arguments = name.partition(":")
    kept = [argument for argument in arguments.split(",") if argument and argument.partition("=")[0] not in _MODEL_ARGUMENTS]
    return task, f"{task}:{','.join(kept)}" if kept else task


def filter_of(name: dict) -> str:
    """Split and perturbation of a statistic: "split=test", "split=test,perturbation=robustness,computed_on=worst"."""
    parts = [f"{key}={name[key]}" for key in ("split", "sub_split") if name.get(key)]
    perturbation = name.get("perturbation")
    if isinstance(perturbation, dict):
        parts.append(f"perturbation={perturbation.get('name', 'unnamed')}")
        parts += [f"{key}={perturbation[key]}" for key in sorted(perturbation) if key != "name"]
    return ",".join(parts) or "none"


def _statistics(statistics: list, path: str, collected: Collected) -> tuple[list[tuple], dict[str, float]]:
    """([(metric, filter, mean, location)], {filter: number of instances}); anything else is a reject."""
    rows, n_instances = [], {}

    def reject(location: str, reason: str, detail: str) -> None:
        collected.rejects.append(Reject("value", path, location, reason, detail))

    for k, statistic in enumerate(statistics):
        at = f"[{k}]"
        collected.n_numbers += 1
        name = statistic.get("name") if isinstance(statistic, dict) else None
        if not isinstance(name, dict) or not is_text(name.get("name")):
            reject(at, "bad_name", f"{shown(statistic)} is no statistic with a name")
            continue
        value = statistic.get("mean")
        total, count = as_finite(statistic.get("sum")), as_finite(statistic.get("count"))
        if value is None and total is not None and count:
            value = total / count
        number = as_finite(value)
        if number is None:
            detail = f"mean is {shown(value)}" + (", of no value at all" if statistic.get("count") == 0 else "")
            reject(f"{at}.mean", "not_a_number" if value is None else "not_finite", detail)
            continue
        filter_name = filter_of(name)
        if name["name"] == "num_instances":
            n_instances[filter_name] = number
        rows.append((name["name"], filter_name, number, f"{at}.mean"))
    return rows, n_instances


class _Statistic(msgspec.Struct):
    """What is needed of a statistic of one instance."""

    name: dict[str, Any]
    count: float | None = None
    mean: float | None = None


class _Instance(msgspec.Struct):
    instance_id: str
    stats: list[_Statistic]


_INSTANCES = msgspec.json.Decoder(list[_Instance])


def _instances(content: bytes) -> dict[tuple[str, str], Examples]:
    """{(metric, filter): the values of all instances}; the trials of one are averaged. Rejected where it cannot be read."""
    try:
        instances = _INSTANCES.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected("", "not_json", f"{error}; the file may be cut off") from None
    found: dict[tuple[str, str], Examples] = defaultdict(Examples)
    for instance in instances:
        for statistic in instance.stats:
            mean = as_finite(statistic.mean)
            if statistic.count and mean is not None and is_text(statistic.name.get("name")):
                found[statistic.name["name"], filter_of(statistic.name)].add(instance.instance_id, mean)
    return found


def _run(spec: bytes) -> tuple[str, str, str, int | None]:
    """(task, subtask, model, shots) of a run; Rejected where its specification does not say them."""
    run_spec = unambiguous(decoded(spec), SPEC)
    run_name = member(run_spec, "name", str, f"{SPEC}: name")
    adapter = unambiguous(member(run_spec, "adapter_spec", dict, f"{SPEC}: adapter_spec"), f"{SPEC}: adapter_spec")
    model = member(adapter, "model", str, f"{SPEC}: adapter_spec.model")
    shots = as_finite(adapter.get("max_train_instances"))
    shots = int(shots) if shots is not None and 0 <= shots < 2**31 and shots == int(shots) else None
    return *task_of(run_name), model, shots


def read(spec: bytes, stats: bytes | None, path: str, collected: Collected, instances: bytes | None = None) -> None:
    """Add the statistics of one run to `collected`; `path` is that of its stats.json. Never raises for what files hold.

    Without `stats` the means of `instances` are the numbers.
    """
    try:
        task, subtask, model, shots = _run(spec)
        statistics = [] if stats is None else decoded(stats, list)
        of_instances = {} if instances is None else _instances(instances)
    except Rejected as fault:
        collected.rejects.append(Reject("file", path, *fault.args))
        return
    rows, n_instances = _statistics(statistics, path, collected)
    if stats is None and not of_instances:
        collected.rejects.append(Reject("file", path, "", "no_scores", "no instance has a statistic with a mean"))
    elif stats is None:
        collected.n_numbers += len(of_instances)
        rows = [(*key, one.mean(), f"instances, {key[0]}") for key, one in of_instances.items()]
    for metric, filter_name, score, location in rows if stats is not None else []:
        one = of_instances.get((metric, filter_name))
        if one is not None and not agree(one.mean(), score):
            collected.rejects.append(disagreement(path, location, len(one), one.mean(), score))
            del of_instances[metric, filter_name]
    if not rows:
        return
    stated = {key: int(size) for key, size in n_instances.items() if size >= 1 and size == int(size)}
    n_known = {key: len(one) for key, one in of_instances.items()}
    metric, filter_names, score, location = (list(column) for column in zip(*rows, strict=True))
    collected.add(
        len(rows),
        task=task,
        subtask=subtask,
        is_aggregate=False,
        shots=shots,
        metric=metric,
        filter=filter_names,
        score=score,
        n_examples=[stated.get(key[1], n_known.get(key)) for key in zip(metric, filter_names, strict=True)],
        model=model,
        source_file=path,
        location=location,
    )


def _read_file(file: File, collected: Collected) -> None:
    """Read a run once: when `file` is its stats.json or, if it has none, when `file` is its per_instance_stats.json.

    Raises Rejected where the run has no run_spec.json, or has a run_spec.json and neither file of statistics.
    """
    spec, stats, instances = (file.path.with_name(name) for name in (SPEC, STATS, INSTANCES))
    if file.path.name == SPEC:
        if not stats.exists() and not instances.exists():
            raise Rejected("", "half_a_run", f"there is no {STATS} beside it")
        return
    if file.path.name == INSTANCES and stats.exists():
        return  # which reads them
    if not spec.exists():
        raise Rejected("", "half_a_run", f"there is no {SPEC} beside it, which says what was run")
    if file.path.name == STATS:
        of_instances = instances.read_bytes() if instances.is_file() else None
        read(spec.read_bytes(), file.content, file.shown, collected, of_instances)
    else:
        reject_interrupted(collected, file.shown, "", f"there is no {STATS} beside it")
        read(spec.read_bytes(), None, file.shown, collected, file.content)


FORMAT = Format(
    what=f"HELM runs ({SPEC} with {STATS})",
    suffixes=(".json",),
    recognises=lambda file: file.path.name in (SPEC, STATS, INSTANCES),
    read=_read_file,
    passed_over=_WRITTEN_BESIDE,
)
