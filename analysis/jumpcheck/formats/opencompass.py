"""Summaries of OpenCompass: CSV with one row a dataset and metric, and one column a model.

    dataset,version,metric,mode,net-1b,net-3b
    ARC-c,1a2b3c,accuracy,gen,31.58,36.84
    mmlu,-,naive_average,gen,-,43.42

Scores are percentages with two decimals. A row without a version is an average of others, a row of dashes a heading, and
`-` a score that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jumpcheck.base.collected import Collected
from jumpcheck.base.columns import from_percent
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import finite
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.table_files import cells, places

HEADER = ("dataset", "version", "metric", "mode")
COUNT = "total_count"
"""A column that newer programs write before the models: the number of questions."""
_NO_PERCENT = re.compile(
    r".*(?:ppl|perplexity|bpb|toxicity|bleu|rouge|chrf|\btruth\b|loss|count|mse|judge|\brating|总分|deviation|\bsum\b).*",
    re.IGNORECASE,
)
"""Metrics whose scores are in units of their own."""
_JUDGED = re.compile(r".*(?:mt_?bench|alignbench|arena).*", re.IGNORECASE)
"""Datasets whose scores are in units of their own."""
_SHARES = re.compile(r".*(?:accuracy|exact_match|pass@|\bem\b).*", re.IGNORECASE)
"""Metrics that are shares for certain, which tell whether a file is in percent."""
_OF_COUNTS = re.compile(r"(\d+(?:\.\d+)?)\s*\((\d+)/(\d+)\)")


def is_summary(columns: Sequence[str]) -> bool:
    """Whether these are the columns of a summary."""
    return set(HEADER) <= set(columns) and len(columns) > len(HEADER)


def _cell(text: str) -> tuple[float | None, int | None, bool]:
    """(number, number of questions, whether the number is exact) of a cell; `87.50 (7/8)` is 7 of 8."""
    counts = _OF_COUNTS.fullmatch(text)
    if counts and 0 <= int(counts[2]) <= int(counts[3]) > 0:
        share = int(counts[2]) / int(counts[3])
        # Where both disagree the percentage counts, and nobody knows of how many questions it is.
        return (
            (share, int(counts[3]), True) if abs(100 * share - float(counts[1])) <= 0.01 else (float(counts[1]), None, False)
        )
    is_percent = text.endswith("%")
    value = pd.to_numeric(text.rstrip("%"), errors="coerce")
    number = None if pd.isna(value) else finite(float(value) / 100 if is_percent else float(value))
    return number, None, is_percent


def read(file: File, collected: Collected) -> None:
    """Add the scores of a summary to `collected`."""
    frame = cells(file.path, file.shown, collected, file.columns).astype(str)
    models = [name for name in frame.columns if name not in (*HEADER, COUNT, "") and not name.startswith("Unnamed")]
    if not models:
        raise Rejected("", "no_scores", "there is no column of a model after dataset, version, metric and mode")
    is_percent = _is_percent(frame, models)
    rows, place = frame.to_dict("records"), places(frame, file.path)
    taken: dict[str, list] = {name: [] for name in ("task", "metric", "score", "model", "is_aggregate", "filter")}
    taken |= {name: [] for name in ("n_examples", "version", "location")}
    n_divided = 0
    counts = pd.to_numeric(frame[COUNT], errors="coerce") if COUNT in frame else pd.Series(np.nan, frame.index)
    for k, row in enumerate(rows):
        if all(row[name].strip() in ("-", "") for name in (*HEADER[1:], *models)):
            continue  # a heading, or a dataset that was not run
        for model in models:
            location, text = f"row {place[k]}, column {model!a}", row[model].strip()
            collected.n_numbers += 1
            value, n, is_exact = _cell(text)
            if value is None:
                missing = text in ("-", "")
                detail = f"score is {text[:40]!a}, " + ("which stands for no number" if missing else "a number is needed")
                reason = "missing_score" if missing else "bad_score"
                collected.rejects.append(Reject("value", file.shown, location, reason, detail))
                continue
            divides = is_percent and not is_exact and not _has_own_unit(row)
            n_divided += divides
            count = counts.iloc[k]
            taken["task"].append(row["dataset"].strip())
            taken["metric"].append(row["metric"].strip().removeprefix("humaneval_"))
            taken["score"].append(float(from_percent(value)) if divides else value)
            taken["model"].append(model.strip())
            taken["is_aggregate"].append(row["version"].strip() == "-")
            taken["filter"].append(row["mode"].strip() if row["mode"].strip() not in ("-", "") else "none")
            taken["n_examples"].append(n or (int(count) if count > 0 else None))
            taken["version"].append(None if row["version"].strip() == "-" else row["version"].strip())
            taken["location"].append(location)
    if not taken["task"] and not collected.rejects:
        raise Rejected("", "no_scores", "there is no row with a score")
    if n_divided:
        collected.notes.append(f"{file.shown}: {n_divided:,} scores in percent are divided by 100")
    n_rows = len(taken["task"])
    collected.add(n_rows, subtask=list(taken["task"]), source_file=file.shown, **taken)


def _has_own_unit(row: Mapping[str, str]) -> bool:
    return bool(_NO_PERCENT.fullmatch(row["metric"]) or _JUDGED.fullmatch(row["dataset"]))


def _is_percent(frame: pd.DataFrame, models: Sequence[str]) -> bool:
    """Whether the scores of a file are percentages: decided for all of them, because 0.16 can be 0.16 %."""
    in_units = frame["metric"].str.fullmatch(_NO_PERCENT) | frame["dataset"].str.fullmatch(_JUDGED)
    is_share = ~in_units & frame["metric"].str.fullmatch(_SHARES)
    rows = frame.loc[is_share if is_share.any() else ~in_units, list(models)]
    return bool((rows.apply(pd.to_numeric, errors="coerce") > 1).any().any())


FORMAT = Format(
    what="summaries of OpenCompass (.csv with dataset, version, metric, mode and one column a model)",
    suffixes=(".csv",),
    recognises=lambda file: is_summary(file.columns),
    read=read,
)
