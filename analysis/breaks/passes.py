"""The mirage test of many curves in three passes: fit each, pool their scatter, test each.

For every curve of shares with a known number of examples and chance rate the law of `analysis.breaks.law` is fitted, and

- p_smooth asks whether the law fits: deviance / dispersion against its distribution under the fitted law;
- p_sharp asks whether the law gives so large an improvement score: its parametric bootstrap, stopped sequentially;
- the forecast asks whether the largest scale could be foreseen from the others.

Results depend on no other curve of the run but for rho (see `analysis.breaks.scatter`) and the number of tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2

from analysis.base.parallel import Processes
from analysis.breaks import fitting, intervals
from analysis.breaks.bootstrap import DRAWS_PER_TEST, examples_to_resolve, sharp_test
from analysis.breaks.goodness import deviance_moments, goodness_of_fit
from analysis.breaks.law import OK, UNBOUNDED, Fit, Points
from analysis.breaks.scatter import (
    Group,
    is_informative,
    n_free_parameters,
    own_scatter,
    pool_scatter,
)
from analysis.breaks.streams import RESOLVE, SHARP, generator, point_rho, streams
from analysis.score.definition import emergence_scores

MIN_SCALES = 5
"""A test needs so many scales; curves of 3 and 4 are fitted and not tested."""
CURVES_PER_CHUNK = 4000
CURVES_PER_BOOTSTRAP = 20
"""Bootstraps of so many curves are one piece of work: some take a thousand times as long as others."""
NOT_PREDICTABLE = "not predictable from these scales"

TESTED = [
    "slope", "slope_se", "slope_low", "slope_high", "intercept", "fit_status", "deviance", "rho", "dispersion",
    "dispersion_source", "p_smooth", "p_smooth_binomial", "p_sharp", "n_draws", "score_noise_free", "n_resolve",
    "forecast_low", "forecast_high", "forecast_hit", "forecast_status",
    "forecast_far_low", "forecast_far_high", "forecast_far_hit", "forecast_far_status",
]  # fmt: skip
"""What is measured of every curve."""
_TYPES = {
    "n_draws": pa.int64(), "n_resolve": pa.int64(), "forecast_hit": pa.bool_(), "forecast_far_hit": pa.bool_(),
    **dict.fromkeys(["fit_status", "dispersion_source", "forecast_status", "forecast_far_status"], pa.string()),
}  # fmt: skip
MEASURED_SCHEMA = pa.schema([("curve_id", pa.int64()), *((name, _TYPES.get(name, pa.float64())) for name in TESTED)])


def groups_of(frame: pd.DataFrame, seed: int) -> list[Group]:
    """Curves of the same number of scales together, at most CURVES_PER_CHUNK of them.

    Sums over a padded row would depend on the padding in their last bit, so there is none.
    """
    stream = streams(frame, seed)
    lengths = frame["scales"].map(len).to_numpy()
    groups = []
    has_chance = frame["chance"].to_numpy(float) > 0  # without it a fit takes less time
    for length, chance in sorted(set(zip(lengths.tolist(), has_chance.tolist(), strict=True))):
        rows = np.flatnonzero((lengths == length) & (has_chance == chance))
        for start in range(0, len(rows), CURVES_PER_CHUNK):
            part = rows[start : start + CURVES_PER_CHUNK]
            scales, scores, models = (
                np.array([np.asarray(v, float) for v in frame[name].iloc[part]]) for name in ("scales", "ys", "n_models")
            )
            n_examples = frame["n_examples"].iloc[part].to_numpy(float)
            points = Points(np.log(scales), scores, n_examples[:, None] * models, frame["chance"].iloc[part].to_numpy(float))
            groups.append(Group(part, points, n_examples, stream[part]))
    return groups


def _fit_group(group: Group) -> tuple[Fit, np.ndarray, np.ndarray]:
    """(fit, own scatter, informative) of the curves of one group."""
    fitted = fitting.fit(group.points)
    own = own_scatter(fitted.deviance, group.points.n.shape[1] - n_free_parameters(fitted.status), group.n_examples)
    return fitted, own, is_informative(group.points, fitted.mean)


class _Bootstrap(NamedTuple):
    """What the bootstrap of one curve needs; `is_drawn` and `is_resolved` say which of its two parts are wanted."""

    y: np.ndarray
    n: np.ndarray
    mean: np.ndarray
    n_examples: float
    rho: float
    stream: np.ndarray
    is_drawn: bool
    is_resolved: bool


def _bootstrap(curves: list[_Bootstrap], threshold: float, max_draws: int) -> list[tuple[float, float, float]]:
    """(p_sharp, n_draws, n_resolve) of every curve, NaN where there is none."""
    results = []
    for curve in curves:
        p_sharp = n_draws = n_resolve = np.nan
        if curve.is_drawn:
            spread = point_rho(curve.rho, curve.n_examples, curve.n)
            rng = generator(curve.stream, SHARP)
            p_sharp, n_draws = sharp_test(curve.y, curve.n, curve.mean, spread, max_draws, rng)
        if curve.is_resolved:
            rng = generator(curve.stream, RESOLVE)
            size = examples_to_resolve(curve.mean, int(curve.n_examples), curve.rho, threshold, rng)
            n_resolve = np.nan if size is None else size
        results.append((p_sharp, n_draws, n_resolve))
    return results


def _bootstraps_of(
    group: Group, fitted: Fit, rho: np.ndarray, is_drawn: np.ndarray, is_resolved: np.ndarray
) -> list[_Bootstrap]:
    """The curves of one group that have a bootstrap."""
    points = group.points
    return [
        _Bootstrap(
            points.y[k],
            points.n[k],
            fitted.mean[k],
            group.n_examples[k],
            rho[k],
            group.stream[k],
            is_drawn[k],
            is_resolved[k],
        )
        for k in np.flatnonzero(is_drawn | is_resolved)
    ]


def _measure_group(group: Group, fitted: Fit, rho: np.ndarray) -> dict[str, np.ndarray]:
    """The columns TESTED of one group, but those of the scatter's source and of the bootstrap."""
    points = group.points
    dispersion = 1 + (group.n_examples - 1) * rho
    moments = deviance_moments(fitted.mean, points.n)
    used = n_free_parameters(fitted.status)
    noise_free = emergence_scores(fitted.mean)
    noise_free = np.where(np.isneginf(noise_free), np.nan, noise_free)  # a law that falls at once says nothing of a jump
    return {
        **_slopes(points, fitted, dispersion),
        **_forecasts(points, dispersion),
        "intercept": fitted.intercept,
        "fit_status": fitted.status,
        "deviance": fitted.deviance,
        "rho": rho,
        "dispersion": dispersion,
        "p_smooth": goodness_of_fit(fitted.deviance, dispersion, moments, used),
        "p_smooth_binomial": goodness_of_fit(fitted.deviance, np.ones(len(rho)), moments, used),
        "score_noise_free": noise_free,
    }


