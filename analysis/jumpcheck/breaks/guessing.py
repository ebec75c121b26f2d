"""Whether the scores of a curve differ from guessing, and how large a rise above the chance rate could hide in them.

That a curve is at chance is a positive claim, so it is not made where a test merely fails to reject. A model that guesses
has the chance rate as its mean and the binomial variance of its test set; no scatter between models is granted, because
guessing has none. Two tests look at all points together: one for any difference, one for a mean or a trend that differ. A
bound says how large a rise they could have missed.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc
from scipy.stats import norm

from jumpcheck.breaks.small_systems import sums_from
from jumpcheck.breaks.smooth_law import Shares

_Z = norm.ppf(0.95)
_SAME = 1e-9
"""Scores that differ by less are one value."""


def p_of_guessing(shares: Shares) -> np.ndarray:
    """Probability of scores like these where every model guesses, shape (n_curves,); NaN where guessing gets nothing.

    With r_i = y_i - chance and the weights w_i = n_i / (chance (1 - chance)), two statistics are chi-square where all guess:

        sum_i w_i r_i^2                                                        n_scales degrees of freedom
        (sum_i w_i r_i)^2 / sum_i w_i + (sum_i w_i r_i d_i)^2 / sum_i w_i d_i^2      2 degrees of freedom

    d is the log scale less its weighted mean. The first sees any difference; the second sees a mean and a trend, to which
    every model contributes a little. The p value is twice the smaller one of the two, at most 1.
    """
    variance = np.maximum(shares.chance * (1 - shares.chance), 1e-12)
    weight, difference = shares.n / variance, shares.y - shares.chance
    total = weight.sum(axis=1, keepdims=True)
    d = shares.x - (weight * shares.x).sum(axis=1, keepdims=True) / total
    each = (weight * difference**2).sum(axis=1)
    mean = (weight * difference).sum(axis=1) ** 2 / total[:, 0]
    trend = (weight * difference * d).sum(axis=1) ** 2 / (weight * d**2).sum(axis=1)
    p = np.minimum(1, 2 * np.minimum(chdtrc(shares.y.shape[1], each), chdtrc(2, mean + trend)))
    return np.where(shares.chance[:, 0] > 0, p, np.nan)


def largest_rise(shares: Shares, scatter: np.ndarray) -> np.ndarray:
    """Largest rise above the chance rate that the scores do not exclude, shape (n_curves,); NaN where guessing gets nothing.

    A rise is a mean that is higher than the chance rate from one scale on, up to the largest. For every first scale the
    share of right answers from there on has an upper bound (one-sided 95 %, Wilson 1927); the largest of these less the
    chance rate is the result. `scatter` is the intra-class correlation of every curve. It widens the bound, and a wider
    bound makes it harder to call the curve at chance. So the scatter of the curve itself is used here.
    """
    weight = shares.n / shares.dispersion(scatter)
    n = sums_from(weight)
    share = sums_from(weight * shares.y) / n
    spread = np.sqrt(np.maximum(share * (1 - share), 0) / n + (_Z / (2 * n)) ** 2)
    high = (share + _Z**2 / (2 * n) + _Z * spread) / (1 + _Z**2 / n)
    return np.where(shares.chance[:, 0] > 0, (high - shares.chance).max(axis=1), np.nan)


def constant_answers(shares: Shares) -> np.ndarray:
    """The score of at least half of a curve's models, shape (n_curves,), where that is not the chance rate; NaN elsewhere.

    A model that gives one answer to everything scores the share of examples of which that answer is the right one, and so do
    all models with this habit. That is not guessing, whatever the p value says. Scores of 0 and 1 do not count: they are the
    floor and the ceiling. NaN also where guessing gets nothing.
    """
    ordered = np.sort(shares.y, axis=1)
    n = ordered.shape[1]
    half = -(-n // 2)
    # In order, equal scores are neighbours: the first and the last of `half` of them are equal.
    value = ordered[:, : n - half + 1]
    is_run = ordered[:, half - 1 :] - value < _SAME
    # A score counts as the chance rate if it is within half a right answer of it: 6 of 59 where the chance rate is 0.1.
    is_chance = np.abs(value - shares.chance) * shares.of_one_model[:, None] < 0.5 + _SAME
    is_one = is_run & ~is_chance & (value > 0) & (value < 1) & (shares.chance > 0)
    first = np.take_along_axis(value, is_one.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(is_one.any(axis=1), first, np.nan)
