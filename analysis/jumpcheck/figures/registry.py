"""The list of all figures: one folder of `entries/` each, which says everything of a figure but how it is drawn.

`figure.yml` in it has
    of       dataset (drawn from a database), theory (no data), or the experiment that it draws
    place    its place in the order of the report
    section  heading in the reports, and title  its name below that
    what     one line for docs/figures.md
    draw     function of jumpcheck.figures that draws it; a table without a figure has none
    numbers  of figures of the theory, the function of jumpcheck.theory.panels that gives the numbers
    unless   simulated: not drawn of simulated data
Beside it lie `caption.rst`, the text below the figure in both reports, and for figures of a dataset `numbers.sql`, which
gives the numbers that are drawn and written as CSV.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import yaml

ENTRIES = "figures/entries/*/figure.yml"
_PACKAGE = Path(str(files("jumpcheck")))


ORIGINS = ("dataset", "theory", "arithmetic", "autoencoders", "image_sequences", "lenet")
"""What the numbers of a figure can be `of`; the last four are experiments."""


def _entries() -> dict[str, Mapping[str, str]]:
    found = {path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in _PACKAGE.glob(ENTRIES)}
    for name, entry in found.items():
        wanted = {"of", "place", "section", "title"} | ({"what"} if entry.get("of") in ("dataset", "theory") else set())
        faults = [f"lacks {field}" for field in sorted(wanted - entry.keys())]
        if entry.get("of") not in ORIGINS:
            faults.append(f"of is {entry.get('of')!r}; known are {', '.join(ORIGINS)}")
        if not isinstance(entry.get("place"), int):
            faults.append(f"place is {entry.get('place')!r}; a whole number is needed")
        if faults:
            raise ValueError(f"figures/entries/{name}/figure.yml: {'; '.join(faults)}")
    return dict(sorted(found.items(), key=lambda item: (item[1]["place"], item[0])))


LISTED = _entries()
"""All entries, those of tables without a figure too."""
FIGURES = {name: entry for name, entry in LISTED.items() if "draw" in entry}
"""The entries of figures, in the order of the report."""


def caption_of(name: str) -> str:
    """Path of the caption below the folder of the package."""
    return f"figures/entries/{name}/caption.rst"


def numbers_of(name: str) -> str:
    """The SQL of the numbers of a figure or a table."""
    return (_PACKAGE / f"figures/entries/{name}/numbers.sql").read_text(encoding="utf-8")


def figures_of(origin: str, simulated: bool = False) -> dict[str, Mapping[str, str]]:
    """The figures whose numbers are `of` one origin (dataset, theory, or an experiment), of simulated data or not."""
    return {
        name: figure
        for name, figure in FIGURES.items()
        if figure["of"] == origin and not (simulated and figure.get("unless") == "simulated")
    }


def function_named(name: str, modules: Mapping[str, object]):
    """The function `module.function`, among modules by their names; ValueError where there is none."""
    module, _, function = name.partition(".")
    if not hasattr(modules.get(module), function):
        known = ", ".join(modules)
        raise ValueError(f"draw: {name}: there is no such function in the modules that draw ({known}; figures/dataset.py)")
    return getattr(modules[module], function)


def paths_by_name(svg: Sequence[str], png: Sequence[str], csv: Sequence[str]) -> dict[str, dict[str, str]]:
    """{name of the figure: its paths}, from lists of paths in one order."""
    return {Path(s).stem: {"svg": s, "png": p, "csv": c} for s, p, c in zip(svg, png, csv, strict=True)}
