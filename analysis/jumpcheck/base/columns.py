"""Text columns as integer codes, and Arrow arrays made directly from the buffers of NumPy arrays.

`pyarrow.array` could make them too, but it imports pandas, which costs a worker process as much time as parsing 50 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

TEXT = pa.dictionary(pa.int32(), pa.string())
"""Arrow type of a text column whose values repeat."""


DIGITS = 6
"""Significant digits of numbers that are fitted or drawn."""


def significant(values: np.ndarray, digits: int = DIGITS) -> np.ndarray:
    """`values` rounded to so many significant digits: each result is the double that is nearest to the rounded decimal.

    The exponential and the logarithm differ in their last bit between processors, and after a fit the difference is about
    1e-12 of a value. Rounded numbers are the same everywhere, but for one in some millions that lies just between two.

    Examples
    --------
    >>> significant(np.array([0.0123456789, -98765432.1, 0.0, np.inf]))
    array([ 1.23457e-02, -9.87654e+07,  0.00000e+00,          inf])

    """
    values = np.asarray(values, float)
    is_rounded = np.isfinite(values) & (values != 0)
    size = np.where(is_rounded, np.abs(values), 1.0)
    # Powers of ten are exact up to 1e22: so one of them, above 1, is multiplied or divided by. What lies beyond is rare.
    is_extreme = (size < 1e-12) | (size > 1e16)
    usual = np.where(is_extreme, 1.0, size)
    places = digits - 1 - np.floor(np.log10(usual)).astype(int)
    factor = 10.0 ** np.abs(places)
    whole = np.round(np.where(places >= 0, usual * factor, usual / factor))
    rounded = np.where(places >= 0, whole / factor, whole * factor)
    rounded[is_extreme] = [float(f"{one:.{digits - 1}e}") for one in size[is_extreme]]
    return np.where(is_rounded, np.copysign(rounded, values), values)


def from_percent(values: np.ndarray) -> np.ndarray:
    """Percentages as shares: 25.2 as 0.252, and not as the 0.25199999999999995 that dividing gives.

    Where a share of 15 decimals lies within 2 units in the last place of values / 100 it is taken; else that quotient.
    """
    shares = np.asarray(values, float) / 100
    rounded = np.round(shares, 15)
    return np.where(np.abs(rounded - shares) <= 2 * np.spacing(np.abs(shares)), rounded, shares)


def _bitmap(bits: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.packbits(bits, bitorder="little"))


def numbers(values: np.ndarray, kind: pa.DataType, valid: np.ndarray | None = None) -> pa.Array:
    """One-dimensional array of a numeric type or bool_, NULL where `valid` is false."""
    data = _bitmap(values.astype(bool)) if pa.types.is_boolean(kind) else None
    if data is None:
        data = pa.py_buffer(np.ascontiguousarray(values, kind.to_pandas_dtype()))
    return pa.Array.from_buffers(kind, len(values), [None if valid is None else _bitmap(valid), data])


def texts(values: Sequence[str]) -> pa.Array:
    """Array of the type string."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    if ends[-1] >= 2**31:
        raise OverflowError("more than 2 GB of text in one column")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def coded(codes: np.ndarray, values: pa.Array) -> pa.DictionaryArray:
    """Dictionary array whose int32 `codes` index `values`."""
    return pa.DictionaryArray.from_arrays(numbers(codes, pa.int32()), values)


class Coder(dict):
    """Integer codes of texts, given in the order in which the texts first appear."""

    def __missing__(self, text: str) -> int:
        self[text] = code = len(self)
        return code

    def ranked(self) -> tuple[np.ndarray, pa.Array]:
        """(rank of every code among the sorted texts, the sorted texts)."""
        names = sorted(self)
        rank = np.empty(len(names), np.int32)
        rank[[self[name] for name in names]] = np.arange(len(names))
        return rank, texts(names)


class Texts(NamedTuple):
    """A text column as integer codes into the sorted texts `names`; -1 for a missing text."""

    codes: np.ndarray
    names: list[str]

    @classmethod
    def from_column(cls, column: pa.ChunkedArray) -> Texts:
        """From a dictionary column of Arrow."""
        array = column.combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        names = array.dictionary.to_pylist()
        order = sorted(range(len(names)), key=names.__getitem__)
        rank = np.empty(len(names) + 1, np.int64)
        rank[order] = np.arange(len(names))
        rank[-1] = -1  # a missing text has the code -1 here, which picks this element
        return cls(rank[array.indices.fill_null(-1).to_numpy(zero_copy_only=False)], [names[k] for k in order])

    def at(self, row: int) -> str | None:
        """The text of one row, None where it is missing."""
        return self.names[self.codes[row]] if self.codes[row] >= 0 else None

    def take(self, rows: np.ndarray) -> Texts:
        """The texts of `rows`."""
        return Texts(self.codes[rows], self.names)

    def array(self) -> pa.DictionaryArray:
        """As a dictionary array of Arrow."""
        return coded(self.codes, texts(self.names))


def combination(*codes: np.ndarray) -> tuple[np.ndarray, int]:
    """(for every element the rank of its combination of `codes` among the distinct ones, number of distinct ones)."""
    order = np.lexsort(codes[::-1])
    starts = np.zeros(len(order), bool)
    for code in codes:
        starts[1:] |= np.diff(code[order]) != 0
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(starts)
    return group, int(starts.sum()) + 1


def small_table(values: Iterable[tuple], schema: pa.Schema) -> pa.Table:
    """A table of few rows, sorted so that it does not depend on the order of the input."""
    rows = sorted(values, key=lambda row: tuple((value is not None, value) for value in row))
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
