"""How well scores agree with labels given by hand: ROC curve and the area under it, with a bootstrap interval."""

from __future__ import annotations

import numpy as np

N_BOOTSTRAP = 2000


def roc_curve(scores: np.ndarray, is_positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(false positive rate, true positive rate) at every threshold, from (0, 0) to (1, 1).

    Parameters
    ----------
    scores : array, shape (n,)
        Larger means more likely positive; infinite ones are allowed, NaN counts as lower than all others.
    is_positive : array of bool, shape (n,)
        At least one of each kind.

    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    levels = np.unique(scores)[::-1]
    positive, negative = scores[is_positive], scores[~is_positive]
    rates = [(values[:, None] >= levels).mean(axis=0) for values in (negative, positive)]
    return tuple(np.concatenate([[0.0], rate]) for rate in rates)


def area(scores: np.ndarray, is_positive: np.ndarray) -> float:
    """Area under the ROC curve: the probability that a positive scores above a negative, ties counting half.

    Mann-Whitney: (sum of the positives' ranks - m (m + 1) / 2) / (m k) with m positives and k negatives.
    """
    _, place, counts = np.unique(np.where(np.isnan(scores), -np.inf, scores), return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]  # of ties the mean
    m = is_positive.sum()
    return float((ranks[is_positive].sum() - m * (m + 1) / 2) / (m * (len(scores) - m)))


def area_interval(scores: np.ndarray, is_positive: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of `area` over bootstrap samples of the positives and of the negatives."""
    rng = np.random.default_rng(seed)
    positive, negative = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    kinds = np.arange(len(scores)) < len(positive)
    drawn = [
        area(scores[np.concatenate([rng.choice(positive, len(positive)), rng.choice(negative, len(negative))])], kinds)
        for _ in range(N_BOOTSTRAP)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
