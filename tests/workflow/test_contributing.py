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

PAGE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
FILE_EDIT = re.compile(r"^(New file|At the end of) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORD_EDIT = re.compile(r"^In `([^`]+)`, `([^`]+)` becomes `([^`]+)`\.$", re.MULTILINE)
PARTS = ("Snakefile", "analysis", "config", "data/reference", "profiles", "workflow")
SIZES = {"7e8": 0.0, "1.4e9": 0.02, "2.8e9": 0.01, "6.9e9": 0.03, "12e9": 0.7, "70e9": 0.8}


def apply_examples(root):
    edits = FILE_EDIT.findall(PAGE)
    assert len(edits) == 8 and len(WORD_EDIT.findall(PAGE)) == 2
    for kind, name, text in edits:
        path = root / name
        assert path.exists() == (kind == "At the end of"), name
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" * (2 * name.endswith(".py") * (kind != "New file")) + text)
    for name, old, new in WORD_EDIT.findall(PAGE):
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        (root / name).write_text(text.replace(old, new), encoding="utf-8")


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
    result = snakemake(*settings, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})
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


def test_the_data_dictionary_has_the_table(run):
    command = [sys.executable, "-m", "analysis.pages.dictionary"]
    printed = subprocess.run(
        command, cwd=run, env=os.environ | {"PYTHONPATH": str(run)}, capture_output=True, text=True, check=True
    )
    assert "## scale_counts" in printed.stdout and "| `n_scales_max` | Largest number" in printed.stdout
