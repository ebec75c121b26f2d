"""A proof that BIG-bench's table of all metrics is read rightly: its preferred scores were published apart too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableMapping
from pathlib import Path

import numpy as np
import pandas as pd

from jumpcheck.formats.all_metrics import Rows
from jumpcheck.sources.published import COLUMNS, PREFERRED

_SUM_ERROR = 1e-12
"""Relative difference that means of the same numbers may have, which are summed in another order."""


def is_of_preferred(rows: Rows) -> np.ndarray:
    """Which rows are of the metric that their entry prefers."""
    place = {name: code for code, name in enumerate(rows.names["preferred"])}
    of_metric = np.array([*(place.get(name, -2) for name in rows.names["metric"]), -2], int)
    return of_metric[rows.codes["metric"]] == rows.codes["preferred"]


def rows_by_metric(rows: Rows) -> dict[str, int]:
    """How many rows are of the metric that their entry prefers, by metric; repeated entries count."""
    names = rows.names["metric"]
    codes = rows.codes["metric"][is_of_preferred(rows)]
    return {names[code]: n for code, n in sorted(Counter(codes.tolist()).items(), key=lambda item: names[item[0]])}


def compared(rows: Rows, published: pd.DataFrame) -> dict[str, object]:
    """The preferred scores of the table beside `published`, the rows of its tasks in the file of preferred scores.

    That file was made of the table: its authors took the rows of preferred metrics, and the mean of those with one label,
    task, number of shots and model.

    Returns
    -------
    dict
        preferred_compared (scores in both), preferred_differ, preferred_only_published, preferred_only_here, and
        preferred_difference, the first difference in words.

    """
    rows = rows.take(is_of_preferred(rows) & (rows.codes["subtask"] >= 0) & (rows.codes["model"] >= 0))
    texts = {COLUMNS[0]: "task", COLUMNS[1]: "subtask", COLUMNS[3]: "model"}
    frame = pd.DataFrame(
        {column: pd.Categorical.from_codes(rows.codes[name], rows.names[name]) for column, name in texts.items()}
        | {COLUMNS[2]: rows.shots, COLUMNS[4]: rows.score}
    )
    key = list(COLUMNS[:4])
    with np.errstate(invalid="ignore"):
        means = frame.groupby(key, observed=True)[COLUMNS[4]].mean().reset_index()
    both = means.astype(dict.fromkeys(texts, object)).merge(
        published.astype(dict.fromkeys(texts, object)), how="outer", on=key, suffixes=("_here", "_published"), indicator=True
    )
    here, there = (both[f"{COLUMNS[4]}_{name}"].to_numpy(float) for name in ("here", "published"))
    is_both = (both["_merge"] == "both").to_numpy()
    with np.errstate(invalid="ignore"):
        is_equal = (
            (here == there)
            | (np.isnan(here) & np.isnan(there))
            | (np.abs(here - there) <= _SUM_ERROR * np.maximum(np.abs(there), 1))
        )
    found = {
        "preferred_compared": int(is_both.sum()),
        "preferred_differ": int((is_both & ~is_equal).sum()),
        "preferred_only_published": int((both["_merge"] == "right_only").sum()),
        "preferred_only_here": int((both["_merge"] == "left_only").sum()),
    }
    different = both[~(is_both & is_equal)]
    if len(different):
        row = different.iloc[0]
        here, there = (
            "no score" if pd.isna(score := row[f"{COLUMNS[4]}_{name}"]) else f"{score:.17g}"
            for name in ("here", "published")
        )
        found["preferred_difference"] = (
            f"{row[key[1]]!a} of {row[key[0]]!a}, {row[key[2]]:g} shots, {row[key[3]]!a}: {here} in the table, {there} in "
            "the file of preferred scores"
        )
    return found


def proven(facts: MutableMapping[str, object], known_rows: str | Path, is_published: bool) -> dict[str, str]:
    """What the checks say, as facts of the build: `preferred_scores`, `preferred_counts`, and `preferred_faults` if any.

    A difference is a fault of the published table alone: another one may hold other scores.

    Parameters
    ----------
    facts : mapping
        Those of `compared` and `rows_by_metric`, summed over all shards; the latter are taken out.
    known_rows : path
        The table preferred_rows_by_metric.csv of data/reference.
    is_published : bool
        Whether the table is the published one: numbers of rows are known of that alone.

    """
    found = facts.pop("preferred_rows")
    lacks = f"the file of them, {PREFERRED.file}, is neither beside the table nor fetched"
    said = {"preferred_scores": f"not compared: {lacks} (put it there, and run again with --forcerun download)"}
    faults = []
    if "preferred_compared" in facts:
        n_faults = sum(facts[f"preferred_{name}"] for name in ("differ", "only_published", "only_here"))
        said["preferred_scores"] = f"{facts['preferred_compared']:,} compared with the published file of them, " + (
            f"{facts['preferred_differ']:,} differ, {facts['preferred_only_published']:,} are in that file alone and "
            f"{facts['preferred_only_here']:,} in the table alone; the first: {facts['preferred_difference']}"
            if n_faults
            else "all equal"
        )
        faults += [said["preferred_scores"]] if n_faults and is_published else []
    said["preferred_counts"] = "not compared: numbers of rows are known of the published table alone"
    if is_published:
        known = pd.read_csv(known_rows).set_index("metric")["n_rows"].to_dict()
        differ = counts_that_differ(found, known)
        said["preferred_counts"] = f"of {len(known)} metrics " + (
            f"{len(differ)} have other numbers of rows than published: {'; '.join(differ)}"
            if differ
            else "all have the published number of rows"
        )
        faults += [said["preferred_counts"]] if differ else []
    return said | ({"preferred_faults": ". ".join(faults)} if faults else {})


def counts_that_differ(found: Mapping[str, int], known: Mapping[str, int]) -> list[str]:
    """Metrics of which the number of rows is not the known one, in words."""
    return [
        f"{metric} {found.get(metric, 0):,} and not {known.get(metric, 0):,}"
        for metric in sorted({*found, *known})
        if found.get(metric, 0) != known.get(metric, 0)
    ]
