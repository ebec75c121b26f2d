"""Fetching the score files, and nothing else, of one revision of a git repository.

The clone is bare, shallow and without file contents (`--filter=blob:none`); the contents of the wanted files are then
asked for in batches, so a run that was cut off goes on where it stopped. This module writes the files from git's object
store: there is no work tree, so no hook, filter, submodule or symbolic link of the repository is ever followed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import is_disk_full
from jumpcheck.base.progress import tell
from jumpcheck.base.rejects import Reject, printable
from jumpcheck.sources.git import (
    SLOW_LIMITS,
    DamagedCloneError,
    GitError,
    git_environment,
    git_version,
    resolve,
    run_git,
    with_retries,
)
from jumpcheck.sources.layout import MAX_BYTES, MISPLACED, TASKS_FOLDER, is_misplaced, is_score_file, unsafe_name

FILES_PER_REQUEST = 1_000
PARTIAL_CLONE = (2, 29)
"""First version of git that fetches listed objects of a partial clone from standard input."""


def _prepare(clone: Path, url: str, partial: bool) -> None:
    """Create an empty bare repository, or make that of an earlier run usable again."""
    clone.mkdir(parents=True, exist_ok=True)
    # A killed run leaves lock files, with which git refuses to work, and unfinished packs.
    for lock in clone.rglob("*.lock"):
        lock.unlink(missing_ok=True)
    for unfinished in clone.glob("objects/pack/tmp_*"):
        unfinished.unlink(missing_ok=True)
    (clone / "config").unlink(missing_ok=True)  # written anew below
    run_git(["init", "-q", "--bare", "--template=", str(clone)])  # changes nothing in a clone that is whole
    # Written directly: one process of git per setting would take longer than a small download.
    settings = {
        "core.repositoryformatversion": "1" if partial else "0",
        "remote.origin.url": url,
        "core.bare": "true",
        "core.hooksPath": os.devnull,
        "gc.auto": "0",
        "maintenance.auto": "false",
        "fetch.recurseSubmodules": "no",
        **SLOW_LIMITS,
    }
    if partial:
        settings |= {
            "extensions.partialClone": "origin",
            "remote.origin.promisor": "true",
            "remote.origin.partialCloneFilter": "blob:none",
        }
    lines = []
    for name, value in settings.items():
        section, _, key = name.rpartition(".")
        section, _, subsection = section.partition(".")
        heading = f'[{section} "{subsection}"]' if subsection else f"[{section}]"
        lines.append(f"{heading}\n\t{key} = {_quoted(value)}\n")
    (clone / "config").write_text("".join(lines), encoding="utf-8")


def _quoted(value: str) -> str:
    """`value` as git's configuration files spell it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _present_objects(clone: Path) -> set[bytes]:
    """Names of all objects that the clone holds."""
    return set(run_git(["cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered"], clone)[0].split())


def _score_files_of(clone: Path, commit: str) -> tuple[list[tuple[str, bytes]], list[Reject]]:
    """(path, object name) of every score file of `commit`, and rejects for what looks like one but must not be read."""
    listed, _ = run_git(["ls-tree", "-r", "-z", "--full-tree", commit, "--", TASKS_FOLDER], clone)
    files, rejects = [], []
    for record in listed.split(b"\0")[:-1]:
        attributes, name = record.split(b"\t", 1)
        mode, _, oid = attributes.split(b" ")
        path = os.fsdecode(name)
        if not is_score_file(path):
            if is_misplaced(path):
                rejects.append(Reject("file", printable(path), "", "misplaced", MISPLACED))
            continue
        if fault := unsafe_name(path):
            rejects.append(Reject("file", printable(path), "", "unsafe_name", fault))
        elif mode == b"120000":
            detail = "a symbolic link of the repository is not followed"
            rejects.append(Reject("file", printable(path), "", "link", detail))
        elif mode not in (b"100644", b"100755"):
            rejects.append(Reject("file", printable(path), "", "not_a_file", "a submodule or the like"))
        else:
            files.append((path, oid))
    return files, rejects


