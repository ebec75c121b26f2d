"""Lines of scores against the number of parameters, over seeds, as all figures of experiments have them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from jumpcheck.figures import style

COLOURS = ["#004488", "#44aa99", "#ddaa33", "#bb5566", "#882255", "#6699cc"]
MARKERS = ["o", "s", "^", "D", "v", "P"]


def models_of(frame: pd.DataFrame) -> pd.Series:
    """Name of the models without their seeds."""
    return frame["model_family"].str.split(", seed ").str[0]


def over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean, smallest and largest score of every group and scale."""
    rows = rows.assign(models=models_of(rows))
    return rows.groupby(["models", "scale"], as_index=False)["score"].agg(["mean", "min", "max"])


def draw_lines(axes: Axes, frame: pd.DataFrame, parts: Sequence[tuple[str, pd.DataFrame]], first: int = 0) -> None:
    """One line per part, a dot per size, and a bar from the smallest to the largest seed."""
    for number, (name, rows) in enumerate(parts, first):
        for kind, (_, points) in enumerate(over_seeds(rows).groupby("models")):
            colour = COLOURS[number % len(COLOURS)]
            axes.vlines(points["scale"], points["min"], points["max"], colors=colour, lw=0.9, alpha=0.6)
            axes.plot(
                points["scale"], points["mean"], color=colour, marker=MARKERS[number % len(MARKERS)], ms=2.8, lw=1.1,
                ls=style.DASHES[kind % len(style.DASHES)], label=name if kind == 0 else None,
            )  # fmt: skip
    style.scale_axis(axes, frame["scale"], 3)


def rows_of(frame: pd.DataFrame, metric: str, **columns: str) -> pd.DataFrame:
    """The rows of one metric, with the given texts in other columns."""
    rows = frame[frame["metric"] == metric]
    for name, value in columns.items():
        rows = rows[rows[name] == value]
    return rows


def notes_of(frame: pd.DataFrame) -> list[str]:
    """What stands behind every point."""
    n_seeds = frame.groupby(models_of(frame))["model_family"].nunique().max()
    models = ", ".join(style.label(name) for name in sorted(models_of(frame).unique()))
    over = f"Dots: means over {n_seeds} seeds; bars: smallest to largest. " if n_seeds > 1 else ""
    return [f"{over}Models: {models}."]
