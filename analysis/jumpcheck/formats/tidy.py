"""Tables of scores: CSV, Parquet or JSON Lines, with one row per number, or wide ones with one column per benchmark.

Columns: task, model, metric, score, and what `column_names.KNOWN` lists besides.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from jumpcheck.base.collected import PUBLISHED_COUNTS, SCALES, SCHEMA, Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE, is_text
from jumpcheck.formats.column_names import NEEDED, NUMBERS, TEXTS, TRUTHS, columns_of_table, lacking
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.json_lines import read_lines
from jumpcheck.formats.wide import Scores, Tables, score_columns, tidy_frame
from jumpcheck.models.names import size_of

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
DELIMITERS = (",", ";", "\t", "|")
_MISSING = ("", "na", "nan", "null", "none")
"""Texts of a cell that stand for a missing number or truth value."""


_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*")
_THOUSANDS = re.compile(r"\s*\d{1,3}(?:,\d{3})+\s*")


def columns_of(path: Path) -> list[str]:
    """Names of the columns of a table, of a JSON Lines file those of its first object; Rejected where it cannot be read."""
    try:
        if path.suffix == ".parquet":
            return pq.read_schema(path).names
        if path.suffix in (".csv", ".tsv"):
            return _header(path)[0]
        return next((list(row) for _, row, _ in read_lines(path) if row is not None), [])
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


def is_table(columns: Sequence[str], tables: Tables) -> bool:
    """Whether these are the columns of a table of scores, tidy or wide."""
    return not lacking(columns) or bool(score_columns(columns, tables))


def n_numbers(path: Path) -> int:
    """How many cells of a table of any columns are numbers; 0 where it cannot be read."""
    try:
        if path.suffix == ".parquet":
            frame = pq.read_table(path).to_pandas()
        else:
            is_csv = path.suffix in (".csv", ".tsv")
            frame = _read_csv(path, "", Collected()) if is_csv else _read_json_lines(path, "", Collected())
    except (pa.ArrowException, OSError, UnicodeDecodeError, Rejected):
        return 0
    return sum(int(_as_numbers(frame[name])[0].notna().sum()) for name in frame)


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
    for number, row, fault in read_lines(path, unique_names=True):
        if row is None:
            collected.n_numbers += 1
            collected.rejects.append(Reject("value", shown, f"line {number}", "not_json", fault))
        else:
            rows.append(row)
            line_numbers.append(number)
    return pd.DataFrame(rows, index=pd.Index(line_numbers)) if rows else pd.DataFrame(columns=list(NEEDED))


def _as_texts(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """(values as text, None where there is none; which values are neither text nor missing)."""
    missing = column.isna() | (column.astype(object).map(lambda value: isinstance(value, str) and not value))
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    good = column.map(is_text).astype(bool)
    return column.astype(object).where(good, None), ~good & ~missing


def _as_labels(column: pd.Series) -> pd.Series:
    """Numbers as text: a seed or a checkpoint may be one."""

    def label(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            return value
        return str(value) if isinstance(value, int) else f"{value:.15g}"

    return column.astype(object).map(label)


def _with_units(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """(texts such as 6.9B or 410m as numbers, others as they are; which were such)."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column, pd.Series(False, column.index)
    has_unit = column.astype(object).map(lambda value: isinstance(value, str) and value.strip()[-1:].isalpha())
    sizes = column.where(has_unit, None).map(lambda value: size_of(value.strip()) if isinstance(value, str) else None)
    return column.astype(object).where(sizes.isna(), sizes), sizes.notna()


def _plain_number(value: object) -> object:
    """`value` where it may be a number; an integer beyond double precision is infinite, and an object no number."""
    if isinstance(value, bool | list | dict):
        return None
    return math.inf if isinstance(value, int) and abs(value) > MAX_MAGNITUDE else value


