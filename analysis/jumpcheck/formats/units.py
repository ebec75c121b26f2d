"""Units of sizes of models that a table leaves open: 6.9 in a column of parameters stands for 6.9 billion."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from jumpcheck.models.names import size_of
from jumpcheck.models.placing import LEAST_PARAMETERS

LEAST = {"n_parameters": LEAST_PARAMETERS, "training_tokens": 1000, "training_flops": 1e6}
"""No language model has less of it, so that a column of smaller numbers is in another unit."""
_SIZE = re.compile(r"(?<![\d.a-z])(\d+(?:\.\d+)?[mbt])(?![a-z0-9])", re.IGNORECASE)
_FACTORS = (1.0, 1e3, 1e6, 1e9, 1e12)
ENOUGH = 0.9
"""Share of the models whose names must agree with a unit, to a factor of 2; and in the median to a factor of 1.5."""


def unit_of_sizes(sizes: pd.Series, models: pd.Series) -> float | None:
    """By what a column of numbers of parameters is multiplied; None where nobody can tell.

    1 where all are at least LEAST. Else what the sizes in the names of the models say: net-70m beside 70, or 0.07. Where
    the names say nothing, 1 if one number is at least LEAST, and 1e9 if one is below 10, because sizes are mostly given in
    billions.

    Parameters
    ----------
    sizes, models : Series
        Of every row; missing values count for nothing.

    Examples
    --------
    >>> unit_of_sizes(pd.Series([0.07, 0.16]), pd.Series(["pythia-70m", "pythia-160m"]))
    1000000000.0
    >>> unit_of_sizes(pd.Series([70, 160]), pd.Series(["pythia-70m", "pythia-160m"]))
    1000000.0
    >>> unit_of_sizes(pd.Series([70, 160]), pd.Series(["a", "b"])) is None
    True

    """
    given = sizes[sizes > 0]
    if given.empty or given.min() >= LEAST["n_parameters"]:
        return 1.0
    ratios = (models.reindex(given.index).map(_size_in) / given).dropna()
    for factor in _FACTORS:
        # Names are rounded, and some count embeddings and others do not.
        relative = ratios / factor
        if len(relative) and relative.between(1 / 2, 2).mean() >= ENOUGH and 2 / 3 <= relative.median() <= 3 / 2:
            return factor
    if len(ratios) > len(given) / 2:
        return None
    if given.max() >= LEAST["n_parameters"]:
        return 1.0
    return 1e9 if given.min() < 10 else None


def _size_in(name: object) -> float:
    found = _SIZE.findall(name) if isinstance(name, str) else []
    return size_of(found[-1]) if found else np.nan
