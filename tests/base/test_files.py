"""Files are written whole or not at all, on a full disk too."""

import os
import subprocess
import sys
import time

import duckdb
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import ROOT, snakemake
from jumpcheck.base.database import connect, finish_file
from jumpcheck.base.errors import InputError
from jumpcheck.base.files import is_disk_full, replacing, write_csv, write_json, write_parquet, write_text


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of so many kilobytes at a folder; the test is skipped, with the reason, where that is not possible."""
    mounted = []

    def mount(kilobytes, name="disk"):
        folder = tmp_path / name
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


WRITERS = {
    "text": lambda path: write_text("x" * 10**6, path),
    "json": lambda path: write_json(["x" * 100] * 10**4, path),
    "csv": lambda path: write_csv(pd.DataFrame({"x": ["y" * 100] * 10**4}), path),
    "parquet": lambda path: write_parquet(pa.table({"x": [os.urandom(10**6).hex()]}), path, pa.schema([("x", pa.string())])),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_one_clear_line_and_leaves_the_old_file(small_disk, kind):
    path = small_disk(200) / "out.txt"
    path.write_text("the old one")
    with pytest.raises(InputError, match=r"no space is left on the disk of .*; make room and run"):
        WRITERS[kind](path)
    assert path.read_text() == "the old one" and [p.name for p in path.parent.iterdir()] == ["out.txt"]


def test_a_database_on_a_full_disk_is_never_taken_for_whole(small_disk):
    """DuckDB says nothing where the disk is full when it closes a file."""
    path = small_disk(1200) / "d.duckdb"
    with (
        pytest.raises(InputError, match=r"no space is left|were written whole"),
        replacing(path) as temporary,
        connect(str(temporary)) as con,
    ):
        con.execute("create table t as select random() as x, random()::varchar as y from range(40000)")
        finish_file(con, temporary)
    assert not list(path.parent.iterdir())


def test_a_database_that_was_written_is_opened_again_and_counted(tmp_path):
    con = connect(str(tmp_path / "d.duckdb"))
    con.execute("create table t as select * from range(1000)")
    con.execute("create view v as from t")
    finish_file(con, tmp_path / "d.duckdb")
    with duckdb.connect(str(tmp_path / "d.duckdb"), read_only=True) as again:
        assert again.execute("select count(*) from v").fetchall() == [(1000,)]


def test_the_same_command_finishes_once_there_is_room(small_disk, real_source, tmp_path):
    """Three tasks, data on a disk of 1,200 kB: no database without tables, and no success."""
    source = tmp_path / "in/bigbench/benchmark_tasks"
    source.mkdir(parents=True)
    for task in ("word_sorting", "codenames", "fact_checker"):
        (source / task).symlink_to(real_source / "bigbench/benchmark_tasks" / task)
    subprocess.run(["cp", "-rL", tmp_path / "in", tmp_path / "source"], check=True)
    disk = small_disk(1200, "data")
    settings = ["--config", "dataset=d", f"source={tmp_path / 'source'}"]
    arguments = ["data/d/emergence.duckdb", "--directory", tmp_path, *settings]
    full = snakemake(*arguments)
    printed = full.stdout + full.stderr
    assert full.returncode != 0 and "no space is left on the disk of data/d; make room" in printed, printed
    assert not (disk / "d/emergence.duckdb").exists()
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    again = snakemake(*arguments)
    assert again.returncode == 0 and "Nothing to be done" not in again.stdout + again.stderr
    with duckdb.connect(str(disk / "d/emergence.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from curves").fetchall() == [(4,)]


def test_parquet_has_the_declared_types_where_a_column_is_empty(tmp_path):
    schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
    write_parquet(pa.table({"b": pa.nulls(1), "a": pa.nulls(1), "c": [1]}), tmp_path / "x.parquet", schema)
    assert pq.read_schema(tmp_path / "x.parquet").equals(schema)


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError(122, "Disk quota exceeded"), True),
        (duckdb.IOException("IO Error: could not write: No space left on device"), True),
        (OSError(13, "Permission denied"), False),
        (ValueError("x"), False),
    ],
)
def test_what_a_full_disk_looks_like(error, full):
    assert is_disk_full(error) == full


def test_what_a_killed_process_left_is_removed(tmp_path):
    code = (
        "import os, signal, sys\nsys.path.insert(0, sys.argv[1])\nfrom jumpcheck.base.files import replacing\n"
        "with replacing(sys.argv[2]) as path:\n    path.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT), str(tmp_path / "f.txt")])
    assert [path.name.endswith(".tmp.txt") for path in tmp_path.iterdir()] == [True]
    write_text("whole", tmp_path / "f.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["f.txt"]


def test_numbers_of_processes_that_ended_are_no_obstacle(tmp_path, monkeypatch):
    """Killed and not yet waited for, or given to a process that started later; what a running process writes stays."""
    sleeping, killed = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    try:
        killed.kill()
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and keeps its number
        written, left = (tmp_path / f".f.{one.pid}.tmp.txt" for one in (sleeping, killed))
        for path in (written, left):
            path.write_text("half")
        write_text("whole", tmp_path / "f.txt")
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([written.name, "f.txt"])
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: time.time() + 60)
        write_text("whole", tmp_path / "f.txt")
        assert [path.name for path in tmp_path.iterdir()] == ["f.txt"]
    finally:
        for one in (sleeping, killed):
            one.kill()
            one.wait()
