"""The worked examples of docs/contributing.md, applied to a copy of the repository, which then runs."""

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pandas as pd
import pytest
from builders import ROOT, snakemake
from jumpcheck.figures import thumbnails

PAGE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
FILE_EDIT = re.compile(r"^(New file|At the end of) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINE_EDIT = re.compile(
    r"^In `([^`]+)`, below the line that begins with `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
PARTS = (
    "Snakefile", "analysis", "config", "data/reference", "profiles", "workflow", "tests", "benchmarks", "docs", "README.md",
    "CHANGELOG.md", "CITATION.cff", "pyproject.toml", "requirements.lock", "experiments.lock", "harness.lock", "slurm.lock",
    "uv.req", "LICENSE", "data/README.md",
)  # fmt: skip
SIZES = {"7e8": 0.0, "1.4e9": 0.02, "2.8e9": 0.01, "6.9e9": 0.03, "12e9": 0.7, "70e9": 0.8}


def apply_examples(root):
    edits = FILE_EDIT.findall(PAGE)
    assert len(edits) == 7 and len(LINE_EDIT.findall(PAGE)) == 7
    for kind, name, text in edits:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        assert path.exists() == (kind == "At the end of"), name
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" * (2 * name.endswith(".py") * (kind != "New file")) + text)
    for name, beginning, text in LINE_EDIT.findall(PAGE):
        lines = (root / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (place,) = [k for k, line in enumerate(lines) if line.startswith(beginning)]
        (root / name).write_text("".join([*lines[: place + 1], text, *lines[place + 1 :]]), encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The copy of the repository, after a run on files of the example's format."""
    root = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        (root / part).parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, root / part)
    apply_examples(root)
    source = root / "in"
    source.mkdir()
    for size, score in SIZES.items():
        solved = {"sorting": score, "chess": None if size == "70e9" else score / 2}
        document = {"model": f"m-{size}", "parameters": float(size), "solved": solved}
        (source / f"{size}.json").write_text(json.dumps(document), encoding="utf-8")
    (root / "rules.yml").write_text("models:\n  - {pattern: 'm-.*', family: M}\n", encoding="utf-8")
    settings = ("--config", "dataset=e", f"source={source}", "rules=rules.yml")
    result = snakemake(*settings, cwd=root, env=os.environ | {"PYTHONPATH": str(root / "analysis")})
    assert result.returncode == 0, result.stdout + result.stderr
    return root


@pytest.fixture
def con(run):
    with duckdb.connect(str(run / "data/e/emergence.duckdb"), read_only=True) as con:
        yield con


def test_the_format_is_read_and_its_fault_is_a_reject(con):
    rows = con.sql("select task, count(*), sum(score) from scores group by all order by all").fetchall()
    assert rows == [("chess", 5, pytest.approx(0.38)), ("sorting", 6, pytest.approx(1.56))]
    assert con.sql("select file, location, reason from rejects").fetchall() == [("70e9.json", "solved.chess", "not_finite")]


def test_the_metric_is_known(con):
    assert con.sql("select known, is_proportion, higher_is_better from metrics").fetchall() == [(True, True, True)]


def test_the_table_is_in_the_database(con):
    assert con.sql("from scale_counts").fetchall() == [("M", 6)]
    (comment,) = con.sql("select comment from duckdb_columns() where column_name = 'n_scales_max'").fetchall()
    assert comment == ("Largest number of scales of a curve.",)


def test_the_figure_is_drawn_and_on_the_page(run):
    frame = pd.read_csv(run / "results/e/tables/scales_per_curve.csv")
    assert frame.to_dict("list") == {"n_scales": [5, 6], "n_curves": [1, 1]}
    for suffix in ("svg", "png", "pdf"):
        assert (run / f"results/e/figures/scales_per_curve.{suffix}").stat().st_size > 1000
    page = (run / "results/e/report.html").read_text(encoding="utf-8")
    assert "How many curves have how many scales." in page and "Concentration: scales per curve" in page


def there(run, *command):
    """What a command prints in the copy."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=run, env=os.environ | {"PYTHONPATH": str(run / "analysis")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_verdict_is_given(run):
    code = """
import numpy as np
from jumpcheck import break_test
scores = np.array([[95, 92, 90, 86, 81, 77, 70, 66], [20, 25, 31, 36, 42, 47, 55, 60]]) / 100
found = break_test(scores, 10.0 ** np.arange(6, 14), 100)
print(*found["verdict"], *found["reason_code"], *found["reason"])
"""
    printed = there(run, sys.executable, "-c", code)
    assert printed.startswith("worse ") and "loss_rises" in printed and "the loss rises with scale" in printed


@pytest.mark.slow
def test_the_copy_passes_the_linters_and_the_tests_of_the_repository(run):
    """As for a change of one's own: the lists in the documents are written anew, and a thumbnail is drawn."""
    for module, page in (("dictionary", "database"), ("figure_list", "figures")):
        (run / f"docs/{page}.md").write_text(there(run, sys.executable, "-m", f"jumpcheck.pages.{module}"), encoding="utf-8")
    page = run / "docs/contributing.md"
    rooms_then = there(run, sys.executable, "tests/helpers/rooms.py")
    text = page.read_text(encoding="utf-8")
    before, _, after = text.partition("| room | what lives there |")
    page.write_text(before + rooms_then + after[after.index("\n\n") :], encoding="utf-8")
    assert "| `n_scales_max` | Largest number" in (run / "docs/database.md").read_text(encoding="utf-8")
    assert "| | `scales_per_curve` | how many curves" in (run / "docs/figures.md").read_text(encoding="utf-8")
    thumbnails.write([run / "results/e/figures/scales_per_curve.png"], [run / "docs/figures/scales_per_curve.png"])
    for name in ("results", "logs", "in", "data/e"):  # which git would not know
        shutil.rmtree(run / name)
    there(run, sys.executable, "-m", "ruff", "check", "analysis", "workflow")
    there(run, sys.executable, "-m", "ruff", "format", "--check", "analysis", "workflow")
    tests = ["tests/workflow/test_repo.py", "tests/workflow/test_house.py", "tests/database/test_tables.py"]
    there(run, sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests, "-k", "not real")
