"""The tables of a database: what each is, what it is made from, and how it is built and checked, from `tables.yml`.

An entry of `tables.yml` names the SQL file that it is made by and, under `needs`, every table, view, step, macro and input
that this SQL reads. The order of building follows from the needs. SQL that reads a name which its entry does not declare is
an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import yaml

from jumpcheck.base.sql import packaged_text, quoted, sql_text

if TYPE_CHECKING:
    import duckdb

ENTRIES: dict[str, dict] = yaml.safe_load(packaged_text("base/tables.yml"))
"""Everything that SQL reads, by name. `kind` is table, view, step, macro or input; table where an entry does not say."""
TABLES: dict[str, dict] = {name: entry for name, entry in ENTRIES.items() if entry.get("kind", "table") in ("table", "view")}
"""The tables and views of a database file, with comment, key, columns (name to meaning) and checks."""


def is_view(name: str) -> bool:
    """Whether `name` is a view."""
    return ENTRIES[name].get("kind") == "view"


def parquet_metadata(name: str, columns: Sequence[str] | None = None) -> dict[str, str]:
    """What a Parquet file of the table `name` says of itself: description, and columns as JSON (name to meaning).

    `columns` are the columns of the file, where they are not exactly those of the table.
    """
    table = TABLES[name]
    meanings = {"n_files": "Number of score files that say so."} | table["columns"]
    described = {column: meanings[column] for column in (table["columns"] if columns is None else columns)}
    return {"description": table["comment"], "columns": json.dumps(described, ensure_ascii=False)}


def needs_of(name: str, entries: dict[str, dict] = ENTRIES) -> list[str]:
    """What the SQL of an entry reads, as its entry declares it."""
    return list(entries[name].get("needs", []))


def in_order(names: Iterable[str], there: Collection[str] = (), entries: dict[str, dict] = ENTRIES) -> list[str]:
    """`names` and all that they need, each after what it needs; without those that are `there` and what only they need.

    Raises
    ------
    ValueError
        An entry needs what `tables.yml` does not have, or itself.

    Examples
    --------
    >>> entries = {"curves": {"needs": ["scores"]}, "pairs": {"needs": ["curves", "tasks"]}, "scores": {}, "tasks": {}}
    >>> in_order(["pairs"], entries=entries)
    ['scores', 'curves', 'tasks', 'pairs']
    >>> in_order(["pairs"], there=["curves"], entries=entries)
    ['tasks', 'pairs']

    """
    ordered: list[str] = []

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in there or name in ordered:
            return
        if name in path:
            raise ValueError(f"tables.yml: {' needs '.join([*path[path.index(name) :], name])}")
        if name not in entries:
            raise ValueError(f"tables.yml: {path[-1] if path else 'somebody'} needs {name}, which has no entry")
        for other in needs_of(name, entries):
            add(other, (*path, name))
        ordered.append(name)

    for name in names:
        add(name, ())
    return ordered


def build(con: duckdb.DuckDBPyConnection, *paths: str, as_views: Collection[str] = ()) -> None:
    """Create tables, views, steps and macros, and before each what it needs and the connection does not have.

    Where the connection has a view `computed_<name>`, the rows of the table <name> are taken from it.

    Parameters
    ----------
    con : DuckDBPyConnection
        Has the inputs as views.
    paths : str
        Room and name of each, as in "score/curves".
    as_views : collection of str
        Names of tables that are not stored: what reads them computes them.

    Raises
    ------
    ValueError
        An input is not there; or SQL reads a name that its entry does not declare; or a table has other columns than its
        entry, a key that is not unique, or a row that breaks a check.

    """
    there = _names(con)
    computed = {name for name in ENTRIES if f"computed_{name}" in there}
    entries = {name: {**entry, "needs": []} if name in computed else entry for name, entry in ENTRIES.items()}
    for name in in_order([path.rpartition("/")[2] for path in paths], there, entries):
        if name in computed:
            order = ENTRIES[name].get("order")
            select = f"from computed_{name}{f' order by {order}' if order else ''}"
        else:
            select = _select_of(con, name)
        _create(con, name, select, as_view=name in as_views, is_stored=name not in computed)


def _names(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of all tables, views and macros of a connection."""
    found = con.execute(
        "select table_name from duckdb_tables() union all select view_name from duckdb_views() "
        "union all select function_name from duckdb_functions() where not internal"
    )
    return {row[0] for row in found.fetchall()}


_MACRO = re.compile(r"create or replace (?:temp )?macro \w+\([^)]*\) as (table)?")


def names_read(con: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """Names of the tables, views, inputs and macros that an SQL file itself reads, by DuckDB's own parser."""
    macro = _MACRO.search(sql)
    if macro:
        body = sql[macro.end() :].strip()
        sql = body.removeprefix("(").removesuffix(")") if macro[1] else f"select {body}"
    tree = json.loads(con.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree["error"]:
        raise ValueError(f"{tree['error_message']}: {sql}")
    tables, functions, own = set(), set(), set()
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                tables.add(node["table_name"])
            functions.add(node.get("function_name"))
            own |= {entry["key"] for entry in node.get("cte_map", {}).get("map", [])}
        if isinstance(node, dict | list):
            waiting += node.values() if isinstance(node, dict) else node
    macros = {name for name, entry in ENTRIES.items() if entry.get("kind") == "macro"}
    return (tables - own) | (functions & macros)


def _select_of(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The text of an entry's SQL file, whose names are all declared."""
    entry = ENTRIES[name]
    if "sql" not in entry:
        raise ValueError(f"{name}: tables.yml names no SQL file for it, so it must be given, and it was not")
    sql = sql_text(entry["sql"])
    undeclared = sorted(names_read(con, sql) - set(needs_of(name)))
    if undeclared:
        read = ", ".join(undeclared)
        raise ValueError(f"tables.yml: {entry['sql']} reads {read}: add that to the needs of the entry {name}")
    return sql


def _create(con: duckdb.DuckDBPyConnection, name: str, select: str, as_view: bool, is_stored: bool) -> None:
    """Run the SELECT of an entry as its kind says. Steps are stored where their entry says so."""
    entry = ENTRIES[name]
    kind = entry.get("kind", "table")
    if kind == "macro":
        con.execute(select)
    elif kind == "step" or as_view:
        is_table = is_stored and entry.get("stored", False)
        con.execute(f"create or replace temp {'table' if is_table else 'view'} {name} as {select}")
    else:
        con.execute(f"create or replace {kind} {name} as {select}")
        _document(con, name)


def _document(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Give a table or view the comments of its entry, and check its columns, its key and its rows."""
    table = TABLES[name]
    columns = [row[0] for row in con.execute(f"select * from {name} limit 0").description]
    if columns != list(table["columns"]):
        raise ValueError(f"table {name}: the columns {columns} are not those of tables.yml, {list(table['columns'])}")
    con.execute(f"comment on {table.get('kind', 'table')} {name} is {quoted(table['comment'])}")
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
