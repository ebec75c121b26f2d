"""Figure 5A: the improvement scores of pairs or triplets by metric, as strips and histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jumpcheck.figures import style
from jumpcheck.figures.about import About

STATISTICS = {"largest": "largest curve", "median": "median curve"}
MAX_STACKED = 5
"""Metrics that the histogram tells apart: those of most scores."""
MAX_OWN_ROWS = 12
"""With more metrics than this only those of at least MIN_OWN_ROW have a row of their own."""
MIN_OWN_ROW = 10
POOLED = {True: "{} other metrics, some above", False: "{} other metrics, none above"}
"""Rows of the metrics that have none of their own, by whether any of their scores is above the threshold."""
_NODES = {0: 0.0, 5: 1.0, 10: 2.0, 20: 3.0, 50: 4.0, 100: 5.0}
"""Scores that are labelled, and their places on the axis, which is linear between them."""
_BIN = 0.2
"""Width of a bin of the histogram, on the axis."""


class _Axis(NamedTuple):
    """The score axis: places of finite scores, in order, and of the infinite ones (NaN where there are none)."""

    nodes: dict[float, float]
    minus: float
    plus: float

    def place(self, scores: pd.Series) -> np.ndarray:
        """Where scores stand on the axis."""
        finite = np.interp(scores.clip(-1e300, 1e300), list(self.nodes), list(self.nodes.values()))
        return np.select(
            [scores == np.inf, scores == -np.inf], [self.plus, self.minus], np.where(scores.isna(), np.nan, finite)
        )

    @property
    def ends(self) -> tuple[float, float]:
        """Left and right end of the axis."""
        left = self.minus - 0.5 if np.isfinite(self.minus) else next(iter(self.nodes.values())) - 0.3
        return left, self.plus + 0.5


def _axis_of(scores: pd.Series) -> _Axis:
    nodes = {float(score): place for score, place in _NODES.items()}
    finite = scores[np.isfinite(scores)]
    if (limit := style.score_limit(scores)) > 100:
        nodes[limit] = 6.0
    if (finite < 0).any():
        nodes |= {-10.0: -1.0} | ({-style.score_limit(finite[finite < 0]): -1.9} if finite.min() < -10 else {})
    nodes = dict(sorted(nodes.items()))
    places = list(nodes.values())
    return _Axis(nodes, places[0] - 1.0 if (scores == -np.inf).any() else np.nan, places[-1] + 1.0)


def _set_up(axes: Axes, axis: _Axis) -> None:
    """Ticks of the score axis, and bands for the infinite scores."""
    ticks = {place: _score_name(score) for score, place in axis.nodes.items()}
    ticks |= {axis.plus: "∞"} | ({axis.minus: "−∞"} if np.isfinite(axis.minus) else {})
    ticks = dict(sorted(ticks.items()))
    axes.set_xticks(list(ticks), list(ticks.values()))
    for place in (axis.minus, axis.plus):
        if np.isfinite(place):
            axes.axvspan(place - 0.5, place + 0.5, color=style.FAINT, alpha=0.55, lw=0, zorder=0)
    axes.set_xlim(*axis.ends)
    axes.tick_params(axis="x", labelsize=6.5)


def _score_name(score: float) -> str:
    """The label of a score; none for the lowest, of which there is no room and little interest."""
    if score > 100:
        return style.power_of_ten(round(np.log10(score)))
    return "" if score < -10 else f"{score:,.0f}".replace("-", "−")


def _stacked(drawn: pd.DataFrame) -> dict[str, str]:
    """{metric: its colour} of those that the histogram tells apart: they have a row and a colour of their own."""
    named = drawn[~drawn["is_pooled"] & drawn["metric"].isin(list(style.METRIC_COLOURS))]
    sizes = named.groupby("metric", sort=True).size().sort_values(ascending=False, kind="stable")
    return {metric: style.METRIC_COLOURS[metric] for metric in sizes.index[:MAX_STACKED]}


def _histogram(axes: Axes, frame: pd.DataFrame, statistic: str, axis: _Axis, stacked: dict[str, str]) -> None:
    """Stacked counts per bin of the axis."""
    # A score on an edge belongs to the bin above it, with a rounding error.
    edges = np.arange(np.floor(axis.ends[0] / _BIN), np.ceil(axis.ends[1] / _BIN) + 1) * _BIN - 1e-9
    others = ~frame["metric"].isin(list(stacked))
    groups = [(name, frame["metric"] == name, colour) for name, colour in stacked.items()]
    groups += [("other metrics" if stacked else "all metrics", others, style.OTHER_COLOUR)] if others.any() else []
    bottom = np.zeros(len(edges) - 1)
    for name, rows, colour in groups:
        counts, _ = np.histogram(axis.place(frame.loc[rows, statistic].dropna()), edges)
        seen = counts > 0  # a bar without height takes as long to draw
        bars = {"align": "edge", "color": colour, "label": name, "lw": 0.3, "edgecolor": "white"}
        axes.bar(edges[:-1][seen], counts[seen], _BIN, bottom[seen], **bars)
        bottom += counts


def _with_rows(counted: pd.DataFrame) -> pd.DataFrame:
    """`counted` with the row that every metric is drawn in: its own, or that of all metrics like it."""
    of_metric = counted.groupby("metric", sort=True).agg(n=("metric", "size"), is_above=("is_above", "any"))
    is_own = (of_metric["n"] >= MIN_OWN_ROW) | (len(of_metric) <= MAX_OWN_ROWS)
    pooled = of_metric[~is_own]
    names = {above: text.format((pooled["is_above"] == above).sum()) for above, text in POOLED.items()}
    row_of = {name: name if is_own[name] else names[bool(above)] for name, above in of_metric["is_above"].items()}
    return counted.assign(row=counted["metric"].map(row_of), is_pooled=counted["metric"].map(~is_own))


def _rows(counted: pd.DataFrame) -> pd.DataFrame:
    """One row per row of the figure, those with the largest share above the threshold first: row, label, position."""
    summary = (
        counted.assign(plus=counted["largest"] == np.inf)
        .groupby("row", sort=True)
        .agg(n=("row", "size"), above=("is_above", "sum"), plus=("plus", "sum"), is_pooled=("is_pooled", "first"))
        .assign(share=lambda rows: rows["above"] / rows["n"])
        .sort_values(["is_pooled", "share", "n"], ascending=[True, False, False], kind="stable")
        .reset_index()
    )
    marks = [
        f"{style.label(row.row, 36)}  {row.above:,}/{row.n:,}" + (f", ∞ {row.plus:,}" if row.plus else "")
        for row in summary.itertuples()
    ]
    return summary.assign(label=marks, position=np.arange(len(summary)))


def draw_pairs(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 5A of the preferred metrics: see `draw_scores`."""
    return draw_scores(frame, about, "task-model family pair")


