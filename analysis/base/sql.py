"""The SQL files of `analysis/sql` as text.

Each file holds one plain SELECT. The tables and views that it reads were created before, or are registered by the caller.
A module names a file that it runs by its path below `analysis/sql`, without the ending, as a whole string constant: by
that the workflow knows that it depends on the file (`analysis.base.dependencies`).
"""

from __future__ import annotations

from importlib.resources import files


def sql_text(name: str) -> str:
    """The SELECT of `analysis/sql/<name>.sql`."""
    return packaged_text(f"sql/{name}.sql")


def packaged_text(path: str) -> str:
    """The text of a file that is shipped inside the package, by its path below `analysis`."""
    return files("analysis").joinpath(path).read_text(encoding="utf-8")


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