def _without_large(clone: Path, files: list[tuple[str, bytes]]) -> tuple[list[tuple[str, bytes]], list[Reject]]:
    """The files that are not too large, and the others as rejects."""
    names = b"".join(oid + b"\n" for _, oid in files)
    sizes = run_git(["cat-file", "--batch-check=%(objectsize)"], clone, names)[0].split()
    small, rejects = [], []
    for (path, oid), size in zip(files, map(int, sizes), strict=True):
        if size <= MAX_BYTES:
            small.append((path, oid))
        else:
            detail = f"{size} bytes, more than the {MAX_BYTES} that a score file may have"
            rejects.append(Reject("file", printable(path), "", "too_large", detail))
    return small, rejects


def _object_contents(clone: Path, oids: Iterable[bytes]) -> Iterator[bytes]:
    """The contents of the objects `oids`, in their order."""
    oids = list(oids)

    def write_names(stream: IO[bytes]) -> None:
        with contextlib.suppress(BrokenPipeError), stream:
            stream.write(b"".join(oid + b"\n" for oid in oids))

    with subprocess.Popen(
        ["git", "--git-dir", str(clone), "cat-file", "--batch", "--buffer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=git_environment(),
    ) as process:
        # Pipes hold little: unless names are written while contents are read, both sides wait for each other for ever.
        writer = threading.Thread(target=write_names, args=[process.stdin], daemon=True)
        writer.start()
        try:
            for oid in oids:
                header = process.stdout.readline().split()
                if len(header) != 3 or header[0] != oid or header[1] != b"blob":
                    raise InputError(
                        f"source: object {oid.decode()} cannot be read from {clone}; delete that folder and run again"
                    )
                content = process.stdout.read(int(header[2]))
                if len(content) != int(header[2]) or process.stdout.read(1) != b"\n":
                    raise InputError(
                        f"source: object {oid.decode()} is cut off in {clone}; delete that folder and run again"
                    )
                yield content
        finally:
            # If the caller stops reading early, git and the thread both wait at a full pipe. Git is ended first: then
            # the thread ends too, before its stream is closed.
            process.stdout.close()
            process.kill()
            writer.join()


def object_name(content: bytes, length: int = 40) -> bytes:
    """Object name that git gives a file of this content; `length` is its number of digits (40 SHA-1, 64 SHA-256)."""
    algorithm = hashlib.sha1 if length == 40 else hashlib.sha256
    return algorithm(b"blob %d\0" % len(content) + content).hexdigest().encode()


def _write_files(clone: Path, folder: Path, files: list[tuple[str, bytes]]) -> int:
    """Bring `folder` to hold exactly `files`, each with the content of its object; returns how many were written.

    Files that are there are compared with their objects, so one that a killed run left half-written is written again.
    """
    expected = {f"{folder}/{path}": oid for path, oid in files}
    intact = set()
    for parent, _, names in os.walk(folder):
        for name in names:
            path = f"{parent}/{name}"
            oid = expected.get(path)
            if oid is None or Path(path).is_symlink():
                Path(path).unlink()
            elif object_name(Path(path).read_bytes(), len(oid)) == oid:
                intact.add(path)
    to_write = [(path, oid) for path, oid in expected.items() if path not in intact]
    for parent in {path.rpartition("/")[0] for path, _ in to_write}:
        Path(parent).mkdir(parents=True, exist_ok=True)
    for (path, oid), content in zip(to_write, _object_contents(clone, (oid for _, oid in to_write)), strict=True):
        if object_name(content, len(oid)) != oid:
            raise InputError(f"source: {printable(path)} does not have the content of its commit; delete {clone}")
        Path(path).write_bytes(content)
    return len(to_write)


class Fetched(NamedTuple):
    """The result of `fetch`."""

    commit: str
    folder: Path
    """Holds the score files under the paths that they have in the repository, and nothing else."""
    rejects: list[Reject]
    n_written: int
    """Files that were not there yet, or not with the content of the commit."""


def fetch(url: str, revision: str, raw: Path, say: Callable[[str], None]) -> Fetched:
    """Fetch the score files of `revision` at `url` into a folder below `raw`, going on where an earlier run stopped.

    Parameters
    ----------
    url, revision : str
        Address of the repository; branch, tag or all digits of a commit.
    raw : Path
        Folder of this function alone: the clone is in `raw/git`, the files are in `raw/<commit>`.
    say : callable
        Takes lines for the user.

    Returns
    -------
    Fetched
        Every file was compared with its object name in the commit.

    Raises
    ------
    InputError
        git is missing, the repository cannot be reached, the revision or score files do not exist, or the disk is full.
    """
    partial = git_version() >= PARTIAL_CLONE
    if not partial:
        say(f"git {'.'.join(map(str, git_version()))} cannot fetch single files: everything of the revision is fetched")
    commit = resolve(url, revision, say)
    clone = raw / "git"
    try:
        try:
            return _fetch_once(url, revision, commit, raw, partial, say)
        except (DamagedCloneError, GitError) as error:
            if is_disk_full(error):
                raise
            # After a power cut, or a kill at a bad moment. Nothing is lost but what was fetched.
            say(f"{clone} is damaged ({str(error).splitlines()[-1]}); it is fetched anew")
            shutil.rmtree(clone)
            return _fetch_once(url, revision, commit, raw, partial, say)
    except (DamagedCloneError, GitError, OSError) as error:
        if is_disk_full(error):
            raise InputError(
                f"source: no space is left on the disk of {raw}; make room and run the same command again"
            ) from None
        if isinstance(error, OSError):
            raise InputError(f"source: {error.filename or raw} cannot be written: {error.strerror}") from None
        raise InputError(f"source: {clone} cannot be used: {error}; delete it and run again") from None


def _fetch_once(url: str, revision: str, commit: str, raw: Path, partial: bool, say: Callable) -> Fetched:
    """One attempt of `fetch`; raises DamagedCloneError or GitError where the clone is damaged."""
    clone, folder = raw / "git", raw / commit
    _prepare(clone, url, partial)
    present = _present_objects(clone)
    command = ["fetch", "-q", "--no-tags", *(["--no-write-fetch-head", "--filter=blob:none"] if partial else [])]
    if commit.encode() not in present:
        _, messages = with_retries(
            "fetching from", url, lambda: run_git([*command, "--depth=1", "origin", commit], clone), say
        )
        if "filtering not recognized" in messages:
            say("the server cannot send single files: everything of the revision was fetched")
        present = _present_objects(clone)
    files, rejects = _score_files_of(clone, commit)
    if not files:
        raise InputError(
            f"source: revision {revision} ({commit}) of {url} holds no score file "
            f"({TASKS_FOLDER}/**/results/scores_*.json); give another revision or address"
        )
    # In the order of the paths: files of one task are alike, and git sends alike files of one request as differences.
    missing = [oid for oid in dict.fromkeys(oid for _, oid in files) if oid not in present]
    n_present, bytes_before = len(files) - len(missing), _pack_bytes(clone)

    def tell_of(n_present: int) -> None:
        received = max(0, _pack_bytes(clone) - bytes_before)
        tell(n_present, len(files), "files", f"{received / 1e6:.1f} MB received")

    command = ["-c", "fetch.negotiationAlgorithm=noop", *command, "--recurse-submodules=no", "--stdin", "origin"]
    for start in range(0, len(missing), FILES_PER_REQUEST):
        batch = b"".join(oid + b"\n" for oid in missing[start : start + FILES_PER_REQUEST])
        done = threading.Event()

        def report_progress(done: threading.Event = done, n_present: int = n_present) -> None:
            tell_of(n_present)
            while not done.wait(0.5):
                tell_of(n_present)

        watcher = threading.Thread(target=report_progress, daemon=True)
        watcher.start()
        try:
            with_retries("fetching from", url, lambda b=batch: run_git(command, clone, b), say)
        finally:
            done.set()
            watcher.join()
        n_present += min(FILES_PER_REQUEST, len(missing) - start)
        tell_of(n_present)
    if not_sent := {oid for _, oid in files} - _present_objects(clone):
        raise InputError(f"source: {url} did not send {len(not_sent)} of {len(files)} files; run again")
    files, too_large = _without_large(clone, files)
    return Fetched(commit, folder, rejects + too_large, _write_files(clone, folder, files))


def _pack_bytes(clone: Path) -> int:
    """Bytes received so far, unfinished packs included."""
    total = 0
    for path in clone.glob("objects/pack/*"):
        with contextlib.suppress(OSError):  # an unfinished pack may be renamed meanwhile
            total += path.stat().st_size if path.suffix == ".pack" or path.name.startswith("tmp_pack") else 0
    return total
