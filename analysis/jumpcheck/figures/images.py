"""The paper's figures 7, 8 and 10: models of images."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.figures.size_lines import draw_lines, notes_of, rows_of


def draw_figure_7(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 7: mean squared error of autoencoders, and the share of images below a threshold."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.6), layout="constrained")
    draw_lines(left, frame, [("mean squared error", rows_of(frame, "mean_squared_error", subtask="reconstruction"))])
    left.set_yscale("log")
    style.log_ticks(left.yaxis)
    left.set_title("mean squared error per value")
    parts = sorted((name for name in frame["subtask"].unique() if name.startswith("c = ")), key=lambda name: float(name[4:]))
    draw_lines(right, frame, [(name, rows_of(frame, "reconstruction", subtask=name)) for name in parts])
    right.set_ylim(-0.03, 1.03)
    right.set_title("share of images with an error below c")
    right.legend(fontsize=6.5)
    for axes in (left, right):
        axes.set_xlabel("parameters")
    style.footer(
        figure, about.dataset, [*notes_of(frame), "Parameters: about 2 x width of the bottleneck x values of an image."]
    )
    return figure


def _subset_panels(frame: pd.DataFrame, letter: str, axes: Sequence[Axes]) -> None:
    """Mean log probability, accuracy of one image, and of several."""
    first = f"{letter} = 1"
    draw_lines(axes[0], frame, [("", rows_of(frame, "log_likelihood_per_image", subtask=first))])
    axes[0].set_title("log probability\nof the label")
    draw_lines(axes[1], frame, [("", rows_of(frame, "accuracy", subtask=first))])
    axes[1].set_title("accuracy per image")
    more = sorted(name for name in frame["subtask"].unique() if name != first)
    parts = [(first, rows_of(frame, "accuracy", subtask=first))] + [
        (name, rows_of(frame, "mean_subset_accuracy", subtask=name)) for name in more
    ]
    draw_lines(axes[2], frame, parts)
    axes[2].legend(fontsize=6.5)
    for panel in axes[1:]:
        panel.set_ylim(-0.03, 1.03)
    for panel in axes:
        panel.set_xlabel("parameters")
        panel.tick_params(labelsize=7)


def draw_figure_8(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 8: transformers on sequences of images; accuracy per image, and of whole sequences of L."""
    figure, axes = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.5), layout="constrained")
    _subset_panels(frame, "L", axes)
    axes[2].set_title("all L of a sequence right")
    style.footer(figure, about.dataset, notes_of(frame))
    return figure


def draw_figure_10(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 10: LeNets; accuracy, subset accuracy K of K, and the same with few sizes."""
    figure, axes = plt.subplots(1, 4, figsize=(style.TWO_COLUMNS, 2.5), layout="constrained")
    _subset_panels(frame, "K", axes[:3])
    axes[2].set_title("K of K right")
    scales = np.sort(frame["scale"].unique())
    sparse = frame[frame["scale"].isin(scales[:: max(1, (len(scales) - 1) // 3)])]
    names = sorted(sparse["subtask"].unique())
    parts = [
        (name, rows_of(sparse, "accuracy" if name == "K = 1" else "mean_subset_accuracy", subtask=name)) for name in names
    ]
    draw_lines(axes[3], frame, parts)
    axes[3].set_title(f"the same,\n{sparse['scale'].nunique()} of {len(scales)} sizes")
    axes[3].set_ylim(-0.03, 1.03)
    axes[3].set_xlabel("parameters")
    for panel in axes:
        panel.set_title(panel.get_title(loc="left"), fontsize=7.5)
        panel.tick_params(labelsize=6.5)
    style.footer(figure, about.dataset, notes_of(frame))
    return figure
