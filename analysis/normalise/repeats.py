"""Numbers that were published more than once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.base.rejects import Reject


def set_aside_repeats(
    order: np.ndarray,
    key: np.ndarray,
    score: np.ndarray,
    where_published: Callable[[int], tuple[str, str, int]],
    conditions: np.ndarray | None = None,
) -> tuple[np.ndarray, list[Reject]]:
    """Of a number that was published more than once with one value the first; where the values differ, none.

    Nobody can know which of two values is right.

    Parameters
    ----------
    order : array of int, shape (n,)
        Sorts the rows by `key`; rows of one key stay in the order in which they were published.
    key, score : array, shape (n,)
        What names every number, and its value.
    where_published : callable
        Gives (file, location, how many numbers the row stands for) of a row.
    conditions : array, shape (n,), optional
        Under which it was measured, as a number: equal values under different conditions are not one number.

    Returns
    -------
    (array of int, list of Reject)
        The rows to keep, in the order of `order`, and a reject for each of the others.

    """
    starts = np.ones(len(order), bool)
    starts[1:] = np.diff(key[order]) != 0
    if starts.all():
        return order, []
    group = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    size = np.diff(np.append(first, len(order)))
    differs = score[order] != score[order][first][group]
    if conditions is not None:
        differs |= conditions[order] != conditions[order][first][group]
    agrees = ~np.logical_or.reduceat(differs, first)
    keep = starts & agrees[group]
    # A number that contradicts others is compared with the first of them, and the first with the next that differs.
    next_other = first.copy()
    places = np.flatnonzero(differs)
    next_other[group[places[::-1]]] = places[::-1]
    rejects = []
    for place in np.flatnonzero(~keep):
        number = group[place]
        other = order[next_other[number] if starts[place] else first[number]]
        members = score[order[first[number] : first[number] + size[number]]]
        file, location, n_numbers = where_published(order[place])
        at = ", ".join(where_published(other)[:2])
        reason, detail = _why(float(score[order[place]]), float(score[other]), at, members, bool(agrees[number]))
        rejects.append(Reject("value", file, location, reason, detail, n_numbers))
    return order[keep], rejects


def _why(value: float, other: float, at: str, members: np.ndarray, agrees: bool) -> tuple[str, str]:
    """(reason, detail) of a number that stands at `at` too, as `other`; `members` are all of its values."""
    if agrees:
        return "repeated", f"{value!r}, the same value as in {at}; one of them is kept"
    differ = (members != members[0]).any()
    what = "values" if differ else "numbers of examples, chance rates or versions of the task"
    detail = f"{value!r}; published {len(members)} times with different {what}, also as {other!r} in {at}"
    return "contradiction", f"{detail}; none of them is taken"
