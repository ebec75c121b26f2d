"""How emergence concentrates in few metrics: shares above the threshold, and survival functions without one."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from jumpcheck.base.settings import COUNTED_SCALES
from jumpcheck.figures import style
from jumpcheck.figures.about import About

MIN_CURVES = 10
"""A share of fewer curves says little: these rows are in the table alone, unless all are like that."""
MAX_ROWS = 48
"""Rows of a dot plot, as many as a page holds."""
MAX_LINES = 10
"""Lines of a panel that can be told apart; of more, those of metrics without a fixed colour are grey."""
_AGGREGATES = "Left out: aggregates over subtasks, and normalized_aggregate_score."


def _of_many_curves(shown: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of model families and metrics of at least MIN_CURVES curves (all, if none has so many), and a note."""
    many = shown["n_curves"] >= MIN_CURVES
    if many.all() or not many.any():
        return shown, ""
    few = shown[~many].drop_duplicates(["model_family", "metric"])
    note = f"Not drawn, metrics of fewer than {MIN_CURVES} curves in a model family: {len(few):,}"
    if "n_above" in few:
        note += f", with {few['n_above'].sum():,} of {few['n_curves'].sum():,} curves above the threshold"
    return shown[many], f"{note}; they are in the table."


def _left_out(frame: pd.DataFrame) -> str:
    """A note on the curves with too few scales or without a direction, by family."""
    n = frame.drop_duplicates(["model_family", "metric"]).groupby("model_family", sort=True)["n_left_out"].sum()
    n = n[n > 0].sort_values(ascending=False, kind="stable")
    if n.empty:
        return ""
    named = ", ".join(f"{style.label(family, 40)} {count:,}" for family, count in n[:5].items())
    more = f" and {len(n) - 5} more families" if len(n) > 5 else ""
    return f"Left out, curves of fewer than {COUNTED_SCALES} scales or of unknown direction: {n.sum():,} ({named}{more})."


def _families(shown: pd.DataFrame) -> tuple[list[str], str]:
    """The model families to be drawn, sorted by name, and a note on those that do not fit."""
    n = shown.drop_duplicates(["model_family", "metric"]).groupby("model_family", sort=True)["n_curves"].sum()
    n = n.sort_values(ascending=False, kind="stable")
    rest = n[style.MAX_PANELS :]
    note = f"Not drawn, the {len(rest)} model families with fewest curves ({rest.sum():,}); they are in the table."
    return sorted(n.index[: style.MAX_PANELS]), note if len(rest) else ""


def _grouped(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """`rows` from the largest share down, with their `label` and their place `y`: of each metric its model families.

    Where there are several families each metric has a line of its own above them, a row without numbers. Returned too is a
    note on the metrics beyond MAX_ROWS, and on what is left out of names.
    """
    of_metric = rows.groupby("metric", sort=True)[["n_above", "n_curves"]].sum()
    of_metric["share"] = of_metric["n_above"] / of_metric["n_curves"]
    of_metric = of_metric.sort_values(["share", "n_curves"], ascending=False, kind="stable")
    sizes = rows.groupby("metric").size()[of_metric.index] + 1
    n_fit = max(1, int((sizes.cumsum() <= MAX_ROWS).sum()))
    cut = len(sizes) - n_fit
    short, prefix = style.short_families(rows["model_family"])
    parts = []
    for metric in of_metric.index[:n_fit]:
        families = rows[rows["metric"] == metric].sort_values("share", ascending=False, kind="stable")
        if len(short) == 1:
            parts.append(families.assign(label=style.label(metric, 40)))
        else:
            parts.append(pd.DataFrame({"metric": [metric], "label": [style.label(metric, 40)]}))
            parts.append(families.assign(label=[style.label(short[name], 44) for name in families["model_family"]]))
    placed = pd.concat(parts, ignore_index=True)
    placed["y"] = np.arange(len(placed), dtype=float)
    note = f"Not drawn, with the smallest shares: {cut} metrics; they are in the table. " if cut else ""
    return placed, note + prefix


def _limit(rows: pd.DataFrame) -> float:
    """End of an axis of shares: a little beyond the highest interval, at least 0.2, so small shares look small."""
    return min(1.0, max(0.2, rows["share_high"].max() * 1.05))


def _share_panel(placed: pd.DataFrame, row_height: float, limit: float, emergence_threshold: float) -> tuple[Figure, Axes]:
    """An empty dot plot of the rows of `_grouped`, up to the share `limit`, with the names of its rows."""
    n = len(placed)
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 0.8 + row_height * n), layout="constrained")
    is_header = placed["model_family"].isna()
    axes.set_yticks(placed["y"], placed["label"], fontsize=6.8)
    for name, is_large in zip(axes.get_yticklabels(), is_header, strict=True):
        name.set_fontsize(8 if is_large else 6.8)
    axes.tick_params(axis="y", length=0)
    axes.hlines(placed.loc[~is_header, "y"], 0, limit, colors=style.FAINT, lw=0.4, zorder=0)
    axes.set_ylim(n - 0.4, -0.6)
    axes.set_xlim(0, limit)
    style.percent_axis(axes.xaxis)
    axes.set_xlabel(f"share of curves with an improvement score above {emergence_threshold:g}, with 95 % interval")
    families = placed["model_family"].dropna().unique()
    if len(families) == 1:
        axes.set_title(style.label(families[0], 80))
    return figure, axes


