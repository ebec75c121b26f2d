"""Scores of shares that are written in percent, 25.2 for 0.252: found, and divided by 100 where the user says so."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa

from jumpcheck.base import columns as arrow
from jumpcheck.base.columns import Texts, combination
from jumpcheck.base.errors import InputError
from jumpcheck.formats.wide import Tables

AUTO = "auto"
SHOWN = 5


def with_shares(table: pa.Table, tables: Tables) -> tuple[pa.Table, dict[str, object]]:
    """(`table`, in collected.SCHEMA, with shares in the place of percentages, what is said of them).

    The scores of a task and metric are percentages where the metric is a share of right answers and all of its scores are 0
    or between 1 and 100, and one is above 1. They are divided by 100, with their standard errors, where `tables.percent` is
    "auto", or names the task or the metric.

    Raises
    ------
    InputError
        `tables.percent` names scores that are no percentages.

    """
    tasks, metrics = Texts.from_column(table["task"]), Texts.from_column(table["metric"])
    group, n_groups = combination(tasks.codes, metrics.codes)
    score = table["score"].to_numpy()
    a_row = np.zeros(n_groups, int)
    a_row[group] = np.arange(len(group))
    names = [(tasks.at(row), metrics.at(row)) for row in a_row]
    fits = np.bincount(group, (score == 0) | ((score >= 1) & (score <= 100)), n_groups) == np.bincount(
        group, minlength=n_groups
    )
    is_percent = fits & (np.bincount(group, score > 1, n_groups) > 0)
    is_percent &= np.array([metric in tables.shares for _, metric in names], bool)
    is_named = np.array(
        [any(fnmatchcase(one, pattern) for one in pair if one for pattern in tables.percent) for pair in names], bool
    )
    for k in np.flatnonzero(is_named & (np.bincount(group, (score < 0) | (score > 100), n_groups) > 0)):
        raise InputError(
            f"percent: scores of {names[k][0]!a}, {names[k][1]!a}, lie outside 0 to 100: they are no percentages"
        )
    divides = (is_percent if AUTO in tables.percent else np.zeros(n_groups, bool)) | is_named
    if divides.any():
        rows = divides[group]
        for name in ("score", "stderr"):
            values = table[name].cast(pa.float64()).to_numpy()
            # 15 digits, so that 25.2 becomes 0.252 and not 0.25199999999999995.
            share = np.array([float(f"{value / 100:.15g}") for value in values[rows]])
            values = values.copy()
            values[rows] = share
            column = arrow.numbers(np.nan_to_num(values), pa.float64(), ~np.isnan(values))
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    said = {"percent_divided": _listed(names, divides), "percent_left": _listed(names, is_percent & ~divides)}
    return table, {name: text for name, text in said.items() if text}


def _is_named(pair: tuple[str | None, str | None], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(one, pattern) for one in pair if one for pattern in patterns)


def _listed(names: list[tuple], where: np.ndarray) -> str:
    """How many pairs of a task and a metric, and the first of them; empty where there is none."""
    chosen = sorted(f"{task} {metric}" for (task, metric), is_it in zip(names, where, strict=True) if is_it)
    if not chosen:
        return ""
    more = f" and {len(chosen) - SHOWN:,} more" if len(chosen) > SHOWN else ""
    return f"{len(chosen):,}: {', '.join(chosen[:SHOWN])}{more}"
