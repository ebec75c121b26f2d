"""JSON files that hold {"results": {task: {metric: number}}} and nothing else of what a harness writes.

The names of metrics are those of lm-evaluation-harness. The model is named by the file or its folder.
"""

from __future__ import annotations

from collections.abc import Mapping

from jumpcheck.base.rejects import Rejected
from jumpcheck.base.untrusted_json import decoded, is_number
from jumpcheck.formats import lm_eval
from jumpcheck.formats.format import Format
from jumpcheck.formats.harness_entries import split_key


def is_result(content: bytes, metrics: Mapping[str, str]) -> bool:
    """Whether a JSON file holds metrics of tasks under 'results', one of them known; `metrics` by lower case."""
    if b'"results"' not in content:
        return False
    try:
        results = decoded(content).get("results")
    except Rejected:
        return False
    entries = list(results.values()) if isinstance(results, dict) else []
    if not all(isinstance(one, dict) for one in entries):
        return False
    keys = [split_key(key) for one in entries for key, value in one.items() if is_number(value)]
    return any(key and (not metrics or key[0].lower() in metrics) for key in keys)


FORMAT = Format(
    what="results alone (.json with 'results': {task: {metric: number}})",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content, file.tables.metrics),
    read=lambda file, collected: lm_eval.read(file.content, file.shown, collected),
)
