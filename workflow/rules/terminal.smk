# What the terminal shows of a run: what the jobs say, how many are done, and at the end what came out. No rules.
import atexit
import difflib
import logging
import os
import re
import shutil
import sys
import time
from pathlib import Path

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from jumpcheck.base.terminal import CLEAR

STARTED = time.time()
# Said for every job or every run, and of no use to who did not write the workflow. The option `quiet` of the profile has
# kinds for some of it, but the same kinds would leave `snakemake -n` without its list of jobs.
CHATTER = {LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.RESOURCES_INFO, LogEvent.RUN_INFO}
CHATTER_WITHOUT_A_KIND = (
    "Assuming unrestricted shared",
    "Complete log",
    "Config file",
    "Elapsed time",
    "Select jobs",
    "Using shell",
)


def name_nearest_targets(message):
    """Say at the end which targets there are, where one is mistyped: Snakemake alone takes it for a file that no rule makes."""
    missing = re.search(r"No rule to produce ([^\s/.]+) ", message)
    if missing:
        known = [rule.name for rule in workflow.rules]
        nearest = difflib.get_close_matches(missing[1], known, n=3, cutoff=0.5)
        hint = f"; the nearest are {', '.join(nearest)}" if nearest else ""
        text = f"error: there is no target '{missing[1]}'{hint}. `snakemake --list-target-rules` lists all"
        atexit.register(print, text, file=sys.stderr)


def is_for_the_terminal(record):
    """Whether Snakemake's terminal shows what Snakemake says: all of a dry run, and of a run all but chatter."""
    if getattr(record, "exception", None) == "MissingRuleException":
        name_nearest_targets(str(record.msg))
    if not workflow.dryrun and record.levelno == logging.INFO:
        if getattr(record, "event", None) in CHATTER or str(record.msg).startswith(CHATTER_WITHOUT_A_KIND):
            return False
    if sys.stderr.isatty():  # the bar of a job may stand on the last line
        print(CLEAR, end="", file=sys.stderr)
    return True


if workflow.is_main_process:
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":  # the file in .snakemake/log gets everything
            handler.addFilter(is_for_the_terminal)


def asked_for():
    """Files of the targets of this run, and all files that are up to date after it: two sets of paths."""
    jobs = list(workflow.dag.jobs)
    targets = {str(path) for job in jobs if job.rule in workflow.dag.targetrules for path in (job.output or job.input)}
    targets = set() if {rule.name for rule in workflow.dag.targetrules} == {"verify"} else targets
    return targets | set(map(str, workflow.dag.targetfiles)), {str(path) for job in jobs for path in job.output}


def say_what_came_out():
    """The last lines of a run: what was found, and where it lies. What an earlier run left is not passed off as new."""
    global ended
    ended = True
    targets, current = asked_for()
    if not targets:  # of the rule verify, which makes nothing
        return
    summary, report_page = f"data/{DATASET}/summary.txt", f"results/{DATASET}/report.html"
    if summary in current:
        print(Path(summary).read_text(encoding="utf-8"), end="")
    if report_page in current:
        explorer = f"results/{DATASET}/explorer.html"
        print(f"The report: {report_page}." + (f" Every curve: {explorer}" if explorer in current else ""))
    else:
        some = sorted(targets)
        print(f"Made: {', '.join(some[:3])}{f' and {len(some) - 3:,} more' if len(some) > 3 else ''}")
        if os.path.exists(report_page):
            print(f"The report was not made in this run, and may be older: {report_page}")
    places = {
        "the database": f"data/{DATASET}/emergence.duckdb",
        "figures": f"results/{DATASET}/figures/",
        "logs": f"logs/{DATASET}/",
    }
    found = [f"{name} in {path}" for name, path in places.items() if os.path.exists(path)]
    print(f"Done in {time.time() - STARTED:.0f} s: {', '.join(found)}")


LITTLE_ROOM = 10**6  # bytes; Snakemake's own notes of a run are smaller
FOLDER = os.getcwd()  # Snakemake leaves it before it ends
NO_CONTROLLER = "Unable to contact slurm controller"  # what SLURM's commands say then
ended = False  # whether a hook of this run has said how it ended


def repeat_errors_at_the_end(said):
    """Say the errors of this run once more when the process ends: what Snakemake says of failed jobs hides them.

    `said` lists Snakemake's own log files, which the hook `onerror` passes on.
    """
    global ended
    logs = [path for path in Path("logs", DATASET).glob("*.log") if path.stat().st_mtime >= STARTED - 1]
    found = [line for path in logs for line in path.read_text(errors="replace").splitlines() if ": error: " in line]
    if not found and any(NO_CONTROLLER in Path(path).read_text(errors="replace") for path in said):
        found.append(
            "error: SLURM's controller could not be reached; run the same command again when `scontrol ping` says UP"
        )
    if found:
        ended = True
        atexit.register(print, *found, sep="\n", file=sys.stderr)


def say_that_the_disk_is_full():
    """Where it is, Snakemake itself may fail at any place, before any hook, and a log may be empty."""
    if not ended and (free := shutil.disk_usage(FOLDER).free) < LITTLE_ROOM:
        print(
            f"error: only {free // 1000:,} kB are left on the disk of {FOLDER}; make room and run the same command again",
            file=sys.stderr,
        )


if workflow.is_main_process and not workflow.dryrun:
    logging.raiseExceptions = False  # print no error about a log message for which the disk has no room
    atexit.register(say_that_the_disk_is_full)
