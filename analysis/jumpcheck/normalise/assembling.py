"""Collecting the numbers of BIG-bench's files in columns, and making the table `scores` from these."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from jumpcheck.base import columns as arrow
from jumpcheck.base.collected import AGGREGATE_METRIC
from jumpcheck.base.columns import Coder, Texts, combination
from jumpcheck.base.rejects import Reject
from jumpcheck.formats.bigbench import UNKNOWN_SHOTS, ScoreFile, value_location
from jumpcheck.normalise.curve_ids import curve_ids
from jumpcheck.normalise.evaluations import Entries, ranks_of_evaluations, with_numbered_evaluations
from jumpcheck.normalise.kinds import KINDS, entry_kinds
from jumpcheck.normalise.repeats import Numbers, Resolved, resolve_repeats
from jumpcheck.normalise.schema import SCORES_SCHEMA


class Coded(NamedTuple):
    """Entries in columns of codes, and their numbers. A code is a rank among the sorted texts of its column."""

    texts: dict[str, pa.Array]
    """task, subtask, model_family, model, source_file and metric."""
    codes: dict[str, np.ndarray]
    """Per column but the metric the codes of all entries; `preferred` is that of the preferred metric, -1 for none."""
    shots: np.ndarray
    """Of every entry."""
    of_number: np.ndarray
    """The entry of every number."""
    metric: np.ndarray
    """The code of the metric of every number."""
    score: np.ndarray
    location: Callable[[int, str], str]
    """Where a number stands in its file, from its entry and metric."""
    low_score: np.ndarray | None = None
    """Of every entry, NaN where there is none; and so `high_score`."""
    high_score: np.ndarray | None = None


class Columns:
    """Growing columns of one chunk: those in `entries` have one value per entry, `score` has one per number."""

    def __init__(self) -> None:
        self.coders = {name: Coder() for name in ("task", "subtask", "model_family", "model", "source_file", "metric")}
        self.entries: dict[str, list] = {
            name: []
            for name in ("task", "subtask", "model_family", "model", "source_file", "preferred", "shots", "low_score",
                         "high_score", "index", "shape")
        }  # fmt: skip
        self.score: list[float] = []
        self.shapes = Coder()
        """Codes of the tuples of metrics that entries have: there are few different tuples, and many entries."""

    def append(self, parsed: ScoreFile, shown: str) -> None:
        """Add the entries of one file; `shown` is its path as text."""
        coders, columns = self.coders, self.entries
        file_codes = {
            "task": coders["task"][parsed.task],
            "model_family": coders["model_family"][parsed.model.model_family],
            "model": coders["model"][parsed.model.model],
            "source_file": coders["source_file"][shown],
        }
        metric_codes, shapes, shape_codes = coders["metric"], self.shapes, columns["shape"]
        entries = parsed.entries
        for entry in entries:
            scores = entry.scores
            if isinstance(scores, dict):
                names = tuple(scores)
                self.score += scores.values()
            else:
                names = tuple(name for name, _ in scores)
                self.score += [score for _, score in scores]
            shape_codes.append(shapes[names])
        columns["subtask"] += [coders["subtask"][entry.subtask] for entry in entries]
        preferred = [entry.preferred_metric for entry in entries]
        columns["preferred"] += [-1 if name is None else metric_codes[name] for name in preferred]
        columns["shots"] += [UNKNOWN_SHOTS if entry.shots is None else entry.shots for entry in entries]
        columns["low_score"] += [entry.low_score for entry in entries]
        columns["high_score"] += [entry.high_score for entry in entries]
        columns["index"] += parsed.positions
        for name, code in file_codes.items():
            columns[name] += [code] * len(entries)

    def coded(self) -> Coded:
        """All that was added, in arrays."""
        # This gives codes to metrics, so it must come before codes are replaced by ranks.
        shapes = [np.array([self.coders["metric"][name] for name in names], np.int64) for names in self.shapes]
        codes, texts, metric_rank = _coded_entries(self)
        of_number, metric = _entries_and_metrics(self, shapes, metric_rank)
        index = self.entries["index"]
        low, high = (np.array(self.entries[name], float) for name in ("low_score", "high_score"))  # None becomes NaN
        shots, score = np.array(self.entries["shots"], np.int64), np.array(self.score, float)

        def location(entry: int, metric: str) -> str:
            return value_location(index[entry], metric)

        return Coded(texts, codes, shots, of_number, metric, score, location, low, high)


class Assembled(NamedTuple):
    """The table `scores` of some files, and what was found on the way."""

    scores: pa.Table
    """The table `scores`, sorted by KEY."""
    curve_ids: np.ndarray
    """The `curve_id` of every curve, once."""
    rejects: list[Reject]
    """Repeated numbers that are not in `scores`."""
    n_mixed: int
    """Entries that are aggregates in some files of their model family and not in others."""
    n_averaged: int
    """Numbers that are in a mean of several runs and in no row by themselves."""


def _coded_entries(columns: Columns) -> tuple[dict[str, np.ndarray], dict[str, pa.Array], np.ndarray]:
    """(per column the codes of all entries, per column the sorted texts, new code of every metric by its old code).

    Codes are ranks among the sorted texts; that of the preferred metric is -1 where an entry names none.
    """
    ranks, texts, codes = {}, {}, {}
    for name, coder in columns.coders.items():
        ranks[name], texts[name] = coder.ranked()
        if name != "metric":
            codes[name] = ranks[name][np.array(columns.entries[name], np.int64)]
    preferred = np.array(columns.entries["preferred"], np.int64)
    codes["preferred"] = np.where(preferred >= 0, ranks["metric"][preferred] if len(ranks["metric"]) else 0, -1)
    return codes, texts, ranks["metric"]


def _entries_and_metrics(
    columns: Columns, shapes: list[np.ndarray], metric_rank: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(entry, rank of the metric) of every number, in the order of `columns.score`."""
    shape = np.array(columns.entries["shape"], np.int64)
    lengths = np.array([len(names) for names in shapes], np.int64)
    n_numbers = lengths[shape]
    entry = np.repeat(np.arange(len(n_numbers)), n_numbers)
    starts = np.cumsum(lengths) - lengths
    place = np.arange(len(entry)) - np.repeat(np.cumsum(n_numbers) - n_numbers, n_numbers)
    return entry, metric_rank[np.concatenate([np.array([], np.int64), *shapes])[starts[shape][entry] + place]]


