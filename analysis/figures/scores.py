"""Figure 5A: the improvement scores of pairs or triplets by metric, as strips and histograms."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from analysis.figures import style

STATISTICS = {"largest": "largest curve", "median": "median curve"}
GROUPS = {
    "multiple_choice_grade": "multiple_choice_grade",
    "exact_str_match": "exact_str_match",
    "": "all other metrics",
}
POOLED = "all further metrics"


def _score_axis(axes: Axes, limit: float) -> float:
    """Set up the score axis, with a band for infinite scores at both ends; returns where infinity is drawn."""
    begin, place, end = (limit * factor for factor in style.INFINITY_BAND)
    # A finite score is at least 1 in absolute value, so the linear piece between -1 and 1 is empty.
    axes.set_xscale("symlog", linthresh=1, linscale=0.25)
    axes.set_xlim(-end, end)
    decades, shown = style.decades(limit)
    ticks = [-place, *(-d for d in reversed(decades)), *decades, place]
    # The ends stand close to the infinities, and −1 close to 1.
    left = [f"−{d}" if 0 < k < len(shown) - 1 else "" for k, d in enumerate(shown)]
    right = [d if k < len(shown) - 1 or limit == 100 else "" for k, d in enumerate(shown)]
    names = ["−∞", *reversed(left), *right, "+∞"]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter(names))
    axes.xaxis.set_minor_locator(NullLocator())
    for side in (-1, 1):
        axes.axvspan(*sorted((side * begin, side * end)), color=style.FAINT, alpha=0.55, lw=0, zorder=0)
    return place


def _histogram(axes: Axes, frame: pd.DataFrame, statistic: str, limit: float, infinity: float) -> None:
    """Stacked counts per bin: ten bins a decade on either side, and one for either infinity."""
    decades = np.logspace(0, np.log10(limit), round(np.log10(limit) * 10) + 1)
    decades[[0, -1]] *= [1 - 1e-9, 1 + 1e-9]  # the ends belong to the bins, with a rounding error
    bar = infinity * np.array([0.7, 1.4])  # the bar of an infinity stands in the middle of its band
    edges = np.concatenate([-bar[::-1], -decades[::-1], decades, bar])
    group = frame["metric"].where(frame["metric"].isin(list(GROUPS)), "")
    bottom = np.zeros(len(edges) - 1)
    for name, shown in GROUPS.items():
        if not (group == name).any():
            continue
        values = frame.loc[group == name, statistic].dropna().clip(-infinity, infinity)
        counts, _ = np.histogram(values, edges)
        colour = style.METRIC_COLOURS.get(name, style.OTHER_COLOUR)
        axes.bar(
            edges[:-1],
            counts,
            np.diff(edges),
            bottom,
            align="edge",
            color=colour,
            label=shown,
            lw=0.3,
            edgecolor="white",
        )
        bottom += counts


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per metric to be drawn, sorted by its largest score: metric, label and position of the strip."""
    summary = (
        frame.assign(
            plus=frame["largest"] == np.inf,
            minus=frame["largest"] == -np.inf,
            finite=frame["largest"].where(np.isfinite(frame["largest"])),
        )
        .groupby("row", sort=True)
        .agg(n=("row", "size"), plus=("plus", "sum"), minus=("minus", "sum"), top=("finite", "max"))
        .sort_values(["plus", "top"], ascending=False, kind="stable")
        .reset_index()
    )
    marks = [
        f"{style.label(row.row)} (n={row.n:,}{f', +∞ {row.plus:,}' if row.plus else ''}"
        f"{f', −∞ {row.minus:,}' if row.minus else ''})"
        for row in summary.itertuples()
    ]
    return summary.assign(label=marks, position=np.arange(len(summary)))


