"""What once broke a run, or went on in silence: damaged files, secrets in addresses, odd places and names."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import duckdb
import pytest
from builders import ROOT, put_curve, snakemake
from result_files import v4, write

pytestmark = pytest.mark.slow
CURVE = [0, 0, 2 / 203, 4 / 203, 2 / 203, 107 / 203]
SECRET = "s3cr3t-of-mine"


def run(folder, source, *targets, **config):
    choices = [f"{name}={value}" for name, value in {"dataset": "d", "source": source, **config}.items()]
    result = snakemake(*targets, "--directory", folder, "--config", *choices)
    return result.returncode, result.stdout + result.stderr


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that has ended well."""
    folder = tmp_path_factory.mktemp("finished")
    put_curve(folder / "in", CURVE)
    code, said = run(folder, folder / "in", "data/d/emergence.duckdb")
    assert code == 0, said
    return folder


DAMAGED = [
    "emergence.duckdb", "shards/000/scores", "manifest.json", "normalise.json", "shards/000/trials.parquet",
    "shards/000/measured.parquet", "shards/000/scored_curves.parquet", "pools.parquet", "models.parquet",
]  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_was_cut_between_runs_stops_a_run_until_it_is_set_aside(finished, tmp_path, name):
    folder = tmp_path / "again"
    shutil.copytree(finished, folder, symlinks=True)
    output = folder / "data/d" / name
    path = next(output.glob("*.parquet")) if output.is_dir() else output
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    before = {each: each.stat().st_mtime_ns for each in (folder / "data").rglob("*")}
    asked = (f"data/d/{name}", "data/d/emergence.duckdb")
    for looks in (("-n",), ("--summary",)):
        code, said = run(folder, folder / "in", *looks, *asked)
        assert code == 0 and f"{len(whole) // 2:,} bytes, and {len(whole):,} when it was made" in said
        assert "snakemake --cores 1 verify" in said
    assert {each: each.stat().st_mtime_ns for each in (folder / "data").rglob("*")} == before
    _, said = run(folder, folder / "in", *asked)  # it may have nothing to do, and then does not stop
    assert "snakemake --cores 1 verify" in said and path.read_bytes() == whole[: len(whole) // 2]
    # Another setting, so that there is something to do.
    code, said = run(folder, folder / "in", *asked, emergence_threshold=21)
    assert code != 0 and "snakemake --cores 1 verify" in said and path.read_bytes() == whole[: len(whole) // 2]
    code, said = run(folder, folder / "in", "verify")
    assert code == 0 and "1 damaged outputs" in said and not output.exists()
    assert output.with_name(f"{output.name}.damaged").exists()
    code, said = run(folder, folder / "in", *asked)
    assert code == 0 and "damaged" not in said, said
    assert path.stat().st_size > 0.9 * len(whole)
    with duckdb.connect(str(folder / "data/d/emergence.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from scores").fetchall() == [(6,)]


def test_a_job_that_is_killed_when_it_runs_again_leaves_no_record_of_what_it_made_before(finished, tmp_path):
    """Else its new outputs, of another size than the old ones, would be called damaged, and no run would go on."""
    folder = tmp_path / "again"
    shutil.copytree(finished, folder, symlinks=True)
    record = folder / "logs/d/breaks_000.made.json"
    assert record.exists()
    choices = ["dataset=d", f"source={folder / 'in'}", "emergence_threshold=21"]
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "data/d/emergence.duckdb", "--directory", str(folder)]
    process = subprocess.Popen([*command, "--config", *choices], cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    while record.exists() and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (folder / "data/d/shards/000/measured.parquet").write_bytes(b"half")
    code, said = run(folder, folder / "in", "data/d/emergence.duckdb", emergence_threshold=21)
    assert code == 0 and "damaged" not in said, said


def test_other_content_of_the_same_size_is_found_where_it_is_looked_for(finished, tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(finished, folder, symlinks=True)
    path = folder / "data/d/pools.parquet"
    whole = path.read_bytes()
    content = bytearray(whole)
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    os.utime(path, (1e9, 1e9))
    code, said = run(folder, folder / "in", "verify")
    assert code == 0 and "pools.parquet has other content than when it was made" in said and not path.exists()
    code, said = run(folder, folder / "in", "data/d/pools.parquet")
    assert code == 0 and path.read_bytes() == whole


@pytest.mark.parametrize(
    "address", ["http://user:{0}@127.0.0.1:1/x.git", "https://{0}@host.invalid/x.git", "ssh://u:{0}@h/x"]
)
def test_a_secret_in_an_address_is_written_nowhere(tmp_path, address):
    code, said = run(tmp_path, address.format(SECRET))
    assert code != 0 and "credential.helper" in said and "GIT_ASKPASS" in said and SECRET not in said
    places = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in places if SECRET.encode() in path.read_bytes()]


def test_braces_in_paths(tmp_path):
    put_curve(tmp_path / "in {x}/{y}", CURVE)
    code, said = run(tmp_path, tmp_path / "in {x}/{y}", "data/d/emergence.duckdb")
    assert code == 0, said


def test_a_project_in_a_folder_with_braces_spaces_and_other_letters(tmp_path):
    project = tmp_path / "mein {x} Ordner äß"
    names = (
        subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard"], capture_output=True, check=True)
        .stdout.decode()
        .split("\0")
    )
    for name in filter(None, names):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, project / name, follow_symlinks=False)
    put_curve(project / "in", CURVE)
    command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", "data/d/emergence.duckdb"]
    environment = os.environ | {"PYTHONPATH": str(project)}
    result = subprocess.run(
        [*command, "--config", "dataset=d", "source=in"], cwd=project, capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"rules": "nowhere.yml"}, "rules: there is no file nowhere.yml"),
        ({"dataset": "simulated"}, "dataset=simulated is the name of what is simulated"),
        ({"dataset": "x" * 300}, "too long"),
    ],
)
def test_a_configuration_that_no_run_can_use_is_one_line(tmp_path, config, said):
    put_curve(tmp_path / "in", CURVE)
    code, found = run(tmp_path, config.pop("source", tmp_path / "in"), "-n", **config)
    assert code != 0 and said in found and "Traceback" not in found


