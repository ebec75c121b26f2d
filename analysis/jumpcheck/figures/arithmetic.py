"""The paper's figures 3 and 4: answers to arithmetic under sharp and smooth metrics."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jumpcheck.experiments.comparisons import fitted_law, target_lengths
from jumpcheck.figures import style
from jumpcheck.figures.about import About
from jumpcheck.figures.size_lines import COLOURS, draw_lines, models_of, notes_of, rows_of
from jumpcheck.theory import scaling

LENGTH = "target length "


def lengths_of(frame: pd.DataFrame) -> list[str]:
    """Subtasks of one target length, in order."""
    return sorted(name for name in frame["subtask"].unique() if name.startswith(LENGTH))


def _legend(figure: Figure, grid: np.ndarray, title: str) -> None:
    handles = {}
    for axes in np.ravel(grid):
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    if not handles:
        return
    figure.legend(
        handles.values(), handles.keys(), title=title, loc="outside upper center", ncols=len(handles), title_fontsize=7.5,
        columnspacing=1.2, handlelength=1.8,
    )  # fmt: skip


def _draw_law(axes: Axes, right: Axes, frame: pd.DataFrame, law: pd.Series, lengths: Sequence[str], kind: int) -> None:
    """The paper's law fitted to one task, as accuracy and as token edit distance, one line per target length."""
    scales = np.geomspace(frame["scale"].min(), frame["scale"].max(), 100)
    for number, length_name in enumerate(lengths):
        length = int(length_name.removeprefix(LENGTH))
        given = {"length": length, "c": law["c"], "alpha": law["alpha"]}
        line = {"color": COLOURS[number % len(COLOURS)], "lw": 1.3, "ls": style.DASHES[kind % len(style.DASHES)]}
        axes.plot(scales, scaling.accuracy(scales, **given), **line)
        right.plot(scales, scaling.token_edit_distance(scales, **given), **line)
    text = f"α = {law['alpha']:.2f}, R² = {law['r_squared']:.2f}"
    axes.text(0.04, 0.97 - 0.12 * kind, text, transform=axes.transAxes, va="top", fontsize=6.5)


def draw_figure_3(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 3: the same answers under accuracy and token edit distance, beside the paper's law fitted to them."""
    frame = frame[frame["test"] == "all"]
    tasks = sorted(frame["task"].unique())
    laws = fitted_law(frame).set_index(["task", "models"])
    figure, grid = plt.subplots(
        len(tasks), 4, figsize=(style.TWO_COLUMNS, 0.9 + 1.75 * len(tasks)), sharex=True, squeeze=False, layout="constrained"
    )
    for row, task in zip(grid, tasks, strict=True):
        of_task = frame[frame["task"] == task]
        lengths = lengths_of(of_task)
        for axes, metric in ((row[0], "exact_str_match"), (row[2], "token_edit_distance")):
            parts = [(name.removeprefix(LENGTH), rows_of(of_task, metric, subtask=name)) for name in lengths]
            draw_lines(axes, frame, parts)
        for kind, (_, law) in enumerate(laws[laws.index.get_level_values(0) == task].iterrows()):
            _draw_law(row[1], row[3], frame, law, lengths, kind)
        top = max(row[2].get_ylim()[1], row[3].get_ylim()[1])
        for axes in row[:2]:
            axes.set_ylim(-0.03, 1.03)
        for axes in row[2:]:
            axes.set_ylim(-0.03 * top, top)
        row[0].set_ylabel(style.label(task), fontsize=7.5)
        for axes in row:
            axes.tick_params(labelsize=6.5)
    titles = ("accuracy", "accuracy, by the law", "token edit distance", "edit distance, by the law")
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, fontsize=7.5)
    _legend(figure, grid, "digits of the target")
    figure.supxlabel("parameters", fontsize=8)
    fitted = sorted(laws["fitted_to"].unique())
    law = f"Law: cross entropy per token (N/c)^α, fitted to {' and '.join(fitted)} of the same answers." if fitted else ""
    style.footer(figure, about.dataset, [*notes_of(frame), law])
    return figure


