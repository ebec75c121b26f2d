"""What every script shares: its log, its lines on the terminal, and errors that a user can act on."""

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

# Work is spread over processes, and threads of the linear algebra in each are only in their way. Snakemake sets as many of
# them as the rule has; NumPy reads it when it is first imported, so scripts import this module before all others.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from tqdm import tqdm

from analysis.base.errors import InputError
from analysis.base.made import ENDING, record


@contextlib.contextmanager
def progress(say: Callable[[str], None]) -> Iterator[Callable[[int, int, int], None]]:
    """Yield `advance(files done, files wanted, bytes)`: a bar on a terminal, else a line at every quarter."""
    terminal = sys.__stderr__
    if terminal.isatty():
        with tqdm(unit=" files", file=terminal, leave=False, dynamic_ncols=True) as bar:

            def advance(done: int, wanted: int, n_bytes: int) -> None:
                bar.total = wanted
                bar.set_postfix_str(f"{n_bytes / 1e6:.1f} MB", refresh=False)
                bar.update(done - bar.n)

            yield advance
    else:
        quarters = 0

        def advance(done: int, wanted: int, n_bytes: int) -> None:
            nonlocal quarters
            if 4 * done // wanted > quarters:
                quarters = 4 * done // wanted
                say(f"{done:,} of {wanted:,} files here, {n_bytes / 1e6:.1f} MB received")

        yield advance


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


@contextlib.contextmanager
def running(snakemake) -> Iterator[Callable[[str], None]]:
    """Send stderr to the rule's log and yield `say`, which writes a line to the log and to the terminal.

    An InputError ends the job with its message; any other error leaves its traceback in the log.
    """
    started = time.perf_counter()
    with Path(snakemake.log[0]).open("w", encoding="utf-8", errors="backslashreplace") as log:
        sys.stderr = log

        def say(line: str) -> None:
            line = f"{snakemake.rule}: {line}"
            print(line, file=log, flush=True)
            print(line.encode(sys.stdout.encoding, "backslashreplace").decode(sys.stdout.encoding), flush=True)

        try:
            yield say
            record(snakemake.output, Path(snakemake.log[0]).with_suffix(ENDING))
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
