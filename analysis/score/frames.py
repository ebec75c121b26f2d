"""The scores of your own arrays and tables: `from analysis import emergence_score, linearity`.

The same code and the same SQL as the workflow's. But nothing is looked up by name: a table says itself which metrics are
better when lower (higher_is_better), and which models are one family (model_family).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike

from analysis.base.database import connect
from analysis.base.sql import sql_text
from analysis.normalise.frames import normalised
from analysis.normalise.schema import CURVE_KEY, EXAMPLES_SCHEMA
from analysis.score.curves import make_curves
from analysis.score.definition import MIN_SCALES, emergence_scores, linearities

SCALE = "n_parameters"
_NEEDED = ("task", "metric", SCALE, "score")
_OPTIONAL = {
    "subtask": None, "shots": None, "filter": "none", "model_family": "all", "n_examples": None, "chance": None,
    "higher_is_better": True, "stderr": None,
}  # fmt: skip
_REFERENCE = pa.schema(
    [(name, pa.string()) for name in ("metric", "is_linear", "is_continuous", "is_proportion", "is_bookkeeping")]
    + [(name, pa.string()) for name in ("higher_is_better", "lower_bound", "upper_bound", "chance", "scored_as")]
)
_PREFERRED = pa.schema([(name, pa.string()) for name in ("task", "preferred_metric", "higher_is_better")])
_NOTES = pa.schema([(name, pa.string()) for name in ("task", "no_shares", "note")])


def _checked(scores: ArrayLike) -> np.ndarray:
    """`scores` as an array of curves; ValueError where they are none."""
    y = np.asarray(scores, float)
    if y.ndim == 0 or y.shape[-1] < MIN_SCALES:
        raise ValueError(f"a curve needs at least {MIN_SCALES} scales, on the last axis; the shape is {y.shape}")
    if not np.isfinite(y).all():
        raise ValueError("scores must be finite; leave a missing one out, with its scale")
    return y


def emergence_score(scores: ArrayLike | pd.DataFrame) -> np.ndarray | pd.DataFrame:
    """How suddenly scaling curves rise (Schaeffer et al. 2023, after Srivastava et al. 2022).

        sign(argmax y - argmin y) * (max y - min y) / sqrt(median(step^2))

    Parameters
    ----------
    scores : array, shape (..., n_scales), or DataFrame
        An array holds scores by rising scale, one at each of at least 3 scales. A DataFrame holds one row per number: task,
        metric, n_parameters, score; optional subtask, shots, filter, model_family, n_examples, stderr, chance,
        higher_is_better. Models at one scale are averaged. Without model_family all rows are of one family, and without
        the column higher_is_better higher is better.

    Returns
    -------
    array, shape (...), or DataFrame
        Of an array the score, NaN where the curve is flat, infinite where the median step is 0 and the range is not. Of a
        DataFrame the table `curves` of the workflow: one row per curve with emergence_score, improvement_score (the score
        times -1 where lower is better), linearity, sharpness and status.

    Raises
    ------
    ValueError
        There are fewer than 3 scales, a score is infinite or no number, a column is missing, or a row names no model_family.
        Rows of a DataFrame without a score are left out, with a warning that counts them.

    """
    if isinstance(scores, pd.DataFrame):
        with scored(scores) as con:
            return con.execute("from curves").df()
    return emergence_scores(_checked(scores))


def linearity(scores: ArrayLike) -> np.ndarray:
    """The same with the mean in place of the median: sign * (max y - min y) / sqrt(mean(step^2)).

    Parameters
    ----------
    scores : array, shape (..., n_scales)
        As in `emergence_score`.

    Returns
    -------
    array, shape (...)
        NaN where the curve is flat.

    """
    return linearities(_checked(scores))


def _rows(places: np.ndarray) -> str:
    """Numbers of rows for a message, from 1."""
    some = ", ".join(str(place + 1) for place in places[:5])
    return f"row{'s' if len(places) > 1 else ''} {some}" + (f" and {len(places) - 5} more" if len(places) > 5 else "")


def _checked_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that are read of a table of numbers; ValueError where they cannot be."""
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise ValueError(f"the table lacks {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
    given = frame[list(_NEEDED)].reset_index(drop=True)
    for name, value in _OPTIONAL.items():
        given[name] = frame[name].to_numpy() if name in frame.columns else value
    is_missing = given["score"].isna()
    if is_missing.any():
        which = _rows(np.flatnonzero(is_missing))
        message = f"{int(is_missing.sum()):,} of {len(given):,} rows have no score and are left out: {which}"
        warnings.warn(message, stacklevel=5)
        given = given[~is_missing].reset_index(drop=True)
    for name in (SCALE, "score"):
        values = pd.to_numeric(given[name], errors="coerce").to_numpy(float)
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise ValueError(f"{_rows(bad)}: {name} is {given[name].iloc[bad[0]]!r}, a finite number is needed")
        given[name] = values
    if (given[SCALE] <= 0).any():
        raise ValueError(f"{SCALE} must be above 0")
    for name in ("task", "metric", "model_family"):
        bad = np.flatnonzero(given[name].isna())
        if len(bad):
            hint = "; leave the column out where all rows are of one family" if name == "model_family" else ""
            raise ValueError(f"{_rows(bad)}: {name} is missing{hint}")
        given[name] = given[name].astype(str)
    given["filter"] = given["filter"].fillna("none").astype(str)
    given["subtask"] = given["subtask"].where(given["subtask"].notna(), given["task"]).astype(str)
    given["stderr"] = pd.to_numeric(given["stderr"]).astype(float)
    for name in ("shots", "n_examples"):
        given[name] = pd.array(pd.to_numeric(given[name]), "Int64")
    return given


def curve_inputs(frame: pd.DataFrame, all_shares: bool) -> Mapping[str, object]:
    """What `make_curves` reads, of a table of numbers; with `all_shares` every metric is taken as a share."""
    given = _checked_frame(frame)
    # Rows of one scale are models of their own, whatever they are called: a curve averages over them.
    place = given.groupby([*CURVE_KEY, SCALE], dropna=False, observed=True).cumcount()
    given["model"] = [f"{scale!r}, {k}" for scale, k in zip(given[SCALE], place, strict=True)]
    tables = normalised(given)
    known = {"is_proportion": str(all_shares), "chance": "given", "higher_is_better": "true" if all_shares else None}
    reference = [{"metric": name, **known} for name in given["metric"].unique()]
    inputs = {
        "published_scores": tables.scores,
        "published_models": tables.models,
        "recovered_examples": EXAMPLES_SCHEMA.empty_table(),
        "reference_metrics": pa.Table.from_pylist(reference, _REFERENCE),
        "reference_task_notes": _NOTES.empty_table(),
    }
    with connect() as con:
        con.register("published_scores", tables.scores)
        con.register("reference_preferred_metrics", _PREFERRED.empty_table())
        return inputs | {"published_metrics": con.sql(sql_text("steps/published_metrics")).to_arrow_table()}


def scored(frame: pd.DataFrame, all_shares: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection with the tables of `make_curves` of a table of numbers."""
    con = connect()
    make_curves(con, curve_inputs(frame, all_shares))
    return con
