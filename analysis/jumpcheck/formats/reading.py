"""Result files of any known format: finding them, telling their formats apart, and reading their numbers."""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb
import pyarrow as pa

from jumpcheck.base.collected import SCHEMA, Collected
from jumpcheck.base.files import write_json, write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.base.rejects import Reject, Rejected, printable
from jumpcheck.base.untrusted_json import count_numbers
from jumpcheck.formats import instances, markdown, table_files, tidy, training_logs
from jumpcheck.formats.column_names import lacking
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.registry import FORMATS, PASSED_OVER, SUFFIXES
from jumpcheck.formats.wide import Tables
from jumpcheck.sources.layout import MAX_BYTES, readable
from jumpcheck.sources.published import COLUMNS, NAMES_OF_METRICS

FILES_PER_CHUNK = 100
NOTHING_KNOWN = Tables()


def _classify(path: Path, relative: str, resolved_root: Path) -> str | Reject:
    """`wanted` for a file that may hold results, `passed` for another one, a Reject for one that must not be read."""
    name = path.name
    if name.startswith(".") or not name.endswith(SUFFIXES) or any(fnmatchcase(name, pattern) for pattern in PASSED_OVER):
        return "passed"
    shown = printable(relative)
    if not path.resolve().is_relative_to(resolved_root):
        detail = "a symbolic link to a place outside the source is not followed; put the file itself there"
        return Reject("file", shown, "", "link_outside", detail)
    if not path.is_file():
        return Reject("file", shown, "", "not_a_file", "neither a file nor a link to one")
    if path.suffix == ".json" and path.stat().st_size > MAX_BYTES:
        detail = f"{path.stat().st_size} bytes, more than the {MAX_BYTES} that a JSON file may have"
        return Reject("file", shown, "", "too_large", detail)
    if path.suffix == ".md" and not markdown.has_table(path):
        return "passed"  # a README beside results
    return "wanted"


def candidates(source: Path) -> tuple[list[str], list[str], list[Reject]]:
    """(files that may hold results, files passed over, what could not be searched), relative to `source` and sorted.

    A single file can be a source. Passed over are files of other kinds and what programs write beside their results.
    Links are followed to files inside `source` alone.
    """
    if source.is_file():
        return [source.name], [], []
    resolved_root = source.resolve()
    wanted, passed, rejects = [], [], []

    def unreadable(error: OSError) -> None:
        path = printable(os.path.relpath(error.filename, source))
        detail = f"{error.strerror}: the folder was not searched; check its permissions"
        rejects.append(Reject("file", path, "", "unreadable", detail))

    for folder, folders, names in os.walk(source, onerror=unreadable):
        for name in folders:
            path = Path(folder, name)
            if path.is_symlink():
                detail = "a symbolic link to a folder is not followed; put the folder itself there"
                rejects.append(Reject("file", printable(path.relative_to(source).as_posix()), "", "linked_folder", detail))
            elif name.startswith("."):
                passed.append(path.relative_to(source).as_posix())
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(source).as_posix()
            kind = _classify(path, relative, resolved_root)
            if isinstance(kind, Reject):
                rejects.append(kind)
            else:
                (wanted if kind == "wanted" else passed).append(relative)
    return sorted(wanted, key=os.fsencode), passed, rejects


def read_file(root: Path, relative: str, collected: Collected, tables: Tables) -> None:
    """Add what the file `relative` below `root` holds to `collected`."""
    path, shown = root / relative, printable(relative)
    try:
        if path.suffix == ".json":
            file = File(path, shown, content=path.read_bytes(), tables=tables)
            digest = hashlib.sha256(file.content).hexdigest()
        else:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            file = File(path, shown, tables=tables)
        collected.digests.append((relative, digest, shown))
        if path.name.endswith(table_files.SUFFIXES):
            file = file._replace(columns=tuple(table_files.columns_of(path)))
        for known in FORMATS:
            if path.name.endswith(known.suffixes) and known.recognises(file):
                collected.recognised[known.what.split(" (")[0]] += 1
                return _read_guarded(known, file, collected)
        detail, n_numbers = _why_unknown(file)
        collected.n_numbers += n_numbers
        collected.rejects.append(Reject("file", shown, "", "not_recognised", detail, n_numbers))
    except OSError as error:
        detail = f"{error.strerror}; check the file or remove it"
        collected.rejects.append(Reject("file", shown, "", "unreadable", detail))
    except Rejected as fault:
        collected.rejects.append(Reject("file", shown, *fault.args))


