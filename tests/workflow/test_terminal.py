"""What a user sees of a run: on a terminal, and in a file that the output goes to."""

import re
import sys
from pathlib import Path

import pseudo_terminal
import pytest
from builders import ROOT, jobs_of, snakemake

TARGET = "data/made_up/scores"
CONFIG = ["--config", "dataset=made_up", "source=simulated", "n_tasks=80"]  # some seconds of work
CHATTER = ("Select jobs", "Execute ", "Finished jobid", "Using shell", "Provided cores", "Job stats", "Elapsed")


def on_a_terminal(folder, *arguments):
    command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", "--directory", folder, *arguments]
    code, written = pseudo_terminal.run(command, cwd=ROOT)
    return code, written, pseudo_terminal.screen(written)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """(folder of a run, all that it wrote to its terminal, what stands there in the end)."""
    folder = tmp_path_factory.mktemp("terminal")
    code, written, lines = on_a_terminal(folder, TARGET, *CONFIG)
    assert code == 0, written
    return folder, written, lines


def test_long_work_shows_a_bar_that_is_gone_in_the_end(seen):
    _, written, lines = seen
    assert re.search(r"\rsimulate +\d+% \|\W+\| +\d+ of 80 parts, +[\d.]+ parts/s, \d\d:\d\d left", written), written
    assert not any("|" in line for line in lines)
    said = [line for line in lines if line.startswith(("simulate: ", "normalise: ", "gather: "))]
    assert [line for line in said if re.search(r": done in [\d.]+ s$", line)][-1].startswith("gather")
    assert "3 of 3 steps (100%) done" in lines


def test_snakemake_says_little_and_the_last_line_where_to_look(seen):
    folder, _, lines = seen
    assert not [line for line in lines if line.startswith(CHATTER)]
    assert len(lines) < 20
    last = [line for line in lines if line][-1]
    assert re.fullmatch(r"Done in \d+ s: logs in logs/made_up/", last)
    assert "Finished jobid" in next((folder / ".snakemake/log").glob("*.log")).read_text()


def test_a_log_has_no_bar_and_no_carriage_return(seen, tmp_path):
    result = snakemake("--directory", tmp_path, TARGET, *CONFIG)
    assert result.returncode == 0, result.stderr
    for text in (result.stdout, result.stderr, *(path.read_bytes().decode() for path in tmp_path.glob("logs/*/*.log"))):
        assert not re.search(r"[\r\x1b]|\d%\|", text) and not re.search(rf"^({'|'.join(CHATTER)})", text, re.MULTILINE), text
    # A run on a terminal leaves the same in its logs, but for the seconds, and the lines of what takes more than a minute.
    for path in seen[0].glob("logs/*/*.log"):
        ours, theirs = (
            re.sub(r"[\d.]+ s$|.* parts done\n", "", (folder / path.relative_to(seen[0])).read_text(), flags=re.MULTILINE)
            for folder in (seen[0], tmp_path)
        )
        assert ours == theirs


def test_a_dry_run_says_what_would_run(tmp_path):
    code, _, lines = on_a_terminal(tmp_path, "-n", TARGET, *CONFIG)
    assert code == 0 and jobs_of("\n".join(lines)) == {"simulate", "normalise", "gather"}


def test_a_run_that_fails_names_its_error_where_it_happens_and_in_the_last_line(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results/x.csv").write_text("a,b\n1,2\n")
    config = ["--config", "dataset=mine", f"source={tmp_path / 'results'}"]
    code, written, lines = on_a_terminal(tmp_path, "data/mine/scores", *config)
    errors = [k for k, line in enumerate(lines) if ": error: " in line]
    assert code == 1 and len(errors) == 2, written
    assert lines[errors[0]] == lines[errors[1]] == [line for line in lines if line][-1]
    assert errors[1] - errors[0] > 1 and not [line for line in lines if line.startswith(CHATTER)]
