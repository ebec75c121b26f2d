"""A full disk, and a limit on the size of files: one line that says so, and the same command finishes once there is room."""

import json
import shutil
import subprocess

import duckdb
import pytest
from compare_runs import compare_tables
from faulty import DATABASE, Disk, differences, outputs, run

pytestmark = pytest.mark.slow
NO_SPACE = "no space is left on the disk of"
STAGES = [
    "download", "normalise_000", "gather", "score_000", "pool", "breaks_000", "sensitivity", "forecast", "database",
    "simulate_world", "dataset_figures", "theory_figures", "pdf", "report_page", "explorer", "croissant",
]  # fmt: skip


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path / "disk", 40_000)
    if made.mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.mounted.stderr.strip()}")
    yield made
    made.close()


@pytest.fixture
def data_on_disk(disk, tmp_path, finished):
    """A copy of the finished run whose data and results lie on the small disk, logs and Snakemake's notes elsewhere."""
    folder = tmp_path / "run"
    folder.mkdir()
    for top in ("data", "results"):
        shutil.copytree(finished / top, disk.folder / top)
        (folder / top).symlink_to(disk.folder / top)
    for top in ("logs", ".snakemake"):
        shutil.copytree(finished / top, folder / top)
    return folder


def made_by(folder, stage):
    """Outputs of a job, by its record."""
    return json.loads((folder / f"logs/d/{stage}.made.json").read_text())["outputs"]


def test_the_stages_are_all_that_a_run_has(finished):
    assert {path.name.removesuffix(".made.json") for path in (finished / "logs/d").glob("*.made.json")} == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_on_a_full_disk_is_one_line_and_finishes_once_there_is_room(stage, finished, data_on_disk, disk, source):
    made = made_by(finished, stage)
    for path in (data_on_disk / output for output in made):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    disk.fill()
    code, said, last = run(data_on_disk, source, *made)
    assert code != 0, said
    assert last.startswith(f"{stage.removesuffix('_000')}: error: {NO_SPACE} "), said
    assert any(f" {folder}" in last for folder in ("data/d", "results/d")) and "make room and run the same command" in last
    assert not [output for output in made if (data_on_disk / output).is_file()], "half of a stage was left"
    disk.empty()
    code, said, _ = run(data_on_disk, source, *made)
    assert code == 0, said
    assert differences(data_on_disk, finished) == []


@pytest.mark.parametrize("kilobytes", [0, 600, 3000])
def test_a_folder_on_a_full_disk_is_one_line_and_finishes_once_there_is_room(kilobytes, finished, disk, source):
    """Snakemake's notes and the logs lie on the full disk too."""
    disk.fill(kilobytes)
    code, said, last = run(disk.folder, source)
    assert code != 0 and "make room and run the same command again" in last, said
    assert NO_SPACE in last or f"are left on the disk of {disk.folder}" in last, said
    disk.empty()
    code, said, _ = run(disk.folder, source)
    assert code == 0, said
    assert differences(disk.folder, finished) == []


@pytest.mark.parametrize("kind", ["simulated", "archive", "address"])
def test_what_is_fetched_or_simulated_on_a_full_disk(kind, source, disk, tmp_path):
    packed, repository = tmp_path / "in.tar.gz", tmp_path / "repository"
    subprocess.run(["tar", "czf", packed, "-C", source, "."], check=True)
    if kind == "address":
        shutil.copytree(source, repository)
        git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b"]
        for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "x"]):
            subprocess.run([*git, *command], check=True)
    where = {"simulated": "simulated", "archive": packed, "address": f"file://{repository}"}[kind]
    folder, target, settings = tmp_path / "run", "data/d/manifest.json", {"n_tasks": 3}
    folder.mkdir()
    (folder / "data").symlink_to(disk.folder)
    disk.fill()
    code, said, last = run(folder, where, target, **settings)
    assert code != 0 and NO_SPACE in last and "make room and run the same command again" in last, said
    disk.empty()
    code, said, _ = run(folder, where, target, **settings)
    assert code == 0, said
    code, said, _ = run(tmp_path / "whole", where, target, **settings)
    assert code == 0, said
    found, expected = outputs(folder), outputs(tmp_path / "whole")
    score_files = [name for name in expected if "/results/scores_" in name]
    assert score_files and [found[name] for name in score_files] == [expected[name] for name in score_files]


def test_files_that_may_not_be_large_are_one_line(source, finished, tmp_path):
    """By `ulimit -f`, in kilobytes. Where it allows fewer than about 60, Snakemake cannot copy the workflow's own files."""
    for blocks in (60, 300):
        limited = ("bash", "-c", f'ulimit -f {blocks} && exec "$@"', "limited")
        code, said, last = run(tmp_path / "run", source, DATABASE, before=limited)
        assert code != 0 and last.split(": error: ")[0] in STAGES, said
        assert "would be larger than files may be here (see ulimit -f); raise the limit and run the same command" in last
    code, said, _ = run(tmp_path / "run", source)
    assert code == 0, said
    assert differences(tmp_path / "run", finished) == []


def test_the_last_good_database_survives_a_failed_build(finished, data_on_disk, disk, source):
    changed = {"emergence_threshold": 25}
    disk.fill(600)
    code, said, last = run(data_on_disk, source, DATABASE, **changed)
    assert code != 0 and last.startswith(f"database: error: {NO_SPACE}"), said
    kept = data_on_disk / "data/d/emergence.last.duckdb"
    assert f"The last database that was built well is kept: {kept.relative_to(data_on_disk)}" in said
    assert compare_tables(finished / DATABASE, kept) == [] and not (data_on_disk / DATABASE).exists()
    disk.empty()
    code, said, _ = run(data_on_disk, source, DATABASE, **changed)
    assert code == 0 and not kept.exists(), said
    with duckdb.connect(str(data_on_disk / DATABASE), read_only=True) as con:
        assert con.execute("select emergence_threshold from settings").fetchall() == [(25.0,)]
