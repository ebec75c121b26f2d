"""BIG-bench's layout: finding score files in a folder, without trusting the folder."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from jumpcheck.base.errors import InputError
from jumpcheck.base.rejects import Reject, printable

TASKS_FOLDER = "bigbench/benchmark_tasks"
_SCORE_FILE = re.compile(rf"{TASKS_FOLDER}/(.*/)?results/scores_[^/]*\.json", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NEARLY_SCORE_FILE = re.compile(r"scores_.*\.json(\.(gz|bz2|xz|zst|zip))?", re.DOTALL | re.IGNORECASE)
MAX_BYTES = 64 * 2**20
"""A larger score file is not read. The published ones have some 14 kB on average."""


RESULT_SUFFIXES = (".json", ".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".eval", ".md")
"""Suffixes of files that `jumpcheck.formats` can look into."""


def is_address(source: str) -> bool:
    """Whether `source` is the address of a git repository: https, http, ssh or file, or user@host:path."""
    return bool(re.match(r"(https?|ssh|file)://", source) or re.match(r"[\w.-]+@[\w.-]+:", source))


def secret_in(address: str) -> bool:
    """Whether an address holds a name or a password before its @, which would be written wherever the source is named."""
    return bool(re.match(r"[a-z]+://[^/@\s]*:[^/@\s]*@|https?://[^/@\s]+@", address, re.IGNORECASE))


def is_score_file(path: str) -> bool:
    """Whether `path`, relative to the root of a source, is the path of a score file."""
    return _SCORE_FILE.fullmatch(path) is not None


def is_misplaced(path: str) -> bool:
    """Whether `path` has the name of a score file, exactly or nearly, but lies where none is read."""
    return not is_score_file(path) and _NEARLY_SCORE_FILE.fullmatch(path.rpartition("/")[2]) is not None


MISPLACED = "has the name of a score file, but only results/scores_*.json is read; rename, move or unpack it"


def unsafe_name(path: str) -> str:
    """What is wrong with `path` as the name of a file to be written; empty if nothing is."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        return "the path leads out of its folder"
    if _CONTROL.search(path):
        return "there is a control character in the path"
    if max(len(os.fsencode(part)) for part in parts) > 255 or len(os.fsencode(path)) > 2000:
        return "a name in the path is longer than a file system allows"
    return ""


def is_bigbench(root: Path) -> bool:
    """Whether the folder `root` has BIG-bench's layout."""
    return (root / TASKS_FOLDER).is_dir()


def is_results(source: Path) -> bool:
    """Whether `source` is a file of results, or a folder without BIG-bench's layout that holds such files."""
    if source.is_file():
        return source.suffix in RESULT_SUFFIXES
    return source.is_dir() and not is_bigbench(source) and any(path.suffix in RESULT_SUFFIXES for path in source.rglob("*"))


def kinds_of_files(folder: Path) -> str:
    """How many files of which kinds are below a folder, as in "1 .md, 2 .xlsx"."""
    kinds = Counter(path.suffix or "without a suffix" for path in folder.rglob("*") if path.is_file())
    return ", ".join(f"{n:,} {printable(kind)}" for kind, n in kinds.most_common(8)) or "it is empty"


WORDS = ("preferred", "all_metrics", "simulated", "trained")
"""What a source can be besides an address or a path: two published files, and what a run makes itself."""


def _meant(source: str) -> str:
    """The word that a misspelled one is nearest to, as a question."""
    near = difflib.get_close_matches(source, WORDS, n=1)
    return f" Did you mean source={near[0]}?" if near else ""


def tasks_folder(root: Path) -> Path:
    """The folder of all tasks below `root`.

    Raises InputError where `root` is not a folder in BIG-bench's layout.
    """
    if not root.is_dir():
        raise InputError(
            f"source: {printable(str(root))} is not there.{_meant(str(root))} Give a folder that holds {TASKS_FOLDER}/, an "
            "archive of one "
            "(.tar.gz, .zip) or the address of a git repository, for example --config dataset=NAME source=FOLDER"
        )
    folder = root / TASKS_FOLDER
    if not is_bigbench(root):
        raise InputError(
            f"source: {printable(str(root))} holds no file that may be a result: {kinds_of_files(root)}; known are "
            f"{', '.join(RESULT_SUFFIXES)} (docs/bring_your_own.md). Of a clone of BIG-bench give the folder above bigbench/"
        )
    return folder


