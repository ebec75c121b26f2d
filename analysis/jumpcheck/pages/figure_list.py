"""The list of all figures as a page of documentation: `python -m jumpcheck.pages.figure_list > docs/figures.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jinja2

from jumpcheck.base.sql import packaged_text
from jumpcheck.figures.registry import FIGURES

WITHOUT_THUMBNAIL = {"figure_6": "not of preferred scores, one metric a task"}


def _rows() -> Iterator[str]:
    """One line of Markdown per figure of a dataset or of the theory, those of the paper by their number."""
    for name, figure in FIGURES.items():
        if figure["of"] not in ("dataset", "theory"):
            continue  # docs/experiments.md has them
        number = re.fullmatch(r"Figure (\w+)", figure["section"])
        paper = f"Fig. {number[1]} " if number else ""
        is_theory = figure["of"] == "theory"
        target, what = ("theory_figures", f"`{name}`: {figure['what']}") if is_theory else (name, figure["what"])
        thumbnail = WITHOUT_THUMBNAIL.get(name, f"![{figure['section']}: {figure['title']}](figures/{name}.png)")
        yield f"| {paper}| `{target}` | {what} | {thumbnail} |"


def page() -> str:
    """Markdown: every figure with its target, what it shows, and a thumbnail."""
    table = "\n".join(["| paper | target | what | |", "|---|---|---|---|", *_rows()])
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    return environment.from_string(packaged_text("pages/figures.md.j2")).render(table=table)


if __name__ == "__main__":
    print(page(), end="")
