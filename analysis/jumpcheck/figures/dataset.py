"""The figures of a dataset: the numbers that they draw, from the database, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import pandas as pd

from jumpcheck.base.database import Input, connect, create_views
from jumpcheck.base.files import FORMULA, replacing
from jumpcheck.base.parallel import Processes
from jumpcheck.base.sql import quoted
from jumpcheck.figures import annotated, breaks, concentration, forecasts, jumps, scores, style
from jumpcheck.figures.about import about
from jumpcheck.figures.registry import FIGURES, function_named, numbers_of

DRAWING = {
    "annotated": annotated, "breaks": breaks, "concentration": concentration, "forecasts": forecasts,
    "jumps": jumps, "scores": scores,
}  # fmt: skip
NUMBERS = "figures/entries/*/numbers.sql"
"""What a job that makes these numbers depends on (`jumpcheck.base.dependencies`)."""
DERIVED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "annotated_agreement": (annotated.areas, "model_family"),
}
"""Numbers that a figure states and SQL does not compute, with the column by which they belong to its rows."""


def _make_numbers(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """The view `figure`: what the entry's `numbers.sql` gives, with what is DERIVED of it."""
    con.execute(f"create temp table numbers as {numbers_of(name)}")
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
    is_formula = f"regexp_matches({{0}}, {quoted(FORMULA)}) and try_cast({{0}} as double) is null"
    safe = ", ".join(f"if({is_formula.format(name)}, chr(39) || {name}, {name}) as {name}" for name in texts)
    return f"select * {f'replace ({safe})' if safe else ''} from figure"


def _numbers(con: duckdb.DuckDBPyConnection, name: str, inputs: Mapping[str, Input], csv: str | None) -> pd.DataFrame:
    create_views(con, inputs)
    _make_numbers(con, name)
    if csv:
        with replacing(csv) as temporary:
            con.execute(f"copy ({_without_formulas(con)}) to {quoted(str(temporary))} (format csv, header)")
    return con.execute("from figure").df()


def figure_numbers(name: str, database: str, inputs: Mapping[str, Input], csv: str | None = None) -> pd.DataFrame:
    """The numbers that a figure or a table of this name shows, written to the file `csv` too where one is given.

    Parameters
    ----------
    name : str
        Of a folder in `jumpcheck/figures/entries`.
    database : str
        Path of the DuckDB file.
    inputs : mapping
        Reference tables, and simulated_share for the figure that is drawn beside a simulated world.
    csv : str, optional
        Where the numbers are written.

    """
    with connect(database, read_only=True) as con:
        return _numbers(con, name, inputs, csv)


def write_figure(name: str, database: str, inputs: Mapping[str, Input], paths: Mapping[str, str], dataset: str) -> None:
    """Write a figure as SVG and PNG, and the CSV of its numbers beside them; `dataset` is what it calls the data."""
    with connect(database, read_only=True) as con:
        frame, what = _numbers(con, name, inputs, paths["csv"]), about(con, dataset)
    style.use_style()
    draw = function_named(FIGURES[name]["draw"], DRAWING)
    style.save(draw(frame, what), paths["svg"], paths["png"])


def write_figures(
    paths: Mapping[str, Mapping[str, str]], database: str, inputs: Mapping[str, Input], dataset: str, n_processes: int
) -> None:
    """`write_figure` for every figure of `paths`, {name: its paths}, in several processes."""
    n = len(paths)
    for name in paths:  # before anything is drawn
        function_named(FIGURES[name]["draw"], DRAWING)
    with Processes(n_processes) as processes:
        processes.map(write_figure, list(paths), [database] * n, [inputs] * n, list(paths.values()), [dataset] * n)
