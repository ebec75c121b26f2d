"""Numbers of examples from shares in single precision, as training logs and tables of 32-bit numbers hold them.

A share k/n is then known to some 2e-7 of itself. One share has many fractions that near to it, but a number n of examples
that makes whole numbers of all shares of a group is no accident.
"""

from __future__ import annotations

import numpy as np

SINGLE = 2e-7
"""Relative tolerance of a share that was computed and stored in single precision."""
SINGLE_DIGITS = 7
"""Significant digits of single precision; a number with fewer was rounded."""
SURE = 1e-3
"""A number of examples is proven if the probability that one as small fits all shares by accident is below this."""


def digits_of(value: float) -> tuple[int, int]:
    """(significant digits, decimals) of the shortest text that is this number.

    Examples
    --------
    >>> digits_of(0.3598485), digits_of(0.25)
    ((7, 7), (2, 2))

    """
    mantissa, _, exponent = f"{float(value)!r}".partition("e")
    whole, _, decimals = mantissa.partition(".")
    decimals = "" if decimals == "0" else decimals
    return len((whole + decimals).lstrip("0-")), max(0, len(decimals) - int(exponent or 0))


def tolerance_of(values: np.ndarray) -> np.ndarray:
    """By how much shares in single precision may be off their fractions: more where only a few decimals are written."""
    values = np.asarray(values, float)
    is_written_whole = values.astype(np.float32).astype(float) == values
    step = np.array([10.0 ** -digits_of(value)[1] for value in values])
    return np.where(is_written_whole, SINGLE * values, np.maximum(SINGLE * values, step / 2))


def is_single(values: np.ndarray) -> np.ndarray:
    """Which numbers are single precision written as double, or the shortest decimals of such.

    Examples
    --------
    >>> is_single(np.array([0.20000000298023224, 0.3598485, 1 / 3]))
    array([ True,  True, False])

    """
    values = np.asarray(values, float)
    single = values.astype(np.float32)
    shortest = np.array([float(str(one)) for one in single.ravel()]).reshape(values.shape)
    return (single.astype(float) == values) | (shortest == values)


def common_denominator(values: np.ndarray, largest: int) -> tuple[int, int]:
    """(smallest n of which all values are shares, largest denominator in lowest terms of one); (0, 0) if none is proven.

    Of m examples, chance makes a whole number of v m, within the tolerance e of v, with probability p = min(1, 2 e m). So n
    is proven where sum_{m <= n} prod_v p < SURE.

    Parameters
    ----------
    values : array, shape (k,)
        Distinct shares in (0, 1).
    largest : int
        Largest n that is looked for.

    Examples
    --------
    >>> common_denominator(np.float32([855 / 2376, 998 / 2376, 1140 / 2376]).astype(float), 100_000)
    (2376, 1188)

    """
    n = np.arange(1, largest + 1)
    tolerance = tolerance_of(values)
    for value, off in zip(values, tolerance, strict=True):
        n = n[np.abs(value * n - np.round(value * n)) <= off * n]
        if len(n) == 0:
            return 0, 0
    least = int(n[0])
    tried = np.arange(1, least + 1)
    by_accident = np.prod([np.minimum(1.0, 2 * off * tried) for off in tolerance], axis=0).sum()
    if len(values) == 0 or by_accident >= SURE:
        return 0, 0
    counts = np.round(np.asarray(values) * least).astype(np.int64)
    return least, int((least // np.gcd(counts, least)).max())
