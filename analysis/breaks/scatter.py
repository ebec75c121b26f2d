"""How far models of one family scatter around any law, beyond what a finite test set explains.

The dispersion of a curve with n examples is 1 + (n - 1) rho, with the intra-class correlation rho of the *other* curves of
its family and metric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analysis.breaks import fitting
from analysis.breaks.law import OK, UNBOUNDED, Points
from analysis.breaks.likelihood import ROUGH
from analysis.breaks.streams import SCATTER, generator, point_rho, rates

MIN_POOL = 20
"""So many other curves must stand behind a pooled scatter."""
MIN_SMALL_POOL = 5
"""A smaller pool of so many still counts where its scatter is the larger one."""
SIMULATED_POOL = 2000
"""Curves that are simulated to find the bias of a pooled scatter."""


def n_free_parameters(status: np.ndarray) -> np.ndarray:
    """Number of parameters that a fit of this status used: 2, 1 of a step law, none at the floor or the ceiling."""
    return np.where(status == OK, 2, np.where(status == UNBOUNDED, 1, 0))


def own_scatter(deviance: np.ndarray, freedom: np.ndarray, n_examples: np.ndarray) -> np.ndarray:
    """The rho at which deviance / (1 + (n - 1) rho) is the median of chi-square with `freedom` degrees of freedom.

    It can be negative. NaN for a single example.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = (deviance / chi2.ppf(0.5, freedom) - 1) / (n_examples - 1)
    return np.where(n_examples > 1, rho, np.nan)


def is_informative(points: Points, mean: np.ndarray) -> np.ndarray:
    """Whether a curve has at least 3 points that expect at least 1 right and 1 wrong answer."""
    return (np.minimum(mean, 1 - mean) * points.n >= 1).sum(axis=1) >= 3


