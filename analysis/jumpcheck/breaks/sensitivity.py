"""How many verdicts change with each choice of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from jumpcheck.breaks.measuring import POOL_KEY, measure, pools_of
from jumpcheck.breaks.verdicts import breaks_of, effects_of

MAX_CURVES = 2000
"""Curves, those with the smallest numbers, that are tested again under every choice."""
BREAK_SIZES = {"log 2": np.log(2.0), "1": 1.0, "log 4": np.log(4.0)}
"""Values of smallest_break: a factor 2, e and 4 of the loss."""
_NO_CURVATURE = 1e-3
SENSITIVITY_SCHEMA = pa.schema(
    [("choice", pa.string()), ("verdict", pa.string()), ("verdict_then", pa.string()), ("n_curves", pa.int64())]
)


def sensitivity(
    curves: pd.DataFrame, pools: pd.DataFrame, settings: Mapping[str, object], run: Callable[..., Iterable] = map
) -> pa.Table:
    """SENSITIVITY_SCHEMA: verdicts on a sample of curves, as the run has it and under other choices.

    Half of every pool; a law without curvature; the scatter at both ends of its interval; other values of smallest_break;
    the effects of models taken out (table `model_effects`). The false discovery rate is that of the sample, in both cases.

    Parameters
    ----------
    curves, pools, settings, run
        As of `measuring.measure`; the settings are those of the table `settings`.

    """
    if not len(curves):
        return SENSITIVITY_SCHEMA.empty_table()
    sample = curves.nsmallest(MAX_CURVES, "curve_id")
    choices = {"": (pools, {})} | _choices(curves, pools, settings, run)
    # One piece of work per choice: every piece takes as long, and nobody waits in between.
    each = zip(*((sample, other_pools, settings | other) for other_pools, other in choices.values()), strict=True)
    measured, verdicts = zip(*run(_tested, *map(list, each)), strict=True)
    (before, *others), measured_before = verdicts, measured[0]
    then_by_choice = dict(zip(list(choices)[1:], others, strict=True))
    without = _without_effects(sample, effects_of(sample, measured_before, settings))
    then = _verdicts(sample, measure(without, pools, settings, run, verdicts_only=True), settings)
    then_by_choice["the effects of models taken out"] = then
    counts = []
    for choice, then in then_by_choice.items():
        pairs = pd.DataFrame({"verdict": before, "verdict_then": then}).value_counts(sort=False).sort_index()
        counts.append(pairs.rename("n_curves").reset_index().assign(choice=choice))
    return pa.Table.from_pandas(pd.concat(counts), SENSITIVITY_SCHEMA, preserve_index=False)


def _tested(sample: pd.DataFrame, pools: pd.DataFrame, settings: Mapping[str, object]) -> tuple[pa.Table, np.ndarray]:
    """What is measured of the sample under one choice, and its verdicts."""
    measured = measure(sample, pools, settings, verdicts_only=True)
    return measured, _verdicts(sample, measured, settings)


def _choices(curves: pd.DataFrame, pools: pd.DataFrame, settings: Mapping[str, object], run: Callable) -> dict:
    """{name: (pools, settings)} of every choice."""
    half = pools_of(curves.sort_values("curve_id").iloc[::2], run)
    missing = pools.merge(half[POOL_KEY], how="left", on=POOL_KEY, indicator=True)["_merge"] == "left_only"
    choices = {
        # A pool of one curve has no half.
        "half of every pool": (pd.concat([half, pools[missing.to_numpy()]]), {}),
        "a law of two parameters": (pools.assign(curvature=0.0, curvature_sd=_NO_CURVATURE), {}),
        "scatter at the low end of its interval": (
            pools.assign(weights=pools["weights_low"], weights_high=pools["weights_low"]),
            {},
        ),
        "scatter at the high end of its interval": (pools.assign(weights=pools["weights_high"]), {}),
    }
    for name, size in BREAK_SIZES.items():
        if not np.isclose(size, float(settings["smallest_break"])):
            choices[f"smallest_break = {name}"] = (pools, {"smallest_break": size})
    return choices


def _without_effects(sample: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """The curves with the estimated effects of models, shrunk by their standard errors, as known parts of their log loss."""
    noise = (effects["standard_error"] / effects["effect"]) ** 2
    shrunk = (effects["effect"] * np.maximum(0, 1 - noise)).fillna(0)
    keys = zip(effects["model_family"], effects["metric"], effects["scale"], strict=True)
    of_point = dict(zip(keys, shrunk, strict=True))
    rows = zip(sample["model_family"], sample["metric"], sample["scales"], strict=True)
    offset = [[-of_point.get((family, metric, scale), 0.0) for scale in scales] for family, metric, scales in rows]
    return sample.assign(offset=offset)


def _verdicts(sample: pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> np.ndarray:
    judged = breaks_of(sample, measured, settings).set_index("curve_id")
    return judged.loc[sample["curve_id"], "verdict"].to_numpy()


def in_words(table: pa.Table) -> str:
    """How many verdicts change under every choice, in a sentence for the end of a run."""
    frame = table.to_pandas()
    if frame.empty:
        return "no curve was tested"
    changed = (
        frame["n_curves"].where(frame["verdict"] != frame["verdict_then"], 0).groupby(frame["choice"], sort=False).sum()
    )
    n_curves = frame["n_curves"][frame["choice"] == frame["choice"].iloc[0]].sum()
    return f"of {n_curves:,} curves, " + ", ".join(f"{n:,} with {choice}" for choice, n in changed.items())
