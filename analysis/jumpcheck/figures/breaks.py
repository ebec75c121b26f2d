"""What the break test found: verdicts by metric, curves with their laws, and the breaks by size."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jumpcheck.base.words import VERDICTS
from jumpcheck.breaks.prediction import prediction_interval
from jumpcheck.breaks.smooth_law import law
from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.figures.jumps import curve_title, share_axis, small_panels
from jumpcheck.models.scales import scale_name

VERDICT_COLOURS = {name: words["colour"] for name, words in VERDICTS.items() if name != "not_testable"}
VERDICT_NAMES = {name: words["called"] for name, words in VERDICTS.items() if name != "not_testable"}


def _draw_bars(axes: Axes, counts: pd.DataFrame, metrics: list[str], jumps: bool) -> None:
    """One bar per metric, of the verdicts on its curves that jump or do not, and right of it how many have a break."""
    for row, metric in enumerate(metrics):
        if (metric, jumps) not in counts.index:
            axes.annotate("none", (0.01, row), va="center", fontsize=7, color=style.INK)
            continue
        of_metric, left = counts.loc[(metric, jumps)], 0.0
        total = of_metric.sum()
        for verdict in VERDICT_COLOURS:
            share = of_metric.get(verdict, 0) / total
            axes.barh(row, share, left=left, height=0.72, color=VERDICT_COLOURS[verdict], edgecolor="white", lw=0.5)
            if share > 0.09:
                ink = "white" if verdict in ("break", "smooth") else style.INK
                middle = left + share / 2
                axes.annotate(f"{of_metric[verdict]:,}", (middle, row), ha="center", va="center", fontsize=6.5, color=ink)
            left += share
        style.beside(axes, row, f"{of_metric.get('break', 0):,}/{total:,}")


def draw_verdicts(frame: pd.DataFrame, about: About) -> Figure:
    """Verdicts on the tested curves by metric, those that jump apart.

    `frame` has one row per metric, jumps and verdict: n_curves; and n_jumps_not_testable.
    """
    if frame.empty:
        return style.nothing_to_draw(about.dataset, "No curve could be tested.")
    totals = frame.groupby("metric", sort=True)["n_curves"].sum().sort_values(ascending=False, kind="stable")
    metrics = sorted(totals.index, key="other metrics".__eq__)  # which stand below all others
    panels = [jumps for jumps in (True, False) if (frame["jumps"] == jumps).any()]
    figure, grid = plt.subplots(
        1,
        len(panels),
        figsize=(style.TWO_COLUMNS, 1.0 + 0.26 * len(metrics)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    counts = frame.pivot_table(index=["metric", "jumps"], columns="verdict", values="n_curves", aggfunc="sum", fill_value=0)
    for axes, jumps in zip(grid[0], panels, strict=True):
        _draw_bars(axes, counts, metrics, jumps)
        style.beside(axes, -0.9, "breaks/all")
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        style.percent_axis(axes.xaxis)
        axes.set_title("curves that jump" if jumps else "curves that do not jump")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    grid[0, 0].set_yticks(range(len(metrics)), [style.label(metric, 30) for metric in metrics])
    grid[0, 0].set_ylim(len(metrics) - 0.5, -0.5)
    figure.supxlabel("share of tested curves, with their numbers", fontsize=8)
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in VERDICT_COLOURS.values()]
    figure.legend(handles, VERDICT_NAMES.values(), loc="outside upper center", ncols=4, fontsize=7)
    none_jump = "No tested curve jumps. " if panels == [False] else ""
    untested = int(frame["n_jumps_not_testable"].iloc[0])
    style.footer(
        figure,
        about.dataset,
        [
            f"{none_jump}A curve jumps where its improvement score is above {about.emergence_threshold:g} and above "
            f"{about.sharpness_threshold:g} times that of a straight line. Smooth: a break of smallest_break is ruled out "
            "wherever it could be detected. Jumps of percent-correct curves that could not be tested, for which the table "
            "breaks has the reasons: "
            f"{untested:,}.",
        ],
    )
    return figure


def _draw_law(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw the smooth law of one curve with the range of 95 % of its scores, and where the break lies."""
    curve = rows.iloc[0]
    at = np.geomspace(rows["scale"].min(), rows["scale"].max(), 200)
    parameters = curve[["level", "slope", "curvature", "floor"]].to_numpy(float)[None, :]
    mean = law(np.log(rows["scale"].to_numpy(float))[None, :], parameters, np.log(at)[None, :])[0]
    n = float(curve["n_examples"]) * float(np.median(rows["n_models"]))
    # Averaged models scatter independently: the correlation of all their answers together is smaller.
    together = curve["scatter"] * (curve["n_examples"] - 1) / max(n - 1, 1)
    axes.fill_between(at, *prediction_interval(mean, n, together), color=colour, alpha=0.15, lw=0)
    axes.plot(at, mean, color=colour, lw=1.2)
    if curve["verdict"] in ("break", "one_model"):
        scales = rows["scale"].to_numpy(float)
        before = scales[scales < curve["break_scale"] * (1 - 1e-9)].max()
        axes.axvspan(before, curve["break_scale"], color=colour, alpha=0.12, lw=0)


