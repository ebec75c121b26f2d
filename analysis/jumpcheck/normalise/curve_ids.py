"""The `curve_id` of every curve: a 64-bit hash of its key, by which tables are joined.

It depends on the key alone, not on other curves, their order, shards or the machine. Two curves with the same `curve_id`
are an error and never taken for one: with 10^7 curves that happens once in 400,000 datasets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from jumpcheck.base.columns import Texts, combination
from jumpcheck.base.errors import InputError
from jumpcheck.normalise.schema import CURVE_KEY

_NULL = 2**64 - 1
"""Hash of a missing number of shots, and of a missing text."""


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


def curve_ids(texts: Mapping[str, Texts], shots: np.ndarray) -> np.ndarray:
    """The `curve_id` of every row.

    h = 0; for each column of CURVE_KEY: h = mix(h XOR hash of its value), with SHA-256 for texts and the number itself for
    shots; NULL is 2^64 - 1.

    Parameters
    ----------
    texts : mapping
        The columns CURVE_KEY without shots.
    shots : array of int, shape (n,)
        -1 for NULL.

    Returns
    -------
    array of int64, shape (n,)

    """
    hashed = np.zeros(len(shots), np.uint64)
    for name in CURVE_KEY:
        if name == "shots":
            values = shots.astype(np.uint64)  # -1 becomes _NULL
        else:
            # A missing text has the code -1, which picks the last element.
            values = np.append(_text_hashes(texts[name].names), np.uint64(_NULL))[texts[name].codes]
        hashed = _mixed(hashed ^ values)
    return hashed.view(np.int64)


def check_distinct(ids: np.ndarray) -> None:
    """Raise InputError where two curves have the same `curve_id`; `ids` holds one for every curve."""
    if len(np.unique(ids)) != len(ids):
        ordered = np.sort(ids)
        twice = int(ordered[1:][ordered[1:] == ordered[:-1]][0])
        raise InputError(
            f"two curves have the same curve_id {twice}, which chance brings about once in 400,000 datasets of 10 million "
            "curves; give one of their tasks another name, and report it"
        )


def with_curve_ids(table: pa.Table) -> pa.Table:
    """`table` with `curve_id` as its first column; InputError where two curves have the same."""
    texts = {name: Texts.from_column(_coded(table[name])) for name in CURVE_KEY if name != "shots"}
    shots = table["shots"].cast(pa.int64()).fill_null(-1).to_numpy()
    ids = curve_ids(texts, shots)
    curve, n_curves = combination(*(shots if name == "shots" else texts[name].codes for name in CURVE_KEY))
    row_of_curve = np.zeros(n_curves, np.int64)
    row_of_curve[curve] = np.arange(len(curve))
    check_distinct(ids[row_of_curve] if len(curve) else ids)
    return table.add_column(0, "curve_id", pa.array(ids))


def _coded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return column.unify_dictionaries()