def _as_numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """(values in double precision, NaN where there is none; which values are neither a number nor missing)."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return pd.Series(np.nan, column.index), pd.Series(True, column.index)
    if pd.api.types.is_numeric_dtype(column.dtype):
        is_given = column.notna()
        values = column.astype(float)
    else:
        text = column.astype(object)
        is_given = text.notna() & ~text.map(lambda value: isinstance(value, str) and value.strip().lower() in _MISSING)
        values = pd.to_numeric(text.map(_plain_number), errors="coerce").astype(float)
    good = values.abs() <= MAX_MAGNITUDE
    return values.where(good), is_given & ~good


def _as_truths(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """(True, False or None; which values are neither a truth value nor missing)."""
    meanings = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    text = column.astype(object).map(lambda value: value.strip().lower() if isinstance(value, str) else value)
    missing = text.isna() | text.map(lambda value: isinstance(value, str) and value in _MISSING)
    is_known = text.map(lambda value: isinstance(value, bool | str) and value in meanings)
    return text.map(lambda value: meanings.get(value) if isinstance(value, bool | str) else None), ~missing & ~is_known


def read(path: Path, shown: str, collected: Collected, tables: Tables) -> list[str]:
    """Add the rows of one table to `collected`; returns the names of the columns that were not read.

    A row, and in a wide table a cell, counts as one number, or as two if it has a standard error. It is rejected if a cell
    cannot be what its column says, or has no score. Raises Rejected where the file cannot be read.
    """
    try:
        if path.suffix == ".parquet":
            names = columns_of(path)
            wanted = [*columns_of_table(names), *_columns_read(score_columns(names, tables))]
            table = pq.read_table(path, columns=wanted)
            table.validate(full=True)  # texts that are not UTF-8
            frame = table.to_pandas()
        elif path.suffix in (".csv", ".tsv"):
            frame = _read_csv(path, shown, collected)
            names = [str(name) for name in frame.columns]
        else:
            frame = _read_json_lines(path, shown, collected)
            names = [str(name) for name in frame.columns]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise Rejected("", "not_a_table", f"it cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from None
    if frame.empty and not collected.rejects:
        raise Rejected("", "no_rows", "a table without a row below its header")
    columns, known = score_columns(names, tables), columns_of_table(names)
    read_names = {*known, *_columns_read(columns)}
    frame = frame.drop(columns=[name for name in frame.columns if name not in read_names])
    word = "line" if path.suffix in (".jsonl", ".ndjson") else "row"
    place = frame.index.to_numpy() if word == "line" else np.arange(1, len(frame) + 1)
    factors = {column.name: column.factor for column in known.values()}
    if columns:
        frame, row, of_column = tidy_frame(frame.reset_index(drop=True), columns)
        place = [f"{place[k]}, column {name!a}" for k, name in zip(row, of_column, strict=True)]
    else:
        frame = frame.rename(columns={name: column.name for name, column in known.items()})
    add(frame, shown, word, place, collected, missing=tables.missing, factors=factors)
    return [name for name in names if name not in read_names]


def _columns_read(columns: Mapping[str, Scores]) -> list[str]:
    return [name for name, scores in columns.items() for name in (name, scores.errors) if name is not None]


class _Faults:
    """The first fault of every row of a frame; empty where a row has none."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.reasons, self.details = pd.Series("", frame.index), pd.Series("", frame.index)

    def add(self, where: pd.Series, name: str, what: str, reason: str = "bad") -> None:
        """Note a fault of the column `name` in the rows `where`, except in those that have a fault already."""
        rows = where & (self.reasons == "")
        if rows.any() and name in self.frame.columns:
            self.reasons[rows] = f"{reason}_{name}"
            self.details[rows] = [f"{name} is {ascii(value)[:40]}, {what}" for value in self.frame.loc[rows, name]]


def _is_declared(column: pd.Series, missing: Sequence[str]) -> pd.Series:
    """Which cells hold one of the values that stand for no number, as text or as a number."""
    numbers = [number for number in pd.to_numeric(pd.Series(missing, dtype=object), errors="coerce") if not np.isnan(number)]
    plain = column.map(_plain_number) if column.dtype == object else column
    return column.isin(list(missing)) | pd.to_numeric(plain, errors="coerce").isin(numbers)


