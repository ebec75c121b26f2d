"""The whole workflow, run as a user runs it."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
import small_tree
from builders import ROOT, entry, jobs_of, put, put_curve, score_file, snakemake

FEW = ["anachronisms", "modified_arithmetic"]


# Figures of the dataset, all drawn by one job.
QUICK = ["figure_5a_pairs", "figure_5a_triplets", "figure_5b", "figure_5c", "emergence_share", "emergence_survival"]


TESTING = ("pool", "breaks", "sensitivity", "forecast")
SCORING = ("score", *TESTING)
OF_A_SHARD = (
    "models",
    "tasks",
    "rejects",
    "recovered",
    "scored_curves",
    "points",
    "trials",
    "measured",
)


def run(source, *arguments, cwd=ROOT, **options):
    finished = snakemake(*arguments, "--config", "dataset=d", f"source={source}", cwd=cwd, **options)
    return finished, finished.stdout + finished.stderr


def digests(folder):
    """SHA-256 of every Parquet, CSV, JSON, SVG and PNG file below `folder`."""
    kinds = {".parquet", ".csv", ".json", ".svg", ".png"}
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in ("data", "results")
        for path in sorted((folder / top).rglob("*"))
        if path.suffix in kinds
    }


def assert_same_files(folder, whole):
    """Every file below `folder` has the bytes of that in `whole`, and those of QUICK are all there."""
    found, expected = digests(folder), digests(whole)
    assert found == {name: expected[name] for name in found}
    assert {f"results/d/figures/{name}.svg" for name in QUICK} <= set(found)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("source")
    small_tree.write(root, FEW)
    return root


@pytest.fixture(scope="module")
def finished(source, tmp_path_factory):
    """A working directory in which a run has ended well, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    result, printed = run(source, "--directory", folder)
    assert result.returncode == 0, printed
    return folder, printed


def test_a_run_makes_everything_and_says_what(finished, source):
    folder, printed = finished
    made = set(digests(folder))
    figures = [*QUICK, "world_without_emergence", "figure_2", "figure_9", "at_least_k", "test_set_size", "sampling"]
    figures += ["figure_6", "break_verdicts", "break_gallery", "break_sizes", "forecasts", "annotated_agreement"]
    figures += ["pairs_by_metric", "sudden_pairs"]
    assert made == {
        "data/d/simulated_share.parquet",
        *(f"data/d/{name}.parquet" for name in ("models", "tasks", "rejects", "curves", "metrics_seen", "examples")),
        *(f"data/d/{name}.parquet" for name in ("pools", "model_effects", "task_effects", "sensitivity", "forecasts")),
        *(f"data/d/shards/000/{name}.parquet" for name in OF_A_SHARD),
        "data/d/shards/000/normalise.json",
        "data/d/shards/000/scores/part-0000.parquet",
        *(f"data/d/{name}.json" for name in ("manifest", "normalise", "croissant")),
        "data/d/scores/part-0000.parquet",
        *(f"results/d/figures/{name}.{kind}" for name in figures for kind in ("svg", "png")),
        *(f"results/d/tables/{name}.csv" for name in [*figures, "annotated_tasks"]),
    }
    page = (folder / "results/d/report.html").read_text(encoding="utf-8")
    assert all(f'id="{name}"' in page for name in figures) and "http-equiv" in page
    numbers = sum(
        len(one["score_dict"]) for path in source.rglob("*.json") for one in json.loads(path.read_text())["scores"]
    )
    assert f"{numbers:,} numbers in = {numbers:,} scores + 0 rejected values" in printed
    with duckdb.connect(str(folder / "data/d/emergence.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from scores").fetchall() == [(numbers,)]
        facts = dict(con.execute("select key, value from provenance").fetchall())
    assert facts["source"] == str(source)
    assert json.loads(facts["config"])["emergence_threshold"] == 20
    assert not [path for path in folder.rglob("*.tmp*")]


def test_a_second_run_does_nothing(finished, source):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if ".snakemake" not in path.parts}
    result, printed = run(source, "--directory", folder)
    assert result.returncode == 0 and "Nothing to be done" in printed
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if ".snakemake" not in path.parts}
    assert before == after


