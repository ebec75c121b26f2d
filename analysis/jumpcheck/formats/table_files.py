"""Files of tables: the names of their columns and their cells, and what of a file is no row."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from jumpcheck.base.collected import SCALES, Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.formats.column_names import NEEDED, TEXTS, columns_of_table
from jumpcheck.formats.json_lines import read_lines

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
LINES = 100
"""Objects of a JSON Lines file that tell its columns; of a log all do, because a line has some of all columns."""
csv.field_size_limit(2**31 - 1)  # with the wrong delimiter a long header is one cell
DELIMITERS = (",", ";", "\t", "|")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*")
_THOUSANDS = re.compile(r"\s*\d{1,3}(?:,\d{3})+\s*")


def columns_of(path: Path) -> list[str]:
    """Names of the columns of a table, of a JSON Lines file those of its first objects; Rejected where it cannot be read."""
    try:
        if path.suffix == ".parquet":
            return pq.read_schema(path).names
        if path.suffix in (".csv", ".tsv"):
            return _header(path)[0]
        names: dict[str, None] = {}
        for k, row in enumerate(row for _, row, _ in read_lines(path, allow_nan=True) if row is not None):
            names |= dict.fromkeys(row)
            if k >= LINES and "_step" not in names:
                break
        return list(names)
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        raise Rejected("", "not_a_table", f"it cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from None


def _header(path: Path) -> tuple[list[str], str]:
    """(names of the columns, delimiter): the delimiter gives most columns of known names, then most columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line, _ in zip(file, range(20), strict=False)]
    # An empty line before the header is none, as Arrow has it.
    headers = {one: next((row for row in csv.reader(lines, delimiter=one) if row), []) for one in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: (len(columns_of_table(headers[one])), len(headers[one])))
    return headers[delimiter], delimiter


def cells(path: Path, shown: str, collected: Collected, columns: Sequence[str]) -> pd.DataFrame:
    """The cells of a table, of Parquet those of `columns` alone; rows that cannot be read go to `collected.rejects`."""
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path, columns=list(columns))
            table.validate(full=True)  # texts that are not UTF-8
            frame = table.to_pandas()
        elif path.suffix in (".csv", ".tsv"):
            frame = _read_csv(path, shown, collected)
        else:
            frame = _read_json_lines(path, shown, collected)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise Rejected("", "not_a_table", f"it cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from None
    if frame.empty and not collected.rejects:
        raise Rejected("", "no_rows", "a table without a row below its header")
    return frame


def word_of(path: Path) -> str:
    """What the rows of a table are called in messages."""
    return "line" if path.suffix in (".jsonl", ".ndjson") else "row"


def places(frame: pd.DataFrame, path: Path) -> np.ndarray:
    """The number of every row of a table, or of its line in a file of JSON Lines."""
    return frame.index.to_numpy() if word_of(path) == "line" else np.arange(1, len(frame) + 1)


def _read_csv(path: Path, shown: str, collected: Collected) -> pd.DataFrame:
    """All cells as text; rows with another number of cells than the header go to `collected.rejects`."""
    rejected = []

    def set_aside(row: pa.csv.InvalidRow) -> str:
        rejected.append(row)
        return "skip"

    names, delimiter = _header(path)
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise Rejected("", "repeated_column", f"the column {repeated!a} stands there more than once")
    table = pa.csv.read_csv(
        path,
        read_options=pa.csv.ReadOptions(use_threads=False),  # with threads an invalid row has no number
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    if table.column_names != names:
        detail = f"Python and Arrow read other names: {names!a:.100} and {table.column_names!a:.100}"
        raise Rejected("", "header_cannot_be_read", detail)
    frame = _with_decimal_points(table.to_pandas()) if delimiter != "," else table.to_pandas()
    broken = _with_lines_in_cells(frame, delimiter, shown, collected)
    for row in rejected:
        n_lines = 1 + row.text.strip().count("\n")
        collected.n_numbers += n_lines
        detail = f"{row.actual_columns} cells where the header has {row.expected_columns}: {ascii(row.text)[:60]}"
        collected.rejects.append(Reject("value", shown, f"line {row.number}", "wrong_number_of_cells", detail, n_lines))
    return frame[~broken]


def _with_decimal_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace decimal commas by points, in a table whose delimiter is not the comma.

    In a column of sizes or counts, 1,000 may mean a thousand. Such a cell is not changed, so it is no number.
    """
    known = columns_of_table(frame.columns)
    for name in frame.columns:
        target = known[name].name if name in known else ""
        if target in TEXTS:
            continue
        is_decimal = frame[name].str.fullmatch(_DECIMAL_COMMA)
        if target in ("n_examples", "shots", *SCALES):
            is_decimal &= ~frame[name].str.fullmatch(_THOUSANDS)
        frame[name] = frame[name].where(~is_decimal.fillna(False).astype(bool), frame[name].str.replace(",", "."))
    return frame


def _with_lines_in_cells(frame: pd.DataFrame, delimiter: str, shown: str, collected: Collected) -> pd.Series:
    """Which rows have a cell that swallowed other lines, because a quotation mark is not closed.

    A cell may have line breaks. It has swallowed lines if it also holds at least as many delimiters as a whole line.
    Every such row becomes a reject, which counts as many numbers as the row has lines.
    """
    n_lines = pd.Series(1, frame.index)
    for name in columns_of_table(frame.columns):
        text = frame[name].str.strip()
        has_break = text.str.contains("\n").fillna(False)
        is_swallowed = has_break & (text.str.count(re.escape(delimiter)) >= frame.shape[1] - 1)
        n_lines += text.str.count("\n").where(is_swallowed, 0).fillna(0).astype(int)
    for k in np.flatnonzero(n_lines > 1):
        n = int(n_lines.iloc[k])
        collected.n_numbers += n
        detail = f"a cell with {n - 1:,} line breaks: is a quotation mark not closed? The lines in it are not read"
        collected.rejects.append(Reject("value", shown, f"row {k + 1}", "line_break_in_cell", detail, n))
    return n_lines > 1


def _read_json_lines(path: Path, shown: str, collected: Collected) -> pd.DataFrame:
    """One row per object, indexed by its line; lines that are no object go to `collected.rejects`."""
    rows, line_numbers = [], []
    for number, row, fault in read_lines(path, unique_names=True, allow_nan=True):
        if row is None:
            collected.n_numbers += 1
            collected.rejects.append(Reject("value", shown, f"line {number}", "not_json", fault))
        else:
            rows.append(row)
            line_numbers.append(number)
    return pd.DataFrame(rows, index=pd.Index(line_numbers)) if rows else pd.DataFrame(columns=list(NEEDED))