def draw_pairs(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Figure 5A of the preferred metrics: see `draw_scores`."""
    return draw_scores(frame, dataset, emergence_threshold, "task-model family pair")


def draw_triplets(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Figure 5A of all metrics: see `draw_scores`."""
    return draw_scores(frame, dataset, emergence_threshold, "task-metric-model family triplet")


def _draw_column(
    axes: Sequence[Axes], drawn: pd.DataFrame, rows: pd.DataFrame, statistic: str, limit: float, emergence_threshold: float
) -> None:
    """A histogram and the strips below it, of the largest or of the median curve."""
    above, strips = axes
    position = drawn["row"].map(rows.set_index("row")["position"]).to_numpy(float)
    # Spread within a strip by the golden ratio: even, and the same in every run.
    spread = ((np.arange(len(drawn)) * 0.6180339887) % 1 - 0.5) * 0.6
    infinity = _score_axis(above, limit)
    _score_axis(strips, limit)
    _histogram(above, drawn, statistic, limit, infinity)
    strips.scatter(
        drawn[statistic].clip(-infinity, infinity),
        position + spread,
        s=7,
        c=[style.colour_of(metric) for metric in drawn["metric"]],
        alpha=0.65,
        linewidths=0,
        rasterized=len(drawn) > 2000,
    )
    for panel in (above, strips):
        panel.axvline(emergence_threshold, color=style.INK, lw=0.8, ls=(0, (4, 3)), zorder=1)
        panel.axvline(0, color=style.FAINT, lw=0.6, zorder=0)
    above.set_title(f"{STATISTICS[statistic]}, n={drawn[statistic].notna().sum():,}")
    strips.set_xlabel("improvement score")


def draw_scores(frame: pd.DataFrame, dataset: str, emergence_threshold: float, unit: str) -> Figure:
    """Strips by metric with stacked histograms above them; the largest and the median curve side by side.

    Parameters
    ----------
    frame : DataFrame
        One row per pair or triplet: metric, largest, median (improvement scores), status, n_curves.
    dataset : str
        Name for the footer.
    emergence_threshold : float
        Drawn as a dashed line.
    unit : str
        What a point is, for the labels.

    """
    drawn = frame[frame["largest"].notna()]
    if drawn.empty:
        return style.nothing_to_draw(dataset, f"No {unit} has a defined emergence score.")
    frequent = drawn["metric"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    kept = frequent if len(frequent) <= style.MAX_ROWS else frequent[: style.MAX_ROWS - 1]
    drawn = drawn.assign(row=drawn["metric"].where(drawn["metric"].isin(kept), POOLED))
    rows = _rows(drawn)
    limit = style.score_limit(pd.concat([drawn[name] for name in STATISTICS]))
    heights = [1.5, 0.35 + 0.26 * len(rows)]
    figure, axes = plt.subplots(
        2,
        2,
        figsize=(style.TWO_COLUMNS, sum(heights) + 0.6),
        sharex="col",
        sharey="row",
        gridspec_kw={"height_ratios": heights},
        layout="constrained",
    )
    for column, statistic in enumerate(STATISTICS):
        _draw_column(axes[:, column], drawn, rows, statistic, limit, emergence_threshold)
    axes[0, 0].set_ylabel(f"{unit.split()[-1]}s")
    axes[0, 0].yaxis.set_major_locator(MaxNLocator(5, integer=True))
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=3, handlelength=1)
    axes[1, 0].set_yticks(rows["position"], rows["label"])
    axes[1, 0].set_ylim(len(rows) - 0.5, -0.5)
    for row in rows["position"][:-1]:
        for strips in axes[1]:
            strips.axhline(row + 0.5, color=style.FAINT, lw=0.4, zorder=0)
    style.footer(figure, dataset, _notes(frame, drawn, emergence_threshold, unit, len(frequent) - len(kept)))
    return figure


def _notes(frame: pd.DataFrame, drawn: pd.DataFrame, emergence_threshold: float, unit: str, n_pooled: int) -> list[str]:
    """What a point is, and what is not drawn."""
    absent = frame[frame["largest"].isna()]["status"].value_counts().sort_index()
    named = ", ".join(f"{n:,} {status.replace('_', ' ')}" for status, n in absent.items())
    no_middle = int((drawn["median"].isna()).sum())
    return [
        f"A point is one {unit}. Improvement score: emergence score, positive where the metric gets better "
        f"with scale. Dashed: emergence_threshold = {emergence_threshold:g}. Grey bands: "
        "infinite scores (median step 0).",
        "Left out: aggregates over subtasks, and normalized_aggregate_score.",
        style.unknown_direction(drawn),
        f"No score, not drawn: {named}." if named else "",
        f"No median (between −∞ and +∞): {no_middle:,}." if no_middle else "",
        f"{POOLED}: {n_pooled} metrics with the fewest {unit.split()[-1]}s, pooled in one row." if n_pooled else "",
    ]
