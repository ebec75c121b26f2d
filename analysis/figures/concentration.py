"""How emergence concentrates in few metrics: shares above the threshold, and survival functions without one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from analysis.figures import style

MIN_SCALES = 5
_AGGREGATES = "Left out: aggregates over subtasks, and normalized_aggregate_score."


def _left_out(frame: pd.DataFrame) -> str:
    """A note on the curves with too few scales or without a direction, by family."""
    n = frame.drop_duplicates(["model_family", "metric"]).groupby("model_family", sort=True)["n_left_out"].sum()
    n = n[n > 0].sort_values(ascending=False, kind="stable")
    if n.empty:
        return ""
    named = ", ".join(f"{style.label(family, 24)} {count:,}" for family, count in n[:8].items())
    more = f" and {len(n) - 8} more families" if len(n) > 8 else ""
    return f"Left out, curves of fewer than {MIN_SCALES} scales or of unknown direction: {n.sum():,} ({named}{more})."


def _families(shown: pd.DataFrame) -> tuple[list[str], str]:
    """The model families to be drawn, sorted by name, and a note on those that do not fit."""
    n = shown.drop_duplicates(["model_family", "metric"]).groupby("model_family", sort=True)["n_curves"].sum()
    n = n.sort_values(ascending=False, kind="stable")
    rest = n[style.MAX_PANELS :]
    note = f"Not drawn, the {len(rest)} model families with fewest curves ({rest.sum():,}); they are in the table."
    return sorted(n.index[: style.MAX_PANELS]), note if len(rest) else ""


def _annotate_counts(panel: Axes, rows: pd.DataFrame, y: np.ndarray, size: float) -> None:
    """Curves above the threshold / all, right of the panel."""
    for place, row in zip(y, rows.itertuples(), strict=True):
        panel.annotate(
            f"{row.n_above:,.0f}/{row.n_curves:,.0f}",
            (1.04, place),
            xycoords=panel.get_yaxis_transform(),
            va="center",
            fontsize=size,
            annotation_clip=False,
        )


def draw_share(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Share of curves above the threshold per metric, with Wilson intervals, one panel per model family.

    `frame` has one row per model family and metric: n_curves, n_above, n_flat, n_left_out, share,
    share_low, share_high.
    """
    shown = frame[frame["n_curves"] > 0]
    if shown.empty:
        return style.nothing_to_draw(dataset, f"No model family has curves of at least {MIN_SCALES} scales.")
    totals = shown.groupby("metric", sort=True)[["n_above", "n_curves"]].sum()
    totals["share"] = totals["n_above"] / totals["n_curves"]
    order = totals.sort_values(["share", "n_curves"], ascending=False, kind="stable").index
    cut = order[style.MAX_ROWS :]
    order = order[: style.MAX_ROWS]
    families, too_many = _families(shown)
    figure, axes = style.panels(len(families), 3, 0.75 + 0.2 * len(order))
    for panel, family in zip(axes, families, strict=True):
        rows = shown[shown["model_family"] == family].set_index("metric").reindex(order)
        present = rows["n_curves"].notna().to_numpy()
        y = np.arange(len(order))[present]
        rows = rows[present]
        colours = [style.colour_of(metric) for metric in rows.index]
        panel.hlines(y, rows["share_low"], rows["share_high"], colors=colours, lw=1.6)
        panel.scatter(rows["share"], y, c=colours, s=18, zorder=3, clip_on=False)
        _annotate_counts(panel, rows, y, 6.5)
        panel.set_title(style.label(family))
        panel.grid(axis="y", color=style.FAINT, lw=0.4)
        panel.set_axisbelow(True)
    axes[0].set_yticks(range(len(order)), [style.label(metric, 40) for metric in order])
    axes[0].set_ylim(len(order) - 0.5, -0.5)
    axes[0].set_xlim(0, min(1.0, shown.loc[shown["metric"].isin(order), "share_high"].max() * 1.05))
    axes[0].xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    figure.supxlabel(
        f"share of curves with an improvement score above {emergence_threshold:g}, with 95 % interval",
        fontsize=8,
    )
    n_flat = int(shown["n_flat"].sum())
    style.footer(
        figure,
        dataset,
        [
            "Right of each panel: curves above the threshold / all curves of at least "
            f"{MIN_SCALES} scales. Flat curves ({n_flat:,}) have no score and count as not above. The Wilson intervals "
            "take curves as independent; curves of one task are not.",
            _AGGREGATES,
            style.unknown_direction(shown),
            _left_out(frame),
            too_many,
            f"Not drawn, with the smallest shares: {len(cut)} metrics; they are in the table." if len(cut) else "",
        ],
    )
    return figure


