"""A number for every curve: a 64-bit hash of its key, by which tables are joined.

It depends on the key alone, not on the other curves, their order, shards or the machine. Two curves with one number are
an error, never one curve: with 10^7 curves that happens once in 400,000 datasets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from analysis.base.errors import InputError
from analysis.normalise.schema import CURVE_KEY

_NULL = 2**64 - 1
"""Stands for no shots, and for no text."""


def _text_hashes(texts: Sequence[str]) -> np.ndarray:
    """The first 8 bytes of the SHA-256 of every text, as uint64."""
    digests = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
    return np.frombuffer(digests, "<u8").copy()


def _mixed(values: np.ndarray) -> np.ndarray:
    """Every bit of a uint64 spread over all of its bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


def curve_ids(columns: dict[str, pa.Array | pa.ChunkedArray]) -> np.ndarray:
    """The `curve_id` of every row, int64.

    h = 0; for each column of CURVE_KEY: h = mix(h XOR hash of its value), with SHA-256 for texts and the number itself for
    shots; NULL is 2^64 - 1.

    Parameters
    ----------
    columns : mapping
        The columns CURVE_KEY, of one length: `shots` a column of integers, the others of texts, which are quicker as
        dictionary columns.

    """
    number = np.zeros(len(columns["task"]), np.uint64)
    for name in CURVE_KEY:
        column = columns[name]
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if name == "shots":
            shots = column.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
            values = shots.astype(np.uint64)  # -1 becomes _NULL
        else:
            column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            hashes = np.append(_text_hashes(column.dictionary.to_pylist()), np.uint64(_NULL))
            values = hashes[column.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
        number = _mixed(number ^ values)
    return number.view(np.int64)


def check_distinct(ids: np.ndarray) -> None:
    """Raise InputError where two of the numbers, one for every curve, are equal."""
    if len(np.unique(ids)) != len(ids):
        ordered = np.sort(ids)
        twice = int(ordered[1:][ordered[1:] == ordered[:-1]][0])
        raise InputError(
            f"two curves have the same curve_id {twice}, which chance brings about once in 400,000 datasets of 10 million "
            "curves; give one of their tasks another name, and report it"
        )


def with_curve_ids(table: pa.Table) -> pa.Table:
    """A table of numbers with the column `curve_id` before its others; two curves of one number are an InputError."""
    columns = {name: table[name] for name in CURVE_KEY}
    table = table.add_column(0, "curve_id", pa.array(curve_ids(columns)))
    distinct = table.select(["curve_id", *CURVE_KEY]).group_by(["curve_id", *CURVE_KEY], use_threads=False).aggregate([])
    check_distinct(distinct["curve_id"].to_numpy())
    return table
