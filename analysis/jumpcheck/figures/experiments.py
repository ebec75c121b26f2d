"""The figures of experiments, from their long table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from jumpcheck.base.files import write_csv
from jumpcheck.experiments.comparisons import target_lengths
from jumpcheck.figures import arithmetic, images, pdf, style
from jumpcheck.figures.about import About
from jumpcheck.figures.registry import FIGURES, function_named

NUMBERS = {"figure_3": arithmetic.figure_3_numbers}
"""What the CSV of a figure holds, where that is more than the long table."""


def dataset_name(frame: pd.DataFrame) -> str:
    """What a figure says of its data."""
    return ", ".join(sorted(frame["dataset"].unique()))


def write_figure(name: str, frame: pd.DataFrame, paths: Mapping[str, str], mode: str) -> None:
    """Draw a figure of the long table `frame` as SVG, PNG and PDF, and write its numbers as CSV.

    `paths` may have `lengths`, where the fits against target length are written; `mode` is how long was trained.
    """
    style.use_style()
    dataset = dataset_name(frame) + ("" if mode == "full" else f" ({mode}: few steps, not a result)")
    draw = function_named(FIGURES[name]["draw"], {"arithmetic": arithmetic, "images": images})
    style.save(draw(frame, About(dataset)), paths["svg"], paths["png"])
    pdf.write(paths["svg"], paths["pdf"])
    write_csv(NUMBERS.get(name, lambda rows: rows)(frame), paths["csv"])
    if "lengths" in paths:
        write_csv(target_lengths(frame[frame["test"] == "all"]), paths["lengths"])
