"""The figures of a dataset: the numbers that they draw, from the database, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import pandas as pd

from analysis.base.database import Input, connect, create_macros, create_views
from analysis.base.files import replacing
from analysis.base.parallel import Processes
from analysis.base.sql import quoted, sql_text
from analysis.figures import annotated, breaks, concentration, forecasts, jumps, scores, style
from analysis.figures.registry import FIGURES, function_named

DRAWING = {
    "annotated": annotated, "breaks": breaks, "concentration": concentration, "forecasts": forecasts,
    "jumps": jumps, "scores": scores,
}  # fmt: skip
FOLDER = "sql/figures/"
DERIVED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "annotated_agreement": (annotated.areas, "model_family"),
}
"""Numbers that a figure states and SQL does not compute, with the column by which they belong to its rows."""


def _make_numbers(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """The view `figure`: what `sql/figures/<name>.sql` gives, with what is DERIVED of it."""
    con.execute(f"create temp table numbers as {sql_text(FOLDER.removeprefix('sql/') + name)}")
    if name not in DERIVED:
        con.execute("create temp view figure as from numbers")
        return
    derive, key = DERIVED[name]
    con.register("derived", derive(con.execute("from numbers").df()))
    con.execute(
        f"create temp view figure as select numbers.*, derived.* exclude ({key}) "
        f"from numbers left join derived using ({key}) order by numbers.rowid"
    )


def _without_formulas(con: duckdb.DuckDBPyConnection) -> str:
    """The rows of the view `figure`, with an apostrophe before texts that a spreadsheet would run as a formula."""
    texts = [f'"{column}"' for column, kind, *_ in con.execute("describe figure").fetchall() if kind == "VARCHAR"]
    is_formula = "regexp_matches({0}, '^[=+@\\t\\r]') and try_cast({0} as double) is null"
    safe = ", ".join(f"if({is_formula.format(name)}, chr(39) || {name}, {name}) as {name}" for name in texts)
    return f"select * {f'replace ({safe})' if safe else ''} from figure"


def figure_numbers(
    name: str, database: str, inputs: Mapping[str, Input], emergence_threshold: float, csv: str | None = None
) -> pd.DataFrame:
    """The numbers that a figure or a table of this name shows, written to the file `csv` too where one is given.

    Parameters
    ----------
    name : str
        Of a file in `analysis/sql/figures`.
    database : str
        Path of the DuckDB file.
    inputs : mapping
        Reference tables, and simulated_share for the figure that is drawn beside a simulated world.
    emergence_threshold : float
        An improvement score above it is a jump.
    csv : str, optional
        Where the numbers are written.

    """
    with connect(database, read_only=True) as con:
        create_views(con, inputs)
        create_macros(con, "macros/wilson_interval")
        con.register("settings", pd.DataFrame({"emergence_threshold": [float(emergence_threshold)]}))
        # What `world_without_emergence` draws beside the simulated world.
        con.execute(f"create temp view dataset_share as {sql_text('figures/emergence_share')}")
        _make_numbers(con, name)
        if csv:
            with replacing(csv) as temporary:
                con.execute(f"copy ({_without_formulas(con)}) to {quoted(str(temporary))} (format csv, header)")
        return con.execute("from figure").df()


def described(dataset: str, database: str) -> str:
    """`dataset`, and whether it holds scores of preferred metrics alone, which its figures then say."""
    with connect(database, read_only=True) as con:
        (value,) = con.execute("select max(value) from provenance where key = 'preferred_only'").fetchall()[0]
    return f"{dataset} (preferred scores only: one metric per task)" if value == "True" else dataset


def write_figure(
    name: str,
    database: str,
    inputs: Mapping[str, Input],
    paths: Mapping[str, str],
    dataset: str,
    emergence_threshold: float,
) -> None:
    """Write a figure as SVG and PNG, and the CSV of its numbers beside them; `dataset` is what it calls the data."""
    frame = figure_numbers(name, database, inputs, emergence_threshold, paths["csv"])
    style.use_style()
    dataset = described(dataset, database)
    draw = function_named(FIGURES[name]["draw"], DRAWING)
    style.save(draw(frame, dataset, emergence_threshold), paths["svg"], paths["png"])


def write_figures(
    paths: Mapping[str, Mapping[str, str]],
    database: str,
    inputs: Mapping[str, Input],
    dataset: str,
    emergence_threshold: float,
    n_processes: int,
) -> None:
    """`write_figure` for every figure of `paths`, {name: its paths}, in several processes."""
    same = [[value] * len(paths) for value in (database, inputs)]
    last = [[value] * len(paths) for value in (dataset, emergence_threshold)]
    with Processes(n_processes) as processes:
        processes.map(write_figure, list(paths), *same, list(paths.values()), *last)
