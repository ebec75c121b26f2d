"""Curves in small panels: figure 6, and the most sudden pairs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.models.scales import scale_name


def score_text(score: float) -> str:
    """A score in a title."""
    if np.isnan(score):
        return "flat"
    return "∞" if np.isposinf(score) else "−∞" if np.isneginf(score) else f"{score:.1f}"


def shots_text(shots: float) -> str:
    """Number of shots in a title."""
    return "" if pd.isna(shots) else f", {shots:.0f}-shot"


def curve_title(task: str, family: str, shots: float, n_examples: float, width: int) -> str:
    """The title of a small panel: the task, and below it the model family, the shots and the size of the test set."""
    size = "" if pd.isna(n_examples) else f", n={n_examples:,.0f}"
    details = style.wrapped(family, width) + shots_text(shots) + size
    if len(details.splitlines()[-1]) > width:  # what belongs to the curve stands on a line of its own
        details = style.wrapped(family, width) + "\n" + (shots_text(shots) + size).removeprefix(", ")
    return f"{style.wrapped(task, width)}\n{details}"


def share_axis(axes: Axes, highest: float) -> None:
    """An axis of shares from 0 to the highest, at least 0.3: a small rise shall look small."""
    top = 1.1 * highest if highest < 0.1 else max(0.3, min(1.03, 1.15 * highest))
    axes.set_ylim(-0.04 * top, top)


def draw_figure_6(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 6: the tasks that jump most on multiple-choice grade (above), the same answers under a Brier score (below).

    `frame` has one row per point: place, task, subtask, shots, model_family, metric, is_sharp, improvement_score, scale,
    score, n_examples, score_low, score_high.
    """
    if frame.empty:
        rises = f"No curve of multiple-choice grade of at least {about.min_scales} scales that rises"
        why = f"{rises} has a Brier score beside it."
        return style.nothing_to_draw(about.dataset, why)
    places = frame["place"].unique()
    figure, grid = plt.subplots(
        2, len(places), figsize=(style.TWO_COLUMNS, 3.5), sharex="col", sharey="row", squeeze=False, layout="constrained"
    )
    names, prefix = style.short_tasks(frame["task"])
    families, publisher = style.short_families(frame["model_family"])
    for column, place in enumerate(places):
        for row, is_sharp in enumerate((True, False)):
            axes = grid[row, column]
            rows = frame[(frame["place"] == place) & (frame["is_sharp"] == is_sharp)]
            first = rows.iloc[0]
            colour = style.colour_of("multiple_choice_grade" if is_sharp else "calibration_multiple_choice_brier_score")
            if is_sharp and not pd.isna(first["n_examples"]):
                axes.vlines(rows["scale"], rows["score_low"], rows["score_high"], colors=colour, lw=0.8, alpha=0.5)
            axes.plot(rows["scale"], rows["score"], "o-", color=colour, ms=2.6, lw=1)
            style.scale_axis(axes, rows["scale"], 3)
            axes.tick_params(labelsize=6.5)
            title = f"score {score_text(first['improvement_score'])}"
            if is_sharp:
                task = style.wrapped(names[first["task"]], 17, 3)
                title = f"{task}\n{style.wrapped(families[first['model_family']], 17)}\n{title}"
            axes.set_title(title, fontsize=6.8)
    grid[0, 0].set_ylim(-0.03, 1.03)
    smooth = frame.loc[~frame["is_sharp"], "score"]
    if smooth.between(0, 1).all():  # by its other definition a Brier score reaches 2
        grid[1, 0].set_ylim(-0.03, 1.03)
    grid[0, 0].set_ylabel("multiple-choice grade", fontsize=7.5)
    grid[1, 0].set_ylabel("Brier score\n(lower is better)", fontsize=7.5)
    figure.supxlabel(f"model scale ({scale_name(frame['scale_basis'])})", fontsize=8)
    style.footer(
        figure,
        about.dataset,
        [
            f"The {len(places)} tasks of {frame['n_tasks'].iloc[0]} with the largest improvement score on multiple-choice "
            "grade (one curve each), and the Brier score of the same answers. Bars: 95 % intervals of the finite test set. "
            "Score: the improvement score, positive where the metric gets better with scale.",
            prefix,
            publisher,
        ],
    )
    return figure


def small_panels(n: int, width: float, row_height: float, margin: float = 0.0) -> tuple[Figure, np.ndarray]:
    """A figure with n panels, up to four in a row, and the panels in order."""
    columns = min(4, n)
    n_rows = -(-n // columns)
    size = (width, margin + row_height * n_rows)
    figure, grid = plt.subplots(n_rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes in grid.flat[n:]:
        axes.axis("off")
    return figure, grid.ravel()


def draw_sudden(frame: pd.DataFrame, about: About) -> Figure:
    """The most sudden pairs, one curve each.

    `frame` has one row per point of up to 12 curves: place, task, metric, model_family, shots, improvement_score,
    median_improvement_score, n_curves, n_examples, n_pairs, scale, scale_basis, score, score_low, score_high.
    """
    if frame.empty:
        why = f"No pair has an improvement score above {about.emergence_threshold:g} on more than half of its curves."
        return style.nothing_to_draw(about.dataset, why)
    places = frame["place"].unique()
    figure, grid = small_panels(len(places), style.TWO_COLUMNS, row_height=1.55, margin=0.6)
    names, prefix = style.short_tasks(frame["task"])
    families, publisher = style.short_families(frame["model_family"])
    for axes, place in zip(grid, places, strict=False):
        rows = frame[frame["place"] == place]
        pair = rows.iloc[0]
        colour = style.colour_of(pair["metric"])
        axes.vlines(rows["scale"], rows["score_low"], rows["score_high"], colors=colour, lw=0.8, alpha=0.6)
        axes.plot(rows["scale"], rows["score"], "o-", color=colour, ms=2.6, lw=0.9)
        style.scale_axis(axes, rows["scale"], 3)
        axes.tick_params(labelsize=6.5)
        if rows["score"].between(0, 1).all():
            share_axis(axes, rows[["score", "score_high"]].max(axis=None))
        family = families[pair["model_family"]]
        title = curve_title(names[pair["task"]], family, pair["shots"], pair["n_examples"], 26)
        axes.set_title(title, fontsize=6.8, pad=13)
        text = f"{style.label(pair['metric'], 23)}, {score_text(pair['improvement_score'])}"
        axes.text(0, 1.03, text, transform=axes.transAxes, va="bottom", fontsize=6.5, color=colour)
    figure.supxlabel(f"model scale ({scale_name(frame['scale_basis'])})", fontsize=8)
    figure.supylabel("score", fontsize=8)
    style.footer(
        figure,
        about.dataset,
        [
            f"Of {frame['n_pairs'].iloc[0]:,} pairs that are above {about.emergence_threshold:g} by the median of their "
            "curves the most sudden, one per task; the curve of the largest score, which stands behind the metric. Bars: "
            "95 % intervals of the test set, where its size is known. Left out: pairs whose scores repeat those of another "
            "family, and shares outside 0 to 1, a fault of what was published. Axes differ.",
            prefix,
            publisher,
        ],
    )
    return figure