def _read_guarded(known: Format, file: File, collected: Collected) -> None:
    """Read a file. An unforeseen error rejects this file alone; all other files are still read."""
    before = collected.size()
    try:
        known.read(file, collected)
    except (OSError, Rejected):
        raise
    except Exception as error:
        collected.cut(before)
        detail = f"{type(error).__name__}: {error}"[:300].encode("utf-8", "backslashreplace").decode()
        raise Rejected("", "unreadable_content", f"nothing of it is taken: {detail}. Please report it") from None


def _why_unknown(file: File) -> tuple[str, int]:
    """(why a file is of no known format, how many numbers are in it)."""
    if file.path.name.endswith(table_files.SUFFIXES):
        lacks = ", ".join(lacking(file.columns))
        has = ", ".join(map(ascii, file.columns))[:200] or "none"
        detail = f"a table without the columns {lacks}; it has {has}. {_advice(file)}"
        return detail, tidy.n_numbers(file.path)
    n_numbers = count_numbers(file.content)
    return f"no result file of a known format, with {n_numbers:,} numbers (docs/bring_your_own.md)", n_numbers


def _advice(file: File) -> str:
    """What to do about a table of which nothing can be read."""
    lacks = lacking(file.columns)
    if {*COLUMNS, *NAMES_OF_METRICS} <= set(file.columns):
        return "It has the columns of BIG-bench's scores of all metrics, which are read from Parquet: save it as .parquet"
    if lacks == ["score"]:
        return "Call the column of scores score, or name it (config: wide)"
    if training_logs.is_log(file.columns):
        rules = ", ".join(training_logs.proposed_rules(file.columns)) or "{pattern: 'eval/(?P<task>.+)_acc', metric: acc}"
        return f"Its columns of scores need a rule in a file of rules (config: rules), such as columns: [{rules}]"
    return "Of a wide table name the columns of scores (config: wide)"


def _read_chunk(root: Path, paths: Sequence[str], tables: Tables) -> tuple[pa.Table, Collected]:
    collected = Collected()
    gc.disable()  # nothing is garbage: all of the many small objects are kept until the end
    try:
        for path in paths:
            read_file(root, path, collected, tables)
    finally:
        gc.enable()
    table = collected.table()
    collected.columns, collected.tables = {}, []
    return table, collected


def read(
    root: Path, paths: Sequence[str], n_processes: int = 1, known: Tables = NOTHING_KNOWN
) -> tuple[pa.Table, Collected]:
    """(every number of the files in the columns of `collected.SCHEMA`, what else was in them)."""
    chunks = [paths[k : k + FILES_PER_CHUNK] for k in range(0, len(paths), FILES_PER_CHUNK)]
    with Processes(n_processes if len(chunks) > 1 else 1) as processes:
        parts = processes.map(_read_chunk, [root] * len(chunks), chunks, [known] * len(chunks))
    total = Collected(columns={})
    for _, collected in parts:
        total.rejects += collected.rejects
        total.digests += collected.digests
        total.recognised += collected.recognised
        total.n_numbers += collected.n_numbers
        total.unread |= collected.unread
        total.notes += collected.notes
    tables = [table for table, _ in parts] or [SCHEMA.empty_table()]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks(), total


def write_averages(con: duckdb.DuckDBPyConnection, source: str, table: str, facts: str) -> dict[str, int]:
    """Average the instance-level files of a source into the Parquet file `table`; rejects and counts go to `facts`.

    Returns the counts, and as `numbers` how many averages there are.
    """
    path = Path(source)
    root = path if path.is_dir() else path.parent
    files = [name for name in candidates(path)[0] if instances.is_instances(root / name)]
    averaged, rejects, counts = instances.average(con, root, files)
    write_parquet(averaged, table, instances.AVERAGED_SCHEMA)
    write_json({"rejects": [reject._asdict() for reject in rejects], "counts": counts}, facts)
    return counts | {"numbers": len(averaged)}


def fingerprint(source: Path) -> str:
    """A text that changes whenever a file that may hold results is changed, added or removed."""
    paths, _, rejects = candidates(source)
    root = source if source.is_dir() else source.parent
    lines = [f"{reject.file}\t{reject.reason}" for reject in rejects]
    for path in paths:
        status = (root / path).stat()
        lines.append(f"{printable(path)}\t{status.st_size}\t{status.st_mtime_ns}{readable(root / path)}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
