"""The SQL files of the package as text.

Each file holds one plain SELECT and lies in the folder `sql` of the room that it belongs to. A module names a file that it
runs by room and name, `"score/curves"`, as a whole string constant: by that the workflow knows that it depends on the file
(`jumpcheck.base.dependencies`).
"""

from __future__ import annotations

from importlib.resources import files


def sql_text(name: str) -> str:
    """The text of an SQL file: `score/curves` is `score/sql/curves.sql`."""
    room, _, name = name.partition("/")
    return packaged_text(f"{room}/sql/{name}.sql")


def packaged_text(path: str) -> str:
    """The text of a file that is shipped inside the package, by its path below `jumpcheck`."""
    return files("jumpcheck").joinpath(path).read_text(encoding="utf-8")


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
