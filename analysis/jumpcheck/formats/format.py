"""What a format of result files has to say of itself; `registry` lists all formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jumpcheck.base.collected import Collected
from jumpcheck.formats.wide import Tables


class File(NamedTuple):
    """One file of a source, with what formats are told apart by."""

    path: Path
    shown: str
    """Its path relative to the source, fit for a message."""
    content: bytes = b""
    """All of a .json file; empty for others, which can be larger than memory."""
    columns: tuple[str, ...] = ()
    """Names of the columns of a table; empty for a .json file."""
    tables: Tables = Tables()
    """What is known of tables."""


@dataclass(frozen=True)
class Format:
    """A format of result files.

    `recognises` gets files with one of `suffixes` and must not raise. `read` adds what a recognised file holds to a
    Collected: every score and standard error counts one number, and what cannot be taken becomes a reject. Where nothing of
    the file can be used it raises Rejected(location, reason, detail).
    """

    what: str
    """Which files these are and what they need to hold, in the words of a message."""
    suffixes: tuple[str, ...]
    recognises: Callable[[File], bool]
    read: Callable[[File, Collected], None]
    passed_over: tuple[str, ...] = ()
    """Patterns of names of files that programs of this format write beside their results, and that hold none."""
