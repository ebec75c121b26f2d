"""Files of one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from jumpcheck.base.rejects import Rejected
from jumpcheck.base.untrusted_json import json_object, unambiguous


def read_lines(
    path: Path, unique_names: bool = False, allow_nan: bool = False
) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """(number of the line from 1, its object or None, what is wrong with it) of every line that is not blank.

    With `unique_names` a name that occurs twice in an object is wrong; else the last of its values counts, which is quicker.
    With `allow_nan` the words NaN and Infinity are numbers, as Python writes them; JSON does not have them.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                try:
                    row = msgspec.json.decode(line)
                except msgspec.DecodeError:
                    if not allow_nan or (b"NaN" not in line and b"Infinity" not in line):
                        raise
                    row = json.loads(line)
                # The decoder keeps the last of two members of one name; where there may be some, all are looked at.
                if unique_names and isinstance(row, dict) and line.count(b'":') + line.count(b'" :') > len(row):
                    unambiguous(json.loads(line, object_pairs_hook=json_object), "")
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield number, None, str(error)
            except RecursionError:
                yield number, None, "nested too deeply"
            except Rejected as fault:
                yield number, None, fault.args[2]
            except ValueError as error:
                yield number, None, str(error)
            else:
                yield (number, row, "") if isinstance(row, dict) else (number, None, "not a JSON object")
