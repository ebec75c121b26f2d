"""The break test of your own arrays and tables: `from analysis import break_test`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from analysis.breaks import break_tests
from analysis.breaks.frames import checked_shares
from analysis.breaks.smooth_law import Shares
from analysis.normalise.schema import CURVE_KEY
from analysis.score.frames import scored

_MEASURED = [
    "p_break", "q_break", "break_scale", "break_size", "break_size_low", "break_size_up", "break_size_high", "high_scale",
    "n_informative", "scatter", "n_to_decide",
]  # fmt: skip


def break_test(
    scores: pd.DataFrame | ArrayLike,
    n_parameters: ArrayLike | None = None,
    n_examples: int | ArrayLike | None = None,
    chance: float | ArrayLike = 0.0,
    *,
    smallest_break: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Say for every curve of shares of right answers whether there is a break, none, or too little evidence to tell.

    The law without a break is smooth: the log of the loss, -log((score - floor) / (1 - floor)), is a quadratic in the log
    of scale. A break lowers it from one scale on. Curvature, scatter between models and floor are estimated with the other
    curves of the same model family, metric and number of scales that are given; of a curve alone the scatter is that of a
    default prior.

    Parameters
    ----------
    scores : DataFrame, or array of shape (n_curves, n_scales) or (n_scales,)
        A DataFrame as in `emergence_score`, with n_examples and chance; all its metrics are taken as shares, of which
        higher is better. An array holds shares from 0 to 1 by rising scale.
    n_parameters, n_examples, chance : arrays, shapes (n_scales,), (n_curves,) and (n_curves,)
        With an array of scores: scales, test examples behind every share, and share that guessing gets.
    smallest_break : float
        A curve is smooth where a break of this size is excluded: 1 is a factor e of the loss.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row per curve: its key, n_scales, n_examples, chance; p_break, and q_break among the curves that are given;
        break_scale (first scale after the likeliest break), break_size (of the log loss) with its 95 % interval;
        break_size_high, the largest break that is not excluded (one-sided 95 %) at any place where one of `smallest_break`
        would be seen, and the scale high_scale where; n_informative points; scatter (intra-class correlation); n_to_decide,
        the number of examples that would exclude `smallest_break`; verdict (break, smooth, inconclusive, at_chance,
        not_testable) and reason.

    Raises
    ------
    ValueError
        A column or an argument is missing, or shapes do not fit.

    """
    scores = checked_shares(scores, n_parameters, n_examples, chance, needed_by="break_test")
    if not smallest_break > 0:
        raise ValueError(f"smallest_break is {smallest_break}; a number above 0 is needed")
    with scored(scores, all_shares=True) as con:
        trials = con.execute("from trials order by task, subtask, shots, metric, filter, model_family").df()
    found = trials[[*CURVE_KEY, "n_scales", "n_examples", "chance"]].assign(**dict.fromkeys(_MEASURED, np.nan))
    found = found.assign(verdict="not_testable", reason=trials["not_testable"])
    return _with_verdicts(found, trials, smallest_break, seed)


def _with_verdicts(found: pd.DataFrame, trials: pd.DataFrame, smallest_break: float, seed: int) -> pd.DataFrame:
    """`found` with what the test says of the curves that can be tested."""
    is_tested = trials["not_testable"].isna()
    groups = trials[is_tested].groupby("n_scales").groups.values()
    tested = [_tested(trials.loc[rows], smallest_break, seed) for rows in groups]
    if not tested:
        return found
    table = pd.concat(tested)
    table["q_break"] = break_tests.q_values(table["p_break"].to_numpy())
    table["verdict"] = break_tests.verdicts(table, table["q_break"].to_numpy(), smallest_break)
    table["reason"] = [_reason(row, smallest_break) for row in table.itertuples()]
    columns = [*_MEASURED, "verdict", "reason"]
    found.loc[table.index, columns] = table.rename(columns={"size_high": "break_size_high"})[columns]
    return found


def _tested(trials: pd.DataFrame, smallest_break: float, seed: int) -> pd.DataFrame:
    """`break_tests.tested_breaks` of curves of one number of scales, with scales in place of places."""
    scales, y, models = (np.array(trials[name].tolist(), float) for name in ("scales", "ys", "n_models"))
    n = trials["n_examples"].to_numpy(float)[:, None] * models
    shares = Shares(np.log(scales), y, n, trials["chance"].to_numpy(float)[:, None])
    pool = trials.groupby(["model_family", "metric"], sort=True).ngroup().to_numpy()
    tested = break_tests.tested_breaks(shares, pool, break_tests.estimate_pools(shares, pool), smallest_break, seed)
    row, half = np.arange(len(tested)), norm.ppf(0.975) * tested["break_size_se"]
    known = tested["p_break"].notna()
    return tested.assign(
        break_scale=pd.Series(scales[row, tested["place"]]).where(known),
        high_scale=pd.Series(scales[row, tested["high_place"]]).where(known),
        break_size_low=tested["break_size"] - half,
        break_size_up=tested["break_size"] + half,
    ).set_index(trials.index)


def _reason(row, smallest_break: float) -> str:
    """The verdict on one curve in a sentence that can be quoted."""
    if row.verdict == "at_chance":
        return "no score differs from the chance rate"
    if row.verdict == "break":
        factor = np.exp(row.break_size)
        return f"at scale {row.break_scale:.3g} the loss is lower by a factor of {factor:.1f} than a smooth law gives"
    if row.verdict == "smooth":
        return f"a break of a factor {np.exp(smallest_break):.1f} of the loss is excluded wherever it would be seen"
    if np.isnan(row.p_break):
        return "no break could be seen: at no place do two scales before it say anything of the loss"
    if row.jump_is_hidden:
        return "the largest rise comes where the scores before it say too little of the loss"
    if row.n_hidden:
        where = "a scale" if row.n_hidden == 1 else f"{row.n_hidden} scales"
        return f"a break could hide at {where} before which scores are too near the floor to tell"
    what = f"a break of a factor {np.exp(row.size_high):.1f} of the loss at scale {row.high_scale:.3g} is not excluded"
    if np.isnan(row.n_to_decide):
        return f"{what}, and no number of examples alone would exclude it"
    return f"{what}; {row.n_to_decide:,.0f} examples would exclude it"