def _scan(folder: Path, relative: str, rejects: list[Reject]) -> list[tuple[str, os.DirEntry]]:
    """(relative path, entry) of every score file below `folder`; what cannot be walked or read goes to `rejects`."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        detail = f"{error.strerror}: the folder was not searched; check its permissions"
        rejects.append(Reject("file", printable(relative), "", "unreadable", detail))
        return []
    score_files = []
    for entry in entries:
        path = f"{relative}/{entry.name}"
        wanted = is_score_file(path)
        try:
            if entry.is_dir(follow_symlinks=False):
                if wanted:
                    detail = "a folder has the name of a score file"
                    rejects.append(Reject("file", printable(path), "", "not_a_file", detail))
                score_files += _scan(Path(entry.path), path, rejects)
            elif entry.is_symlink() and entry.is_dir():
                detail = "a symbolic link to a folder is not followed; put the folder itself there"
                rejects.append(Reject("file", printable(path), "", "linked_folder", detail))
            elif wanted:
                entry.stat()  # fails for a broken link; the entry keeps the result
                score_files.append((path, entry))
            elif is_misplaced(path):
                rejects.append(Reject("file", printable(path), "", "misplaced", MISPLACED))
        except OSError as error:  # a broken link, or a file that vanished
            detail = f"{error.strerror}; check the file or remove it"
            rejects.append(Reject("file", printable(path), "", "unreadable", detail))
    return score_files


def find_score_files(root: Path) -> tuple[list[str], list[Reject]]:
    """Paths of the readable score files, relative to `root` and sorted, and rejects for what must not be read.

    A score file is `bigbench/benchmark_tasks/**/results/scores_*.json`. `root` itself may be reached through a symbolic
    link; a score file that is a link to somewhere outside `root`, a pipe or a device, or larger than MAX_BYTES, is a
    reject, and so is a linked folder.

    Raises InputError where there is no such file at all.
    """
    rejects: list[Reject] = []
    resolved_root = root.resolve()
    paths = []
    entries = _scan(tasks_folder(root), TASKS_FOLDER, rejects)
    for path, entry in entries:
        status = entry.stat()
        if fault := unsafe_name(path):
            rejects.append(Reject("file", printable(path), "", "unsafe_name", fault))
        elif entry.is_symlink() and not (root / path).resolve().is_relative_to(resolved_root):
            detail = "a symbolic link to a place outside the source is not followed; put the file itself there"
            rejects.append(Reject("file", printable(path), "", "link_outside", detail))
        elif not stat.S_ISREG(status.st_mode):
            rejects.append(Reject("file", printable(path), "", "not_a_file", "neither a file nor a link to one"))
        elif status.st_size > MAX_BYTES:
            detail = f"{status.st_size} bytes, more than the {MAX_BYTES} that a score file may have"
            rejects.append(Reject("file", printable(path), "", "too_large", detail))
        else:
            paths.append(path)
    if not entries and not rejects:
        raise InputError(
            f"source: {printable(str(root))} holds no score file: nothing there is called "
            f"{TASKS_FOLDER}/<task>/results/scores_<family>_<size>.json"
        )
    return sorted(paths, key=os.fsencode), rejects


def list_digest(digests: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of what `sha256sum` prints for the sorted score files: lines of (SHA-256 of the file, its path)."""
    lines = "".join(f"{digest}  {path}\n" for digest, path in digests)
    return hashlib.sha256(lines.encode()).hexdigest()


def readable(path: str | os.PathLike) -> str:
    """A mark in the fingerprint for a file that may not be read: permissions change neither its size nor its time."""
    return "" if os.access(path, os.R_OK) else "\tunreadable"


def fingerprint(source: str) -> str:
    """A text that changes whenever the input may have changed; cheap enough to be computed at every start.

    SHA-256 of the names, sizes and times of all that `find_score_files` looks at; size and time of an archive or a file;
    an address is its own fingerprint, because its commit fixes the content.

    Raises InputError where `source` is not there.
    """
    root = Path(source)
    if is_address(source):
        return source
    if root.is_file():
        status = root.stat()
        return f"{status.st_size} {status.st_mtime_ns}"
    rejects: list[Reject] = []
    lines = []
    for path, entry in _scan(tasks_folder(root), TASKS_FOLDER, rejects):
        status = entry.stat()
        lines.append(f"{printable(path)}\t{status.st_size}\t{status.st_mtime_ns}{readable(entry)}")
    lines += [f"{reject.file}\t{reject.reason}" for reject in rejects]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