def draw_share(frame: pd.DataFrame, about: About) -> Figure:
    """Share of curves above the threshold per metric and model family, with Wilson intervals.

    `frame` has one row per model family and metric: n_curves, n_above, n_flat, n_left_out, share,
    share_low, share_high.
    """
    shown = frame[frame["n_curves"] > 0]
    if shown.empty:
        return style.nothing_to_draw(about.dataset, f"No model family has curves of at least {COUNTED_SCALES} scales.")
    many, too_few = _of_many_curves(shown)
    families, too_many = _families(many)
    placed, cut = _grouped(many[many["model_family"].isin(families)])
    rows = placed.dropna(subset="model_family")
    limit = _limit(rows)
    figure, axes = _share_panel(placed, 0.155, limit, about.emergence_threshold)
    for family, look in style.looks(families, style.FAMILY_COLOURS).items():
        of_family = rows[rows["model_family"] == family]
        axes.hlines(of_family["y"], of_family["share_low"], of_family["share_high"], colors=look.colour, lw=1.4)
        axes.plot(of_family["share"], of_family["y"], look.marker, color=look.colour, ms=4, clip_on=False)
    for row in rows.itertuples():
        style.beside(axes, row.y, f"{row.n_above:,.0f}/{row.n_curves:,.0f}")
    n_flat = int(shown["n_flat"].sum())
    style.footer(
        figure,
        about.dataset,
        [
            f"Right: curves above the threshold / all curves of at least {COUNTED_SCALES} scales. Flat curves ({n_flat:,}) "
            "have no score and count as not above. The Wilson intervals take curves as independent; curves of one task "
            "are not.",
            _AGGREGATES,
            style.unknown_direction(shown),
            _left_out(frame),
            too_few,
            too_many,
            cut,
        ],
    )
    return figure


WORLDS = {
    "this dataset": (-0.24, "o", True),
    "nothing emerges": (0.0, "o", False),
    "every model guesses": (0.24, "D", False),
}
"""Origin of a share: (place in its row, marker, whether that is filled)."""


