"""Tables and views with their documentation, keys and checks from `analysis/sql/tables.yml`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import yaml

from analysis.base.sql import packaged_text, quoted, sql_text

if TYPE_CHECKING:
    import duckdb

TABLES: dict[str, dict] = yaml.safe_load(packaged_text("sql/tables.yml"))
"""Per table or view: comment, key, columns (name to meaning), checks. The order is that of building."""


def parquet_metadata(name: str, columns: Sequence[str] | None = None) -> dict[str, str]:
    """What a Parquet file of the table `name` says of itself: description, and columns as JSON (name to meaning).

    `columns` are the columns of the file, where they are not exactly those of the table.
    """
    table = TABLES[name]
    meanings = {"n_files": "Number of score files that say so."} | table["columns"]
    described = {column: meanings[column] for column in (table["columns"] if columns is None else columns)}
    return {"description": table["comment"], "columns": json.dumps(described, ensure_ascii=False)}


def create_table(con: duckdb.DuckDBPyConnection, path: str, select: str | None = None) -> None:
    """Create a table or view from the SQL file of its name, with the comments and checks of `tables.yml`.

    Parameters
    ----------
    con : DuckDBPyConnection
        Holds the inputs of the SELECT.
    path : str
        `tables/<name>` for a table, `views/<name>` for a view.
    select : str, optional
        Gives the rows in place of the SQL file, where they were computed before.

    Raises
    ------
    ValueError
        A column is missing or not documented, the key is not unique, or a row breaks a check.

    """
    folder, _, name = path.rpartition("/")
    kind = {"tables": "table", "views": "view"}[folder]
    table = TABLES[name]
    con.execute(f"create or replace {kind} {name} as {select or sql_text(path)}")
    columns = [row[0] for row in con.execute(f"select * from {name} limit 0").description]
    if columns != list(table["columns"]):
        raise ValueError(f"table {name}: the columns {columns} are not those of tables.yml, {list(table['columns'])}")
    con.execute(f"comment on {kind} {name} is {quoted(table['comment'])}")
    for column, meaning in table["columns"].items():
        con.execute(f"comment on column {name}.{column} is {quoted(meaning)}")
    for problem in failed_checks(con, name):
        raise ValueError(problem)


def failed_checks(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Messages about the key and the checks of `tables.yml` that the rows of the table `name` break; empty if none."""
    table = TABLES[name]
    problems = []
    if table["key"]:
        key = ", ".join(table["key"])
        repeated = con.execute(f"select {key}, count(*) from {name} group by all having count(*) > 1 limit 1").fetchall()
        if repeated:
            problems.append(f"table {name}: the key ({key}) is not unique: {repeated[0]}")
    for check in table["checks"]:
        n_failing = con.execute(f"select count(*) from {name} where ({check}) is not true").fetchall()[0][0]
        if n_failing:
            problems.append(f"table {name}: {n_failing} rows fail the check: {check}")
    return problems
