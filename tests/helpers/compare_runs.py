"""Compare the outputs of two runs table by table: `python tests/helpers/compare_runs.py BEFORE AFTER DATASET`.

BEFORE and AFTER are the working directories of the runs. Compared are the tables of `emergence.duckdb` in the columns that
both have, and the CSV files beside the figures; NULL, NaN and infinity count as values, and numbers must be equal to the
last bit. Exit status 1 where anything differs.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb

RENAMED = {("curves", "resolution"): "smallest_step"}
"""Columns that have another name in AFTER: {(table, old name): new name}."""
RENAMED_FILES = {"resolution.csv": "test_set_size.csv"}
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
            pairs = [(name, RENAMED.get((table, name), name)) for name in columns_of(con, "before", table)]
            lines += [f"{table}.{name}: not in the second run" for name, renamed in pairs if renamed not in there]
            pairs = [(name, renamed) for name, renamed in pairs if renamed in there]
            where = f" where {RUN_FACTS}" if table == "provenance" else ""
            old_rows = f"select {quoted(name for name, _ in pairs)} from before.{table}{where}"
            new_rows = f"select {quoted(renamed for _, renamed in pairs)} from after.{table}{where}"
            if table == "provenance":  # facts that only the newer version records are no difference
                new_rows += " and key in (select key from before.provenance)"
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
            if not (other := after / RENAMED_FILES.get(path.name, path.name)).exists():
                lines.append(f"{path.name}: not in the second run")
                continue
            read = {name: f"read_csv('{p}', all_varchar = true, header = true)" for name, p in (("a", path), ("b", other))}
            names = {
                key: [row[0] for row in con.execute(f"from {source} limit 0").description] for key, source in read.items()
            }
            lost = [name for name in names["a"] if name not in names["b"]]
            lines += [f"{path.name}: column {name} is not in the second run" for name in lost]
            shared = quoted(name for name in names["a"] if name not in lost)
            differing = sum(
                len(con.execute(f"select {shared} from {read[x]} except all select {shared} from {read[y]}").fetchall())
                for x, y in (("a", "b"), ("b", "a"))
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
