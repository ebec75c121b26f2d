"""The SQL files of `analysis/sql` as text.

Each file holds one plain SELECT, whose inputs are tables or views of the names that stand in it: those that were made
before, and those that the caller registers. A module names the files that it runs by their path below `analysis/sql`,
without the ending, in a string of its own: that is how the workflow knows that it depends on them
(`analysis.base.dependencies`).
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
