"""Wide tables, one row per model and one column per benchmark or metric, as tidy ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import pandas as pd

from jumpcheck.formats.column_names import NEEDED, columns_of_table
from jumpcheck.models.names import Rules

_SEPARATORS = ("_", "/", "|", ",", " ")
_ERROR = ("_stderr", "_se", " stderr", "_std_err", "_standard_error")


@dataclass(frozen=True)
class Tables:
    """What is known of tables besides what stands in them."""

    metrics: Mapping[str, str] = field(default_factory=dict)
    """Names of metrics, by the same in lower case."""
    rules: Rules = field(default_factory=Rules)
    """Whose `benchmarks` tell columns that are tasks."""
    wide: tuple[str, ...] = ()
    """Patterns of columns that hold scores of a task of their name (config: wide)."""
    missing: tuple[str, ...] = ()
    """What stands in a cell that has no number (config: missing)."""


def listed(text: str) -> tuple[str, ...]:
    """The parts of a setting with commas between them (config: wide, missing)."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


class Scores(NamedTuple):
    """What a column of a wide table holds: scores of `metric` on `task`, which is None where the column `task` says it."""

    task: str | None
    metric: str
    errors: str | None = None
    """The column of their standard errors."""


def score_columns(names: Sequence[str], tables: Tables) -> dict[str, Scores]:
    """The columns of a wide table that hold scores; empty where it is none.

    A column holds scores where `tables.wide` names it, where its name is a known metric and there is a column `task`, where
    it ends with a known metric (`arc_easy_acc`), or where a rule knows it as a benchmark.
    """
    known = columns_of_table(names)
    by_name = {column.name for column in known.values()}
    if "model" not in by_name or "score" in by_name:
        return {}
    has_task = "task" in by_name
    others = [name for name in names if name not in known]
    errors = {name: next((name[: -len(end)] for end in _ERROR if name.endswith(end)), None) for name in others}
    error_of = {of: name for name, of in errors.items() if of in others}
    found = {}
    for name in others:
        if name in error_of.values():
            continue
        scores = _scores_of(name, has_task, tables)
        if scores:
            found[name] = scores._replace(errors=error_of.get(name))
    return found


def _scores_of(name: str, has_task: bool, tables: Tables) -> Scores | None:
    lower = name.strip().lower()
    if has_task:
        return (
            Scores(None, tables.metrics.get(lower, name.strip()))
            if lower in tables.metrics or _is_declared(name, tables)
            else None
        )
    ends = [metric for metric in tables.metrics if lower.endswith(metric) and lower[: -len(metric)].endswith(_SEPARATORS)]
    if ends:
        metric = max(ends, key=len)
        task = name.strip()[: -len(metric) - 1]
        return Scores(task, tables.metrics[metric]) if task else None
    metric = tables.rules.benchmark(name.strip())
    if metric is None and _is_declared(name, tables):
        metric = "score"
    return None if metric is None else Scores(name.strip(), metric)


def _is_declared(name: str, tables: Tables) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in tables.wide)


def tidy_frame(frame: pd.DataFrame, columns: dict[str, Scores]) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """(one row per cell of `columns`, the row of `frame` of each, its column); ordered by row, then by column."""
    others = {name: column.name for name, column in columns_of_table(frame.columns).items()}
    kept = frame[list(others)].rename(columns=others)
    parts = []
    for name, scores in columns.items():
        part = kept.copy()
        if scores.task is not None:
            part["task"] = scores.task
        # A column `metric` of the table says it better than a name that only rules know.
        if scores.task is None or "metric" not in part:
            part["metric"] = scores.metric
        part["score"] = frame[name]
        if scores.errors is not None:
            part["stderr"] = frame[scores.errors]
        parts.append(part)
    n, k = len(frame), len(columns)
    tidy = pd.concat(parts, ignore_index=True)
    order = np.arange(n * k).reshape(k, n).T.ravel()
    return tidy.iloc[order].reset_index(drop=True), np.repeat(np.arange(n), k), list(columns) * n


def from_wide(frame: pd.DataFrame, scores: Iterable[str] | None = None, metric: str = "score") -> pd.DataFrame:
    """A table with one row per model and one column per benchmark, as one with one row per number.

    Parameters
    ----------
    frame : DataFrame
        Columns that describe the model (model, model_family, n_parameters, `Model Size (B)` ...: docs/bring_your_own.md),
        and columns of scores, each of the task of its name. One that ends with _stderr holds standard errors of another.
    scores : iterable of str, optional
        The columns of scores; by default all columns of numbers that describe no model.
    metric : str
        What the scores are, where the table has no column `metric`.

    Returns
    -------
    DataFrame
        task, metric, score, stderr where there is one, and the columns that describe the model under their own names; for
        `emergence_score` and `break_test`. Cells without a number are left out, with a warning that counts them.

    Raises
    ------
    ValueError
        A column is not there, or there is none of scores.

    """
    known = columns_of_table(frame.columns)
    if scores is None:
        scores = [name for name in frame.columns if name not in known and pd.api.types.is_numeric_dtype(frame[name])]
    scores = list(scores)
    lost = [name for name in scores if name not in frame.columns]
    if lost or not scores:
        raise ValueError(
            f"no column {lost[0]!r}" if lost else f"no column of scores among {', '.join(map(str, frame.columns))}"
        )
    error_of = {name[: -len("_stderr")]: name for name in scores if str(name).endswith("_stderr")}
    columns = {
        name: Scores(str(name), metric, error_of.get(name))
        for name in scores
        if name not in error_of.values() or name[: -len("_stderr")] not in scores
    }
    tidy, _, _ = tidy_frame(frame, columns)
    for column in known.values():
        if column.factor != 1 and column.name in tidy:
            tidy[column.name] = pd.to_numeric(tidy[column.name]) * column.factor
    missing = tidy["score"].isna()
    if missing.any():
        warnings.warn(f"{int(missing.sum()):,} of {len(tidy):,} cells have no score and are left out", stacklevel=2)
    first = [name for name in NEEDED if name in tidy]
    return tidy.loc[~missing, first + [name for name in tidy if name not in first]].reset_index(drop=True)
