import os
import signal

import pytest
from jumpcheck.base.errors import InputError
from jumpcheck.base.parallel import Processes


def killed(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_order_with_any_number_of_processes():
    for n_processes in (1, 2):
        with Processes(n_processes) as processes:
            assert processes.map(max, [3, 1, 2], [0, 5, 1]) == [3, 5, 2]


def test_a_killed_worker_is_an_error_that_says_what_to_do():
    with pytest.raises(InputError, match="--cores 1"), Processes(2) as processes:
        processes.map(killed, list(range(6)))
