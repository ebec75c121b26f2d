"""BIG-bench's preferred scores in one published file: fetched from a server on loopback, or taken from a path."""

import hashlib
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest
from builders import ROOT
from jumpcheck.base.errors import InputError
from jumpcheck.base.progress import heard_by
from jumpcheck.sources import published
from jumpcheck.sources.obtain import obtain
from jumpcheck.sources.reachable import is_fetchable

COMMIT = "5fccedcca860f0612116507e81bf41c1a7e81702"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, content, length = self.server.answers[min(self.server.n_requests, len(self.server.answers) - 1)]
        self.server.n_requests += 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(monkeypatch):
    """`serve(*answers)`: a server that gives these (status, content, stated length or None) in turn, the last for ever."""
    monkeypatch.setattr(published, "WAITS", (0, 0, 0))
    servers = []

    def start(*answers):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.answers, server.n_requests = answers, 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server, f"http://127.0.0.1:{server.server_port}/scores.parquet"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def table(path, **changes):
    """A small table with the published columns."""
    row = {
        "task_name": "t",
        "subtask_description": "t",
        "number_of_shots": 0,
        "model_family_model_name": "F 1b",
        "score_value": 0.5,
    }
    pd.DataFrame([row | changes]).to_parquet(path, index=False)
    return path.read_bytes()


def wanted(content, address="http://127.0.0.1:9/x", kind=published.PREFERRED):
    """What is known of a file: the preferred scores by their SHA-256, those of all metrics by their git blob."""
    digests = published.Digests.of(content)
    known = {"sha256": digests.sha256} if kind is published.PREFERRED else {"git_blob": digests.git_blob}
    return published.Published(kind, address, COMMIT, **known)


def known(content, address="http://127.0.0.1:9/x"):
    """The mapping that `obtain` gets, with the preferred scores alone."""
    return {"preferred": wanted(content, address)}


def test_the_reference_table_names_the_file():
    known = published.published(published.PREFERRED, ROOT / "data/reference/sources.csv")
    assert known.address == (
        f"https://raw.githubusercontent.com/DrCohomology/genexpy/{COMMIT}"
        "/demos/case_studies/BIG-bench/data/bigbench_results_prefiltered.parquet"
    )
    assert (known.commit, len(known.sha256), known.git_blob) == (COMMIT, 64, "")
    mirror = published.published(published.PREFERRED, ROOT / "data/reference/sources.csv", "http://mirror/x")
    assert mirror == known._replace(address="http://mirror/x")
    other = published.published(published.ALL_METRICS, ROOT / "data/reference/sources.csv")
    assert other.address == known.address.replace("_prefiltered", "") and other.commit == COMMIT
    assert (other.sha256, other.git_blob) == ("", "029a7f70b1c08fd126348a19fa3d545bc605bb32")


def test_it_is_fetched_once_and_verified(serve, tmp_path):
    content = table(tmp_path / "made.parquet")
    server, address = serve((200, content, None))
    assert is_fetchable(address) and server.n_requests == 1
    said = []
    for _ in range(2):
        manifest = obtain("preferred", "main", tmp_path / "raw", said.append, known=known(content, address))
    assert server.n_requests == 2 and "already" in said[-1]
    assert (tmp_path / "raw/bigbench_results_prefiltered.parquet").read_bytes() == content
    assert (
        manifest["is_preferred"]
        and manifest["source_kind"] == "results"
        and manifest["commit"] == COMMIT
        and manifest["source"] == "preferred"
    )


