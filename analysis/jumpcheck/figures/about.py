"""What a figure must know besides its numbers: what its data are called, and the settings of the run."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from jumpcheck.base.settings import COUNTED_SCALES, DEFAULTS


class About(NamedTuple):
    """The second argument of every function that draws a figure."""

    dataset: str
    """What figures call the data: a dataset, or what they are made from."""
    emergence_threshold: float = DEFAULTS["emergence_threshold"]
    sharpness_threshold: float = DEFAULTS["sharpness_threshold"]
    min_scales: int = COUNTED_SCALES
    """Scales from which a curve is counted."""


def about(con: duckdb.DuckDBPyConnection, dataset: str) -> About:
    """What the database of the connection says; a dataset of preferred metrics alone is called one."""
    (value,) = con.execute("select max(value) from provenance where key = 'preferred_only'").fetchall()[0]
    name = f"{dataset} (preferred scores only: one metric per task)" if value == "True" else dataset
    found = con.execute("select emergence_threshold, sharpness_threshold, min_scales_counted from settings").fetchall()[0]
    return About(name, *found)
