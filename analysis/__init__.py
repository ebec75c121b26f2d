"""Emergence scores, and the test whether there is a break, of your own data.

    from analysis import break_test, emergence_score, linearity

Each function is imported when it is first used: `import analysis` loads nothing else.
"""

from __future__ import annotations

from importlib import import_module

_PLACES = {
    "break_test": "analysis.breaks.frames",
    "emergence_score": "analysis.score.frames",
    "from_wide": "analysis.formats.wide",
    "linearity": "analysis.score.frames",
    "mirage_test": "analysis.breaks.frames",
}

__all__ = ["break_test", "emergence_score", "from_wide", "linearity", "mirage_test"]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
