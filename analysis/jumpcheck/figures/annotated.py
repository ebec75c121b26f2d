"""Tasks that were labelled by hand: their preferred metrics (figures 5B and 5C), and how the score agrees with that."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from jumpcheck.base.settings import COUNTED_SCALES
from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.score import agreement

LABELS = "labels: Wei et al. 2022"
MIN_POSITIVES = 5
"""An area needs so many scales, and so many tasks labelled emergent."""


def draw_counts(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 5B: tasks labelled emergent per preferred metric.

    `frame` has one row per metric: metric, n_emergent_tasks, n_in_dataset.
    """
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 0.7 + 0.27 * len(frame)), layout="constrained")
    y = range(len(frame))
    colours = [style.colour_of(metric) for metric in frame["metric"]]
    axes.barh(
        y,
        frame["n_emergent_tasks"],
        color="white",
        edgecolor=colours,
        lw=1,
        height=0.7,
        label="not in this dataset",
    )
    axes.barh(y, frame["n_in_dataset"], color=colours, edgecolor=colours, lw=1, height=0.7, label="in this dataset")
    for place, row in enumerate(frame.itertuples()):
        here = "all" if row.n_in_dataset == row.n_emergent_tasks else row.n_in_dataset
        axes.annotate(
            f"{row.n_emergent_tasks}, {here} in this dataset",
            (row.n_emergent_tasks, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(y, [style.label(metric) for metric in frame["metric"]])
    axes.invert_yaxis()
    axes.set_xlim(0, frame["n_emergent_tasks"].max() * 1.3)
    axes.set_xlabel("tasks labelled emergent by hand")
    axes.set_ylabel("preferred metric")
    total = frame["n_emergent_tasks"].sum()
    note = f"{LABELS}, {total} BIG-bench tasks. Filled: in this dataset; outlined: not in it."
    style.footer(figure, about.dataset, [note])
    return figure


def draw_share(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 5C: the share of multiple_choice_grade and exact_str_match among the tasks labelled emergent.

    `frame` has one row per group of metrics: metric, n_emergent_tasks, n, share, share_low, share_high.
    """
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 1.35), layout="constrained")
    left = 0.0
    for row in frame.itertuples():
        colour = style.METRIC_COLOURS.get(row.metric, style.OTHER_COLOUR)
        axes.barh(0, row.share, left=left, color=colour, edgecolor="white", height=0.8)
        text = f"{style.label(row.metric)}\n{row.n_emergent_tasks} of {row.n}, {style.percent(row.share)}"
        narrow = row.share < 0.1
        axes.annotate(
            text,
            (left + row.share / 2, 0.4 if narrow else 0),
            xytext=(0, 3 if narrow else 0),
            textcoords="offset points",
            ha="right" if narrow else "center",
            va="bottom" if narrow else "center",
            color=style.INK if narrow else "white",
        )
        left += row.share
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.45, 0.95)
    style.percent_axis(axes.xaxis)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("share of the tasks labelled emergent by hand, by preferred metric")
    two = frame[frame["metric"] != "all others"]
    n_two, n = int(two["n_emergent_tasks"].sum()), int(frame["n"].iloc[0])
    rest = frame[frame["metric"] == "all others"].iloc[0]
    together, low, high = (style.percent(x, 1) for x in (n_two / n, 1 - rest.share_high, 1 - rest.share_low))
    note = (
        f"{LABELS}. The two metrics together: {n_two} of {n}, {together} (95 % Wilson interval {low} to {high}); Schaeffer "
        "et al. 2023 report more than 92 %."
    )
    style.footer(figure, about.dataset, [note])
    return figure


def areas(frame: pd.DataFrame) -> pd.DataFrame:
    """Area under the ROC curve per model family, with a 95 % bootstrap interval.

    `frame` has one row per pair: model_family, n_scales, improvement_score, role. Returns model_family, n_positive,
    n_negative, n_left_out, why_not (there is no area; empty where there is one), area, area_low, area_high.
    """
    rows = []
    for family, pairs in frame.groupby("model_family", sort=True):
        used = pairs[pairs["role"].isin(["positive", "negative"])]
        positive = (used["role"] == "positive").to_numpy()
        row = {
            "model_family": family,
            "n_positive": int(positive.sum()),
            "n_negative": int((~positive).sum()),
            "n_left_out": len(pairs) - len(used),
            "why_not": "",
        }
        if pairs["n_scales"].iloc[0] < COUNTED_SCALES:
            row["why_not"] = f"fewer than {COUNTED_SCALES} scales"
        elif row["n_positive"] < MIN_POSITIVES or not row["n_negative"]:
            row["why_not"] = f"{row['n_positive']} positive and {row['n_negative']} negative tasks"
        else:
            scores = used["improvement_score"].to_numpy(float)
            row["area"] = agreement.area(scores, positive)
            row["area_low"], row["area_high"] = agreement.area_interval(scores, positive)
        rows.append(row)
    columns = ["model_family", "n_positive", "n_negative", "n_left_out", "why_not"]
    return pd.DataFrame(rows, columns=[*columns, "area", "area_low", "area_high"])


def draw_agreement(frame: pd.DataFrame, about: About) -> Figure:
    """ROC curves of the improvement score against the hand annotations, one per model family that has enough of them.

    `frame` has one row per pair: model_family, improvement_score, role, and the columns of `areas` of its family.
    """
    by_family = frame.drop_duplicates("model_family")
    drawn = by_family[by_family["why_not"] == ""]
    left_out = [
        f"{style.label(r.model_family, 24)} ({r.why_not})" for r in by_family[by_family["why_not"] != ""].itertuples()
    ]
    note = f"No curve: {'; '.join(left_out)}. " if left_out else ""
    if drawn.empty:
        why = f"No model family has {COUNTED_SCALES} scales and {MIN_POSITIVES} tasks labelled emergent first in it. "
        return style.nothing_to_draw(about.dataset, why + note)
    figure, axes = plt.subplots(figsize=(5.6, 2.9), layout="constrained")
    axes.plot([0, 1], [0, 1], color=style.OTHER_COLOUR, lw=0.8, ls=(0, (2, 2)), label="no better than chance")
    lines = style.looks(drawn["model_family"], style.FAMILY_COLOURS)
    for row in drawn.itertuples():
        used = frame[(frame["model_family"] == row.model_family) & frame["role"].isin(["positive", "negative"])]
        false, true = agreement.roc_curve(used["improvement_score"].to_numpy(float), (used["role"] == "positive").to_numpy())
        name = (
            f"{style.wrapped(row.model_family, 30)}: area {row.area:.2f} [{row.area_low:.2f}, {row.area_high:.2f}]\n"
            f"{row.n_positive} positive, {row.n_negative} negative, {row.n_left_out} left out"
        )
        line = lines[row.model_family]
        axes.plot(false, true, color=line.colour, ls=line.dash, lw=1.4, label=name)
    axes.set_aspect("equal")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("share of tasks labelled flat or smooth above the score")
    axes.set_ylabel("share of tasks labelled emergent above it")
    figure.legend(loc="outside right upper", fontsize=7)
    style.footer(
        figure,
        about.dataset,
        [
            "Improvement score of a pair (preferred metric, largest curve) against labels of Wei et al. 2022. Positive: "
            "labelled emergent first in this family. Negative: flat or smooth. Left out: emergent first elsewhere, other, "
            f"no label. Flat curves rank last. Area with a 95 % bootstrap interval. {note}",
        ],
    )
    return figure
