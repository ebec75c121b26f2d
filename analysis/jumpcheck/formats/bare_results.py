"""JSON files that hold {"results": {task: {metric: number}}} and nothing else of what a harness writes.

The names of metrics are those of lm-evaluation-harness. The model is named by the file or its folder.
"""

from __future__ import annotations

from jumpcheck.base.rejects import Rejected
from jumpcheck.base.untrusted_json import decoded, is_number
from jumpcheck.formats import lm_eval
from jumpcheck.formats.format import Format


def is_result(content: bytes) -> bool:
    """Whether a JSON file holds metrics of tasks under 'results'."""
    if b'"results"' not in content:
        return False
    try:
        results = decoded(content).get("results")
    except Rejected:
        return False
    entries = list(results.values()) if isinstance(results, dict) else []
    return bool(entries) and all(isinstance(one, dict) and any(map(is_number, one.values())) for one in entries)


FORMAT = Format(
    what="results alone (.json with 'results': {task: {metric: number}})",
    suffixes=(".json",),
    recognises=lambda file: is_result(file.content),
    read=lambda file, collected: lm_eval.read(file.content, file.shown, collected),
)