def draw_triplets(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 5A of all metrics: see `draw_scores`."""
    return draw_scores(frame, about, "task-metric-model family triplet")


def _draw_column(
    axes: Sequence[Axes], drawn: pd.DataFrame, rows: pd.DataFrame, statistic: str, axis: _Axis, emergence_threshold: float
) -> None:
    """A histogram and the strips below it, of the largest or of the median curve."""
    above, strips = axes
    # Spread within a strip by the golden ratio: even, and the same in every run.
    drawn = drawn.assign(spread=((np.arange(len(drawn)) * 0.6180339887) % 1 - 0.5) * 0.6)
    _histogram(above, drawn, statistic, axis, _stacked(drawn))
    for row in rows.itertuples():  # of one colour each: so a point is drawn once, and copied
        points = drawn[drawn["row"] == row.row]
        colour = style.OTHER_COLOUR if row.is_pooled else style.colour_of(row.row)
        strips.plot(
            axis.place(points[statistic]),
            row.position + points["spread"],
            "o",
            ms=2.6,
            mew=0,
            color=colour,
            alpha=0.65,
            rasterized=len(drawn) > 2000,
        )
    for panel in (above, strips):
        _set_up(panel, axis)
        threshold = axis.place(pd.Series([emergence_threshold]))[0]
        panel.axvline(threshold, color=style.INK, lw=0.8, ls=(0, (4, 3)), zorder=1)
        panel.axvline(0, color=style.FAINT, lw=0.6, zorder=0)
    above.margins(y=0.06)
    above.set_title(f"{STATISTICS[statistic]}, n={drawn[statistic].notna().sum():,}")
    strips.set_xlabel("improvement score")


def draw_scores(frame: pd.DataFrame, about: About, unit: str) -> Figure:
    """Strips by metric with stacked histograms above them; the largest and the median curve side by side.

    Parameters
    ----------
    frame : DataFrame
        One row per pair or triplet: metric, largest, median (improvement scores), is_counted, is_above, n_scales,
        direction_known.
    about : About
        Name of the dataset, for the footer, and the threshold, drawn as a dashed line.
    unit : str
        What a point is, for the labels.

    """
    counted = frame[frame["is_counted"]]
    if not counted["largest"].notna().any():
        return style.nothing_to_draw(
            about.dataset, f"No {unit} of at least {about.min_scales} scales and a known direction has a score."
        )
    counted = _with_rows(counted)
    rows = _rows(counted)
    drawn = counted[counted["largest"].notna()]
    axis = _axis_of(pd.concat([drawn[name] for name in STATISTICS]))
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
        _draw_column(axes[:, column], drawn, rows, statistic, axis, about.emergence_threshold)
    axes[0, 0].set_ylabel(f"{unit.split()[-1]}s")
    axes[0, 0].yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=3, handlelength=1)
    axes[1, 0].set_yticks(rows["position"], rows["label"])
    axes[1, 0].set_ylim(len(rows) - 0.5, -0.5)
    for row in rows["position"][:-1]:
        for strips in axes[1]:
            strips.axhline(row + 0.5, color=style.FAINT, lw=0.4, zorder=0)
    style.footer(figure, about.dataset, _notes(frame, counted, about, unit))
    return figure


def _notes(frame: pd.DataFrame, counted: pd.DataFrame, about: About, unit: str) -> list[str]:
    """What a point is, and what is not drawn."""
    left_out = frame[~frame["is_counted"]].astype({"direction_known": bool})
    reasons = {
        "of metrics without a name or a known direction": ~left_out["direction_known"],
        f"of fewer than {about.min_scales} scales": left_out["direction_known"] & (left_out["n_scales"] < about.min_scales),
        "not published or of aggregates alone": left_out["direction_known"] & ~(left_out["n_scales"] < about.min_scales),
    }
    named = ", ".join(f"{rows.sum():,} {reason}" for reason, rows in reasons.items() if rows.any())
    n_flat = int(counted["largest"].isna().sum())
    no_middle = int((counted["median"].isna() & counted["largest"].notna()).sum())
    pooled = counted[counted["is_pooled"]]
    return [
        f"A point is one {unit} of at least {about.min_scales} scales; beside every metric how many of them are above the "
        "threshold, of how many, and how many are infinite. Improvement score: emergence score, positive where the metric "
        f"gets better with scale. Dashed: emergence_threshold = {about.emergence_threshold:g}. Grey bands: infinite scores "
        "(median step 0). The axis is linear between its labels.",
        f"Other metrics, with fewer than {MIN_OWN_ROW} {unit.split()[-1]}s each: "
        + style.listed(sorted(pooled["metric"].unique()), 12)
        + "."
        if len(pooled)
        else "",
        f"Flat, without a score and not drawn: {n_flat:,}." if n_flat else "",
        f"No median (between −∞ and +∞): {no_middle:,}." if no_middle else "",
        f"Left out: aggregates over subtasks, normalized_aggregate_score, and of the {unit.split()[-1]}s {named}."
        if named
        else "Left out: aggregates over subtasks, and normalized_aggregate_score.",
    ]


def draw_by_metric(frame: pd.DataFrame, about: About) -> Figure:
    """Share of pairs above the threshold per metric, with and without the pairs of twins.

    `frame` has one row per metric or group of metrics, in order: metric, n_metrics, n_pairs, n_above, share, share_low,
    share_high, and the same without twins (`_alone`).
    """
    if frame.empty:
        return style.nothing_to_draw(
            about.dataset, f"No pair has a preferred metric of known direction and at least {about.min_scales} scales."
        )
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 0.9 + 0.27 * len(frame)), layout="constrained")
    place = np.arange(len(frame))
    colours = [style.colour_of(metric) for metric in frame["metric"]]
    for suffix, offset, is_filled in (("", -0.14, True), ("_alone", 0.14, False)):
        share = frame[f"share{suffix}"]
        axes.hlines(place + offset, frame[f"share{suffix}_low"], frame[f"share{suffix}_high"], colors=colours, lw=1.2)
        faces = colours if is_filled else "white"
        axes.scatter(share, place + offset, c=faces, edgecolors=colours, s=22, zorder=3, clip_on=False)
    style.beside(axes, -0.9, "above/all")
    style.beside(axes, -0.9, "no repeats", x=1.15)
    for k, row in enumerate(frame.itertuples()):
        style.beside(axes, k, f"{row.n_above:,}/{row.n_pairs:,}")
        style.beside(axes, k, f"{row.n_above_alone:,}/{row.n_pairs_alone:,}", x=1.15)
    axes.set_yticks(place, [style.label(metric, 40) for metric in frame["metric"]])
    axes.set_ylim(len(frame) - 0.5, -0.5)
    axes.set_xlim(0, min(1.0, 1.05 * frame[["share_high", "share_alone_high"]].max().max()))
    style.percent_axis(axes.xaxis)
    axes.set_xlabel(f"share of pairs with an improvement score above {about.emergence_threshold:g}, with 95 % interval")
    axes.grid(axis="y", color=style.FAINT, lw=0.4)
    figure.legend(
        [style.dot(style.INK, True), style.dot(style.INK, False)],
        ["all pairs", "without pairs whose scores repeat those of another family"],
        loc="outside upper left",
        ncols=2,
    )
    style.footer(
        figure,
        about.dataset,
        [
            f"A pair is a task and a model family of at least {about.min_scales} scales. Repeats: table twins. The "
            "intervals take pairs as independent, which pairs of one task are not.",
        ],
    )
    return figure
