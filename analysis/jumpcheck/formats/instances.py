"""Instance-level scores, one row per model and test example, to the numbers that they average to.

Parquet files with the columns of a tidy table and `example`; in place of metric and score they may have the weights of
the options of a question and which is right. They can be larger than memory, and one task can be spread over any number
of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from jumpcheck.base.collected import SCALES, Collected
from jumpcheck.base.database import create_views, n_rows
from jumpcheck.base.rejects import Reject, Rejected, printable
from jumpcheck.base.sql import sql_text
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE
from jumpcheck.formats import tidy
from jumpcheck.formats.column_names import NEEDED, TEXTS, columns_of_table
from jumpcheck.formats.format import File, Format

EXAMPLE = "example"
WEIGHTS = {"option_log_likelihoods": True, "option_probabilities": False}
"""Columns with a list of the options' weights, and whether these are logarithms."""
TARGET = "target"
"""The place of the right option among them, from 0."""
_SQL_TYPES = {
    **dict.fromkeys((name for name in TEXTS if name != "run"), "varchar"),
    **dict.fromkeys(("chance", *SCALES), "double"),
    "shots": "integer",
    "higher_is_better": "boolean",
}
"""Columns that identify or describe the number that an instance belongs to, with their types."""
AVERAGED_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("task", "subtask")]
    + [("shots", pa.int32())]
    + [(name, pa.string()) for name in ("metric", "filter", "model_family", "model", "revision")]
    + [(name, pa.float64()) for name in (*SCALES, "chance")]
    + [("higher_is_better", pa.bool_()), ("n_examples", pa.int64()), ("score", pa.float64()), ("stderr", pa.float64())]
)
"""A tidy table, one row per number."""


def _kind(path: Path) -> str | None:
    """What the instances of a Parquet file have, "score" or one of WEIGHTS; None where it holds none that can be read."""
    try:
        names = set(pq.read_schema(path).names) if path.suffix == ".parquet" else set()
    except (pa.ArrowException, UnicodeDecodeError, OSError):
        return None
    if any(name != column.name for name, column in columns_of_table(names).items()):
        return None  # columns of other names would be left out
    if {*NEEDED, EXAMPLE} <= names:
        return "score"
    if {"task", "model", EXAMPLE, TARGET} <= names:
        return next((name for name in WEIGHTS if name in names), None)
    return None


def is_instances(path: Path) -> bool:
    """Whether a Parquet file holds instance-level scores, or weights of options."""
    return _kind(path) is not None


def average(
    con: duckdb.DuckDBPyConnection, root: Path, paths: Sequence[str]
) -> tuple[pa.Table, list[Reject], dict[str, int]]:
    """(numbers in AVERAGED_SCHEMA, rejects, counts) of instance-level files, all read as one table.

    A score that is missing or not finite is left out and counted. A number of which an example is repeated is rejected:
    nobody can know how many examples it was measured on.

    Parameters
    ----------
    con : DuckDBPyConnection
        With limits of memory and threads, and a folder for what does not fit.
    root, paths : Path, sequence of str
        Files, relative to `root`.

    """
    if not paths:
        return AVERAGED_SCHEMA.empty_table(), [], {"instances_in": 0, "instances_rejected": 0}
    try:
        _create_rows(con, [root / path for path in paths])
        n_scores = n_rows(con, "instance_rows")
        _create_instances(con)
        averaged = con.sql(sql_text("formats/instances")).to_arrow_table()
    except duckdb.Error:
        faults = {path: fault for path in paths if (fault := _why_unreadable(con, root / path))}
        if not faults:
            raise
        found, rejects, counts = average(con, root, [path for path in paths if path not in faults])
        more = [Reject("file", printable(path), "", "not_a_table", fault) for path, fault in faults.items()]
        return found, more + rejects, counts
    n_repeated = pa.compute.subtract(averaged["n_rows"], averaged["n_distinct"]).to_numpy()
    is_unnamed = np.zeros(len(averaged), bool)
    for name in ("task", "model", "metric"):
        is_unnamed |= pa.compute.equal(pa.compute.fill_null(averaged[name], ""), "").to_numpy()
    differs = averaged["differs"].to_numpy()
    shown = printable(paths[0]) if len(paths) == 1 else f"{printable(paths[0])} and {len(paths) - 1} more"
    rejects = []
    for k in np.flatnonzero((averaged["n_bad"].to_numpy() > 0) | (n_repeated != 0) | is_unnamed | differs):
        row = averaged.slice(k, 1).to_pylist()[0]
        location = ", ".join(f"{name} {row[name]!a}" for name in ("task", "subtask", "metric", "model"))
        faults = _faults(row, bool(n_repeated[k]), bool(is_unnamed[k]), bool(differs[k]))
        rejects += [Reject("entry", shown, location, reason, detail) for reason, detail in faults]
    keep = (n_repeated == 0) & ~is_unnamed & ~differs & (averaged["n_examples"].to_numpy() > 0)
    kept = averaged.filter(pa.array(keep))
    n_rejected = n_scores - int(pa.compute.sum(kept["n_examples"]).as_py() or 0)
    table = pa.Table.from_arrays([kept[field.name].cast(field.type) for field in AVERAGED_SCHEMA], schema=AVERAGED_SCHEMA)
    return table, rejects, {"instances_in": n_scores, "instances_rejected": n_rejected}


