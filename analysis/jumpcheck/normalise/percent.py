"""Scores of shares that are written in percent, 25.2 for 0.252: found, and divided by 100 where the user says so."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa

from jumpcheck.base import columns as arrow
from jumpcheck.base.columns import from_percent
from jumpcheck.base.errors import InputError
from jumpcheck.formats.wide import Tables
from jumpcheck.normalise.task_facts import Pairs

AUTO = "auto"
SHOWN = 5


def with_shares(table: pa.Table, pairs: Pairs, tables: Tables) -> tuple[pa.Table, dict[str, object]]:
    """(`table`, in collected.SCHEMA, with shares in the place of percentages, what is said of them).

    The scores of a task and metric are percentages where the metric is a share of right answers and all of its scores are 0
    or between 1 and 100, and one is above 1. They are divided by 100, with their standard errors, where `tables.percent` is
    "auto", or names the task, the metric, or both as a column does (arc_easy_acc).

    Raises
    ------
    InputError
        `tables.percent` names scores that are no percentages, or nothing that is there.

    """
    score, group, n_groups = table["score"].to_numpy(), pairs.of_row, len(pairs.names)
    names = [(task or "", metric or "") for task, metric in pairs.names]

    def any_of(where: np.ndarray) -> np.ndarray:
        return np.bincount(group, where, n_groups) > 0

    is_share = np.array([metric in tables.shares for _, metric in names], bool)
    has_shares, has_percent, has_others = (
        any_of((score > 0) & (score < 1)),
        any_of(score > 1),
        any_of((score < 0) | (score > 100)),
    )
    is_percent = is_share & has_percent & ~has_shares & ~has_others
    is_named = _are_named(names, tables.percent)
    for k in np.flatnonzero(is_named & (has_others | has_shares)):
        what = "lie outside 0 to 100" if has_others[k] else "are partly between 0 and 1"
        raise InputError(f"percent: scores of {names[k][0]!a}, {names[k][1]!a}, {what}: not all of them are percentages")
    divides = is_named | (is_percent & (AUTO in tables.percent))
    if divides.any():
        for name in ("score", "stderr", "chance"):
            values = table[name].cast(pa.float64()).to_numpy()
            rows = divides[group] & ((name != "chance") | (values >= 1))  # a chance rate of 0.25 is a share already
            values = np.where(rows, from_percent(values), values)
            column = arrow.numbers(np.nan_to_num(values), pa.float64(), ~np.isnan(values))
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    said = {
        "percent_divided": _listed(names, divides),
        "percent_left": _listed(names, is_percent & ~divides),
        "percent_kept": _listed(names, is_share & ~has_percent & ~has_others & has_shares) if divides.any() else "",
        "percent_mixed": _listed(names, is_share & has_percent & has_shares & ~has_others),
    }
    return table, {name: text for name, text in said.items() if text}


def _are_named(names: Sequence[tuple[str, str]], patterns: Sequence[str]) -> np.ndarray:
    """Which pairs of a task and a metric `percent` names; InputError for a pattern that fits nothing."""
    found = np.zeros(len(names), bool)
    for pattern in patterns:
        fits = np.array([any(fnmatchcase(one, pattern) for one in (*pair, "_".join(pair))) for pair in names], bool)
        if pattern != AUTO and not fits.any():
            raise InputError(f"percent: {pattern!a} is the name of no task, metric or column of the source")
        found |= fits & (pattern != AUTO)
    return found


def _listed(names: Sequence[tuple[str, str]], where: np.ndarray) -> str:
    """How many pairs of a task and a metric, and the first of them; empty where there is none."""
    chosen = sorted(f"{task} {metric}" for (task, metric), is_it in zip(names, where, strict=True) if is_it)
    if not chosen:
        return ""
    more = f" and {len(chosen) - SHOWN:,} more" if len(chosen) > SHOWN else ""
    return f"{len(chosen):,}: {', '.join(chosen[:SHOWN])}{more}"
