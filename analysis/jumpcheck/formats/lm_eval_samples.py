"""Samples of lm-evaluation-harness: `samples_<task>_<time>.jsonl`, one object per example, or an older version's JSON list.

An object has one member per metric, named in `metrics`, and for multiple choice in `filtered_resps` the log likelihood of
every option. Model, shots and the means of the harness stand in `results_<time>.json` beside it. Samples confirm these
means; where that file has none they are the numbers. Brier score, log likelihood and margin of the same outputs are added to
multiple choice.
"""

from __future__ import annotations

import functools
import json
import math
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text
from jumpcheck.formats import lm_eval
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.harness_entries import split_key
from jumpcheck.formats.json_lines import read_lines
from jumpcheck.formats.single_examples import agree, disagreement, option_scores

NOT_METRICS = frozenset(
    ("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash",
     "target_hash")
)  # fmt: skip
NO_MEANS = frozenset(
    ("perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "mcc", "f1", "macro_f1", "bleu", "chrf", "ter")
)
"""Metrics of the harness that are no means over examples."""
BLOCK = 2**14
"""Examples whose options are scored at once."""
_NAME = re.compile(r"samples_(.+?)_(\d{4}-\d\d-\d\dT.*)\.(?:jsonl|json)")


@functools.lru_cache(256)
def _results_beside(path: str, size: int, changed: int) -> dict | None:
    """The document of a result file; None where it cannot be read. `size` and `changed` tell versions of the file apart."""
    try:
        return lm_eval.document_of(Path(path).read_bytes())
    except (OSError, Rejected):
        return None


def _document(path: Path, time: str | None) -> dict:
    """The content of the result file of the same run; empty where there is no such file.

    It is the file with the same time in its name, else the folder's only result file if no time is in its name.
    """
    beside = sorted(path.parent.glob("results*.json"))
    same = [one for one in beside if time and time in one.name]
    # A file that names another time is of another run.
    chosen = same[:1] or (beside if len(beside) == 1 and not re.search(r"\d{4}-\d\d-\d\dT", beside[0].name) else [])
    for one in chosen:
        status = one.stat()
        return _results_beside(str(one), status.st_size, status.st_mtime_ns) or {}
    return {}


def _rows(file: File, collected: Collected) -> Iterator[tuple[int, dict]]:
    """(place, object) of every example; what is none is a reject."""
    with file.path.open("rb") as stream:
        is_list = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    if is_list:
        rows = ((place, row, "not a JSON object") for place, row in enumerate(decoded(file.path.read_bytes(), list), 1))
    else:
        rows = read_lines(file.path)
    for place, row, fault in rows:
        if isinstance(row, dict):
            yield place, row
        else:
            collected.rejects.append(
                Reject("entry", file.shown, f"line {place}", "not_json", f"{fault}; the run may be cut off")
            )


class _Means:
    """Values of all examples of one filter."""

    def __init__(self) -> None:
        self.seen: set[object] = set()
        self.n_repeated, self.n_unnamed = 0, 0
        self.values: dict[str, array] = defaultdict(lambda: array("d"))
        self.odd: dict[str, int] = defaultdict(int)
        self.options: dict[int, list[tuple[list[float], int]]] = defaultdict(list)
        self.of_options: dict[str, array] = defaultdict(lambda: array("d"))
        self.n_wrong, self.n_without = 0, 0
        self.n_options: dict[int, int] = defaultdict(int)

    def add(self, row: dict) -> None:
        """One example."""
        name = row.get("doc_id")
        if name is None or isinstance(name, dict | list):
            self.n_unnamed += 1
            return
        if name in self.seen:
            self.n_repeated += 1
            return
        self.seen.add(name)
        listed = row.get("metrics")
        metrics = listed if isinstance(listed, list) else [key for key in row if key not in NOT_METRICS]
        for metric in metrics:
            if not is_text(metric):
                continue
            value = row.get(metric)
            number = float(value) if isinstance(value, bool) else as_finite(value)
            if number is None:
                self.odd[metric] += 1
            else:
                self.values[metric].append(number)
        self._add_options(row)

    def _add_options(self, row: dict) -> None:
        if "acc" not in row:
            return
        weights, target = _weights(row.get("filtered_resps")), _place(row.get("target"))
        if weights is None or target is None or not 0 <= target < len(weights):
            self.n_without += 1
            return
        # The harness sets `acc` to 1 where the likeliest option is right. If that does not fit `target`, then
        # `target` is not the place of the right option.
        self.n_wrong += (weights.index(max(weights)) == target) != (as_finite(row["acc"]) == 1.0)
        self.n_options[len(weights)] += 1
        block = self.options[len(weights)]
        block.append((weights, target))
        if len(block) == BLOCK:
            self._score(block)

    def _score(self, block: list[tuple[list[float], int]]) -> None:
        weights, target = zip(*block, strict=True)
        for metric, values in option_scores(np.array(weights), np.array(target)).items():
            self.of_options[metric].extend(values.tolist())
        block.clear()

    def finish(self) -> None:
        """Score the examples of the blocks that are not full yet."""
        for block in self.options.values():
            if block:
                self._score(block)

    def chance(self) -> float | None:
        """Mean chance rate of multiple choice; None where options are not known of all examples."""
        n = sum(self.n_options.values())
        if not n or n != len(self.seen):
            return None
        return math.fsum(count / options for options, count in self.n_options.items()) / n


def _weights(responses: object) -> list[float] | None:
    """Log likelihoods of the options, of [[-3.2, false], ...], whose members some versions write as text."""
    if not isinstance(responses, list) or len(responses) < 2:
        return None
    weights = []
    for response in responses:
        first = response[0] if isinstance(response, list) and response else response
        try:
            weight = float(first) if isinstance(first, str) else as_finite(first)
        except ValueError:
            return None
        if weight is None or not math.isfinite(weight):
            return None
        weights.append(weight)
    return weights


def _place(target: object) -> int | None:
    if isinstance(target, str) and target.isascii() and target.isdigit() and len(target) < 4:
        return int(target)
    number = as_finite(target)
    return int(number) if number is not None and number == int(number) else None


def _read_file(file: File, collected: Collected) -> None:
    named = _NAME.fullmatch(file.path.name)
    if not named:
        detail = "the name of a file of samples is samples_TASK_TIME.jsonl, from which the task is read"
        raise Rejected("", "unknown_task", detail)
    task, time = named[1], named[2]
    document = _document(file.path, time)
    means: dict[str, _Means] = defaultdict(_Means)
    for _, row in _rows(file, collected):
        filter_name = row.get("filter")
        means[filter_name if is_text(filter_name) else "none"].add(row)
    if not any(one.seen for one in means.values()):
        raise Rejected("", "no_scores", "there is no example with a doc_id in it")
    model, revision, size = lm_eval.model_of(document) if document else (None, None, None)
    shared = {
        "task": task, "subtask": task, "is_aggregate": False, "model": model, "revision": revision, "n_parameters": size,
        "shots": lm_eval.shots_of(document, task) if document else None, "source_file": file.shown,
        "date": lm_eval.date_of(document or {"date": None}, file.shown),
    }  # fmt: skip
    for filter_name, one in means.items():
        one.finish()
        _say_what_is_left_out(one, filter_name, file.shown, collected)
        _add(one, filter_name, shared, _stated(document, task, filter_name), file.shown, collected)


def _stated(document: dict, task: str, filter_name: str) -> dict[str, float]:
    """{metric: what the result file says of it}."""
    entry = document.get("results", {}).get(task) if document else None
    found = {}
    for key, value in entry.items() if isinstance(entry, dict) else ():
        parts = split_key(key)
        number = as_finite(value)
        if parts and not parts[2] and number is not None and parts[1] == filter_name:
            found[parts[0]] = number
    return found


def _say_what_is_left_out(one: _Means, filter_name: str, path: str, collected: Collected) -> None:
    counts = [
        (one.n_repeated, "examples stand there twice; the first counts"),
        (one.n_unnamed, "examples have no doc_id and are left out"),
        *((n, f"examples have no number as {ascii(metric)[1:-1]}") for metric, n in one.odd.items()),
    ]
    for n, what in counts:
        if n:
            collected.rejects.append(Reject("entry", path, f"filter {filter_name}", "examples_left_out", f"{n:,} {what}"))


def _add(one: _Means, filter_name: str, shared: dict, stated: dict[str, float], path: str, collected: Collected) -> None:
    """Add the means that the harness does not say itself, and compare the others."""
    for metric, values in one.values.items():
        if metric in NO_MEANS:
            continue
        mean, location = _mean(values), f"examples, filter {filter_name}, {json.dumps(metric)}"
        if metric in stated:
            if not agree(mean, stated[metric]):
                collected.rejects.append(disagreement(path, location, len(values), mean, stated[metric]))
            continue
        chance = one.chance() if metric == "acc" else None
        _add_mean(metric, filter_name, mean, len(values), chance, shared, location, collected)
    if one.n_wrong:
        detail = f"in {one.n_wrong:,} examples 'acc' is not what 'filtered_resps' and 'target' say; they get no other score"
        collected.rejects.append(Reject("entry", path, f"filter {filter_name}", "options_disagree", detail))
        return
    if one.of_options and not one.n_without:
        for metric, values in one.of_options.items():
            if metric not in stated and metric not in one.values:
                location = f"options, filter {filter_name}, {metric}"
                _add_mean(metric, filter_name, _mean(values), len(values), None, shared, location, collected)


def _mean(values: array) -> float:
    """Exact for whole numbers; others are rounded to 15 digits, as those of tables of single examples."""
    total = math.fsum(values)
    return total / len(values) if total == int(total) else float(f"{total / len(values):.15g}")


def _add_mean(
    metric: str,
    filter_name: str,
    mean: float,
    n: int,
    chance: float | None,
    shared: dict,
    location: str,
    collected: Collected,
) -> None:
    collected.n_numbers += 1
    collected.add(**shared, metric=metric, filter=filter_name, score=mean, n_examples=n, chance=chance, location=location)


def _recognises(file: File) -> bool:
    return file.path.name.startswith("samples_") and (
        file.path.suffix == ".json" or "doc_id" in file.columns or not file.columns
    )


FORMAT = Format(
    what="samples of lm-evaluation-harness (samples_TASK_TIME.jsonl)",
    suffixes=(".jsonl", ".json"),
    recognises=_recognises,
    read=_read_file,
)
