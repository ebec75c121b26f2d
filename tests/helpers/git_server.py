"""A real git server on loopback: `git http-backend` behind Python's HTTP server, with counts and faults on demand."""

import os
import random
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import small_tree


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        server = self.server
        server.n_requests += 1
        fault = server.fault(server.n_requests) if server.fault else None
        body = self.body()
        if fault == "500":
            self.send_error(500, "made to fail")
            return
        if isinstance(fault, bytes):  # a page of HTML
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(fault)))
            self.end_headers()
            self.wfile.write(fault)
            return
        if fault == "hang":
            server.released.wait(60)
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        answer = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = fields.pop("Status", "200 OK").split(" ")[0]
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        # Headers and content in one write: two would wait for an acknowledgement each.
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + content
        if isinstance(fault, int):  # that many bytes, then nothing more
            whole = whole[:fault]
            self.close_connection = True
        server.n_bytes += len(whole)
        self.wfile.write(whole)

    do_GET = do_POST = serve

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, *arguments):
        pass


class GitServer(ThreadingHTTPServer):
    """Serves repositories below `root`; `fault(number of a request)`: None, "500", "hang", a page, or a number of bytes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, root, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.root, self.fault = root, None
        self.n_requests = self.n_bytes = 0
        self.released = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # a client that was killed is no fault of the server

    def url(self, name="repo.git"):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


def git(*arguments, cwd=None, stdin=None):
    return subprocess.run(["git", *map(str, arguments)], cwd=cwd, input=stdin, capture_output=True, check=True).stdout


def init(repository):
    """An empty bare repository that serves partial clones, as the large hosts do."""
    git("init", "-q", "--bare", "--initial-branch=main", repository)
    git("config", "uploadpack.allowFilter", "true", cwd=repository)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=repository)


def commit(repository, files, branch="main", message="made up"):
    """Commit `files` (path as bytes: content, or (mode, content or object name)) as the whole tree."""
    stream = [b"commit refs/heads/%s\n" % branch.encode(), b"committer a <a@b> 1700000000 +0000\n"]
    stream += [b"data %d\n%s\n" % (len(message), message.encode()), b"deleteall\n"]
    for path, content in files.items():
        mode, content = content if isinstance(content, tuple) else (b"100644", content)
        quoted = b'"' + path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
        if mode == b"160000":
            stream.append(b"M 160000 %s %s\n" % (content, quoted))
        else:
            stream.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, quoted, len(content), content))
    git("fast-import", "--quiet", "--force", cwd=repository, stdin=b"".join(stream))
    return git("rev-parse", f"refs/heads/{branch}", cwd=repository).decode().strip()


def score_files(folder: Path, n_tasks: int) -> dict[bytes, bytes]:
    """Score files of `n_tasks` made-up tasks, 33 each, as they stand in a repository."""
    kinds = list(small_tree.TASKS.values())
    tasks = {f"task_{k:03}": kinds[k % len(kinds)] for k in range(n_tasks)}
    known = dict(small_tree.TASKS)
    small_tree.TASKS.update(tasks)
    try:
        small_tree.write(folder, list(tasks))
    finally:
        small_tree.TASKS.clear()
        small_tree.TASKS.update(known)
    paths = sorted(folder.rglob("scores_*.json"))
    return {os.fsencode(str(path.relative_to(folder))): path.read_bytes() for path in paths}


def big_repository(folder: Path, n_tasks: int = 62, n_other: int = 42, size: int = 5_000_000) -> Path:
    """A bare repository with over 2,000 score files and over 200 MB of other files."""
    repository = folder / "repo.git"
    init(repository)
    files = score_files(folder / "files", n_tasks)
    rng = random.Random(0)
    for number in range(n_other):
        task = f"task_{number % n_tasks:03}"
        name = f"bigbench/benchmark_tasks/{task}/task_{number}.json" if number % 2 else f"docs/{task}/{number}.bin"
        files[name.encode()] = rng.randbytes(size)
    for number in range(300):
        files[f"bigbench/models/part_{number}.py".encode()] = rng.randbytes(100)
    commit(repository, files)
    git("repack", "-adq", cwd=repository)
    return repository


def ideal_pack(repository: Path, name: str) -> int:
    """Bytes of one pack of the score files of commit `name` and of the trees that lead to them."""
    wanted = []
    for record in git("ls-tree", "-r", "-t", "-z", "--full-tree", name, cwd=repository).split(b"\0")[:-1]:
        about, path = record.split(b"\t", 1)
        kind, oid = about.split(b" ")[1:]
        parts = path.split(b"/")
        inside = parts[:2] == [b"bigbench", b"benchmark_tasks"][: len(parts)]
        leads = kind == b"tree" and inside and (len(parts) <= 3 or parts[-1] == b"results")
        if leads or (inside and parts[-1].startswith(b"scores_")):
            wanted.append(oid + b" " + path)
    roots = [git("rev-parse", f"{name}{suffix}", cwd=repository).strip() + b" " for suffix in ("", "^{tree}")]
    return len(git("pack-objects", "--stdout", "-q", cwd=repository, stdin=b"\n".join(roots + wanted) + b"\n"))
