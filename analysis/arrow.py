"""Arrow arrays from NumPy arrays and texts by their buffers.

`pyarrow.array` does the same, and imports pandas first, which takes a worker process as long as parsing 50 MB.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


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
