"""docs/bring_your_own.md: its files are read, its commands run, and its outputs are what comes out."""

import re
import subprocess
import sys

import duckdb
import pytest
from builders import ROOT, snakemake

PAGE = (ROOT / "docs/bring_your_own.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page's files, and what its command makes of them."""
    root = tmp_path_factory.mktemp("page")
    files = re.findall(r"```(?:csv|json|yaml) (\S+)\n(.*?)\n```", PAGE, re.DOTALL)
    assert len(files) >= 6
    for name, content in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n", encoding="utf-8")
    (command,) = re.findall(r"```sh\nsnakemake --cores 2 (.*?)\n```", PAGE)
    result = snakemake(*command.split(), "--directory", root)
    assert result.returncode == 0, result.stdout + result.stderr
    (root / "said").write_text(result.stdout)
    return root


def test_the_outputs_of_the_page(folder):
    examples = re.findall(r"```sql\n(.*?)\n```\n```text\n(.*?)\n```", PAGE, re.DOTALL)
    assert len(examples) == 2
    with duckdb.connect(str(folder / "data/mine/emergence.duckdb"), read_only=True) as con:
        for query, shown in examples:
            assert str(con.sql(query)).rstrip() == shown, query
        assert con.execute("select count(*) from scores").fetchall() == [(14,)]
        assert con.execute("select count(*) from rejects").fetchall() == [(0,)]
    assert "19 numbers in = 14 scores + 5 standard errors + 0 rejected values" in (folder / "said").read_text()


def test_the_python_of_the_page(folder):
    (code,) = re.findall(r"```python\n(.*?)\n```", PAGE, re.DOTALL)
    result = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("62.0 ") and "62.0     ok" in result.stdout
    assert "inconclusive" in result.stdout and "no break could be seen" in result.stdout
