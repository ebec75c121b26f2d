"""The data dictionary as a page of documentation: `python -m jumpcheck.pages.dictionary > docs/database.md`."""

from __future__ import annotations

from jumpcheck.base.tables import ENTRIES, TABLES, is_view


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def picture() -> list[str]:
    """Every table with its key, and lines to the tables whose rows it names, as a diagram in Mermaid's language."""
    tables = {name: table for name, table in TABLES.items() if not is_view(name)}
    lines = ["```mermaid", "erDiagram"]
    for name, table in tables.items():
        lines += (
            [f"    {name} {{", *(f"        key {column}" for column in table["key"]), "    }"]
            if table["key"]
            else [f"    {name}"]
        )
    for name, table in tables.items():
        for other in table.get("references", []):
            key = tables[other]["key"]
            # Either row may be missing: a number that counts the run has no curve, and not every curve is in `breaks`.
            lines += [f'    {other} |o--o{"|" if key == table["key"] else "{"} {name} : "{", ".join(key)}"']
    return [*lines, "```"]


def _origin(name: str) -> str:
    """A sentence on how a table or view is made: by which SQL file and from what it reads, or in Python."""
    entry = TABLES[name]
    if "sql" not in entry:
        return "Computed in Python (`analysis/jumpcheck/breaks`)."
    read = []
    for need in entry.get("needs", []):
        other = ENTRIES[need]
        if need in TABLES:
            read.append(f"[{need}](#{need})")
        else:
            read.append(f"{need} ({_file(other['sql'])})" if "sql" in other else f"{need} (input)")
    return f"Made by {_file(entry['sql'])} from {', '.join(read)}."


def _file(sql: str) -> str:
    room, _, name = sql.partition("/")
    return f"[{room}/{name}.sql](../analysis/jumpcheck/{room}/sql/{name}.sql)"


def page() -> str:
    """Markdown: a picture of the tables, and every table and view with its key and what each column means."""
    tables = [name for name in TABLES if not is_view(name)]
    views = [name for name in TABLES if is_view(name)]
    lines = [
        "# The database",
        "",
        *picture(),
        "",
        "In the boxes: the columns that name a row. A line joins a row (bar) with one or with many (fork) by the columns",
        "at it, as in `from breaks join curves using (curve_id)`. Tables without a line stand by themselves.",
        "",
        "Written by `python -m jumpcheck.pages.dictionary` from `jumpcheck/base/tables.yml`, as are the comments in the",
        "file. Conditions are checked at every build. The file opens in DuckDB 1.2 and newer.",
        "",
        f"Tables: {', '.join(f'[{name}](#{name})' for name in tables)}.",
        "",
        f"Views: {', '.join(f'[{name}](#{name})' for name in views)}.",
    ]
    for name in [*tables, *views]:
        table = TABLES[name]
        lines += ["", f"## {name}", "", table["comment"], "", _origin(name), ""]
        if table["key"]:
            lines += [f"Key: {', '.join(f'`{column}`' for column in table['key'])}.", ""]
        lines += ["| column | meaning |", "|---|---|"]
        lines += [f"| `{column}` | {_cell(meaning)} |" for column, meaning in table["columns"].items()]
        if table["checks"]:
            lines += ["", "Every row fulfils:", "", *(f"- `{check}`" for check in table["checks"])]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
