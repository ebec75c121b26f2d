"""JSON of untrusted files: decoding and checks that raise `Rejected` for what cannot be taken in."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from jumpcheck.base.rejects import Rejected

MAX_MAGNITUDE = 1e100
"""A larger number is no score: its square would not be finite."""


class RepeatedKeys(dict):
    """A JSON object in which a name occurs more than once; `pairs` holds all of its members."""

    pairs: list[tuple[str, Any]]


def json_object(pairs: list[tuple[str, Any]]) -> dict:
    """For `json.loads`: an object that does not lose repeated names."""
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    members = RepeatedKeys(members)
    members.pairs = pairs
    return members


def count_numbers(content: bytes) -> int:
    """How many numbers a JSON document holds; 0 for what is none."""
    try:
        return numbers_in(json.loads(content))
    except (ValueError, RecursionError):
        return 0


def numbers_in(value: object) -> int:
    """How many numbers a JSON value holds, however deep."""
    waiting, n_numbers = [value], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            n_numbers += is_number(value)
    return n_numbers


def shown(value: object) -> str:
    """A JSON value as a short text for `detail`, however large it is."""
    kind = {dict: "an object", list: "a list", bool: "a truth value", str: "a string"}.get(type(value))
    if value is None:
        return "null"
    if kind is None:
        return repr(value)[:40]
    return kind if isinstance(value, dict | list) else f"{kind}, {ascii(value)[:40]}"


def is_number(value: object) -> bool:
    """Whether `value` is a number, finite or not; a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def finite(value: int | float) -> float | None:
    """`value` in double precision; None where it is not finite or so large that its square would not be."""
    try:
        value = float(value)
    except OverflowError:  # an integer beyond the range of double precision
        return None
    return value if abs(value) <= MAX_MAGNITUDE else None


def is_text(value: object) -> bool:
    """Whether `value` is a non-empty string that UTF-8 can hold (JSON can spell lone surrogates, which it cannot)."""
    if not isinstance(value, str) or not value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def decoded(content: bytes, kind: type = dict) -> Any:
    """The JSON value that `content` holds, an object or, with `kind` list, a list."""
    if not content.strip():
        raise Rejected("", "empty", "the file is empty; fetch it again")
    if content.startswith(b"version https://git-lfs"):
        raise Rejected(
            "",
            "lfs_pointer",
            "a Git LFS pointer stands in place of the file; run 'git lfs pull' in the clone",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected("", "not_utf8", f"byte {error.start} is not UTF-8: {error.reason}") from None
    try:
        document = json.loads(text, object_pairs_hook=json_object)
    except RecursionError:
        raise Rejected("", "not_json", "nested too deeply") from None
    except ValueError as error:
        raise Rejected("", "not_json", f"{error}; the file may be cut off, fetch it again") from None
    if not isinstance(document, kind):
        reason, expected = ("not_an_object", "an object") if kind is dict else ("not_a_list", "a list")
        raise Rejected("", reason, f"{shown(document)} where the file should be {expected}")
    return document


def member(parent: dict, name: str, kind: type, location: str) -> Any:
    """`parent[name]`, which must be there and be of `kind`; else Rejected."""
    if name not in parent:
        raise Rejected(location, f"missing_{name}", f"there is no '{name}'")
    value = parent[name]
    good = is_text(value) if kind is str else isinstance(value, kind)
    if not good:
        expected = {dict: "an object", list: "a list", str: "a text"}[kind]
        raise Rejected(location, f"bad_{name}", f"'{name}' is {shown(value)}, {expected} is needed")
    return value


def unambiguous(parsed: dict, location: str) -> dict:
    """`parsed`; Rejected where a name occurs twice in it, because nobody can know which value is meant."""
    if isinstance(parsed, RepeatedKeys):
        name = Counter(name for name, _ in parsed.pairs).most_common(1)[0][0]
        raise Rejected(location, "repeated_key", f"{ascii(name)[:40]} stands there more than once")
    return parsed


def as_finite(value: object) -> float | None:
    """`value` in double precision where it is a number and finite, else None; a truth value is no number."""
    return finite(value) if is_number(value) else None
