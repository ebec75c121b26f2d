"""The workflow on a real SLURM of two nodes, which these tests start on this machine."""

import subprocess

import pytest
from builders import snakemake
from slurm_cluster import NEEDED, WORLD, ended, running

pytestmark = [pytest.mark.slow, *NEEDED]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with running(tmp_path_factory.mktemp("slurm"), 16817) as cluster:
        yield cluster


def outputs(folder):
    """Contents of what must not depend on where it was made."""
    found = sorted(
        [*folder.glob("results/d/**/*"), *folder.glob("data/d/*.parquet"), *folder.glob("data/d/shards/**/*.parquet")]
    )
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if path.suffix in (".csv", ".svg", ".html", ".parquet")
    }


def test_slurm_gives_what_one_machine_gives(slurm, tmp_path):
    rc, text = ended(slurm.snakemake(tmp_path / "cluster"))
    assert rc == 0, text
    local = snakemake("--directory", tmp_path / "local", "--config", *WORLD)
    assert local.returncode == 0, local.stdout + local.stderr
    here, there = outputs(tmp_path / "local"), outputs(tmp_path / "cluster")
    assert here.keys() == there.keys() and len(here) > 50
    assert [name for name in here if here[name] != there[name]] == []
    finished = slurm.finished()
    assert "NodeList=n1" in finished and "NodeList=n2" in finished and "JobState=FAILED" not in finished


def test_a_cancelled_job_is_started_again(slurm, tmp_path):
    process = slurm.snakemake(tmp_path)
    job, _ = slurm.running_job("normalise")
    assert subprocess.run(slurm.command("scancel", job), check=False).returncode == 0
    rc, text = ended(process)
    assert rc == 0, text
    assert (tmp_path / "results/d/report.html").exists()
    assert f"JobId={job} " in "".join(
        line for line in slurm.finished().splitlines(keepends=True) if "JobState=CANCELLED" in line
    )
    assert "Trying to restart" in text


def test_a_job_over_its_memory_is_told_and_the_run_goes_on_from_there(slurm, tmp_path):
    target = "data/d/emergence.duckdb"
    small = ["--set-resources", "gather:mem_mb=30", "--retries", "0"]
    rc, text = ended(slurm.snakemake(tmp_path, target, *small))
    assert rc == 1 and "gather" in text, text
    assert (tmp_path / "data/d/shards/001/models.parquet").exists() and not (tmp_path / target).exists()
    before = (tmp_path / "data/d/shards/001/models.parquet").stat().st_mtime_ns
    rc, text = ended(slurm.snakemake(tmp_path, target))
    assert rc == 0, text
    assert (tmp_path / target).exists() and (tmp_path / "data/d/shards/001/models.parquet").stat().st_mtime_ns == before
