"""Curves and their scores in DuckDB, from normalised tables: the first stage of building the tables, shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb

from analysis.base.database import Input, connect, create_views, n_rows, write_parquet
from analysis.base.sql import sql_text
from analysis.base.tables import create_table


def make_curves(con: duckdb.DuckDBPyConnection, inputs: Mapping[str, Input]) -> None:
    """Make the tables `models`, `metrics`, `curves`, `points`, and `trials`, which has the points of curves of shares.

    Parameters
    ----------
    con : DuckDBPyConnection
        Where they are made.
    inputs : mapping
        published_scores, published_models, published_metrics, recovered_examples (see `normalise.gather`),
        reference_metrics, reference_task_notes.

    """
    create_views(con, inputs)
    con.execute(f"create or replace temp view scores as {sql_text('tables/scores')}")
    for path in ("tables/models", "tables/metrics"):
        create_table(con, path)
    con.execute(f"create or replace temp table series as {sql_text('steps/series')}")
    create_table(con, "tables/curves")
    con.execute(f"create or replace temp view points as {sql_text('tables/points')}")
    con.execute(f"create or replace temp view trials as {sql_text('steps/trials')}")


def write_curves(
    paths: Mapping[str, str], inputs: Mapping[str, Input], limits: Mapping[str, object], say: Callable[[str], None]
) -> None:
    """Write tables of `make_curves` as Parquet, {name: path}; `limits` are those of `database.connect`."""
    with connect(**limits) as con:
        make_curves(con, inputs)
        for name, path in paths.items():
            write_parquet(con, name, path)
        n_curves, n_trials = n_rows(con, "curves"), n_rows(con, "trials")
    say(f"{n_curves:,} curves, {n_trials:,} of them percent-correct")
