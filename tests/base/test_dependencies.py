"""What a script depends on, from its code: modules at any depth, and the files that they name."""

import pytest
from builders import ROOT

from analysis.base.dependencies import dependencies


@pytest.fixture
def package(tmp_path):
    """A small package with modules, SQL and a template."""
    files = {
        "analysis/__init__.py": "",
        "analysis/a/__init__.py": "",
        "analysis/a/low.py": "import json\nNAME = 'steps/one'\n",
        "analysis/a/page.py": "TEMPLATE = 'a/page.html'\n",
        "analysis/a/folder.py": "FOLDER = 'sql/views/'\n",
        "analysis/b/__init__.py": "",
        "analysis/b/high.py": "from analysis.a import low\nfrom analysis.a.page import TEMPLATE\n",
        "analysis/b/lazy.py": "def f():\n    import analysis.a.low\n    '''steps/two'''\n",
        "analysis/a/page.html": "",
        "analysis/sql/steps/one.sql": "select 1",
        "analysis/sql/steps/two.sql": "select 2",
        "analysis/sql/views/x.sql": "select 3",
        "analysis/sql/views/y.sql": "select 4",
        "script.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def found(code):
        path = tmp_path / f"script_{abs(hash(code))}.py"
        path.write_text(code)
        return {file.relative_to(tmp_path / "analysis").as_posix() for file in dependencies(path, tmp_path)}

    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os, pandas", set()),
        ("import analysis", set()),
        ("from analysis.a.low import NAME", {"a/low.py", "sql/steps/one.sql"}),
        ("from analysis.a import low", {"a/low.py", "sql/steps/one.sql"}),
        ("def f():\n    from analysis.b.high import low", {"b/high.py", "a/low.py", "a/page.py", "a/page.html",
                                                          "sql/steps/one.sql"}),
        ("import analysis.b.lazy", {"b/lazy.py", "a/low.py", "sql/steps/one.sql", "sql/steps/two.sql"}),
        ("import analysis.a.folder", {"a/folder.py", "sql/views/x.sql", "sql/views/y.sql"}),
        ("x = 'steps/two'", {"sql/steps/two.sql"}),
        ("x = '../script.py'; y = '/etc/passwd'; z = 'no/such file'", set()),
    ],
)  # fmt: skip
def test_modules_and_files(package, code, expected):
    assert package(code) == expected


def test_a_script_does_not_depend_on_other_stages():
    """Scoring knows nothing of figures, and figures nothing of reading."""
    rooms = {
        name: {path.parts[-2] for path in dependencies(ROOT / f"workflow/scripts/{name}.py", ROOT) if path.suffix == ".py"}
        for name in ("download", "score", "dataset_figures", "croissant")
    }
    assert rooms["download"] == {"base", "sources"}
    assert rooms["score"] == {"base", "score"}
    assert not rooms["dataset_figures"] & {"sources", "formats", "normalise", "pages", "experiments"}
    assert rooms["croissant"] == {"base", "pages"}
