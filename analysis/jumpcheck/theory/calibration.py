"""What the break test does where the truth is known: how often it rejects where nothing breaks, finds what is planted, errs.

Every curve goes the way that curves of a run go: pools, tests, q values and verdicts in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
from scipy.stats import false_discovery_control

from jumpcheck.base.database import connect
from jumpcheck.base.settings import DEFAULTS, FDR
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import build
from jumpcheck.breaks.measuring import measured_alone
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.theory.attack_worlds import ATTACKS, attack_world
from jumpcheck.theory.worlds import World, as_trials, world

INFORMATIVE = 6
"""Points from which a curve must be rejected often enough to be tested at all."""
NULL_WORLDS: dict[str, dict] = {
    "constant scatter 0.015": {},
    "irreducible loss": {"kind": "irreducible"},
    "answers of mixed lengths": {"kind": "lengths"},
    "multiple choice rises like a logistic": {"kind": "argmax"},
    "small models below chance": {"kind": "below"},
    "lognormal scatter": {"scatter": "lognormal"},
    "exponential scatter": {"scatter": "exponential"},
    "half of the curves without scatter": {"scatter": "half"},
    "models good or bad at everything, 20 families": {"n_families": 20, "model_effect": 0.1},
    "the same, three times as strong": {"n_families": 20, "model_effect": 0.3},
    "four shots of every task": {"n_shots": 4},
    "8 scales": {"n_scales": 8},
    "accuracy a straight line in log scale": {"kind": "line"},
}
"""Worlds in which nothing breaks, by name: arguments of `worlds.world`."""
FOUND = ("break", "one_model")
"""Verdicts by which a planted break is found: those at the largest scale are found at one model."""
OTHER_SHAPES = ("accuracy a straight line in log scale",)
"""Worlds whose curves no quadratic in log scale fits: p values are too small there, and verdicts must not be."""
PLANTED = {"planted": 0.1, "mean_scatter": 0.005, "n_examples": (205, 1024)}
BREAK_SIZES = (1.0, 2.0)
TAKEN_AWAY: dict[str, dict] = {
    "1,024 examples, 12 scales": {"n_examples": 1024},
    "205 examples": {"n_examples": 205},
    "50 examples": {"n_examples": 50},
    "8 of the 12 scales": {"n_examples": 1024, "n_left": 8},
    "6 of the 12 scales": {"n_examples": 1024, "n_left": 6},
}
"""Less and less evidence of the same breaks."""


def judged(given: World, smallest_break: float = 1.0) -> pd.DataFrame:
    """The table `breaks` of the curves of a world, with n_informative, is_planted and planted place."""
    trials, settings = as_trials(given), DEFAULTS | {"smallest_break": smallest_break}
    # With an infinite threshold no curve jumps. So `measure` does not search for the number of examples at which a
    # jump would vanish.
    measured = measured_alone(trials, settings | {"emergence_threshold": float("inf")})
    found = breaks_of(trials, measured, settings).set_index("curve_id").sort_index()
    return found.assign(is_planted=given.is_planted, place=given.place)


def _of_null_world(name: str, n_curves: int) -> tuple:
    found = judged(world(n_curves=n_curves, seed=20, **NULL_WORLDS[name]))
    tested = found[found["p_break"].notna()]
    rejected = tested["p_break"] < FDR
    informative = tested["n_informative"] >= INFORMATIVE
    smooth = (tested["verdict"] == "smooth").mean()
    return name, len(tested), rejected.mean(), rejected[informative].mean(), smooth, tested["verdict"].isin(FOUND).sum()


def null_worlds(n_curves: int = 2000, run: Callable[..., Iterable] = map) -> pd.DataFrame:
    """How often p_break is below 0.05 where nothing breaks: one row per world of NULL_WORLDS.

    Returns world, n_tests, share (rejected), share_of_informative (of curves of 6 informative points or more), share_smooth
    and n_break (verdicts).
    """
    rows = run(_of_null_world, list(NULL_WORLDS), [n_curves] * len(NULL_WORLDS))
    return pd.DataFrame(list(rows), columns=["world", "n_tests", "share", "share_of_informative", "share_smooth", "n_break"])


def _of_planted_world(size: float, seed: int, n_curves: int, options: dict) -> dict:
    """Counts of one world with planted breaks of one size."""
    found = judged(world(n_curves=n_curves, seed=seed, size=size, **PLANTED | options))
    planted, is_break, jumps = found["is_planted"], found["verdict"].isin(FOUND), found["jumps"]
    could_be_seen = planted & found["p_break"].notna()
    return {
        "size": size,
        "n_planted": int(planted.sum()),
        "n_found": int((is_break & planted).sum()),
        "n_false": int((is_break & ~planted).sum()),
        "n_smooth": int(((found["verdict"] == "smooth") & planted).sum()),
        "n_bounded": int(could_be_seen.sum()),
        "n_covered": int((found.loc[could_be_seen, "break_size_high"] >= size).sum()),
        "n_unplanted_smooth": int(((found["verdict"] == "smooth") & ~planted).sum()),
        "n_jumping_found": int((found["jumps"] & is_break).sum()),
        "n_inconclusive": int((found["verdict"] == "inconclusive").sum()),
        "n_curves": len(found),
        **_false_shares(found, jumps),
    }


def _false_shares(found: pd.DataFrame, jumps: pd.Series) -> dict[str, float]:
    """Shares of false breaks, which were not planted.

    They are shares of the triplets (tasks) with a break, of the triplets that jump and have a break, and of the
    curves with a break.
    """
    rank = found.groupby("task")["p_break"].rank(method="max")
    of_task = found.assign(
        is_break=found["verdict"].isin(FOUND),
        jumps=jumps,
        simes=found["p_break"] * found.groupby("task")["p_break"].transform("count") / rank,
    ).groupby("task")
    tasks = of_task.agg(
        is_break=("is_break", "any"), jumps=("jumps", "any"), is_planted=("is_planted", "any"), p=("simes", "min")
    )
    jumping = tasks["p"].where(tasks["jumps"]).dropna()
    q = pd.Series(false_discovery_control(jumping) if len(jumping) else [], jumping.index, float)
    chosen = {"of_triplets": tasks["is_break"], "of_jumping_triplets": (q < FDR).reindex(tasks.index, fill_value=False)}
    shares = {name: float((c & ~tasks["is_planted"]).sum() / max(1, c.sum())) for name, c in chosen.items()}
    is_break = found["verdict"].isin(FOUND)
    return shares | {"of_curves": float((is_break & ~found["is_planted"]).sum() / max(1, is_break.sum()))}


def planted_worlds(
    n_worlds: int = 12, n_curves: int = 1000, run: Callable[..., Iterable] = map, **options: object
) -> pd.DataFrame:
    """What becomes of planted breaks: one row per world, sizes BREAK_SIZES. `options` are other arguments of `world`."""
    sizes, seeds = zip(*[(size, 30 + k) for size in BREAK_SIZES for k in range(n_worlds)], strict=True)
    return pd.DataFrame(run(_of_planted_world, sizes, seeds, [n_curves] * len(seeds), [options] * len(seeds)))


def less_evidence(n_curves: int = 2000, run: Callable[..., Iterable] = map) -> pd.DataFrame:
    """What verdicts become where examples or scales are taken away: one row per case of TAKEN_AWAY, breaks of size 2."""
    n = len(TAKEN_AWAY)
    rows = run(_of_planted_world, [2.0] * n, [7] * n, [n_curves] * n, list(TAKEN_AWAY.values()))
    return pd.DataFrame(rows).assign(evidence=list(TAKEN_AWAY))


def _of_cell(size: float, n_examples: int, n_scales: int, scatter: float, n_curves: int) -> list[tuple]:
    options = {"n_examples": n_examples, "n_scales": n_scales, "mean_scatter": scatter, "planted": 0.1}
    found = judged(world(n_curves=n_curves, seed=3, size=size, **options))
    planted = found[found["is_planted"]]
    cell = (size, n_examples, n_scales, scatter, len(planted))
    verdicts = planted["verdict"].replace("one_model", "break")
    return [(*cell, verdict, (verdicts == verdict).mean()) for verdict in ("break", "smooth", "inconclusive")]


def power(
    sizes: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    n_examples: tuple[int, ...] = (100, 1000),
    n_scales: tuple[int, ...] = (8, 12),
    scatter: tuple[float, ...] = (0.005, 0.015),
    n_curves: int = 2000,
    run: Callable[..., Iterable] = map,
) -> pd.DataFrame:
    """Verdicts on curves with a planted break, one curve in ten, by size of the break, examples, scales and scatter.

    Returns break_size, n_examples, n_scales, scatter, n_curves, verdict, share and its 95 % interval (share_low,
    share_high). Curves at chance and those that cannot be tested are in no verdict.
    """
    cells = [(size, n, m, rho, n_curves) for rho in scatter for n in n_examples for m in n_scales for size in sizes]
    rows = [row for cell in run(_of_cell, *zip(*cells, strict=True)) for row in cell]
    columns = ["break_size", "n_examples", "n_scales", "scatter", "n_curves", "verdict", "share"]
    with connect() as con:
        build(con, "base/wilson_interval")
        con.register("shares", pd.DataFrame(rows, columns=columns))
        return con.execute(sql_text("theory/share_intervals")).df()


def _of_attack(name: str, n_curves: int) -> tuple:
    found = judged(attack_world(name, n_curves, seed=24))
    planted, tested = found["is_planted"], found["p_break"].notna()
    is_break, is_smooth, is_last = (found["verdict"] == verdict for verdict in ("break", "smooth", "one_model"))
    return (
        name,
        (found.loc[tested & ~planted, "p_break"] < FDR).mean(),
        is_break.sum(),
        (is_break & ~planted).sum(),
        (is_break & planted).sum() / planted.sum(),
        (is_last & planted).sum() / planted.sum(),
        (is_last & ~planted).sum(),
        (is_smooth & planted).sum() / planted.sum(),
        (is_smooth & ~planted).sum() / (~planted).sum(),
        (found["verdict"] == "family").sum(),
        (found["reason_code"] == "falls").sum(),
        found["is_decoy"].sum(),
    )


def attacks(n_curves: int = 2000, run: Callable[..., Iterable] = map) -> pd.DataFrame:
    """What the test makes of worlds that mislead it: one row per world of `attack_worlds.ATTACKS`.

    Returns world, share_rejected (p_break below 0.05, of curves without a planted break), n_break, n_false (of these, not
    planted), share_found and share_at_one_model (of planted ones, the verdicts break and one_model), n_other_at_one_model,
    share_missed (planted and called smooth), share_smooth (of the others), n_family, n_falls and n_decoys.
    """
    columns = ["world", "share_rejected", "n_break", "n_false", "share_found", "share_at_one_model", "n_other_at_one_model"]
    columns += ["share_missed", "share_smooth", "n_family", "n_falls", "n_decoys"]
    rows = run(_of_attack, list(ATTACKS), [n_curves] * len(ATTACKS))
    return pd.DataFrame(list(rows), columns=columns).assign(
        share_false=lambda table: table["n_false"] / table["n_break"].clip(lower=1)
    )