def _why_unreadable(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    """What is wrong with a Parquet file that cannot be read to its end; empty where nothing is."""
    try:
        create_views(con, {"one_file": [str(path)]})
        con.execute("select max(columns(*)) from one_file").fetchall()
    except duckdb.Error as error:
        return f"it cannot be read as parquet: {str(error).splitlines()[0][:200]}"
    return ""


def _create_rows(con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
    """Create the view `instance_rows`, one row per example and score, of files of all kinds."""
    files: dict[str, list[str]] = {}
    for path in paths:
        files.setdefault(_kind(path), []).append(str(path))
    options = []
    for kind, of_kind in files.items():
        create_views(con, {f"rows_of_{kind}": of_kind}, by_name=True)
        if kind in WEIGHTS:
            names = [row[0] for row in con.execute(f"select * from rows_of_{kind} limit 0").description]
            kept = [name for name in names if name in (*_SQL_TYPES, EXAMPLE) and name not in ("metric", "chance")]
            options.append(
                f"""select {", ".join(kept)}, null::double as chance, {WEIGHTS[kind]} as are_logs,
                    try_cast({kind} as double[]) as weights, try_cast({TARGET} as integer) as target
                from rows_of_{kind}"""
            )
    parts = ["from rows_of_score"] if "score" in files else []
    if options:
        con.execute(f"create or replace temp view options as {' union all by name '.join(options)}")
        con.execute(f"create or replace temp view scores_of_options as {sql_text('formats/options')}")
        parts.append("from scores_of_options")
    con.execute(f"create or replace temp view instance_rows as {' union all by name '.join(parts)}")


def _create_instances(con: duckdb.DuckDBPyConnection) -> None:
    """Create the view `instances`: `instance_rows` with every column in its type, and `is_score`."""
    columns = {row[0] for row in con.execute("select * from instance_rows limit 0").description}
    typed = {
        name: f"try_cast({name} as {kind})" if name in columns else f"null::{kind}" for name, kind in _SQL_TYPES.items()
    }
    # A cell that cannot be of its column's type makes its row bad: 2.5 shots, or 1b parameters.
    faults = [f"({name} is not null and {typed[name]} is null)" for name in _SQL_TYPES if name in columns]
    faults += ["try_cast(shots as double) <> floor(try_cast(shots as double))"] if "shots" in columns else []
    typed["subtask"] = f"coalesce({typed['subtask']}, task::varchar)"
    typed["filter"] = f"coalesce({typed['filter']}, 'none')"
    parts = [f"{value} as {name}" for name, value in typed.items()]
    con.execute(
        f"""create or replace temp view instances as
        select {", ".join(parts)}, {EXAMPLE}, try_cast(score as double) as score,
            not coalesce({" or ".join(faults)}, false)
            and coalesce(abs(try_cast(score as double)) <= {MAX_MAGNITUDE}, false) as is_score
        from instance_rows"""
    )


def _faults(row: dict, repeats: bool, unnamed: bool, differs: bool) -> Iterator[tuple[str, str]]:
    """(reason, detail) of every fault of the examples of one number."""
    if row["n_bad"]:
        yield (
            "bad_instances",
            f"{row['n_bad']:,} rows with a score that is missing or not finite, or another cell that cannot be what its "
            f"column says; the other {row['n_examples']:,} count",
        )
    if repeats:
        detail = f"{row['n_rows']:,} rows of {row['n_distinct']:,} examples; each may stand there once, and by its name"
        yield "repeated_examples", detail
    if unnamed:
        yield "missing_name", "task, model and metric must not be empty"
    if differs:
        yield (
            "differing_rows",
            "its rows differ in n_parameters, training or higher_is_better, or only some have a chance rate",
        )


def _pass_or_refuse(file: File, collected: Collected) -> None:
    """Add nothing, because the rule `average` has already read this file, out of core.

    Raises Rejected where that rule could not read it.
    """
    if file.path.suffix != ".parquet":
        detail = "instance-level scores are read from Parquet alone, where they can be larger than memory; write them so"
        raise Rejected("", "instances_not_parquet", detail)
    other = {name: column.name for name, column in columns_of_table(file.columns).items() if name != column.name}
    if other or not is_instances(file.path):
        named = ", ".join(f"{name!a} is {meant}" for name, meant in other.items())
        detail = f"a table of single examples needs the columns by their own names ({', '.join(NEEDED)} ...)"
        raise Rejected("", "instances_other_names", detail + (f"; here {named}" if named else ""))


FORMAT = Format(
    what=f"Parquet tables of single examples, with the columns {', '.join(NEEDED)}, {EXAMPLE}",
    suffixes=tidy.SUFFIXES,
    recognises=lambda file: EXAMPLE in file.columns,
    read=_pass_or_refuse,
)
