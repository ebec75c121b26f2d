"""What the break test measures of all curves of a run, before they are compared: pools, tests, scores beside the published.

Curves come as rows of the table `trials` (`score/sql/trials.sql`) and leave as rows of MEASURED_SCHEMA. The q values and
verdicts, which need all curves of the run, are made of them in SQL (`breaks/sql/breaks.sql`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import norm

from jumpcheck.base.columns import significant
from jumpcheck.breaks import break_tests, smooth_law
from jumpcheck.breaks.break_tests import Pools
from jumpcheck.breaks.jump_sources import scores_beside
from jumpcheck.breaks.smooth_law import Shares

POOL_KEY = ["model_family", "metric", "n_scales"]
MAX_POOL = 2000
"""Curves, those with the smallest numbers, that a larger pool is estimated from."""
MIN_POOL = 10
"""Curves that a pool needs to tell the scatter; with fewer the high end of its interval counts."""
_NUMBERS = [
    "level", "slope", "curvature", "floor", "scatter", "p_break", "p_break_low_scatter", "break_scale", "break_size",
    "break_size_low", "break_size_up", "size_high", "high_scale",
    "n_to_decide", "p_chance", "chance_bound", "constant_answer",
    "score_low", "score_high", "score_without_ties", "score_noise_free", "n_resolve",
]  # fmt: skip
_EXACT = ("break_scale", "high_scale", "n_to_decide", "n_resolve", "constant_answer")
"""Numbers that are not rounded: scales and scores are those of the input, and counts are whole."""
MEASURED_SCHEMA = pa.schema(
    [("curve_id", pa.int64())]
    + [(name, pa.float64()) for name in _NUMBERS]
    + [(name, pa.list_(pa.float64())) for name in ("point_scores", "point_informations")]
    + [(name, pa.int64()) for name in ("n_pool", "n_informative", "n_hidden", "n_ties")]
    + [(name, pa.bool_()) for name in ("jump_is_hidden", "is_told_by_pool")]
)
POOLS_SCHEMA = pa.schema(
    [("model_family", pa.string()), ("metric", pa.string()), ("n_scales", pa.int64()), ("n_pool", pa.int64())]
    + [("curvature", pa.float64()), ("curvature_sd", pa.float64())]
    + [(name, pa.list_(pa.float64())) for name in ("weights", "weights_low", "weights_high")]
)


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


def pools_of(curves: pd.DataFrame, run: Callable[..., Iterable] = map) -> pd.DataFrame:
    """POOLS_SCHEMA: what the curves of every model family, metric and number of scales have in common.

    Parameters
    ----------
    curves : DataFrame
        Testable rows of `trials`.
    run : callable
        Like `map`, perhaps in several processes.

    """
    parts = [(key, of_pool.head(MAX_POOL)) for key, of_pool in in_pools(curves)]
    found = run(_pool_of, [part for _, part in parts])
    rows = [(*key, len(part), *pool) for (key, part), pool in zip(parts, found, strict=True)]
    return pd.DataFrame(rows, columns=POOLS_SCHEMA.names)


def _pool_of(curves: pd.DataFrame) -> tuple:
    shares, pool = shares_of(curves), np.zeros(len(curves), int)
    pools = break_tests.estimate_pools(shares, pool)
    low, high = break_tests.scatter_ends(shares, pools)
    return float(pools.curvature[0]), float(pools.curvature_sd[0]), pools.weights[0], low, high


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
        Testable rows of `trials`, and `pools_of` of the whole run. Where `curves` has a column offset, it is how much higher
        the log loss is known to be at every scale.
    config : mapping
        smallest_break, emergence_threshold, sharpness_threshold and seed.
    run : callable
        Like `map`, perhaps in several processes. The result does not depend on it.
    verdicts_only : bool
        Whether the scores beside the published one, of which no verdict depends, are left out.

    """
    if not len(curves):
        return MEASURED_SCHEMA.empty_table()
    of_key = {tuple(row[:3]): row for row in pools[POOLS_SCHEMA.names].itertuples(index=False, name=None)}
    size = break_tests.CURVES_PER_CHUNK
    work = [
        (of_pool.iloc[start : start + size], of_key[key])
        for key, of_pool in in_pools(curves)
        for start in range(0, len(of_pool), size)
    ]
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


def _measure_batch(
    batch: list[tuple[pd.DataFrame, tuple]], config: Mapping[str, object], verdicts_only: bool
) -> list[pd.DataFrame]:
    return [_measured(curves, pool, config, verdicts_only) for curves, pool in batch]


def _measured(curves: pd.DataFrame, pool: tuple, config: Mapping[str, object], verdicts_only: bool) -> pd.DataFrame:
    """MEASURED_SCHEMA of curves of one pool, a row of POOLS_SCHEMA."""
    _, _, _, n_pool, curvature, curvature_sd, *weights = pool
    usual, low, high = (
        Pools(np.array([curvature]), np.array([curvature_sd]), np.array([values], float)) for values in weights
    )
    shares, of_pool = shares_of(curves), np.zeros(len(curves), int)
    settings = float(config["smallest_break"]), int(config["seed"])
    is_told = n_pool >= MIN_POOL
    tested = break_tests.tested_breaks(shares, of_pool, usual if is_told else high, *settings)
    other = None if is_told else break_tests.tested_breaks(shares, of_pool, low, *settings)
    row, half, scales = (
        np.arange(len(curves)),
        norm.ppf(0.975) * tested["break_size_se"],
        np.array(curves["scales"].tolist()),
    )
    known = tested["p_break"].notna()
    found = tested.assign(
        curve_id=curves["curve_id"].to_numpy(),
        n_pool=n_pool,
        is_told_by_pool=is_told,
        break_scale=pd.Series(scales[row, tested["place"]]).where(known),
        high_scale=pd.Series(scales[row, tested["high_place"]]).where(known),
        break_size_low=tested["break_size"] - half,
        break_size_up=tested["break_size"] + half,
        p_break_low_scatter=np.nan if is_told else other["p_break"],
    )
    if verdicts_only:
        return found.reindex(columns=MEASURED_SCHEMA.names)
    score = curves["improvement_score"].to_numpy(float, na_value=np.nan)
    jump = np.maximum(
        config["emergence_threshold"], config["sharpness_threshold"] * curves["straight_line_score"].to_numpy(float)
    )
    mean = smooth_law.law(shares.x, tested[["level", "slope", "curvature", "floor"]].to_numpy(float))
    beside = scores_beside(
        shares, mean, tested["scatter"].to_numpy(), score, jump, found["curve_id"].to_numpy(), int(config["seed"])
    )
    return pd.concat([found, beside], axis=1)[MEASURED_SCHEMA.names]
