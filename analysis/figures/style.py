"""What all figures share: sizes, fonts, colours, labels, footers, and how they are saved."""

from __future__ import annotations

import math
import os
import textwrap
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from analysis.base.files import replacing

ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0
"""Widths in inches."""
MAX_ROWS = 40
"""Rows of metrics in one panel; a last row pools what is beyond."""

# Paul Tol's high-contrast scheme for the two metrics that the paper is about (they differ in lightness too), his muted
# scheme for the others. One metric has one colour in every figure.
METRIC_COLOURS = {
    "multiple_choice_grade": "#004488",
    "exact_str_match": "#bb5566",
    "calibration_multiple_choice_brier_score": "#44aa99",
    "rougeLsum": "#ddaa33",
    "bleu": "#999933",
    "bleurt": "#882255",
    "rouge1": "#cc6677",
    "rouge2": "#aa4499",
    "log_likelihood": "#88ccee",
    "macro_f1": "#117733",
    "sequence_f1": "#332288",
    "case_insensitive_str_match": "#661100",
    "numeric_match_with_0_1_relative_error": "#6699cc",
    "expected_calibration_error": "#111111",
    "weighted_probabilities": "#888888",
}
OTHER_COLOUR = "#9a9a9a"
DASHES = ["-", (0, (5, 2)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1))]
MAX_PANELS = 12
"""Model families in one figure, those with most curves; a note names the others."""
INK, FAINT = "#222222", "#d9d9d9"

RC = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.width": 0.6,
    "ytick.minor.width": 0.6,
    "xtick.minor.size": 2,
    "ytick.minor.size": 2,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "svg.fonttype": "none",
    "svg.hashsalt": "figures",  # the same file has the same ids in every run
    "pdf.fonttype": 42,
}


def use_style() -> None:
    """Set the style for all figures drawn after this."""
    mpl.use("agg")
    sns.set_theme(style="ticks", rc=RC)


def label(name: str, width: int = 44) -> str:
    """`name` as one line of text: nothing that XML cannot hold, and no longer than `width`."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in name)
    shown = " ".join(shown.split())
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def without_common_prefix(names: Sequence[str]) -> dict[str, str]:
    """{name: what is left of it}, without the words at the beginning that all names share (mmlu_ of mmlu_law, mmlu_art)."""
    distinct = list(dict.fromkeys(names))
    shared = os.path.commonprefix(distinct)  # noqa: RUF071 - of texts, and cut at the end of a word
    cut = max(shared.rfind(mark) for mark in "_:/-") + 1 if len(distinct) > 1 else 0
    return {name: name[cut:] for name in distinct}


def colour_of(metric: str) -> str:
    """The fixed colour of a metric."""
    return METRIC_COLOURS.get(metric, OTHER_COLOUR)


def line_of(metric: str) -> str | tuple:
    """The fixed dash pattern of a metric of METRIC_COLOURS: lines can be told apart without their colours."""
    return DASHES[list(METRIC_COLOURS).index(metric) % len(DASHES)]


def footer(figure: Figure, dataset: str, notes: Sequence[str] = ()) -> None:
    """Write what the figure leaves out and the dataset below everything else."""
    source_footer(figure, f"dataset: {label(dataset, 80)}", notes)


def source_footer(figure: Figure, source: str, notes: Sequence[str] = ()) -> None:
    """Write `notes`, and where the numbers are from, below everything else."""
    width = int(figure.get_figwidth() * 19)
    lines = [line for note in notes if note for line in textwrap.wrap(note, width)]
    lines.append(source)
    figure.text(0.01, 0, "\n".join(lines), fontsize=6.5, color="#555555", va="top", ha="left", linespacing=1.3)


def unknown_direction(frame: pd.DataFrame) -> str:
    """A note on the metrics of `frame` (metric, direction_known) of which nobody knows whether higher is better."""
    names = sorted(frame.loc[~frame["direction_known"], "metric"].unique())
    shown = ", ".join(label(name, 40) for name in names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return f"Direction unknown, so no improvement score: {shown}." if names else ""


INFINITY_BAND = (3, 15, 75)
"""Where infinite scores are drawn: begin, place and end of their band, in multiples of the end of the finite axis."""


def decades(limit: float) -> tuple[list[float], list[str]]:
    """(powers of ten from 1 to `limit`, their names), three at most, so that they can be read on a small axis."""
    every = math.ceil(round(math.log10(limit)) / 2)
    exponents = range(0, round(math.log10(limit)) + 1, every)
    return [10.0**k for k in exponents], [f"{10**k}" if k <= 3 else power_of_ten(k) for k in exponents]


def score_limit(scores: pd.Series) -> float:
    """End of the axis for finite scores: the power of ten above the largest absolute one, at least 100."""
    largest = scores.abs().replace(np.inf, np.nan).max()
    return max(100.0, 10.0 ** np.ceil(np.log10(largest))) if largest > 0 else 100.0


def nothing_to_draw(dataset: str, why: str) -> Figure:
    """A figure that says why it is empty."""
    figure, axes = plt.subplots(figsize=(TWO_COLUMNS, 1.2))
    axes.axis("off")
    axes.text(0.5, 0.5, why, ha="center", va="center", wrap=True)
    footer(figure, dataset)
    return figure


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """10 to the power of `exponent`, as plain text."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def log_axis(axis: Axis) -> None:
    """Logarithmic ticks in plain text: matplotlib's own are markup, which is switched off (see RC)."""

    def shown(value: float, _: object) -> str:
        exponent = round(math.log10(value))
        if not math.isclose(value, 10.0**exponent):
            return ""
        return f"{value:g}" if -3 <= exponent <= 3 else power_of_ten(exponent)

    axis.set_major_formatter(FuncFormatter(shown))
    axis.set_minor_formatter(NullFormatter())


def panels(n: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """`n` axes with common axes limits in rows of `columns`; empty places stay empty."""
    columns = min(n, columns)
    rows = -(-n // columns)
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(TWO_COLUMNS, rows * height),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    axes = list(grid.flat)
    for spare in axes[n:]:
        spare.axis("off")
    for above in axes[max(0, n - columns) : n]:
        above.tick_params(labelbottom=True)
    return figure, axes[:n]


def save(figure: Figure, svg: str, png: str) -> None:
    """Write both files; the same figure gives the same bytes."""
    # The layout takes longer than all drawing, and would be found twice for each file. Text is a little wider on fewer dots.
    figure.set_dpi(RC["savefig.dpi"])
    figure.draw_without_rendering()
    # None, not "none": with any engine, be it an empty one, every file is drawn twice.
    figure.set_layout_engine(None)
    around = figure.get_tightbbox().padded(0.06)
    for path in (svg, png):
        metadata = {"Date": None} if Path(path).suffix == ".svg" else {"Software": None}
        with replacing(path) as temporary:
            figure.savefig(temporary, bbox_inches=around, metadata=metadata)
    plt.close(figure)