def draw_world(frame: pd.DataFrame, about: About) -> Figure:
    """Share of curves above the threshold per metric: this dataset beside simulated worlds in which nothing emerges.

    `frame` has one row per origin (WORLDS), model family and metric: n_curves, n_above, share, share_low, share_high. Drawn
    are the metrics and families that all have.
    """
    key = ["model_family", "metric"]
    origins = frame.groupby(key, sort=True)["origin"].nunique()
    shown = frame.set_index(key).loc[origins.index[origins == len(WORLDS)]].reset_index()
    ours = frame[frame["origin"] == "this dataset"]
    alone = len(ours) - len(shown) // len(WORLDS)
    if shown.empty:
        return style.nothing_to_draw(
            about.dataset, "No model family and metric is in both this dataset and the simulated worlds."
        )
    many, too_few = _of_many_curves(shown[shown["origin"] == "this dataset"])
    families, too_many = _families(many)
    placed, cut = _grouped(many[many["model_family"].isin(families)])
    places = placed.dropna(subset="model_family")[[*key, "y"]]
    drawn = shown.merge(places, on=key, how="inner", sort=False)
    figure, axes = _share_panel(placed, 0.24, _limit(drawn), about.emergence_threshold)
    colours = style.looks(families, style.FAMILY_COLOURS)
    for number, (origin, (offset, marker, is_filled)) in enumerate(WORLDS.items()):
        rows = drawn[drawn["origin"] == origin]
        edges = [colours[family].colour for family in rows["model_family"]]
        axes.hlines(rows["y"] + offset, rows["share_low"], rows["share_high"], colors=edges, lw=1.2)
        face = edges if is_filled else "white"
        axes.scatter(
            rows["share"], rows["y"] + offset, c=face, edgecolors=edges, marker=marker, s=15, zorder=3, clip_on=False
        )
        x = 1.02 + 0.15 * number
        style.beside(axes, -1, ("dataset", "smooth", "guessing")[number], x=x)
        for row in rows.itertuples():
            style.beside(axes, row.y, f"{row.n_above:,.0f}/{row.n_curves:,.0f}", x=x)
    names = ["this dataset", "smooth: simulated, nothing emerges", "guessing: simulated, every model guesses"]
    handles = [style.dot(style.INK, is_filled, marker) for _, marker, is_filled in WORLDS.values()]
    figure.legend(handles, names, loc="outside upper left", ncols=3)
    style.footer(
        figure,
        about.dataset,
        [
            "Right: curves above the threshold / all. Smooth: the per-token loss of every task is a smooth power law of "
            "scale. Both simulated worlds are of tasks of fewer than 10 subtasks.",
            f"Not drawn, because not simulated: {alone} of {len(ours)} pairs of metric and model family." if alone else "",
            too_few,
            too_many,
            cut,
        ],
    )
    return figure


def _survival_styles(metrics: list[str]) -> dict[str, dict[str, object]]:
    """How the line of every metric is drawn; of more than MAX_LINES those without a fixed colour share one grey."""
    found = style.looks(metrics, style.METRIC_COLOURS)
    styles: dict[str, dict[str, object]] = {}
    for metric in metrics:
        if metric in style.METRIC_COLOURS or len(metrics) <= MAX_LINES:
            styles[metric] = {"color": found[metric].colour, "ls": found[metric].dash, "lw": 1.4, "zorder": 2}
        else:
            styles[metric] = {"color": style.OTHER_COLOUR, "ls": "-", "lw": 0.7, "zorder": 1, "name": "other metrics"}
    return styles


def _draw_survival_line(panel: Axes, rows: pd.DataFrame, end: float, line: dict[str, object]) -> Line2D:
    """The share of curves of one metric that score at least x."""
    positive = rows[rows["improvement_score"] > 0].sort_values("improvement_score")
    # Between two neighbouring scores the line stands at the share of the higher score. Infinite scores lie at the
    # edge.
    x = np.concatenate([[1.0], positive["improvement_score"].clip(upper=end)])
    y = np.concatenate([positive["survival"], [0.0]])
    last = y[y > 0][-1] if (y > 0).any() else np.nan
    (drawn,) = panel.step(x, np.where(y > 0, y, np.nan), where="post", **line)
    if len(positive) and np.isfinite(positive["improvement_score"].iloc[-1]):
        # The last step ends here: the largest score of the metric.
        panel.plot(positive["improvement_score"].iloc[-1], last, "o", ms=2.5, color=drawn.get_color())
    return drawn