def assemble(coded: Coded, on_conflict: str = "auto") -> Assembled:
    """The table `scores` of the numbers of BIG-bench's files; `on_conflict` as in `resolve_repeats`."""
    score, codes, texts = coded.score, coded.codes, coded.texts
    if not len(score):
        return Assembled(SCORES_SCHEMA.empty_table(), np.array([], np.int64), [], 0, 0)
    metrics = texts["metric"].to_pylist()
    aggregate_code = metrics.index(AGGREGATE_METRIC) if AGGREGATE_METRIC in metrics else -2
    task, subtask = (Texts(codes[name], texts[name].to_pylist()) for name in ("task", "subtask"))
    kinds, n_mixed = entry_kinds(task, subtask, codes["model_family"], codes["preferred"] == aggregate_code)
    metric, of_number = coded.metric, coded.of_number
    entries = Entries(codes, texts, coded.shots, kinds, np.arange(len(coded.shots)), of_number)

    curve, model, n_models = _curves_and_models(entries, metric)
    key = curve * n_models + model
    order = np.argsort(key, kind="stable")  # repeats stay in the order of the files
    ranks = ranks_of_evaluations(order, key, curve, codes["source_file"][of_number], of_number, score)
    if ranks.any():
        entries = with_numbered_evaluations(entries, ranks)
        curve, model, n_models = _curves_and_models(entries, metric)
        key = curve * n_models + model
        order = np.argsort(key, kind="stable")

    def where_published(row: int) -> tuple[str, str, int]:
        k = entries.of_number[row]
        file = texts["source_file"][int(entries.codes["source_file"][k])].as_py()
        return file, coded.location(entries.place[k], metrics[int(metric[row])]), 1

    resolved = resolve_repeats(order, key, Numbers(score), where_published, on_conflict)
    table, ids = _scores_table(coded, entries, metric, resolved, curve[resolved.rows])
    return Assembled(table, ids, resolved.rejects, n_mixed, resolved.n_averaged)


