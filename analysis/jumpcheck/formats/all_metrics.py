"""BIG-bench's scores of all metrics in one table, as published (`jumpcheck.sources.published`).

The table has one row per number: a task, a label (the task or one of its parts), a number of shots, a model, a metric, and
the score; and in every row the metric that the entry prefers. It is read in pieces, because it has millions of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jumpcheck.base.columns import Coder
from jumpcheck.base.errors import InputError
from jumpcheck.base.rejects import Reject, Rejected, printable
from jumpcheck.base.untrusted_json import MAX_MAGNITUDE
from jumpcheck.formats.bigbench import UNKNOWN_SHOTS
from jumpcheck.formats.format import File, Format
from jumpcheck.sources.published import COLUMNS, NAMES_OF_METRICS

TEXTS = {
    "task": "task_name",
    "subtask": "subtask_description",
    "model": "model_family_model_name",
    "preferred": "preferred_score",
    "metric": "score_key",
}
"""Names of the columns of texts here and in the file."""
ROWS_PER_PIECE = 2**17


class Rows(NamedTuple):
    """Rows of the table in columns; a code is the place of a text in `names`, -1 where there is none."""

    names: dict[str, list[str]]
    codes: dict[str, np.ndarray]
    shots: np.ndarray
    """NaN where it is missing, UNKNOWN_SHOTS where the file says so."""
    score: np.ndarray
    place: np.ndarray
    """Number of the row in the file, from 1."""

    def take(self, which: np.ndarray) -> Rows:
        """The rows `which`, a mask or places."""
        codes = {name: codes[which] for name, codes in self.codes.items()}
        return Rows(self.names, codes, self.shots[which], self.score[which], self.place[which])


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def check_columns(path: Path) -> list[str]:
    """The columns of the file that are not read; InputError where one that is needed is missing or of another type."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"source: {printable(str(path))} is no Parquet file that can be read: {_first_line(error)}"
        ) from None
    wanted = (*COLUMNS, *NAMES_OF_METRICS)
    faults = []
    for name in wanted:
        if schema.names.count(name) != 1:
            faults.append(f"{name} is {'there more than once' if name in schema.names else 'missing'}")
            continue
        kind = _plain(schema.field(name).type)
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        if name in TEXTS.values() and not is_text:
            faults.append(f"{name} has the type {schema.field(name).type} and must have texts")
        elif name not in TEXTS.values() and not is_number:
            faults.append(f"{name} has the type {schema.field(name).type} and must have numbers")
    if faults:
        found = ", ".join(f"{field.name!a} ({field.type})" for field in schema)
        raise InputError(
            f"source: {printable(str(path))} is no table of BIG-bench's scores of all metrics: {'; '.join(faults)}. It has "
            f"the columns {found}; needed are {', '.join(wanted)}. Give the columns these names and types; if it is the "
            "file as it was published, please report this message, because its columns were not known when this reader was "
            "written. source=preferred does without this file"
        )
    return [name for name in schema.names if name not in wanted]


def _is_blank(text: str | None) -> bool:
    return text is None or not text.strip()


def _without_views(piece: pa.RecordBatch) -> pa.RecordBatch:
    """The same with plain texts in place of views of them, which Arrow cannot take rows of."""
    columns = [column.cast(pa.string()) if pa.types.is_string_view(column.type) else column for column in piece.columns]
    return pa.RecordBatch.from_arrays(columns, names=piece.schema.names)


def _encoded(column: pa.Array) -> tuple[list[str | None], np.ndarray]:
    """(the distinct texts of a column, for every row the place of its text, -1 where it has none)."""
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    indices = column.indices.cast(pa.int64()).fill_null(-1)
    return column.dictionary.to_pylist(), indices.to_numpy(zero_copy_only=False)


class _Column:
    """Global codes of a column of texts that is read in pieces."""

    def __init__(self) -> None:
        self.coder = Coder()

    def codes(self, column: pa.Array) -> np.ndarray:
        names, indices = _encoded(column)
        of_piece = np.full(len(names) + 1, -1, np.int32)  # a missing text has the index -1, which picks the last one
        for k in np.unique(indices[indices >= 0]):  # a dictionary may have texts that no row has
            of_piece[k] = -1 if _is_blank(names[k]) else self.coder[names[k]]
        return of_piece[indices]


