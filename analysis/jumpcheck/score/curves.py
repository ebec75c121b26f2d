"""Curves and their scores in DuckDB, from normalised tables: the first stage of building the tables, shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb

from jumpcheck.base.database import Input, connect, create_views, n_rows, write_parquet
from jumpcheck.base.settings import one_row
from jumpcheck.base.tables import build


def make_curves(con: duckdb.DuckDBPyConnection, inputs: Mapping[str, Input]) -> None:
    """Make `models`, `metrics`, `scored_curves`, `points`, and `trials`, which has the points of percent-correct curves.

    None of them depends on a setting that a user can choose. The table `curves` can be built on them where it is wanted.

    Parameters
    ----------
    con : DuckDBPyConnection
        Where they are made.
    inputs : mapping
        published_scores, published_models, published_metrics, recovered_examples (see `normalise.gather`),
        reference_metrics, reference_task_notes.

    """
    create_views(con, {"given_settings": one_row({}), **inputs})
    build(con, "score/scored_curves", "score/points", "score/trials", as_views=("scores", "points"))


def write_curves(
    paths: Mapping[str, str], inputs: Mapping[str, Input], limits: Mapping[str, object], say: Callable[[str], None]
) -> None:
    """Write tables of `make_curves` as Parquet, {name: path}; `limits` are those of `base.database.connect`."""
    with connect(**limits) as con:
        make_curves(con, inputs)
        for name, path in paths.items():
            write_parquet(con, name, path)
        n_curves, n_trials = n_rows(con, "scored_curves"), n_rows(con, "trials")
    say(f"{n_curves:,} curves, {n_trials:,} of them percent-correct")
