"""The packages that training needs and the analysis does not."""

from __future__ import annotations

from importlib.util import find_spec

from jumpcheck.base.errors import InputError


def check_installed() -> None:
    """Raise InputError where a package that training needs is not installed."""
    missing = [name for name in ("torch", "sklearn", "PIL") if find_spec(name) is None]
    if missing:
        raise InputError(
            f"the experiments need {', '.join(missing)}, which the analysis does not: run `make setup-experiments` "
            "(README.md, Trained models)"
        )
