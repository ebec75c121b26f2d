"""How many verdicts change with each choice of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jumpcheck.breaks.measuring import POOL_KEY, measure, pools_of
from jumpcheck.breaks.verdicts import breaks_of

MAX_CURVES = 2000
"""Curves with a p_break, those with the smallest numbers, that are tested again under every choice."""
BREAK_SIZES = {"log 2": np.log(2.0), "1": 1.0, "log 4": np.log(4.0)}
"""Values of smallest_break: a factor 2, e and 4 of the loss."""
_NO_CURVATURE = 1e-3
SENSITIVITY_SCHEMA = pa.schema(
    [("choice", pa.string()), ("verdict", pa.string()), ("verdict_then", pa.string()), ("n_curves", pa.int64())]
)


def sensitivity(
    curves: pd.DataFrame,
    pools: pd.DataFrame,
    measured: pa.Table,
    settings: Mapping[str, object],
    run: Callable[..., Iterable] = map,
) -> pa.Table:
    """SENSITIVITY_SCHEMA: verdicts on the curves that have a p_break, as the run has it and under other choices.

    Half of every pool; a law without curvature; the scatter at both ends of its interval; other values of smallest_break;
    the effects of models (table `model_effects`) left in. At most MAX_CURVES of them, among which alone the false
    discovery rate is, in both cases.

    Parameters
    ----------
    curves, pools, settings, run
        As of `measuring.measure`; the settings are those of the table `settings`.
    measured : Table
        What `measuring.measure` made of them.

    """
    measured = measured.filter(pc.is_valid(measured["p_break"])).sort_by("curve_id").slice(0, MAX_CURVES)
    sample = curves[curves["curve_id"].isin(measured["curve_id"].to_pylist())]
    if not len(sample):
        return SENSITIVITY_SCHEMA.empty_table()
    choices = _choices(curves, pools, settings, run)
    # One piece of work per choice: every piece takes as long, and nobody waits in between.
    with_effects = pools[pools["with_effects"]]
    samples = [sample] * len(choices) + [sample.drop(columns=["offset", "n_other_tasks"], errors="ignore")]
    each = [pools for pools, _ in choices.values()] + [with_effects]
    others = [settings | other for _, other in choices.values()] + [settings]
    then_by_choice = dict(zip([*choices, "the effects of models left in"], run(_tested, samples, each, others), strict=True))
    before = _verdicts(sample, measured, settings)
    counts = []
    for choice, then in then_by_choice.items():
        pairs = pd.DataFrame({"verdict": before, "verdict_then": then}).value_counts(sort=False).sort_index()
        counts.append(pairs.rename("n_curves").reset_index().assign(choice=choice))
    return pa.Table.from_pandas(pd.concat(counts), SENSITIVITY_SCHEMA, preserve_index=False)


def _tested(sample: pd.DataFrame, pools: pd.DataFrame, settings: Mapping[str, object]) -> np.ndarray:
    """Verdicts on the sample under one choice."""
    return _verdicts(sample, measure(sample, pools, settings, verdicts_only=True), settings)


def _verdicts(sample: pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> np.ndarray:
    judged = breaks_of(sample, measured, settings).set_index("curve_id")
    return judged.loc[sample["curve_id"], "verdict"].to_numpy()


def _choices(curves: pd.DataFrame, pools: pd.DataFrame, settings: Mapping[str, object], run: Callable) -> dict:
    """{name: (pools, settings)} of every choice."""
    half = pools_of(curves.sort_values("curve_id").iloc[::2], run)
    key = [*POOL_KEY, "with_effects"]
    missing = pools.merge(half[key], how="left", on=key, indicator=True)["_merge"] == "left_only"
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


def in_words(table: pa.Table) -> str:
    """How many verdicts change under every choice, in a sentence for the end of a run."""
    frame = table.to_pandas()
    if frame.empty:
        return "in no curve could a break be detected"
    changed = (
        frame["n_curves"].where(frame["verdict"] != frame["verdict_then"], 0).groupby(frame["choice"], sort=False).sum()
    )
    n_curves = frame["n_curves"][frame["choice"] == frame["choice"].iloc[0]].sum()
    return f"of {n_curves:,} curves in which a break could be detected, " + ", ".join(
        f"{n:,} with {choice}" for choice, n in changed.items()
    )
