"""Emergence score and linearity by NumPy: the second opinion, written from the paper's equation, not the SQL."""

import numpy as np


def scores(points):
    """(status, emergence score, linearity) of one curve.

    `points` is a list of (scale, score) in any order; NaN and infinity are no scores. Scores at one scale
    are averaged. What differs by no more than 1e-12 of the largest absolute score is equal.
    """
    by_scale = {}
    for scale, score in points:
        if not np.isfinite(score):
            continue
        by_scale.setdefault(scale, []).append(score)
    y = np.array([np.mean(by_scale[scale]) for scale in sorted(by_scale)])
    if len(y) < 3:
        return "too_few_scales", None, None
    epsilon = 1e-12 * np.max(np.abs(y))
    # Levels that are equal get one value, so that argmax and argmin find the first of them.
    top = np.where(np.max(y) - y <= epsilon, np.max(y), y)
    bottom = np.where(y - np.min(y) <= epsilon, np.min(y), y)
    rise = int(np.argmax(top)) - int(np.argmin(bottom))
    if rise == 0:
        return "flat", None, None
    steps = y[1:] - y[:-1]
    steps[np.abs(steps) <= epsilon] = 0
    # A power of two changes no digit, and keeps squares of very small steps above zero.
    unit = 2.0 ** np.floor(np.log2(np.ptp(y)))
    steps, extent = steps / unit, np.sign(rise) * np.ptp(y) / unit
    root_median, root_mean = np.sqrt(np.median(steps**2)), np.sqrt(np.mean(steps**2))
    linearity = extent / root_mean if root_mean > 0 else np.sign(rise) * np.inf
    if root_median == 0:
        return "infinite", np.sign(rise) * np.inf, linearity
    return "ok", extent / root_median, linearity
