"""An edit of any module, SQL file or other file re-runs the rules that use it, and no others.

In a copy of the repository, whose outputs are empty files that Snakemake takes for its own (`--touch`).
"""

import os
import shutil
import time
from pathlib import Path

import pytest
from builders import ROOT, jobs_of, snakemake

PARTS = ("Snakefile", "analysis", "config", "data/reference", "profiles", "workflow")
TRAINED = ("dataset=t", "source=trained", "experiments=smoke")
TESTED = {"pool", "breaks", "sensitivity", "forecast"}
FROM_DATABASE = {"croissant", "dataset_figures", "explorer", "pdf", "report_page", "sharp_and_smooth"}
EXPERIMENT_FIGURES = {"figure_3", "figure_4", "figure_7", "figure_8", "figure_10"}
# What an edit of a file re-runs: {file below analysis/jumpcheck: rules}.
EXPECTED = {
    "score/agreement.py": {"dataset_figures", "pdf", "report_page"},
    "figures/breaks.py": {"dataset_figures", "pdf", "report_page"},
    "figures/scores.py": {"dataset_figures", "pdf", "report_page"},
    "figures/size_lines.py": EXPERIMENT_FIGURES | {"report_page"},
    "breaks/scatter_prior.py": TESTED | {"database"} | FROM_DATABASE,
    "breaks/jump_sources.py": TESTED | {"database"} | FROM_DATABASE,
    "breaks/sensitivity.py": {"sensitivity", "database"} | FROM_DATABASE,
    "breaks/forecasts.py": {"forecast", "database"} | FROM_DATABASE,
    "experiments/comparisons.py": EXPERIMENT_FIGURES | {"sharp_and_smooth", "report_page"},
    "experiments/tidy_tables.py": {"trained", "average", "normalise", "gather", "score", "database"}
    | TESTED | FROM_DATABASE,
    "theory/score_files.py": {"simulate_world", "dataset_figures", "pdf", "report_page"},
    "pages/croissant.py": {"croissant"},
    "pages/explorer.js": {"explorer"},
    "pages/report.html.j2": {"report_page"},
    "breaks/sql/breaks.sql": {"sensitivity", "database"} | FROM_DATABASE,
    "database/sql/pairs.sql": {"database"} | FROM_DATABASE,
    "score/sql/scored_curves.sql": {"score", "simulate_world", "database"} | TESTED | FROM_DATABASE,
    "database/sql/claims.sql": {"database"} | FROM_DATABASE,
    "experiments/sql/sharpness.sql": {"sharp_and_smooth"},
    "figures/entries/figure_5b/numbers.sql": {"dataset_figures", "pdf", "report_page"},
    "figures/entries/break_gallery/numbers.sql": {"dataset_figures", "pdf", "report_page"},
    "database/sql/emergence_share.sql": {"simulate_world", "database"} | FROM_DATABASE,
    "figures/entries/forecasts/caption.rst": {"report_page"},
    "pages/sql/report_families.sql": {"report_page"},
    "figures/entries/forecasts/figure.yml": {"dataset_figures", "theory_figures", "pdf", "report_page"} | EXPERIMENT_FIGURES,
}  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Rules that a run in a finished copy of the repository would run; `planned.root` is the copy."""
    root = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        (root / part).parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, root / part)
    environment = os.environ | {"PYTHONPATH": str(root / "analysis")}

    def run(*arguments):
        result = snakemake(*arguments, "--config", *TRAINED, cwd=root, env=environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    for line in run("--summary").stdout.splitlines()[1:]:
        path = root / line.split("\t")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch() if path.suffix else path.mkdir(exist_ok=True)
    run("--touch")

    def found():
        result = run("--dry-run")
        return jobs_of(result.stdout + result.stderr)

    found.root = root
    assert found() == set()
    return found


# SQL functions are found by their folder, which all that opens a database reads: an edit re-runs more than what calls them.
EXPECTED_AT_LEAST = {
    "breaks/sql/tested_groups.sql": {"sensitivity", "database"} | FROM_DATABASE,
    "breaks/sql/group_verdicts.sql": {"database"} | FROM_DATABASE,
    "score/sql/jump_threshold.sql": {"sensitivity", "database"} | FROM_DATABASE,
}


def planned_after_an_edit(planned, name):
    """Rules that would run if a comment were added to a file of the package."""
    path = planned.root / "analysis/jumpcheck" / name
    content, times = path.read_bytes(), path.stat()
    comment = {".py": b"# edited\n", ".sql": b"-- edited\n", ".yml": b"# edited\n"}.get(Path(name).suffix, b"\n")
    path.write_bytes(content + comment)
    os.utime(path, (time.time() + 5, time.time() + 5))
    try:
        return planned()
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("name", EXPECTED)
def test_an_edit_re_runs_what_uses_the_file(planned, name):
    assert planned_after_an_edit(planned, name) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED_AT_LEAST)
def test_an_edit_of_an_sql_function_re_runs_what_calls_it(planned, name):
    assert planned_after_an_edit(planned, name) >= EXPECTED_AT_LEAST[name]