WORLDS = {
    "this dataset": (-0.25, "o", True),
    "nothing emerges": (0.0, "o", False),
    "every model guesses": (0.25, "D", False),
}
"""Origin of a share: (place in the row of its metric, marker, whether that is filled)."""


def draw_world(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Share of curves above the threshold per metric: this dataset beside simulated worlds in which nothing emerges.

    `frame` has one row per origin (WORLDS), model family and metric: n_curves, n_above, share, share_low, share_high. Drawn
    are the metrics and families that all have.
    """
    origins = frame.groupby(["model_family", "metric"], sort=True)["origin"].nunique()
    shown = frame.set_index(["model_family", "metric"]).loc[origins.index[origins == len(WORLDS)]].reset_index()
    ours = frame[frame["origin"] == "this dataset"]
    alone = len(ours) - len(shown) // len(WORLDS)
    if shown.empty:
        return style.nothing_to_draw(dataset, "No model family and metric is in both this dataset and the simulated worlds.")
    order = sorted(shown["metric"].unique(), key=lambda name: (name not in style.METRIC_COLOURS, name))
    families, too_many = _families(shown[shown["origin"] == "this dataset"])
    figure, axes = style.panels(len(families), 3, 0.75 + 0.4 * len(order))
    for panel, family in zip(axes, families, strict=True):
        for origin, (offset, marker, is_filled) in WORLDS.items():
            rows = shown[(shown["model_family"] == family) & (shown["origin"] == origin)]
            y = rows["metric"].map(order.index).to_numpy() + offset
            colours = [style.colour_of(metric) for metric in rows["metric"]]
            panel.hlines(y, rows["share_low"], rows["share_high"], colors=colours, lw=1.2)
            face = colours if is_filled else "white"
            panel.scatter(rows["share"], y, c=face, edgecolors=colours, marker=marker, s=18, zorder=3, clip_on=False)
            _annotate_counts(panel, rows, y, 5.5)
        panel.set_title(style.label(family))
    axes[0].set_yticks(range(len(order)), [style.label(metric, 40) for metric in order])
    axes[0].set_ylim(len(order) - 0.5, -0.5)
    axes[0].set_xlim(0, min(1.0, shown["share_high"].max() * 1.05))
    axes[0].xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    text = f"share of curves with an improvement score above {emergence_threshold:g}, with 95 % interval"
    figure.supxlabel(text, fontsize=8)
    style.footer(
        figure,
        dataset,
        [
            "Filled: this dataset. Hollow circle: simulated, a world in which the per-token loss of every task is a smooth "
            "power law of scale, so that nothing emerges. Hollow diamond: simulated, every model guesses. Both of tasks of "
            "fewer than 10 subtasks.",
            f"Not drawn, because not simulated: {alone} of {len(ours)} pairs of metric and model family." if alone else "",
            too_many,
        ],
    )
    return figure


def _survival_styles(metrics: list[str]) -> dict[str, dict[str, object]]:
    """How the line of every metric is drawn. A few without a fixed colour differ in grey and dashes; many share one grey."""
    unnamed = [metric for metric in metrics if metric not in style.METRIC_COLOURS]
    one_grey = len(unnamed) > 6
    styles: dict[str, dict[str, object]] = {}
    for metric in metrics:
        if metric not in unnamed:
            styles[metric] = {"color": style.colour_of(metric), "ls": style.line_of(metric), "lw": 1.4, "zorder": 2}
        elif one_grey:
            styles[metric] = {"color": style.OTHER_COLOUR, "ls": "-", "lw": 0.7, "zorder": 1, "name": "other metrics"}
        else:
            k = unnamed.index(metric)
            styles[metric] = {"color": ("#9a9a9a", "#4d4d4d")[k % 2], "ls": style.DASHES[1 + k // 2], "lw": 1.4, "zorder": 2}
    return styles


def _draw_survival_line(panel: Axes, rows: pd.DataFrame, end: float, line: dict[str, object]) -> Line2D:
    """The share of curves of one metric that score at least x."""
    positive = rows[rows["improvement_score"] > 0].sort_values("improvement_score")
    # The share holds from the score before up to this one, and what is infinite up to the edge.
    x = np.concatenate([[1.0], positive["improvement_score"].clip(upper=end)])
    y = np.concatenate([positive["survival"], [0.0]])
    last = y[y > 0][-1] if (y > 0).any() else np.nan
    (drawn,) = panel.step(x, np.where(y > 0, y, np.nan), where="post", **line)
    if len(positive) and np.isfinite(positive["improvement_score"].iloc[-1]):
        # The last step ends here: the largest score of the metric.
        panel.plot(positive["improvement_score"].iloc[-1], last, "o", ms=2.5, color=drawn.get_color())
    return drawn


def draw_survival(frame: pd.DataFrame, dataset: str, emergence_threshold: float) -> Figure:
    """Share of curves that score at least x against x, per metric on log axes, one panel per model family.

    `frame` has one row per model family, metric and score: improvement_score, n_at_least, n_curves, n_left_out,
    survival.
    """
    shown = frame[frame["n_curves"] > 0]
    if shown.empty:
        return style.nothing_to_draw(dataset, f"No model family has curves of at least {MIN_SCALES} scales.")
    families, too_many = _families(shown)
    figure, axes = style.panels(len(families), 3 if len(families) > 1 else 1, 2.6)
    limit = style.score_limit(shown["improvement_score"])
    begin, place, end = (limit * factor for factor in style.INFINITY_BAND)
    metrics = sorted(shown["metric"].unique(), key=lambda name: (name not in style.METRIC_COLOURS, name))
    lines = _survival_styles(metrics)
    handles = {}
    for panel, family in zip(axes, families, strict=True):
        for metric in metrics:
            rows = shown[(shown["model_family"] == family) & (shown["metric"] == metric)]
            if len(rows):
                line = dict(lines[metric])
                name = line.pop("name", style.label(metric, 40))
                handles.setdefault(name, _draw_survival_line(panel, rows, end, line))
        panel.set_title(style.label(family))
        panel.axvline(emergence_threshold, color=style.INK, lw=0.8, ls=(0, (4, 3)), zorder=1)
        panel.axvspan(begin, end, color=style.FAINT, alpha=0.55, lw=0, zorder=0)
    first = axes[0]
    first.set_xscale("log")
    first.set_yscale("log")
    first.set_xlim(1, end)
    first.set_ylim(min(0.5 / shown["n_curves"].max(), 0.1), 1.2)
    decades, names = style.decades(limit)
    first.set_xticks([*decades, place], [*names, "+∞"])
    first.xaxis.set_minor_locator(NullLocator())
    style.log_axis(first.yaxis)
    first.yaxis.set_minor_locator(NullLocator())
    figure.supxlabel("improvement score x", fontsize=8)
    figure.supylabel("share of curves scoring ≥ x", fontsize=8)
    figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=2, handlelength=3)
    style.footer(
        figure,
        dataset,
        [
            f"Curves of at least {MIN_SCALES} scales, flat ones included. Dashed: emergence_threshold = "
            f"{emergence_threshold:g}. Grey band: infinite scores. A dot ends a line at the metric's largest score. "
            "Negative scores are not drawn: a line starts at the share of positive ones.",
            _AGGREGATES,
            style.unknown_direction(shown),
            _left_out(frame),
            too_many,
        ],
    )
    return figure
