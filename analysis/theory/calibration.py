"""How often the tests of `analysis.breaks` reject: where nothing emerges, and where a break is planted.

Curves are drawn from the laws of the simulated benchmark (`analysis.theory.world`) at any number of scales and examples.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.base.database import connect, create_macros
from analysis.base.sql import sql_text
from analysis.breaks.bootstrap import improvement_scores
from analysis.breaks.passes import fit_and_test
from analysis.theory import world as simulated
from analysis.theory.world import Task, World

METRICS = {"exact_str_match": "text", "multiple_choice_grade": "choice"}
SMALLEST, LARGEST = 2e6, 1.4e11
"""Scales are spread evenly in log N between these."""


def curves(metric: str, n_curves: int, n_examples: int, n_scales: int, world: World) -> pd.DataFrame:
    """Curves of a simulated world, as `passes.fit_and_test` takes them; `is_broken` marks those with a planted break.

    Parameters
    ----------
    metric : str
        A key of METRICS.
    n_curves, n_examples, n_scales : int
        Number of curves, of test examples of each, and of scales.
    world : World
        seed, scatter, break_share and break_size are used; breaks lie at 10^9 to 10^10.5 parameters.

    """
    scales = np.geomspace(SMALLEST, LARGEST, n_scales)
    families = {"F": {f"{scale:.3g}": scale for scale in scales}}
    kind = METRICS[metric]
    rng = np.random.default_rng([world.seed, n_examples, n_scales, int(metric == "exact_str_match")])
    parts, n_shots = [], len(simulated.shots_of("F"))
    for task_number in range(-(-n_curves // n_shots)):
        chance = 0.0 if kind == "text" else 1 / int(rng.choice([2, 2, 3, 4, 4, 5, 10]))
        broken = rng.random() < world.break_share
        break_scale = 10 ** rng.uniform(9, 10.5) if broken else np.inf
        task = Task(f"{kind}_{task_number}", kind, metric, ("",), n_examples, chance, break_scale)
        law = next(simulated.laws(world, task, families))
        mean = chance + (1 - chance) * np.exp(-law.length * law.cross_entropy.T)
        parts.append((task.name, chance, broken, mean))
    mean = np.concatenate([part[3] for part in parts])
    y = rng.binomial(n_examples, simulated.success_rates(mean, world.scatter, rng)) / n_examples
    names, chances, broken = (np.repeat([part[k] for part in parts], n_shots) for k in range(3))
    score = improvement_scores(y)
    frame = pd.DataFrame(
        {
            "task": names,
            "subtask": names,
            "shots": np.tile(np.arange(n_shots), len(parts)),
            "metric": metric,
            "filter": "none",
            "model_family": "F",
            "scales": [scales] * len(y),
            "ys": list(y),
            "n_models": [np.ones(n_scales, int)] * len(y),
            "n_examples": n_examples,
            "chance": chances,
            "improvement_score": score,
            "is_testable": np.ptp(y, axis=1) > 0,
            "is_broken": broken,
        }
    ).iloc[:n_curves]
    return frame.assign(curve_id=np.arange(len(frame)))


def rejected(p: pd.Series, level: float = 0.05) -> tuple[int, float]:
    """(number of tests, share of p values below `level`)."""
    p = p.dropna()
    return len(p), float((p < level).mean())


def power(
    sizes: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    n_examples: tuple[int, ...] = (100, 1000),
    n_curves: int = 400,
    n_scales: int = 12,
    scatter: float = 0.015,
    seed: int = 0,
    n_processes: int = 1,
) -> pd.DataFrame:
    """Share of curves with a planted break that each test rejects at 5 %, by size of the break.

    A break of size s lowers the per-token cross entropy by the factor exp(-s) from one scale on. Twice as many
    curves without a break take part in the estimate of the scatter, as in a benchmark, where breaks are rare.

    Returns
    -------
    DataFrame
        metric, n_examples, break_size, test (p_smooth, p_sharp), n_curves, share with its 95 % interval; and jump_share,
        the share of the broken curves that are above an improvement score of 20.

    """
    rows = []
    for metric in METRICS:
        for n in n_examples:
            unbroken = curves(metric, 2 * n_curves, n, n_scales, World(seed=seed + 1, scatter=scatter))
            unbroken["task"] = "plain_" + unbroken["task"]
            unbroken["is_testable"] = False
            for size in sizes:
                world = World(seed=seed, scatter=scatter, break_share=1.0, break_size=size)
                broken = curves(metric, n_curves, n, n_scales, world)
                frame = pd.concat([broken, unbroken], ignore_index=True)
                frame["curve_id"] = np.arange(len(frame))
                # 2,000 draws: enough to reject one test at 5 %.
                measured = fit_and_test(frame, 20, seed, "all", n_processes, n_tests=5)[: len(broken)]
                for test in ("p_smooth", "p_sharp"):
                    tested = measured.loc[broken["is_testable"].to_numpy(), test]
                    # A flat curve cannot be tested; it counts as not rejected.
                    share = float((tested < 0.05).sum() / len(broken))
                    rows.append(
                        (metric, n, size, test, len(broken), share, float((broken["improvement_score"] > 20).mean()))
                    )
    columns = ["metric", "n_examples", "break_size", "test", "n_curves", "share", "jump_share"]
    with connect() as con:
        create_macros(con, "wilson_interval")
        con.register("shares", pd.DataFrame(rows, columns=columns))
        return con.execute(sql_text("steps/share_intervals")).df()