def leave_one_out_medians(values: np.ndarray) -> np.ndarray:
    """Median of the others, for every one of `values`."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    m = len(values)
    rank = np.arange(m)
    # Without the one at `rank`, place k of the others is place k or k + 1 of all.
    places = [(m - 2) // 2, (m - 1) // 2]
    medians = sum(ordered[k + (rank <= k)] for k in places) / 2
    out = np.empty(m)
    out[order] = medians
    return out


@dataclass(frozen=True)
class Group:
    """Curves of one number of scales, with what is known of each; arrays of one length."""

    rows: np.ndarray
    """Places in the frame of all curves."""
    points: Points
    n_examples: np.ndarray
    stream: np.ndarray

    def take(self, k: np.ndarray) -> Group:
        """The curves `k` of the group."""
        return Group(self.rows[k], self.points.take(k), self.n_examples[k], self.stream[k])


def _simulated_scatter(group: Group, mean: np.ndarray, rho: float, repeats: int) -> np.ndarray:
    """`own_scatter` of curves drawn from their fitted laws with intra-class correlation `rho`, `repeats` times."""
    drawn = np.empty((len(group.rows), repeats, mean.shape[1]))
    n = group.points.n
    for k in range(len(group.rows)):
        rng = generator(group.stream[k], SCATTER)
        spread = point_rho(np.float64(rho), group.n_examples[k], n[k])
        drawn[k] = rng.binomial(n[k].astype(int), rates(mean[k], spread, drawn[k].shape, rng)) / n[k]
    again = np.repeat(np.arange(len(group.rows)), repeats)
    points = group.points.take(again)
    points = Points(points.x, drawn.reshape(len(again), -1), points.n, points.chance)
    fitted = fitting.fit(points, ROUGH)
    own = own_scatter(fitted.deviance, n.shape[1] - n_free_parameters(fitted.status), group.n_examples[again])
    return own[is_informative(points, fitted.mean)]


def scatter_bias(groups: Sequence[tuple[Group, np.ndarray]], estimate: float, run: Callable[..., Iterable] = map) -> float:
    """How far the median `own_scatter` of curves that scatter by the corrected estimate is from the truth.

    Two steps of a fixed point: simulate at the estimate, correct it by the bias seen, simulate there.

    Parameters
    ----------
    groups : sequence of (Group, array)
        Curves of the pool, each group with its fitted means.
    estimate : float
        Their median `own_scatter`.
    run : callable
        Like `map`, perhaps in several processes.

    """
    n_curves = sum(len(group.rows) for group, _ in groups)
    repeats = max(1, SIMULATED_POOL // max(n_curves, 1))
    rho, bias = max(estimate, 0.0), 0.0
    for _ in range(2):
        given = [[group for group, _ in groups], [mean for _, mean in groups]]
        given += [[min(rho, 0.99)] * len(groups), [repeats] * len(groups)]
        own = np.concatenate(list(run(_simulated_scatter, *given)))
        if not len(own):
            return 0.0
        bias = float(np.median(own)) - rho
        rho = max(estimate - bias, 0.0)
    return bias


def pool_scatter(
    frame: pd.DataFrame, groups: Sequence[Group], means: Sequence[np.ndarray], run: Callable[..., Iterable] = map
) -> tuple[np.ndarray, np.ndarray]:
    """(rho, source) of every curve, from the other curves of its family and metric, else of its metric, else of all.

    The median over the other curves of deviance / (1 + (n - 1) rho), each divided by the median of chi-square for its
    degrees of freedom, is 1 at the median of their `own_scatter`. Its bias, from counts too small for chi-square, is
    found by simulation and subtracted. At least 0.

    A pool of MIN_POOL others settles it. Where a wider pool is needed, because the narrower one is smaller, the larger
    of the two values counts if the narrower pool has MIN_SMALL_POOL others at least: another metric can scatter less.

    Parameters
    ----------
    frame : DataFrame
        model_family, metric, own_scatter, informative of every curve.
    groups, means : sequences of Group and of array
        The same curves as points, with their fitted means; of those that scatter in one pool the SIMULATED_POOL with the
        smallest hashes suffice (see `is_candidate`).
    run : callable
        Like `map`, perhaps in several processes.

    """
    rho, source = np.zeros(len(frame)), np.full(len(frame), "none", object)
    own = frame["own_scatter"].to_numpy()
    pooled = frame["informative"].to_numpy() & np.isfinite(own)
    waiting = np.ones(len(frame), bool)
    levels = {"family_metric": ["model_family", "metric"], "metric": ["metric"], "all": []}
    for name, columns in levels.items():
        code = frame.groupby(columns, observed=True, sort=True).ngroup().to_numpy() if columns else np.zeros(len(frame), int)
        for pool in np.unique(code[waiting]):
            members = np.flatnonzero((code == pool) & pooled)
            curves = np.flatnonzero((code == pool) & waiting)
            n_others = len(members) - pooled[curves]
            curves, n_others = curves[n_others >= MIN_SMALL_POOL], n_others[n_others >= MIN_SMALL_POOL]
            if not len(curves):
                continue
            estimate = float(np.median(own[members]))
            without = np.full(len(frame), estimate)
            without[members] = leave_one_out_medians(own[members])
            bias = scatter_bias(_members_of(groups, means, members), estimate, run)
            corrected = np.maximum(without[curves] - bias, 0.0)
            settled = n_others >= MIN_POOL
            taken = curves[(corrected > rho[curves]) | (source[curves] == "none") | (settled & (rho[curves] == 0))]
            rho[curves] = np.maximum(rho[curves], corrected)
            source[taken] = name
            waiting[curves[settled]] = False
    return np.minimum(rho, 0.99), source


def _members_of(groups: Sequence[Group], means: Sequence[np.ndarray], members: np.ndarray) -> list:
    """The curves `members` as (group, means); of a large pool those SIMULATED_POOL with the smallest hashes."""
    rows = np.concatenate([group.rows for group in groups])
    hashes = np.concatenate([group.stream[:, 0] for group in groups])
    mine = np.isin(rows, members)
    if mine.sum() > SIMULATED_POOL:
        mine &= hashes <= np.sort(hashes[mine])[SIMULATED_POOL - 1]
    chosen = rows[mine]
    chunks = []
    for group, mean in zip(groups, means, strict=True):
        k = np.flatnonzero(np.isin(group.rows, chosen))
        for part in np.array_split(k, -(-len(k) // 500)) if len(k) else ():
            chunks.append((group.take(part), mean[part]))
    return chunks
