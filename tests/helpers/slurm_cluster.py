"""A SLURM of two nodes on this machine, which tests start, and Snakemake with the profile for it."""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from builders import ROOT

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
SlurmdTimeout=6
AuthInfo=cred_expire=10
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPort={port}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/finished.txt
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=2 RealMemory=9000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=2 RealMemory=9000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""
NEEDED = [
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
"""Marks that skip a test where there can be no SLURM, with the reason."""


class Cluster:
    """A SLURM whose files all lie in `folder`.

    Everything that asks it anything runs with `folder/etc` mounted over /etc/slurm, where no other process sees it:
    Snakemake's plugin takes SLURM_CONF from the environment of jobs, so that place is the only one that a job looks at.
    """

    def __init__(self, folder, port):
        self.folder, self.runs = folder, []
        (folder / "state").mkdir()
        (folder / "etc").mkdir()
        settings = SETTINGS.format(
            host=socket.gethostname().split(".")[0], folder=folder, port=port, first=port + 1, second=port + 2
        )
        (folder / "etc/slurm.conf").write_text(settings, encoding="utf-8")

    def command(self, *command):
        mounted = 'mount --bind "$0" /etc/slurm && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mounted, str(self.folder / "etc"), *map(str, command)]

    def start(self, *daemons):
        """Start the controller and both nodes, or those named; return once both nodes are up, with jobs or without."""
        for daemon in daemons or ("slurmctld", "n1", "n2"):
            subprocess.run(self.command(*(["slurmctld"] if daemon == "slurmctld" else ["slurmd", "-N", daemon])), check=True)
        for _ in range(100):
            states = self.said("sinfo", "-h", "-N", "-o", "%T").split()
            if len(states) == 2 and set(states) <= {"idle", "mixed", "allocated"}:
                return
            time.sleep(0.2)
        raise AssertionError((self.folder / "slurmctld.log").read_text()[-2000:])

    def kill(self, daemon):
        """SIGKILL to `slurmctld`, or to `slurmd.n1` and all that runs on this node, as when a machine goes down."""
        log, found = str(self.folder / f"{daemon}.log"), []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if any(file.path == log for file in process.open_files()):
                    found += [process, *process.children(recursive=True)]
        # All processes are suspended first, so that none of them can report that another one was killed.
        for act in (psutil.Process.suspend, psutil.Process.kill):
            for process in found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    act(process)

    def running_job(self, rule):
        """(number, node) of a job of a rule that is running, once there is one."""
        for _ in range(300):
            running = self.said("squeue", "-h", "-t", "running", "-o", "%i %N %k").splitlines()
            for line in running:
                if rule in line:
                    return line.split()[:2]
            time.sleep(0.2)
        raise AssertionError(f"no job of the rule {rule} was seen")

    def said(self, *command):
        return subprocess.run(self.command(*command), capture_output=True, text=True, check=False).stdout

    def finished(self):
        return (self.folder / "finished.txt").read_text(encoding="utf-8")

    def snakemake(self, folder, *arguments):
        """Snakemake with the profile, as a process."""
        command = [Path(sys.executable).with_name("snakemake"), *arguments, "--directory", folder]
        command = self.command(*command, "--profile", PROFILE, *QUICK, "--config", *WORLD)
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
        )
        self.runs.append(process)
        return process


@contextlib.contextmanager
def running(folder, port):
    """A cluster whose daemons have begun; three ports from `port` on are its own."""
    cluster = Cluster(folder, port)
    try:
        cluster.start()
        yield cluster
    finally:
        for process in cluster.runs:
            process.kill()
        for daemon in ("slurmctld", "slurmd.n1", "slurmd.n2"):
            cluster.kill(daemon)


def ended(process, seconds=600):
    """(exit status, what it said) of a run, once it has ended; one that does not is killed."""
    try:
        text, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
        raise AssertionError(f"still running after {seconds} s: {text}") from None
    return process.returncode, text
