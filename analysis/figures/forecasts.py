"""How often forecasts of the largest scale hold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import style


def draw_coverage(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Coverage and width of the 90 % forecast intervals by metric, for curves that jump and for others.

    `frame` has one row per metric, jumps and n_held_out: n_curves, n_not_predictable, n_predicted, n_hit, coverage,
    coverage_low, coverage_high, median_width.
    """
    if frame.empty:
        return style.nothing_to_draw(dataset, "No curve was tested, so none was forecast.")
    metrics = sorted(frame["metric"].unique())
    places = {}
    for metric in metrics:
        for jumps in (True, False):
            if ((frame["metric"] == metric) & (frame["jumps"] == jumps)).any():
                places[metric, jumps] = len(places)
    figure, grid = plt.subplots(
        1, 3, figsize=(style.TWO_COLUMNS, 1.1 + 0.42 * len(places)), sharey=True, layout="constrained"
    )
    for row in frame.itertuples():
        y = places[row.metric, row.jumps] + (-0.13 if row.n_held_out == 1 else 0.13)
        colour = style.colour_of(row.metric)
        face = colour if row.n_held_out == 1 else "white"
        if row.n_predicted:
            grid[0].hlines(y, row.coverage_low, row.coverage_high, colors=colour, lw=1.4)
            grid[0].scatter(row.coverage, y, c=face, edgecolors=colour, s=20, zorder=3, clip_on=False)
            grid[1].scatter(row.median_width, y, c=face, edgecolors=colour, s=20, zorder=3, clip_on=False)
        share = row.n_not_predictable / row.n_curves
        grid[2].barh(y, share, height=0.22, color=face, edgecolor=colour)
        grid[2].annotate(
            f"{row.n_not_predictable:,}/{row.n_curves:,}",
            (share, y),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=6,
        )
    names = [f"{style.label(metric, 30)}\n{'jump' if jumps else 'no jump'}" for metric, jumps in places]
    grid[0].set_yticks(range(len(places)), names)
    grid[0].set_ylim(len(places) - 0.5, -0.5)
    grid[0].axvline(0.9, color=style.INK, lw=0.8, ls=(0, (4, 3)), zorder=0)
    grid[0].set_xlim(0, 1)
    grid[1].set_xlim(0, 1)
    grid[2].set_xlim(0, 1.35)
    grid[2].set_xticks([0, 0.5, 1])
    for axes, text in zip(grid, ("intervals that hold the score", "median width", "not predictable"), strict=True):
        axes.set_xlabel(text)
    for axes in (grid[0], grid[2]):
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    style.footer(
        figure,
        dataset,
        [
            "90 % intervals for the score at the largest scale, from all smaller scales (filled) and from all but the two "
            "largest (hollow). Left: share that holds the score, with 95 % intervals; dashed: 90 %. Right: curves whose "
            "interval rules nothing out above chance, not counted on the left. Jump: improvement score above "
            f"{emergence_threshold:g}; these curves were chosen for a last score that surprises.",
        ],
    )
    return figure
