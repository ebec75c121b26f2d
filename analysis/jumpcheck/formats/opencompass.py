"""Summaries of OpenCompass: CSV with one row a dataset and metric, and one column a model.

    dataset,version,metric,mode,net-1b,net-3b
    ARC-c,1a2b3c,accuracy,gen,31.58,36.84
    mmlu,-,naive_average,gen,-,43.42

Scores are percentages with two decimals. A row without a version is an average of others, a row of dashes a heading, and
`-` a score that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.table_files import cells

HEADER = ("dataset", "version", "metric", "mode")
COUNT = "total_count"
"""A column that newer programs write before the models: the number of questions."""
_NO_PERCENT = re.compile(r".*(?:ppl|perplexity|bpb|toxicity|bleurt|truth|loss|count|mse|rate_limit).*", re.IGNORECASE)
_OF_COUNTS = re.compile(r"(\d+(?:\.\d+)?)\s*\((\d+)/(\d+)\)")


def is_summary(columns: Sequence[str]) -> bool:
    """Whether these are the columns of a summary."""
    return tuple(columns[: len(HEADER)]) == HEADER and len(columns) > len(HEADER)


def _cell(text: str) -> tuple[float | None, int | None, bool]:
    """(number, number of questions, whether the number is exact) of a cell; `82.00 (7/8)` is 7 of 8."""
    counts = _OF_COUNTS.fullmatch(text)
    if counts and 0 <= int(counts[2]) <= int(counts[3]) > 0:
        return int(counts[2]) / int(counts[3]), int(counts[3]), True
    value = pd.to_numeric(text, errors="coerce")
    return (None if pd.isna(value) else float(value)), None, False


def read(file: File, collected: Collected) -> None:
    """Add the scores of a summary to `collected`."""
    frame = cells(file.path, file.shown, collected, file.columns).astype(str)
    models = [name for name in frame.columns if name not in (*HEADER, COUNT)]
    if not models:
        raise Rejected("", "no_scores", "there is no column of a model after dataset, version, metric and mode")
    is_percent = _is_percent(frame, models)
    rows = frame.to_dict("records")
    taken: dict[str, list] = {name: [] for name in ("task", "metric", "score", "model", "is_aggregate", "filter")}
    taken |= {name: [] for name in ("n_examples", "version", "location")}
    n_divided = 0
    for k, row in enumerate(rows):
        if all(row[name].strip() in ("-", "") for name in (*HEADER[1:], *models)):
            continue  # a heading, or a dataset that was not run
        for model in models:
            location, text = f"row {k + 1}, column {model!a}", row[model].strip()
            collected.n_numbers += 1
            value, n, is_exact = _cell(text)
            if value is None:
                missing = text in ("-", "")
                detail = f"score is {text[:40]!a}, " + ("which stands for no number" if missing else "a number is needed")
                reason = "missing_score" if missing else "bad_score"
                collected.rejects.append(Reject("value", file.shown, location, reason, detail))
                continue
            divides = is_percent and not is_exact and not _NO_PERCENT.fullmatch(row["metric"])
            n_divided += divides
            count = pd.to_numeric(row.get(COUNT), errors="coerce")
            taken["task"].append(row["dataset"].strip())
            taken["metric"].append(row["metric"].strip().removeprefix("humaneval_"))
            # 15 digits, so that 31.58 becomes 0.3158 and not 0.31579999999999997.
            taken["score"].append(float(f"{value / 100:.15g}") if divides else value)
            taken["model"].append(model.strip())
            taken["is_aggregate"].append(row["version"].strip() == "-")
            taken["filter"].append(row["mode"].strip() if row["mode"].strip() not in ("-", "") else "none")
            taken["n_examples"].append(n or (int(count) if count > 0 else None))
            taken["version"].append(None if row["version"].strip() == "-" else row["version"].strip())
            taken["location"].append(location)
    if n_divided:
        collected.notes.append(f"{file.shown}: {n_divided:,} scores in percent are divided by 100")
    n_rows = len(taken["task"])
    collected.add(n_rows, subtask=list(taken["task"]), source_file=file.shown, **taken)


def _is_percent(frame: pd.DataFrame, models: Sequence[str]) -> bool:
    """Whether the scores of a file are percentages: decided for all of them, because 0.16 can be 0.16 %."""
    shares = frame.loc[~frame["metric"].str.fullmatch(_NO_PERCENT), list(models)]
    return bool((shares.apply(pd.to_numeric, errors="coerce") > 1).any().any())


FORMAT = Format(
    what="summaries of OpenCompass (.csv with dataset, version, metric, mode and one column a model)",
    suffixes=(".csv",),
    recognises=lambda file: is_summary(file.columns),
    read=read,
)
