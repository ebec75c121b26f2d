"""docs/bring_your_own.md and docs/python.md: their files are read, their commands run, and their outputs come out."""

import re
import shutil
import subprocess
import sys

import duckdb
import pytest
from builders import ROOT

PAGE = ROOT / "docs/bring_your_own.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql (\w+)\n(.*?)\n```\n```text\n(.*?)\n?```", TEXT, re.DOTALL)
pytestmark = pytest.mark.slow


def answer(folder, dataset, query):
    with duckdb.connect(str(folder / f"data/{dataset}/emergence.duckdb"), read_only=True) as con:
        return str(con.sql(query)).rstrip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page's files, and what its commands make of them."""
    root = tmp_path_factory.mktemp("page")
    files = re.findall(r"```(?:csv|json|yaml) (\S+)\n(.*?)\n```", TEXT, re.DOTALL)
    assert len(files) == 6
    for name, content in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n", encoding="utf-8")
    shutil.copytree(ROOT / "profiles/default", root / "profile")
    commands = [line for block in re.findall(r"```sh\n(.*?)\n```", TEXT, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 6
    said = []
    for command in commands:
        run = command.replace("snakemake ", f"snakemake -s {ROOT}/Snakefile --profile {root}/profile ", 1)
        run = run.replace("workflow/look.py", f"{ROOT}/workflow/look.py")
        environment = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": str(root)}
        result = subprocess.run(run, shell=True, cwd=root, capture_output=True, text=True, env=environment)
        assert result.returncode == 0, result.stdout + result.stderr
        said.append(result.stdout)
    (root / "said").write_text("\n".join(said))
    return root


@pytest.mark.parametrize(
    ("dataset", "query", "shown"), EXAMPLES, ids=[f"{name} {k}" for k, (name, *_) in enumerate(EXAMPLES)]
)
def test_the_outputs_of_the_page(folder, dataset, query, shown):
    assert answer(folder, dataset, query) == shown, query


def test_every_section_with_a_table_has_an_output(folder):
    assert {name for name, *_ in EXAMPLES} == {"table", "wide", "log", "unknown"}
    said = (folder / "said").read_text()
    assert "15 numbers in = 10 scores + 3 standard errors + 2 rejected values" in said
    assert "6 numbers = 6 scores + 0 standard errors + 0 rejected" in said
    assert "- pattern: 'lab/net\\-2b'" in said and "the name says 2b" in said


def test_the_python_of_the_page(folder):
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import.*?)\n```", text, re.DOTALL)
    result = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("62.0 ") and "62.0     ok" in result.stdout
    assert "inconclusive" in result.stdout and "no break could be detected" in result.stdout
    assert "cells have no score and are left out" in result.stderr and "GSM8K" in result.stdout
