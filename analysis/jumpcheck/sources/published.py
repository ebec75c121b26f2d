"""BIG-bench's preferred scores of all model families in one published file: fetching it, and telling it from others."""

from __future__ import annotations

import csv
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import replacing
from jumpcheck.base.progress import tell
from jumpcheck.base.rejects import printable
from jumpcheck.sources.git import WAITS

NAME = "preferred"
"""The word that stands for this file as a source."""
FILE = "bigbench_results_prefiltered.parquet"
COLUMNS = ("task_name", "subtask_description", "number_of_shots", "model_family_model_name", "score_value")
MAX_BYTES = 16 * 2**20
"""A larger answer is not the file, which has 0.4 MB."""
BYTES_PER_PIECE = 2**16
SECONDS = 30
_SCHEMES = ("https://", "http://", "file://")
_OTHER_WAYS = (
    "Give the file itself (--config dataset=NAME source=FILE), a mirror of it (preferred_address=ADDRESS), or the simulated "
    "benchmark (dataset=simulated source=simulated)"
)


class Published(NamedTuple):
    """What the file is, and where it was published."""

    address: str
    commit: str
    sha256: str


def published(sources: str | Path, address: str = "") -> Published:
    """What the table `sources` (data/reference/sources.csv) says of the file; `address` is another place to take it from."""
    with Path(sources).open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["dataset"] == "bigbench_preferred")
    raw = row["url"].replace("https://github.com/", "https://raw.githubusercontent.com/")
    return Published(address or f"{raw}/{row['revision']}/{row['path']}", row["revision"], row["sha256"])


def is_published_table(path: Path) -> bool:
    """Whether `path` is a Parquet file with the columns of the published one."""
    if path.suffix != ".parquet" or not path.is_file():
        return False
    try:
        return set(COLUMNS) <= set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        return False


def verify(content: bytes, wanted: Published, where: str) -> None:
    """Raise InputError where `content`, which is from `where`, is not the published file to the last byte."""
    found = hashlib.sha256(content).hexdigest()
    if found != wanted.sha256:
        raise InputError(not_the_published(where, found, wanted.sha256))


def not_the_published(where: str, found: str, wanted: str) -> str:
    """The message about a file that has the columns of the published one and another SHA-256."""
    return (
        f"source: {printable(where)} is not BIG-bench's published preferred scores: its SHA-256 is {found}, that of the "
        f"published file {wanted}. Its metrics and sizes are known for that file alone: fetch it again, or give other "
        "scores as a table that names its metrics (docs/bring_your_own.md)"
    )


def fetch(wanted: Published, folder: Path, say: Callable[[str], None]) -> Path:
    """The file in `folder`, fetched unless it lies there already.

    Raises
    ------
    InputError
        It cannot be had, or is another file; the message says what to do.
    """
    path = folder / FILE
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wanted.sha256:
        say(f"{path}: it is there already")
        return path
    if not wanted.address.startswith(_SCHEMES):
        raise InputError(f"preferred_address: {wanted.address!r} is no address; it begins with {', '.join(_SCHEMES)}")
    content = _received(wanted.address, say)
    verify(content, wanted, wanted.address)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        Path(temporary).write_bytes(content)
    say(f"{wanted.address}: {len(content):,} bytes, SHA-256 as published")
    return path


def _read(answer: http.client.HTTPResponse) -> bytes:
    """What the host sends, at most MAX_BYTES of it, and meanwhile how much of it is here."""
    stated = min(int(answer.headers.get("Content-Length") or 0), MAX_BYTES)
    content = b""
    while piece := answer.read(min(BYTES_PER_PIECE, MAX_BYTES - len(content))):
        content += piece
        if stated:
            tell(len(content) // 1000, stated // 1000, "kB")
    return content


def _received(address: str, say: Callable[[str], None]) -> bytes:
    """What the host answers, asked again after each of WAITS while the error may pass."""
    for wait in (*WAITS, None):
        try:
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:
                content = _read(answer)
                stated = int(answer.headers.get("Content-Length") or len(content))
                if len(content) < min(stated, MAX_BYTES):
                    raise http.client.IncompleteRead(content, stated - len(content))
                return content
        except urllib.error.HTTPError as error:
            fault, may_pass = f"{error.code} {error.reason}", error.code in (408, 429) or error.code >= 500
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            fault, may_pass = str(reason) or type(error).__name__, not isinstance(error, ValueError)
        if address.startswith("file://") or not may_pass or wait is None:
            raise InputError(f"source: fetching {address} failed: {fault}. {_OTHER_WAYS}")
        say(f"fetching {address}: {fault}; again in {wait} s")
        time.sleep(wait)
    raise AssertionError