def read_rows(path: Path, is_wanted: Callable[[str], bool]) -> tuple[Rows, list[str], int]:
    """(the rows of wanted tasks, all names of models in the file, number of rows without a task).

    Raises
    ------
    InputError
        The columns are not those expected, or the file is damaged.
    """
    check_columns(path)
    columns = {name: _Column() for name in TEXTS}
    models = _Column()
    wanted: dict[str, bool] = {}
    pieces: list[Rows] = []
    n_read = n_without_task = 0
    try:
        for piece in pq.ParquetFile(path).iter_batches(ROWS_PER_PIECE, columns=[*COLUMNS, *NAMES_OF_METRICS]):
            piece = _without_views(piece)
            tasks = piece.column(TEXTS["task"]).cast(pa.string())
            models.codes(piece.column(TEXTS["model"]))
            names, indices = _encoded(tasks)
            wanted |= {name: is_wanted(name) for name in names if not _is_blank(name) and name not in wanted}
            keep = np.array([*(wanted.get(name, False) for name in names), False])
            has_task = np.array([*(not _is_blank(name) for name in names), False])
            n_without_task += int((~has_task[indices]).sum())
            rows = np.flatnonzero(keep[indices])
            taken = piece.take(pa.array(rows))
            numbers = (
                taken.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
                for name in ("number_of_shots", "score_value")
            )
            codes = {name: column.codes(taken.column(TEXTS[name])) for name, column in columns.items()}
            pieces.append(Rows({}, codes, *numbers, rows + n_read + 1))
            n_read += len(piece)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"source: {printable(str(path))} cannot be read: {_first_line(error)}. If it is damaged, fetch it again"
        ) from None
    return _joined(pieces, columns), list(models.coder), n_without_task


def _joined(pieces: list[Rows], columns: dict[str, _Column]) -> Rows:
    nothing = Rows({}, dict.fromkeys(TEXTS, np.array([], np.int32)), *[np.array([], float)] * 2, np.array([], int))
    pieces = [nothing, *pieces]
    return Rows(
        {name: list(column.coder) for name, column in columns.items()},
        {name: np.concatenate([piece.codes[name] for piece in pieces]) for name in TEXTS},
        *(np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("shots", "score", "place")),
    )


def faults_of(rows: Rows, shown: str) -> tuple[np.ndarray, list[Reject]]:
    """(which rows can be taken, a reject of kind `value` for each of the others)."""
    shots = rows.shots
    with np.errstate(invalid="ignore"):
        is_count = np.isnan(shots) | ((shots >= UNKNOWN_SHOTS) & (shots < 2**31) & (shots == np.round(shots)))
        is_score = np.abs(rows.score) <= MAX_MAGNITUDE
    faults = {
        "missing_model": (rows.codes["model"] < 0, lambda k: "the row names no model"),
        "missing_metric": (rows.codes["metric"] < 0, lambda k: "the row names no metric (score_key)"),
        "bad_number_of_shots": (~is_count, lambda k: f"{shots[k]} is no number of shots"),
        "bad_score": (~is_score, lambda k: f"{rows.score[k]} is no finite score of plausible size"),
    }
    good = np.ones(len(shots), bool)
    rejects = []
    for reason, (is_bad, detail) in faults.items():
        rejects += [Reject("value", shown, f"row {rows.place[k]}", reason, detail(k)) for k in np.flatnonzero(is_bad & good)]
        good &= ~is_bad
    return good, rejects


def _read_file(file: File, collected: object) -> None:
    raise Rejected("", "give_alone", "BIG-bench's scores of all metrics are read alone: give the file itself, source=FILE")


FORMAT = Format(
    what="BIG-bench's published scores of all metrics (.parquet), which are given alone",
    suffixes=(".parquet",),
    recognises=lambda file: set(COLUMNS) | set(NAMES_OF_METRICS) <= set(file.columns),
    read=_read_file,
)
"""For a folder of results in which the file lies, so that it is named and not misread."""
