"""Which law foretells the next score, and how often."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jumpcheck.figures import style
from jumpcheck.figures.about import About

COLOURS = {False: "#004488", True: "#bb5566"}
MARKERS = {False: "o", True: "D"}
NAMES = {False: "curves that do not jump", True: "curves that jump"}


def draw(frame: pd.DataFrame, about: About) -> Figure:
    """Coverage of informative intervals, share of forecasts that are informative, and of curves that a law foretells best.

    `frame` has one row per law and jumps: n_curves, n_best, n_forecasts, n_informative, n_hit, n_above, n_below, coverage
    with coverage_low and coverage_high.
    """
    if frame.empty:
        return style.nothing_to_draw(about.dataset, "No tested curve that leaves chance has the scales for a forecast.")
    laws = frame.groupby("law")["n_best"].sum().sort_values(ascending=False).index.tolist()
    figure, grid = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.6), sharey=True, layout="constrained")
    offsets = {False: -0.15, True: 0.15} if frame["jumps"].nunique() == 2 else {False: 0, True: 0}
    for row in frame.itertuples():
        y = laws.index(row.law) + offsets[row.jumps]
        colour = COLOURS[row.jumps]
        if row.n_informative:
            grid[0].hlines(y, row.coverage_low, row.coverage_high, colors=colour, lw=1.4)
            grid[0].scatter(row.coverage, y, c=colour, s=18, marker=MARKERS[row.jumps], zorder=3, clip_on=False)
            style.beside(grid[0], y, f"{row.n_hit:,}/{row.n_informative:,}", x=1.04, fontsize=6)
        grid[1].barh(y, row.n_informative / row.n_forecasts, height=0.27, color=colour)
        grid[2].barh(y, row.n_best / row.n_curves, height=0.27, color=colour)
    grid[0].axvline(0.9, color=style.INK, lw=0.8, ls=(0, (4, 3)), zorder=0)
    grid[0].set_yticks(range(len(laws)), laws)
    grid[0].set_ylim(len(laws) - 0.5, -0.5)
    grid[0].set_xlim(0, 1)
    grid[1].set_xlim(0, 1)
    grid[2].set_xlim(left=0)
    titles = (
        "informative intervals\nthat hold the score",
        "forecasts that are\ninformative",
        "curves that the law\nforetells best",
    )
    for axes, title in zip(grid, titles, strict=True):
        axes.set_xlabel(title)
        style.percent_axis(axes.xaxis)
    for axes in grid[:2]:
        axes.set_xticks([0, 0.5, 1])
    grid[2].xaxis.set_major_locator(MaxNLocator(3))
    handles = {
        NAMES[jumps]: style.dot(COLOURS[jumps], True, MARKERS[jumps]) for jumps in NAMES if (frame["jumps"] == jumps).any()
    }
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=2, fontsize=7)
    n_curves = frame.drop_duplicates("jumps").set_index("jumps")["n_curves"]
    counts = " and ".join(f"{n_curves.get(jumps, 0):,} {name}" for jumps, name in NAMES.items())
    missed = frame[frame["law"] == "power law"][["n_above", "n_below"]].sum()
    style.footer(
        figure,
        about.dataset,
        [
            f"90 % intervals (dashed) for the score at a scale from all smaller ones: the last three scales of {counts}, "
            f"none at chance. Of the power law's misses {missed['n_above']:,} lie above, {missed['n_below']:,} below. "
            "Curves that jump were chosen for a score that surprises. Best: by the log probability of the scores.",
        ],
    )
    return figure
