"""A minute of damaged inputs; `tests/helpers/fuzz.py` takes as many as one likes."""

import subprocess
import sys

import pytest
from builders import ROOT


@pytest.mark.slow
def test_a_minute_of_damaged_inputs():
    command = [sys.executable, ROOT / "tests/helpers/fuzz.py", "--seconds", "60", "--seed", "20261127"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0 and " 0 findings" in result.stdout, result.stdout[-4000:] + result.stderr
