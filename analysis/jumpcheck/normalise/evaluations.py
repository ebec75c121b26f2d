"""Several evaluations of one condition: one label and number of shots that stands more than once in a score file."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from jumpcheck.base import columns as arrow


class Entries(NamedTuple):
    """The entries of score files in columns, and which of them every number belongs to."""

    codes: dict[str, np.ndarray]
    """Per column the codes of all entries, ranks among its texts."""
    texts: dict[str, pa.Array]
    shots: np.ndarray
    kinds: np.ndarray
    place: np.ndarray
    """Row of every entry among those that were read."""
    of_number: np.ndarray
    """Row of the entry of every number."""


def ranks_of_evaluations(
    order: np.ndarray, key: np.ndarray, curve: np.ndarray, file: np.ndarray, entry: np.ndarray, score: np.ndarray
) -> np.ndarray:
    """How many numbers of the same name stand before each in its file; 0 for all but separate evaluations.

    Separate evaluations are repeats in several entries of one file, of which every model of the curve has equally many, and
    of which at least one differs: copies are no evaluations, and where models have different numbers nobody knows which
    belong together.

    Parameters
    ----------
    order : array of int, shape (n,)
        Sorts the numbers by `key`, those of one key in the order of publication.
    key, curve, file, entry, score : array, shape (n,)
        What names every number, its curve, its file, its entry there, and its value.
    """
    ranks = np.zeros(len(order), np.int64)
    starts = np.ones(len(order), bool)
    starts[1:] = np.diff(key[order]) != 0
    if starts.all():
        return ranks
    first = np.flatnonzero(starts)
    size = np.diff(np.append(first, len(order)))
    group = np.cumsum(starts) - 1
    is_apart = (file[order] == file[order][first][group]) & (starts | (np.diff(entry[order], prepend=-1) != 0))
    is_apart = np.logical_and.reduceat(is_apart, first)
    differs = np.logical_or.reduceat(score[order] != score[order][first][group], first)
    _, curve_of_group = np.unique(curve[order][first], return_inverse=True)
    n = curve_of_group.max() + 1
    smallest, largest = np.full(n, np.iinfo(np.int64).max), np.zeros(n, np.int64)
    np.minimum.at(smallest, curve_of_group, size)
    np.maximum.at(largest, curve_of_group, size)
    is_separate = (smallest == largest) & (largest > 1)
    is_separate &= np.bincount(curve_of_group, ~is_apart, n) == 0
    is_separate &= np.bincount(curve_of_group, differs, n) > 0
    ranks[order] = np.where(is_separate[curve_of_group][group], np.arange(len(order)) - first[group], 0)
    return ranks


def with_numbered_evaluations(entries: Entries, ranks: np.ndarray) -> Entries:
    """`entries` with an entry of its own, labelled "label #2", for the numbers of every second evaluation, and so on."""
    later = np.flatnonzero(ranks)
    pairs, which = np.unique(np.stack([entries.of_number[later], ranks[later]]), axis=1, return_inverse=True)
    source, rank = pairs
    labels = entries.texts["subtask"].to_pylist()
    added = [f"{labels[entries.codes['subtask'][k]]} #{r + 1}" for k, r in zip(source, rank, strict=True)]
    codes = {name: np.concatenate([values, values[source]]) for name, values in entries.codes.items()}
    all_labels = sorted({*labels, *added})
    code_of = {label: k for k, label in enumerate(all_labels)}
    codes["subtask"] = np.array([code_of[label] for label in labels], np.int64)[entries.codes["subtask"]]
    codes["subtask"] = np.concatenate([codes["subtask"], np.array([code_of[label] for label in added], np.int64)])
    of_number = entries.of_number.copy()
    of_number[later] = len(entries.shots) + which.ravel()
    return Entries(
        codes,
        entries.texts | {"subtask": arrow.texts(all_labels)},
        *(np.concatenate([values, values[source]]) for values in (entries.shots, entries.kinds, entries.place)),
        of_number,
    )
