"""Wide tables, one row per model and one column per benchmark or metric, as tidy ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import pandas as pd

from jumpcheck.formats.column_names import NEEDED, columns_of_table
from jumpcheck.models.rules import Rules

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
    percent: tuple[str, ...] = ()
    """Patterns of tasks or metrics whose scores are percentages, or `auto` (config: percent)."""
    shares: frozenset[str] = frozenset()
    """Names of metrics that are shares of right answers."""


def listed(text: str) -> tuple[str, ...]:
    """The parts of a setting with commas between them (config: wide, missing, percent)."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


class Scores(NamedTuple):
    """What a column of a wide table holds: scores of `metric` on `task`; None where a column of the table says it."""

    task: str | None
    metric: str | None
    errors: str | None = None
    """The column of their standard errors."""
    subtask: str | None = None
    shots: str | None = None
    filter: str | None = None
    model: str | None = None
    """What the name of the column says besides; None where it does not."""


def score_columns(names: Sequence[str], tables: Tables) -> dict[str, Scores]:
    """The columns of a wide table that hold scores; empty where it is none.

    A column holds scores where a rule for columns fits its name, where `tables.wide` names it, where its name is a known
    metric and there is a column `task`, where it ends with a known metric (`arc_easy_acc`), or where a rule knows it as a
    benchmark.
    """
    known = columns_of_table(names)
    by_name = {column.name for column in known.values()}
    if "model" not in by_name or "score" in by_name:
        return {}
    others = [name for name in names if name not in known]
    return with_errors(others, lambda name: logged_scores(name, tables) or _scores_of(name, by_name, tables))


def with_errors(names: Sequence[str], scores_of: Callable[[str], Scores | None]) -> dict[str, Scores]:
    """The columns of which `scores_of` says what they hold, each with the column of its standard errors."""
    given = set(names)
    error_of = {of: name for name in names for of in _scores_of_errors(name) if of in given}
    found = {name: scores_of(name) for name in names if name not in error_of.values()}
    return {name: scores._replace(errors=error_of.get(name)) for name, scores in found.items() if scores}


def _scores_of_errors(name: str) -> list[str]:
    """Columns whose standard errors a column may hold, by its name: acc_stderr,none is of acc,none or of acc."""
    bare, comma, filter_name = name.rpartition(",")
    found = [name[: -len(end)] for end in _ERROR if name.endswith(end)]
    found += [f"{bare[: -len(end)]}{tail}" for end in _ERROR if bare.endswith(end) for tail in (f"{comma}{filter_name}", "")]
    return found


def logged_scores(name: str, tables: Tables) -> Scores | None:
    """What the first rule for columns says of a column; None where none fits."""
    said = tables.rules.column(name.strip())
    return None if said is None else Scores(**said)


def _scores_of(name: str, by_name: Set[str], tables: Tables) -> Scores | None:
    lower = name.strip().lower()
    if "task" in by_name:
        if lower in tables.metrics:
            return Scores(None, tables.metrics[lower])
        # Of a table with a column of tasks and one of metrics, the declared column holds the scores.
        return Scores(None, None if "metric" in by_name else name.strip()) if _is_declared(name, tables) else None
    task, metric = task_and_metric(name, tables.metrics)
    if task is None:
        metric = tables.rules.benchmark(name.strip())
        if metric is None and _is_declared(name, tables):
            metric = "score"
    return Scores(task or name.strip(), metric) if metric else None


def task_and_metric(name: str, metrics: Mapping[str, str]) -> tuple[str | None, str | None]:
    """(task, metric) of a column that ends with the name of a metric, as arc_easy_acc does; (None, None) of another one.

    `metrics` are the names of metrics by the same in lower case.
    """
    lower = name.strip().lower()
    ends = [metric for metric in metrics if lower.endswith(metric) and lower[: -len(metric)].endswith(_SEPARATORS)]
    metric = max(ends, key=len, default="")
    task = name.strip()[: -len(metric) - 1]
    return (task, metrics[metric]) if metric and task else (None, None)


def _is_declared(name: str, tables: Tables) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in tables.wide)


def tidy_frame(frame: pd.DataFrame, columns: dict[str, Scores]) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """(one row per cell of `columns`, the row of `frame` of each, its column); ordered by row, then by column."""
    others = {name: column.name for name, column in columns_of_table(frame.columns).items()}
    n, k = len(frame), len(columns)
    row = np.repeat(np.arange(n), k)
    tidy = frame[list(others)].rename(columns=others).iloc[row].reset_index(drop=True)
    for name in ("task", "subtask", "metric", "shots", "filter", "model"):
        said = [getattr(scores, name) for scores in columns.values()]
        # A column `metric` of the table says it better than a name that only rules know.
        if name == "metric" and "metric" in tidy and all(scores.task is not None for scores in columns.values()):
            continue
        if any(one is not None for one in said):
            of_column = pd.Series(np.tile(np.array(said, object), n))
            tidy[name] = of_column.where(of_column.notna(), tidy[name]) if name in tidy else of_column
    tidy["score"] = _by_row(frame, list(columns))
    errors = [scores.errors for scores in columns.values()]
    if any(errors):
        nothing = frame.assign(**{_NO_COLUMN: None})
        tidy["stderr"] = _by_row(nothing, [name or _NO_COLUMN for name in errors])
    return tidy, row, list(columns) * n


