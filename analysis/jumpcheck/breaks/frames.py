"""The break test of your own arrays and tables: `from jumpcheck import break_test`."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from jumpcheck.breaks.measuring import measured_alone, testable
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.score.frames import SCALE, scored


def break_test(
    scores: pd.DataFrame | ArrayLike,
    n_parameters: ArrayLike | None = None,
    n_examples: int | ArrayLike | None = None,
    chance: float | ArrayLike = 0.0,
    *,
    smallest_break: float = 1.0,
    smallest_rise: float = 0.1,
    emergence_threshold: float = 20.0,
    sharpness_threshold: float = 2.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Say for every percent-correct curve whether there is a break, none, or too little evidence to tell.

    The law without a break is smooth: the log of the loss, -log((score - floor) / (1 - floor)), is a quadratic in the log
    of scale. A break lowers it from one scale on. How much laws bend and models scatter is told by the other curves that are
    given of the same model family, metric and number of scales; with fewer than 10 the verdict is that with much scatter.
    What a family's other tasks say of its models is taken out; of fewer than 5 nothing is, and n_other_tasks is 0.

    Parameters
    ----------
    scores : DataFrame, or array of shape (n_curves, n_scales) or (n_scales,)
        A DataFrame as in `emergence_score`, with n_examples and chance, without which a curve is not_testable; all its
        metrics are taken as percent-correct, of which higher is better. An array holds shares from 0 to 1 by rising scale.
    n_parameters, n_examples, chance : arrays, shapes (n_scales,), (n_curves,) and (n_curves,)
        With an array of scores: scales, test examples behind every share, and share that guessing gets.
    smallest_break : float
        A curve is smooth where a break of this size is ruled out: 1 is a factor e of -log(share).
    smallest_rise : float
        A curve is at chance where its scores do not differ from guessing and a rise of this share of right answers above the
        chance rate is ruled out.
    emergence_threshold, sharpness_threshold : float
        A curve jumps where its improvement score is above the first, and above the second times the score of a straight line
        in log scale at its scales.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        The table `breaks` of the workflow (docs/database.md): one row per curve with verdict (break, one_model, family,
        smooth, at_chance, inconclusive, not_testable), reason, p_break, q_break among all that are given, break_scale,
        break_size and its 95 % interval, break_size_high (the largest that is not ruled out), jumps and source_of_jump.

    Raises
    ------
    ValueError
        A column or an argument is missing, or shapes do not fit.

    """
    scores = _checked_shares(scores, n_parameters, n_examples, chance)
    for name, value in {"smallest_break": smallest_break, "smallest_rise": smallest_rise}.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} is {value}; a finite number above 0 is needed")
    settings = {"emergence_threshold": float(emergence_threshold), "sharpness_threshold": float(sharpness_threshold)}
    settings |= {"smallest_break": float(smallest_break), "smallest_rise": float(smallest_rise), "seed": int(seed)}
    with scored(scores, all_shares=True) as con:
        trials = con.table("trials").to_arrow_table()
    curves = testable(trials)
    return breaks_of(trials, measured_alone(curves, settings), settings)


def mirage_test(*arguments: object, **settings: object) -> pd.DataFrame:
    """The former name of `break_test`, for one version. Its settings and columns are those of `break_test`."""
    warnings.warn("mirage_test is now break_test, and will go in the next version", FutureWarning, stacklevel=2)
    return break_test(*arguments, **settings)


def _checked_shares(
    scores: pd.DataFrame | ArrayLike, n_parameters: ArrayLike | None, n_examples: object, chance: object
) -> pd.DataFrame:
    """A table of a table or of arrays; ValueError where an argument is missing."""
    return scores if isinstance(scores, pd.DataFrame) else _as_frame(scores, n_parameters, n_examples, chance)


def _as_frame(scores: ArrayLike, n_parameters: ArrayLike | None, n_examples: object, chance: object) -> pd.DataFrame:
    """Arrays as a table, one task a curve."""
    y = np.atleast_2d(np.asarray(scores, float))
    if n_parameters is None or n_examples is None:
        raise ValueError("an array of scores needs n_parameters and n_examples")
    scales = np.asarray(n_parameters, float)
    if y.ndim != 2 or scales.shape != (y.shape[1],):
        raise ValueError(f"scores have the shape {y.shape} and n_parameters {scales.shape}; needed: (n_curves, n), (n,)")
    each = {"n_examples": np.broadcast_to(n_examples, len(y)), "chance": np.broadcast_to(chance, len(y))}
    width = len(str(len(y) - 1))
    names = [f"curve {k:0{width}}" for k in range(len(y))]
    frame = pd.DataFrame({"task": np.repeat(names, len(scales)), "metric": "share", SCALE: np.tile(scales, len(y))})
    return frame.assign(score=y.ravel(), **{name: np.repeat(values, len(scales)) for name, values in each.items()})
