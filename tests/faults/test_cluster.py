"""A SLURM whose controller dies, and one that loses a node with all that runs there."""

import signal
import time

import pytest
from faulty import outputs, run
from slurm_cluster import NEEDED, ended, running

pytestmark = [pytest.mark.proof, *NEEDED]
# Stages that depend on both shards and on what both have in common; a job costs 20 seconds, so not all are run.
TARGET = "data/d/pools.parquet"
SAVED = 7  # seconds; a controller writes what it knows to its disk every 5, and what it had not written is lost
LONG_ENOUGH = 45  # seconds: several questions to a dead controller, each of which SLURM gives up after a few


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with running(tmp_path_factory.mktemp("slurm"), 16837) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What one machine makes of the same."""
    folder = tmp_path_factory.mktemp("whole")
    code, said, _ = run(folder, "simulated", TARGET, n_tasks=6, shards=2)
    assert code == 0, said
    return folder


def unlike(folder, whole):
    """Files that differ."""
    found, expected = outputs(folder), outputs(whole)
    assert TARGET in expected
    return [name for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]


def test_without_a_controller_a_run_ends_in_one_line_and_the_same_command_finishes(slurm, whole, tmp_path):
    slurm.kill("slurmctld")
    try:
        code, said = ended(slurm.snakemake(tmp_path, TARGET))
    finally:
        slurm.start("slurmctld")
    assert code != 0, said
    assert "SLURM's controller" in said.splitlines()[-1] and "run the same command again" in said.splitlines()[-1], said
    code, said = ended(slurm.snakemake(tmp_path, TARGET))
    assert code == 0, said
    assert unlike(tmp_path, whole) == []


def test_a_run_waits_for_a_controller_that_died(slurm, whole, tmp_path):
    process = slurm.snakemake(tmp_path, TARGET)
    slurm.running_job("normalise")
    process.send_signal(signal.SIGSTOP)
    time.sleep(SAVED)
    slurm.kill("slurmctld")
    process.send_signal(signal.SIGCONT)
    try:
        time.sleep(LONG_ENOUGH)
        assert process.poll() is None, process.communicate()
    finally:
        slurm.start("slurmctld")
    code, said = ended(process)
    assert code == 0, said
    assert "SLURM does not answer" in said
    assert unlike(tmp_path, whole) == []


def test_a_lost_node_costs_its_jobs_alone(slurm, whole, tmp_path):
    """They are started again on the other one."""
    process = slurm.snakemake(tmp_path, TARGET)
    job, node = slurm.running_job("normalise")
    slurm.kill(f"slurmd.{node}")
    try:
        code, said = ended(process)
    finally:
        slurm.start(node)
    assert code == 0, said
    assert f"JobId={job} " in "".join(
        line for line in slurm.finished().splitlines(keepends=True) if "JobState=NODE_FAIL" in line
    )
    assert unlike(tmp_path, whole) == []
