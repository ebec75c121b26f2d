"""What a script depends on, found in its code: the modules that it imports, and the files that these name.

An edit of any of them must re-run the script, so none of this is a list kept by hand. Modules are found in `import`
statements anywhere in the code, and followed from module to module. Files are found in string constants:
`"steps/trials"` is `analysis/sql/steps/trials.sql`, `"pages/report.html.j2"` is that file below `analysis`,
and `"sql/views/"` is every file of that folder.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "analysis"


def _module_file(root: Path, name: str) -> Path | None:
    """The file of the module `name` of the package; None for another package, a folder or a name inside a module."""
    if name.split(".")[0] != PACKAGE:
        return None
    path = root.joinpath(*name.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def _imported(root: Path, tree: ast.AST) -> Iterator[Path]:
    """Files of the modules of the package that the code imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from analysis.figures import style` names a module, `from analysis.base.files import replacing` does not.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from filter(None, (_module_file(root, name) for name in names))


def _named(root: Path, tree: ast.AST) -> Iterator[Path]:
    """Packaged files that string constants of the code name."""
    package = root / PACKAGE
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" in node.value):
            continue
        name = node.value
        if any(character.isspace() for character in name) or name.startswith(("/", ".")) or ".." in name or len(name) > 100:
            continue
        if name.endswith("/") and (package / name).is_dir():
            yield from (path for path in (package / name).iterdir() if path.is_file())
        else:
            yield from (path for path in (package / name, package / f"sql/{name}.sql") if path.is_file())


@functools.cache
def _imports_and_names(root: Path, path: Path) -> tuple[frozenset[Path], frozenset[Path]]:
    """(modules that a file imports, packaged files that it names), without those of the imported modules."""
    tree = ast.parse(path.read_bytes(), str(path))
    return frozenset(_imported(root, tree)), frozenset(_named(root, tree))


def dependencies(script: Path, root: Path) -> list[Path]:
    """Files below `root` whose edit changes what `script` does, sorted: modules of the package, SQL and other files.

    Parameters
    ----------
    script : Path
        A Python file, inside the package or not. It is not among the result.
    root : Path
        Folder that holds the package `analysis`.

    """
    modules: set[Path] = set()
    named: set[Path] = set()
    waiting = [script]
    while waiting:
        imports, names = _imports_and_names(root, waiting.pop())
        waiting += imports - modules
        modules |= imports
        named |= names
    return sorted(modules | named)
