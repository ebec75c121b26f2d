"""BIG-bench's published table of all metrics to the tables of `jumpcheck.normalise.schema`, by the rules of its score files.

The table says no chance rates and no sizes of models: these are those of data/reference, as for the preferred scores.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from jumpcheck.base import columns as arrow
from jumpcheck.base.collected import PUBLISHED_COUNTS, SCALES
from jumpcheck.base.columns import Texts, combination, small_table
from jumpcheck.base.errors import InputError
from jumpcheck.base.rejects import Reject, describe, printable
from jumpcheck.base.shards import shard_of
from jumpcheck.formats.all_metrics import Rows, check_columns, faults_of, read_rows
from jumpcheck.formats.bigbench import UNKNOWN_SHOTS
from jumpcheck.formats.preferred import family_and_model
from jumpcheck.models.known_facts import KnownFacts, facts_of_entries
from jumpcheck.models.placing import place_models
from jumpcheck.models.rules import Rules
from jumpcheck.normalise.assembling import Coded, assemble
from jumpcheck.normalise.balance import balanced
from jumpcheck.normalise.curve_ids import check_distinct
from jumpcheck.normalise.preferred_scores import compared, is_of_preferred, rows_by_metric
from jumpcheck.normalise.schema import MODELS_SCHEMA, REJECTS_SCHEMA, TASKS_SCHEMA, Normalised, write_table
from jumpcheck.normalise.task_facts import CHANCE_SOURCES, facts_by_rules
from jumpcheck.sources.published import COLUMNS

_EVALUATION = re.compile(r" #\d+$")
"""What `evaluations.with_numbered_evaluations` adds to a label."""
SHOWN = 8
"""Names of models in a note."""
ROWS_AT_ONCE = 300_000
"""Rows that are made into `scores` at one time, or those of one task."""


def normalise(
    path: Path,
    rules: Rules,
    facts: KnownFacts,
    shard: tuple[int, int] = (0, 1),
    on_conflict: str = "auto",
    preferred: Path | None = None,
    folder: Path | None = None,
) -> Normalised:
    """Every number of the table as one row of `scores` or one reject.

    Parameters
    ----------
    path : Path
        The table, with the columns that `sources.published` names.
    rules : Rules
        The user's and those of data/reference.
    facts : KnownFacts
        The chance rates of parts, and the sizes of models.
    shard : (int, int)
        (k, n): the tasks whose name's hash is k modulo n. What is said of the whole file is in shard 0.
    on_conflict : str
        What becomes of a number that is published with several values: `repeats.resolve_repeats`.
    preferred : Path, optional
        The file of preferred scores, which are compared with those that the table prefers.
    folder : Path, optional
        An empty folder into which `scores` is written in parts, whole tasks in each, instead of being returned.

    Raises
    ------
    InputError
        The columns are not those expected, the file is damaged, or no number could be read.

    """
    is_first, shown = shard[0] == 0, printable(path.name)
    read = _read(path, shard, preferred)
    rejects = read.rejects
    placed = _placed(read.model_names, rules, facts)
    scores, pieces = _in_pieces(read.rows, placed, shown, on_conflict, rules, facts, folder)
    check_distinct(np.concatenate([np.array([], np.int64), *(piece.curve_ids for piece in pieces)]))
    rejects += chain.from_iterable(piece.rejects for piece in pieces)
    counts = _facts(path, shown, is_first, read.n_numbers, rejects, pieces, placed)
    if not counts["scores"] and shard[1] == 1:
        why = f"{len(rejects)} rejects, the first: {describe(rejects[:1])}" if rejects else "it has no rows"
        raise InputError(f"source: no number could be read from {printable(str(path))}: {why}")
    return Normalised(
        scores=scores,
        models=_models_table(placed) if is_first else MODELS_SCHEMA.empty_table(),
        tasks=small_table(((name, []) for name in sorted(set(_names(read.rows, "task")))), TASKS_SCHEMA),
        rejects=small_table((reject._replace(n_numbers=reject.numbers) for reject in rejects), REJECTS_SCHEMA),
        facts=counts | read.checks,
    )


class _Read(NamedTuple):
    """The rows of a shard that can be taken, and what else is in it."""

    rows: Rows
    model_names: list[str]
    rejects: list[Reject]
    n_numbers: int
    checks: dict[str, object]


def _read(path: Path, shard: tuple[int, int], preferred: Path | None) -> _Read:
    k, n_shards = shard
    shown = printable(path.name)

    def is_wanted(task: str) -> bool:
        return shard_of(task, n_shards) == k

    rows, model_names, n_without_task = read_rows(path, is_wanted)
    checks: dict[str, object] = {"preferred_rows": rows_by_metric(rows)}
    if preferred:
        published = pd.read_parquet(preferred)
        checks |= compared(rows, published[published[COLUMNS[0]].map(is_wanted)])
    good, rejects = faults_of(rows, shown)
    n_numbers = len(rows.score)
    if k == 0 and n_without_task:
        detail = "the row names no task (task_name)"
        rejects.append(Reject("entry", shown, "rows without a task", "missing_task", detail, n_without_task))
        n_numbers += n_without_task
    named = rows.take((rows.codes["model"] >= 0) & (rows.codes["metric"] >= 0))
    unclear, is_several = _unclear_preferences(named, shown)
    rows.codes["preferred"][np.isin(rows.place, named.place[is_several])] = -1
    return _Read(rows.take(good), model_names, rejects + unclear, n_numbers, checks)


class _Piece(NamedTuple):
    """What is left of `Assembled` when its scores were written."""

    n_scores: int
    curve_ids: np.ndarray
    rejects: list[Reject]
    n_mixed: int
    n_averaged: int
    n_evaluations: int
    """Labels that were made to tell repeated evaluations apart."""


def _in_pieces(
    rows: Rows,
    placed: pd.DataFrame,
    shown: str,
    on_conflict: str,
    rules: Rules,
    facts: KnownFacts,
    folder: Path | None,
) -> tuple[pa.Table | None, list[_Piece]]:
    """(the table `scores` of all rows, None where it is written to `folder`; what else is said of each piece)."""
    tables, pieces = [], []
    labels = frozenset((*rows.names["subtask"], *rows.names["task"]))
    for number, some in enumerate(_whole_tasks(rows)):
        assembled = assemble(_coded(some, placed, shown), on_conflict)
        scores = _with_facts(assembled.scores, rules, facts, labels)
        made = {name for name in scores["subtask"].unique().to_pylist() if name not in labels} if len(scores) else set()
        pieces.append(_Piece(len(scores), *assembled[1:], len(made)))
        if folder:
            write_table(scores, "scores", folder / f"part-{number:04}.parquet")
        else:
            tables.append(scores)
    return None if folder else pa.concat_tables(tables).unify_dictionaries().combine_chunks(), pieces


def _facts(
    path: Path,
    shown: str,
    is_first: bool,
    n_numbers: int,
    rejects: list[Reject],
    pieces: list[_Piece],
    placed: pd.DataFrame,
) -> dict[str, object]:
    """Counts of the input and the output; what is said of the file is in shard 0."""
    n_scores, n_mixed, n_averaged = (sum(getattr(p, name) for p in pieces) for name in ("n_scores", "n_mixed", "n_averaged"))
    counts = balanced(n_numbers, n_scores, None, rejects, int(is_first), _digests(path, is_first), n_averaged)
    counts["entries_of_mixed_kind"] = n_mixed
    counts["repeated_evaluations"] = sum(piece.n_evaluations for piece in pieces)
    if not is_first:
        return counts
    unread = ", ".join(check_columns(path))
    lost = placed.loc[placed["is_lost"], "published"].tolist()
    some = ", ".join(map(ascii, lost[:SHOWN])) + (f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else "")
    said = {"columns_not_read": f"{shown}: {unread}" if unread else ""}
    if lost:
        what = f"no size is known of {len(lost):,} models, which are in no curve: {some}"
        said["notes"] = f"{shown}: {what}; give it in a file of rules (config: rules)"
    return counts | {name: text for name, text in said.items() if text}


def _whole_tasks(rows: Rows) -> Iterator[Rows]:
    """The rows in pieces of whole tasks, of about ROWS_AT_ONCE; one piece at least."""
    by_task = np.argsort(rows.codes["task"], kind="stable")
    last = np.cumsum(np.bincount(rows.codes["task"]))  # of every task the place behind its last row
    start = 0
    for end in last:
        if end - start >= ROWS_AT_ONCE or end == len(by_task):
            yield rows.take(np.sort(by_task[start:end]))
            start = end
        if end == len(by_task):
            return
    if not len(by_task):
        yield rows


def _digests(path: Path, is_first: bool) -> list[tuple[str, str, str]]:
    if not is_first:
        return []
    with path.open("rb") as file:
        return [(path.name, hashlib.file_digest(file, "sha256").hexdigest(), printable(path.name))]


def _names(rows: Rows, column: str) -> list[str]:
    """The texts of a column that occur."""
    codes = rows.codes[column]
    return [rows.names[column][code] for code in np.unique(codes[codes >= 0])]


def _unclear_preferences(rows: Rows, shown: str) -> tuple[list[Reject], np.ndarray]:
    """(rejects of entries that prefer no metric, several, or one of which they have no score; which rows prefer several).

    The numbers are kept.

    InputError where most entries prefer several metrics: then the two columns of names are taken for each other.
    """
    task, subtask, preferred = (rows.codes[name] for name in ("task", "subtask", "preferred"))
    shots = np.unique(rows.shots, return_inverse=True)[1]
    condition, n_conditions = combination(task, subtask, shots, rows.codes["model"])
    least, largest = np.full(n_conditions, np.iinfo(np.int64).max), np.full(n_conditions, -2)
    np.minimum.at(least, condition, preferred)
    np.maximum.at(largest, condition, preferred)
    if len(task) and (least != largest).mean() > 0.5:
        raise InputError(
            f"source: {shown}: most entries name several preferred metrics (preferred_score), where one entry prefers one. "
            "Are the columns preferred_score and score_key exchanged?"
        )
    entry, n_entries = combination(condition, preferred)
    has_it = np.bincount(entry[is_of_preferred(rows)], minlength=n_entries) > 0
    _, first = np.unique(entry, return_index=True)
    is_several = (least != largest)[condition]
    rejects = []
    for row in first[~has_it[entry[first]] | is_several[first]]:
        label = rows.names["subtask"][subtask[row]] if subtask[row] >= 0 else rows.names["task"][task[row]]
        location = f"row {rows.place[row]} and others of the entry {label!a}"
        if is_several[row]:
            detail = "it names several preferred metrics; the numbers are kept, which of them is preferred is unknown"
            rejects.append(Reject("entry", shown, location, "bad_preferred_score", detail))
        elif preferred[row] < 0:
            detail = "no preferred metric is named; the numbers are kept, which of them is preferred is unknown"
            rejects.append(Reject("entry", shown, location, "missing_preferred_score", detail))
        else:
            metric = rows.names["preferred"][preferred[row]]
            detail = f"there is no score of {metric!a}; the numbers are kept, none of them is preferred"
            rejects.append(Reject("entry", shown, location, "preferred_score_absent", detail))
    return rejects, is_several


def _placed(names: Sequence[str], rules: Rules, facts: KnownFacts) -> pd.DataFrame:
    """Models by their published names: family, name and numbers of parameters. Without a size they are kept too."""
    pairs = [family_and_model(name) for name in names]
    frame = pd.DataFrame(pairs, columns=["model_family", "model"], dtype=object)
    sizes = frame.merge(facts.model_sizes, how="left", on=["model_family", "model"])
    stated = dict.fromkeys((*SCALES, *PUBLISHED_COUNTS), np.nan)
    stated |= {name: sizes[name].astype(float) for name in PUBLISHED_COUNTS} | {
        "n_parameters": sizes["total_params"].astype(float)
    }
    # Where the name has one word, a rule may know the family.
    stated["model_family"] = frame["model_family"].where(frame["model_family"] != frame["model"], None)
    described = frame.assign(revision=None, path="", **stated)
    if not len(described):
        return described.assign(name="", total_params=np.nan, published=[], is_lost=False)
    placed = place_models(described, rules, "parameters", frozenset(pairs))
    family = placed["family"].where(placed["family"].notna(), frame["model_family"])
    name = placed["name"].where(placed["name"].notna(), frame["model"])
    # Of some published models nobody knows a size: they are listed without one, and nothing is missing.
    sized = placed[["total_params", *PUBLISHED_COUNTS]].notna().any(axis=1)
    is_lost = ~sized & sizes["source"].isna()
    return placed.assign(model_family=family, name=name, published=list(names), is_lost=is_lost)


def _models_table(placed: pd.DataFrame) -> pa.Table:
    columns = ["model_family", "name", *PUBLISHED_COUNTS, "total_params"]
    models = placed[columns].drop_duplicates(["model_family", "name"])
    rows = models.astype(object).where(models.notna(), None).itertuples(index=False, name=None)
    return small_table(((*row, None, None, 1) for row in rows), MODELS_SCHEMA)


def _coded(rows: Rows, placed: pd.DataFrame, shown: str) -> Coded:
    """The rows as entries of one number each."""
    texts: dict[str, list[str]] = {name: rows.names[name] for name in ("task", "subtask", "metric", "preferred")}
    codes = dict(rows.codes)
    # A missing label is that of the whole task.
    place = {name: code for code, name in enumerate(texts["subtask"])}
    extra = [name for name in texts["task"] if name not in place]
    texts["subtask"] = [*texts["subtask"], *extra]
    place |= {name: len(place) + k for k, name in enumerate(extra)}
    of_task = np.array([place[name] for name in texts["task"]], np.int64)
    codes["subtask"] = np.where(codes["subtask"] < 0, of_task[codes["task"]] if len(of_task) else -1, codes["subtask"])
    row_of = placed.set_index("published")
    models = row_of.loc[rows.names["model"]] if rows.names["model"] else row_of.iloc[:0]
    texts["model_family"], texts["model"] = list(models["model_family"]), list(models["name"])
    codes["model_family"] = codes["model"]
    # Both columns have the same codes. An entry can prefer a metric of which there is no score.
    texts["metric"] = [*texts["metric"], *(name for name in texts["preferred"] if name not in set(texts["metric"]))]
    ranked = {name: _ranked(texts[name], codes[name]) for name in ("task", "subtask", "model_family", "model", "metric")}
    rank = {name: k for k, name in enumerate(ranked["metric"][1])}
    of_preferred = np.array([*(rank[name] for name in texts["preferred"]), -1], np.int64)
    coded = {name: values for name, (values, _) in ranked.items() if name != "metric"}
    coded |= {"source_file": np.zeros(len(rows.score), np.int64), "preferred": of_preferred[codes["preferred"]]}
    names = {name: arrow.texts(sorted_names) for name, (_, sorted_names) in ranked.items()}
    shots = np.where(np.isnan(rows.shots), UNKNOWN_SHOTS, rows.shots).astype(np.int64)

    def location(entry: int, metric: str) -> str:
        return f"row {rows.place[entry]}"

    every = np.arange(len(rows.score))
    return Coded(
        names | {"source_file": arrow.texts([shown])}, coded, shots, every, ranked["metric"][0], rows.score, location
    )


def _ranked(names: Sequence[str], codes: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """(codes as ranks, the sorted distinct texts)."""
    distinct = sorted(set(names))
    rank = {name: k for k, name in enumerate(distinct)}
    of_code = np.array([rank[name] for name in names], np.int64)
    return of_code[codes] if len(of_code) else codes.astype(np.int64), distinct


def _with_facts(scores: pa.Table, rules: Rules, facts: KnownFacts, labels: frozenset[str]) -> pa.Table:
    """`scores` with the chance rates and numbers of examples of data/reference and of rules, and where they are from.

    `labels` are those that the table has; others were made for repeated evaluations.
    """
    if not len(scores):
        return scores
    texts = {name: Texts.from_column(scores[name]) for name in ("task", "subtask", "metric", "entry_kind")}
    known, n_known = combination(*(column.codes for column in texts.values()))
    first = np.full(n_known, len(known))
    np.minimum.at(first, known, np.arange(len(known)))
    entries = pd.DataFrame({name: [column.at(row) for row in first] for name, column in texts.items()}, dtype=object)
    entries = entries.assign(
        subtask=[name if name in labels else _EVALUATION.sub("", name) for name in entries["subtask"]],
        is_aggregate=entries["entry_kind"] == "aggregate",
    )
    found = facts_of_entries(entries, facts.preferred_metrics)
    is_named = (found["preferred_metric"] == entries["metric"]).to_numpy()
    by_reference = np.where(is_named, found["chance"].astype(float), np.nan)
    by_own, by_any, n_by_rule = facts_by_rules(list(zip(entries["task"], entries["metric"], strict=True)), rules)
    chance = np.select([~np.isnan(by_own), ~np.isnan(by_reference)], [by_own, by_reference], by_any)
    source = np.select([~np.isnan(by_own), ~np.isnan(chance)], [CHANCE_SOURCES.index("own_rule"), 2], -1)
    columns = {
        "chance": arrow.numbers(np.nan_to_num(chance)[known], pa.float64(), ~np.isnan(chance)[known]),
        "n_examples": arrow.numbers(np.nan_to_num(n_by_rule)[known], pa.int64(), ~np.isnan(n_by_rule)[known]),
    }
    for name, codes, values in (
        ("chance_source", source, CHANCE_SOURCES),
        ("n_source", np.where(np.isnan(n_by_rule), -1, 0), ("rule",)),
    ):
        valid = codes[known] >= 0
        indices = arrow.numbers(np.maximum(codes, 0)[known], pa.int32(), valid)
        columns[name] = pa.DictionaryArray.from_arrays(indices, arrow.texts(values))
    for name, column in columns.items():
        scores = scores.set_column(scores.schema.get_field_index(name), scores.schema.field(name), column)
    return scores
