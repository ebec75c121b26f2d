"""The data dictionary as a page of documentation: `python -m analysis.pages.dictionary > docs/database.md`."""

from __future__ import annotations

from analysis.base.tables import TABLES


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> str:
    """Markdown: every table and view with its key and what each column means, from `tables.yml`."""
    tables = [name for name, table in TABLES.items() if not table.get("view")]
    views = [name for name, table in TABLES.items() if table.get("view")]
    lines = [
        "# The database",
        "",
        "Written by `python -m analysis.pages.dictionary` from `analysis/sql/tables.yml`, as are the comments in the file.",
        "Conditions are checked at every build. The file opens in DuckDB 1.2 and newer.",
        "",
        f"Tables: {', '.join(f'[{name}](#{name})' for name in tables)}.",
        "",
        f"Views: {', '.join(f'[{name}](#{name})' for name in views)}.",
    ]
    for name in [*tables, *views]:
        table = TABLES[name]
        lines += ["", f"## {name}", "", table["comment"], ""]
        if table["key"]:
            lines += [f"Key: {', '.join(f'`{column}`' for column in table['key'])}.", ""]
        lines += ["| column | meaning |", "|---|---|"]
        lines += [f"| `{column}` | {_cell(meaning)} |" for column, meaning in table["columns"].items()]
        if table["checks"]:
            lines += ["", "Every row fulfils:", "", *(f"- `{check}`" for check in table["checks"])]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
