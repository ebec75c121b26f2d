"""Models that are good or bad at everything: how far the models of one scale are from the laws of their family's curves.

Such a model moves all its curves at once, and a break that all tasks share is no break of a task. So the effect of every
scale is estimated from the *other* tasks of the family and taken out of a task's curves as a known part of their log loss.

At the fitted laws a shift of the log loss at one scale alone has the score S_t and the information I_t in task t, summed
over its curves. With d_t = S_t / I_t, tau^2 the variance of d_t between tasks (DerSimonian and Laird 1986) and the weights
w_t = 1 / (1 / I_t + tau^2), the effect for task k is the mean over the others,

    e_k = sum_(t not k) w_t d_t / W,      W = sum_(t not k) w_t,      variance 1 / W

and it is shrunk by the factor 1 - 1 / (W e_k^2), at least 0. The task itself is left out, so that what is left of its
curves holds the error of the estimate: the scatter of the pool, which is estimated from what is left, carries that error
into the p values.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from jumpcheck.base.columns import significant
from jumpcheck.breaks import smooth_law, step_test
from jumpcheck.breaks.pools import CURVES_PER_CHUNK, Pools
from jumpcheck.breaks.scatter_prior import GRID
from jumpcheck.breaks.smooth_law import Shares

MIN_TASKS = 5
"""Other tasks that an effect needs; with fewer nothing is taken out."""
_LEAST_INFORMATION = 1.0
"""A task with less, at a scale, tells its effect to a standard error of more than 1: it does not count as one that tells
it."""
_MOST = 3.0
KEY = ["model_family", "metric", "scale"]


def point_sums(shares: Shares, pools: Pools) -> tuple[np.ndarray, np.ndarray]:
    """(score, information) of a shift of the log loss down at every single point, of curves of one pool.

    Each has the shape (n_curves, n_scales), and is 0 where fewer than one right or wrong answer is expected.
    """
    scores, informations = np.empty(shares.y.shape), np.empty(shares.y.shape)
    scatter = np.full(len(shares), (pools.weights[0] * GRID).sum())
    for part in np.array_split(np.arange(len(shares)), -(-len(shares) // CURVES_PER_CHUNK)):
        some = shares.take(part)
        prior, dispersion = pools.penalty(some, np.zeros(len(part), int)), some.dispersion(scatter[part])
        fitted = smooth_law.fit(some, prior, dispersion)
        score, information = step_test.single_points(some, fitted, step_test.steps(some, prior, fitted, dispersion))
        counts = (some.n * fitted.mean >= 1) & (some.n * (1 - fitted.mean) >= 1)
        scores[part], informations[part] = score * counts, information * counts
    return scores, informations


def of_tasks(points: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """The effect at every scale for every task, from its family's other tasks.

    Parameters
    ----------
    points : DataFrame
        model_family, metric, scale, task, score and information, one row per point of a curve (`point_sums`).
    before : DataFrame, optional
        The effects that were taken out when the laws were fitted, as returned.

    Returns
    -------
    DataFrame
        KEY and task, effect (how much lower the log loss is than the laws say, shrunk) and n_other_tasks (that tell it).
        Rows where fewer than MIN_TASKS tell it are left out.

    """
    sums = points.groupby([*KEY, "task"], as_index=False)[["score", "information"]].sum()
    tells = sums["information"] >= _LEAST_INFORMATION
    shift = np.clip(sums["score"] / sums["information"].where(tells), -_MOST, _MOST).fillna(0.0)
    weight = _weights(sums, shift, tells)
    of_scale = sums.assign(tells=tells, w=weight, wd=weight * shift).groupby(KEY)[["tells", "w", "wd"]].transform("sum")
    others = of_scale["w"] - weight
    sums["n_other_tasks"] = (of_scale["tells"] - tells).astype(int)
    known = sums["n_other_tasks"] >= MIN_TASKS
    sums, others, wd = sums[known], others[known], (of_scale["wd"] - weight * shift)[known]
    effect = wd / others
    if before is not None:
        earlier = sums[[*KEY, "task"]].merge(before, how="left", on=[*KEY, "task"])["effect"].fillna(0.0)
        effect = effect + earlier.to_numpy()
    # James and Stein's factor, at least 0: an effect that is no larger than its standard error is taken as none.
    shrunk = effect * np.maximum(0, 1 - 1 / (others * effect**2))
    sums = sums.assign(effect=significant(shrunk.fillna(0.0)))
    return sums[[*KEY, "task", "effect", "n_other_tasks"]].reset_index(drop=True)


def _weights(sums: pd.DataFrame, shift: pd.Series, tells: pd.Series) -> pd.Series:
    """w_t: one over the variance of d_t within the task and between tasks; 0 where the task tells nothing."""
    w = sums["information"].where(tells, 0.0)
    parts = sums[KEY].assign(k=tells.astype(float), w=w, ww=w**2, wd=w * shift, wdd=w * shift**2)
    total = parts.groupby(KEY).transform("sum")
    excess = total["wdd"] - total["wd"] ** 2 / total["w"] - (total["k"] - 1)
    between = (excess / (total["w"] - total["ww"] / total["w"])).clip(lower=0).fillna(0.0)
    return (1 / (1 / w.where(tells) + between)).fillna(0.0)


def of_models(points: pd.DataFrame, before: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """The table `model_effects`: one row per model family, metric and scale whose effect more than MIN_TASKS tasks tell.

    `points` are those of the laws fitted with the effects `before` taken out, and `effects` what `of_tasks` made of them.
    """
    tasks = points.groupby([*KEY, "task"], as_index=False).agg(
        n_curves=("score", "size"), score=("score", "sum"), information=("information", "sum")
    )
    earlier = before.rename(columns={"effect": "before"}).drop(columns="n_other_tasks")
    tasks = tasks.merge(effects, how="inner", on=[*KEY, "task"]).merge(earlier, how="left", on=[*KEY, "task"])
    tells = tasks["information"] >= _LEAST_INFORMATION
    # What a task says is what was taken out and what is left.
    shift = np.clip(tasks["score"] / tasks["information"].where(tells), -_MOST, _MOST).fillna(0.0)
    weight = _weights(tasks, shift, tells)
    said = shift + tasks["before"].fillna(0.0)
    tasks = tasks.assign(tells=tells, is_better=tells & (said > 0), w=weight, w_said=weight * said)
    tasks["n_curves"] = tasks["n_curves"].where(tells, 0)
    table = tasks.groupby(KEY, as_index=False).agg(
        n_curves=("n_curves", "sum"),
        n_tasks=("tells", "sum"),
        n_tasks_better=("is_better", "sum"),
        w=("w", "sum"),
        w_said=("w_said", "sum"),
        taken_out=("effect", "mean"),
    )
    table = table[table["n_tasks"] > MIN_TASKS].sort_values(KEY).reset_index(drop=True)
    w, w_said = table.pop("w"), table.pop("w_said")
    return table.assign(
        effect=significant(w_said / w), standard_error=significant(w**-0.5), taken_out=significant(table["taken_out"])
    )


def attached(curves: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """The curves with two columns more: `offset`, how much higher the log loss is by the effects, and n_other_tasks.

    `offset` is a list over the scales, 0 where an effect is not known. n_other_tasks is the number of tasks that tell the
    effect of the scale where the fewest do; 0 where an effect is not known.
    """
    if not len(curves):
        return curves.assign(offset=[], n_other_tasks=[])
    long = pd.DataFrame(
        {
            **{name: np.repeat(curves[name].to_numpy(), curves["n_scales"]) for name in ("model_family", "metric", "task")},
            "scale": np.concatenate(curves["scales"].to_numpy()),
        }
    ).merge(effects, how="left", on=[*KEY, "task"])
    ends = np.cumsum(curves["n_scales"].to_numpy())[:-1]
    offset = np.split(-long["effect"].fillna(0.0).to_numpy(), ends)
    fewest = [part.min() for part in np.split(long["n_other_tasks"].fillna(0).to_numpy(int), ends)]
    return curves.assign(offset=offset, n_other_tasks=fewest)


def points_of(curves: pd.DataFrame, sums: Iterable[tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """The long table that `of_tasks` reads, of curves and their `point_sums`, in parts that follow each other."""
    scores, informations = zip(*((s.ravel(), i.ravel()) for s, i in sums), strict=True)
    texts = {name: np.repeat(curves[name].to_numpy(), curves["n_scales"]) for name in ("model_family", "metric", "task")}
    scales = np.concatenate(curves["scales"].to_numpy())
    return pd.DataFrame(
        texts | {"scale": scales, "score": np.concatenate(scores), "information": np.concatenate(informations)}
    )
