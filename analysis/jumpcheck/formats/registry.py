"""The list of all formats of result files. BIG-bench's score files, a repository of their own layout, are not among them."""

from __future__ import annotations

from jumpcheck.formats import (
    answers,
    bigbench_logs,
    every_eval_ever,
    helm,
    inspect_logs,
    instances,
    llm_foundry,
    lm_eval,
    lm_eval_samples,
    preferred,
    tidy,
)

# fmt: off
MODULES = (
    helm, inspect_logs, every_eval_ever, bigbench_logs, llm_foundry, lm_eval_samples, lm_eval, instances, answers,
    preferred, tidy,
)
# fmt: on
FORMATS = tuple(module.FORMAT for module in MODULES)
"""A file is of the first format that recognises it."""
SUFFIXES = tuple(sorted({suffix for known in FORMATS for suffix in known.suffixes}))
PASSED_OVER = tuple(pattern for known in FORMATS for pattern in known.passed_over)
KNOWN = "; ".join(known.what for known in FORMATS)
