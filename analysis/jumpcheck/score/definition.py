"""The emergence score of Srivastava et al. 2022 in NumPy: the only definition of it in Python.

For one curve y_1 ... y_n, sorted by rising scale, with steps d_i = y_i - y_{i-1}:

    I(y)            = sign(argmax y - argmin y) * (max y - min y)
    emergence score = I(y) / sqrt(median(d^2))          linearity = I(y) / sqrt(mean(d^2))

`score/sql/scored_curves.sql` computes the same for tables, and a test compares the two. What differs by no more than
1e-12 of the largest |y| of a curve is equal, both for a step and for ties of the extremes, which go to the smaller scale.
Sources: Srivastava et al. 2022 (arXiv 2206.04615, "breakthroughness"), Schaeffer et al. 2023 (arXiv 2304.15004, section 4).
"""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-12


def _shape(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(sign, range, absolute steps) of curves, shape (..., n_scales), range and steps in one unit; sign 0 if flat.

    The unit of a curve is the power of two at its range: no square of a step is too small or too large for double
    precision, and no digit changes.
    """
    highest, lowest = y.max(axis=-1, keepdims=True), y.min(axis=-1, keepdims=True)
    tolerance = TOLERANCE * np.maximum(np.abs(highest), np.abs(lowest))
    sign = np.sign(np.argmax(highest - y <= tolerance, axis=-1) - np.argmax(y - lowest <= tolerance, axis=-1))
    steps = np.abs(np.diff(y, axis=-1))
    steps[steps <= tolerance] = 0
    extent = highest - lowest
    exponent = -np.frexp(extent)[1]
    return sign, np.ldexp(extent, exponent)[..., 0], np.ldexp(steps, exponent)


def emergence_scores(y: np.ndarray) -> np.ndarray:
    """Emergence score of every curve: I(y) / sqrt(median(d^2)).

    Parameters
    ----------
    y : array, shape (..., n_scales)
        Finite scores by rising scale, at least MIN_SCALES of them.

    Returns
    -------
    array, shape (...)
        Without unit; positive where the metric rises. NaN where the curve is flat, infinite where the median step is 0 and
        the range is not.

    """
    sign, extent, steps = _shape(y)
    # The median of the squares is the mean of the two in the middle, which are one where the number of steps is odd.
    middle = (steps.shape[-1] - 1) // 2
    ordered = np.partition(steps, (middle, steps.shape[-1] - 1 - middle), axis=-1)
    median = (ordered[..., middle] ** 2 + ordered[..., -1 - middle] ** 2) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sign == 0, np.nan, sign * extent / np.sqrt(median))


def linearities(y: np.ndarray) -> np.ndarray:
    """Linearity of every curve: I(y) / sqrt(mean(d^2)); parameters as of `emergence_scores`, NaN where it is flat."""
    sign, extent, steps = _shape(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sign == 0, np.nan, sign * extent / np.sqrt(np.mean(steps**2, axis=-1)))
