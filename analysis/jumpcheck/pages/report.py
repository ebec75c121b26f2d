"""One page that says what was run, what was found and where to look; it needs no network, when made or when read."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import duckdb
import jinja2
import pandas as pd
from docutils.core import publish_parts

from jumpcheck.base.database import connect, create_views
from jumpcheck.base.sql import packaged_text, sql_text
from jumpcheck.base.tables import TABLES, names_read
from jumpcheck.base.words import page_words
from jumpcheck.database.headline import headline_of, sentences


class Figure(NamedTuple):
    """A figure of the page."""

    name: str
    title: str
    svg: bytes
    caption: str
    """HTML."""

    @property
    def address(self) -> str:
        """The picture as a data URI, so that its identifiers cannot clash with those of other pictures."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()

    @property
    def why_empty(self) -> str | None:
        """Why it has nothing to show, where it has not: the title that `figures/style.py` gives an empty figure."""
        found = re.search(rb"<dc:title>Nothing to draw: (.*?)</dc:title>", self.svg, re.DOTALL)
        return html.unescape(found[1].decode()) if found else None


class Table(NamedTuple):
    """A table of the page; cells are text."""

    title: str
    note: str
    columns: list[str]
    rows: list[list[str]]
    is_number: list[bool]
    source: str
    """The query that gives the numbers, and the tables and views that it reads."""


def shown(value: object) -> str:
    """A cell as text."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            return "∞" if value > 0 else "−∞"
        return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"
    return str(value)


def _table(con: duckdb.DuckDBPyConnection, title: str, note: str, path: str) -> Table:
    """The result of an SQL file as a table of the page."""
    cursor = con.execute(sql_text(path))
    columns = [column[0] for column in cursor.description]
    numeric = [str(column[1]) not in ("VARCHAR", "BOOLEAN") for column in cursor.description]
    rows = [[shown(value) for value in row] for row in cursor.fetchall()]
    return Table(title, note, columns, rows, numeric, source_of(con, path))


def source_of(con: duckdb.DuckDBPyConnection, path: str) -> str:
    """Where the numbers of an SQL file of pages are from: its tables and views, and the file."""
    names = sorted(names_read(con, sql_text(path)) & TABLES.keys())
    return f"{' and '.join(', '.join(names).rsplit(', ', 1))}, by {path.replace('/', '/sql/')}.sql"


_TABLES = {
    "curve_counts": (
        "How the curves add up",
        "A pair or triplet has one curve for each part of its task and each number of shots. All counts add up here.",
        "pages/curve_counts",
    ),
    "why": (
        "Why jumps could not be tested or decided",
        "Of pairs (or triplets, where no metric is preferred) that jump: what stands in the way, by a curve that jumps.",
        "pages/undecided",
    ),
    "families_alike": (
        "Model families with the same scores",
        "Tasks in which at least 90 % of the scores of two families are equal: they are no independent evidence.",
        "pages/report_families_alike",
    ),
    "rejects": (
        "Rejects by reason",
        "Everything is named, with its place in its file, in the table rejects.",
        "pages/report_rejects",
    ),
    "families": (
        "Model families",
        "A curve needs at least 3 models of different known size, and at least 5 to jump.",
        "pages/report_families",
    ),
    "by_metric": (
        "Metrics",
        "Curves of at least 5 scales that are no aggregates; verdicts of the break test on those that can be tested.",
        "pages/report_by_metric",
    ),
    "top_triplets": (
        "Triplets that jump, the 40 largest",
        "The largest of many curves is large by chance too; the median over the curves of the triplet stands beside it.",
        "pages/report_top_triplets",
    ),
    "verdicts": (
        "Verdicts of the break test",
        "Every curve of a percent-correct metric has one, and a reason in the table breaks.",
        "pages/report_verdicts",
    ),
    "sensitivity": (
        "How the verdicts move with each choice",
        "On a sample of at most 2,000 curves, at the false discovery rate of the sample.",
        "pages/report_sensitivity",
    ),
    "effects": (
        "Models that are good or bad at everything",
        "Beside the laws of their family's curves, in the mean over tasks: effects of at least 3 standard errors. They move "
        "all curves of the model at once.",
        "pages/report_effects",
    ),
}
"""Title, note and SQL file of every table of the page."""


FIRST = (("figure_5a_pairs", "figure_5a_triplets"), ("emergence_share",), ("break_verdicts",))
"""The figures that answer the question and stand before the others: of each group the first that shows something."""


def caption(text: str, config: Mapping[str, object]) -> str:
    """A caption of Snakemake's report, reStructuredText with the settings in it, as HTML."""
    text = jinja2.Template(text).render(snakemake=SimpleNamespace(config=config))
    # A setting may hold anything: nothing in it may include a file or pass HTML through.
    settings = {"raw_enabled": False, "file_insertion_enabled": False, "report_level": 5}
    return publish_parts(text, writer="html5", settings_overrides=settings)["body"]


def read_figures(
    paths: Sequence[str], titles: Sequence[str], captions: Sequence[str], config: Mapping[str, object]
) -> list[Figure]:
    """The figures of the page from their SVG files, titles, and files of captions."""
    return [
        Figure(Path(path).stem, title, Path(path).read_bytes(), caption(Path(text).read_text(encoding="utf-8"), config))
        for path, title, text in zip(paths, titles, captions, strict=True)
    ]


def page(database: str, dataset: str, figures: Sequence[Figure], config: dict, simulated: bool) -> str:
    """The report of the database file `database` as one HTML document.

    Parameters
    ----------
    database : str
        Path of the file.
    dataset : str
        What to call the dataset.
    figures : sequence of Figure
        In the order of the page.
    config : mapping
        The settings of the run.
    simulated : bool
        Whether no number of it is real, which the page then says.

    """
    with connect(database, read_only=True) as con:
        create_views(con, page_words())
        facts = dict(con.execute("select key, value from provenance order by key").fetchall())
        headline = headline_of(con)
        claims = _table(con, "", "", "pages/report_claims")
        thresholds = _table(con, "", "", "pages/report_thresholds")
        tables = {name: _table(con, *arguments) for name, arguments in _TABLES.items()}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(packaged_text("pages/report.html.j2"))
    drawn = {figure.name: figure for figure in figures if not figure.why_empty}
    first = [drawn[next(name for name in names if name in drawn)] for names in FIRST if drawn.keys() & set(names)]
    return template.render(
        dataset=dataset,
        headline=headline,
        unit=headline["unit"],
        said=sentences(headline),
        first=first,
        others=[figure for figure in drawn.values() if figure not in first],
        empty=[figure for figure in figures if figure.why_empty],
        facts=facts,
        claims=claims,
        thresholds=thresholds,
        tables=tables,
        config=config,
        simulated=simulated,
    )
