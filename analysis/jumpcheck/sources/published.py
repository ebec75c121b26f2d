"""BIG-bench's scores in one published file: fetching such a file, verifying it, and telling it from other files.

There are two: PREFERRED has the preferred score of every entry, ALL_METRICS every score of every entry.
"""

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

COLUMNS = ("task_name", "subtask_description", "number_of_shots", "model_family_model_name", "score_value")
NAMES_OF_METRICS = ("preferred_score", "score_key")
"""Columns that the file of all metrics has besides: the preferred metric of the entry, and the metric of the row."""
BYTES_PER_PIECE = 2**16
SECONDS = 30
_SCHEMES = ("https://", "http://", "file://")


class Kind(NamedTuple):
    """One of the two files."""

    word: str
    """Stands for the file as a source; the word and "_address" is the key of the configuration for mirrors."""
    dataset: str
    """Its row in data/reference/sources.csv."""
    file: str
    what: str
    """What it is, in the words of a message."""
    max_bytes: int
    """A larger answer is not the file."""


PREFERRED = Kind(
    "preferred",
    "bigbench_preferred",
    "bigbench_results_prefiltered.parquet",
    "BIG-bench's published preferred scores",
    2**24,
)
ALL_METRICS = Kind(
    "all_metrics", "bigbench_all_metrics", "bigbench_results.parquet", "BIG-bench's published scores of all metrics", 2**28
)
KINDS = {kind.word: kind for kind in (PREFERRED, ALL_METRICS)}


class Digests(NamedTuple):
    """What a content is known by: its SHA-256, and the name that git gives a file of it."""

    sha256: str
    git_blob: str

    @classmethod
    def of(cls, content: bytes) -> Digests:
        """Those of a content."""
        return cls(hashlib.sha256(content).hexdigest(), hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())

    @classmethod
    def of_file(cls, path: Path) -> Digests:
        """Those of a file, which may be larger than memory."""
        sha256, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % path.stat().st_size)
        with path.open("rb") as file:
            while piece := file.read(2**20):
                sha256.update(piece)
                blob.update(piece)
        return cls(sha256.hexdigest(), blob.hexdigest())


class Published(NamedTuple):
    """Where a file was published, and what it is known by: one of the two digests, the other is empty."""

    kind: Kind
    address: str
    commit: str
    sha256: str = ""
    git_blob: str = ""

    @property
    def digest(self) -> str:
        """The digest in the words of a message."""
        return f"SHA-256 {self.sha256}" if self.sha256 else f"git blob {self.git_blob}"

    def found(self, digests: Digests) -> str:
        """The same digest of another content."""
        return f"SHA-256 {digests.sha256}" if self.sha256 else f"git blob {digests.git_blob}"

    def is_it(self, digests: Digests) -> bool:
        """Whether a content with these digests is the published file, to the last byte."""
        return self.found(digests) == self.digest


def published(kind: Kind, sources: str | Path, address: str = "") -> Published:
    """What the table `sources` (data/reference/sources.csv) says of a file; `address` is another place to take it from."""
    with Path(sources).open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["dataset"] == kind.dataset)
    raw = row["url"].replace("https://github.com/", "https://raw.githubusercontent.com/")
    return Published(
        kind, address or f"{raw}/{row['revision']}/{row['path']}", row["revision"], row["sha256"], row["git_blob"]
    )


def kind_of(path: Path) -> Kind | None:
    """Which of the two files `path` is, by the names of its columns; None for any other."""
    if path.suffix != ".parquet" or not path.is_file():
        return None
    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError):
        return None
    # A single column of another name is an error of its own, which says so.
    if len(names & {*COLUMNS, *NAMES_OF_METRICS}) >= len(COLUMNS) and names & set(NAMES_OF_METRICS):
        return ALL_METRICS
    return PREFERRED if set(COLUMNS) <= names else None


def verify(digests: Digests, wanted: Published, where: str) -> None:
    """InputError where the content with these digests, which is from `where`, is not the published file to the last byte."""
    if not wanted.is_it(digests):
        raise InputError(not_the_published(where, wanted.kind, wanted.found(digests), wanted.digest))


def not_the_published(where: str, kind: Kind, found: str, wanted: str) -> str:
    """The message about a file that is taken for a published one and has another digest."""
    advice = "fetch it again; a file of your own with its columns is read by its path, source=FILE"
    if kind is PREFERRED:
        advice = (
            "its metrics and sizes are known for that file alone: fetch it again, or give other scores as a table that "
            "names its metrics (docs/bring_your_own.md)"
        )
    return f"source: {printable(where)} is not {kind.what}: it has the {found}, the published file the {wanted}; {advice}"


def fetch(wanted: Published, folder: Path, say: Callable[[str], None]) -> Path:
    """The file in `folder`, fetched unless it lies there already.

    Raises
    ------
    InputError
        It cannot be had, or is another file; the message says what to do.
    """
    path = folder / wanted.kind.file
    if path.is_file() and wanted.is_it(Digests.of_file(path)):
        say(f"{path}: it is there already")
        return path
    if not wanted.address.startswith(_SCHEMES):
        begins = f"it begins with {', '.join(_SCHEMES)}; a file is given by its path, source=FILE"
        raise InputError(f"{wanted.kind.word}_address: {wanted.address!r} is no address; {begins}")
    content = _received(wanted, say)
    verify(Digests.of(content), wanted, wanted.address)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        Path(temporary).write_bytes(content)
    say(f"{wanted.address}: {len(content):,} bytes, {wanted.digest.rpartition(' ')[0]} as published")
    return path


def _stated_length(answer: http.client.HTTPResponse) -> int:
    """How many bytes the host says that it sends; 0 where it does not say it."""
    length = answer.headers.get("Content-Length") or ""
    return int(length) if length.isdecimal() else 0


def _read(answer: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """What the host sends, at most `max_bytes` of it, and meanwhile how much of it is here."""
    stated = min(_stated_length(answer), max_bytes)
    content = bytearray()
    while piece := answer.read(min(BYTES_PER_PIECE, max_bytes - len(content))):
        content += piece
        if stated:
            tell(len(content) // 1000, stated // 1000, "kB")
    return bytes(content)


def _received(wanted: Published, say: Callable[[str], None]) -> bytes:
    """What the host answers, asked again after each of WAITS while the error may pass."""
    address, max_bytes = wanted.address, wanted.kind.max_bytes
    other = "BIG-bench's preferred scores alone (source=preferred), " if wanted.kind is ALL_METRICS else ""
    for wait in (*WAITS, None):
        try:
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:
                content = _read(answer, max_bytes)
                stated = _stated_length(answer)
                if len(content) < min(stated, max_bytes):
                    raise http.client.IncompleteRead(content, stated - len(content))
                return content
        except urllib.error.HTTPError as error:
            fault, may_pass = f"{error.code} {error.reason}", error.code in (408, 429) or error.code >= 500
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            fault, may_pass = str(reason) or type(error).__name__, not isinstance(error, ValueError)
        fault = "".join(c if c.isprintable() else " " for c in fault)[:200]
        if address.startswith("file://") or not may_pass or wait is None:
            raise InputError(
                f"source: fetching {address} failed: {fault}. Give the file itself (--config dataset=NAME source=FILE), a "
                f"mirror of it ({wanted.kind.word}_address=ADDRESS), {other}or the simulated benchmark (dataset=simulated "
                "source=simulated)"
            )
        say(f"fetching {address}: {fault}; again in {wait} s")
        time.sleep(wait)
    raise AssertionError
