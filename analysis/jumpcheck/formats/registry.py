"""The list of all formats of result files. BIG-bench's score files, a repository of their own layout, are not among them."""

from __future__ import annotations

from jumpcheck.formats import (
    all_metrics,
    answers,
    bare_results,
    bigbench_logs,
    bigcode,
    bigscience,
    every_eval_ever,
    helm,
    inspect_logs,
    instances,
    leaderboard,
    lighteval,
    llm_foundry,
    lm_eval,
    lm_eval_samples,
    markdown,
    opencompass,
    preferred,
    tidy,
    training_logs,
)

# fmt: off
MODULES = (
    helm, inspect_logs, every_eval_ever, bigbench_logs, llm_foundry, lm_eval_samples, lighteval, bigscience, lm_eval,
    bigcode, bare_results, markdown, instances, answers, all_metrics, preferred, opencompass, leaderboard,
    training_logs, tidy,
)
# fmt: on
FORMATS = tuple(module.FORMAT for module in MODULES)
"""A file is of the first format that recognises it."""
SUFFIXES = tuple(sorted({suffix for known in FORMATS for suffix in known.suffixes}))
PASSED_OVER = tuple(pattern for known in FORMATS for pattern in known.passed_over)
KNOWN = "; ".join(known.what for known in FORMATS)
