"""Columns of texts as numbers, and Arrow arrays from NumPy arrays by their buffers.

`pyarrow.array` does the latter too, and imports pandas first, which takes a worker process as long as parsing 50 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

TEXT = pa.dictionary(pa.int32(), pa.string())
"""Type of a column of repeated texts."""


def _bitmap(bits: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.packbits(bits, bitorder="little"))


def numbers(values: np.ndarray, kind: pa.DataType, valid: np.ndarray | None = None) -> pa.Array:
    """Array of the type `kind` (a number, or bool_); NULL where `valid` is given and false. One dimension."""
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
    """Array of a dictionary type: `values` by number, int32."""
    return pa.DictionaryArray.from_arrays(numbers(codes, pa.int32()), values)


class Coder(dict):
    """Codes of repeated texts, in the order in which they were first seen."""

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
    """A column of texts as numbers: `names[codes]`, sorted, -1 where there is none."""

    codes: np.ndarray
    names: list[str]

    @classmethod
    def from_column(cls, column: pa.ChunkedArray) -> Texts:
        """A dictionary column."""
        array = column.combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        names = array.dictionary.to_pylist()
        order = sorted(range(len(names)), key=names.__getitem__)
        rank = np.empty(len(names) + 1, np.int64)
        rank[order] = np.arange(len(names))
        rank[-1] = -1  # where the last element is taken for a missing one
        return cls(rank[array.indices.fill_null(-1).to_numpy(zero_copy_only=False)], [names[k] for k in order])

    def at(self, row: int) -> str | None:
        """The text of one row."""
        return self.names[self.codes[row]] if self.codes[row] >= 0 else None

    def take(self, rows: np.ndarray) -> Texts:
        """The texts of `rows`."""
        return Texts(self.codes[rows], self.names)

    def array(self) -> pa.DictionaryArray:
        """As Arrow writes it."""
        return coded(self.codes, texts(self.names))


def combination(*codes: np.ndarray) -> tuple[np.ndarray, int]:
    """(number of the distinct combination of `codes` that every element has, in sorted order; how many there are)."""
    order = np.lexsort(codes[::-1])
    starts = np.zeros(len(order), bool)
    for code in codes:
        starts[1:] |= np.diff(code[order]) != 0
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(starts)
    return number, int(starts.sum()) + 1


def small_table(values: Iterable[tuple], schema: pa.Schema) -> pa.Table:
    """A table of few rows, sorted so that the order of the input does not show."""
    rows = sorted(values, key=lambda row: tuple((value is not None, value) for value in row))
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
