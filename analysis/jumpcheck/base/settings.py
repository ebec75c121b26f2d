"""What a run judges by, each number in one place. SQL, figures and pages read them from the table `settings`."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

DEFAULTS = {"emergence_threshold": 20.0, "sharpness_threshold": 2.0, "smallest_break": 1.0, "smallest_rise": 0.1, "seed": 0}
"""Settings that a user may choose, as in config/config.yaml."""
MIN_SCALES = 3
"""A curve of fewer scales has no score: with 2 it would always be 1 or -1."""
COUNTED_SCALES = 5
"""A curve of fewer scales is neither counted nor tested."""
FDR = 0.05
"""False discovery rate of the tests, and the level of a single one."""
LEAST_RATIO = 10.0
"""A break must make a curve so many times likelier than every smooth law of another shape does."""
FIXED = {
    "fdr": FDR,
    "min_scales": MIN_SCALES,
    "min_scales_counted": COUNTED_SCALES,
    "least_ratio": LEAST_RATIO,
}
"""Settings that no user chooses."""


def completed(chosen: Mapping[str, object]) -> dict[str, float | int]:
    """All settings: those of DEFAULTS as chosen where they are, and those of FIXED.

    Examples
    --------
    >>> completed({"emergence_threshold": 10, "dataset": "mine"})["emergence_threshold"]
    10.0

    """
    return {name: type(default)(chosen.get(name, default)) for name, default in DEFAULTS.items()} | FIXED


def one_row(chosen: Mapping[str, object]) -> pa.Table:
    """The input `given_settings` of the tables: `completed` as one row."""
    return pa.table({name: [value] for name, value in completed(chosen).items()})
