"""What a script depends on, from its code: modules at any depth, and the files that they name."""

import pytest
from builders import ROOT
from jumpcheck.base.dependencies import dependencies


@pytest.fixture
def package(tmp_path):
    """A small package with modules, SQL and a template."""
    files = {
        "jumpcheck/__init__.py": "",
        "jumpcheck/a/__init__.py": "",
        "jumpcheck/a/low.py": "import json\nNAME = 'a/one'\n",
        "jumpcheck/a/page.py": "TEMPLATE = 'a/page.html'\n",
        "jumpcheck/a/folder.py": "FOLDER = 'b/sql/'\n",
        "jumpcheck/b/__init__.py": "",
        "jumpcheck/b/high.py": "from jumpcheck.a import low\nfrom jumpcheck.a.page import TEMPLATE\n",
        "jumpcheck/b/lazy.py": "def f():\n    import jumpcheck.a.low\n    '''a/two'''\n",
        "jumpcheck/a/page.html": "",
        "jumpcheck/a/sql/one.sql": "select 1",
        "jumpcheck/a/sql/two.sql": "select 2",
        "jumpcheck/b/sql/x.sql": "select 3",
        "jumpcheck/b/sql/y.sql": "select 4",
        "jumpcheck/base/tables.yml": "y: {sql: b/y, needs: [two, given]}\ntwo: {sql: a/two, needs: [one]}\n"
        "one: {sql: a/one}\ngiven: {}\n",
        "script.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    package = tmp_path / "jumpcheck"

    def found(code):
        path = tmp_path / f"script_{abs(hash(code))}.py"
        path.write_text(code)
        return {file.relative_to(package).as_posix() for file in dependencies(path, package)}

    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os, pandas", set()),
        ("import jumpcheck", set()),
        ("from jumpcheck.a.low import NAME", {"a/low.py", "a/sql/one.sql"}),
        ("from jumpcheck.a import low", {"a/low.py", "a/sql/one.sql"}),
        ("def f():\n    from jumpcheck.b.high import low", {"b/high.py", "a/low.py", "a/page.py", "a/page.html",
                                                          "a/sql/one.sql"}),
        ("import jumpcheck.b.lazy", {"b/lazy.py", "a/low.py", "a/sql/one.sql", "a/sql/two.sql"}),
        ("import jumpcheck.a.folder", {"a/folder.py", "b/sql/x.sql", "b/sql/y.sql"}),
        ("x = 'a/two'", {"a/sql/two.sql", "a/sql/one.sql"}),
        ("x = 'b/*/x.sql'", {"b/sql/x.sql"}),
        ("x = 'b/y'", {"b/sql/y.sql", "a/sql/two.sql", "a/sql/one.sql"}),
        ("x = '../script.py'; y = '/etc/passwd'; z = 'no/such file'", set()),
    ],
)  # fmt: skip
def test_modules_and_files(package, code, expected):
    assert package(code) == expected


def test_a_script_does_not_depend_on_other_stages():
    """Scoring knows nothing of figures, and figures nothing of reading."""
    rooms = {
        name: {
            path.parts[-2]
            for path in dependencies(ROOT / f"workflow/scripts/{name}.py", ROOT / "analysis/jumpcheck")
            if path.suffix == ".py"
        }
        for name in ("download", "score", "dataset_figures", "croissant")
    }
    assert rooms["download"] == {"base", "sources"}
    assert rooms["score"] == {"base", "score"}
    assert not rooms["dataset_figures"] & {"sources", "formats", "normalise", "pages", "experiments"}
    assert rooms["croissant"] == {"base", "pages"}
