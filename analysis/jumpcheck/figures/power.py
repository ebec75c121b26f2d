"""What becomes of planted breaks, as a figure, and how often the test errs, as tables: no data is needed."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from jumpcheck.base.files import write_csv
from jumpcheck.base.parallel import Processes
from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.figures.breaks import VERDICT_COLOURS
from jumpcheck.theory import calibration

SOURCE = "theory, no data"
_NAMES = {"break": "break found", "inconclusive": "undecided", "smooth": "smooth: wrongly without a break"}


def draw_power(frame: pd.DataFrame, about: About) -> Figure:
    """Verdicts on curves with a planted break, against its size.

    `frame` is as from `calibration.power`; at size 0 nothing is planted.
    """
    cells = frame[["n_examples", "n_scales"]].drop_duplicates().sort_values(["n_examples", "n_scales"])
    scatters = sorted(frame["scatter"].unique())
    figure, grid = plt.subplots(
        len(scatters),
        len(cells),
        figsize=(style.TWO_COLUMNS, 3.9),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for row, scatter in enumerate(scatters):
        for axes, (n, m) in zip(grid[row], cells.itertuples(index=False), strict=True):
            of_cell = frame[(frame["scatter"] == scatter) & (frame["n_examples"] == n) & (frame["n_scales"] == m)]
            table = of_cell.pivot(index="break_size", columns="verdict", values="share").sort_index()
            bottom = np.zeros(len(table))
            for verdict in _NAMES:
                top = bottom + table[verdict].to_numpy()
                axes.fill_between(table.index, bottom, top, color=VERDICT_COLOURS[verdict], lw=0)
                bottom = top
            axes.set_xlim(0, table.index.max())
            axes.set_ylim(0, 1)
            if row == 0:
                axes.set_title(f"{n:,} examples\n{m} scales", fontsize=7.5)
        grid[row, 0].set_ylabel(f"scatter {scatter:g}", fontsize=7.5)
    grid[0, 0].set_yticks([0, 0.5, 1])
    style.percent_axis(grid[0, 0].yaxis)
    figure.supxlabel("size of the break (1: the loss is lower by a factor e)", fontsize=8)
    figure.supylabel("share of curves", fontsize=8)
    handles = [plt.Rectangle((0, 0), 1, 1, color=VERDICT_COLOURS[name]) for name in _NAMES]
    figure.legend(handles, _NAMES.values(), loc="outside upper center", ncols=3, fontsize=7)
    note = (
        "Verdicts on simulated curves, half exact match and half multiple choice, at a false discovery rate of 5 %. One "
        "curve in ten breaks, at a random scale after the third; at size 0 these do not break, and smooth is right. White: "
        "at chance. Scatter: intra-class correlation between models."
    )
    style.source_footer(figure, about.dataset, [note])
    return figure


def write(paths: Mapping[str, str], n_worlds: int, n_processes: int) -> None:
    """Write the figure of verdicts on planted breaks, the CSV of its numbers, and the tables of how often the test errs.

    `paths` are svg, png and csv of the figure, and the CSV files null_worlds, planted_worlds, planted_shots, less_evidence
    and attacks; n_worlds have planted breaks of each size.
    """
    with Processes(n_processes) as processes:
        frame = calibration.power(run=processes.map)
        tables = {
            "null_worlds": calibration.null_worlds(run=processes.map),
            "planted_worlds": calibration.planted_worlds(n_worlds, run=processes.map),
            "planted_shots": calibration.planted_worlds(n_worlds, run=processes.map, n_shots=4),
            "less_evidence": calibration.less_evidence(run=processes.map),
            "attacks": calibration.attacks(run=processes.map),
        }
    style.use_style()
    style.save(draw_power(frame, About(SOURCE)), paths["svg"], paths["png"])
    write_csv(frame, paths["csv"])
    for name, table in tables.items():
        write_csv(table, paths[name])
