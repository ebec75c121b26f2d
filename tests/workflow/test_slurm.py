"""The workflow on a real SLURM of two nodes, which these tests start on this machine."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders import ROOT, snakemake

PROFILE = ROOT / "profiles/slurm"
WORLD = ["dataset=d", "source=simulated", "n_tasks=6", "shards=2"]
# Seconds in place of the profile's, which are for real clusters.
QUICK = ["--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"]
SETTINGS = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/none
CredType=cred/none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPort=16817
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/finished.txt
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=16821 CPUs=2 RealMemory=9000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=16822 CPUs=2 RealMemory=9000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("slurmctld") is None, reason="SLURM is not installed (Debian: apt-get install slurm-wlm)"
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("snakemake_executor_plugin_slurm") is None,
        reason="Snakemake's plugin for SLURM is not installed: make setup-slurm",
    ),
    pytest.mark.skipif(not Path("/etc/slurm").is_dir(), reason="no folder /etc/slurm to mount a configuration over"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the daemons of SLURM"),
    pytest.mark.skipif(
        subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0,
        reason="this machine lets nobody mount a folder for one process alone",
    ),
]


class Cluster:
    """A SLURM whose files all lie in `folder`.

    Everything that asks it anything runs with `folder/etc` mounted over /etc/slurm, where no other process sees it:
    Snakemake's plugin takes SLURM_CONF from the environment of jobs, so that place is the only one that a job looks at.
    """

    def __init__(self, folder):
        self.folder = folder
        (folder / "state").mkdir()
        (folder / "etc").mkdir()
        settings = SETTINGS.format(host=socket.gethostname().split(".")[0], folder=folder)
        (folder / "etc/slurm.conf").write_text(settings, encoding="utf-8")

    def command(self, *command):
        mounted = 'mount --bind "$0" /etc/slurm && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mounted, str(self.folder / "etc"), *map(str, command)]

    def said(self, *command):
        return subprocess.run(self.command(*command), capture_output=True, text=True, check=False).stdout

    def finished(self):
        return (self.folder / "finished.txt").read_text(encoding="utf-8")

    def snakemake(self, folder, *arguments):
        """Snakemake with the profile, as a process."""
        command = [Path(sys.executable).with_name("snakemake"), *arguments, "--directory", folder]
        command = self.command(*command, "--profile", PROFILE, *QUICK, "--config", *WORLD)
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
        )


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        subprocess.run(cluster.command("slurmctld"), check=True)
        for node in ("n1", "n2"):
            subprocess.run(cluster.command("slurmd", "-N", node), check=True)
        for _ in range(100):
            n_idle = cluster.said("sinfo", "-h", "-t", "idle", "-o", "%D").strip()
            if n_idle == "2":
                break
            time.sleep(0.2)
        assert n_idle == "2", (cluster.folder / "slurmctld.log").read_text()[-2000:]
        yield cluster
    finally:
        for path in cluster.folder.glob("*.pid"):
            os.kill(int(path.read_text()), signal.SIGTERM)


def ended(process, seconds=420):
    text, _ = process.communicate(timeout=seconds)
    return process.returncode, text


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
    job = None
    for _ in range(300):
        running = slurm.said("squeue", "-h", "-t", "running", "-o", "%i %k").splitlines()
        job = next((line.split()[0] for line in running if "normalise" in line), None)
        if job:
            break
        time.sleep(0.2)
    assert job, "no job of the rule normalise was seen"
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