def _verdict_text(curve: pd.Series) -> str:
    """The verdict on a curve in a few words."""
    if curve["verdict"] in ("break", "one_model"):
        return f"{VERDICT_NAMES[curve['verdict']]}: loss {np.exp(curve['break_size']):.1f} times lower"
    if curve["verdict"] == "inconclusive" and np.isfinite(curve["break_size_high"]):
        return f"undecided: up to {np.exp(min(curve['break_size_high'], 9)):.1f} times lower"
    return VERDICT_NAMES[curve["verdict"]]


def _draw_curve(axes: Axes, rows: pd.DataFrame, task: str, family: str) -> None:
    """One curve of the gallery: its points with their intervals, its law and its verdict; title of `task` and `family`."""
    curve = rows.iloc[0]
    colour = VERDICT_COLOURS[curve["verdict"]]
    _draw_law(axes, rows, colour)
    axes.vlines(rows["scale"], rows["score_low"], rows["score_high"], colors=style.INK, lw=0.7, alpha=0.6)
    axes.plot(rows["scale"], rows["score"], "o", color=style.INK, ms=2.6)
    if curve["chance"] > 0:
        axes.axhline(curve["chance"], color=style.OTHER_COLOUR, lw=0.7, ls=(0, (2, 2)))
    style.scale_axis(axes, rows["scale"], 3)
    axes.tick_params(labelsize=6.5)
    share_axis(axes, float(rows["score_high"].max()))
    title = curve_title(task, family, curve["shots"], curve["n_examples"], 26)
    axes.set_title(title, fontsize=6.8, pad=13)
    ink = style.INK if curve["verdict"] in ("inconclusive", "at_chance") else colour
    axes.text(0, 1.03, _verdict_text(curve), transform=axes.transAxes, va="bottom", fontsize=6.5, color=ink)


def draw_gallery(frame: pd.DataFrame, about: About) -> Figure:
    """Curves that jump with the smooth law fitted to each.

    `frame` has one row per point of up to 12 curves: place, key, verdict, n_of_verdict, improvement_score, n_examples,
    chance, level, slope, curvature, floor, scatter, break_scale, break_size, break_size_high, scale, score, score_low,
    score_high, n_models.
    """
    if frame.empty:
        return style.nothing_to_draw(
            about.dataset, f"No tested curve jumps (improvement score above {about.emergence_threshold:g})."
        )
    places = frame["place"].unique()
    width = style.TWO_COLUMNS * max(min(4, len(places)), 2) / 4
    figure, grid = small_panels(len(places), width, row_height=1.7)
    names, prefix = style.short_tasks(frame["task"])
    families, publisher = style.short_families(frame["model_family"])
    for axes, place in zip(grid, places, strict=False):
        rows = frame[frame["place"] == place]
        _draw_curve(axes, rows, names[rows["task"].iloc[0]], families[rows["model_family"].iloc[0]])
    figure.supxlabel(f"model scale ({scale_name(frame['scale_basis'])})", fontsize=8)
    figure.supylabel("score", fontsize=8)
    counts = frame.drop_duplicates("verdict").set_index("verdict")["n_of_verdict"]
    by_verdict = ", ".join(f"{counts[name]:,} {text}" for name, text in VERDICT_NAMES.items() if name in counts)
    style.footer(
        figure,
        about.dataset,
        [
            f"Curves that jump by verdict: {by_verdict}. Of each verdict the largest are drawn, one per task. Points: "
            "scores with 95 % intervals of the test set. Line: the smooth law, with the range of 95 % of the scores that it "
            "gives (test set and scatter between models), without what the same models do on other tasks. Shaded: where the "
            "likeliest break lies. Dashed: chance. Axes differ.",
            prefix,
            publisher,
        ],
    )
    return figure


