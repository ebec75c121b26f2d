"""Emergence scores, and the test whether there is a break, of your own data.

    from jumpcheck import break_test, emergence_score, linearity

Each function is imported when it is first used: `import jumpcheck` loads nothing else.
"""

from __future__ import annotations

from importlib import import_module

_PLACES = {
    "break_test": "jumpcheck.breaks.frames",
    "emergence_score": "jumpcheck.score.frames",
    "from_wide": "jumpcheck.formats.wide",
    "linearity": "jumpcheck.score.frames",
    "mirage_test": "jumpcheck.breaks.frames",
}

__all__ = ["break_test", "emergence_score", "from_wide", "linearity", "mirage_test"]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'jumpcheck' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