def _values(
    frame: pd.DataFrame, faults: _Faults, required: Sequence[str], missing: Sequence[str], factors: Mapping[str, float]
) -> tuple[dict[str, pd.Series], np.ndarray]:
    """(the columns TEXTS, NUMBERS and TRUTHS, empty where the frame has none; 1 for rows with a standard error, else 0)."""
    values: dict[str, pd.Series] = {}
    gives_error = np.zeros(len(frame), int)
    kinds = (
        (TEXTS, _as_texts, None, "a text is needed"),
        (NUMBERS, _as_numbers, np.nan, "a finite number is needed"),
        (TRUTHS, _as_truths, None, "true or false is needed"),
    )
    for names, read_column, nothing, needed in kinds:
        for name in names:
            if name not in frame.columns:
                values[name] = pd.Series(nothing, frame.index, float if nothing is np.nan else object)
                continue
            column = frame[name]
            if missing and names is NUMBERS:
                is_declared = _is_declared(column, missing)
                if name in required:
                    faults.add(is_declared, name, "which stands for no number (config: missing)", "missing")
                column = column.astype(object).where(~is_declared, None)
            if name in ("run", "revision"):
                column = _as_labels(column)
            has_unit = False
            if name in SCALES:
                column, has_unit = _with_units(column)
            values[name], bad = read_column(column)
            # A unit in a cell counts before that of its column.
            if factors.get(name, 1) != 1:
                values[name] = values[name].where(has_unit, values[name] * factors[name])
            faults.add(bad, name, needed)
            if name in required:
                faults.add(values[name].isna(), name, "a value is needed", "missing")
            if name == "stderr":
                gives_error = (values[name].notna() | bad).to_numpy(int)
    for name in ("shots", "n_examples"):
        number, least = values[name], 1 if name == "n_examples" else 0
        is_count = (number >= least) & (number == number.round()) & (number < 2**31)
        faults.add(number.notna() & ~is_count, name, "no such count")
    for name in SCALES:
        faults.add(values[name] < (0 if name == "training_steps" else np.nextafter(0, 1)), name, "it must be above 0")
    faults.add(values["stderr"] < 0, "stderr", "it must not be negative")
    return values, gives_error


def add(
    frame: pd.DataFrame,
    shown: str,
    word: str,
    place: Sequence[object] | None,
    collected: Collected,
    needed: Sequence[str] = NEEDED,
    missing: Sequence[str] = (),
    factors: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Add the rows of a frame to `collected`. Locations are `word` and the row's `place`, by default 1, 2, 3 ...

    Rows without one of the columns `needed` are rejects. Beside the columns of a table the frame may have `is_aggregate`.
    `missing` are values of columns of numbers that stand for none, `factors` what columns of numbers are multiplied by.
    """
    place = np.arange(1, len(frame) + 1) if place is None else place
    frame = frame.reset_index(drop=True)
    faults = _Faults(frame)
    values, gives_error = _values(frame, faults, needed, missing, factors)
    n_numbers = 1 + gives_error
    collected.n_numbers += int(n_numbers.sum())
    for k in np.flatnonzero(faults.reasons != ""):
        location = f"{word} {place[k]}"
        collected.rejects.append(Reject("value", shown, location, faults.reasons[k], faults.details[k], int(n_numbers[k])))
    good = (faults.reasons == "").to_numpy()
    values["subtask"] = values["subtask"].where(values["subtask"].notna(), values["task"])
    values["filter"] = values["filter"].where(values["filter"].notna(), "none")
    columns: dict[str, object] = {name: series[good] for name, series in values.items()}
    is_aggregate = frame["is_aggregate"][good] if "is_aggregate" in frame else False
    columns |= {
        "is_aggregate": is_aggregate,
        "version": None,
        "date": None,
        "source_file": shown,
        **dict.fromkeys(PUBLISHED_COUNTS),
    }
    columns["location"] = [f"{word} {n}" for n in np.asarray(place)[good]]
    collected.tables.append(_as_arrow(columns, int(good.sum())))


def _as_arrow(columns: dict[str, object], n: int) -> pa.Table:
    """Columns (a Series, a list, or one value for all rows) as a table in SCHEMA; NaN becomes NULL."""
    arrays = []
    for field in SCHEMA:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        value = columns[field.name]
        if not isinstance(value, pd.Series | list):
            array = pa.nulls(n, kind) if value is None else pa.repeat(pa.scalar(value, kind), n)
        elif pa.types.is_integer(kind):
            array = pa.array(pd.Series(value).astype("Int64"), from_pandas=True).cast(kind)
        else:
            array = pa.array(value, kind, from_pandas=True)
        arrays.append(array.dictionary_encode() if pa.types.is_dictionary(field.type) else array)
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _read_file(file: File, collected: Collected) -> None:
    unread = read(file.path, file.shown, collected, file.tables)
    if unread:
        collected.unread[file.shown] = unread


FORMAT = Format(
    what=f"tables ({', '.join(SUFFIXES)}) with the columns {', '.join(NEEDED)}, or with one column per benchmark",
    suffixes=SUFFIXES,
    recognises=lambda file: is_table(file.columns, file.tables),
    read=_read_file,
)