def _slopes(points: Points, fitted: Fit, dispersion: np.ndarray) -> dict[str, np.ndarray]:
    """Slopes with their standard errors and 95 % bounds."""
    # Of an unbounded slope only one side can be bounded, and that bound has all of the 5 %.
    rise = np.where(fitted.status == UNBOUNDED, chi2.ppf(0.90, 1), chi2.ppf(0.95, 1)) * dispersion
    standard_error = fitted.slope_se * np.sqrt(dispersion)
    return {
        "slope": fitted.slope,
        "slope_se": np.where(fitted.status == OK, standard_error, np.nan),
        "slope_low": intervals.slope_bounds(points, fitted, rise, -1),
        "slope_high": intervals.slope_bounds(points, fitted, rise, 1),
    }


def _forecasts(points: Points, dispersion: np.ndarray) -> dict[str, np.ndarray]:
    """90 % intervals for the score at the largest scale, from all but the largest and all but the two largest scales."""
    n_curves, n_scales = points.n.shape
    columns = {}
    for name, n_held_out in (("forecast", 1), ("forecast_far", 2)):
        if n_scales < MIN_SCALES:
            low = high = np.full(n_curves, np.nan)
            status = np.full(n_curves, "too_few_scales", object)
        else:
            low, high = intervals.predict(points, n_held_out, chi2.ppf(0.90, 1) * dispersion)
            # Scores below chance are noise, so that an interval down to chance rules nothing out.
            anything = (low <= points.chance) & (high == 1)
            status = np.where(anything, NOT_PREDICTABLE, "ok").astype(object)
        last = points.y[:, -1]
        hit = np.where(np.isnan(low), np.nan, (low <= last) & (last <= high))
        columns |= {f"{name}_low": low, f"{name}_high": high, f"{name}_hit": hit, f"{name}_status": status}
    return columns


