"""What kind of entry a number is of: a task, a subtask, or an aggregate that averages subtasks. The only rule for it."""

from __future__ import annotations

import numpy as np

from jumpcheck.base.columns import Texts, combination

KINDS = ["aggregate", "subtask", "task"]
"""The kinds by their codes."""


def entry_kinds(task: Texts, subtask: Texts, family: np.ndarray, is_stated: np.ndarray) -> tuple[np.ndarray, int]:
    """(code of the kind of every row, number of entries that are aggregates in some files only).

    An aggregate is an entry that a file calls one, and an entry with the name of its task where the task has parts too. Both
    are decided over all files of a model family, so that the points of one curve are of one kind.

    Parameters
    ----------
    task, subtask : Texts
        Of every row; a subtask with the name of its task is the whole task.
    family : array of int
        Code of the model family of every row.
    is_stated : array of bool
        Whether the file says that the row is an average of subtasks.

    """
    # Names are few and rows are many, so names are compared once per pair of a task and a subtask.
    pair, n_pairs = combination(task.codes, subtask.codes)
    a_row = np.zeros(n_pairs, np.int64)
    a_row[pair] = np.arange(len(pair))
    names = [(task.names[task.codes[row]], subtask.names[subtask.codes[row]]) for row in a_row]
    is_whole = np.array([whole == part for whole, part in names], bool)[pair]
    of_family, n_of_family = combination(task.codes, family)
    has_parts = np.bincount(of_family[~is_whole], minlength=n_of_family)[of_family] > 0
    entry, n_entries = combination(pair, family)
    is_average = np.bincount(entry[is_stated], minlength=n_entries)[entry] > 0
    by_name = is_whole & has_parts
    is_mixed = is_average & ~is_stated & ~by_name
    n_mixed = len(np.unique(entry[is_mixed]))
    return np.where(is_average | by_name, 0, np.where(is_whole, 2, 1)).astype(np.int32), n_mixed
