"""Places and users that a run does not expect: odd names, no right to write or to read, no HOME, two runs at once."""

import fcntl
import os
import shutil
import subprocess
import time

import pytest
from faulty import DATABASE, Disk, differences, kill, outputs, put_source, run, started

pytestmark = pytest.mark.slow
# Root may write anywhere, unless it does without that right.
AS_ANYBODY = (
    ()
    if os.geteuid()
    else ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
)


needs_another_user = pytest.mark.skipif(
    bool(AS_ANYBODY) and shutil.which("setpriv") is None,
    reason="root cannot do without its rights here: setpriv is not installed (Debian: util-linux)",
)


@pytest.fixture(scope="module")
def finished(source, tmp_path_factory):
    """The database of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    code, said, _ = run(folder, source, DATABASE)
    assert code == 0, said
    return folder


NAMING_THE_SOURCE = ("data/d/manifest.json", "data/d/normalise.json", "data/d/shards/000/normalise.json")
FIRST_STAGES = "data/d/rejects.parquet"  # what is told here is told before the first stage, and costs a run per test


def first_stages_differ(folder, finished, but=()):
    """Files of the first stages that are not those of the run that nobody disturbed."""
    found, expected = outputs(folder), outputs(finished)
    assert len(found) > 10
    return [name for name in found if found[name] != expected[name] and name not in but]


def last_words(said):
    """The last line but those of Snakemake that name places in its rules."""
    return [line for line in said.splitlines() if line and not line.startswith("  File ")][-1]


def test_a_source_and_a_working_folder_with_odd_names(finished, tmp_path):
    odd = tmp_path / "a b {c} [d]* 'e' \"f\" $g; ä ш 数"
    folder = odd / "wörk {x} ё"
    folder.mkdir(parents=True)
    code, said, _ = run(folder, put_source(odd / "in {y} 入"), DATABASE)
    assert code == 0, said
    assert [name for name in differences(folder, finished) if name not in NAMING_THE_SOURCE] == []


@needs_another_user
@pytest.mark.parametrize("closed", [".", "data/d", "logs/d", "results/d", "data/d/shards/000"])
def test_a_folder_without_the_right_to_write_is_one_line(closed, finished, source, tmp_path):
    folder = tmp_path / "run"
    (folder / closed).mkdir(parents=True)
    (folder / closed).chmod(0o555)
    code, said, _ = run(folder, source, FIRST_STAGES, before=AS_ANYBODY)
    assert code != 0 and "Traceback" not in said, said
    words = last_words(said)
    assert words.startswith(f"{folder / closed} cannot be written: ") and words.endswith("--directory FOLDER"), said
    (folder / closed).chmod(0o755)
    code, said, _ = run(folder, source, FIRST_STAGES, before=AS_ANYBODY)
    assert code == 0, said
    assert first_stages_differ(folder, finished) == []


def test_a_disk_that_is_read_only_is_one_line(finished, source, tmp_path):
    disk = Disk(tmp_path / "disk", 40_000)
    if disk.mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {disk.mounted.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,ro", disk.folder], check=True)
        code, said, _ = run(disk.folder, source, DATABASE)
        assert code != 0 and "Traceback" not in said, said
        assert last_words(said).startswith(f"{disk.folder} cannot be written: ") and "its disk is read-only" in said
        subprocess.run(["mount", "-o", "remount,rw", disk.folder], check=True)
        code, said, _ = run(disk.folder, source, FIRST_STAGES)
        assert code == 0, said
        assert first_stages_differ(disk.folder, finished) == []
    finally:
        disk.close()


@needs_another_user
def test_outputs_that_may_not_be_written_are_named(finished, source, tmp_path):
    """A user protects a file; a change would make it again."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / DATABASE).chmod(0o444)
    changed = {"emergence_threshold": 25}
    code, said, last = run(folder, source, DATABASE, before=AS_ANYBODY, **changed)
    assert code != 0 and "Write-protected output files" in said and last.strip() == DATABASE, said
    (folder / DATABASE).chmod(0o644)
    code, said, _ = run(folder, source, DATABASE, before=AS_ANYBODY, **changed)
    assert code == 0, said


@needs_another_user
@pytest.mark.parametrize("kind", ["score files", "table"])
def test_a_file_of_the_source_that_may_not_be_read_is_read_once_it_may(kind, tmp_path):
    """The right to read changes neither the size of a file nor its time."""
    source = tmp_path / "in"
    if kind == "table":
        source.mkdir()
        for k in range(6):
            row = f"t,F,m{k},{10**k}e6,acc,0.{k}"
            (source / f"m{k}.csv").write_text(f"task,model_family,model,n_parameters,metric,score\n{row}\n")
    else:
        put_source(source)
    closed = next(path for path in source.rglob("*m3.*"))
    closed.chmod(0)
    folder, target = tmp_path / "run", "data/d/rejects.parquet"
    code, said, _ = run(folder, source, target, before=AS_ANYBODY)
    assert code == 0 and "rejected: 1 unreadable" in said, said
    closed.chmod(0o644)
    code, said, _ = run(folder, source, target, before=AS_ANYBODY)
    assert code == 0 and "0 rejected" in said and "1 unreadable" not in said, said


def test_half_of_a_file_of_the_source_is_a_reject_and_the_whole_is_read_once_it_is_there(finished, tmp_path):
    source = put_source(tmp_path / "in")
    path = next(source.rglob("scores_F_m5.json"))
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    folder = tmp_path / "run"
    code, said, _ = run(folder, source, FIRST_STAGES)
    assert code == 0 and "11 of 12 files read" in said and "1 files" in said, said
    path.write_text(whole)
    code, said, _ = run(folder, source, FIRST_STAGES)
    assert code == 0 and "12 of 12 files read" in said, said
    assert first_stages_differ(folder, finished, NAMING_THE_SOURCE) == []


def test_a_user_without_home(finished, source, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    code, said, _ = run(tmp_path / "run", source, FIRST_STAGES, env=environment)
    assert code == 0, said
    assert first_stages_differ(tmp_path / "run", finished) == []


def test_of_two_runs_at_once_one_ends_well_and_the_other_says_why(finished, source, tmp_path):
    """And when the first is killed, the same command of the second goes on from there."""
    folder = tmp_path / "run"
    first = started(folder, source, DATABASE)
    try:
        limit = time.monotonic() + 120
        while not (folder / "logs/d/download.log").exists() and time.monotonic() < limit:
            time.sleep(0.05)
        code, said, _ = run(folder, source, DATABASE)
        assert first.poll() is None, "the first run was over before the second began"
        assert code != 0 and "another run works on dataset 'd'; wait for it" in last_words(said), said
    finally:
        kill(first)
    with (folder / "data/d/.lock").open() as file:  # the lock ended with the process
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    code, said, _ = run(folder, source, DATABASE)
    assert code == 0, said
    assert differences(folder, finished) == []


def test_what_another_run_has_just_made_is_not_taken_for_damaged(finished, source, tmp_path):
    """Between the end of its job and the record of it a file has another size than the record says."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    new = folder / "data/d/pools.parquet"
    new.write_bytes(b"new")
    with (folder / "data/d/.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, said, _ = run(folder, source, FIRST_STAGES, emergence_threshold=25)
        assert "damaged" not in said and new.read_bytes() == b"new", said
    code, said, _ = run(folder, source, "verify")
    assert code == 0 and "damaged: data/d/pools.parquet has 3 bytes" in said, said
    code, said, _ = run(folder, source)  # all that is made of it is there, and it is made again all the same
    assert code == 0, said
    assert [name for name in differences(folder, finished) if (finished / name).exists()] == []
