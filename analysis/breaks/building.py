"""All stages of building the tables, one after the other: what the rules do shard by shard, for numbers in memory."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from analysis.base.database import Input, connect
from analysis.base.parallel import Processes
from analysis.breaks.forecasts import forecasts
from analysis.breaks.measuring import measure, pools_of, testable
from analysis.breaks.sensitivity import sensitivity
from analysis.normalise.gather import inputs_of_score
from analysis.normalise.schema import Normalised
from analysis.score.curves import make_curves
from analysis.score.database import assemble

DEFAULTS = {"emergence_threshold": 20.0, "sharpness_threshold": 2.0, "smallest_break": 1.0, "smallest_rise": 0.1, "seed": 0}
"""Settings of `build_tables`, as in config/config.yaml."""


def computed_inputs(inputs: Mapping[str, Input], settings: Mapping[str, object], n_processes: int = 1) -> dict[str, Input]:
    """What `score.database.assemble` reads: `inputs` of `make_curves`, with the curves, points and tests made of them."""
    with connect(threads=n_processes) as con:
        make_curves(con, inputs)
        computed = {f"computed_{name}": con.table(name).to_arrow_table() for name in ("curves", "points", "trials")}
    curves = testable(computed["computed_trials"])
    with Processes(n_processes) as processes:
        pools = pools_of(curves, processes.map)
        computed["computed_measured"] = measure(curves, pools, settings, processes.map)
        computed["computed_forecasts"] = forecasts(curves, pools, settings["seed"], processes.map)
        computed["computed_sensitivity"] = sensitivity(curves, pools, settings, processes.map)
    return {**inputs, **computed}


def build_tables(
    con: duckdb.DuckDBPyConnection,
    tables: Normalised,
    references: Mapping[str, Input],
    settings: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
    n_processes: int = 1,
    **more: Input,
) -> dict[str, int]:
    """Make all tables and views in `con` of numbers in memory; returns the counts of `score.database.assemble`.

    Parameters
    ----------
    con : DuckDBPyConnection
        Where they are made.
    tables : Normalised
        The numbers.
    references : mapping
        The reference tables by the names that SQL uses: reference_metrics, reference_task_notes, reference_annotations,
        reference_preferred_metrics.
    settings : mapping, optional
        Where they differ from DEFAULTS.
    facts : mapping, optional
        Rows of the table `provenance`.
    n_processes : int
        The result does not depend on it.
    more
        Other inputs of `assemble`: published_truth.

    """
    settings = DEFAULTS | dict(settings or {})
    with connect() as other:
        inputs = inputs_of_score(other, tables, references)
    return assemble(con, computed_inputs(inputs, settings, n_processes) | more, settings, facts or {})
