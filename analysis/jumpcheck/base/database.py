"""Connections to DuckDB, and files as its views and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Union

import duckdb

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import disk_full_explained, replacing
from jumpcheck.base.sql import quoted
from jumpcheck.base.tables import TABLES, parquet_metadata

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def connect(
    path: str = ":memory:",
    threads: int = 2,
    read_only: bool = False,
    memory_mb: int | None = None,
    temporary: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection whose results do not depend on the machine: it loads no extension and asks no network.

    `memory_mb` is the limit of the whole process: DuckDB gets four fifths of it, Python the rest. What does not fit is
    written to the folder `temporary`.
    """
    limits = {} if memory_mb is None else {"memory_limit": f"{memory_mb * 4 // 5}MB"}
    limits |= {} if temporary is None else {"temp_directory": temporary}
    return duckdb.connect(
        path,
        read_only=read_only,
        config={
            "threads": threads,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Files written here can be opened by DuckDB from this version on.
            "storage_compatibility_version": "v1.2.0",
            **limits,
        },
    )


def _literal(path: str | Path) -> str:
    """`path` as a glob pattern that matches nothing else."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


Input = Union[str, Path, Sequence, "pa.Table", "pd.DataFrame"]
"""Rows of a table: a Parquet or CSV file, a folder of Parquet files, a list of such, or the rows themselves."""


def create_views(con: duckdb.DuckDBPyConnection, inputs: Mapping[str, Input], by_name: bool = False) -> None:
    """Make a temporary view of every input, by its name.

    `by_name` matches the columns of several files by name; a column that a file lacks is NULL in its rows.
    """
    for name, source in inputs.items():
        if not isinstance(source, str | Path | Sequence):
            con.register(name, source)
            continue
        if str(source).endswith(".csv"):
            # Declared, not guessed: every column is text here, and an empty cell is NULL.
            reader = f"read_csv({quoted(str(source))}, header = true, all_varchar = true, delim = ',', quote = '\"')"
        else:
            paths = [source] if isinstance(source, str | Path) else source
            patterns = [f"{_literal(path)}/*.parquet" if Path(path).is_dir() else _literal(path) for path in paths]
            # Otherwise a folder called key=value would become a column.
            options = f"hive_partitioning = false{', union_by_name = true' if by_name else ''}"
            reader = f"read_parquet([{', '.join(map(quoted, patterns))}], {options})"
        con.execute(f"create or replace temp view {name} as select * from {reader}")


def n_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Number of rows of a table, a view, or a SELECT in parentheses."""
    return con.execute(f"select count(*) from {table}").fetchall()[0][0]


def write_parquet(con: duckdb.DuckDBPyConnection, name: str, path: str) -> None:
    """Write the table `name` of `con` as Parquet, with what `tables.yml` says of it."""
    described = parquet_metadata(name) if name in TABLES else {}
    metadata = ", ".join(f"{key}: {quoted(text)}" for key, text in described.items())
    options = f"format parquet, compression zstd{f', kv_metadata {{{metadata}}}' if described else ''}"
    with replacing(path) as temporary:
        con.execute(f"copy {name} to {quoted(str(temporary))} ({options})")


def finish_file(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Close the connection to the database file `path`, and make sure that all of its tables and rows are in the file.

    DuckDB reports no error when the disk is full at its last write, on closing the file. So the rows are counted again.

    Raises
    ------
    InputError
        The disk is full, or the file does not hold what was written into it.

    """
    with disk_full_explained(path):
        tables = [row[0] for row in con.execute("select table_name from duckdb_tables() where not temporary").fetchall()]
        expected = {name: n_rows(con, name) for name in tables}
        con.execute("checkpoint")
        con.close()
        with connect(str(path), read_only=True) as reopened:
            try:
                written = {name: n_rows(reopened, name) for name in tables}
            except duckdb.CatalogException:
                written = {}
    if written != expected:
        raise InputError(
            f"{path}: of {len(expected)} tables {sum(written.get(name) == n for name, n in expected.items())} were written "
            "whole; the disk may be full or damaged. Make room and run the same command again"
        )
