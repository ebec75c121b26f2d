"""The scores of your own arrays and tables: `from jumpcheck import emergence_score, linearity`.

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

from jumpcheck.base.database import connect
from jumpcheck.base.settings import MIN_SCALES
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import build
from jumpcheck.normalise.frames import normalised
from jumpcheck.normalise.repeats import Numbers, resolve_repeats
from jumpcheck.normalise.schema import CURVE_KEY, EXAMPLES_SCHEMA
from jumpcheck.score.curves import make_curves
from jumpcheck.score.definition import emergence_scores, linearities

SCALE = "n_parameters"
_NEEDED = ("task", "metric", SCALE, "score")
RUN_NAMES = ("run", "seed", "run_id", "replicate", "trial")
"""Columns that tell runs of one model apart, as in tables that the workflow reads."""
_OPTIONAL = {
    "model": None, "run": None, "subtask": None, "shots": None, "filter": "none", "model_family": "all", "n_examples": None,
    "chance": None, "higher_is_better": True, "stderr": None,
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
        metric, n_parameters, score; optional model, run (or seed, replicate, trial), subtask, shots, filter, model_family,
        n_examples, stderr, chance, higher_is_better. Runs of one model are averaged first, and then the models of one scale.
        Without the column model, rows of one scale and run are models of their own. Without model_family all rows are of
        one family, and without the column higher_is_better higher is better.

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
        Rows of a DataFrame without a score are left out, and so are those of one model and run with different scores, with a
        warning that counts them.

    """
    if isinstance(scores, pd.DataFrame):
        with scored(scores) as con:
            build(con, "score/curves")
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
    if len(frame) == 0:
        raise ValueError("the table has no rows")
    runs = [name for name in RUN_NAMES if name in frame.columns]
    if runs:
        # Of several such columns each tells runs apart.
        frame = frame.assign(run=[", ".join(map(str, row)) for row in frame[runs].itertuples(index=False)])
    for name, value in _OPTIONAL.items():
        given[name] = frame[name].to_numpy() if name in frame.columns else value
    is_missing = given["score"].isna()
    if is_missing.any():
        which = _rows(np.flatnonzero(is_missing))
        message = f"{int(is_missing.sum()):,} of {len(given):,} rows have no score and are left out: {which}"
        warnings.warn(message, stacklevel=5)
        given = given[~is_missing].reset_index(drop=True)
        if not len(given):
            raise ValueError("the table has no score")
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
    for name, least in (("shots", None), ("n_examples", 1)):
        values = pd.to_numeric(given[name], errors="coerce").to_numpy(float, na_value=np.nan)
        is_bad = given[name].notna().to_numpy() & ~((np.abs(values) < 1e15) & (values == np.round(values)))
        if least is not None:
            is_bad |= values < least
        if is_bad.any():
            bad = np.flatnonzero(is_bad)
            raise ValueError(f"{_rows(bad)}: {name} is {given[name].iloc[bad[0]]!r}, a whole number is needed")
        given[name] = pd.array(values, "Float64").astype("Int64")
    given["chance"] = pd.to_numeric(given["chance"]).astype(float)
    return given


def _with_one_row_per_model(given: pd.DataFrame) -> pd.DataFrame:
    """The same with runs of one model averaged, as the workflow averages them."""
    by = [*CURVE_KEY, SCALE, "run"]
    # Without names rows of one scale and run are models of their own: a curve averages over them.
    place = given.groupby(by, dropna=False, observed=True).cumcount().astype(str)
    # Behind a character that no name has.
    name = given["model"].astype(str).where(given["model"].notna(), "\0" + place)
    is_copy = given["model"].isna() & given.duplicated()
    if is_copy.any():
        which = f"{int(is_copy.sum()):,} rows are copies of others, and count as models of their own"
        warnings.warn(f"{which}: name the models in a column model, or drop them", stacklevel=5)
    given["model"] = [f"{scale!r}, {one}" for scale, one in zip(given[SCALE], name, strict=True)]
    key = given.groupby([*CURVE_KEY, "model"], dropna=False, observed=True, sort=False).ngroup().to_numpy()
    conditions = given.groupby(["n_examples", "chance"], dropna=False).ngroup().to_numpy()
    numbers = Numbers(
        *(given[name].to_numpy(float, na_value=np.nan) for name in ("score", "stderr", "n_examples")),
        run=pd.factorize(given["run"])[0],
        conditions=conditions,
    )
    resolved = resolve_repeats(np.argsort(key, kind="stable"), key, numbers, lambda row: ("the table", f"row {row + 1}", 1))
    lost = [reject for reject in resolved.rejects if reject.reason == "contradiction"]
    if lost:
        first = lost[0].detail.partition(";")[0]
        message = f"{len(lost):,} rows of one model and run have different scores and are left out, the first with {first}"
        warnings.warn(f"{message}. Name the runs in a column run or seed", stacklevel=5)
    if not len(resolved.rows):
        raise ValueError("no row is left: all are of one model and run with different scores; name the runs in a column run")
    kept = given.iloc[resolved.rows].reset_index(drop=True)
    kept["n_examples"] = pd.array(resolved.n_examples, "Int64")
    return kept.assign(score=resolved.score, stderr=resolved.stderr, n_runs=resolved.n_runs, run_sd=resolved.run_sd)


def curve_inputs(frame: pd.DataFrame, all_shares: bool) -> Mapping[str, object]:
    """What `make_curves` reads, of a table of numbers; with `all_shares` every metric is taken as a share."""
    given = _with_one_row_per_model(_checked_frame(frame))
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
        return inputs | {"published_metrics": con.sql(sql_text("normalise/published_metrics")).to_arrow_table()}


def scored(frame: pd.DataFrame, all_shares: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection with the tables of `make_curves` of a table of numbers."""
    con = connect()
    make_curves(con, curve_inputs(frame, all_shares))
    return con