def figure_3_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The long table with the law that is fitted to each task and its models: c, alpha, r_squared, fitted_to."""
    laws = fitted_law(frame[frame["test"] == "all"])
    return frame.assign(models=models_of(frame)).merge(laws, on=["task", "models"], how="left").drop(columns="models")


def _draw_accuracies(axes: Axes, frame: pd.DataFrame, of_task: pd.DataFrame, task: str, test: str) -> None:
    """Accuracy against parameters on a logarithmic axis, one line per target length, over one set of test examples."""
    part = of_task[of_task["test"] == test]
    parts = [(name.removeprefix(LENGTH), rows_of(part, "exact_str_match", subtask=name)) for name in lengths_of(of_task)]
    floor = 0.3 / of_task.loc[of_task["subtask"] == task, "n_examples"].max()
    # A logarithmic axis has no zero: what scored nothing lies on the lower edge.
    draw_lines(axes, frame, [(name, rows.assign(score=rows["score"].clip(lower=floor))) for name, rows in parts])
    axes.set_yscale("log")
    style.log_axis(axes.yaxis)
    axes.set_ylim(floor, 1.5)
    n_all = part.loc[(part["subtask"] == task) & (part["metric"] == "exact_str_match"), "n_examples"].max()
    axes.set_title(f"accuracy,\n{n_all:,} test examples", fontsize=7)


def _draw_lengths(axes: Axes, rows: pd.DataFrame, metric: str) -> None:
    """One metric against target length with its fit, for five of the sizes."""
    sizes = rows["scale"].unique()
    if not len(sizes):
        axes.text(0.5, 0.5, "no targets of\nup to 5 tokens", transform=axes.transAxes, ha="center", fontsize=6.5)
        return
    is_accuracy = metric == "exact_str_match"
    shown = sizes[np.unique(np.linspace(0, len(sizes) - 1, 5).round().astype(int))]
    for number, scale in enumerate(shown):
        points = rows[rows["scale"] == scale]
        if is_accuracy:  # on a logarithmic axis, which ends a little below the dots
            points = points[points["score"] > 0]
            low, high = points["low"].clip(lower=points["score"] / 3), points["high"].clip(upper=1)
        else:
            low, high = points["low"].clip(lower=0), points["high"].clip(upper=points["length"] + 2)
        colour = plt.cm.viridis(number / max(1, len(shown) - 1) * 0.9)
        axes.vlines(points["length"], low, high, colors=[colour], lw=0.9, alpha=0.6)
        axes.plot(points["length"], points["score"], "o", color=colour, ms=2.8)
        axes.plot(points["length"], points["fitted"], color=colour, lw=1, label=style.amount(scale))
    axes.set_xticks(sorted(rows["length"].unique()))
    axes.set_title("accuracy, p^L fitted" if is_accuracy else "token edit distance,\ne L fitted", fontsize=7)


def draw_figure_4(frame: pd.DataFrame, about: About) -> Figure:
    """Figure 4: few and many test examples on a logarithmic axis, and both metrics against target length."""
    tasks = sorted(frame["task"].unique())
    figure, grid = plt.subplots(
        len(tasks), 4, figsize=(style.TWO_COLUMNS, 1.1 + 1.9 * len(tasks)), squeeze=False, layout="constrained"
    )
    lengths = target_lengths(frame[frame["test"] == "all"])
    for row, task in zip(grid, tasks, strict=True):
        of_task = frame[frame["task"] == task]
        for axes, test in zip(row[:2], ("100", "all"), strict=True):
            _draw_accuracies(axes, frame, of_task, task, test)
        for axes, metric in ((row[2], "exact_str_match"), (row[3], "token_edit_distance")):
            _draw_lengths(axes, lengths[(lengths["task"] == task) & (lengths["metric"] == metric)], metric)
        row[2].set_yscale("log")
        style.log_ticks(row[2].yaxis)
        if row[3].get_legend_handles_labels()[0]:
            row[3].legend(
                fontsize=5.5, title="parameters", title_fontsize=5.5, labelspacing=0.2, handlelength=1.2, frameon=True,
                facecolor="white", edgecolor="none",
            )  # fmt: skip
        row[0].set_ylabel(style.label(task), fontsize=7.5)
        for axes in row:
            axes.tick_params(labelsize=6.5)
    for axes in grid[-1, :2]:
        axes.set_xlabel("parameters", fontsize=7.5)
    for axes in grid[-1, 2:]:
        axes.set_xlabel("digits of the target", fontsize=7.5)
    _legend(figure, grid[:, :2], "digits of the target (left)")
    notes = [
        "On the lower edge of the left panels: no right answer. Right: means over seeds with 95 % t intervals, for five of "
        "the sizes; all sizes and residuals are in the table figure_4_lengths."
    ]
    style.footer(figure, about.dataset, [*notes_of(frame), *notes])
    return figure
