"""The list of all figures, `figures.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from analysis.base.sql import packaged_text

FIGURES: dict[str, Mapping[str, str]] = yaml.safe_load(packaged_text("figures/figures.yml"))


def figures_of(origin: str, simulated: bool = False) -> dict[str, Mapping[str, str]]:
    """The figures whose numbers are `of` one origin (dataset, theory, or an experiment), of simulated data or not."""
    return {
        name: figure
        for name, figure in FIGURES.items()
        if figure["of"] == origin and not (simulated and figure.get("unless") == "simulated")
    }


def function_named(name: str, modules: Mapping[str, object]):
    """The function `module.function`, among modules by their names."""
    module, _, function = name.partition(".")
    return getattr(modules[module], function)


def paths_by_name(svg: Sequence[str], png: Sequence[str], csv: Sequence[str]) -> dict[str, dict[str, str]]:
    """{name of the figure: its paths}, from lists of paths in one order."""
    return {Path(s).stem: {"svg": s, "png": p, "csv": c} for s, p, c in zip(svg, png, csv, strict=True)}
