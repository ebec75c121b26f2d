"""Compare the outputs of two runs table by table: `python tests/helpers/compare_runs.py BEFORE AFTER DATASET`.

BEFORE and AFTER are the working directories of the runs. Compared are the tables of `emergence.duckdb` in the columns that
both have, and the CSV files beside the figures; NULL, NaN and infinity count as values, and numbers must be equal to the
last bit. Exit status 1 where anything differs.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb

RENAMED = {"exceeds_threshold": "is_above", "displays_emergence": "jumps"}
"""Columns that have another name in AFTER: {old name: new name}."""
WORDS = {
    "breaks": ("reason",), "claims": ("this_dataset", "reason", "look_at"), "tasks": ("note",),
    "annotated_tasks.csv": ("curve_reason",),
}  # fmt: skip
"""Columns of sentences, {table or file: names}: their numbers are columns too."""
RENAMED_IN = {"break_sizes.csv": {"displays_emergence": "jumps", "jumps": "curve_jumps"}}
"""The same of single files, where the old name has another meaning now."""
RENAMED_FACTS = {
    "pairs_displaying_emergence": "pairs_that_jump", "pairs_exceeding_threshold": "pairs_above",
    "triplets_displaying_emergence": "triplets_that_jump", "triplets_displaying_with_break": "triplets_that_jump_with_break",
}  # fmt: skip
"""Facts of the table provenance that have another key in AFTER."""
RUN_FACTS = "key not like 'version\\_%' escape '\\' and key not in ('config', 'source')"
"""Facts of a build that two runs of the same input may differ in are left out."""


def quoted(names: Iterable[str]) -> str:
    """Names of columns as SQL."""
    return ", ".join(f'"{name}"' for name in names)


def columns_of(con: duckdb.DuckDBPyConnection, database: str, table: str) -> list[str]:
    """Names of the columns of a table, in order."""
    return [row[0] for row in con.execute(f"select * from {database}.{table} limit 0").description]


def tables_of(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Names of the stored tables of an attached database."""
    found = con.execute("select table_name from duckdb_tables() where database_name = ? order by 1", [database])
    return [row[0] for row in found.fetchall()]


def compare_tables(before: Path, after: Path) -> list[str]:
    """What differs between two database files, one line per table."""
    lines = []
    with duckdb.connect() as con:
        for name, path in (("before", before), ("after", after)):
            path = str(path).replace("'", "''")
            con.execute(f"attach '{path}' as {name} (read_only)")
        new = tables_of(con, "after")
        for table in tables_of(con, "before"):
            if table not in new:
                lines.append(f"{table}: not in the second run")
                continue
            there = columns_of(con, "after", table)
            columns = [name for name in columns_of(con, "before", table) if name not in WORDS.get(table, ())]
            pairs = [(name, name if name in there else RENAMED.get(name, name)) for name in columns]
            lines += [f"{table}.{name}: not in the second run" for name, renamed in pairs if renamed not in there]
            pairs = [(name, renamed) for name, renamed in pairs if renamed in there]
            where = f" where {RUN_FACTS}" if table == "provenance" else ""
            old_columns = quoted(name for name, _ in pairs)
            if table == "provenance":
                keys = " ".join(f"when '{old}' then '{new}'" for old, new in RENAMED_FACTS.items())
                old_columns = f"case key {keys} else key end as key, value"
            old_rows = f"select {old_columns} from before.{table}{where}"
            new_rows = f"select {quoted(renamed for _, renamed in pairs)} from after.{table}{where}"
            if table == "provenance":  # facts that only the newer version records are no difference
                new_rows += f" and key in (select key from ({old_rows}))"
            gone = con.execute(f"{old_rows} except all {new_rows}").fetchall()
            come = con.execute(f"{new_rows} except all {old_rows}").fetchall()
            n_rows = con.execute(f"select count(*) from before.{table}").fetchall()[0][0]
            if gone or come:
                example = f"; before {gone[:1]}, after {come[:1]}"
                lines.append(f"{table}: {len(gone):,} of {n_rows:,} rows differ{example}")
            print(f"{table}: {n_rows:,} rows, {len(pairs)} columns {'DIFFER' if gone or come else 'equal'}")
    return lines


def compare_csv(before: Path, after: Path) -> list[str]:
    """What differs between two folders of CSV files: lost files, lost columns, and cells as text."""
    lines = []
    with duckdb.connect() as con:
        for path in sorted(before.glob("*.csv")):
            if not (other := after / path.name).exists():
                lines.append(f"{path.name}: not in the second run")
                continue
            read = {name: f"read_csv('{p}', all_varchar = true, header = true)" for name, p in (("a", path), ("b", other))}
            names = {
                key: [row[0] for row in con.execute(f"from {source} limit 0").description] for key, source in read.items()
            }
            renamed = RENAMED_IN.get(path.name, RENAMED)
            columns = [name for name in names["a"] if name not in WORDS.get(path.name, ())]
            pairs = [(name, renamed.get(name, name)) for name in columns]
            lost = [name for name, new in pairs if new not in names["b"]]
            lines += [f"{path.name}: column {name} is not in the second run" for name in lost]
            old = quoted(name for name, _ in pairs if name not in lost)
            new = quoted(new for name, new in pairs if name not in lost)
            rows = {"a": f"select {old} from {read['a']}", "b": f"select {new} from {read['b']}"}
            differing = sum(
                len(con.execute(f"{rows[x]} except all {rows[y]}").fetchall()) for x, y in (("a", "b"), ("b", "a"))
            )
            if differing:
                lines.append(f"{path.name}: {differing} rows differ")
            print(f"{path.name}: {'DIFFERS' if lost or differing else 'equal'}")
    return lines


def main(before: str, after: str, dataset: str) -> int:
    """Compare one dataset of two working directories; returns the exit status."""
    lines = compare_tables(*(Path(root) / f"data/{dataset}/emergence.duckdb" for root in (before, after)))
    lines += compare_csv(*(Path(root) / f"results/{dataset}/tables" for root in (before, after)))
    print("\n".join(["", *lines]) if lines else "\nno difference")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
