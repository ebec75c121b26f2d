"""How many questions public benchmarks have: data/reference/benchmark_sizes.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jumpcheck.models.rules import Rules
from jumpcheck.models.task_names import plain_name


class Size(NamedTuple):
    """One row of the table."""

    split: str
    is_usual: bool
    """Whether results are usually of this split."""
    n_examples: int


SUITES = ("glue", "super_glue", "leaderboard", "open_llm_leaderboard", "helm", "harness", "eval")
"""Tasks whose subtasks are benchmarks with names of their own."""


class BenchmarkSizes:
    """The sizes of public benchmarks and of their subsets, by their usual names."""

    def __init__(self, sizes: Mapping[str, Sequence[Size]], rules: Rules) -> None:
        self._sizes, self._rules = sizes, rules

    def of(self, task: str, subtask: str, split: str = "") -> list[int]:
        """Known numbers of questions of a subtask, the usual one first; of one split where `split` is one of its names.

        Examples
        --------
        >>> sizes = BenchmarkSizes({"arc_easy": [Size("test", True, 2376), Size("val", False, 570)]}, Rules())
        >>> sizes.of("ARC-Easy", "ARC-Easy"), sizes.of("arc_easy", "arc_easy", "validation")
        ([2376, 570], [570])

        """
        names = [task] if task == subtask else [f"{task}_{subtask}"]
        if plain_name(subtask).startswith(plain_name(task)) or plain_name(task) in SUITES:
            names.append(subtask)
        usual = [self._rules.usual_name(name) for name in names]
        found = next((self._sizes[name] for name in usual if name in self._sizes), [])
        wanted = {"validation": "val", "valid": "val", "dev": "val"}.get(split, split)
        found = [size for size in found if size.split == wanted or (not wanted and (size.is_usual or size.split != "train"))]
        return [size.n_examples for size in sorted(found, key=lambda size: not size.is_usual)]


def read(path: str | Path, rules: Rules) -> BenchmarkSizes:
    """The table at `path`; `rules` say what other names the benchmarks have."""
    sizes: dict[str, list[Size]] = {}
    with Path(path).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = plain_name(f"{row['benchmark']} {row['subset']}")
            sizes.setdefault(name, []).append(Size(row["split"], row["is_usual"] == "true", int(row["n_examples"])))
    return BenchmarkSizes(sizes, rules)
