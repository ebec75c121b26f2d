"""What BIG-bench's published scores say, as a page in Markdown; every number in it is read from the database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import jinja2
import pandas as pd

from jumpcheck.base.database import Input, connect, create_views
from jumpcheck.base.files import write_text
from jumpcheck.base.sql import packaged_text, sql_text
from jumpcheck.base.words import page_words
from jumpcheck.database.headline import headline_of, sentences
from jumpcheck.pages.report import shown

TABLES = {
    "by_metric": "pages/bigbench_by_metric",
    "thresholds": "pages/bigbench_thresholds",
    "claims": "pages/report_claims",
    "sudden": "pages/bigbench_sudden",
    "curve_counts": "pages/curve_counts",
    "undecided": "pages/undecided",
    "breaks": "pages/bigbench_breaks",
    "sensitivity": "pages/report_sensitivity",
    "effects": "pages/report_effects",
    "forecasts": "pages/bigbench_forecasts",
    "more_examples": "pages/bigbench_more_examples",
    "equal_sizes": "pages/bigbench_equal_sizes",
    "families_alike": "pages/bigbench_families_alike",
    "unnamed": "pages/bigbench_unnamed",
    "metric_rows": "pages/bigbench_metric_rows",
    "named_differently": "pages/bigbench_named_differently",
    "swaps": "pages/bigbench_swaps",
    "notes": "pages/bigbench_notes",
}
"""SQL file of every table of the page."""


def markdown(rows: duckdb.DuckDBPyConnection) -> str:
    """The result of a query as a table in Markdown, numbers to the right."""
    names = [column[0].replace("_", " ") for column in rows.description]
    marks = ["---" if str(column[1]) in ("VARCHAR", "BOOLEAN") else "---:" for column in rows.description]
    lines = [names, marks, *([shown(value) for value in row] for row in rows.fetchall())]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _link(path: str) -> str:
    """A link from docs/ to an SQL file."""
    room, _, name = path.partition("/")
    return f"[{name}.sql](../analysis/jumpcheck/{room}/sql/{name}.sql)"


def page(database: str, inputs: Mapping[str, Input]) -> tuple[str, pd.DataFrame]:
    """(the page, its table of scores per pair) of the database file `database`.

    `inputs` holds simulated_share: the shares of curves above the threshold in two simulated worlds. In one of them
    nothing emerges, in the other every model guesses. And it holds reference_preferred_rows.
    """
    with connect(database, read_only=True) as con:
        create_views(con, {**inputs, **page_words()})
        tables = {
            name: f"{markdown(con.execute(sql_text(path)))}\n\nNumbers: {_link(path)}." for name, path in TABLES.items()
        }
        counted = con.execute(sql_text("pages/bigbench_counts"))
        counts = dict(zip([column[0] for column in counted.description], counted.fetchall()[0], strict=True))
        headline = headline_of(con)
        facts = dict(con.execute("select key, value from provenance order by key").fetchall())
        pairs = con.execute(sql_text("pages/bigbench_pairs")).df()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["n"] = lambda value: f"{value:,}"
    environment.filters["percent"] = lambda part, whole: (
        f"{100 * part / whole:.0f} %" if whole and part is not None else "none"
    )
    template = environment.from_string(packaged_text("pages/bigbench.md.j2"))
    said = sentences(headline)
    return template.render(n=counts, h=headline, said=said, facts=facts, **tables) + "\n", pairs


def write(database: str, inputs: Mapping[str, Input], paths: Mapping[str, str], figures: Mapping[str, str]) -> None:
    """Write the page, its figures (copies of the SVG files `figures`, by name) and its table of pairs to `paths`."""
    text, pairs = page(database, inputs)
    write_text(text, paths["page"])
    write_text(pairs.to_csv(index=False, lineterminator="\n"), paths["pairs"])
    for name, path in figures.items():
        write_text(Path(path).read_text(encoding="utf-8"), paths[name])