MADE_ONE_AFTER_THE_OTHER = (
    "data/d/**/scores/*.parquet",
    "data/d/**/scored_curves.parquet",
    "data/d/curves.parquet",
    "data/d/**/measured.parquet",
    "data/d/emergence.duckdb",
)


def running_until(process, folder, pattern):
    """Whether a file of this pattern was there before the process ended."""
    while process.poll() is None:
        if any(folder.glob(pattern)):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.slow
def test_the_inner_entry_does_the_same(finished, source, tmp_path):
    """Also after a kill: the default profile is found from there too."""
    command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", "-s", ROOT / "workflow/Snakefile", *QUICK]
    command += ["--config", "dataset=d", f"source={source}"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert running_until(process, tmp_path, MADE_ONE_AFTER_THE_OTHER[0])
    process.kill()
    process.wait()
    result, printed = run(source, "-s", ROOT / "workflow/Snakefile", *QUICK, cwd=tmp_path)
    assert result.returncode == 0, printed
    assert_same_files(tmp_path, finished[0])


@pytest.mark.slow
def test_a_change_of_the_input_or_the_configuration_re_runs_what_depends_on_it(source, tmp_path):
    changing = tmp_path / "source"
    shutil.copytree(source, changing)

    def planned(*config):
        known = ("dataset=d", f"source={changing}")
        result = snakemake("--dry-run", *QUICK, "--directory", tmp_path, "--config", *known, *config)
        assert result.returncode == 0, result.stdout + result.stderr
        return jobs_of(result.stdout + result.stderr)

    result, printed = run(changing, *QUICK, "--directory", tmp_path)
    assert result.returncode == 0, printed
    assert planned() == set()
    figures = {"dataset_figures", *QUICK}
    world = {"simulate_world"}  # beside which figures draw the dataset
    tested = {"breaks", "sensitivity", "database"}  # pools are of the curves alone, whatever is asked of them
    assert planned("emergence_threshold=25") == tested | world | figures
    assert planned("sharpness_threshold=3") == tested | figures
    assert planned("smallest_break=0.7") == tested | figures
    path = next(changing.rglob("scores_*.json"))
    path.write_text(path.read_text() + "\n")
    assert planned() == {"download", "normalise", "gather", *SCORING, "database"} | figures


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [False, True], ids=["snakemake alone", "with its children"])
def test_killed_and_started_again(finished, source, tmp_path, whole_group):
    """SIGKILL as soon as the next file is there, and the same command again: the end is the same to the last byte."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2", "--directory", str(tmp_path), *QUICK]
    command += ["--config", "dataset=d", f"source={source}"]
    for pattern in MADE_ONE_AFTER_THE_OTHER:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert running_until(process, tmp_path, pattern)
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
    result, printed = run(source, "--directory", tmp_path, *QUICK)
    assert result.returncode == 0, printed
    assert_same_files(tmp_path, finished[0])


def test_two_runs_on_one_dataset_do_not_meet(source, tmp_path):
    (tmp_path / "data/d").mkdir(parents=True)
    with (tmp_path / "data/d/.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result, printed = run(source, "--directory", tmp_path)
    assert result.returncode != 0
    assert "another run works on dataset 'd'" in printed
    assert not list((tmp_path / "data/d").glob("*.parquet"))


@pytest.fixture
def mixed(tmp_path):
    """A source with good curves and bad input."""
    root = tmp_path / "mixed"
    put_curve(root, [0, 0.1, 0.2, 0.3, 0.4, 0.9])
    put(root, b"", "scores_empty.json")
    put(root, score_file([entry({"exact_str_match": None}, shots=7)]), "scores_null.json")
    return root


def test_bad_input_is_counted_and_the_run_goes_on(mixed, tmp_path):
    result, printed = run(mixed, "--directory", tmp_path, "database")
    assert result.returncode == 0, printed
    assert "7 of 8 files read; 7 numbers in = 6 scores + 1 rejected values; 1 files" in printed
    with duckdb.connect(str(tmp_path / "data/d/emergence.duckdb"), read_only=True) as con:
        found = con.execute("select kind, file, reason from rejects order by kind").fetchall()
    results = "bigbench/benchmark_tasks/a_task/results"
    assert found == [
        ("file", f"{results}/scores_empty.json", "empty"),
        ("value", f"{results}/scores_null.json", "not_a_number"),
    ]


def test_strict_fails_and_names_the_fault(mixed, tmp_path):
    result = snakemake("--directory", tmp_path, "database", "--config", "dataset=d", f"source={mixed}", "strict=true")
    printed = result.stdout + result.stderr
    assert result.returncode != 0
    assert "error: strict: 2 things could not be taken in" in printed and "scores_empty.json: empty" in printed
    assert not (tmp_path / "data/d/emergence.duckdb").exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (["emergence_treshold=3"], "there is no key 'emergence_treshold'; the nearest one is 'emergence_threshold'"),
        (["dataset=../x"], "'../x' does not match"),
        (["dataset=reference"], "'reference' does not match"),
        (["steepest_plausible_slope=-0.2"], "there is no key 'steepest_plausible_slope'"),
        (["smallest_break=0"], "0 is less than or equal to the minimum of 0"),
        (["sharpness_threshold=nan"], "sharpness_threshold is nan; give a finite number"),
        (["emergence_threshold=-1"], "-1 is less than or equal to the minimum of 0"),
        (["emergence_threshold=nan"], "emergence_threshold is nan; give a finite number"),
        (["dataset=2023_1"], "dataset is read as 20231; give a text with a letter"),
    ],
)
def test_a_wrong_configuration_stops_at_once(config, message, tmp_path):
    result = snakemake("--directory", tmp_path, "--config", *config)
    assert result.returncode != 0
    assert message in result.stdout + result.stderr
    assert not (tmp_path / "data").exists()


def test_a_target_that_is_not_there_is_named_beside_the_nearest(tmp_path):
    result = snakemake("figure_5a_pair", "--directory", tmp_path)
    printed = result.stdout + result.stderr
    assert result.returncode != 0
    last = result.stderr.splitlines()[-1]
    assert last.startswith("error: there is no target 'figure_5a_pair'; the nearest are figure_5a_pairs"), printed
    other = snakemake("results/d/figure.svg", "--directory", tmp_path)
    assert other.returncode != 0 and "no target" not in other.stdout + other.stderr


def test_a_source_that_is_not_there_is_one_line(tmp_path):
    result, printed = run("/nowhere", "--directory", tmp_path)
    assert result.returncode != 0
    lines = [line for line in printed.splitlines() if "/nowhere is not there. Give a folder" in line]
    # Where it happens, and once more at the end, where Snakemake's own words do not hide it.
    assert len(lines) == 2 and lines[0] == lines[1] and lines[0].startswith("download: error: source:")
    assert result.stderr.splitlines()[-1] == lines[0]


def test_a_working_directory_may_have_its_own_configuration(source, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(f"dataset: mine\nsource: {source}\n")
    result = snakemake("--dry-run", "--directory", tmp_path, "-s", ROOT / "Snakefile", "--printshellcmds")
    printed = result.stdout + result.stderr
    assert result.returncode == 0 and "normalise" in jobs_of(printed), printed


@pytest.mark.slow
def test_real_results_end_to_end_in_time(real_source, tmp_path):
    started = time.monotonic()
    result, printed = run(real_source, "--directory", tmp_path)
    seconds = time.monotonic() - started
    assert result.returncode == 0, printed
    assert "1,800 numbers in = 1,800 scores + 0 rejected values" in printed
    assert "150 curves (7 infinite, 1 flat, 0 with fewer than 3 scales)" in printed
    print(f"{seconds:.1f} s for the real results")


def test_the_report_is_made(finished, source):
    folder, _ = finished
    result, printed = run(source, "--directory", folder, "--report", folder / "report.html")
    assert result.returncode == 0, printed
    assert (folder / "report.html").stat().st_size > 100_000


@pytest.mark.slow
def test_a_simulated_benchmark_says_so_everywhere(tmp_path):
    """Deterministic, with its truth, and the word "simulated" in every figure that shows its data."""
    config = ["dataset=made_up", "source=simulated", "n_tasks=3", "seed=5"]
    result = snakemake("--directory", tmp_path, "--config", *config)
    printed = result.stdout + result.stderr
    assert result.returncode == 0, printed
    assert "156 score files" in printed and "n_tasks=3, seed=5" in printed
    with duckdb.connect(str(tmp_path / "data/made_up/emergence.duckdb"), read_only=True) as con:
        n_curves = con.execute("select count(*) from curves where entry_kind <> 'aggregate'").fetchall()
        assert con.execute("select count(*) from truth").fetchall() == n_curves
        facts = dict(con.execute("select key, value from provenance").fetchall())
    assert facts["source_kind"] == "simulated" and "seed=5" in facts["simulated_world"]
    figures = sorted((tmp_path / "results/made_up/figures").glob("*.svg"))
    assert len(figures) == 19
    for path in figures:
        text = path.read_text(encoding="utf-8")
        assert "dataset: made_up (simulated)" in text, path.name
        assert ("labels: Wei et al. 2022" in text) == (path.stem in ("figure_5b", "figure_5c"))
    again = snakemake("--directory", tmp_path, "--config", *config)
    assert "Nothing to be done" in again.stdout + again.stderr
    other = snakemake("--dry-run", "--directory", tmp_path, "--config", *config[:-1], "seed=6")
    assert "simulate" in jobs_of(other.stdout + other.stderr)


@pytest.mark.parametrize("reachable", [True, False])
def test_make_asks_whether_the_host_answers(tmp_path, reachable):
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "repo.git"], check=True)
    (tmp_path / "config").mkdir()
    good = f"file://{tmp_path}/repo.git"
    if reachable:
        stream = b"commit refs/heads/master\ncommitter a <a@b> 1 +0000\ndata 1\nx\n"
        subprocess.run(["git", "fast-import", "--quiet"], cwd=tmp_path / "repo.git", input=stream, check=True)
        subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/master"], cwd=tmp_path / "repo.git", check=True)
    source = good if reachable else "http://127.0.0.1:9/x.git"
    (tmp_path / "config/config.yaml").write_text(f"source: {source}\n")
    asked = subprocess.run(
        [sys.executable, "-m", "jumpcheck.sources.reachable"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (asked.returncode == 0) == reachable
    assert asked.stdout == (f"{source} answers: all scores of this repository.\n" if reachable else "")


SAID = {
    "repository": [],
    "all_metrics": ["BIG-bench's repository cannot be reached: its scores under all metrics, in one published file."],
    "preferred": ["BIG-bench's repository cannot be reached: its preferred scores, in one published file."],
    "simulated": ["!! BIG-bench cannot be reached: what follows is SIMULATED."],
}
CALLED = {name: f"called with --cores 3 --config dataset=bigbench_{name} source={name}" for name in SAID} | {
    "repository": "called with --cores 3",
    "simulated": "called with --cores 3 --config dataset=simulated source=simulated",
}


@pytest.mark.parametrize(
    ("answers", "fails", "taken"),
    [
        ("repository all_metrics preferred", "none", ["repository"]),
        ("all_metrics preferred", "none", ["all_metrics"]),
        ("all_metrics preferred", "all_metrics", ["all_metrics", "preferred"]),
        ("preferred", "none", ["preferred"]),
        ("", "none", ["simulated"]),
    ],
)
def test_make_takes_the_best_source_that_answers(tmp_path, answers, fails, taken):
    """The recipe of the Makefile with a Snakemake that only says how it was called."""
    (tmp_path / "bin").mkdir()
    asked = 'for last; do :; done; case "$last" in *reachable) last=repository;; esac'
    for name, code in (
        ("python", f'{asked}; case " {answers} " in *" $last "*) exit 0;; *) exit 1;; esac'),
        ("snakemake", f'echo called with "$@"; case "$*" in *source={fails}) exit 1;; esac'),
    ):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(CURDIR)/.venv/bin", str(tmp_path / "bin"))
    (tmp_path / "Makefile").write_text(text.replace("run: setup", "run:"))
    result = subprocess.run(["make", "--no-print-directory", "CORES=3"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = [line for line in result.stdout.splitlines() if line]
    assert [line for line in lines if line.startswith("called")] == [CALLED[name] for name in taken]
    for name in taken:
        assert all(any(line.startswith(said) for line in lines) for said in SAID[name])
    assert any("could not be used" in line for line in lines) == (fails != "none")
