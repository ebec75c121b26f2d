"""What every script shares: its log, its lines on the terminal, and errors that a user can act on."""

import contextlib
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

# Work is spread over processes, and threads of the linear algebra in each are only in their way. Snakemake sets as many of
# them as the rule has; NumPy reads it when it is first imported, so scripts import this module before all others.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import disk_full_explained
from jumpcheck.base.made import ENDING, record
from jumpcheck.base.progress import heard_by
from jumpcheck.base.terminal import Bar, lines_now_and_then, write_line


def inputs_named(snakemake, *beginnings: str) -> dict[str, object]:
    """The inputs that are there and whose name begins with one of `beginnings`: {name: path or list of paths}."""
    return {name: given for name, given in snakemake.input.items() if given and name.startswith(beginnings)}


def limits(snakemake) -> dict[str, object]:
    """What DuckDB may use of the machine: threads, memory and the folder for temporary files of the rule."""
    given = snakemake.resources
    memory = given.get("mem_mb")
    return {
        "threads": snakemake.threads,
        "memory_mb": memory if isinstance(memory, int) else None,
        "temporary": str(Path(given.get("tmpdir", ".")) / f"emergence-{os.getpid()}"),
    }


class Log(io.TextIOWrapper):
    """A log that stops nothing where its disk is full: what matters is on the terminal too."""

    def __init__(self, path: str) -> None:
        # Unbuffered: what could not be written is not tried again when the file is closed.
        raw = io.FileIO(path, "w")
        super().__init__(raw, encoding="utf-8", errors="backslashreplace", write_through=True)

    def write(self, text: str) -> int:
        """Write what there is room for."""
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)


@contextlib.contextmanager
def progress(snakemake, say: Callable[[str], None]) -> Iterator[None]:
    """Show how far the job is: a bar where Snakemake was started on a terminal, whose streams a job inherits, else lines."""
    if sys.stdout.isatty() and sys.__stderr__.isatty():
        lock = Path(snakemake.log[0]).with_name(".terminal")  # one bar for all jobs of the dataset
        with Bar(snakemake.rule, lock, sys.__stderr__) as bar, heard_by(bar):
            yield
    else:
        with heard_by(lines_now_and_then(say)):
            yield


@contextlib.contextmanager
def running(snakemake) -> Iterator[Callable[[str], None]]:
    """Send stderr to the rule's log and yield `say`, which writes a line to the log and to the terminal.

    An InputError ends the job with its message; any other error leaves its traceback in the log.
    """
    started = time.perf_counter()
    # What an earlier run of this job made is gone or goes now: where this one is killed, nothing is known of its outputs.
    record_path = Path(snakemake.log[0]).with_suffix(ENDING)
    record_path.unlink(missing_ok=True)
    with Log(snakemake.log[0]) as log:
        sys.stderr = log

        def say(line: str) -> None:
            line = f"{snakemake.rule}: {line}"
            print(line, file=log, flush=True)
            write_line(line, sys.stdout)

        try:
            with progress(snakemake, say), disk_full_explained(Path((snakemake.output or snakemake.log)[0])):
                yield say
                if snakemake.output:
                    record(snakemake.output, record_path)
            say(f"done in {time.perf_counter() - started:.1f} s")
        except InputError as error:
            say(f"error: {error}")
            sys.exit(1)
        except FileNotFoundError as error:
            traceback.print_exc(file=log)
            say(f"error: {error.filename} is not there; if it was deleted since the run began, run the same command again")
            sys.exit(1)
        except Exception as error:
            traceback.print_exc(file=log)
            say(f"error: {type(error).__name__}: {error} (where it happened is in {snakemake.log[0]})")
            sys.exit(1)
        finally:
            sys.stderr = sys.__stderr__
