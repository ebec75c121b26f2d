"""Writing files so that a killed run, or a full disk, leaves either the whole file or none."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from jumpcheck.base.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def _is_written(path: Path, pid: int) -> bool:
    """Whether the process `pid` may be writing `path`: it runs, and did before the file was last touched.

    The system gives the id of an ended process to a new one, and a killed process keeps its id until its parent has
    collected its exit status.
    """
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= path.stat().st_ctime + 1
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False
    except psutil.AccessDenied:
        return True


def temporary_beside(path: Path) -> Path:
    """A temporary path beside `path` for this process. Those of processes that have ended are removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The last asterisk also matches the write-ahead log beside a database.
    for stale in path.parent.glob(f".{path.stem}.*.tmp{path.suffix}*"):
        pid = stale.name.removeprefix(f".{path.stem}.").split(".")[0]
        if pid.isdecimal() and not _is_written(stale, int(pid)):
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink(missing_ok=True)
    # The suffix stays at the end: matplotlib and others choose the format by it.
    return path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")


def _says(error: BaseException, *codes: int) -> bool:
    """Whether an error is one of these of the system. DuckDB and Arrow pass on its message, but not always its number."""
    return getattr(error, "errno", None) in codes or any(os.strerror(code) in str(error) for code in codes)


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that the disk is full or the user's quota is used up."""
    return _says(error, errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def disk_full_explained(path: Path) -> Iterator[None]:
    """Replace an error that says that `path` found no room by an InputError that says what to do.

    There is no room where the disk or the quota is full, and where a file may not become so large.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, InputError):
            raise
        if is_disk_full(error):
            raise InputError(
                f"no space is left on the disk of {path.parent}; make room and run the same command again"
            ) from None
        if _says(error, errno.EFBIG):
            raise InputError(
                f"a file in {path.parent} would be larger than files may be here (see ulimit -f); raise the limit and run "
                "the same command again"
            ) from None
        raise


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes the place of `path`, on an error it is removed.

    The temporary name holds the process id, so that a child process that outlives a killed run cannot write into the
    file of the next run. Temporary files of processes that have ended are removed. The content is flushed to the disk
    before the file gets its name.

    Raises
    ------
    InputError
        The disk is full. What stood at `path` before is still there.

    """
    path = Path(path)
    with disk_full_explained(path):
        temporary = temporary_beside(path)
        temporary.unlink(missing_ok=True)
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
            temporary.with_name(f"{temporary.name}.wal").unlink(missing_ok=True)  # DuckDB's, where it could not end well


def write_text(text: str, path: str | os.PathLike) -> None:
    """Write `text` as UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(value: object, path: str | os.PathLike) -> None:
    """Write `value` as JSON."""
    write_text(json.dumps(value, indent=1) + "\n", path)


def read_json(path: str | os.PathLike) -> dict:
    """The JSON value of a file that this project wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


FORMULA = r"^[=+@\t\r]"
"""What a spreadsheet takes for the begin of a formula, in a cell that is no number. Figures and the explorer read it too."""


def _is_formula(value: object) -> bool:
    if not (isinstance(value, str) and re.match(FORMULA, value)):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _without_formulas(column: pd.Series) -> pd.Series:
    """Texts that a spreadsheet would run, with an apostrophe before them."""
    is_formula = column.map(_is_formula).astype(bool)
    return column.where(~is_formula, column.map("'{}".format)) if is_formula.any() else column


def write_csv(frame: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a frame as CSV, the same bytes on every system; no cell is run as a formula by a spreadsheet."""
    with replacing(path) as temporary:
        frame.apply(_without_formulas).to_csv(temporary, index=False, lineterminator="\n")


def write_parquet(table: pa.Table, path: str | os.PathLike, schema: pa.Schema, **options: object) -> None:
    """Write `table` as Parquet in a declared schema, never in one inferred from its rows.

    Parameters
    ----------
    table : Table
        Has the columns of `schema`, in types that can be cast to those of `schema`.
    path : path-like
        Where it goes.
    schema : Schema
        Names and types of the columns; metadata of `table` is kept.
    options
        Of `pyarrow.parquet.write_table`.

    """
    import pyarrow.parquet as pq

    metadata = table.schema.metadata
    table = table.select(schema.names).cast(schema).replace_schema_metadata(metadata)
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", **options)
