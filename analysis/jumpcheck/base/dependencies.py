"""What a script depends on, found in its code: the modules that it imports, and the files that these name.

Snakemake runs a rule again when its script is edited, but knows nothing of the modules that the script imports, or of the
SQL that these run. None of this is a list kept by hand. Modules are found in `import` statements anywhere in the code, and
followed from module to module. Files are found in string constants: `"score/series"` is `jumpcheck/score/sql/series.sql`,
with the SQL of all that it needs according to `tables.yml`; `"pages/report.html.j2"` is that file below `jumpcheck`;
`"score/sql/"` is every file of that folder, and `"figures/entries/*/numbers.sql"` every file of that pattern.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import yaml

PACKAGE = "jumpcheck"
TABLES = "base/tables.yml"


def _module_file(package: Path, name: str) -> Path | None:
    """The file of the module `name` of the package; None for another package, a folder or a name inside a module."""
    first, *rest = name.split(".")
    path = package.joinpath(*rest).with_suffix(".py")
    return path if first == PACKAGE and rest and path.is_file() else None


def _imported(package: Path, tree: ast.AST) -> Iterator[Path]:
    """Files of the modules of the package that the code imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from jumpcheck.figures import style` names a module, `from jumpcheck.base.files import replacing` does not.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from filter(None, (_module_file(package, name) for name in names))


@functools.cache
def _sql_of_needs(package: Path) -> dict[str, list[str]]:
    """{SQL file of an entry of tables.yml: SQL files of what it needs}, by room and name."""
    path = package / TABLES
    entries = yaml.safe_load(path.read_bytes()) if path.is_file() else {}
    sql = {name: entry["sql"] for name, entry in entries.items() if "sql" in entry}
    return {sql[name]: [sql[need] for need in entries[name].get("needs", []) if need in sql] for name in sql}


def _sql(package: Path, name: str) -> Iterator[Path]:
    """The SQL file `room/name`, and those of all that it needs."""
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _sql_of_needs(package).get(one, [])
    for room, _, file in (one.partition("/") for one in found):
        path = package / room / "sql" / f"{file}.sql"
        if path.is_file():
            yield path


def _named(package: Path, tree: ast.AST) -> Iterator[Path]:
    """Packaged files that string constants of the code name."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" in node.value):
            continue
        name = node.value
        if any(character.isspace() for character in name) or name.startswith(("/", ".")) or ".." in name or len(name) > 100:
            continue
        if name.endswith("/") and (package / name).is_dir():
            yield from (path for path in (package / name).iterdir() if path.is_file())
        elif "*" in name:
            yield from package.glob(name)
        elif (package / name).is_file():
            yield package / name
        else:
            yield from _sql(package, name)


@functools.cache
def _imports_and_names(package: Path, path: Path) -> tuple[frozenset[Path], frozenset[Path]]:
    """(modules that a file imports, packaged files that it names), without those of the imported modules."""
    tree = ast.parse(path.read_bytes(), str(path))
    return frozenset(_imported(package, tree)), frozenset(_named(package, tree))


def dependencies(script: Path, package: Path) -> list[Path]:
    """Files of the package whose edit changes what `script` does, sorted: modules, SQL and other files.

    Parameters
    ----------
    script : Path
        A Python file, inside the package or not. It is not among the result.
    package : Path
        Folder of the package `jumpcheck`.

    """
    modules: set[Path] = set()
    named: set[Path] = set()
    waiting = [script]
    while waiting:
        imports, names = _imports_and_names(package, waiting.pop())
        waiting += imports - modules
        modules |= imports
        named |= names
    return sorted(modules | named)
