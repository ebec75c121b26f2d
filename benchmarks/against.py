"""Two versions side by side: `benchmarks/run.py --against COMMIT`.

Both run the whole workflow in turn, on the simulated benchmark and on a source that is given, and then again with nothing
changed. Printed are medians by stage, and the ratio of this version to the other.
"""

import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
WHOLE, UNCHANGED = "whole run", "nothing changed"


def _run(tree, folder, source, n_tasks):
    """{stage: seconds} of one run of the version in `tree`."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [
        Path(sys.executable).with_name("snakemake"), "-s", tree / "Snakefile", "--profile", tree / "profiles/default",
        "--cores", "2", "--directory", folder, "--config", f"dataset={'simulated' if source == 'simulated' else 'real'}", f"source={source}",
    ]  # fmt: skip
    command += [f"n_tasks={n_tasks}"] if source == "simulated" else []
    # Before the installed package, which is this version.
    environment = os.environ | {"PYTHONPATH": str(tree)}
    found = {}
    for name in (WHOLE, UNCHANGED):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        found[name] = time.perf_counter() - started
    for path in Path(folder, "logs").glob("*/*.benchmark.tsv"):
        with path.open(newline="") as file:
            found[path.name.removesuffix(".benchmark.tsv")] = float(next(csv.DictReader(file, delimiter="\t"))["s"])
    return found


def compare(commit, repeats, n_tasks, source=None):
    """Print the seconds of both versions and their ratio, by source and stage."""
    with tempfile.TemporaryDirectory() as work:
        other = Path(work, "other")
        subprocess.run(["git", "-C", ROOT, "worktree", "add", "--detach", other, commit], check=True, capture_output=True)
        try:
            for one in ("simulated", *([source] if source else [])):
                seconds = {name: defaultdict(list) for name in ("other", "this")}
                for _ in range(repeats):
                    for name, tree in (("other", other), ("this", ROOT)):
                        for stage, taken in _run(tree, Path(work, name + "-run"), one, n_tasks).items():
                            seconds[name][stage].append(taken)
                print(f"\n{one}: medians of {repeats}, seconds\n{'':24}{commit[:12]:>14}{'this':>10}{'this / other':>14}")
                stages = {
                    **dict.fromkeys((WHOLE, UNCHANGED)),
                    **dict.fromkeys(seconds["other"]),
                    **dict.fromkeys(seconds["this"]),
                }
                for stage in stages:
                    before, now = (
                        statistics.median(seconds[name].get(stage) or [float("nan")]) for name in ("other", "this")
                    )
                    print(f"{stage:24}{before:14.2f}{now:10.2f}{now / before:14.2f}")
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", other], check=True)
