"""Tables of scores: CSV, Parquet or JSON Lines, with one row per number, or wide ones with one column per benchmark.

Columns: task, model, metric, score, and what `column_names.KNOWN` lists besides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from jumpcheck.base.collected import PUBLISHED_COUNTS, SCALES, SCHEMA, Collected
from jumpcheck.base.columns import from_percent
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE, is_text
from jumpcheck.formats.column_names import NEEDED, NUMBERS, TEXTS, TRUTHS, columns_of_table, lacking
from jumpcheck.formats.error_rows import with_errors_of_rows
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.table_files import SUFFIXES, cells, columns_of, places, word_of
from jumpcheck.formats.units import LEAST, unit_of_sizes
from jumpcheck.formats.wide import Scores, Tables, score_columns, tidy_frame
from jumpcheck.models.names import size_of

_MISSING = ("", "na", "nan", "null", "none")
"""Texts of a cell that stand for a missing number or truth value."""


def is_table(columns: Sequence[str], tables: Tables) -> bool:
    """Whether these are the columns of a table of scores, tidy or wide."""
    return not lacking(columns) or bool(score_columns(columns, tables))


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


def _without_percent(value: object) -> object:
    """0.252 for the text 25.2%; other values as they are."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        number = pd.to_numeric(value.strip().rstrip("%").replace(",", "."), errors="coerce")
        return value if pd.isna(number) else float(from_percent(number))
    return value


def _as_numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """(values in double precision, NaN where there is none; which values are neither a number nor missing)."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return pd.Series(np.nan, column.index), pd.Series(True, column.index)
    if pd.api.types.is_numeric_dtype(column.dtype):
        is_given = column.notna()
        values = column.astype(float)
    else:
        text = column.astype(object).map(_without_percent)
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


def read(file: File, collected: Collected) -> list[str]:
    """Add the rows of one table to `collected`; returns the names of the columns that were not read.

    A row, and in a wide table a cell, counts as one number, or as two if it has a standard error. It is rejected if a cell
    cannot be what its column says, or has no score. Raises Rejected where the file cannot be read.
    """
    names, path, shown, tables = list(file.columns), file.path, file.shown, file.tables
    columns = score_columns(names, tables)
    is_log = "training_steps" in {column.name for column in columns_of_table(names).values()}
    frame = cells(path, shown, collected, [*columns_of_table(names), *_columns_read(columns)])
    if columns:
        # The lines of a JSON Lines file may have other members than the first.
        columns = columns if path.suffix == ".parquet" else score_columns([str(name) for name in frame.columns], tables)
        return add_wide(frame, file, collected, columns, may_be_empty=is_log)
    known = columns_of_table([str(name) for name in frame.columns])
    all_names = list(dict.fromkeys([*names, *map(str, frame.columns)]))
    frame = frame[list(known)].rename(columns={name: column.name for name, column in known.items()})
    frame, place = with_errors_of_rows(frame, word_of(path), places(frame, path), shown, collected)
    factors = {column.name: column.factor for column in known.values()}
    add(frame, shown, word_of(path), place, collected, missing=tables.missing, factors=factors)
    return [name for name in all_names if name not in known]


def add_wide(
    frame: pd.DataFrame,
    file: File,
    collected: Collected,
    columns: Mapping[str, Scores],
    needed: Sequence[str] = NEEDED,
    may_be_empty: bool = False,
) -> list[str]:
    """Add the cells of a wide table, whose `columns` hold scores, to `collected`; returns the columns that were not read.

    With `may_be_empty` a cell without anything in it is no number, as in a log, where most lines hold some of all metrics.
    """
    path, shown = file.path, file.shown
    names, place = [str(name) for name in frame.columns], places(frame, path)
    columns = {name: scores for name, scores in columns.items() if name in names}
    if not columns:  # of a file whose lines with scores could not be read
        raise Rejected("", "no_scores", "none of its rows that can be read has a column of scores")
    known = columns_of_table(names)
    tidy, row, of_column = tidy_frame(frame.reset_index(drop=True), columns)
    of_cell = np.array([f"{place[k]}, column {name!a}" for k, name in zip(row, of_column, strict=True)], object)
    if any(scores.metric is None for scores in columns.values()):
        tidy, of_cell = with_errors_of_rows(tidy, word_of(path), of_cell, shown, collected)
    if may_be_empty:
        text = tidy["score"].astype(object)
        is_given = text.notna() & ~text.map(lambda value: isinstance(value, str) and value.strip().lower() in _MISSING)
        tidy, of_cell = tidy[is_given], of_cell[is_given.to_numpy()]
    factors = {column.name: column.factor for column in known.values()}
    add(tidy, shown, word_of(path), of_cell, collected, needed, file.tables.missing, factors)
    read_names = {*known, *_columns_read(columns)}
    all_names = [*file.columns, *names] if path.suffix == ".parquet" else names
    return [name for name in dict.fromkeys(all_names) if name not in read_names]


def n_numbers(path: Path) -> int:
    """How many cells of a table of any columns are numbers; 0 where it cannot be read."""
    try:
        frame = cells(path, "", Collected(), columns_of(path))
    except Rejected:
        return 0
    return sum(int(_as_numbers(frame[name])[0].notna().sum()) for name in frame)


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
    frame: pd.DataFrame,
    faults: _Faults,
    required: Sequence[str],
    missing: Sequence[str],
    factors: Mapping[str, float],
    shown: str,
    collected: Collected,
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
            if name in LEAST and factors.get(name, 1) == 1:
                values[name] = _in_units(name, values[name], np.asarray(has_unit), frame, shown, collected)
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
    faults.add(values["n_parameters"] > 1e15, "n_parameters", "no model has so many: is its unit right?")
    faults.add(values["stderr"] < 0, "stderr", "it must not be negative")
    return values, gives_error


def _in_units(
    name: str, column: pd.Series, has_unit: np.ndarray, frame: pd.DataFrame, shown: str, collected: Collected
) -> pd.Series:
    """A column of sizes in its unit, where the file names none: what is taken is a note, what cannot be told a reject."""
    bare = column.where(~has_unit)
    given = bare[bare > 0]
    if given.empty or (given.max() if name != "n_parameters" else given.min()) >= LEAST[name]:
        return column
    span = f"{given.min():.4g} to {given.max():.4g}"
    models = frame["model"] if "model" in frame else pd.Series(None, frame.index, object)
    factor = unit_of_sizes(bare, models) if name == "n_parameters" else None
    if factor is not None:
        unit = {1: "as they are", 1e3: "in thousands", 1e6: "in millions", 1e9: "in billions", 1e12: "in trillions"}[factor]
        collected.notes.append(f"{shown}: numbers of parameters from {span} are taken {unit}")
        return column.where(has_unit, column * factor)
    detail = f"{span}: so small that the unit is another, and taken as unknown; name it, as in '{name} (B)' for billions"
    collected.rejects.append(Reject("entry", shown, f"column {name}", "unknown_unit", detail))
    return column.where(has_unit)


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
    values, gives_error = _values(frame, faults, needed, missing, factors, shown, collected)
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
    unread = read(file, collected)
    if unread:
        collected.unread[file.shown] = unread


FORMAT = Format(
    what=f"tables ({', '.join(SUFFIXES)}) with the columns {', '.join(NEEDED)}, or with one column per benchmark",
    suffixes=SUFFIXES,
    recognises=lambda file: is_table(file.columns, file.tables),
    read=_read_file,
)
