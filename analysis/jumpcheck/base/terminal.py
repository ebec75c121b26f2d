"""A terminal that several processes write lines to, and at most one of them a bar that says how far its work is."""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

CLEAR = "\r\033[K"
"""What takes away the bar that may stand on the last line, whichever process drew it."""
_FORMAT = "{desc} {percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt}{unit}, {rate_noinv_fmt}, {remaining} left{postfix}"
SECONDS_BETWEEN_LINES = 60.0


def write_line(line: str, stream: TextIO) -> None:
    """Write a line, on a terminal in the place of a bar. A character that the stream's encoding lacks is spelled out."""
    encoding = stream.encoding or "utf-8"
    shown = line.encode(encoding, "backslashreplace").decode(encoding)
    # In one piece, so that no other process writes in between.
    stream.write(f"{CLEAR if stream.isatty() else ''}{shown}\n")
    stream.flush()


class Bar:
    """What `progress.tell` says as a bar on a terminal: how much is done, how quickly, and how long it will take.

    Of several processes only the one that holds the lock draws. The others write lines, which take the bar's place; within
    a second it is drawn again below them.
    """

    def __init__(self, name: str, lock: Path, stream: TextIO) -> None:
        self._name, self._stream, self._lock = name, stream, lock.open("w")
        self._bar: tqdm | None = None
        self._ended = threading.Event()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        self._take_away()
        self._lock.close()

    def __call__(self, done: int, wanted: int, unit: str, note: str) -> None:
        """A `progress.Listener`."""
        if done >= wanted or (self._bar and (done < self._bar.n or wanted != self._bar.total)):
            self._take_away()
        if done >= wanted or (self._bar is None and not self._begin(wanted, unit)):
            return
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)

    def _begin(self, wanted: int, unit: str) -> bool:
        """Whether the bar may be shown, which it is if the work takes longer than a second."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another process has it, or the file system knows no locks
            return False
        self._bar = tqdm(
            desc=self._name, total=wanted, unit=f" {unit}", file=self._stream, delay=1, leave=False, dynamic_ncols=True,
            bar_format=_FORMAT,
        )  # fmt: skip
        self._ended.clear()
        self._clock = threading.Thread(target=self._redraw, daemon=True)
        self._clock.start()
        return True

    def _redraw(self) -> None:
        while not self._ended.wait(1):
            self._bar.refresh()

    def _take_away(self) -> None:
        if self._bar is None:
            return
        self._ended.set()
        self._clock.join()
        self._bar.close()
        self._bar = None
        fcntl.flock(self._lock, fcntl.LOCK_UN)


def lines_now_and_then(say: Callable[[str], None]) -> Callable[[int, int, str, str], None]:
    """A `progress.Listener` for what is no terminal: a line a minute, none of work that takes less."""
    said = time.monotonic()

    def listen(done: int, wanted: int, unit: str, note: str) -> None:
        nonlocal said
        if time.monotonic() - said >= SECONDS_BETWEEN_LINES:
            said = time.monotonic()
            say(f"{done:,} of {wanted:,} {unit} done{f', {note}' if note else ''}")

    return listen
