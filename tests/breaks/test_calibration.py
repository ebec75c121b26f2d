"""Do the tests keep their promise where nothing emerges? In small here, in full with -m proof (about 20 minutes)."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from analysis.breaks.passes import fit_and_test
from analysis.theory import calibration
from analysis.theory.world import World

FULL = [
    (metric, scatter, n_examples, n_scales)
    for metric in calibration.METRICS
    for scatter in (0.0, 0.015)
    for n_examples in (32, 200, 1024)
    for n_scales in (3, 6, 8, 12)
]


def cell(metric, scatter, n_examples, n_scales, n_curves, n_processes=1):
    """One row of the table: shares of tests that reject at 5 %."""
    world = World(seed=1, scatter=scatter)
    # A few curves more: those that are flat are not tested.
    frame = calibration.curves(metric, int(1.3 * n_curves), n_examples, n_scales, world)
    frame = frame[frame["is_testable"]][:n_curves].reset_index(drop=True)
    found = fit_and_test(frame, 20, 0, "all", n_processes)
    tested, smooth = calibration.rejected(found["p_smooth"])
    _, sharp = calibration.rejected(found["p_sharp"])
    return {
        "metric": metric,
        "scatter": scatter,
        "n_examples": n_examples,
        "n_scales": n_scales,
        "curves": tested,
        "rho": round(float(found["rho"].median()), 4),
        "p_smooth": smooth,
        "p_sharp": sharp,
    }


def markdown(table):
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    for row in table.itertuples(index=False):
        shown = [
            f"{v:.1%}" if name in ("p_smooth", "p_sharp") else str(v) for name, v in zip(table.columns, row, strict=True)
        ]
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("metric", "scatter", "n_examples", "n_scales"),
    [("exact_str_match", 0.015, 200, 12), ("multiple_choice_grade", 0.0, 32, 6), ("multiple_choice_grade", 0.015, 1024, 8)],
)
def test_small_cells_are_calibrated(metric, scatter, n_examples, n_scales):
    """1,500 curves: two standard errors are 1.1 percentage points."""
    row = cell(metric, scatter, n_examples, n_scales, 1500)
    assert row["curves"] == 1500
    assert 0.014 <= row["p_smooth"] <= 0.076
    assert row["p_sharp"] <= 0.076
    assert row["rho"] == pytest.approx(scatter, abs=0.004)


@pytest.mark.proof
def test_all_cells_are_calibrated(capsys):
    table = pd.DataFrame([cell(*row, 5000, n_processes=2) for row in FULL])
    with capsys.disabled():
        print("\n" + markdown(table))
    asserted = table[table["n_scales"] >= 6]
    assert (table["curves"] == 5000).all()
    assert asserted["p_smooth"].between(0.025, 0.065).all()
    assert (asserted["p_sharp"] <= 0.065).all()
    assert (asserted.loc[asserted["n_examples"] >= 200, "p_sharp"] >= 0.03).all()


def false_discoveries(seed, break_share, n_curves, n_processes):
    """{kind of test: false discovery proportion, ...} of one world, half exact match and half multiple choice."""
    world = World(seed=seed, scatter=0.015, break_share=break_share, break_size=2.0)
    frame = pd.concat(
        [calibration.curves(metric, n_curves // 2, 200, 12, world) for metric in calibration.METRICS], ignore_index=True
    )
    found = fit_and_test(frame, 20, seed, "all", n_processes)
    testable = frame["is_testable"].to_numpy()
    broken = frame["is_broken"].to_numpy()
    rejects = {name: np.zeros(len(frame), bool) for name in ("q_smooth", "q_sharp")}
    for name in rejects:
        p = found.loc[testable, name.replace("q_", "p_")]
        rejects[name][testable] = false_discovery_control(p) < 0.05
    rejects["either"] = rejects["q_smooth"] | rejects["q_sharp"]
    jumps = frame["improvement_score"].to_numpy() > 20
    rejects["verdict unexplained"] = rejects["either"] & jumps
    return {
        name: (float((r & ~broken).sum() / max(r.sum(), 1)), int(r.sum()), int((r & broken).sum()))
        for name, r in rejects.items()
    }


def summary(worlds):
    rows = []
    for name in worlds[0]:
        share = np.array([world[name][0] for world in worlds])
        rows.append((name, share.mean(), share.std(ddof=1) / len(share) ** 0.5, np.mean([w[name][1] for w in worlds])))
    return pd.DataFrame(rows, columns=["test", "mean FDP", "standard error", "discoveries per world"])


@pytest.mark.slow
@pytest.mark.parametrize("break_share", [0.0, 0.05])
def test_false_discoveries_in_a_few_small_worlds(break_share):
    """Not one discovery or almost none where nothing emerges; where breaks are planted most discoveries are true."""
    worlds = [false_discoveries(seed, break_share, 400, 1) for seed in range(5)]
    total = summary(worlds).set_index("test")
    assert total.loc["either", "mean FDP"] <= 0.05 + 2 * max(
        total.loc["either", "standard error"], 0.2 if not break_share else 0.05
    )
    if break_share:
        assert total.loc["q_smooth", "discoveries per world"] > 2


@pytest.mark.proof
@pytest.mark.parametrize("break_share", [0.0, 0.05])
def test_the_false_discovery_rate_is_controlled(break_share, capsys):
    total = summary([false_discoveries(seed, break_share, 2000, 2) for seed in range(200)])
    with capsys.disabled():
        print(f"\nbreak_share = {break_share}\n{total.to_string(index=False)}")
    limit = 0.05 + 2 * total["standard error"]
    assert (total["mean FDP"] <= limit)[total["test"].isin(["q_smooth", "q_sharp", "verdict unexplained"])].all()
