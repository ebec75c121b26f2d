"""The balance of what came in and went out: every number is a score, a standard error, in a mean of runs or a reject."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence

from jumpcheck.base.rejects import Reject
from jumpcheck.sources.layout import list_digest


def balanced(
    n_numbers: int,
    n_scores: int,
    n_stderr: int | None,
    rejects: Sequence[Reject],
    n_files: int,
    digests: Iterable[tuple[str, str, str]],
    n_averaged: int = 0,
) -> dict[str, object]:
    """Counts of the input and of the output, which are facts of the build.

    Parameters
    ----------
    n_numbers, n_scores : int
        Numbers of the input, and rows of the table `scores`.
    n_stderr : int, optional
        Standard errors in these rows; None where the format has none.
    rejects : sequence of Reject
        All of them.
    n_files : int
        Files that could be read.
    digests : iterable of (str, str, str)
        (path, SHA-256, path as text) of every file.
    n_averaged : int
        Numbers that are in a mean of several runs and in no row by themselves.

    Raises
    ------
    AssertionError
        They do not balance: a number was lost, or counted twice.

    """
    n_rejected = sum(reject.numbers for reject in rejects)
    if n_numbers != n_scores + (n_stderr or 0) + n_averaged + n_rejected:
        out = f"{n_scores} rows, {n_stderr or 0} standard errors, {n_averaged} averaged and {n_rejected} rejects out"
        raise AssertionError(f"{n_numbers} numbers in, {out}")
    kinds = Counter(reject.kind for reject in rejects)
    ordered = sorted(digests, key=lambda row: os.fsencode(row[0]))
    return {
        "input_sha256": list_digest(row[1:] for row in ordered),
        "files_in": n_files + kinds["file"],
        "files_read": n_files,
        "numbers_in": n_numbers,
        "scores": n_scores,
        **({} if n_stderr is None else {"filled_stderr": n_stderr}),
        "averaged_values": n_averaged,
        "rejected_files": kinds["file"],
        "rejected_entries": kinds["entry"],
        "rejected_values": n_rejected,
        "digests": ordered,
    }
