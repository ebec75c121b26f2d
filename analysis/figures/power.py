"""The power of the mirage tests against planted breaks, as a figure."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analysis.base.files import write_csv
from analysis.figures import style
from analysis.theory import calibration

SOURCE = "theory, no data"


def draw_power(frame: pd.DataFrame, source: str) -> Figure:
    """Share of curves with a planted break that each test rejects, against the size of the break.

    `frame` is as from `calibration.power`.
    """
    metrics = list(dict.fromkeys(frame["metric"]))
    figure, grid = plt.subplots(1, len(metrics), figsize=(style.TWO_COLUMNS, 2.7), sharey=True, layout="constrained")
    sizes = sorted(frame["n_examples"].unique())
    for axes, metric in zip(grid, metrics, strict=True):
        for (test, n), rows in frame[frame["metric"] == metric].groupby(["test", "n_examples"], sort=True):
            colour = "#bb5566" if test == "p_smooth" else "#004488"
            axes.fill_between(rows["break_size"], rows["share_low"], rows["share_high"], color=colour, alpha=0.12, lw=0)
            dash = style.DASHES[0 if n == sizes[-1] else 1]
            axes.plot(
                rows["break_size"], rows["share"], "o", ls=dash, color=colour, ms=3, lw=1.3, label=f"{test}, {n:,} examples"
            )
        jumps = frame[(frame["metric"] == metric) & (frame["n_examples"] == sizes[-1]) & (frame["test"] == "p_smooth")]
        axes.plot(
            jumps["break_size"],
            jumps["jump_share"],
            color=style.OTHER_COLOUR,
            lw=1.2,
            ls=style.DASHES[3],
            label=f"improvement score > 20, {sizes[-1]:,} examples",
        )
        axes.axhline(0.05, color=style.INK, lw=0.7, ls=(0, (4, 3)))
        axes.set_title(style.label(metric))
        axes.set_xlabel("size of the break in log loss")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    grid[0].set_ylim(0, 1)
    grid[0].set_ylabel("share of curves rejected at 5 %")
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper left", ncols=3, handlelength=3.5)
    note = (
        "Simulated curves of 12 scales, with scatter between models. At a random scale from 10⁹ to 10^10.5 parameters the "
        "per-token loss falls by the factor exp(−size). Single tests at 5 % (dashed), before any correction; bands: 95 %."
    ).replace("10^10.5", "3 · 10¹⁰")
    style.source_footer(figure, source, [note])
    return figure


def write(paths: Mapping[str, str], seed: int, scatter: float, n_processes: int) -> None:
    """Write the figure of the tests' power, which needs no data, and the CSV of its numbers."""
    frame = calibration.power(seed=seed, scatter=scatter, n_processes=n_processes)
    style.use_style()
    style.save(draw_power(frame, f"{SOURCE}; scatter {scatter:g}, seed {seed}"), paths["svg"], paths["png"])
    write_csv(frame, paths["csv"])
