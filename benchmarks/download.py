"""The download against the bare git commands that do the same by hand, on a real git server on loopback.

    python benchmarks/download.py [--repeats 5]

Prints medians, their ratio, and the bytes that the server sent beside one pack of the wanted objects.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/helpers"))

from git_server import GitServer, big_repository, ideal_pack
from jumpcheck.sources.partial_clone import fetch

FETCH = """
git init -q D && cd D
git config remote.origin.url URL
git config remote.origin.promisor true
git config remote.origin.partialCloneFilter blob:none
git config extensions.partialClone origin
git config core.repositoryformatversion 1
git config gc.auto 0
git fetch -q --depth=1 --filter=blob:none --no-tags origin COMMIT
git sparse-checkout set --no-cone '/bigbench/benchmark_tasks/**/results/scores_*.json'
git checkout -q -f COMMIT
test "$(git rev-parse HEAD)" = COMMIT
"""
RESOLVE = """
test "$(git ls-remote URL refs/heads/main | cut -f1)" = COMMIT
"""
VERIFY = """
git ls-files --format='%(objectname)' -- 'bigbench/benchmark_tasks/**/results/scores_*.json' > ../expected
git ls-files -- 'bigbench/benchmark_tasks/**/results/scores_*.json' > ../paths
git hash-object --no-filters --stdin-paths < ../paths > ../found
cmp ../expected ../found
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as temporary, GitServer(Path(temporary)) as server:
        folder = Path(temporary)
        repository = big_repository(folder)
        commit = subprocess.run(
            ["git", "rev-parse", "main"], cwd=repository, capture_output=True, text=True, check=True
        ).stdout.strip()

        def by_hand(commands: str) -> None:
            shutil.rmtree(folder / "D", ignore_errors=True)
            commands = "set -e" + commands.replace("URL", server.url()).replace("COMMIT", commit)
            subprocess.run(["bash", "-c", commands], cwd=folder, check=True)

        def ours() -> None:
            shutil.rmtree(folder / "raw", ignore_errors=True)
            fetch(server.url(), "main", folder / "raw", lambda line: None)

        def again() -> None:
            fetch(server.url(), commit, folder / "raw", lambda line: None)

        ways = {
            "by hand, unverified": lambda: by_hand(FETCH),
            "by hand": lambda: by_hand(RESOLVE + FETCH + VERIFY),
            "ours": ours,
            "ours again": again,
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        sent: dict[str, int] = {}
        for _ in range(repeats):
            for name, run in ways.items():
                before, started = server.n_bytes, time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - started)
                sent[name] = server.n_bytes - before
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        for name, median in medians.items():
            print(f"{name:20} {median:6.2f} s  {sent[name] / 1e6:8.3f} MB from the server")
        pack = ideal_pack(repository, commit)
        print(f"time, ours / by hand: {medians['ours'] / medians['by hand']:.2f}")
        print(f"time, ours / by hand, unverified: {medians['ours'] / medians['by hand, unverified']:.2f}")
        print(f"bytes, ours / one pack of the wanted objects ({pack / 1e6:.3f} MB): {sent['ours'] / pack:.2f}")


if __name__ == "__main__":
    main()
