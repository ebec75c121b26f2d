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
    """Keep the first of numbers published more than once with one value, and none of those with different values.

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
        Code of the conditions of the measurement: equal values under different conditions count as different.

    Returns
    -------
    (array of int, list of Reject)
        The rows to keep, in the order of `order`, and a reject for each of the others.

    """
    starts = np.ones(len(order), bool)
    starts[1:] = np.diff(key[order]) != 0
    if starts.all():
        return order, []
    group_of = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    size = np.diff(np.append(first, len(order)))
    differs = score[order] != score[order][first][group_of]
    if conditions is not None:
        differs |= conditions[order] != conditions[order][first][group_of]
    agrees = ~np.logical_or.reduceat(differs, first)
    keep = starts & agrees[group_of]
    # The message names another place of the number: the first one, or for the first one the next with a different value.
    next_different = first.copy()
    places = np.flatnonzero(differs)
    next_different[group_of[places[::-1]]] = places[::-1]
    rejects = []
    for place in np.flatnonzero(~keep):
        group = group_of[place]
        other = order[next_different[group] if starts[place] else first[group]]
        members = score[order[first[group] : first[group] + size[group]]]
        file, location, n_numbers = where_published(order[place])
        other_place = ", ".join(where_published(other)[:2])
        reason, detail = _reason_and_detail(
            float(score[order[place]]), float(score[other]), other_place, members, bool(agrees[group])
        )
        rejects.append(Reject("value", file, location, reason, detail, n_numbers))
    return order[keep], rejects


def _reason_and_detail(value: float, other: float, other_place: str, members: np.ndarray, agrees: bool) -> tuple[str, str]:
    """(reason, detail) of a number that is published as `other` at `other_place` too; `members` are all of its values."""
    if agrees:
        return "repeated", f"{value!r}, the same value as in {other_place}; one of them is kept"
    differ = (members != members[0]).any()
    what = "values" if differ else "numbers of examples, chance rates or versions of the task"
    detail = f"{value!r}; published {len(members)} times with different {what}, also as {other!r} in {other_place}"
    return "contradiction", f"{detail}; none of them is taken"
