"""The rooms of the package: what lives there, how large it is, and what it imports.

`python tests/helpers/rooms.py` prints the table of docs/contributing.md.
"""

import ast
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "analysis/jumpcheck"
ORDER = (
    "base", "sources", "models", "formats", "normalise", "score", "breaks", "database", "theory", "experiments", "figures",
    "pages",
)  # fmt: skip
"""A room may import those before it."""


def modules(room):
    """Files of the modules of a room."""
    return sorted((PACKAGE / room).glob("*.py"))


def imports(path):
    """Rooms that a file imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("jumpcheck.")}
    return found


def n_lines(paths):
    """Lines of all files together."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def table():
    """One line of Markdown per room."""
    lines = ["| room | what lives there | modules | lines | imports |", "|---|---|---|---|---|"]
    for room in ORDER:
        paths = modules(room)
        purpose = importlib.import_module(f"jumpcheck.{room}").__doc__.strip()
        used = sorted(set().union(*map(imports, paths)) - {room}, key=ORDER.index)
        size = f"{len(paths) - 1} | {n_lines(paths):,}"
        lines.append(f"| `{room}` | {purpose} | {size} | {', '.join(used) or 'nothing'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.path.insert(0, str(PACKAGE.parent))
    print(table())
