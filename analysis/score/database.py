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

FOLDER_OF_TABLES, FOLDER_OF_VIEWS = "sql/tables/", "sql/views/"
SETTINGS = ("emergence_threshold", "sharpness_threshold", "smallest_break", "seed")
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
            rows = {**facts, **{name: settings[name] for name in SETTINGS[:3]}, **counts}
            con.register("facts", pd.DataFrame({"key": list(rows), "value": [str(value) for value in rows.values()]}))
        if name == "breaks":
            create_macros(con, "macros/jump_threshold", "macros/tested_groups")
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
) -> None:
    """Build the database file `path` (see `assemble`) and say what is in it.

    `limits` are those of `database.connect`; `curves` is where the table of that name is written as Parquet, if anywhere.
    The file takes the place of an older one when all of it is on the disk.
    """
    facts = {**facts, **versions(), "config": json.dumps(dict(config), sort_keys=True)}
    with replacing(path) as temporary, connect(str(temporary), **limits) as con:
        counts = assemble(con, inputs, config, facts)
        if curves:
            write_parquet(con, "curves", curves)
        finish_file(con, Path(temporary))
    _say_what_is_in(counts, config, say)


def _say_what_is_in(n: Mapping[str, int], config: Mapping[str, object], say: Callable[[str], None]) -> None:
    """The last lines of a run: counts of curves, of what is unusual, and of verdicts."""
    say(
        f"{n['curves']:,} curves ({n['curves_infinite']:,} infinite, {n['curves_flat']:,} flat, "
        f"{n['curves_too_few_scales']:,} with fewer than 3 scales), {n['triplets']:,} triplets, {n['pairs']:,} pairs"
    )
    if n["metrics_unknown"]:
        say(
            f"{n['metrics_unknown']:,} of {n['metrics']:,} metrics are not in the reference table "
            "(table metrics, known = false)"
        )
    if n["curves_of_unknown_direction"]:
        say(f"{n['curves_of_unknown_direction']:,} curves of metrics without a known direction: never an improvement")
    for name, meaning in {
        "models_without_scale": "models without a published number of parameters, in no curve",
        "models_described_differently": "models with different parameter counts in different files",
        "families_of_mixed_scale_basis": "model families ordered by parameters that were counted in more than one way",
        "curves_with_averaged_models": "curves with models of the same scale, averaged",
        "triplets_of_aggregates_only": "triplets published for aggregates alone, without a score",
        "tasks_with_known_fault": "tasks with a known fault upstream (table tasks, column note)",
    }.items():
        if n[name]:
            say(f"{n[name]:,} {meaning}")
    say(
        f"{n['triplets_displaying_emergence']:,} triplets and {n['pairs_displaying_emergence']:,} pairs display "
        f"emergence: a curve of at least 5 scales has an improvement score above {config['emergence_threshold']}, and above "
        f"{config['sharpness_threshold']} times that of a straight line"
    )
    verdicts = {"break": "with a break", "smooth": "smooth", "at_chance": "at chance", "inconclusive": "cannot be decided"}
    of_all, of_jumps = (
        ", ".join(f"{n[f'{kind}_{name}']:,} {text}" for name, text in verdicts.items()) for kind in ("verdicts", "jumps")
    )
    say(f"{n['curves_tested']:,} curves tested for a break, which could be seen in {n['curves_with_p']:,}: {of_all}")
    say(
        f"{n['curves_jumping']:,} curves of shares jump, {n['jumps_tested']:,} of them tested, and a break could be seen in "
        f"{n['jumps_with_p']:,}: {of_jumps}"
    )
    say(
        f"{n['triplets_displaying_tested']:,} triplets that display emergence are tested, and a break could be seen in "
        f"{n['triplets_displaying_with_p']:,}: {n['triplets_displaying_and_break']:,} have one at a false discovery rate of "
        f"5 % among all triplets, {n['triplets_displaying_with_break']:,} among these"
    )
