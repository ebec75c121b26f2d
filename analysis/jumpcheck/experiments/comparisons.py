"""What experiments show: sharp and smooth metrics of the same outputs, target lengths, and the fit of the paper's law."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

COMPARED = [
    ("exact_str_match", "token_edit_distance"),
    ("exact_str_match", "log_likelihood_per_token"),
    ("reconstruction", "mean_squared_error"),
    ("accuracy", "log_likelihood_per_image"),
    ("mean_subset_accuracy", "log_likelihood_per_image"),
]
"""A sharp metric and a smooth one of the same outputs."""
N_DRAWS = 10_000


def _median_ratio(sharp: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """Ratio of medians along the last axis. Infinite values count; NaN where both medians are infinite."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where all curves are flat there is no median
        return np.nanmedian(sharp, axis=-1) / np.nanmedian(smooth, axis=-1)


def _ratio_interval(sharp: np.ndarray, smooth: np.ndarray, seed: int) -> tuple[float, float]:
    """From the 2.5th to the 97.5th percentile of the ratio of medians over resampled families; NaN with fewer than 3."""
    if len(sharp) < 3:
        return np.nan, np.nan
    drawn = np.random.default_rng(seed).integers(0, len(sharp), (N_DRAWS, len(sharp)))
    ratios = _median_ratio(sharp[drawn], smooth[drawn])
    if np.isnan(ratios).all():
        return np.nan, np.nan
    low, high = np.nanpercentile(ratios, [2.5, 97.5], method="nearest")
    return low, high