def _survival_axes(grid: np.ndarray, n: int, many: pd.DataFrame, limit: float) -> None:
    """Logarithmic axes for the first n panels of a grid with common axes: scores up to `limit`, and infinite ones."""
    first = grid[0, 0]
    first.set_xscale("log")
    first.set_yscale("log")
    _, place, end = (limit * factor for factor in style.INFINITY_BAND)
    first.set_xlim(1, end)
    positive = many["improvement_score"] > 0
    lowest = many.loc[positive, "survival"].min() if positive.any() else 1.0
    first.set_ylim(0.8 * 10.0 ** np.floor(np.log10(min(lowest, 0.1))), 1.3)
    ticks = style.scale_ticks(1, limit, 4)
    names = [f"{tick:,.0f}" if tick <= 1000 else style.power_of_ten(round(np.log10(tick))) for tick in ticks]
    first.set_xticks([*ticks, place], [*names, "∞"])
    first.xaxis.set_minor_locator(NullLocator())
    style.percent_axis(first.yaxis)
    first.yaxis.set_minor_locator(NullLocator())
    for spare in grid.flat[n:]:
        spare.axis("off")
    for above in grid.flat[max(0, n - grid.shape[1]) : n]:
        above.tick_params(labelbottom=True)


def draw_survival(frame: pd.DataFrame, about: About) -> Figure:
    """Share of curves that score at least x against x, per metric on log axes, one panel per model family.

    `frame` has one row per model family, metric and score: improvement_score, n_at_least, n_curves, n_left_out,
    survival.
    """
    shown = frame[frame["n_curves"] > 0]
    if shown.empty:
        return style.nothing_to_draw(about.dataset, f"No model family has curves of at least {COUNTED_SCALES} scales.")
    many, too_few = _of_many_curves(shown)
    families, too_many = _families(many)
    many = many[many["model_family"].isin(families)]
    short, prefix = style.short_families(families)
    n, n_rows = len(families), -(-len(families) // 3)
    size = (style.TWO_COLUMNS if n > 1 else 5.0, 0.5 + 2.0 * n_rows)
    figure, grid = plt.subplots(
        n_rows, min(n, 3), figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    limit = style.score_limit(many["improvement_score"])
    begin, _, end = (limit * factor for factor in style.INFINITY_BAND)
    metrics = sorted(many["metric"].unique(), key=lambda name: (name not in style.METRIC_COLOURS, name))
    lines = _survival_styles(metrics)
    handles = {}
    for panel, family in zip(grid.flat, families, strict=False):
        for metric in metrics:
            rows = many[(many["model_family"] == family) & (many["metric"] == metric)]
            if len(rows):
                line = dict(lines[metric])
                name = line.pop("name", style.label(metric, 40))
                handles.setdefault(name, _draw_survival_line(panel, rows, end, line))
        panel.set_title(style.wrapped(short[family], 28))
        panel.axvline(about.emergence_threshold, color=style.INK, lw=0.8, ls=(0, (4, 3)), zorder=1)
        panel.axvspan(begin, end, color=style.FAINT, alpha=0.55, lw=0, zorder=0)
    _survival_axes(grid, n, many, limit)
    figure.supxlabel("improvement score x", fontsize=8)
    figure.supylabel("share of curves scoring ≥ x", fontsize=8)
    if grid.size > n and len(handles) <= 9:  # in the empty place
        grid.flat[-1].legend(handles.values(), handles.keys(), loc="center left", handlelength=3)
    else:
        figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=3, handlelength=3)
    style.footer(
        figure,
        about.dataset,
        [
            f"Curves of at least {COUNTED_SCALES} scales, flat ones included. Dashed: emergence_threshold = "
            f"{about.emergence_threshold:g}. Grey band: infinite scores. A dot ends a line at the metric's largest score. "
            "Negative scores are not drawn: a line starts at the share of positive ones.",
            _AGGREGATES,
            style.unknown_direction(shown),
            _left_out(frame),
            too_few,
            too_many,
            prefix,
        ],
    )
    return figure
