"""A run that is killed again and again at random moments ends in the bytes of one that nobody disturbed."""

import contextlib
import random
import shutil
import subprocess
import time

import pytest
from faulty import differences, kill, leftovers, put_source, run, started


def a_job_has_begun(folder, since):
    """Whether a log of a job is younger than `since`."""
    with contextlib.suppress(FileNotFoundError):  # Snakemake deletes it before it begins the job
        return any(path.stat().st_mtime_ns > since for path in folder.glob("logs/d/*.log"))
    return False


def wait_for_a_moment(process, folder, moments):
    """Whether the run is still there at a random moment: of its start, or of the seconds after a job has begun."""
    since, limit = time.time_ns(), time.monotonic() + 60
    if moments.random() > 0.2:
        while process.poll() is None and not a_job_has_begun(folder, since) and time.monotonic() < limit:
            time.sleep(0.02)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moments.uniform(0, 2.5))
    return process.poll() is None


@pytest.mark.parametrize("n_kills", [pytest.param(8, marks=pytest.mark.slow), pytest.param(50, marks=pytest.mark.proof)])
def test_kills_at_random_moments_change_no_byte(n_kills, tmp_path):
    """One folder, killed and started again; where a run came to its end, it is compared, and the next begins anew."""
    seed = time.time_ns() % 10**6
    print(f"seed {seed}")
    moments = random.Random(seed)
    source, whole, folder = put_source(tmp_path / "in"), tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    code, said, _ = run(whole, source)
    assert code == 0, said
    n_killed = n_finished = 0
    while n_killed < n_kills:
        process = started(folder, source)
        if wait_for_a_moment(process, folder, moments):
            kill(process)
            n_killed += 1
            continue
        assert process.returncode == 0, f"seed {seed}: after {n_killed} kills a run ended with {process.returncode}"
        n_finished += 1
        assert differences(folder, whole) == [] and leftovers(folder) == [], f"seed {seed}, {n_killed} kills"
        shutil.rmtree(folder)
    code, said, _ = run(folder, source)
    assert code == 0, f"seed {seed}: {said}"
    assert differences(folder, whole) == [] and leftovers(folder) == [], f"seed {seed}"
    print(f"{n_killed} kills, {n_finished + 1} times to the end, {time.monotonic() - began:.0f} s")
