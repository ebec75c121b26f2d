"""Mutation tests: `python tests/helpers/mutants.py score --sample 300`.

Small changes of the code of a room (a comparison, an operator, a number, a condition, in Python and in SQL) are made one at a time
in a copy of the repository, and the room's own tests run until one fails. A change that no test notices is a survivor, and is
printed: either a test is missing, or the change makes no difference.

Each run is a fork of one process that has imported the libraries. Before the first change all tests must pass; that run tells
which file of tests runs which function and reads which SQL. A change is tried with those, the fast ones and those first that
noticed most changes before.
"""

import argparse
import ast
import contextlib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# What the tests import and no change touches: a fork has it at once. Nothing of `analysis`, which is read from the copy.
import coverage
import duckdb
import hypothesis
import matplotlib.pyplot
import numpy
import pandas
import pyarrow.parquet
import pytest
import scipy.optimize
import scipy.stats

LIBRARIES = (duckdb, hypothesis, matplotlib, numpy, pandas, pyarrow, scipy)

ROOT = Path(__file__).parents[2]
ROOMS = {
    "score": (["analysis/jumpcheck/score/*.py", "analysis/jumpcheck/score/sql/series.sql", "analysis/jumpcheck/score/sql/curves.sql", "analysis/jumpcheck/score/sql/points.sql"],
              ["tests/score"]),
    "breaks": (["analysis/jumpcheck/breaks/*.py", "analysis/jumpcheck/breaks/sql/breaks.sql"], ["tests/breaks", "tests/score/test_verdicts.py"]),
    "tables": (["analysis/jumpcheck/base/tables.py", "analysis/jumpcheck/*/sql/*.sql"],
               ["tests/score", "tests/base", "tests/breaks/test_numbers_stay.py", "tests/breaks/test_verdict_rules.py"]),
    "repeats": (["analysis/jumpcheck/normalise/repeats.py"], ["tests/normalise/test_repeats.py", "tests/formats/test_tables_as_written.py"]),
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

    tree, found = ast.parse(text), []
    # What no result depends on: annotations, what is imported for them, and whether `zip` checks lengths that are equal.
    of_no_account = set()
    for node in ast.walk(tree):
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        parts += [node.value] if isinstance(node, ast.keyword) and node.arg == "strict" else []
        parts += [node] if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else []
        of_no_account |= {inner for part in parts if isinstance(part, ast.AST) for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if node in of_no_account:
            continue
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
    # Comments, and what is written to be read: sentences hold "and" and numbers too.
    of_no_account = [match.span() for match in re.finditer(r"--[^\n]*|'(?:[^']|'')*'", text)]
    return [
        (len(text[: match.start()].encode()), len(text[: match.end()].encode()), new)
        for pattern, new in SQL
        for match in re.finditer(pattern, text)
        if not any(begin <= match.start() < end for begin, end in of_no_account)
    ]


@contextlib.contextmanager
def watching(copy, seen):
    """Write what is run and read meanwhile to the file `seen`: {path in `copy`: lines that were run, or [] of other files}."""
    found = {}

    def opened(event, arguments):
        if event == "open" and str(arguments[0]).startswith(str(copy)):
            found.setdefault(str(arguments[0]), [])

    sys.addaudithook(opened)
    watch = coverage.Coverage(data_file=None, include=[f"{copy}/analysis/*"])
    watch.start()
    yield
    watch.stop()
    data = watch.get_data()
    found |= {path: data.lines(path) for path in data.measured_files()}
    seen.write_text(json.dumps({str(Path(path).relative_to(copy)): lines for path, lines in found.items()}))


class Failed:
    """Notes which file of tests fails: it comes earlier then."""

    def __init__(self, note):
        self.note = note

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.note.write_text(report.nodeid.partition("::")[0])


def code_of(copy, tests, seconds, seen=None):
    """0 where the tests pass in `copy`: run by a fork, which is ended after `seconds`."""
    child = os.fork()
    if not child:
        os.setsid()  # so that what the tests start ends with it
        signal.alarm(int(seconds))
        os.chdir(copy)
        os.environ |= {"PYTHONPATH": str(copy), "HOME": str(copy.parent)}
        sys.path.insert(0, str(copy))
        sys.dont_write_bytecode = True  # a change within a second of the last one has the same time stamp
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        code = 3
        try:
            with watching(copy, seen) if seen else contextlib.nullcontext():
                options = ["-x", "-q", "-p", "no:cacheprovider", "-n", "0"]
                code = int(pytest.main([*options, *tests], plugins=[Failed(copy.parent / "failed")]))
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return code


def undisturbed(copy, tests):
    """{file of tests: (its seconds, what it runs and reads)}; they must pass before anything is changed."""
    files = sorted(
        {path for one in tests for path in ([copy / one] if one.endswith(".py") else (copy / one).glob("test_*.py"))}
    )
    taken = {}
    for path in files:
        name, seen = str(path.relative_to(copy)), copy.parent / "seen.json"
        started = time.perf_counter()
        code = code_of(copy, [name], 900, seen)
        if code not in (0, 5):  # 5: all its tests are slow ones
            sys.exit(f"{name} fails before anything was changed")
        taken[name] = time.perf_counter() - started, json.loads(seen.read_text())
    print(f"{len(files)} files of tests in {sum(seconds for seconds, _ in taken.values()):.0f} s", flush=True)
    return taken


def lines_around(path, line):
    """The lines of the body of the innermost function around a line of Python; None where it is in none, and of SQL."""
    if path.suffix != ".py":
        return None
    bodies = [
        range(node.body[0].lineno, node.end_lineno + 1)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]
    return min((body for body in bodies if line in body), key=len, default=None)


def tests_of(path, line, taken):
    """The files of tests that run the function around a line, or that read the file.

    All files of tests where none is known to do so: code that worker processes run is not recorded.
    """
    name, around = str(path.relative_to(ROOT)), lines_around(path, line)
    found = [
        one
        for one, (_, seen) in taken.items()
        if name in seen and (around is None or not set(seen[name]).isdisjoint(around))
    ]
    return found or list(taken)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="1/1", help="2/3: every third change of the sample, from the second on")
    options = parser.parse_args()
    patterns, tests = ROOMS[options.room]
    files = [path for pattern in patterns for path in sorted(ROOT.glob(pattern)) if path.name != "__init__.py"]
    changes = [(path, *one) for path in files for one in (of_python if path.suffix == ".py" else of_sql)(path.read_text())]
    chosen = random.Random(options.seed).sample(changes, min(options.sample, len(changes)))
    part, n_parts = map(int, options.part.split("/"))
    chosen = chosen[part - 1 :: n_parts]
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(
            ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(".venv*", ".git", "results", "logs", ".snakemake")
        )
        taken, noticed = undisturbed(copy, tests), Counter()
        for k, (path, begin, end, new) in enumerate(chosen, 1):
            target, whole = copy / path.relative_to(ROOT), path.read_bytes()
            line = whole[:begin].count(b"\n") + 1
            tests = sorted(tests_of(path, line, taken), key=lambda one: taken[one][0] / (1 + noticed[one]))
            (copy.parent / "failed").write_text("")
            target.write_bytes(whole[:begin] + new.encode() + whole[end:])
            is_killed = code_of(copy, tests, 60 + 3 * sum(taken[one][0] for one in tests)) != 0
            target.write_bytes(whole)
            killed += is_killed
            noticed[(copy.parent / "failed").read_text()] += 1
            if not is_killed:
                place = f"{path.relative_to(ROOT)}:{line}"
                print(f"survivor {place}: {whole[begin:end].decode().strip()} -> {new.strip()}", flush=True)
            if k % 20 == 0:
                print(f"{k} of {len(chosen)}: {killed} killed", flush=True)
    print(f"{options.room}: {killed} of {len(chosen)} killed ({killed / len(chosen):.0%}), of {len(changes):,} possible")


if __name__ == "__main__":
    main()