def _curves_and_models(entries: Entries, metric: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """(code of the curve of every number, code of its model, number of models); the codes of curves sort like their keys."""
    codes = entries.codes
    entry_key, n_entry_keys = combination(codes["task"], codes["subtask"], entries.shots)
    model, n_models = combination(codes["model_family"], codes["model"])
    n_metrics, n_families = len(entries.texts["metric"]), len(entries.texts["model_family"])
    # Sorting by one integer is quick. Distinct entries and models are few enough for it to fit.
    assert n_entry_keys * n_metrics * n_families * n_models < 2**62
    curve = (entry_key[entries.of_number] * n_metrics + metric) * n_families + codes["model_family"][entries.of_number]
    return curve, model[entries.of_number], n_models


def _scores_table(
    coded: Coded, entries: Entries, metric: np.ndarray, numbers: Resolved, curve: np.ndarray
) -> tuple[pa.Table, np.ndarray]:
    """(the table `scores` of `numbers`, which are sorted by `curve`; the `curve_id` of every curve, once)."""
    codes, texts, rows = entries.codes, entries.texts, numbers.rows
    entry = entries.of_number[rows]
    shots, metric = entries.shots[entry], metric[rows]
    arrays = {name: arrow.coded(codes[name][entry], texts[name]) for name in codes if name != "preferred"}
    arrays |= {
        "metric": arrow.coded(metric, texts["metric"]),
        "filter": arrow.coded(np.zeros(len(rows), np.int32), arrow.texts(["none"])),
        "entry_kind": arrow.coded(entries.kinds[entry], arrow.texts(KINDS)),
        "shots": arrow.numbers(shots, pa.int32(), shots >= 0),
        "score": arrow.numbers(numbers.score, pa.float64()),
        "n_runs": arrow.numbers(numbers.n_runs, pa.int32()),
        "run_sd": arrow.numbers(numbers.run_sd, pa.float64(), ~np.isnan(numbers.run_sd)),
    }
    preferred = codes["preferred"][entry]
    arrays |= _preferred_columns(coded, entries.place[entry], metric == preferred, preferred >= 0)
    # BIG-bench does not publish these.
    for name in ("stderr", "n_examples", "n_source", "higher_is_better"):
        arrays[name] = pa.nulls(len(rows), SCORES_SCHEMA.field(name).type)
    starts = np.flatnonzero(np.diff(curve, prepend=-1))
    first = entry[starts]
    keys = {name: Texts(codes[name][first], texts[name].to_pylist()) for name in ("task", "subtask", "model_family")}
    keys["metric"] = Texts(metric[starts], texts["metric"].to_pylist())
    keys["filter"] = Texts(np.zeros(len(starts), np.int64), ["none"])
    ids = curve_ids(keys, shots[starts])
    arrays["curve_id"] = arrow.numbers(np.repeat(ids, np.diff(np.append(starts, len(rows)))), pa.int64())
    return pa.Table.from_arrays([arrays[name] for name in SCORES_SCHEMA.names], schema=SCORES_SCHEMA), ids


def _preferred_columns(
    coded: Coded, place: np.ndarray, is_preferred: np.ndarray, is_named: np.ndarray
) -> dict[str, pa.Array]:
    """Columns that say whether a number is of the preferred metric, and what the range of that metric is.

    `place` is the row of every number's entry among those that were read.

    `low_score` is the chance rate of the preferred metric, and of no other.
    """
    arrays = {"is_preferred": arrow.numbers(is_preferred, pa.bool_(), is_named)}
    nothing = np.full(len(coded.shots), np.nan)
    for name in ("low_score", "high_score"):
        values = getattr(coded, name)
        values = (nothing if values is None else values)[place]
        arrays[name] = arrow.numbers(values, pa.float64(), ~np.isnan(values))
        if name == "low_score":
            is_known = ~np.isnan(values) & is_preferred
            arrays["chance"] = arrow.numbers(values, pa.float64(), is_known)
            codes = arrow.numbers(np.zeros(len(values), np.int32), pa.int32(), is_known)
            arrays["chance_source"] = pa.DictionaryArray.from_arrays(codes, arrow.texts(["file"]))
    return arrays