@dataclass(frozen=True)
class Fitted:
    """The curves of one frame with their fits: what the first pass leaves for the others."""

    groups: list[Group]
    fits: list[Fit]
    own_scatter: np.ndarray
    informative: np.ndarray
    """The last two in the order of the frame."""


def fit_curves(frame: pd.DataFrame, seed: int = 0, run: Callable[..., Iterable] = map) -> Fitted:
    """First pass: fit every curve. Nothing of a curve depends on another one."""
    groups = groups_of(frame, seed)
    results = list(run(_fit_group, groups))
    own, informative = np.full(len(frame), np.nan), np.zeros(len(frame), bool)
    for group, (_, own_of_group, informative_of_group) in zip(groups, results, strict=True):
        own[group.rows], informative[group.rows] = own_of_group, informative_of_group
    return Fitted(groups, [fitted for fitted, _, _ in results], own, informative)


def run_tests(
    frame: pd.DataFrame,
    fitted: Fitted,
    rho: np.ndarray,
    n_tests: int,
    emergence_threshold: float,
    bootstrap: str = "jumps",
    run: Callable[..., Iterable] = map,
) -> pd.DataFrame:
    """Last pass: test every curve of a frame, given its scatter `rho` and the number of tests of the run.

    Returns curve_id and TESTED but dispersion_source, one row per row of `frame`, in its order.
    """
    is_testable = frame["is_testable"].to_numpy(bool)
    is_jump = is_testable & (frame["improvement_score"].to_numpy(float, na_value=np.nan) > emergence_threshold)
    is_drawn = is_testable if bootstrap == "all" else is_jump
    max_draws = int(DRAWS_PER_TEST * max(n_tests, 1)) + 1
    rho_of_group = [rho[group.rows] for group in fitted.groups]
    measured = list(run(_measure_group, fitted.groups, fitted.fits, rho_of_group))
    wanted, rows = [], []
    for group, fit, scatter, columns in zip(fitted.groups, fitted.fits, rho_of_group, measured, strict=True):
        is_resolved = is_jump[group.rows] & ~(columns["score_noise_free"] >= emergence_threshold)
        wanted += _bootstraps_of(group, fit, scatter, is_drawn[group.rows], is_resolved)
        rows += group.rows[is_drawn[group.rows] | is_resolved].tolist()
    batches = [wanted[k : k + CURVES_PER_BOOTSTRAP] for k in range(0, len(wanted), CURVES_PER_BOOTSTRAP)]
    drawn = run(_bootstrap, batches, [emergence_threshold] * len(batches), [max_draws] * len(batches))
    bootstrapped = np.full((len(frame), 3), np.nan)
    bootstrapped[rows] = [result for batch in drawn for result in batch] or np.empty((0, 3))

    out = frame[["curve_id"]].reset_index(drop=True)
    out[["p_sharp", "n_draws", "n_resolve"]] = bootstrapped
    for name in TESTED:
        if name == "dispersion_source" or name in out:
            continue
        column = np.empty(len(frame), object if measured and measured[0][name].dtype == object else float)
        for group, columns in zip(fitted.groups, measured, strict=True):
            column[group.rows] = columns[name]
        out[name] = column
    return out[["curve_id", *(name for name in TESTED if name != "dispersion_source")]]


