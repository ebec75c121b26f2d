"""Whether a source can be reached: `python -m analysis.sources.reachable` for the one in config/config.yaml.

Exit status 1 where it is an address that does not answer within 20 seconds, else 0. `make` runs this before the workflow.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from analysis.sources.layout import is_address

SECONDS = 20


def is_reachable(source: str) -> bool:
    """Whether a git repository answers at `source`; true for a folder, an archive or "simulated": nothing is asked."""
    if not is_address(source):
        return True
    try:
        result = subprocess.run(
            ["git", "ls-remote", "--exit-code", "--", source, "HEAD"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


if __name__ == "__main__":
    configured = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))["source"]
    sys.exit(0 if is_reachable(configured) else 1)