def sharp_and_smooth(curves: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Sharpness under a sharp metric beside that under a smooth one, by task and part, over the families (seeds).

    Parameters
    ----------
    curves : DataFrame
        task, subtask, model_family, metric, sharpness, improvement_score, n_scales, n_examples, share_above_zero (of the
        scores of the curve).
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        Medians, infinite values included, and counts of these per metric; `ratio` of the medians, with the range from the
        2.5th to the 97.5th percentile over resampled seeds (NULL with fewer than 3): about a 95 % interval for 5 seeds, and
        for 3 no more than their range, which holds the median of all seeds three times in four; `n_examples` behind each
        sharp score; `least_sizes_above_zero`, the smallest share over the seeds of models with a sharp score above zero.

    """
    key = ["task", "subtask", "model_family"]
    rows = []
    for sharp, smooth in COMPARED:
        pairs = curves[curves["metric"] == sharp].merge(
            curves[curves["metric"] == smooth], on=key, suffixes=("_sharp", "_smooth"), validate="one_to_one"
        )
        pairs["group"] = pairs["model_family"].str.split(", seed ").str[0]
        for (task, subtask, group), part in pairs.groupby(["task", "subtask", "group"], sort=True):
            values = [part[f"sharpness_{kind}"].to_numpy(float, na_value=np.nan) for kind in ("sharp", "smooth")]
            low, high = _ratio_interval(*values, seed)
            row = {"task": task, "subtask": subtask, "models": group, "sharp_metric": sharp, "smooth_metric": smooth}
            row |= {"n_seeds": len(part), "n_examples": part["n_examples_sharp"].min()}
            row |= {f"n_scales_{kind}": int(part[f"n_scales_{kind}"].min()) for kind in ("sharp", "smooth")}
            for kind, sharpness in zip(("sharp", "smooth"), values, strict=True):
                score = part[f"improvement_score_{kind}"].to_numpy(float, na_value=np.nan)
                for name, column in (("improvement_score", score), ("sharpness", sharpness)):
                    defined = column[~np.isnan(column)]
                    row[f"median_{name}_{kind}"] = np.median(defined) if len(defined) else np.nan
                row[f"n_infinite_{kind}"] = int(np.isinf(sharpness).sum())
            row |= {"ratio": float(_median_ratio(*values)), "ratio_low": low, "ratio_high": high}
            rows.append(row | {"least_sizes_above_zero": part["share_above_zero_sharp"].min()})
    return pd.DataFrame(rows)


def lines(table: pd.DataFrame) -> list[str]:
    """The table of `sharp_and_smooth` in words, one line per row."""
    described = [f"{len(table)} pairs of a sharp and a smooth metric"]
    for row in table.itertuples():
        interval = f" [{row.ratio_low:.2f}, {row.ratio_high:.2f}]" if row.ratio_low == row.ratio_low else ""
        infinite = f", {row.n_infinite_sharp} of {row.n_seeds} seeds infinite" if row.n_infinite_sharp else ""
        ratio = f"sharpness of {row.sharp_metric} / {row.smooth_metric} = {row.ratio:.2f}{interval}{infinite}"
        described.append(f"{row.task}, {row.subtask}: {ratio}")
    return described


def target_lengths(long: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and token edit distance against target length, with a geometric and a linear fit per task and size.

    accuracy = p^L, from weighted least squares of log accuracy on L through 0 over the lengths with any right answer, and
    token edit distance = e L. Means over the families of one size; the interval is mean +- t * standard error over them.

    Returns
    -------
    DataFrame
        task, models, scale, length, metric, score, low, high, n_seeds, fitted, residual.

    """
    from scipy.stats import t

    rows = long[
        long["subtask"].str.startswith("target length") & long["metric"].isin(["exact_str_match", "token_edit_distance"])
    ]
    rows = rows.assign(
        length=rows["subtask"].str.removeprefix("target length ").astype(int),
        models=rows["model_family"].str.split(", seed ").str[0],
    )
    means = rows.groupby(["task", "models", "scale", "metric", "length"], as_index=False).agg(
        score=("score", "mean"), sd=("score", "std"), n_seeds=("score", "size"), n_examples=("n_examples", "sum")
    )
    half_width = t.ppf(0.975, np.maximum(means["n_seeds"] - 1, 1)) * means["sd"] / np.sqrt(means["n_seeds"])
    means["low"], means["high"] = means["score"] - half_width, means["score"] + half_width
    means["fitted"] = np.nan
    for (_, _, _, metric), part in means.groupby(["task", "models", "scale", "metric"]):
        length, score = part["length"].to_numpy(float), part["score"].to_numpy()
        if metric == "token_edit_distance":
            slope = (length * score).sum() / (length * length).sum()
            means.loc[part.index, "fitted"] = slope * length
        elif (score > 0).any():
            # The variance of log accuracy is about (1 - accuracy) / (n accuracy), with at least half a miss.
            n, is_right = part["n_examples"].to_numpy(float), score > 0
            share = np.clip(score[is_right], None, 1 - 0.5 / n[is_right])
            weight = n[is_right] * share / (1 - share)
            slope = (weight * length[is_right] * np.log(share)).sum() / (weight * length[is_right] ** 2).sum()
            means.loc[part.index, "fitted"] = np.exp(slope * length)
    means["residual"] = means["score"] - means["fitted"]
    columns = ["task", "models", "scale", "length", "metric", "score", "low", "high", "n_seeds", "fitted", "residual"]
    return means[columns].sort_values(["task", "models", "metric", "scale", "length"], ignore_index=True)


def fitted_law(long: pd.DataFrame) -> pd.DataFrame:
    """The paper's law per task: c and alpha of cross entropy per token = (N / c)^alpha, by least squares of the logarithms.

    From the metric log_likelihood_per_token of whole tasks where it is known, else from accuracy^(1 / L) of targets of one
    length. Returns task, models, c, alpha, r_squared, fitted_to.
    """
    rows = []
    long = long.assign(models=long["model_family"].str.split(", seed ").str[0])
    for (task, models), part in long.groupby(["task", "models"]):
        used = part[(part["metric"] == "log_likelihood_per_token") & (part["subtask"] == task)]
        if len(used):
            scale, loss, source = used["scale"].to_numpy(), -used["score"].to_numpy(), "log_likelihood_per_token"
        else:
            used = part[
                (part["metric"] == "exact_str_match") & part["subtask"].str.startswith("target length") & (part["score"] > 0)
            ]
            length = used["subtask"].str.removeprefix("target length ").astype(float)
            scale, loss, source = used["scale"].to_numpy(), (-np.log(used["score"]) / length).to_numpy(), "exact_str_match"
        is_positive = loss > 0
        if len(np.unique(scale[is_positive])) < 2:
            continue
        x, y = np.log(scale[is_positive]), np.log(loss[is_positive])
        alpha, intercept = np.polyfit(x, y, 1)
        residual = y - (intercept + alpha * x)
        rows.append(
            {
                "task": task,
                "models": models,
                "c": float(np.exp(-intercept / alpha)) if alpha else np.nan,
                "alpha": float(alpha),
                "r_squared": float(1 - residual.var() / y.var()) if y.var() > 0 else np.nan,
                "fitted_to": source,
            }
        )
    return pd.DataFrame(rows, columns=["task", "models", "c", "alpha", "r_squared", "fitted_to"])
