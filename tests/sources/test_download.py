"""Downloads from a real git server on loopback, archives and folders: complete, resumable, kept in their folder."""

import gc
import gzip
import io
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import duckdb
import git_server
import pytest
from builders import ROOT, put, score_file, snakemake
from git_server import GitServer
from jumpcheck.base.errors import InputError
from jumpcheck.base.progress import heard_by
from jumpcheck.base.rejects import Reject
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.sources import git, obtain, partial_clone

CONTENT = json.dumps(score_file()).encode()
PATH = b"bigbench/benchmark_tasks/a_task/results/scores_F_1b.json"


def test_contents_that_are_not_all_read_leave_no_error_behind(tmp_path, monkeypatch):
    """More names and contents than pipes hold: git waits for its reader, and the thread that writes the names for git."""
    failed = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    monkeypatch.setattr(sys, "unraisablehook", failed.append)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "f").write_bytes(b"x" * 200_000)
    oid = subprocess.run(["git", "-C", tmp_path, "hash-object", "-w", "f"], check=True, capture_output=True).stdout.strip()
    contents = partial_clone._object_contents(tmp_path / ".git", [oid] * 20_000)
    assert next(contents) == b"x" * 200_000
    contents.close()
    assert list(partial_clone._object_contents(tmp_path / ".git", [oid, oid])) == [b"x" * 200_000] * 2
    with pytest.raises(InputError, match="cannot be read"):
        list(partial_clone._object_contents(tmp_path / ".git", [oid, b"0" * 40, *[oid] * 20_000]))
    gc.collect()
    assert failed == [] and threading.active_count() < 20


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A server folder with 2,046 score files and 210 MB of other files."""
    folder = tmp_path_factory.mktemp("big")
    git_server.big_repository(folder)
    return folder


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(git, "WAITS", (0.1, 0.2))


def small_repository(folder, files=None, branch="main", name="repo.git"):
    repository = folder / name
    git_server.init(repository)
    return repository, git_server.commit(repository, files or {PATH: CONTENT}, branch)


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fetch(server, raw, revision="main", lines=None):
    return partial_clone.fetch(server.url(), revision, raw, (lines if lines is not None else []).append)


def test_only_the_score_files_travel(big, tmp_path):
    with GitServer(big) as server:
        calls = []
        with heard_by(lambda *counts: calls.append(counts)):
            fetched = partial_clone.fetch(server.url(), "main", tmp_path, print)
        sent = server.n_bytes
        server.n_bytes = 0
        git_server.git("clone", "-q", server.url(), tmp_path / "full")
        full = server.n_bytes
    expected = {path: content for path, content in files_below(tmp_path / "full").items() if "/results/scores_" in path}
    assert len(expected) == 2046 and full > 200e6
    assert files_below(fetched.folder) == expected
    assert fetched.commit == git_server.git("rev-parse", "main", cwd=big / "repo.git").decode().strip()
    assert fetched.rejects == [] and fetched.n_written == 2046
    ideal = git_server.ideal_pack(big / "repo.git", fetched.commit)
    print(f"{sent} bytes sent, {sent / ideal:.3f} of one pack, {sent / full:.4f} of a full clone")
    assert sent <= 1.3 * ideal
    assert sent <= 0.1 * full
    assert calls[-1][:3] == (2046, 2046, "files") and re.fullmatch(r"[\d.]+ MB received", calls[-1][3])


def test_a_second_fetch_asks_for_nothing(big, tmp_path):
    with GitServer(big) as server:
        first = fetch(server, tmp_path)
        server.n_requests = 0
        second = fetch(server, tmp_path, first.commit)
        assert server.n_requests == 0
    assert second.n_written == 0 and second.folder == first.folder


def test_cut_off_and_brought_back(big, tmp_path, monkeypatch):
    """The server dies in mid-transfer; the next run goes on, and ends with the same files."""
    monkeypatch.setattr(partial_clone, "FILES_PER_REQUEST", 250)
    with GitServer(big) as server:
        whole = fetch(server, tmp_path / "whole")
        everything, n_requests = server.n_bytes, server.n_requests
        server.n_bytes = server.n_requests = 0
        server.fault = lambda n: 2_000 if n >= n_requests // 2 else None
        with pytest.raises(InputError, match=r"failed 3 times[\s\S]*Run again to go on"):
            fetch(server, tmp_path / "cut")
        port = server.server_address[1]
    with GitServer(big, port) as server:
        rest = fetch(server, tmp_path / "cut")
        assert server.n_bytes < 0.75 * everything
    assert files_below(rest.folder) == files_below(whole.folder)


@pytest.mark.parametrize("fault", ["500", 0, 40])
def test_a_fault_that_passes(tmp_path, fault):
    """An error, no answer and half an answer, on the first and the third request."""
    small_repository(tmp_path)
    lines = []
    with GitServer(tmp_path) as server:
        server.fault = lambda n: fault if n in (1, 3) else None
        fetched = fetch(server, tmp_path / "raw", lines=lines)
    assert list(files_below(fetched.folder)) == [PATH.decode()]
    assert any("again in 0.1 s" in line for line in lines)


def test_a_server_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setitem(partial_clone.SLOW_LIMITS, "http.lowSpeedTime", "1")
    small_repository(tmp_path)
    with GitServer(tmp_path) as server:
        for first in (1, 4):  # while the revision is looked up, and while files are fetched
            server.n_requests, server.fault = 0, lambda n, first=first: "hang" if n >= first else None
            started = time.monotonic()
            with pytest.raises(InputError, match="failed 3 times"):
                fetch(server, tmp_path / "raw")
            assert time.monotonic() - started < 30
        server.released.set()


def test_no_server_names_the_other_ways(tmp_path):
    with pytest.raises(InputError, match=r"failed 3 times.*source=FOLDER.*source=simulated"):
        partial_clone.fetch("http://127.0.0.1:9/repo.git", "main", tmp_path, print)


def test_faults_that_cannot_pass_are_told_at_once(tmp_path):
    _, commit = small_repository(tmp_path)
    small_repository(tmp_path, {b"README.md": b"nothing here"}, name="empty.git")
    lines = []
    with GitServer(tmp_path) as server:
        for url, revision, message in (
            (server.url(), "no-such-branch", "has no branch or tag 'no-such-branch'. Its branches: main"),
            (server.url(), commit[:10], "A commit is given by all of its 40"),
            (server.url(), "0" * 39 + "1", "has no such commit"),
            (server.url("nowhere.git"), "main", "failed: .*not found"),
            (server.url("empty.git"), "main", "holds no score file"),
        ):
            with pytest.raises(InputError, match=message):
                partial_clone.fetch(url, revision, tmp_path / "raw", lines.append)
    assert lines == []


@pytest.mark.parametrize("line_end", [b"\n", b""])
def test_a_web_page_in_place_of_a_repository(tmp_path, line_end):
    """As hosts of repositories have, beside the address that git is given."""
    page = line_end.join([b"<!doctype html>", b"<title>a_repository</title>", b"<p>Its files, to be looked at.</p>", b""])
    with GitServer(tmp_path) as server:
        server.fault = lambda number: page
        with pytest.raises(InputError, match=r"http://127.*/repo.git is .*a web page and no git repository; give its clone"):
            fetch(server, tmp_path / "raw")
    assert files_below(tmp_path / "raw") == {}


def test_revisions(tmp_path):
    """Branch, tag (annotated too) and commit; another revision does not touch the first."""
    repository, first = small_repository(tmp_path)
    second = git_server.commit(repository, {PATH: CONTENT.replace(b"0.5", b"0.75")})
    git_server.git("tag", "v1", first, cwd=repository)
    git_server.git("-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "x", "v2", second, cwd=repository)
    with GitServer(tmp_path) as server:
        found = {name: fetch(server, tmp_path / "raw", name) for name in ("main", "v1", "v2", first, "HEAD")}
    assert {name: fetched.commit for name, fetched in found.items()} == {
        "main": second,
        "v1": first,
        "v2": second,
        first: first,
        "HEAD": second,
    }
    assert b"0.75" in files_below(found["main"].folder)[PATH.decode()]
    assert files_below(found["v1"].folder)[PATH.decode()] == CONTENT


def test_file_and_ssh_addresses(tmp_path):
    repository, commit = small_repository(tmp_path)
    assert partial_clone.fetch(f"file://{repository}", "main", tmp_path / "raw", print).commit == commit
    with pytest.raises(InputError, match="failed"):
        partial_clone.fetch("ssh://nobody@127.0.0.1:9/repo.git", "main", tmp_path / "ssh", print)


def test_a_server_without_filters_still_serves(tmp_path):
    repository, _ = small_repository(tmp_path, {PATH: CONTENT, b"big.bin": bytes(100_000)})
    git_server.git("config", "uploadpack.allowFilter", "false", cwd=repository)
    lines = []
    with GitServer(tmp_path) as server:
        fetched = fetch(server, tmp_path / "raw", lines=lines)
    assert list(files_below(fetched.folder)) == [PATH.decode()]
    assert "the server cannot send single files" in lines[0]


def test_an_old_git_makes_a_plain_shallow_clone(tmp_path, monkeypatch):
    """A git that says it is old, and refuses the options that old ones do not have."""
    small_repository(tmp_path)
    shim = tmp_path / "bin/git"
    shim.parent.mkdir()
    real = shutil.which("git")
    shim.write_text(
        "#!/bin/sh\n"
        'case " $* " in\n'
        '  *" version "*) echo "git version 2.11.0"; exit;;\n'
        '  *" --no-write-fetch-head "*|*" --filter="*|*" --stdin "*) echo "error: unknown option" >&2; exit 129;;\n'
        f'esac\nexec {real} "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
    lines = []
    with GitServer(tmp_path) as server:
        fetched = fetch(server, tmp_path / "raw", lines=lines)
    assert list(files_below(fetched.folder)) == [PATH.decode()]
    assert "git 2.11 cannot fetch single files" in lines[0]


def test_a_damaged_clone_is_fetched_anew(tmp_path):
    small_repository(tmp_path)
    with GitServer(tmp_path) as server:
        first = fetch(server, tmp_path / "raw")
        clone = tmp_path / "raw/git"
        for damage in ("objects", "refs"):
            shutil.rmtree(clone / damage)
            assert files_below(fetch(server, tmp_path / "raw").folder) == files_below(first.folder)
        # Loose or packed, every object is emptied, as after a power cut.
        for path in [p for p in (clone / "objects").rglob("*") if p.is_file()]:
            path.chmod(0o644)
            path.write_bytes(b"")
        shutil.rmtree(first.folder)
        lines = []
        again = fetch(server, tmp_path / "raw", lines=lines)
    assert files_below(again.folder) == {PATH.decode(): CONTENT}
    assert any("is fetched anew" in line for line in lines)


def test_a_huge_file_is_a_reject(tmp_path, monkeypatch):
    monkeypatch.setattr(partial_clone, "MAX_BYTES", 1000)
    small_repository(tmp_path, {PATH: CONTENT, PATH.replace(b"1b", b"2b"): CONTENT + b" " * 2000})
    with GitServer(tmp_path) as server:
        fetched = fetch(server, tmp_path / "raw")
    assert list(files_below(fetched.folder)) == [PATH.decode()]
    assert [reject.reason for reject in fetched.rejects] == ["too_large"]


def test_without_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"git, which is not installed"):
        partial_clone.fetch("https://localhost/x.git", "main", tmp_path, print)


def test_a_changed_file_is_put_right(tmp_path):
    small_repository(tmp_path, {PATH: CONTENT, PATH.replace(b"1b", b"2b"): CONTENT})
    with GitServer(tmp_path) as server:
        first = fetch(server, tmp_path / "raw")
        before = files_below(first.folder)
        (first.folder / PATH.decode()).write_bytes(b"changed by hand")
        (first.folder / "bigbench/benchmark_tasks/a_task/results/scores_extra.json").write_bytes(CONTENT)
        second = fetch(server, tmp_path / "raw")
    assert second.n_written == 1
    assert files_below(second.folder) == before


def test_what_a_killed_run_leaves_is_no_obstacle(tmp_path):
    small_repository(tmp_path)
    clone = tmp_path / "raw/git"
    with GitServer(tmp_path) as server:
        (tmp_path / "raw").mkdir()
        clone.mkdir()
        (clone / "shallow.lock").touch()  # no HEAD yet: the clone was never finished
        fetch(server, tmp_path / "raw")
        for leftover in ("shallow.lock", "config.lock", "refs/heads/x.lock", "objects/pack/tmp_pack_abc"):
            (clone / leftover).touch()
        fetch(server, tmp_path / "raw")
    assert not list(clone.rglob("*.lock")) and not list(clone.rglob("tmp_pack*"))


def test_files_changed_after_the_download_are_not_used(tmp_path):
    repository, _ = small_repository(tmp_path)
    manifest = obtain.obtain(f"file://{repository}", "main", tmp_path / "raw", print)
    (Path(manifest["root"]) / PATH.decode()).write_bytes(CONTENT.replace(b"0.5", b"0.9"))
    with pytest.raises(InputError, match="were changed after they were fetched"):
        normalise(Path(manifest["root"]), expected_sha256=manifest["input_sha256"])


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def test_a_hostile_repository(tmp_path):
    """Links, submodules, odd names, hooks and filters: nothing runs or is written outside, all is named."""
    results = b"bigbench/benchmark_tasks/t/results/"
    flag = tmp_path / "was_run"
    command = f"touch {flag}".encode()
    files = {
        PATH: CONTENT,
        results + b"scores_link.json": (b"120000", b"/etc/passwd"),
        results + b"scores_up.json": (b"120000", b"../../../../../../secret"),
        results + b"scores_new\nline.json": CONTENT,
        results + b"scores_module.json": (b"160000", b"1" * 40),
        results + b"scores_lfs.json": LFS,
        results + b"scores_run.json": (b"100755", CONTENT.replace(b"1b", b"2b")),
        results + b'scores_"quoted" \xff.json': CONTENT.replace(b"1b", b"3b"),
        b".gitattributes": b"*.json filter=evil diff=evil\n*.json text eol=crlf working-tree-encoding=UTF-16\n",
        b".gitmodules": b'[submodule "m"]\npath = bigbench/m\nurl = ../../evil\nupdate = !' + command + b"\n",
        b".lfsconfig": b"[lfs]\nurl = http://127.0.0.1:9/\n",
        b"hooks/post-checkout": (b"100755", b"#!/bin/sh\n" + command + b"\n"),
    }
    repository, commit = small_repository(tmp_path, files)
    # What git itself refuses to add can still be sent: a tree with "..", and one that looks like git's own folder.
    evil = git_server.git("hash-object", "-w", "--stdin", cwd=repository, stdin=CONTENT).decode().strip()

    def tree(*entries):
        content = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
        arguments = ("hash-object", "-t", "tree", "-w", "--stdin", "--literally")
        return git_server.git(*arguments, cwd=repository, stdin=content).decode().strip()

    leaf = tree((b"100644", b"scores_x.json", evil))
    up = tree((b"40000", b"results", leaf))
    for name in (b"..", b".git"):
        path = tree((b"40000", name, up))
        tasks = tree((b"40000", b"benchmark_tasks", path))
        root = tree((b"40000", b"bigbench", tasks))
        made = git_server.git("-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", root, "-m", "x", cwd=repository)
        git_server.git("branch", f"evil{name.decode().replace('.', '-')}", made.decode().strip(), cwd=repository)

    home = tmp_path / "home"
    home.mkdir()
    programs = "".join(f"\t{name} = touch {flag}\n" for name in ("smudge", "clean"))
    (home / ".gitconfig").write_text(f'[filter "evil"]\n{programs}\trequired = true\n[core]\n\thooksPath = {tmp_path}\n')
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        (tmp_path / hook).write_text(f"#!/bin/sh\ntouch {flag}\n")
        (tmp_path / hook).chmod(0o755)
    outside = set(tmp_path.rglob("*"))
    with pytest.MonkeyPatch.context() as patch, GitServer(tmp_path) as server:
        patch.setenv("HOME", str(home))
        fetched = fetch(server, tmp_path / "raw")
        for branch in ("evil--", "evil-git"):
            with pytest.raises(InputError, match=r"holds no score file|failed"):
                fetch(server, tmp_path / "raw2", branch)
    assert not flag.exists()
    written = {path for path in tmp_path.rglob("*")} - outside
    assert all(tmp_path / "raw" in [path, *path.parents] or tmp_path / "raw2" in [path, *path.parents] for path in written)
    assert not any(path.is_symlink() for path in written)
    found = sorted((reject.file.rsplit("/", 1)[1], reject.reason) for reject in fetched.rejects)
    assert found == [
        ("scores_link.json", "link"),
        ("scores_module.json", "not_a_file"),
        ("scores_new\nline.json", "unsafe_name"),
        ("scores_up.json", "link"),
    ]
    tables = normalise(fetched.folder, rejects=fetched.rejects)
    assert sorted(reject["reason"] for reject in tables.rejects.to_pylist()) == sorted(
        ["lfs_pointer", *(reason for _, reason in found)]
    )
    assert tables.facts["files_in"] == 8 and tables.facts["files_read"] == 3
    assert fetched.commit == commit


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can be mounted by root only")
def test_a_full_disk_is_told(big, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    try:
        with GitServer(big) as server, pytest.raises(InputError, match=r"no space is left"):
            fetch(server, small / "raw")
    finally:
        subprocess.run(["umount", small], check=True)


def members():
    """(name, content, kind) of the members of an archive of a checkout, good and bad."""
    base = "BIG-bench-main/bigbench/benchmark_tasks/t/results"
    return [
        ("BIG-bench-main/README.md", b"x", "file"),
        (f"{base}/scores_good.json", CONTENT, "file"),
        (f"{base}/scores_good.json", CONTENT.replace(b"0.5", b"0.6"), "file"),
        (f"{base}/scores_link.json", b"/etc/passwd", "link"),
        (f"BIG-bench-main/../../{base}/scores_up.json", CONTENT, "file"),
        (f"/{base}/scores_absolute.json", CONTENT, "file"),
        (f"{base}/../results/scores_dots.json", CONTENT, "file"),
        (f"{base}/scores_huge.json", b"0" * (64 * 2**20 + 1), "file"),
    ]


def tar(path, entries):
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content, kind in entries:
            info = tarfile.TarInfo(name)
            if kind == "link":
                info.type, info.linkname = tarfile.SYMTYPE, content.decode()
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))


def zip_(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, kind in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if kind == "link":
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", [tar, zip_], ids=["tar.gz", "zip"])
def test_archives(tmp_path, make):
    archive = tmp_path / "archive"
    make(archive, members())
    manifest = obtain.obtain(str(archive), "main", tmp_path / "raw", print)
    assert files_below(tmp_path / "raw") == {"archive/bigbench/benchmark_tasks/t/results/scores_good.json": CONTENT}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["archive", "raw"]
    assert manifest["source_kind"] == "archive" and manifest["n_files"] == 1
    assert sorted(Reject(**reject).reason for reject in manifest["rejects"]) == [
        "link",
        "repeated_member",
        "too_large",
        "unsafe_name",
        "unsafe_name",
        "unsafe_name",
    ]
    tables = normalise(Path(manifest["root"]), expected_sha256=manifest["input_sha256"])
    assert tables.scores["score"].to_pylist() == [0.5]


def test_an_archive_made_in_its_folder(tmp_path):
    put(tmp_path / "in", score_file())
    subprocess.run(["tar", "czf", tmp_path / "a.tgz", "."], cwd=tmp_path / "in", check=True)
    assert obtain.obtain(str(tmp_path / "a.tgz"), "main", tmp_path / "raw", print)["n_files"] == 1


def test_archives_that_cannot_be_used(tmp_path):
    other, empty, cut = tmp_path / "other", tmp_path / "empty.zip", tmp_path / "cut.tar.gz"
    other.write_text("no archive")
    zip_(empty, [("README.md", b"x", "file")])
    tar(cut, [("bigbench/benchmark_tasks/t/results/scores_a.json", os.urandom(100_000), "file")])
    cut.write_bytes(cut.read_bytes()[:50_000])
    # Cut where one member ends, and cut in the checksum: both would pass for whole.
    whole, between, changed = tmp_path / "whole.tar", tmp_path / "between.tar", tmp_path / "changed.tar.gz"
    name = "bigbench/benchmark_tasks/t/results/scores_{}.json"
    with tarfile.open(whole, "w") as archive:
        for k in range(10):
            info = tarfile.TarInfo(name.format(k))
            info.size = 500
            archive.addfile(info, io.BytesIO(b"x" * 500))
    between.write_bytes(whole.read_bytes()[: 5 * 1024])
    packed = bytearray(gzip.compress(whole.read_bytes()))
    packed[-6] ^= 1
    changed.write_bytes(packed)
    for path in (between, changed):
        with pytest.raises(InputError, match="is damaged"):
            obtain.obtain(str(path), "main", tmp_path / "raw", print)
    for path, message in ((other, "no tar or zip archive"), (empty, "holds no score file"), (cut, "is damaged")):
        with pytest.raises(InputError, match=message):
            obtain.obtain(str(path), "main", tmp_path / "raw", print)
    assert not list((tmp_path / "raw").rglob("scores_*")) if (tmp_path / "raw").exists() else True


def test_a_clone_as_a_folder_tells_its_commit(tmp_path):
    repository, commit = small_repository(tmp_path)
    git_server.git("clone", "-q", repository, tmp_path / "clone")
    manifest = obtain.obtain(str(tmp_path / "clone"), "main", tmp_path / "raw", print)
    assert (manifest["source_kind"], manifest["commit"]) == ("folder", commit)
    assert not (tmp_path / "raw").exists()


def run(url, folder, *config, **options):
    return snakemake("--directory", folder, "database", "--config", "dataset=d", f"source={url}", *config, **options)


def test_the_workflow_downloads_once_per_revision(big, tmp_path):
    """A git address through the whole workflow: provenance, no second fetch, another revision, a killed download."""
    with GitServer(big) as server:
        result = run(server.url(), tmp_path)
        assert result.returncode == 0, result.stdout + result.stderr
        assert "2,046 score files, 0 of them from before" in result.stdout
        with duckdb.connect(str(tmp_path / "data/d/emergence.duckdb"), read_only=True) as con:
            facts = dict(con.execute("select key, value from provenance").fetchall())
        commit = git_server.git("rev-parse", "main", cwd=big / "repo.git").decode().strip()
        assert (facts["commit"], facts["source"], facts["revision"]) == (commit, server.url(), "main")
        assert facts["files_in"] == "2046" and len(facts["input_sha256"]) == 64
        server.n_requests = 0
        again = run(server.url(), tmp_path)
        assert "Nothing to be done" in again.stdout + again.stderr and server.n_requests == 0
        other = run(server.url(), tmp_path, f"revision={commit}", "--dry-run")
        assert "download" in other.stdout + other.stderr
        assert "Nothing to be done" not in other.stdout + other.stderr


@pytest.mark.slow
def test_a_killed_download_goes_on(big, tmp_path):
    """Killed in its last batch, a download keeps the ones before."""
    with GitServer(big) as server:
        fetch(server, tmp_path / "whole")
        everything, n_requests = server.n_bytes, server.n_requests
        server.n_bytes = server.n_requests = 0
        server.fault = lambda n: "hang" if n >= n_requests else None
        command = [
            str(Path(sys.executable).with_name("snakemake")),
            "--cores",
            "1",
            "--directory",
            str(tmp_path),
            "database",
        ]
        command += ["--config", "dataset=d", f"source={server.url()}"]
        process = subprocess.Popen(
            command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while server.n_requests < n_requests and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert server.n_requests >= n_requests
        server.fault, server.n_bytes = None, 0
        server.released.set()
        result = run(server.url(), tmp_path)
        assert server.n_bytes < 0.3 * everything
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2,046 of 2,046 files read" in result.stdout


@pytest.mark.slow
def test_an_unreachable_host_is_one_clear_line(tmp_path):
    result = run("http://127.0.0.1:9/x.git", tmp_path)
    assert result.returncode != 0
    lines = [line for line in result.stdout.splitlines() if line.startswith("download: error:")]
    assert len(lines) == 1
    assert "source=FOLDER" in lines[0] and "source=simulated" in lines[0]
