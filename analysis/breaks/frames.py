"""The mirage test of your own arrays and tables: `from analysis import mirage_test`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.base.sql import sql_text
from analysis.breaks.passes import measure_trials
from analysis.score.frames import SCALE, scored


def mirage_test(
    scores: pd.DataFrame | ArrayLike,
    n_parameters: ArrayLike | None = None,
    n_examples: int | ArrayLike | None = None,
    chance: float | ArrayLike = 0.0,
    *,
    emergence_threshold: float = 20,
    steepest_plausible_slope: float = -0.2,
    bootstrap: str = "jumps",
    seed: int = 0,
    n_processes: int = 1,
) -> pd.DataFrame:
    """Test for every curve of shares of right answers whether its jump is what a smooth power law gives (docs/method.md).

        score = chance + (1 - chance) exp(-exp(intercept + slope log n_parameters))

    Models of one family scatter more than binomially. By how much is estimated from the other curves that are given, so that
    a curve that is given alone is tested as if it did not, and is rejected too easily: dispersion_source is then "none".

    Parameters
    ----------
    scores : DataFrame, or array of shape (n_curves, n_scales) or (n_scales,)
        A DataFrame as in `emergence_score`, with n_examples and chance; all its metrics are taken as shares. An array holds
        shares from 0 to 1 by rising scale.
    n_parameters, n_examples, chance : arrays, shapes (n_scales,), (n_curves,) and (n_curves,)
        With an array of scores: scales, test examples behind every share, and share that guessing gets.
    emergence_threshold : float
        A jump is an improvement score above this.
    steepest_plausible_slope : float
        An exponent certainly below this explains nothing.
    bootstrap : str
        "jumps" draws for curves that jump, "all" for all.
    seed, n_processes : int
        Of the draws. The result does not depend on the number of processes.

    Returns
    -------
    DataFrame
        The table `mirage` of the workflow: one row per curve with verdict, reason, p and q values, slope and its bounds. The
        q values control the false discovery rate among the curves that are given.

    Raises
    ------
    ValueError
        A column or an argument is missing, or shapes do not fit.

    """
    scores = checked_shares(scores, n_parameters, n_examples, chance, needed_by="mirage_test")
    settings = {"emergence_threshold": float(emergence_threshold), "seed": seed, "bootstrap": bootstrap}
    settings["steepest_plausible_slope"] = float(steepest_plausible_slope)
    with scored(scores, all_shares=True) as con:
        trials = con.table("trials").to_arrow_table()
        con.register("measured", measure_trials(trials, settings, n_processes, lambda line: None))
        con.register("given_settings", pd.DataFrame({name: [value] for name, value in settings.items()}))
        con.execute(f"create temp view settings as {sql_text('tables/settings')}")
        return con.execute(sql_text("tables/mirage")).df()


def checked_shares(
    scores: pd.DataFrame | ArrayLike, n_parameters: ArrayLike | None, n_examples: object, chance: object, needed_by: str
) -> pd.DataFrame:
    """A table that has n_examples and chance, of a table or of arrays; ValueError where one is missing."""
    if not isinstance(scores, pd.DataFrame):
        return _as_frame(scores, n_parameters, n_examples, chance)
    for name in ("n_examples", "chance"):
        if name not in scores.columns:
            raise ValueError(f"{needed_by} needs the column {name}")
    return scores


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
