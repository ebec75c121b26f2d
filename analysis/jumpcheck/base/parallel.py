"""Worker processes of every stage but training, which has its own (`jumpcheck.experiments.training`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from jumpcheck.base.errors import InputError
from jumpcheck.base.progress import counted


class Processes:
    """`n_processes` worker processes; with one, the work is done in this process.

    with Processes(2) as processes:
        results = processes.map(function, first_arguments, second_arguments)
    """

    def __init__(self, n_processes: int) -> None:
        self._pool = ProcessPoolExecutor(n_processes) if n_processes > 1 else None

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable, *arguments: Sequence) -> list:
        """Results of `function` for every set of arguments, in their order.

        Raises
        ------
        InputError
            A worker process was killed from outside.
        Exception
            The first error that `function` raised.

        """
        results = self._pool.map(function, *arguments) if self._pool else map(function, *arguments)
        try:
            return list(counted(results, min(map(len, arguments))))
        except BrokenProcessPool as error:
            raise InputError(
                "a worker process was killed, as most systems do when memory runs out. Run the same command with fewer "
                "processes (--cores 1), or on a machine with more memory; what is finished is kept"
            ) from error
