"""Files of one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """(number of the line from 1, its object or None, what is wrong with it) of every line that is not blank."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield number, None, str(error)
            except RecursionError:
                yield number, None, "nested too deeply"
            else:
                yield (number, row, "") if isinstance(row, dict) else (number, None, "not a JSON object")
