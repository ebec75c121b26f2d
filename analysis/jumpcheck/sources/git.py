"""Running git: its environment, retries of errors that may pass, and the commit that a revision stands for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from jumpcheck.base.errors import InputError

WAITS = (1, 4, 16)
"""Seconds to wait before each retry of an error that may pass."""
# git gives up a transfer that stays below so many bytes per second for so many seconds.
SLOW_LIMITS = {"http.lowSpeedLimit": "1000", "http.lowSpeedTime": "30"}

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_PERMANENT = re.compile(
    r"not our ref|requested url returned error: 4(?!29|08)|http 4(?!29|08)|authentication failed"
    r"|could not read (username|password)|permission denied|does not appear to be a git repository"
    r"|repository .* not found|unsupported protocol",
    re.IGNORECASE,
)
_TRANSIENT = re.compile(
    r"could not resolve host|failed to connect|couldn't connect|connection (was )?(reset|refused|timed out|closed)"
    r"|early eof|rpc failed|hung up|operation too slow|timed out|timeout"
    r"|requested url returned error: (5|408|429)"
    r"|unexpected disconnect|network is unreachable|temporary failure|transfer closed|empty reply|gnutls"
    r"|ssl_|not closed cleanly"
    r"|bad packet length|invalid index-pack|fetch-pack: invalid",
    re.IGNORECASE,
)
_DAMAGED = re.compile(
    r"did not send all necessary objects|bad object|corrupt|not a git repository|packfile .* (cannot|is far too short)"
    r"|index file .* (too small|wrong)",
    re.IGNORECASE,
)
_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_OTHER_WAYS = (
    "To go on without it, give a folder that holds bigbench/benchmark_tasks/ (--config dataset=NAME source=FOLDER) "
    "or the simulated benchmark (--config dataset=simulated source=simulated)."
)


class GitError(Exception):
    """git ended with an error; the message is what it printed."""


class DamagedCloneError(Exception):
    """The clone on this machine cannot be used, whatever the server says."""


def git_environment() -> dict[str, str]:
    """Environment of git: no prompt, no program that the URL names, messages in English, no object fetched unasked."""
    environment = os.environ | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:file",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        environment.pop(name, None)
    if "GIT_SSH" not in environment:
        environment.setdefault(
            "GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
        )
    return environment


def run_git(arguments: list[str], folder: Path | None = None, stdin: bytes = b"") -> tuple[bytes, str]:
    """(standard output, standard error) of one git command."""
    git_dir = ["--git-dir", str(folder)] if folder else []
    result = subprocess.run(["git", *git_dir, *arguments], input=stdin, capture_output=True, env=git_environment())
    messages = result.stderr.decode("utf-8", "replace").strip()
    if result.returncode:
        raise GitError(messages or f"git {arguments[0]} ended with status {result.returncode}")
    return result.stdout, messages


def git_version() -> tuple[int, ...]:
    """Version of the installed git.

    Raises InputError where there is none.
    """
    if not shutil.which("git"):
        raise InputError(f"source: a git address needs git, which is not installed. Install it. {_OTHER_WAYS}")
    printed = run_git(["version"])[0].decode()
    return tuple(int(part) for part in re.findall(r"\d+", printed)[:2])


def with_retries(what: str, url: str, attempt: Callable[[], tuple[bytes, str]], say: Callable[[str], None]):
    """Run `attempt`, again after each of WAITS while its error may pass; InputError where it cannot or does not pass."""
    for wait in (*WAITS, None):
        try:
            return attempt()
        except GitError as error:
            message = str(error)
            last = message.splitlines()[-1]
            if _DISK_FULL.search(message):
                raise InputError(
                    f"source: no space is left on the disk of the clone of {url}; make room and run the same command again"
                ) from None
            if _DAMAGED.search(message):
                raise DamagedCloneError(last) from None
            if "not our ref" in message:
                raise InputError(f"source: {url} has no such commit ({last}); check the revision") from None
            if url.startswith("file://") and "does not appear to be a git repository" in message:
                place = url.removeprefix("file://")
                what_is_there = "is no git repository" if Path(place).exists() else "is not there"
                raise InputError(f"source: {place} {what_is_there}; give the folder of a clone. {_OTHER_WAYS}") from None
            if "not valid: is this a git repository?" in message or "unable to find remote helper" in message:
                raise InputError(f"source: at {url} is a web page and no git repository; give its clone address") from None
            if _PERMANENT.search(message) or not _TRANSIENT.search(message):
                raise InputError(f"source: {what} {url} failed: {last}. {_OTHER_WAYS}") from None
            if wait is None:
                raise InputError(
                    f"source: {what} {url} failed {len(WAITS) + 1} times, last: {last}. Run again to go on from where "
                    f"it stopped. {_OTHER_WAYS}"
                ) from None
            say(f"{what} {url}: {last}; again in {wait} s")
            time.sleep(wait)


def head(clone: Path) -> str | None:
    """The commit that the work tree `clone` has checked out; None where git cannot tell."""
    try:
        return run_git(["rev-parse", "--verify", "HEAD"], clone / ".git")[0].decode().strip()
    except (GitError, OSError):
        return None


def resolve(url: str, revision: str, say: Callable[[str], None]) -> str:
    """The commit that `revision` (branch, tag, HEAD or all digits of a commit) stands for at `url`.

    Raises
    ------
    InputError
        The repository cannot be reached, or has no such branch or tag.
    """
    if _COMMIT.fullmatch(revision):
        return revision
    command = [*(part for name, value in SLOW_LIMITS.items() for part in ("-c", f"{name}={value}")), "ls-remote", "--", url]
    listed, _ = with_retries("asking", url, lambda: run_git(command), say)
    refs = dict(reversed(line.split("\t")) for line in listed.decode("utf-8", "replace").splitlines() if "\t" in line)
    for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}^{{}}", f"refs/tags/{revision}"):
        if name in refs:
            return refs[name]
    if not refs:  # what git makes of a page without line breaks, too
        raise InputError(
            f"source: {url} is an empty repository, or a web page and no git repository; give its clone address"
        )
    branches = sorted(name.removeprefix("refs/heads/") for name in refs if name.startswith("refs/heads/"))
    shown = ", ".join(branches[:5]) + (" ..." if len(branches) > 5 else "")
    raise InputError(
        f"source: {url} has no branch or tag '{revision}'. Its branches: {shown or 'none'}. A commit is given by all of "
        "its 40 hexadecimal digits (--config revision=...)"
    )
