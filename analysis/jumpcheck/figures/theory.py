"""Figures that need no data: the paper's figures 2 and 9, and one figure for each cause of an apparent jump."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from jumpcheck.base.files import write_csv
from jumpcheck.base.progress import counted
from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.figures.registry import figures_of, function_named
from jumpcheck.theory import panels

SOURCE = "theory, no data"
FROM_THEORY = About(SOURCE)
_LAW = "Per-token cross entropy (N/c)^α with c = 3·10⁸ and α = −0.3."
_COLOURS = ["#004488", "#bb5566", "#ddaa33", "#44aa99", "#882255", "#999933", "#6699cc", "#555555"]


def _lines(axes: Axes, rows: pd.DataFrame, offset: int = 0) -> None:
    """Exact lines and, where there are any, sampled points, one colour and dash pattern per series."""
    for number, (series, part) in enumerate(rows.groupby("series", sort=False), start=offset):
        part = part.sort_values("n_parameters")
        colour, dash = _COLOURS[number % len(_COLOURS)], style.DASHES[number % len(style.DASHES)]
        axes.plot(part["n_parameters"], part["exact"], color=colour, ls=dash, lw=1.3, label=series)
        axes.plot(part["n_parameters"], part["sampled"], "o", color=colour, ms=2.8)


def draw_six_panels(frame: pd.DataFrame, about: About = FROM_THEORY) -> Figure:
    """Figure 2 from the numbers of `panels.six_panels`."""
    titles = {
        "A": ("cross entropy", "nats per token"),
        "B": ("probability of a right token", "probability"),
        "C": ("exact match of L tokens", "accuracy"),
        "D": ("multiple choice, O options", "grade"),
        "E": ("token edit distance, L tokens", "tokens"),
        "F": ("Brier score, O options", "mean squared error"),
    }
    figure, grid = plt.subplots(2, 3, figsize=(style.TWO_COLUMNS, 4.4), layout="constrained")
    for axes, (panel, (title, unit)) in zip(grid.flat, titles.items(), strict=True):
        rows = frame[frame["panel"] == panel]
        _lines(axes, rows)
        style.scale_axis(axes, rows["n_parameters"], 3)
        axes.set_title(f"{panel}  {title}", fontsize=8)
        axes.set_ylabel(unit)
        if panel == "A":
            axes.set_yscale("log")
            axes.set_yticks([0.2, 0.5, 1, 2, 4], ["0.2", "0.5", "1", "2", "4"])
            axes.yaxis.set_minor_locator(NullLocator())
        elif panel == "E":
            axes.set_yticks([0, 4, 8, 12, 16])
        else:
            axes.set_ylim(-0.03, 1.03)
        if rows["series"].nunique() > 1:
            corner = "center right" if panel == "D" else "upper left" if panel == "C" else "upper right"
            axes.legend(loc=corner, handlelength=2, fontsize=6.5, labelspacing=0.25, borderaxespad=0)
    figure.supxlabel("parameters", fontsize=8)
    notes = [f"{_LAW} Lines: exact. Points: a test set of {panels.N_EXAMPLES} examples, at the 12 scales of BIG-G."]
    notes.append("D and F: the wrong options share the rest of the mass at random; 'even': they share it evenly (a step).")
    style.source_footer(figure, about.dataset, notes)
    return figure


def draw_at_least_k(frame: pd.DataFrame, about: About = FROM_THEORY) -> Figure:
    """At least k of L right, from smooth (k = 1) to sharp (k = L), on linear and logarithmic axes."""
    length = int(frame["length"].iloc[0])
    figure, grid = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.7), layout="constrained")
    rows = frame.assign(series=[f"k = {k}" for k in frame["k"]], sampled=np.nan)
    for axes, title in zip(grid, ("linear axis", "logarithmic axis"), strict=True):
        _lines(axes, rows)
        style.scale_axis(axes, rows["n_parameters"])
        axes.set_title(title)
    figure.supxlabel("parameters", fontsize=8)
    grid[0].set_ylim(-0.03, 1.03)
    grid[0].set_ylabel(f"probability of at least k of {length} right")
    grid[1].set_yscale("log")
    grid[1].set_ylim(1e-6, 1.5)
    style.log_axis(grid[1].yaxis)
    grid[1].yaxis.set_minor_locator(NullLocator())
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside right center", handlelength=2.5)
    style.source_footer(figure, about.dataset, [_LAW])
    return figure


def draw_test_set_size(frame: pd.DataFrame, about: About = FROM_THEORY) -> Figure:
    """One curve of exact match, seen with test sets of growing size."""
    exact = panels.exact_curve()
    sizes = frame["n_examples"].unique()
    figure, grid = plt.subplots(1, len(sizes), figsize=(style.TWO_COLUMNS, 2.4), sharey=True, layout="constrained")
    for axes, n in zip(grid, sizes, strict=True):
        rows = frame[frame["n_examples"] == n]
        axes.axhspan(1e-12, 1 / n, color=style.FAINT, alpha=0.55, lw=0)
        axes.plot(exact["n_parameters"], exact["exact"], color=_COLOURS[0], lw=1.2)
        zero = rows["sampled"] == 0
        axes.plot(rows["n_parameters"][~zero], rows["sampled"][~zero], "o", color=_COLOURS[1], ms=3.5)
        axes.plot(rows["n_parameters"][zero], np.full(zero.sum(), 4e-9), "o", mfc="white", mec=_COLOURS[1], ms=3.5)
        style.scale_axis(axes, rows["n_parameters"], 3)
        axes.set_yscale("log")
        axes.set_title(f"{n:,} examples")
    figure.supxlabel("parameters", fontsize=8)
    grid[0].set_ylim(1e-9, 2)
    style.log_axis(grid[0].yaxis)
    grid[0].set_ylabel("exact match of 8 tokens")
    notes = [f"{_LAW} Line: exact. Points: measured; hollow at the bottom: no right answer. Grey: below 1/n."]
    style.source_footer(figure, about.dataset, notes)
    return figure


def draw_sampling(frame: pd.DataFrame, about: About = FROM_THEORY) -> Figure:
    """One exact curve, sampled at 12, 6 and 3 scales."""
    exact = panels.exact_curve()
    numbers = frame["n_scales"].unique()
    figure, grid = plt.subplots(1, len(numbers), figsize=(style.TWO_COLUMNS, 2.4), sharey=True, layout="constrained")
    for axes, n in zip(grid, numbers, strict=True):
        rows = frame[frame["n_scales"] == n]
        axes.plot(exact["n_parameters"], exact["exact"], color=style.FAINT, lw=3)
        axes.plot(rows["n_parameters"], rows["exact"], "o-", color=_COLOURS[0], ms=3.5, lw=1.1)
        style.scale_axis(axes, exact["n_parameters"])
        axes.set_title(f"{n} model scales")
    figure.supxlabel("parameters", fontsize=8)
    grid[0].set_ylabel("exact match of 8 tokens")
    notes = [f"{_LAW} Grey: the curve itself. Points: the sampled scales, joined by straight lines."]
    style.source_footer(figure, about.dataset, notes)
    return figure


def draw_rouge(frame: pd.DataFrame, about: About = FROM_THEORY) -> Figure:
    """Figure 9: ROUGE-L-Sum against the error per token."""
    figure, grid = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.7), sharey=True, layout="constrained")
    for axes, end in zip(grid, (1.0, 0.2), strict=True):
        for number, (series, rows) in enumerate(frame.groupby("series", sort=False)):
            colour, dash = _COLOURS[number], style.DASHES[number % len(style.DASHES)]
            rows = rows[rows["error"] <= end + 1e-9]
            axes.plot(rows["error"], rows["score"], color=colour, ls=dash, lw=1.3, label=series)
            axes.fill_between(rows["error"], rows["score_low"], rows["score_high"], color=colour, alpha=0.2, lw=0)
        axes.axvspan(0.05, 0.1, color=style.FAINT, alpha=0.55, lw=0, zorder=0)
        axes.set_xlabel("error per token")
        axes.set_xlim(0, end)
        ticks = np.linspace(0, end, 5)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    grid[0].set_ylabel("ROUGE-L-Sum (0 to 1)")
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper left", ncols=2, handlelength=2.5)
    notes = ["Simulated texts of 4 sentences of 12 words; bands: 95 % intervals of the mean of 25. Grey: 0.05 to 0.1."]
    style.source_footer(figure, about.dataset, notes)
    return figure


def write_figures(paths: Mapping[str, Mapping[str, str]], simulated: str = "") -> None:
    """Write the figures of the theory as SVG and PNG with the CSV of their numbers: {name: {svg, png, csv: path}}.

    `simulated` is the name of a simulated dataset beside whose figures they stand, so that each of them says so.
    """
    source = SOURCE + (f"; dataset: {style.label(simulated, 80)}" if simulated else "")
    style.use_style()
    figures = figures_of("theory")
    for name, figure in counted(figures.items(), len(figures), "figures"):
        frame = getattr(panels, figure["numbers"])()
        draw = function_named(figure["draw"], {"theory": sys.modules[__name__]})
        style.save(draw(frame, About(source)), paths[name]["svg"], paths[name]["png"])
        write_csv(frame, paths[name]["csv"])
