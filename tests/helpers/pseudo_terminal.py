"""A terminal for programs: runs one on it, and gives what a user would see."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading


class Terminal:
    """A pseudo-terminal; `stream` is its end for a program, `received` what was written to it."""

    def __init__(self):
        self._own, self._end = pty.openpty()
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))  # lines and columns
        self.stream = os.fdopen(self._end, "w")
        self.received = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                self.received += os.read(self._own, 65536)
            except OSError:  # its last program has ended
                return

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()
        self._reader.join(10)
        os.close(self._own)


def run(command, **options):
    """(exit status, all that `command` has written to its terminal, as text)."""
    with Terminal() as terminal:
        done = subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=terminal.stream, stderr=terminal.stream, timeout=300,
            check=False, **options,
        )  # fmt: skip
    return done.returncode, terminal.received.decode()


def screen(written):
    """The lines that stand on an endless screen in the end: a line is written over from its beginning after each return."""
    lines, column = [""], 0
    for piece in re.findall(r"\r|\n|\x1b\[K|\x1b\[[\d;]*m|[^\r\n\x1b]+", written):
        if piece == "\n":
            lines.append("")
            column = 0
        elif piece == "\r":
            column = 0
        elif piece == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not piece.startswith("\x1b"):
            lines[-1] = lines[-1][:column].ljust(column) + piece + lines[-1][column + len(piece) :]
            column += len(piece)
    return [line.rstrip() for line in lines]
