"""Tables of the Open LLM Leaderboard, one row a model: scores in percent, and in the second version normalised ones.

The first version has ARC, HellaSwag, MMLU, TruthfulQA, Winogrande and GSM8K in percent. The second has for each of six
benchmarks a share, as in `MMLU-PRO Raw`, and under the plain name 100 (share - chance) / (1 - chance), clipped at 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from jumpcheck.base.collected import Collected
from jumpcheck.base.columns import from_percent
from jumpcheck.formats import tidy
from jumpcheck.formats.column_names import columns_of_table
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.table_files import SUFFIXES, cells, places, word_of
from jumpcheck.models.task_names import plain_name


class Benchmark(NamedTuple):
    """What a column is of: the task, the metric of the raw score, the shots, whether it is an average of other shares."""

    task: str
    metric: str
    shots: int
    is_average: bool = False


FIRST = {
    "arc": Benchmark("arc_challenge", "acc_norm", 25),
    "hellaswag": Benchmark("hellaswag", "acc_norm", 10),
    "mmlu": Benchmark("mmlu", "acc", 5, is_average=True),
    "truthfulqa": Benchmark("truthfulqa", "mc2", 0),
    "winogrande": Benchmark("winogrande", "acc", 5),
    "gsm8k": Benchmark("gsm8k", "acc", 5),
    "drop": Benchmark("drop", "f1", 3),
}
SECOND = {
    "ifeval": Benchmark("ifeval", "strict_acc", 0),
    "bbh": Benchmark("bbh", "acc_norm", 3, is_average=True),
    "math_lvl_5": Benchmark("math_lvl_5", "exact_match", 4),
    "gpqa": Benchmark("gpqa", "acc_norm", 0),
    "musr": Benchmark("musr", "acc_norm", 0, is_average=True),
    "mmlu_pro": Benchmark("mmlu_pro", "acc", 5),
}
NORMALISED = "normalized_score"
MARKS = ("eval_name", "fullname")
BESIDE_AVERAGE = ("type", "t", "precision", "model_sha", "hub_license", "available_on_the_hub")
"""Columns, in plain spelling, by which these tables are told from others with the same benchmarks."""
_LINK = re.compile(r"""(?:<a [^>]*href=["']|\]\()https?://[^/"')]+/([^/"')]+/[^/"')]+)["')]""")


def _plain(name: str) -> str:
    """`MMLU-PRO (5-shot)` as mmlu_pro."""
    return plain_name(re.sub(r"\(\d+[- ]?shot\)", "", name, flags=re.IGNORECASE))


def benchmarks_of(names: Sequence[str]) -> dict[str, tuple[Benchmark, str, bool]]:
    """{column: (its benchmark, its metric, whether it is in percent)}; empty where the table is no leaderboard."""
    plain = {_plain(name): name for name in names}
    has_shots = sum("-shot" in name.lower() for name in names) >= 2
    is_marked = bool(set(MARKS) & set(plain)) or any("⬆" in name for name in names)
    is_marked |= "average" in plain and (has_shots or bool(set(BESIDE_AVERAGE) & set(plain)))
    if not is_marked or not {"model", "fullname"} & set(plain) or "score" in plain:
        return {}
    is_second = len(set(plain) & set(SECOND)) >= 3 or any(f"{one}_raw" in plain for one in SECOND)
    found = {}
    for one, benchmark in (SECOND if is_second else FIRST).items():
        if one in plain:
            found[plain[one]] = (benchmark, NORMALISED if is_second else benchmark.metric, True)
        if f"{one}_raw" in plain:
            found[plain[f"{one}_raw"]] = (benchmark, benchmark.metric, False)
    return found if len(found) >= 2 else {}


def read(file: File, collected: Collected) -> None:
    """Add the scores of a leaderboard to `collected`."""
    frame = cells(file.path, file.shown, collected, file.columns)
    names = [str(name) for name in frame.columns]
    columns, place = benchmarks_of(names), places(frame, file.path)
    models, used = _models(frame.reset_index(drop=True), names)
    cells_of = frame.reset_index(drop=True)[list(columns)].astype(object)
    numbers = cells_of.where(~cells_of.map(lambda cell: isinstance(cell, bool))).apply(pd.to_numeric, errors="coerce")
    in_percent = [name for name, (_, _, is_percent) in columns.items() if is_percent and (numbers[name] > 1).any()]
    parts = []
    for name, (benchmark, metric, is_percent) in columns.items():
        score = frame[name].reset_index(drop=True)
        if is_percent and in_percent:
            score = score.astype(object).where(numbers[name].isna(), from_percent(numbers[name]))
        part = models.assign(task=benchmark.task, metric=metric, shots=benchmark.shots, score=score)
        parts.append(part.assign(is_aggregate=benchmark.is_average, place=[f"{k}, column {name!a}" for k in place]))
    if in_percent:
        n_divided = int(numbers[[name for name, (_, _, is_percent) in columns.items() if is_percent]].notna().sum().sum())
        collected.notes.append(f"{file.shown}: {n_divided:,} scores in percent are divided by 100")
    rows = pd.concat(parts, ignore_index=True)
    of_rows = list(rows.pop("place"))
    tidy.add(rows, file.shown, word_of(file.path), of_rows, collected, missing=file.tables.missing)
    unread = [name for name in names if name not in {*columns, *used}]
    if unread:
        collected.unread[file.shown] = unread


def _models(frame: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, set[str]]:
    """(model, n_parameters, model_family, run and filter of every row, the columns that say them)."""
    plain = {plain_name(name): name for name in names}
    named = plain.get("fullname") or plain["model"]
    models, used = pd.DataFrame({"model": frame[named].map(_without_link)}), {named}
    for name, column in columns_of_table(names).items():
        if column.name == "n_parameters":
            size = pd.to_numeric(frame[name], errors="coerce")
            # Unknown sizes are -1, and in some versions 0.
            models["n_parameters"], used = (size * column.factor).where(size > 0), used | {name}
        elif column.name == "model_family":
            models["model_family"], used = frame[name], used | {name}
    runs = [plain[name] for name in ("precision", "model_sha") if name in plain]
    if runs:  # a model that was measured at two precisions, or in two versions, has two runs
        models["run"], used = frame[runs].astype(str).agg(" ".join, axis=1), used | set(runs)
    filters = pd.Series("", frame.index)
    if "precision" in plain:  # but weights of a few bits are another model
        precision = frame[plain["precision"]].astype(str)
        filters += precision.where(precision.str.contains(r"bit|gptq|awq|int", case=False), "")
    if "chat_template" in plain:
        is_chat = frame[plain["chat_template"]].astype(str).str.lower().isin(["true", "1", "yes", "✅"])
        filters, used = filters + is_chat.map({True: " chat template", False: ""}), used | {plain["chat_template"]}
    models["filter"] = filters.str.strip().replace("", "none")
    return models, used


def _without_link(cell: object) -> object:
    """The name org/net in a cell that is a link to it."""
    link = _LINK.search(cell) if isinstance(cell, str) else None
    return link[1] if link else cell


FORMAT = Format(
    what="tables of the Open LLM Leaderboard (with a column of averages, fullname or eval_name)",
    suffixes=SUFFIXES,
    recognises=lambda file: not file.tables.wide and bool(benchmarks_of(file.columns)),
    read=read,
)