def fit_and_test(
    frame: pd.DataFrame,
    emergence_threshold: float,
    seed: int = 0,
    bootstrap: str = "jumps",
    n_processes: int = 1,
    say: Callable[[str], None] = lambda line: None,
    n_tests: int | None = None,
) -> pd.DataFrame:
    """Fit and test every curve: the three passes over one frame.

    Parameters
    ----------
    frame : DataFrame
        One row per curve: CURVE_KEY and curve_id; scales, ys, n_models (lists of one length, by rising scale: scale, mean
        share and number of models); n_examples (of one model), chance; is_testable, improvement_score. Curves that are not
        testable are fitted and count in no pool of tests.
    emergence_threshold : float
        A jump is an improvement score above this.
    seed : int
        Of all random streams.
    bootstrap : str
        "jumps" draws for testable curves that jump, "all" for all testable ones.
    n_processes : int
        The result does not depend on it.
    say : callable
        Takes a line about the run.
    n_tests : int, optional
        Number of tests among which Benjamini-Hochberg will be applied, by which the draws are limited; by default that
        of the testable curves.

    Returns
    -------
    DataFrame
        curve_id and TESTED, one row per row of `frame`, in its order.

    """
    if not len(frame):
        return pd.DataFrame(columns=["curve_id", *TESTED])
    n_tests = int(frame["is_testable"].sum()) if n_tests is None else n_tests
    with Processes(n_processes if len(frame) > CURVES_PER_CHUNK // 10 else 1) as pool:
        fitted = fit_curves(frame, seed, pool.map)
        state = frame[["model_family", "metric"]].reset_index(drop=True)
        state = state.assign(own_scatter=fitted.own_scatter, informative=fitted.informative)
        rho, source = pool_scatter(state, fitted.groups, [fit.mean for fit in fitted.fits], pool.map)
        say(f"{len(frame):,} curves fitted; scatter (median intra-class correlation) {np.median(rho):.4f}")
        measured = run_tests(frame, fitted, rho, n_tests, emergence_threshold, bootstrap, pool.map)
    return measured.assign(dispersion_source=source)[["curve_id", *TESTED]]


def curves_to_fit(trials: pa.Table) -> pa.Table:
    """The rows of the table `trials` (see `steps/trials.sql`) that can be fitted, with `is_testable`."""
    rows = trials.filter(trials["is_fitted"])
    # DuckDB declares a column without NULL as one that never has any, and so do not all shards.
    rows = rows.cast(pa.schema([field.with_nullable(True) for field in rows.schema]))
    return rows.append_column("is_testable", pc.is_null(rows["not_testable"]))


def measured_table(measured: pd.DataFrame) -> pa.Table:
    """curve_id and TESTED in MEASURED_SCHEMA."""
    # NaN is no value of Parquet's readers: what has no estimate is NULL.
    arrays = [pa.array(measured[field.name], field.type, from_pandas=True) for field in MEASURED_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=MEASURED_SCHEMA)


def measure_trials(trials: pa.Table, config: Mapping[str, object], n_processes: int, say: Callable[[str], None]) -> pa.Table:
    """`fit_and_test` of the curves of the table `trials` that can be fitted, as MEASURED_SCHEMA.

    `config` has emergence_threshold, seed and bootstrap.
    """
    settings = (config[name] for name in ("emergence_threshold", "seed", "bootstrap"))
    return measured_table(fit_and_test(curves_to_fit(trials).to_pandas(), *settings, n_processes, say))
