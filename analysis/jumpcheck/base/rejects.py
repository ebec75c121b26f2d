"""Rejects: the parts of the input that were not taken in, each with its place and reason, so that none is lost silently."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple


class Reject(NamedTuple):
    """One thing that was not taken in: a row of the table `rejects`."""

    kind: str
    """`file`, `entry` (one element of `scores`, or a field of it) or `value` (one number of a `score_dict`)."""
    file: str
    """Relative to the root of the source."""
    location: str
    """Path inside the file, empty for a whole file."""
    reason: str
    """A short code for the kind of fault."""
    detail: str
    """What was found, and what to do about it."""
    n_numbers: int | None = None
    """How many numbers of the source it covers; None means 1 for the kind `value` and 0 for the others."""

    @property
    def numbers(self) -> int:
        """`n_numbers`, with None resolved to 0 or 1."""
        return int(self.kind == "value") if self.n_numbers is None else self.n_numbers


class Rejected(Exception):
    """Raised to stop the reading of a file or an entry; its arguments are (location, reason, detail)."""


def printable(name: str) -> str:
    """`name` as text that every format can hold: bytes that are not UTF-8 are written as backslash escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def describe(rejects: Iterable[tuple]) -> str:
    """One line per reject, for a message."""
    return "\n".join(
        f"{file}{', ' if location else ''}{location}: {reason}: {detail}" for _, file, location, reason, detail, _ in rejects
    )