def test_an_intermediate_that_is_deleted_during_a_run(finished, tmp_path):
    """One line that says what to do."""
    folder = tmp_path / "again"
    shutil.copytree(finished, folder, symlinks=True)
    script = folder / "delete.smk"
    text = (ROOT / "workflow/scripts/pool.py").read_text()
    assert "snakemake.input.trials" in text
    script.write_text(text)
    sys.path.insert(0, str(ROOT / "workflow/scripts"))
    try:
        import job
    finally:
        sys.path.pop(0)

    class Made:
        rule, log, output = "pool", [str(folder / "pool.log")], [str(folder / "data/d/pools.parquet")]

    with pytest.raises(SystemExit), job.running(Made) as _:
        (folder / "data/d/gone.parquet").read_bytes()
    said = (folder / "pool.log").read_text()
    assert "gone.parquet is not there; if it was deleted since the run began, run the same command again" in said


def test_pdfs_of_two_runs_are_the_same(finished, tmp_path):
    from jumpcheck.figures import pdf

    shapes = "".join(f'<rect x="{k}" y="{k}" width="9" height="9" opacity="0.{k + 10}" fill="red"/>' for k in range(60))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">{shapes}</svg>'
    made = {pdf.from_svg(svg) for _ in range(8)}
    assert len(made) == 1 and made.pop().startswith(b"%PDF")


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def score_files(folder):
    put_curve(folder, CURVE)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}


def test_a_zip_bomb_is_limited_by_all_of_its_members(tmp_path, monkeypatch):
    from jumpcheck.sources import archives

    monkeypatch.setattr(archives, "LEAST_ALL", 10**6)
    monkeypatch.setattr(archives, "TIMES_ARCHIVE", 10)
    files = score_files(tmp_path / "tree")
    files |= {f"bigbench/benchmark_tasks/b{k}/results/scores_F_1b.json": b" " * 400_000 for k in range(5)}
    rejects = archives.unpack(archive(tmp_path / "a.zip", files), tmp_path / "out")
    assert [one.reason for one in rejects] == ["archive_too_large"] * 3
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= 10**6


def test_archives_without_anything_that_can_be_taken_say_why(tmp_path):
    from jumpcheck.base.errors import InputError
    from jumpcheck.sources import archives

    name = "../bigbench/benchmark_tasks/t/results/scores_F_1b.json"
    with pytest.raises(InputError, match=r"holds no score file .*; what was not taken: .*unsafe_name"):
        archives.unpack(archive(tmp_path / "a.zip", {name: b"{}"}), tmp_path / "out")
    whole = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    (tmp_path / "cut.tar.gz").write_bytes(whole)
    with pytest.raises(InputError, match=r"is damaged|no tar or zip archive"):
        archives.unpack(tmp_path / "cut.tar.gz", tmp_path / "out")


def test_messages_about_addresses(tmp_path):
    code, said = run(tmp_path, f"file://{tmp_path}/nothing")
    assert code != 0 and f"source: {tmp_path}/nothing is not there; give the folder of a clone" in said
    (tmp_path / "folder").mkdir()
    code, said = run(tmp_path, f"file://{tmp_path}/folder")
    assert code != 0 and "is no git repository" in said
    code, said = run(tmp_path, f"file://{tmp_path}/folder", revision="a" * 64)
    assert code != 0 and "Traceback" not in said and len(re.findall("error: ", said)) <= 2


def test_a_home_that_cannot_be_written(tmp_path):
    """Snakemake itself needs a folder for its cache, before it reads the workflow: XDG_CACHE_HOME is one."""
    put_curve(tmp_path / "in", CURVE)
    home = tmp_path / "home"
    home.write_text("no folder")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    result = snakemake(
        "data/d/emergence.duckdb",
        "--directory",
        tmp_path,
        "--config",
        "dataset=d",
        f"source={tmp_path / 'in'}",
        env=environment,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said


def test_results_of_a_dataset_do_not_leave_its_folder(tmp_path):
    write(tmp_path, {"in/results.json": v4("../../../../etc/x"), "in/../out.txt": "x"})
    (tmp_path / "in/t.csv").write_text(
        "task,model_family,model,n_parameters,metric,score\n../../up,F,../m,1e9,acc,0.5\n../../up,F,b,2e9,acc,0.5\n"
    )
    code, said = run(tmp_path, tmp_path / "in", "data/d/emergence.duckdb")
    assert code == 0, said
    made = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert made <= {"in", "out.txt", "data", "logs", ".snakemake", "results"}
    assert json.loads((tmp_path / "data/d/manifest.json").read_text())["source_kind"] == "results"
