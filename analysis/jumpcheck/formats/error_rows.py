"""Standard errors that stand in rows of their own in a long table: the metric acc_stderr beside the metric acc."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jumpcheck.base.collected import SCALES, Collected
from jumpcheck.base.rejects import Reject
from jumpcheck.formats.column_names import TEXTS

_ENDS = ("_stderr", "_std_err", "_standard_error")


def with_errors_of_rows(
    frame: pd.DataFrame, word: str, place: Sequence[object], shown: str, collected: Collected
) -> tuple[pd.DataFrame, np.ndarray]:
    """(the rows that are scores, with a column stderr, their places), of a table with rows of standard errors.

    A row of a metric that ends with _stderr belongs to the row of that metric with the same task, model, shots and scale.
    One without such a row is a reject. A table without these rows, or with a column of standard errors, is not changed.
    """
    place = np.asarray(place)
    if "metric" not in frame or "score" not in frame or "stderr" in frame:
        return frame, place
    metric = frame["metric"].astype(object).map(lambda value: value if isinstance(value, str) else "")
    base = metric.map(_metric_of_error)
    is_error = base.notna().to_numpy()
    if not is_error.any():
        return frame, place
    key = frame[[name for name in (*TEXTS, "shots", *SCALES) if name in frame and name != "metric"]].astype(str)
    key = key.assign(metric=base.where(base.notna(), metric))
    number = key.groupby(list(key), sort=False).ngroup().to_numpy()
    # Of several runs of one number the first error belongs to the first score.
    scores = pd.DataFrame({"key": number[~is_error], "row": np.flatnonzero(~is_error)})
    errors = pd.DataFrame({"key": number[is_error], "error_row": np.flatnonzero(is_error)})
    scores["k"], errors["k"] = scores.groupby("key").cumcount(), errors.groupby("key").cumcount()
    pairs = errors.merge(scores, how="left", on=["key", "k"])
    found = pairs.dropna(subset="row")
    stderr = pd.Series(None, frame.index, object)
    stderr.iloc[found["row"].astype(int)] = frame["score"].iloc[found["error_row"]].to_numpy()
    for row in pairs.loc[pairs["row"].isna(), "error_row"]:
        detail = f"there is no row of {base.iloc[row]!a} that this could be the standard error of"
        collected.n_numbers += 1
        collected.rejects.append(Reject("value", shown, f"{word} {place[row]}", "stderr_without_score", detail))
    return frame.assign(stderr=stderr)[~is_error], place[~is_error]


def _metric_of_error(metric: str) -> str | None:
    name, comma, filter_name = metric.partition(",")
    end = next((end for end in _ENDS if name.endswith(end) and name != end), None)
    return None if end is None else name.removesuffix(end) + comma + filter_name
