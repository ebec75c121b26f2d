"""The passes of the mirage test over shards: what each of them leaves in files for the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.base.parallel import Processes
from analysis.breaks.law import Fit
from analysis.breaks.passes import MEASURED_SCHEMA, Fitted, curves_to_fit, fit_curves, groups_of, measured_table, run_tests
from analysis.breaks.scatter import SIMULATED_POOL, Group, pool_scatter

_FIT = ["intercept", "slope", "slope_se", "deviance", "status", "direction", "floor"]
_FIT_TYPES = {name: pa.float64() for name in _FIT} | {"status": pa.string()}
_FIT_TYPES |= {name: pa.list_(pa.float64()) for name in ("mean", "limits")}
POOLED_SCHEMA = pa.schema([("rho", pa.float64()), ("dispersion_source", pa.string()), ("n_tests", pa.int64())])
STATE = ["model_family", "metric", "own_scatter", "informative", "is_testable", "is_candidate"]
"""Columns of `pack_fits` that `pool_shards` reads of every curve."""


def is_candidate(frame: pd.DataFrame, fitted: Fitted) -> np.ndarray:
    """Whether a curve may be one of those that are simulated for a pool, by its place in the frame.

    Of every family and metric the SIMULATED_POOL pooled curves with the smallest hashes: those of every wider pool are
    among them, and so are those of all frames together among those of each.
    """
    hashes = np.zeros(len(frame), np.uint64)
    for group in fitted.groups:
        hashes[group.rows] = group.stream[:, 0]
    pooled = fitted.informative & np.isfinite(fitted.own_scatter)
    order = frame[["model_family", "metric"]].reset_index(drop=True).assign(hash=hashes)[pooled]
    place = order.groupby(["model_family", "metric"], observed=True)["hash"].rank(method="first")
    chosen = np.zeros(len(frame), bool)
    chosen[place.index[place <= SIMULATED_POOL]] = True
    return chosen


def fit_shard(trials: pa.Table, seed: int, n_processes: int) -> pa.Table:
    """First pass: the curves of `trials` that can be fitted, with their fits (see `pack_fits`)."""
    curves = curves_to_fit(trials)
    with Processes(n_processes) as processes:
        fitted = fit_curves(curves.to_pandas(), seed, processes.map)
    return pack_fits(curves, fitted)


def pack_fits(curves: pa.Table, fitted: Fitted) -> pa.Table:
    """Curves with their fits, one row per curve, which `unpack_fits` reads back to the bit."""
    columns = {name: np.empty(len(curves), object if name in ("status", "mean", "limits") else float) for name in _FIT_TYPES}
    for group, fit in zip(fitted.groups, fitted.fits, strict=True):
        for name, values in columns.items():
            given = getattr(fit, name)
            values[group.rows] = list(given) if given.ndim == 2 else given
    candidates = is_candidate(curves.select(["model_family", "metric"]).to_pandas(), fitted)
    for name, values in columns.items():
        curves = curves.append_column(f"fit_{name}", pa.array(values.tolist(), _FIT_TYPES[name]))
    curves = curves.append_column("own_scatter", pa.array(fitted.own_scatter, pa.float64()))
    curves = curves.append_column("informative", pa.array(fitted.informative, pa.bool_()))
    return curves.append_column("is_candidate", pa.array(candidates, pa.bool_()))


def unpack_fits(table: pa.Table, seed: int) -> tuple[pd.DataFrame, Fitted]:
    """(the curves as a frame, their fits) of `pack_fits`."""
    frame = table.to_pandas()
    groups = groups_of(frame, seed)
    fits = []
    for group in groups:
        part = frame.iloc[group.rows]
        given = {name: part[f"fit_{name}"].to_numpy(object if name == "status" else float) for name in _FIT}
        given |= {name: np.array(part[f"fit_{name}"].tolist(), float) for name in ("mean", "limits")}
        fits.append(Fit(**given))
    return frame, Fitted(groups, fits, frame["own_scatter"].to_numpy(float), frame["informative"].to_numpy(bool))


def pool_shards(
    states: Sequence[pa.Table], candidates: Sequence[pa.Table], seed: int, n_processes: int, say: Callable[[str], None]
) -> list[pa.Table]:
    """Second pass: the scatter of every curve, from the other curves of all shards, and the number of tests.

    Parameters
    ----------
    states : sequence of Table
        STATE of every curve, per shard.
    candidates : sequence of Table
        The rows of `pack_fits` that are candidates, per shard.
    seed, n_processes, say
        As for `fit_and_test`.

    Returns
    -------
    list of Table
        Per shard POOLED_SCHEMA, one row per curve, in its order; `n_tests` is that of all shards.

    """
    state = pa.concat_tables(states).to_pandas()
    lengths = [len(state_of_shard) for state_of_shard in states]
    n_tests = int(state["is_testable"].sum())
    rho, source = np.zeros(len(state)), np.full(len(state), "none", object)
    if len(state):
        _, fitted = unpack_fits(pa.concat_tables(candidates), seed)
        at = np.flatnonzero(state["is_candidate"].to_numpy())
        groups = [Group(at[group.rows], group.points, group.n_examples, group.stream) for group in fitted.groups]
        with Processes(n_processes) as processes:
            rho, source = pool_scatter(state, groups, [fit.mean for fit in fitted.fits], processes.map)
        say(f"{len(state):,} curves; scatter (median intra-class correlation) {np.median(rho):.4f}")
    columns = {"rho": rho, "dispersion_source": source, "n_tests": np.full(len(state), n_tests)}
    whole = pa.table(columns, schema=POOLED_SCHEMA)
    return [whole.slice(end - length, length) for end, length in zip(np.cumsum(lengths), lengths, strict=True)]


def measure_shard(packed: pa.Table, pooled: pa.Table, config: Mapping[str, object], n_processes: int) -> pa.Table:
    """Last pass of one shard: its tests, as MEASURED_SCHEMA.

    `packed` and `pooled` are what `fit_shard` and `pool_shards` gave for it; `config` is that of `measure_trials`.
    """
    if not len(packed):
        return MEASURED_SCHEMA.empty_table()
    frame, fitted = unpack_fits(packed, config["seed"])
    rho, n_tests = pooled["rho"].to_numpy(), pooled["n_tests"][0].as_py()
    with Processes(n_processes) as processes:
        settings = (config["emergence_threshold"], config["bootstrap"])
        measured = run_tests(frame, fitted, rho, n_tests, *settings, processes.map)
    return measured_table(measured.assign(dispersion_source=pooled["dispersion_source"].to_pandas()))
