import io
import operator
import re
import time

import pytest
from jumpcheck.base import terminal
from jumpcheck.base.parallel import Processes
from jumpcheck.base.progress import counted, heard_by, tell
from jumpcheck.base.terminal import Bar, lines_now_and_then, write_line
from pseudo_terminal import Terminal, screen


@pytest.mark.parametrize("n_processes", [1, 2])
def test_work_in_processes_says_how_far_it_is(n_processes):
    told = []
    with heard_by(lambda *said: told.append(said)), Processes(n_processes) as processes:
        assert processes.map(operator.add, [1, 2, 3], (10, 20, 30)) == [11, 22, 33]
    assert told == [(done, 3, "parts", "") for done in range(4)]


def test_a_piece_counts_when_it_is_done_with_and_nobody_has_to_listen():
    assert list(counted("ab", 2)) == ["a", "b"]
    told = []
    with heard_by(lambda *said: told.append(said)):
        pieces = counted("ab", 2, "letters")
        next(pieces)
        assert told == [(0, 2, "letters", "")]
        next(pieces)
        assert told[1:] == [(1, 2, "letters", "")]
    tell(2, 2)
    assert len(told) == 2


def test_a_bar_says_how_much_is_done_how_quickly_and_how_long_it_takes(tmp_path):
    with Terminal() as shown:
        with Bar("breaks", tmp_path / "lock", shown.stream) as bar:
            bar(0, 4, "parts", "")
            time.sleep(1.2)
            bar(1, 4, "parts", "3.5 MB received")
            write_line("gather: done", shown.stream)
            time.sleep(1.3)  # it is drawn again below the line by itself
            drawn = shown.received.decode()
        write_line("breaks: done", shown.stream)
    lines = screen(drawn)
    assert lines[0] == "gather: done"
    assert re.fullmatch(r"breaks +25% \|\W+\| 1 of 4 parts, +[\d.]+ parts/s, 00:0\d left, 3.5 MB received", lines[1]), lines
    assert screen(shown.received.decode()) == ["gather: done", "breaks: done", ""]


def test_quick_work_shows_no_bar(tmp_path):
    with Terminal() as shown, Bar("score", tmp_path / "lock", shown.stream) as bar, heard_by(bar):
        for _ in counted(range(3), 3):
            time.sleep(0.05)
    assert "%" not in shown.received.decode()


def test_of_several_jobs_one_shows_its_bar(tmp_path):
    with Terminal() as shown:
        first, second = (Bar(name, tmp_path / "lock", shown.stream) for name in ("first", "second"))
        with first, second:
            first(0, 2, "parts", "")
            second(0, 2, "parts", "")
            time.sleep(1.2)
            second(1, 2, "parts", "")
            time.sleep(0.1)
            meanwhile = shown.received.decode()
            first(2, 2, "parts", "")
            second(1, 2, "parts", "")
            time.sleep(1.2)
            after = shown.received.decode()[len(meanwhile) :]
    assert "first" in meanwhile and "second" not in meanwhile
    assert screen(after)[-1].startswith("second  50%")


def test_a_file_system_without_locks_costs_the_bar_and_nothing_else(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError("no locks available")

    monkeypatch.setattr(terminal.fcntl, "flock", flock)
    with Terminal() as shown, Bar("breaks", tmp_path / "lock", shown.stream) as bar:
        bar(0, 2, "parts", "")
        bar(1, 2, "parts", "")
        bar(2, 2, "parts", "")
    assert shown.received == b""


def test_what_is_no_terminal_gets_lines_alone(monkeypatch):
    stream = io.StringIO()
    write_line("score: done", stream)
    assert stream.getvalue() == "score: done\n"
    said = []
    listen = lines_now_and_then(said.append)
    listen(1, 2000, "files", "")
    assert said == []
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0)
    listen(1500, 2000, "files", "2.0 MB received")
    listen(1501, 2000, "files", "")
    assert said == ["1,500 of 2,000 files done, 2.0 MB received", "1,501 of 2,000 files done"]


def test_characters_that_a_terminal_lacks_are_spelled_out():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    write_line("α", stream)
    assert stream.buffer.getvalue() == b"\\u03b1\n"
