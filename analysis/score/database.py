"""The DuckDB file of all tables: the last stage of building them."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
import pandas as pd

from analysis.base.database import Input, connect, create_macros, create_views, finish_file, write_parquet
from analysis.base.files import replacing
from analysis.base.sql import sql_text
from analysis.base.tables import TABLES, create_table
from analysis.score import endings
from analysis.score.headline import headline_of

FOLDER_OF_TABLES, FOLDER_OF_VIEWS = "sql/tables/", "sql/views/"
SETTINGS = ("emergence_threshold", "sharpness_threshold", "smallest_break", "smallest_rise", "seed")
IN_ORDER = "order by task, subtask, shots, metric, filter, model_family"
"""Curves of several shards, each of which is in this order."""


def assemble(
    con: duckdb.DuckDBPyConnection,
    inputs: Mapping[str, Input],
    settings: Mapping[str, object],
    facts: Mapping[str, object],
) -> dict[str, int]:
    """Make all tables and views of the contract in `con`, in the order of `tables.yml`.

    Parameters
    ----------
    con : DuckDBPyConnection
        Connection to the database file.
    inputs : mapping
        Those of `curves.make_curves` and what it made (computed_curves, computed_points, computed_trials), what
        `analysis.breaks` made of these (computed_measured, computed_sensitivity, computed_forecasts), published_tasks,
        published_rejects, reference_annotations; for simulated data published_truth.
    settings : mapping
        SETTINGS.
    facts : mapping
        Rows of the table `provenance`.

    Returns
    -------
    dict
        Counts by name, which are in `provenance` too.

    """
    create_views(con, inputs)
    create_macros(con, "macros/wilson_interval")
    for name in ("trials", "measured"):
        con.execute(f"create or replace temp view {name} as from computed_{name}")
    con.register("given_settings", pd.DataFrame({name: [settings[name]] for name in SETTINGS}))
    # What was computed in shards is taken from there.
    computed = {"curves": f"from computed_curves {IN_ORDER}", "points": "from computed_points order by curve_id, scale"}
    computed |= {name: f"from computed_{name}" for name in ("sensitivity", "forecasts")}
    for name, table in TABLES.items():
        if table.get("optional") and f"published_{name}" not in inputs:
            continue
        if name == "provenance":
            counts = _counts(con)
            rows = {**facts, **{name: settings[name] for name in SETTINGS[:-1]}, **counts}
            con.register("facts", pd.DataFrame({"key": list(rows), "value": [str(value) for value in rows.values()]}))
        if name == "breaks":
            create_macros(con, "macros/jump_threshold", "macros/tested_groups", "macros/guessing")
        if name == "triplets":
            create_macros(con, "macros/best_curves", "macros/group_verdicts")
        folder = FOLDER_OF_VIEWS if table.get("view") else FOLDER_OF_TABLES
        create_table(con, folder.removeprefix("sql/") + name, computed.get(name))
    return counts


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Sizes of the tables, and of what a reader of the numbers should know."""
    counted = con.execute(sql_text("steps/counts"))
    return dict(zip([column[0] for column in counted.description], counted.fetchall()[0], strict=True))


def versions() -> dict[str, str]:
    """Versions of all that the numbers pass through."""
    of_packages = {"version_python": platform.python_version()}
    for package in ("emergence-meta-analysis", "duckdb", "numpy", "pandas", "pyarrow", "snakemake"):
        try:
            of_packages[f"version_{package}"] = version(package)
        except PackageNotFoundError:
            of_packages[f"version_{package}"] = "not installed as a package"
    return of_packages


def write(
    path: str,
    inputs: Mapping[str, Input],
    facts: Mapping[str, object],
    config: Mapping[str, object],
    limits: Mapping[str, object],
    say: Callable[[str], None],
    curves: str | None = None,
) -> list[str]:
    """Build the database file `path` (see `assemble`), say what is in it, and return the last lines of a run.

    `limits` are those of `database.connect`; `curves` is where the table of that name is written as Parquet, if anywhere.
    The file takes the place of an older one when all of it is on the disk.
    """
    facts = {**facts, **versions(), "config": json.dumps(dict(config), sort_keys=True)}
    with replacing(path) as temporary, connect(str(temporary), **limits) as con:
        counts = assemble(con, inputs, config, facts)
        reasons = con.execute("select reason, sum(n_numbers) from rejects group by reason order by all desc").fetchall()
        kinds = con.execute("select kind, n_curves, n_jump from curve_counts order by place").fetchall()
        headline = headline_of(con)
        if curves:
            write_parquet(con, "curves", curves)
        finish_file(con, Path(temporary))
    for line in endings.what_is_in(counts, kinds):
        say(line)
    return endings.last_lines(facts, counts, headline, dict(reasons))
