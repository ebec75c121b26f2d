"""How far long work is. Whoever works says it, and whoever runs the work may listen; by default nobody does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[int, int, str, str], None]
"""Takes how many pieces of work are done, how many there are, what a piece is, and what else there is to say."""
_listeners: list[Listener] = []


@contextlib.contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """What is said meanwhile goes to `listener`, and to no other."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.pop()


def tell(done: int, wanted: int, unit: str = "parts", note: str = "") -> None:
    """Say that `done` of `wanted` pieces of work are done: 0 at the beginning, `wanted` at the end."""
    if _listeners:
        _listeners[-1](done, wanted, unit, note)


def counted(pieces: Iterable[T], wanted: int, unit: str = "parts") -> Iterator[T]:
    """`pieces` one by one, and whenever one is done with, how many are."""
    tell(0, wanted, unit)
    for done, piece in enumerate(pieces, 1):
        yield piece
        tell(done, wanted, unit)
