"""Figure 6, and what the mirage test found of the curves that jump: their fits and their exponents."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.breaks.law import law
from analysis.figures import style
from analysis.score.scales import scale_name

VERDICT_COLOURS = {"unexplained": "#bb5566", "steep": "#ddaa33", "resolution": "#44aa99", "mirage": "#004488"}


def score_text(score: float) -> str:
    """A score in a title."""
    if np.isnan(score):
        return "flat"
    return "∞" if np.isposinf(score) else "−∞" if np.isneginf(score) else f"{score:.1f}"


def shots_text(shots: float) -> str:
    """Number of shots in a title."""
    return "" if pd.isna(shots) else f", {shots:.0f}-shot"


def _scale_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    style.log_axis(axes.xaxis)
    axes.xaxis.set_minor_locator(NullLocator())  # clutter on a small axis, and most of the time to draw it


def draw_figure_6(frame: pd.DataFrame, dataset: str, _: float) -> Figure:
    """Figure 6: the tasks that jump most on multiple-choice grade (above), the same answers under a Brier score (below).

    `frame` has one row per point: place, task, subtask, shots, model_family, metric, is_sharp, improvement_score, scale,
    score, n_examples, score_low, score_high.
    """
    if frame.empty:
        why = "No curve of multiple-choice grade of at least 5 scales that rises has a Brier score beside it."
        return style.nothing_to_draw(dataset, why)
    places = frame["place"].unique()
    figure, grid = plt.subplots(
        2, len(places), figsize=(style.TWO_COLUMNS, 3.6), sharex="col", squeeze=False, layout="constrained"
    )
    for column, place in enumerate(places):
        for row, is_sharp in enumerate((True, False)):
            axes = grid[row, column]
            rows = frame[(frame["place"] == place) & (frame["is_sharp"] == is_sharp)]
            first = rows.iloc[0]
            colour = style.colour_of("multiple_choice_grade" if is_sharp else "calibration_multiple_choice_brier_score")
            if is_sharp and not pd.isna(first["n_examples"]):
                axes.vlines(rows["scale"], rows["score_low"], rows["score_high"], colors=colour, lw=0.8, alpha=0.5)
            axes.plot(rows["scale"], rows["score"], "o-", color=colour, ms=2.6, lw=1)
            _scale_axis(axes)
            axes.tick_params(labelsize=6.5)
            title = f"score {score_text(first['improvement_score'])}"
            if is_sharp:
                axes.set_ylim(0, 1)
                title = f"{style.label(first['task'], 17)}\n{style.label(first['model_family'], 17)}\n{title}"
            axes.set_title(title, fontsize=7)
    grid[0, 0].set_ylabel("multiple-choice grade", fontsize=7.5)
    grid[1, 0].set_ylabel("Brier score (lower is better)", fontsize=7.5)
    figure.supxlabel(f"model scale ({scale_name(frame['scale_basis'])})", fontsize=8)
    style.footer(
        figure,
        dataset,
        [
            f"The {len(places)} tasks of {frame['n_tasks'].iloc[0]} with the largest improvement score on multiple-choice "
            "grade (one curve each), and the Brier score of the same answers. Bars: 95 % intervals of the finite test set. "
            "The score of a Brier score has its sign turned: positive is better.",
        ],
    )
    return figure


def _draw_law(axes: Axes, rows: pd.DataFrame, colour: str) -> str:
    """Draw the fitted law of one curve with the range of 95 % of its scores; returns what is known of its slope."""
    curve = rows.iloc[0]
    if pd.isna(curve["slope"]):
        bound = f"slope < {curve['slope_high']:.2f}" if np.isfinite(curve["slope_high"]) else "no slope"
        return bound.replace("-", "−")
    x = np.geomspace(rows["scale"].min(), rows["scale"].max(), 200)
    mean = law(np.log(x), curve["intercept"], curve["slope"], curve["chance"])
    n = float(np.median(rows["n_examples"].to_numpy(float) * rows["n_models"].to_numpy(float)))
    sd = np.sqrt(mean * (1 - mean) / n * (1 + (curve["n_examples"] - 1) * curve["rho"]))
    low, high = np.clip(mean - 1.96 * sd, 0, 1), np.clip(mean + 1.96 * sd, 0, 1)
    axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    axes.plot(x, mean, color=colour, lw=1.2)
    return f"slope {curve['slope']:.2f}".replace("-", "−")


def _draw_curve(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    """One curve of the gallery, of the task called `name`: its points with their intervals, its law, and its verdict."""
    curve = rows.iloc[0]
    colour = VERDICT_COLOURS[curve["verdict"]]
    slope = _draw_law(axes, rows, colour)
    axes.vlines(rows["scale"], rows["score_low"], rows["score_high"], colors=style.INK, lw=0.7, alpha=0.6)
    axes.plot(rows["scale"], rows["score"], "o", color=style.INK, ms=2.6)
    if curve["chance"] > 0:
        axes.axhline(curve["chance"], color=style.OTHER_COLOUR, lw=0.7, ls=(0, (2, 2)))
    _scale_axis(axes)
    axes.tick_params(labelsize=6.5)
    highest = float(rows["score_high"].max())
    # Where everything is small the axis is free, or nothing could be seen.
    top = 1.1 * highest if rows["score"].max() < 0.05 else max(0.3, min(1.03, 1.15 * highest))
    axes.set_ylim(-0.04 * top, top)
    family = style.label(curve["model_family"], 14) + shots_text(curve["shots"])
    family = f"{family}, n={curve['n_examples']:,.0f}"
    axes.set_title(f"{style.label(name, 24)}\n{family}", fontsize=6.8, pad=13)
    text = f"{curve['verdict']}, {slope}"
    axes.text(0, 1.03, text, transform=axes.transAxes, va="bottom", fontsize=6.5, color=colour)


def _panels(n: int, width: float, row_height: float, margin: float = 0.0) -> tuple[Figure, np.ndarray]:
    """A figure with n panels, up to four in a row, and the panels in order."""
    columns = min(4, n)
    n_rows = -(-n // columns)
    size = (width, margin + row_height * n_rows)
    figure, grid = plt.subplots(n_rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes in grid.flat[n:]:
        axes.axis("off")
    return figure, grid.ravel()


def draw_gallery(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Curves that jump with the smooth law fitted to each.

    `frame` has one row per point of up to 12 curves: place, key, verdict, n_of_verdict, improvement_score, n_examples,
    chance, slope, slope_high, intercept, rho, p_smooth, p_sharp, scale, score, score_low, score_high, n_models.
    """
    if frame.empty:
        return style.nothing_to_draw(dataset, f"No tested curve has an improvement score above {emergence_threshold:g}.")
    places = frame["place"].unique()
    width = style.TWO_COLUMNS * max(min(4, len(places)), 2) / 4
    figure, grid = _panels(len(places), width, row_height=1.75)
    names = style.without_common_prefix(frame["task"].tolist())
    for axes, place in zip(grid, places, strict=False):
        rows = frame[frame["place"] == place]
        _draw_curve(axes, rows, names[rows["task"].iloc[0]])
    figure.supxlabel(f"model scale ({scale_name(frame['scale_basis'])})", fontsize=8)
    figure.supylabel("score", fontsize=8)
    counts = frame.drop_duplicates("verdict").set_index("verdict")["n_of_verdict"]
    by_verdict = ", ".join(f"{counts[name]:,} {name}" for name in VERDICT_COLOURS if name in counts)
    style.footer(
        figure,
        dataset,
        [
            f"Curves with an improvement score above {emergence_threshold:g} by verdict: {by_verdict}. Of each verdict the "
            "largest are drawn, one per task. Points: scores with 95 % intervals of the test set. Line: the fitted smooth "
            "law, with the range of 95 % of the scores that it gives (test set and scatter between models). No line: ever "
            "steeper laws fit ever better, and only a bound of the slope is known. Dashed: chance.",
        ],
    )
    return figure


