"""What all figures share: sizes, fonts, colours, labels, footers, and how they are saved."""

from __future__ import annotations

import math
import os
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import Bbox

from jumpcheck.base.files import replacing

ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0
"""Widths in inches."""
MAX_PANELS = 8
"""Model families in one figure, those with most curves; a note names how many are not in it."""

# Paul Tol's high-contrast scheme for the two metrics that the paper is about (they differ in lightness too), his muted
# scheme for the other metrics of BIG-bench, his vibrant one for those of the usual harnesses. One metric has one colour in
# every figure.
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
    "weighted_probabilities": "#bbcc33",
    "acc": "#0077bb",
    "acc_norm": "#ee7733",
    "exact_match": "#cc3311",
    "f1": "#009988",
    "ppl": "#ee3377",
}
# One model family has one colour in every figure too. Versions and variants that are not listed are families of their own.
FAMILY_COLOURS = {
    "BIG-G T=0": "#004488",
    "BIG-G T=1": "#6699cc",
    "BIG-G sparse": "#44aa99",
    "GPT": "#ddaa33",
    "GPT-3": "#ddaa33",
    "PaLM": "#bb5566",
    "Gopher": "#882255",
    "Pythia": "#117733",
    "Pythia-deduped": "#999933",
    "OPT": "#332288",
    "LLaMA": "#0077bb",
    "Llama-2": "#33bbee",
    "Llama-3": "#009988",
    "BLOOM": "#ee7733",
    "Qwen2.5": "#aa4499",
    "Qwen3": "#cc3311",
}
PALETTE = ["#aa4499", "#33bbee", "#117733", "#ee7733", "#661100", "#cc6677", "#332288", "#999933"]
"""What names without a colour of their own get, as far as the others of the figure leave it."""
OTHER_COLOUR = "#9a9a9a"
DASHES = ["-", (0, (5, 2)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1))]
MARKERS = ["o", "s", "^", "D", "v", "P", "<"]
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
    "lines.solid_capstyle": "round",
    "axes.axisbelow": True,
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
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "svg.fonttype": "none",
    "svg.hashsalt": "figures",  # the same file has the same ids in every run
    "pdf.fonttype": 42,
}


def use_style() -> None:
    """Set the style for all figures drawn after this."""
    mpl.use("agg")
    mpl.rcParams.update(RC)


