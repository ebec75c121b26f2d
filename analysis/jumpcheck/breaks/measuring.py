"""What the break test measures of all curves of a run, before they are compared: pools, tests, scores beside the published.

Curves come as rows of the table `trials` (`score/sql/trials.sql`) and leave as rows of MEASURED_SCHEMA. The q values and
verdicts, which need all curves of the run, are made of them in SQL (`breaks/sql/breaks.sql`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import norm

from jumpcheck.base.columns import significant
from jumpcheck.breaks import break_tests, model_effects, other_laws, smooth_law
from jumpcheck.breaks.jump_sources import scores_beside
from jumpcheck.breaks.pools import CURVES_PER_CHUNK, Pools, estimate_pools, scatter_ends
from jumpcheck.breaks.smooth_law import Shares

POOL_KEY = ["model_family", "metric", "n_scales"]
MAX_POOL = 2000
"""Curves, those with the smallest numbers, that a larger pool is estimated from."""
LEAST_EFFECT = 0.05
"""Of the log loss. Effects of models that are smaller at all scales make no break: the curve is not tested with them in."""
MIN_POOL = 10
"""Curves that a pool needs to tell the scatter; with fewer the high end of its interval counts."""
_NUMBERS = [
    "level", "slope", "curvature", "floor", "scatter", "p_break", "log_ratio", "p_break_low_scatter",
    "log_ratio_low_scatter", "p_with_effects", "log_ratio_with_effects", "p_decoy", "log_ratio_decoy", "decoy_size_high",
    "p_rising", "break_scale", "break_size", "break_size_low", "break_size_up", "size_high", "high_scale",
    "n_to_decide", "p_chance", "chance_bound", "constant_answer",
    "score_low", "score_high", "score_without_ties", "score_noise_free", "n_resolve",
]  # fmt: skip
_EXACT = ("break_scale", "high_scale", "n_to_decide", "n_resolve", "constant_answer")
"""Numbers that are not rounded: scales and scores are those of the input, and counts are whole."""
MEASURED_SCHEMA = pa.schema(
    [
        ("curve_id", pa.int64()),
        *((name, pa.float64()) for name in _NUMBERS),
        ("other_law", pa.string()),
        *((name, pa.int64()) for name in ("n_pool", "n_other_tasks", "n_informative", "n_hidden", "n_ties")),
        *((name, pa.bool_()) for name in ("jump_is_hidden", "is_told_by_pool", "break_is_last")),
    ]
)
POOLS_SCHEMA = pa.schema(
    [("model_family", pa.string()), ("metric", pa.string()), ("n_scales", pa.int64()), ("with_effects", pa.bool_())]
    + [("n_pool", pa.int64())]
    + [(name, pa.float64()) for name in ("curvature", "curvature_sd", "correlation")]
    + [(name, pa.list_(pa.float64())) for name in ("weights", "weights_low", "weights_high")]
)
TASK_EFFECTS_SCHEMA = pa.schema(
    [
        ("model_family", pa.string()),
        ("metric", pa.string()),
        ("scale", pa.float64()),
        ("task", pa.string()),
        ("effect", pa.float64()),
        ("n_other_tasks", pa.int64()),
    ]
)
MODEL_EFFECTS_SCHEMA = pa.schema(
    [("model_family", pa.string()), ("metric", pa.string()), ("scale", pa.float64())]
    + [(name, pa.int64()) for name in ("n_curves", "n_tasks", "n_tasks_better")]
    + [(name, pa.float64()) for name in ("effect", "standard_error", "taken_out")]
)


_EFFECT_ROUNDS = 2


class Estimates(NamedTuple):
    """What all curves of a run tell of each other."""

    pools: pd.DataFrame
    """POOLS_SCHEMA: of every pool, with the effects of models in the curves and without."""
    task_effects: pd.DataFrame
    """TASK_EFFECTS_SCHEMA: the effect of every scale for a task, from the other tasks."""
    model_effects: pd.DataFrame
    """MODEL_EFFECTS_SCHEMA: the table `model_effects`."""

    def tables(self) -> dict[str, pa.Table]:
        """The three by name, as they are written."""
        schemas = (POOLS_SCHEMA, TASK_EFFECTS_SCHEMA, MODEL_EFFECTS_SCHEMA)
        return {
            name: pa.Table.from_pandas(frame, schema, preserve_index=False)
            for name, frame, schema in zip(self._fields, self, schemas, strict=True)
        }


def testable(trials: pa.Table) -> pd.DataFrame:
    """The curves of the table `trials` that can be tested."""
    return trials.filter(pc.is_null(trials["not_testable"])).to_pandas()


def read_testable(paths: Sequence[str]) -> pd.DataFrame:
    """`testable` of the Parquet files of all shards together."""
    return pd.concat([testable(pq.read_table(path)) for path in paths], ignore_index=True)


def shares_of(curves: pd.DataFrame) -> Shares:
    """Curves of one number of scales as arrays."""
    scales, y, models = (np.array(curves[name].tolist(), float) for name in ("scales", "ys", "n_models"))
    examples = curves["n_examples"].to_numpy(float)
    offset = np.array(curves["offset"].tolist(), float) if "offset" in curves.columns else None
    chance = curves["chance"].to_numpy(float)[:, None]
    return Shares(np.log(scales), y, examples[:, None] * models, chance, offset, examples)


def in_pools(curves: pd.DataFrame) -> Iterable[tuple[tuple, pd.DataFrame]]:
    """(key, curves) of every pool; the order of curves is that of their numbers, whatever shard they come from."""
    return curves.sort_values("curve_id").groupby(POOL_KEY, sort=True)


def estimates(curves: pd.DataFrame, run: Callable[..., Iterable] = map) -> Estimates:
    """What the curves of every pool have in common, and the effects of models.

    Effects need fitted laws, and laws need what the pools tell. So pools are estimated, and the effects of every scale from
    all curves; then both again, twice, with these effects taken out of the curves, because laws bend towards a model that is
    better.

    Parameters
    ----------
    curves : DataFrame
        Testable rows of `trials`.
    run : callable
        Like `map`, perhaps in several processes.

    """
    if not len(curves):
        schemas = (POOLS_SCHEMA, TASK_EFFECTS_SCHEMA, MODEL_EFFECTS_SCHEMA)
        return Estimates(*(schema.empty_table().to_pandas() for schema in schemas))
    curves = curves.sort_values("curve_id")
    with_effects = pools_of(curves, run)
    effects = model_effects.of_tasks(_points(curves, with_effects, run))
    for _ in range(_EFFECT_ROUNDS):
        before, cleared = effects, model_effects.attached(curves, effects)
        pools = pools_of(cleared, run)
        points = _points(cleared, pools, run)
        effects = model_effects.of_tasks(points, before)
    table = model_effects.of_models(points, before, effects)
    both = pd.concat([with_effects, pools], ignore_index=True)
    return Estimates(both, effects[TASK_EFFECTS_SCHEMA.names], table[MODEL_EFFECTS_SCHEMA.names])


def pools_of(curves: pd.DataFrame, run: Callable[..., Iterable] = map) -> pd.DataFrame:
    """POOLS_SCHEMA of the curves as they are: with_effects is false where they have a column offset."""
    parts = [(key, of_pool.head(MAX_POOL)) for key, of_pool in in_pools(curves)]
    found = run(_pool_of, [part for _, part in parts])
    with_effects = "offset" not in curves
    rows = [(*key, with_effects, len(part), *pool) for (key, part), pool in zip(parts, found, strict=True)]
    return pd.DataFrame(rows, columns=POOLS_SCHEMA.names)


def _pool_of(curves: pd.DataFrame) -> tuple:
    shares, pool = shares_of(curves), np.zeros(len(curves), int)
    pools = estimate_pools(shares, pool)
    low, high = scatter_ends(shares, pools)
    return (
        *(float(part[0]) for part in (pools.curvature, pools.curvature_sd, pools.correlation)),
        pools.weights[0],
        low,
        high,
    )


def _points(curves: pd.DataFrame, pools: pd.DataFrame, run: Callable[..., Iterable]) -> pd.DataFrame:
    """What the points of all curves say of the effects of models, as `model_effects.of_tasks` reads it."""
    of_key = {tuple(row[POOL_KEY]): row for _, row in pools.iterrows()}
    parts = _pieces(curves)
    sums = list(run(_sums_of, [part for _, part in parts], [_pool_in(of_key[key], "weights") for key, _ in parts]))
    whole = pd.concat([part for _, part in parts]) if parts else curves
    return model_effects.points_of(whole, sums)


def _sums_of(curves: pd.DataFrame, pool: Pools) -> tuple[np.ndarray, np.ndarray]:
    return model_effects.point_sums(shares_of(curves), pool)


def _pool_in(row: Mapping[str, object], weights: str) -> Pools:
    """A row of POOLS_SCHEMA as arrays, with one of its three distributions of the scatter."""
    single = (np.array([row[name]], float) for name in ("curvature", "curvature_sd"))
    return Pools(*single, np.array([row[weights]], float), np.array([row["correlation"]], float))


def _pieces(curves: pd.DataFrame) -> list[tuple[tuple, pd.DataFrame]]:
    """(key of the pool, curves) of every piece of work."""
    size = CURVES_PER_CHUNK
    return [
        (key, of_pool.iloc[start : start + size])
        for key, of_pool in in_pools(curves)
        for start in range(0, len(of_pool), size)
    ]


def measure(
    curves: pd.DataFrame,
    pools: pd.DataFrame,
    config: Mapping[str, object],
    run: Callable[..., Iterable] = map,
    verdicts_only: bool = False,
) -> pa.Table:
    """Test every curve, given the pools of the run: MEASURED_SCHEMA, in the order of curve_id.

    Parameters
    ----------
    curves, pools : DataFrame
        Testable rows of `trials`, with `model_effects.attached` where the effects of models are to be taken out, and the
        pools of `estimates` of the whole run.
    config : mapping
        smallest_break, emergence_threshold, sharpness_threshold and seed.
    run : callable
        Like `map`, perhaps in several processes. The result does not depend on it.
    verdicts_only : bool
        Whether the scores beside the published one, of which no verdict depends, are left out.

    """
    if not len(curves):
        return MEASURED_SCHEMA.empty_table()
    of_key = {(*(row[name] for name in POOL_KEY), row["with_effects"]): row for row in pools.to_dict("records")}
    size, pieces = CURVES_PER_CHUNK, _pieces(curves)
    # Where no effects were taken out both are one.
    rows = [(of_key[(*key, True)], of_key.get((*key, False))) for key, _ in pieces]
    work = [(part, other or own, own) for (_, part), (own, other) in zip(pieces, rows, strict=True)]
    # Pools are often small: some of them together are one piece of work.
    batches, n = [[]], 0
    for part in work:
        batches[-1].append(part)
        n += len(part[0])
        if n >= size:
            batches, n = [*batches, []], 0
    tables = [
        table
        for batch in run(_measure_batch, batches, *([value] * len(batches) for value in (config, verdicts_only)))
        for table in batch
    ]
    whole = pd.concat(tables).sort_values("curve_id")
    for name in set(_NUMBERS) - set(_EXACT):
        values = whole[name].to_numpy(float)
        # A slope or curvature of a symmetric curve is 0 but for rounding.
        values = np.where(np.abs(values) < 1e-12, 0.0, values) if name in ("level", "slope", "curvature") else values
        whole[name] = significant(values)
    # NaN is no value of Parquet's readers: what has no estimate is NULL.
    arrays = [pa.array(whole[field.name], field.type, from_pandas=True) for field in MEASURED_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=MEASURED_SCHEMA)


def measured_alone(curves: pd.DataFrame, config: Mapping[str, object], run: Callable[..., Iterable] = map) -> pa.Table:
    """`measure` of curves that are the whole run: estimates, and the effects of models taken out."""
    told = estimates(curves, run)
    return measure(model_effects.attached(curves, told.task_effects), told.pools, config, run)


def _measure_batch(
    batch: list[tuple[pd.DataFrame, Mapping, Mapping]], config: Mapping[str, object], verdicts_only: bool
) -> list[pd.DataFrame]:
    return [_measured(*piece, config, verdicts_only) for piece in batch]


def _measured(
    curves: pd.DataFrame, pool: Mapping, with_effects: Mapping, config: Mapping[str, object], verdicts_only: bool
) -> pd.DataFrame:
    """MEASURED_SCHEMA of curves of one pool, by the two rows of POOLS_SCHEMA that it has."""
    shares, of_pool = shares_of(curves), np.zeros(len(curves), int)
    settings = float(config["smallest_break"]), int(config["seed"])
    is_told = pool["n_pool"] >= MIN_POOL
    weights = "weights" if is_told else "weights_high"
    tested = break_tests.tested_breaks(shares, of_pool, _pool_in(pool, weights), *settings)
    row, half, scales = (
        np.arange(len(curves)),
        norm.ppf(0.975) * tested["break_size_se"],
        np.array(curves["scales"].tolist()),
    )
    known = tested["p_break"].notna()
    found = tested.assign(
        curve_id=curves["curve_id"].to_numpy(),
        n_pool=pool["n_pool"],
        n_other_tasks=curves["n_other_tasks"].to_numpy() if "n_other_tasks" in curves else 0,
        other_law=tested["other_law"].map(dict(enumerate(other_laws.NAMES))),
        is_told_by_pool=is_told,
        break_scale=pd.Series(scales[row, tested["place"]]).where(known),
        break_is_last=pd.Series(tested["place"] == scales.shape[1] - 1, dtype=object).where(known, None),
        high_scale=pd.Series(scales[row, tested["high_place"]]).where(known),
        break_size_low=tested["break_size"] - half,
        break_size_up=tested["break_size"] + half,
        p_break_low_scatter=np.nan,
        log_ratio_low_scatter=np.nan,
        p_with_effects=np.nan,
        log_ratio_with_effects=np.nan,
    )
    if not is_told:
        other = break_tests.p_values_alone(shares, of_pool, _pool_in(pool, "weights_low"), *settings)
        found[["p_break_low_scatter", "log_ratio_low_scatter"]] = other[["p_break", "log_ratio"]]
    moved = [] if shares.offset is None else np.flatnonzero(np.abs(shares.offset).max(axis=1) > LEAST_EFFECT)
    if len(moved):
        as_published = replace(shares.take(moved), offset=None)
        other = break_tests.p_values_alone(as_published, of_pool[moved], _pool_in(with_effects, weights), *settings)
        # Where the models of the scale do not move the other tasks, a break is not of the family.
        is_moved = -np.diff(shares.offset[moved], axis=1)[np.arange(len(moved)), other["place"] - 1] >= LEAST_EFFECT
        found.loc[moved, "p_with_effects"] = np.where(is_moved | other["p_break"].isna(), other["p_break"], 1.0)
        found.loc[moved, "log_ratio_with_effects"] = other["log_ratio"].to_numpy()
    if verdicts_only:
        return found.reindex(columns=MEASURED_SCHEMA.names)
    return pd.concat([found, _beside(curves, shares, tested, config)], axis=1)[MEASURED_SCHEMA.names]


def _beside(curves: pd.DataFrame, shares: Shares, tested: pd.DataFrame, config: Mapping[str, object]) -> pd.DataFrame:
    """The scores beside the published one (`jump_sources`)."""
    score = curves["improvement_score"].to_numpy(float, na_value=np.nan)
    jump = np.maximum(
        config["emergence_threshold"], config["sharpness_threshold"] * curves["straight_line_score"].to_numpy(float)
    )
    mean = smooth_law.law(shares.x, tested[["level", "slope", "curvature", "floor"]].to_numpy(float))
    stream = curves["curve_id"].to_numpy()
    return scores_beside(shares, mean, tested["scatter"].to_numpy(), score, jump, stream, int(config["seed"]))
