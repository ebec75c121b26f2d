"""Names of tasks and metrics, of which people write several spellings: MMLU-Pro, mmlu pro and mmlu_pro are one."""

from __future__ import annotations

import functools
import re

_SAME_METRIC = {"accuracy": "acc", "acc_none": "acc", "accuracy_norm": "acc_norm", "acc_norm_none": "acc_norm"}
_AVERAGE = re.compile(r"all|overall|mean|macro|micro|(?:.*_)?(?:average|avg)")


@functools.lru_cache(2**16)
def plain_name(name: str) -> str:
    """A name in lower case, with one underscore for whatever stands between its letters and digits."""
    return re.sub(r"[\W_]+", "_", name.lower().replace("+", " plus ")).strip("_")


def plain_metric(metric: str) -> str:
    """The plain name of a metric, the same for `acc`, `accuracy`, `Accuracy` and `acc,none`, as rules use it."""
    name = plain_name(metric)
    return _SAME_METRIC.get(name, name)


def is_average(task: str) -> bool:
    """Whether a task has the name of an average over tasks or subtasks, such as `all` or `mmlu:_average`."""
    return _AVERAGE.fullmatch(plain_name(task)) is not None
