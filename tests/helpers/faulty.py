"""What tests of faults share: a small source, runs as processes of their own, and what two runs must have in common."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from builders import ROOT, put_curve
from compare_runs import compare_tables

DATASET = "d"
DATABASE = "data/d/emergence.duckdb"
CURVE = [0, 0, 2 / 203, 4 / 203, 2 / 203, 107 / 203]


def put_source(folder):
    """Two tasks of one family: the smallest source in which a curve is tested for a break and one is not."""
    put_curve(folder, CURVE)
    put_curve(folder, [0.1, 0.2, 0.3, 0.35, 0.4, 0.45], "b_task", metric="bleu")
    return folder


def command(folder, source, *targets, **config):
    """Snakemake as a user calls it."""
    choices = [f"{name}={value}" for name, value in {"dataset": DATASET, "source": source, **config}.items()]
    program = Path(sys.executable).with_name("snakemake")
    return [*map(str, (program, "--cores", "2", *targets, "--directory", folder, "--config")), *choices]


def run(folder, source, *targets, before=(), env=None, **config):
    """(exit status, what was printed, last line of stderr); `before` is a command that starts the run."""
    called = [*before, *command(folder, source, *targets, **config)]
    done = subprocess.run(
        called, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900, env=env, check=False
    )
    lines = done.stderr.splitlines()
    return done.returncode, done.stdout + done.stderr, lines[-1] if lines else ""


def started(folder, source, *targets, **config):
    """A run as a process group of its own, which says nothing."""
    return subprocess.Popen(
        command(folder, source, *targets, **config), cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill(process):
    """SIGKILL to a run and all of its children, as a machine that goes down would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def outputs(folder):
    """{path: content} of all that a run made but the database, whose bytes hold when they were written."""
    paths = [path for top in ("data", "results") for path in (folder / top).rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if not path.name.startswith(".") and path.suffix != ".duckdb"
    }


def differences(folder, whole):
    """What differs between two runs: names of files, and tables of the database."""
    found, expected = outputs(folder), outputs(whole)
    names = [name for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]
    with contextlib.redirect_stdout(io.StringIO()):
        return names + compare_tables(whole / DATABASE, folder / DATABASE)


def leftovers(folder):
    """Temporary files, of which a finished run leaves none."""
    return [path for top in ("data", "results") for path in (folder / top).rglob(".*.tmp*")]


class Disk:
    """A small disk of its own, mounted at a folder."""

    def __init__(self, folder, kilobytes):
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir(parents=True)
        self.mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder],
            capture_output=True,
            text=True,
            check=False,
        )

    def fill(self, but_kilobytes=0):
        """Take all room but so much."""
        self.filler.touch()
        with self.filler.open("ab") as file:
            file.write(bytes(shutil.disk_usage(self.folder).free - but_kilobytes * 1024))

    def empty(self):
        """Give the room back."""
        self.filler.unlink()

    def close(self):
        """Unmount it."""
        if not self.mounted.returncode:
            subprocess.run(["umount", "-l", self.folder], check=True)
