"""Whether a source can be reached: `python -m jumpcheck.sources.reachable` for the one in config/config.yaml.

With the argument `preferred` or `all_metrics` the source is that published file of BIG-bench's scores. The
exit status is 1 if the source is an address that does not answer within 20 seconds, else 0. It is also 0 if that file was
fetched before. `make` runs this module before the workflow.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import yaml

from jumpcheck.sources import published
from jumpcheck.sources.layout import is_address

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


def is_fetchable(address: str) -> bool:
    """Whether something answers at the address of a file."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS):
            return True
    except (OSError, http.client.HTTPException, ValueError):
        return False


if __name__ == "__main__":
    configured = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
    source = sys.argv[1] if sys.argv[1:] else configured["source"]
    if kind := published.KINDS.get(source):
        given = configured.get(f"{kind.word}_address", "")
        address = published.published(kind, "data/reference/sources.csv", given).address
        fetched = Path("data", kind.dataset, "raw", kind.file)
        sys.exit(0 if fetched.is_file() or is_fetchable(address) else 1)
    if not is_reachable(source):
        sys.exit(1)
    if is_address(source):
        print(f"{source} answers: all scores of this repository.")
