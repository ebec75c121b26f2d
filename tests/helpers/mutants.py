"""Mutation tests: `python tests/helpers/mutants.py score --sample 300`.

Small changes of the code of a room (a comparison, an operator, a number, a condition, in Python and in SQL) are made one at a time
in a copy of the repository, and the room's own tests run until one fails. A change that no test notices is a survivor, and is
printed: either a test is missing, or the change makes no difference.
"""

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = {
    "score": (["analysis/score/*.py", "analysis/sql/steps/series.sql", "analysis/sql/tables/curves.sql", "analysis/sql/tables/points.sql"],
              ["tests/score"]),
    "breaks": (["analysis/breaks/*.py", "analysis/sql/tables/breaks.sql"], ["tests/breaks", "tests/score/test_verdicts.py"]),
    "tables": (["analysis/base/tables.py", "analysis/sql/tables/*.sql", "analysis/sql/macros/*.sql"],
               ["tests/score", "tests/base", "tests/breaks"]),
    "repeats": (["analysis/normalise/repeats.py"], ["tests/normalise/test_repeats.py", "tests/formats/test_tables_as_written.py"]),
}  # fmt: skip
COMPARISONS = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
}
OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.BitAnd: "|", ast.BitOr: "&", ast.FloorDiv: "*"}
SQL = [
    (r"(?<![<>=!])<(?![=>])", "<="), (r"<=", "<"), (r"(?<![<>=!-])>(?!=)", ">="), (r">=", ">"), (r"<>", "="), (r" and ", " or "), (r" or ", " and "),
    (r"\bmin\(", "max("), (r"\bmax\(", "min("), (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r" / ", " * "), (r"\b1\b", "2"),
    (r"\b0\b", "1"), (r"\b5\b", "6"), (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"is not null", "is null"),
    (r"left join", "inner join"), (r"\bdesc\b", "asc"), (r"bool_and", "bool_or"), (r"median\(", "avg("),
]  # fmt: skip


def of_python(text):
    """(first character, last character, what stands there instead) of every change of Python code."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    encoded = text.encode()

    def place(line, column):
        return starts[line - 1] + column

    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS and len(node.ops) == 1:
            begin, end = (
                place(node.left.end_lineno, node.left.end_col_offset),
                place(node.comparators[0].lineno, node.comparators[0].col_offset),
            )
            old = encoded[begin:end].decode()
            found.append((begin, end, re.sub(r"[^\s()]+(\s+in)?", COMPARISONS[type(node.ops[0])], old, count=1)))
        elif (
            isinstance(node, ast.BinOp)
            and type(node.op) in OPERATORS
            and not isinstance(node.left, ast.Constant | ast.JoinedStr)
        ):
            begin, end = (
                place(node.left.end_lineno, node.left.end_col_offset),
                place(node.right.lineno, node.right.col_offset),
            )
            old = encoded[begin:end].decode()
            found.append((begin, end, re.sub(r"[-+*/&|]+", OPERATORS[type(node.op)], old, count=1)))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            begin, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
            found.append((begin, end, repr(node.value + 1)))
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            begin, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
            found.append((begin, end, repr(not node.value)))
        elif isinstance(node, ast.If | ast.IfExp):
            begin, end = place(node.test.lineno, node.test.col_offset), place(node.test.end_lineno, node.test.end_col_offset)
            found.append((begin, end, f"not ({encoded[begin:end].decode()})"))
    return [(begin, end, new) for begin, end, new in found if encoded[begin:end].decode() != new]


def of_sql(text):
    found = []
    for pattern, new in SQL:
        for match in re.finditer(pattern, text):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if "--" not in line:
                found.append((len(text[: match.start()].encode()), len(text[: match.end()].encode()), new))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    patterns, tests = ROOMS[options.room]
    files = [path for pattern in patterns for path in sorted(ROOT.glob(pattern)) if path.name != "__init__.py"]
    changes = [(path, *one) for path in files for one in (of_python if path.suffix == ".py" else of_sql)(path.read_text())]
    chosen = random.Random(options.seed).sample(changes, min(options.sample, len(changes)))
    killed, survivors = 0, []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(
            ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(".venv", ".git", "data/[!r]*", "results", ".snakemake")
        )
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0", *tests]
        environment = {"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin", "HYPOTHESIS_MAX_EXAMPLES": "20", "HOME": folder}
        for k, (path, begin, end, new) in enumerate(chosen):
            target, whole = copy / path.relative_to(ROOT), path.read_bytes()
            target.write_bytes(whole[:begin] + new.encode() + whole[end:])
            try:
                code = subprocess.run(command, cwd=copy, capture_output=True, env=environment, timeout=300).returncode
            except subprocess.TimeoutExpired:
                code = 1
            target.write_bytes(whole)
            if code:
                killed += 1
            else:
                line = whole[:begin].count(b"\n") + 1
                survivors.append(f"{path.relative_to(ROOT)}:{line}: {whole[begin:end].decode().strip()} -> {new.strip()}")
                print(f"survivor {survivors[-1]}", flush=True)
            if k % 20 == 19:
                print(f"{k + 1} of {len(chosen)}: {killed} killed", flush=True)
    print(f"{options.room}: {killed} of {len(chosen)} killed ({killed / len(chosen):.0%}), of {len(changes):,} possible")


if __name__ == "__main__":
    main()