def test_how_much_of_it_is_here_is_said(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(published, "BYTES_PER_PIECE", 1000)
    content, told = bytes(5500), []
    _, address = serve((200, content, None))
    with heard_by(lambda *counts: told.append(counts)):
        obtain("preferred", "main", tmp_path, lambda line: None, known=known(content, address))
    assert [done for done, *_ in told] == [1, 2, 3, 4, 5, 5] and {row[1:] for row in told} == {(5, "kB", "")}


def test_a_damaged_copy_is_fetched_again(serve, tmp_path):
    content = table(tmp_path / "made.parquet")
    server, address = serve((200, content, None))
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/bigbench_results_prefiltered.parquet").write_bytes(content[:-7])
    obtain("preferred", "main", tmp_path / "raw", lambda line: None, known=known(content, address))
    assert server.n_requests == 1
    assert (tmp_path / "raw/bigbench_results_prefiltered.parquet").read_bytes() == content


def test_another_file_is_one_clear_error(serve, tmp_path):
    content, other = table(tmp_path / "made.parquet"), table(tmp_path / "other.parquet", score_value=0.25)
    _, address = serve((200, other, None))
    with pytest.raises(InputError) as error:
        obtain("preferred", "main", tmp_path / "raw", lambda line: None, known=known(content, address))
    message = str(error.value)
    assert address in message and hashlib.sha256(other).hexdigest() in message and wanted(content).sha256 in message
    assert "fetch it again" in message and not (tmp_path / "raw").exists()
    # The same of a file that is given as these scores by its path.
    with pytest.raises(InputError, match=r"other\.parquet is not BIG-bench's published preferred scores"):
        obtain(str(tmp_path / "other.parquet"), "main", tmp_path / "raw", lambda line: None, known=known(content))


def test_errors_that_may_pass_are_tried_again(serve, tmp_path):
    content = table(tmp_path / "made.parquet")
    server, address = serve((503, b"", None), (200, content[:20], len(content)), (200, content, None))
    said = []
    obtain("preferred", "main", tmp_path / "raw", said.append, known=known(content, address))
    assert server.n_requests == 3 and "503" in said[0] and "again in 0 s" in said[1]


@pytest.mark.parametrize(
    ("answer", "n_requests", "message"),
    [((404, b"", None), 1, "404"), ((500, b"", None), 4, "500"), ((200, b"", None), 1, "is not BIG-bench's published")],
)
def test_what_does_not_pass_ends_with_one_line(serve, tmp_path, answer, n_requests, message):
    server, address = serve(answer)
    with pytest.raises(InputError, match=message) as error:
        obtain("preferred", "main", tmp_path / "raw", lambda line: None, known=known(b"x", address))
    assert server.n_requests == n_requests and "\n" not in str(error.value)
    assert "source=FILE" in str(error.value) or "fetch it again" in str(error.value)


@pytest.mark.parametrize("address", ["ftp://host/x", "/etc/passwd", "data:,x", "host"])
def test_other_addresses_are_none(tmp_path, address):
    with pytest.raises(InputError, match=r"preferred_address: .* is no address"):
        obtain("preferred", "main", tmp_path, lambda line: None, known=known(b"x", address))


def test_an_answer_without_end_is_cut(serve, tmp_path):
    small = published.PREFERRED._replace(max_bytes=1000)
    _, address = serve((200, bytes(5000), None))
    with pytest.raises(InputError, match="is not BIG-bench's published"):
        published.fetch(wanted(b"x", address)._replace(kind=small), tmp_path / "raw", lambda line: None)


def test_a_file_of_this_machine_is_an_address_too(tmp_path):
    content = table(tmp_path / "made.parquet")
    given = known(content, f"file://{tmp_path}/made.parquet")
    obtain("preferred", "main", tmp_path / "raw", lambda line: None, known=given)
    with pytest.raises(InputError, match="No such file"):
        obtain("preferred", "main", tmp_path / "b", lambda line: None, known=known(b"x", f"file://{tmp_path}/none"))
    assert not is_fetchable(f"file://{tmp_path}/none") and not is_fetchable("http://127.0.0.1:9/x")


def all_metrics(path, **changes):
    """A small table of all metrics."""
    row = {
        "task_name": "t",
        "subtask_description": "t",
        "number_of_shots": 0,
        "model_family_model_name": "F 1b",
        "preferred_score": "m",
        "score_key": "m",
        "score_value": 0.5,
    }
    pd.DataFrame([row | changes]).to_parquet(path, index=False)
    return path.read_bytes()


def both(preferred, every, address="http://127.0.0.1:9/x", preferred_address="http://127.0.0.1:9/y/z"):
    return {"preferred": wanted(preferred, preferred_address), "all_metrics": wanted(every, address, published.ALL_METRICS)}


def test_all_metrics_are_known_by_the_name_that_git_gives_the_content(tmp_path):
    content = all_metrics(tmp_path / "made.parquet")
    asked = subprocess.run(["git", "hash-object", tmp_path / "made.parquet"], capture_output=True, text=True, check=True)
    assert published.Digests.of(content).git_blob == asked.stdout.strip()


def test_the_file_of_all_metrics_is_fetched_with_the_preferred_scores(serve, tmp_path):
    every, preferred = all_metrics(tmp_path / "made.parquet"), table(tmp_path / "other.parquet")
    _, address = serve((200, every, None), (200, preferred, None))
    known, said = both(preferred, every, address, address), []
    manifest = obtain("all_metrics", "main", tmp_path / "raw", said.append, known=known)
    assert (manifest["source_kind"], manifest["commit"], manifest["is_published"]) == ("all_metrics", COMMIT, True)
    assert manifest["preferred_file"] == str(tmp_path / "raw/bigbench_results_prefiltered.parquet")
    assert "git blob as published" in said[0] and "SHA-256 as published" in said[1]
    # From elsewhere than the preferred scores nothing else is fetched; what lies beside it is taken.
    server, address = serve((200, every, None))
    (tmp_path / "b").mkdir()
    manifest = obtain("all_metrics", "main", tmp_path / "b", said.append, known=both(preferred, every, address))
    assert manifest["preferred_file"] is None and server.n_requests == 1
    (tmp_path / "b/bigbench_results_prefiltered.parquet").write_bytes(preferred)
    manifest = obtain("all_metrics", "main", tmp_path / "b", said.append, known=both(preferred, every, address))
    assert manifest["preferred_file"] == str(tmp_path / "b/bigbench_results_prefiltered.parquet")


def test_all_metrics_go_on_without_the_preferred_scores(serve, tmp_path):
    every, said = all_metrics(tmp_path / "made.parquet"), []
    _, address = serve((200, every, None), (404, b"", None))
    manifest = obtain("all_metrics", "main", tmp_path / "raw", said.append, known=both(b"x", every, address, address))
    assert manifest["preferred_file"] is None and any("not compared" in line and "404" in line for line in said)


def test_another_content_of_the_word_is_an_error_and_of_a_path_is_said(serve, tmp_path):
    every, other = all_metrics(tmp_path / "made.parquet"), all_metrics(tmp_path / "other.parquet", score_value=0.25)
    _, address = serve((200, other, None))
    with pytest.raises(InputError) as error:
        obtain("all_metrics", "main", tmp_path / "raw", lambda line: None, known=both(b"x", every, address))
    assert all(published.Digests.of(content).git_blob in str(error.value) for content in (every, other))
    assert "source=FILE" in str(error.value) and not (tmp_path / "raw").exists()
    said = []
    manifest = obtain(str(tmp_path / "other.parquet"), "main", tmp_path / "raw", said.append, known=both(b"x", every))
    assert (manifest["source_kind"], manifest["is_published"], manifest["commit"]) == ("all_metrics", False, None)
    assert "not the published file" in said[0]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (published.COLUMNS, published.PREFERRED),
        ((*published.COLUMNS, *published.NAMES_OF_METRICS), published.ALL_METRICS),
        ((*published.COLUMNS[:4], *published.NAMES_OF_METRICS, "value"), published.ALL_METRICS),  # which is an error then
        ((*published.COLUMNS, "score_key"), published.ALL_METRICS),
        (("task", "model", "metric", "score"), None),
        (published.COLUMNS[:4], None),
    ],
)
def test_the_two_files_are_told_apart_by_their_columns(tmp_path, names, kind):
    pd.DataFrame({name: ["x"] for name in names}).to_parquet(tmp_path / "a.parquet")
    assert published.kind_of(tmp_path / "a.parquet") is kind
    (tmp_path / "b.parquet").write_bytes(b"PAR1 cut")
    assert published.kind_of(tmp_path / "b.parquet") is None and published.kind_of(tmp_path / "none.parquet") is None
