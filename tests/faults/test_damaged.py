"""Files of a finished run that were cut to half: each is named and made again, and the end has the bytes it had.

That each of the first stages is found by itself is tested in tests/workflow/test_hard_to_break.py.
"""

import json
import shutil

import pytest
from faulty import differences, run

pytestmark = pytest.mark.slow
PAGES_AND_FIGURES = ("report_page", "explorer", "croissant", "pdf", "theory_figures")


@pytest.fixture
def again(finished, tmp_path):
    """A copy of the finished run."""
    shutil.copytree(finished, tmp_path / "again", symlinks=True)
    return tmp_path / "again"


def halve(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def made_by(folder, stages="*"):
    """Files that jobs made, by their records."""
    records = [path for stage in stages for path in folder.glob(f"logs/d/{stage}.made.json")]
    return [name for path in records for name in json.loads(path.read_text())["files"]]


@pytest.mark.parametrize("stages", [("*",), PAGES_AND_FIGURES], ids=["all files", "those of which nothing else is made"])
def test_halves_of_files_of_every_kind_are_named_and_made_again(again, finished, source, stages):
    names = made_by(again, stages)
    kinds = {name.rpartition(".")[2] for name in names}
    assert kinds >= {"json", "html", "svg", "png", "csv", "pdf"}
    assert stages != ("*",) or kinds >= {"duckdb", "parquet", "txt"}
    for name in names:
        halve(again / name)
    code, said, _ = run(again, source, "verify")
    assert code == 0, said
    said_lines = [line for line in said.splitlines() if line.startswith("damaged: ")]
    outputs = {output for path in again.glob("logs/d/*.made.json") for output in json.loads(path.read_text())["outputs"]}
    assert len(said_lines) >= len(outputs & {*names}) and all("has" in line for line in said_lines)
    code, said, _ = run(again, source)
    assert code == 0 and "damaged" not in said, said
    for path in [path for top in ("data", "results") for path in (again / top).rglob("*.damaged")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert differences(again, finished) == []


@pytest.mark.parametrize("place", [".snakemake/metadata/**/*", "logs/d/*.made.json"])
def test_halves_of_notes_about_a_run_stop_nothing(again, finished, source, place):
    """Those of Snakemake, and the records of what jobs made."""
    paths = [path for path in again.glob(place) if path.is_file()]
    assert len(paths) > 10
    for path in paths:
        halve(path)
    code, said, _ = run(again, source)
    assert code == 0 and "Traceback" not in said, said
    assert differences(again, finished) == []
    code, said, _ = run(again, source)
    assert code == 0 and "Nothing to be done" in said, said