def draw_sudden(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """The most sudden pairs, one curve each.

    `frame` has one row per point of up to 12 curves: place, task, metric, model_family, shots, improvement_score,
    median_improvement_score, n_curves, n_examples, n_pairs, scale, scale_basis, score, score_low, score_high.
    """
    if frame.empty:
        why = f"No pair has an improvement score above {emergence_threshold:g} on more than half of its curves."
        return style.nothing_to_draw(dataset, why)
    places = frame["place"].unique()
    figure, grid = _panels(len(places), style.TWO_COLUMNS, row_height=1.55, margin=0.6)
    names = style.without_common_prefix(frame["task"].tolist())
    for axes, place in zip(grid, places, strict=False):
        rows = frame[frame["place"] == place]
        pair = rows.iloc[0]
        colour = style.colour_of(pair["metric"])
        axes.vlines(rows["scale"], rows["score_low"], rows["score_high"], colors=colour, lw=0.8, alpha=0.6)
        axes.plot(rows["scale"], rows["score"], "o-", color=colour, ms=2.6, lw=0.9)
        _scale_axis(axes)
        axes.tick_params(labelsize=6.5)
        size = "" if pd.isna(pair["n_examples"]) else f", n={pair['n_examples']:,.0f}"
        family = style.label(pair["model_family"], 14) + shots_text(pair["shots"]) + size
        axes.set_title(f"{style.label(names[pair['task']], 24)}\n{family}", fontsize=6.8, pad=13)
        text = f"{style.label(pair['metric'], 22)}, {score_text(pair['improvement_score'])}"
        axes.text(0, 1.03, text, transform=axes.transAxes, va="bottom", fontsize=6.5, color=colour)
    figure.supxlabel(f"model scale ({scale_name(frame['scale_basis'])})", fontsize=8)
    figure.supylabel("score", fontsize=8)
    style.footer(
        figure,
        dataset,
        [
            f"Of {frame['n_pairs'].iloc[0]:,} pairs that are above {emergence_threshold:g} by the median of their curves "
            "the most sudden, one per task; the curve of the largest score, which stands behind the metric. Bars: 95 % "
            "intervals of the test set, where its size is known. Left out: pairs whose scores repeat those of another "
            "family, and shares outside 0 to 1, a fault of what was published.",
        ],
    )
    return figure


LEFT_EDGE = -1.0
"""Slopes beyond it are drawn as bounds at it."""


def _draw_slope_points(axes: Axes, shown: pd.DataFrame) -> None:
    """One mark per curve, hand-annotated tasks filled, and the legend's entries."""
    for (metric, is_annotated), rows in shown.dropna(subset="x").groupby(["metric", "is_annotated"], sort=True):
        colour = style.colour_of(metric)
        x = rows["x"].clip(lower=LEFT_EDGE)
        bounded = rows["slope"].isna() | (rows["x"] < LEFT_EDGE)
        alpha = 1 if len(shown) < 200 else 0.5
        for mask, marker in ((~bounded, "o"), (bounded, "<")):
            axes.scatter(
                x[mask],
                rows["p_sharp"][mask],
                marker=marker,
                s=26 if is_annotated else 12,
                facecolors=colour if is_annotated else "none",
                edgecolors=colour,
                linewidths=0.8,
                alpha=alpha,
                zorder=3 if is_annotated else 2,
            )
    for metric in sorted(shown["metric"].unique()):
        axes.scatter([], [], color=style.colour_of(metric), s=20, label=style.label(metric))
    axes.scatter([], [], color=style.INK, s=26, label="task labelled emergent by hand")
    axes.scatter([], [], facecolors="none", edgecolors=style.INK, s=12, label="other task")
    axes.scatter([], [], marker="<", color=style.INK, s=20, label="slope is a bound, or beyond the edge")


def draw_slopes(frame: pd.DataFrame, dataset: str, _: float) -> Figure:
    """The exponent that a smooth explanation needs against p_sharp, hand-annotated tasks marked.

    `frame` has one row per bootstrapped curve: slope, slope_high, p_sharp, metric, verdict, is_annotated, n_drawn, n_tested.
    """
    if frame.empty:
        return style.nothing_to_draw(dataset, "No curve jumps, so no jump was bootstrapped.")
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 3.2), layout="constrained")
    shown = frame.assign(x=frame["slope"].fillna(frame["slope_high"]).replace([np.inf, -np.inf], np.nan))
    _draw_slope_points(axes, shown)
    axes.axvspan(-0.1, -0.05, color=style.FAINT, alpha=0.6, lw=0, zorder=0)
    axes.annotate("loss of language\nmodels", (-0.075, 1.02), xycoords=axes.get_xaxis_transform(), ha="center", fontsize=6.5)
    axes.set_yscale("log")
    style.log_axis(axes.yaxis)
    axes.set_ylim(min(1e-3, frame["p_sharp"].min() / 2), 1.3)
    axes.set_xlim(LEFT_EDGE - 0.04, max(0.2, float(shown["x"].max()) + 0.05))
    axes.axhline(0.05, color=style.INK, lw=0.7, ls=(0, (4, 3)))
    axes.set_xlabel("slope: scaling exponent that a smooth explanation needs")
    axes.set_ylabel("p_sharp: does the law jump so much?")
    figure.legend(loc="outside right upper", fontsize=7)
    n_none = int(shown["x"].isna().sum())
    style.footer(
        figure,
        dataset,
        [
            f"{len(frame):,} curves whose jump was bootstrapped, of {frame['n_tested'].iloc[0]:,} that were tested"
            + (f"; not drawn, no bound of the slope: {n_none:,}" if n_none else "")
            + ". Grey band: exponents published for the loss of language models. Dashed: 0.05, for one test alone; "
            "q values that count all tests are in the table mirage.",
        ],
    )
    return figure