def draw_sizes(frame: pd.DataFrame, about: About) -> Figure:
    """The breaks that were found, by size, with their intervals.

    `frame` has one row per pair (or triplet) with a break, up to 30: unit, task, model_family, metric, verdict, break_scale,
    break_size with break_size_low and break_size_up, jump_is_break, n_curves_with_break, n_units, n_units_detectable.
    """
    if frame.empty:
        return style.nothing_to_draw(about.dataset, "No break was found at a false discovery rate of 5 %.")
    frame = frame.sort_values("break_size", ascending=False, kind="stable")
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 1.3 + 0.19 * len(frame)), layout="constrained")
    drawn = style.looks(frame["metric"], style.METRIC_COLOURS)
    for row, pair in enumerate(frame.itertuples()):
        colour, marker, _ = drawn[pair.metric]
        axes.hlines(row, pair.break_size_low, pair.break_size_up, colors=colour, lw=1.3)
        face = colour if pair.jump_is_break else "white"
        axes.scatter(pair.break_size, row, s=22, c=face, edgecolors=colour, marker=marker, zorder=3)
        curves = "curve" if pair.n_curves_with_break == 1 else "curves"
        place = "at" if pair.verdict == "one_model" else "from"
        style.beside(axes, row, f"{place} {style.amount(pair.break_scale)}, {pair.n_curves_with_break} {curves}")
    names, prefix = style.short_tasks(frame["task"])
    families, publisher = style.short_families(frame["model_family"])
    rows = [f"{style.label(names[p.task], 36)}, {style.label(families[p.model_family], 36)}" for p in frame.itertuples()]
    axes.set_yticks(range(len(frame)), rows, fontsize=6.8)
    axes.set_ylim(len(frame) - 0.5, -0.5)
    axes.set_xlim(left=min(0.0, float(frame["break_size_low"].min()) - 0.1))
    axes.axvline(0, color=style.INK, lw=0.7)
    axes.axvline(1, color=style.FAINT, lw=0.9, zorder=0)
    axes.set_xlabel("size of the break: drop of the log loss below the smooth law (1: a factor e)")
    handles = {style.label(metric): style.dot(look.colour, True, look.marker) for metric, look in drawn.items()}
    handles["hollow: no curve that jumps has the break"] = style.dot(style.INK, False)
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=3, fontsize=7)
    n_all, shown, unit = frame["n_units"].iloc[0], len(frame), frame["unit"].iloc[0]
    first = f"The {shown} of {n_all:,} {unit}s with the smallest q" if n_all > shown else f"All {n_all:,} {unit}s"
    style.footer(
        figure,
        about.dataset,
        [
            f"{first} with a break, of {frame['n_units_detectable'].iloc[0]:,} with enough data to show one; those of the "
            "family are left out. Of each the curve with the smallest p, among those that jump if any of them has a break. "
            "Bars: 95 % intervals, after selection and so too far from 0 on average. Right: the first scale after the break "
            f"(at: it is the largest model's alone), and how many curves of the {unit} have one.",
            prefix,
            publisher,
        ],
    )
    return figure