def label(name: str, width: int = 44) -> str:
    """`name` as one line of text: nothing that XML cannot hold, and no longer than `width`."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in name)
    shown = " ".join(shown.split())
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def wrapped(name: str, width: int, n_lines: int = 2) -> str:
    """`name` in up to `n_lines` lines of `width`, broken after a mark between its words; what is beyond is cut."""
    lines = [""]
    for word in re.findall(r"[^ _:/,-]+[ _:/,-]?|[ _:/,-]", label(name, width * n_lines)):
        if lines[-1] and len((lines[-1] + word).rstrip()) > width and len(lines) < n_lines:
            lines.append("")
        lines[-1] += word
    return "\n".join(label(line, width) for line in lines)


def _shortened(names: Iterable[str], marks: str, what: str) -> tuple[dict[str, str], str]:
    """{name: what is left of it without the words at the beginning that all share}, and a note on what these are."""
    distinct = list(dict.fromkeys(names))
    shared = os.path.commonprefix(distinct)  # noqa: RUF071 - of texts, and cut at the end of a word
    prefix = shared[: max(shared.rfind(mark) for mark in marks) + 1] if len(distinct) > 1 else ""
    note = f"The names of all {what} here begin with {label(prefix)}, which is left out." if prefix else ""
    return {name: name.removeprefix(prefix) for name in distinct}, note


def short_tasks(names: Iterable[str]) -> tuple[dict[str, str], str]:
    """({mmlu_law: law, mmlu_art: art}, a note that mmlu_ is left out)."""
    return _shortened(names, "_:/-", "tasks")


def short_families(names: Iterable[str]) -> tuple[dict[str, str], str]:
    """The same of model families, of which only a publisher is left out: BIG-G T=0 and BIG-G T=1 stay as they are."""
    return _shortened(names, "/", "model families")


class Look(NamedTuple):
    """How a group is drawn: two of a figure differ in more than their colour."""

    colour: str
    marker: str
    dash: str | tuple


def looks(names: Iterable[str], fixed: Mapping[str, str]) -> dict[str, Look]:
    """How each of `names` is drawn: in its colour in `fixed`, or in one that is left, in the order of the names."""
    distinct = sorted(set(names))
    unnamed = [name for name in distinct if name not in fixed]
    taken = {fixed[name] for name in distinct if name in fixed}
    left = [colour for colour in PALETTE if colour not in taken] or [OTHER_COLOUR]
    places = {name: place for place, name in enumerate(fixed)}
    places |= {name: place for place, name in enumerate(unnamed, 1)}
    found = {}
    for name in distinct:
        place = places[name]
        colour = fixed[name] if name in fixed else left[(place - 1) % len(left)]
        found[name] = Look(colour, MARKERS[place % len(MARKERS)], DASHES[place % len(DASHES)])
    return found


def colour_of(metric: str) -> str:
    """The fixed colour of a metric, where its name stands beside what is drawn."""
    return METRIC_COLOURS.get(metric, OTHER_COLOUR)


def footer(figure: Figure, dataset: str, notes: Sequence[str] = ()) -> None:
    """Write what the figure leaves out and the dataset below everything else."""
    source_footer(figure, f"dataset: {label(dataset, 80)}", notes)


def source_footer(figure: Figure, source: str, notes: Sequence[str] = ()) -> None:
    """Write `notes`, and where the numbers are from, below everything else."""
    width = int(figure.get_figwidth() * 20.5)
    lines = [line for note in notes if note for line in textwrap.wrap(note.replace(" %", "\N{NO-BREAK SPACE}%"), width)]
    lines.append(source)
    figure.text(0.01, 0, "\n".join(lines), fontsize=6.5, color="#555555", va="top", ha="left", linespacing=1.3)


def listed(names: Sequence[str], at_most: int) -> str:
    """The first names of a note, and how many there are beyond them."""
    shown = ", ".join(label(name, 40) for name in names[:at_most])
    return shown + (f" and {len(names) - at_most} more" if len(names) > at_most else "")


def unknown_direction(frame: pd.DataFrame) -> str:
    """A note on the metrics of `frame` (metric, direction_known) of which nobody knows whether higher is better."""
    names = sorted(frame.loc[~frame["direction_known"], "metric"].unique())
    return f"Direction unknown, so no improvement score: {listed(names, 6)}." if names else ""


INFINITY_BAND = (3, 15, 75)
"""Where infinite scores are drawn: begin, place and end of their band, in multiples of the end of the finite axis."""


def score_limit(scores: pd.Series) -> float:
    """End of the axis for finite scores: the power of ten above the largest absolute one, at least 100."""
    largest = scores.abs().replace(np.inf, np.nan).max()
    return max(100.0, 10.0 ** np.ceil(np.log10(largest))) if largest > 0 else 100.0


def nothing_to_draw(dataset: str, why: str) -> Figure:
    """A figure that says in one sentence why it is empty; the sentence is the title of its SVG too."""
    figure = plt.figure(figsize=(TWO_COLUMNS, 0.5))
    text = f"Nothing to draw: {why[0].lower()}{why[1:]}"
    figure.set_label(text)
    figure.text(0.01, 0.3, textwrap.fill(text, 110), va="bottom")
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


_UNITS = {12: "T", 9: "B", 6: "M", 3: "k", 0: ""}


def amount(value: float) -> str:
    """A scale in few characters: 143k, 70M, 1.4B; a power of ten from 10¹⁵."""
    value = float(f"{value:.3g}")
    if value >= 1e15:
        exponent = math.floor(math.log10(value))
        shown = f"{value / 10.0**exponent:.3g}"
        return power_of_ten(exponent) if shown == "1" else f"{shown}·{power_of_ten(exponent)}"
    unit = next((power for power in _UNITS if value >= 10.0**power), 0)
    return f"{value / 10.0**unit:.3g}{_UNITS[unit]}"


def scale_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Up to `at_most` round numbers from `low` to `high`: powers of ten, else 1, 2 and 5 times them, else even steps."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 2, 5)):
        found = [value for k in exponents for f in factors if low <= (value := f * 10.0**k) <= high]
        if len(found) > 1:
            return found[:: math.ceil(len(found) / at_most)]
    return [value for value in MaxNLocator(at_most).tick_values(low, high) if low <= value <= high]


def scale_axis(axes: Axes, scales: Iterable[float], at_most: int = 4) -> None:
    """A logarithmic axis a little wider than the scales, with few ticks: they are most of the time to draw a small axis."""
    low, high = min(scales), max(scales)
    margin = (high / low) ** 0.06 if high > low else 2.0
    axes.set_xscale("log")
    axes.set_xlim(low / margin, high * margin)
    ticks = scale_ticks(low / margin, high * margin, at_most)
    axes.set_xticks(ticks, [amount(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def beside(axes: Axes, row: float, text: str, x: float = 1.02, **font: object) -> None:
    """Write numbers right of the panel, at a row of it; `x` is in widths of the panel."""
    axes.text(x, row, text, transform=axes.get_yaxis_transform(), va="center", **{"fontsize": 6.8, **font})


def dot(colour: str, is_filled: bool, marker: str = "o") -> Line2D:
    """A marker for a legend."""
    return Line2D([], [], ls="", marker=marker, ms=4.5, mec=colour, mfc=colour if is_filled else "white")


def log_ticks(axis: Axis, at_most: int = 4) -> None:
    """Round ticks of a logarithmic axis whose limits are final, over less than a decade too."""
    ticks = scale_ticks(*axis.get_view_interval(), at_most)
    axis.set_ticks(ticks, [f"{tick:.3g}" if tick >= 1e-3 else power_of_ten(round(math.log10(tick))) for tick in ticks])
    axis.set_minor_locator(NullLocator())


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def percent_axis(axis: Axis) -> None:
    """An axis of shares, in per cent."""
    axis.set_major_formatter(lambda value, _: f"{100 * value:.6g} %")


def save(figure: Figure, svg: str, png: str) -> None:
    """Write both files; the same figure gives the same bytes."""
    # The layout takes longer than all drawing, and would be found twice for each file. Text is a little wider on fewer dots.
    figure.set_dpi(RC["savefig.dpi"])
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    # None, not "none": with any engine, be it an empty one, every file is drawn twice.
    figure.set_layout_engine(None)
    around = figure.get_tightbbox()
    # All pictures of one width are as wide, so that text is of one size where they stand below each other.
    around = Bbox.from_extents(min(around.x0, 0), around.y0, max(around.x1, figure.get_figwidth()), around.y1).padded(0.06)
    title = {"Title": figure.get_label()} if figure.get_label() else {}
    for path in (svg, png):
        metadata = {"Date": None, **title} if Path(path).suffix == ".svg" else {"Software": None}
        with replacing(path) as temporary:
            figure.savefig(temporary, bbox_inches=around, metadata=metadata)
    plt.close(figure)