_NO_COLUMN = "\0"


def _by_row(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """The cells of some columns, row by row."""
    columns = [frame[name] for name in names]
    # Beside numbers, true would become 1.
    columns = [column.astype(object) if column.dtype == bool else column for column in columns]
    return np.stack([column.to_numpy() for column in columns], axis=1).ravel()


USUAL_METRICS = (
    "acc", "acc_norm", "accuracy", "bits_per_byte", "bleu", "brier_score", "byte_perplexity", "em", "exact_match", "f1",
    "log_likelihood", "mc1", "mc2", "pass@1", "perplexity", "rouge1", "rouge2", "rougeL", "word_perplexity",
)  # fmt: skip
"""Metrics that `from_wide` knows at the end of the name of a column."""


def from_wide(frame: pd.DataFrame, scores: Iterable[str] | None = None, metric: str = "score") -> pd.DataFrame:
    """A table with one row per model and one column per benchmark, as one with one row per number.

    A column that ends with one of USUAL_METRICS is of that metric, and of the task before it: `arc_easy_acc` and
    `arc_easy_acc_norm` are two metrics of arc_easy. Another column is of the task of its name, and of `metric`. A column
    that ends with _stderr holds the standard errors of the column before.

    Parameters
    ----------
    frame : DataFrame
        Columns that describe the model (model, model_family, n_parameters, `Model Size (B)` ...: docs/bring_your_own.md),
        and columns of scores.
    scores : iterable of str, optional
        The columns of scores; by default all columns that end with one of USUAL_METRICS.
    metric : str
        What the scores are whose column does not end with a metric, where the table has no column `metric`.

    Returns
    -------
    DataFrame
        task, metric, score, stderr where there is one, and the columns that describe the model under their own names; for
        `emergence_score` and `break_test`. Cells without a number, and columns of numbers that are not read, are left out
        with a warning that counts or names them.

    Raises
    ------
    ValueError
        A column is not there, or there is none of scores.

    Examples
    --------
    >>> table = pd.DataFrame({"model": ["a", "b"], "arc_acc": [0.25, 0.5], "arc_acc_norm": [0.3, 0.6]})
    >>> from_wide(table)
      task    metric  score model
    0  arc       acc   0.25     a
    1  arc  acc_norm   0.30     a
    2  arc       acc   0.50     b
    3  arc  acc_norm   0.60     b

    """
    known, metrics = columns_of_table(frame.columns), {name.lower(): name for name in USUAL_METRICS}
    named = None if scores is None else list(scores)
    others = [name for name in frame.columns if name not in known or (named and name in named)]
    lost = [name for name in named or () if name not in frame.columns]
    if lost:
        raise ValueError(f"no column {lost[0]!r}")
    columns = with_errors(others, lambda name: _scores_by_name(name, named, metric, metrics))
    if not columns:
        raise ValueError(f"no column of scores among {', '.join(map(str, frame.columns))}: name them (scores=[...])")
    _warn_of_columns_left(frame, others, columns)
    tidy, _, _ = tidy_frame(frame, columns)
    for column in known.values():
        if column.factor != 1 and column.name in tidy:
            tidy[column.name] = pd.to_numeric(tidy[column.name]) * column.factor
    missing = tidy["score"].isna()
    if missing.any():
        warnings.warn(f"{int(missing.sum()):,} of {len(tidy):,} cells have no score and are left out", stacklevel=2)
    first = [name for name in NEEDED if name in tidy and name != "model"] + (["stderr"] if "stderr" in tidy else [])
    return tidy.loc[~missing, first + [name for name in tidy if name not in first]].reset_index(drop=True)


def _scores_by_name(name: str, named: Sequence[str] | None, metric: str, metrics: Mapping[str, str]) -> Scores | None:
    """What `from_wide` takes a column for: all that are `named`, or where none are, those that end with a metric."""
    task, of_name = task_and_metric(str(name), metrics)
    if named is None:
        return Scores(task, of_name) if task else None
    return Scores(task or str(name), of_name or metric) if name in named else None


def _warn_of_columns_left(frame: pd.DataFrame, others: Sequence[str], columns: Mapping[str, Scores]) -> None:
    used = {*columns, *(one.errors for one in columns.values())}
    left = [str(name) for name in others if name not in used and pd.api.types.is_numeric_dtype(frame[name])]
    if left:
        warnings.warn(f"columns that are not read: {', '.join(left)}", stacklevel=3)
