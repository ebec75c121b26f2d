"""What jobs have made: sizes and digests of their outputs, by which a file is known that was damaged since."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from jumpcheck.base.files import write_json

ENDING = ".made.json"
"""Ending of the file beside a job's log that says what it made."""
CLOCKS_DIFFER = 60.0
"""Seconds by which the clocks of a machine and of its file server may differ."""


def _files(outputs: Iterable[str]) -> Iterator[Path]:
    for output in map(Path, outputs):
        if output.is_dir():
            yield from sorted(path for path in output.rglob("*") if path.is_file() and not path.name.startswith("."))
        elif output.is_file():
            yield output


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record(outputs: Iterable[str], path: Path) -> None:
    """Write sizes and digests of the files that a job has made, those of folders among them, to `path`."""
    made = {str(file): [file.stat().st_size, _digest(file)] for file in _files(outputs)}
    write_json({"outputs": [str(output) for output in outputs], "files": made}, path)


def _records(folder: Path) -> Iterator[tuple[list[str], list[tuple[str, int, str]]]]:
    """(outputs, files with their sizes and digests) of every job whose record lies in `folder`."""
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            outputs = [str(output) for output in said["outputs"]]
            files = [(str(name), int(size), digest) for name, (size, digest) in said["files"].items()]
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            continue  # the record itself cannot be read, so nothing is known of these outputs
        yield outputs, files


def damaged(folder: Path, with_digests: bool) -> dict[str, str]:
    """{output of a job: what is wrong with it} of all jobs whose records lie in `folder`.

    A file that is not there is no damage: Snakemake makes it again by itself. Only with `with_digests` are whole files read.
    """
    found = {}
    for outputs, files in _records(folder):
        for name, size, digest in files:
            file = Path(name)
            if not file.is_file():
                continue
            fault = ""
            if file.stat().st_size != size:
                fault = f"{name} has {file.stat().st_size:,} bytes, and {size:,} when it was made"
            elif with_digests and _digest(file) != digest:
                fault = f"{name} has other content than when it was made"
            if fault:
                output = next((one for one in outputs if file == Path(one) or Path(one) in file.parents), name)
                found[output] = fault
    return found


def dated_later(folder: Path, now: float) -> list[str]:
    """Outputs of jobs whose records lie in `folder` that are dated later than `now`, or hold a file that is.

    A clock that was ahead and was set back leaves such files. To Snakemake they are newer than all that is made from then
    on, so that it would not make them again where an input is another.
    """
    found = []
    for outputs, _ in _records(folder):
        for output in outputs:
            dates = [path.stat().st_mtime for path in (Path(output), *_files([output])) if path.exists()]
            if dates and max(dates) > now + CLOCKS_DIFFER:
                found.append(output)
    return found


def set_aside(output: str) -> str:
    """Give an output, a file or a folder, another name, so that it is made again; returns that name."""
    path = Path(output)
    aside = path.with_name(f"{path.name}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    path.replace(aside)
    return str(aside)


def forget_dates(outputs: Iterable[str]) -> int:
    """Give outputs, files and what is in folders, a date of 1970, so that they are made again; how many files these are."""
    paths = [path for output in outputs for path in {Path(output), *_files([output])}]
    for path in paths:
        os.utime(path, (1, 1))  # Snakemake takes 0 for no date
    return len(paths)
