"""Runs docs/tour.ipynb as Jupyter does, without Jupyter: all cells in one namespace, with what each prints, gives and draws.

`python tests/helpers/run_notebook.py` runs it in its folder and writes the outputs into it.
"""

import ast
import base64
import contextlib
import io
import json
import os
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd

TOUR = Path(__file__).parents[2] / "docs/tour.ipynb"


def read(path=TOUR):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def lines(text):
    """Text as notebooks keep it."""
    return text.splitlines(keepends=True)


def pictures():
    """The figures that a cell has drawn, which are shown at its end and closed."""
    shown = []
    for number in plt.get_fignums():
        file = io.BytesIO()
        plt.figure(number).savefig(file, format="png", bbox_inches="tight", metadata={"Software": None})
        data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": ["<Figure>"]}
        shown.append({"output_type": "display_data", "metadata": {}, "data": data})
    plt.close("all")
    return shown


def outputs_of(code, number, names):
    """Run one cell in the namespace `names`; its outputs as notebooks keep them."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, outputs = io.StringIO(), []
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {number}", "exec"), names)
        value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names) if last else None
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if value is not None and not code.rstrip().endswith(";"):
        data = {"text/plain": lines(repr(value))}
        if isinstance(value, pd.DataFrame):
            data["text/html"] = lines(value._repr_html_())
        outputs.append({"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": data})
    return outputs + pictures()


def run(notebook, folder):
    """The notebook with the outputs of a run in `folder`; the first error is raised."""
    names, done = {"__name__": "__main__"}, []
    with contextlib.chdir(folder), mpl.rc_context({"backend": "agg"}):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                number = 1 + sum(one["cell_type"] == "code" for one in done)
                outputs = outputs_of(source(cell), number, names)
                cell = {**cell, "execution_count": number, "outputs": outputs}
            done.append(cell)
    return {**notebook, "cells": done}


def texts(notebook):
    """What the cells print and give, cell by cell: text as it is, tables as HTML, which depends on no terminal's width."""

    def text(output):
        data = output.get("data", {})
        return "".join(output.get("text") or data.get("text/html") or data["text/plain"])

    return [[text(output) for output in cell["outputs"]] for cell in notebook["cells"] if cell["cell_type"] == "code"]


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    made = run(read(), TOUR.parent)
    TOUR.write_text(json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
