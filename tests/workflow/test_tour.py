"""The notebook docs/tour.ipynb. Its outputs are compared with those of the real scores in test_bigbench_preferred."""

import pytest
import run_notebook
from builders import build, save_database
from jumpcheck.normalise.bigbench import normalise

CODE = [cell for cell in run_notebook.read()["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def toured(small_source, tmp_path_factory):
    """The tour, run beside a small database."""
    folder = tmp_path_factory.mktemp("tour")
    for name in ("docs", "data/bigbench_preferred"):
        (folder / name).mkdir(parents=True)
    save_database(build(normalise(small_source)), folder / "data/bigbench_preferred/emergence.duckdb")
    return [cell for cell in run_notebook.run(run_notebook.read(), folder / "docs")["cells"] if cell["cell_type"] == "code"]


def kinds(cells):
    return [[(output["output_type"], *sorted(output.get("data", {}))) for output in cell["outputs"]] for cell in cells]


def test_every_cell_runs_on_any_database_and_shows_what_it_shows_here(toured):
    assert kinds(toured) == kinds(CODE)
    assert sum(map(bool, kinds(toured))) >= 8
    assert "exact_str_match" in run_notebook.texts({"cells": toured})[2][0]


def test_what_does_not_depend_on_the_database_is_as_committed(toured):
    """The part on a table of one's own."""
    own = next(k for k, cell in enumerate(CODE) if "own = " in run_notebook.source(cell))
    shown = run_notebook.texts({"cells": CODE})[own:]
    assert run_notebook.texts({"cells": toured})[own:] == shown
    assert "add: inconclusive." in str(shown) and "copy: smooth." in str(shown)


def test_it_is_a_notebook_that_code_hosts_show():
    """With outputs in the order of the cells, small, and of no machine in particular."""
    tour = run_notebook.read()
    assert (tour["nbformat"], tour["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in tour["cells"]}) == len(tour["cells"])
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    assert run_notebook.TOUR.stat().st_size < 150_000
    assert sum("image/png" in output.get("data", {}) for cell in CODE for output in cell["outputs"]) == 2
