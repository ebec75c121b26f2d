"""What made a published score large: ties, the size of the test set, or the metric.

Three scores stand beside the published one:

- an interval over test sets of the same size, the examples of which are drawn anew;
- the score without ties: shares of k right answers of n are replaced by draws of what the rate may be. Equal shares make a
  median step of zero and an infinite score, and no two rates are equal;
- the score of the fitted smooth law itself, without noise.

And where the law itself does not jump, the number of examples at which curves drawn from it do not jump either.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.score.definition import TOLERANCE, emergence_scores

N_DRAWS = 99
RESOLVE_DRAWS = 399


def improvement_scores(y: np.ndarray) -> np.ndarray:
    """Improvement score of every row of shares, shape (..., n_scales); -infinity where the row is flat.

    The emergence score of a metric that is better when higher; a flat row jumps less than every other.
    """
    scores = emergence_scores(y)
    return np.where(np.isnan(scores), -np.inf, scores)


def _angles(shares: Shares, n: np.ndarray, normal: np.ndarray, correction: float) -> np.ndarray:
    """Draws of the share's angle, of which the variance is 1 / (4 n) whatever the share (Anscombe 1948)."""
    share = (shares.n * shares.y + correction) / (shares.n + 2 * correction)
    return np.arcsin(np.sqrt(share))[:, None, :] + normal / (2 * np.sqrt(n))[:, None, :]


def resampled_scores(shares: Shares, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(scores over resampled test sets, scores over rates without ties), each of shape (n_curves, N_DRAWS).

    The draws are the same for all curves, so that those of one curve depend on no other.
    """
    normal = np.random.default_rng(seed).standard_normal((N_DRAWS, shares.y.shape[1]))
    drawn = np.round(shares.n[:, None, :] * np.sin(_angles(shares, shares.n, normal, 0.0)) ** 2) / shares.n[:, None, :]
    # A share of 0 or 1 stays what it is when its examples are drawn anew.
    certain = ((shares.y <= 0) | (shares.y >= 1))[:, None, :]
    sets = np.where(certain, shares.y[:, None, :], drawn)
    rates = np.sin(_angles(shares, shares.n + 0.5, normal, 0.375)) ** 2
    return improvement_scores(sets), improvement_scores(rates)


def examples_to_resolve(
    mean: np.ndarray, n_examples: int, scatter: float, threshold: float, rng: np.random.Generator
) -> int | None:
    """Smallest number of examples, `n_examples` or more, at which the median score drawn is not above `threshold`.

    Drawn from the law `mean`, beta-binomial with the intra-class correlation `scatter`. A flat draw shows nothing and counts
    as above. To the nearest of 20 sizes per decade; None where even 10,000 times as many do not suffice.
    """
    sizes = np.unique(np.round(n_examples * 10 ** np.arange(0, 4.01, 0.05)).astype(int))
    low, high = -1, len(sizes)
    while high - low > 1:
        k = (low + high) // 2
        drawn = rng.binomial(sizes[k], _rates(mean, scatter, rng)) / sizes[k]
        scores = np.where(np.ptp(drawn, axis=-1) == 0, np.inf, improvement_scores(drawn))
        if np.median(scores) <= threshold:
            high = k
        else:
            low = k
    return int(sizes[high]) if high < len(sizes) else None


def _rates(mean: np.ndarray, scatter: float, rng: np.random.Generator) -> np.ndarray:
    """RESOLVE_DRAWS curves of success rates around `mean`."""
    inside = np.clip(mean, 1e-9, 1 - 1e-9)
    if scatter <= 0:
        return np.broadcast_to(inside, (RESOLVE_DRAWS, len(mean)))
    weight = (1 - scatter) / scatter
    return rng.beta(inside * weight, (1 - inside) * weight, (RESOLVE_DRAWS, len(mean)))


def scores_beside(
    shares: Shares,
    mean: np.ndarray,
    scatter: np.ndarray,
    score: np.ndarray,
    threshold: np.ndarray,
    stream: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """The scores that stand beside the published `score` of every curve.

    Parameters
    ----------
    shares : Shares
        The curves.
    mean, scatter : array, shapes (n_curves, n_scales) and (n_curves,)
        Fitted smooth law, and intra-class correlation of the curve's models.
    score, threshold : array, shape (n_curves,)
        Improvement score, and what it must be above to be a jump.
    stream : array of int, shape (n_curves,)
        Number of every curve, which seeds its draws.
    seed : int
        Seeds all draws.

    Returns
    -------
    DataFrame
        score_low and score_high (95 % over resampled test sets), n_ties (equal neighbours), score_without_ties (median),
        score_noise_free (of the law), n_resolve (NaN but for jumps that are not of ties, and whose law does not jump).

    """
    sets, rates = resampled_scores(shares, seed)
    noise_free, without_ties = improvement_scores(mean), np.median(rates, axis=1)
    n_ties = (np.abs(np.diff(shares.y, axis=1)) <= TOLERANCE).sum(axis=1)
    n_resolve = np.full(len(shares), np.nan)
    is_of_ties = (2 * n_ties >= shares.y.shape[1] - 1) & (without_ties <= threshold)
    for k in np.flatnonzero((score > threshold) & (noise_free <= threshold) & ~is_of_ties):
        rng = np.random.Generator(np.random.SFC64([seed, int(stream[k]) & (2**64 - 1)]))
        found = examples_to_resolve(mean[k], int(shares.of_one_model[k]), scatter[k], threshold[k], rng)
        n_resolve[k] = np.nan if found is None else found
    return pd.DataFrame(
        {
            # Between two draws of which one is infinite there is no number.
            "score_low": np.quantile(sets, 0.025, axis=1, method="lower"),
            "score_high": np.quantile(sets, 0.975, axis=1, method="higher"),
            "n_ties": n_ties,
            "score_without_ties": without_ties,
            "score_noise_free": noise_free,
            "n_resolve": n_resolve,
        }
    )
