"""The house: rooms import earlier ones alone, files and functions stay small, and scripts are adapters."""

import ast
import doctest
import importlib
import re
import subprocess
import sys

import pytest
import rooms
from builders import ROOT
from jumpcheck.base.dependencies import dependencies

PYTHON = sorted([*ROOT.glob("analysis/**/*.py"), *ROOT.glob("workflow/**/*.py")])
FILES = [*PYTHON, *ROOT.glob("workflow/**/*.smk"), *ROOT.glob("analysis/**/*.sql"), ROOT / "workflow/Snakefile"]
SCRIPTS = sorted(ROOT.glob("workflow/scripts/*.py"))


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_no_function_is_long(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, f"{node.name} has {node.end_lineno - node.lineno + 1} lines"


def test_rooms_are_the_folders_and_have_tests_of_their_own():
    folders = {path.parent.name for path in ROOT.glob("analysis/jumpcheck/*/__init__.py")}
    assert folders == set(rooms.ORDER)
    assert {path.parent.name for path in ROOT.glob("tests/*/test_*.py")} == folders | {"workflow", "faults"}


@pytest.mark.parametrize("room", rooms.ORDER)
def test_no_room_imports_a_later_one(room):
    later = set(rooms.ORDER[rooms.ORDER.index(room) + 1 :])
    for path in rooms.modules(room):
        assert not rooms.imports(path) & later, path


def test_importing_the_package_loads_none_of_the_large_libraries():
    code = "import sys, jumpcheck; print([n for n in ('pandas', 'scipy', 'duckdb', 'numpy', 'pyarrow') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    done = subprocess.run(
        [sys.executable, "-c", "from jumpcheck import emergence_score; print(emergence_score([0, 1, 3]))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) == pytest.approx(3 / 2.5**0.5)


@pytest.mark.parametrize("path", [p for p in PYTHON if ">>> " in p.read_text(encoding="utf-8")], ids=name_of)
def test_examples_in_docstrings_run(path):
    module = importlib.import_module(".".join(path.relative_to(ROOT / "analysis").with_suffix("").parts))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_an_adapter_of_a_rule(path):
    if path.stem == "job":
        assert any("from job import" in script.read_text(encoding="utf-8") for script in SCRIPTS)
        return
    rules = "".join(rule.read_text(encoding="utf-8") for rule in ROOT.glob("workflow/rules/*.smk"))
    assert f'"../scripts/{path.name}"' in rules
    code = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(code) <= 15


def test_what_a_rule_depends_on_is_found_and_not_listed():
    for path in ROOT.glob("workflow/rules/*.smk"):
        for rule in re.split(r"\n(?=\s*rule )", path.read_text(encoding="utf-8")):
            if script := re.search(r'"\.\./scripts/(\w+\.py)"', rule):
                assert f'code=code_of("{script[1]}")' in rule, f"{path.name}: {script[1]}"
            if "def " not in rule:
                assert "../../analysis" not in rule, f"{path.name} names a file of the package"


def test_every_sql_file_is_run_by_something():
    found = set()
    for path in [*SCRIPTS, *rooms.PACKAGE.glob("*/*.py")]:
        found |= set(dependencies(path, rooms.PACKAGE))
    assert set(rooms.PACKAGE.rglob("*.sql")) <= found


def test_the_table_of_rooms_is_that_of_the_code():
    """All but the numbers of lines, which every edit changes."""
    page = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    for line in rooms.table().splitlines()[2:]:
        room, purpose, _, _, used = [cell.strip() for cell in line.strip("|").split("|")]
        pattern = rf"\| {re.escape(room)} \| {re.escape(purpose)} \| \d+ \| [\d,]+ \| {re.escape(used)} \|"
        assert re.search(pattern, page), f"{room}: python tests/helpers/rooms.py gives the table of docs/contributing.md"
