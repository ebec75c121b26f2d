"""What every page and the terminal say first, in the same words and the same unit: from the view `headline`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_UNITS = {
    "pair": ("pair of a task and a model family", "pairs of a task and a model family", "pair"),
    "triplet": ("triplet of task, metric and model family", "triplets of task, metric and model family", "triplet"),
}


def headline_of(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """The row of the view `headline`, with the two thresholds of the table `settings`."""
    found = con.execute("select headline.*, emergence_threshold, sharpness_threshold from headline cross join settings")
    return dict(zip([column[0] for column in found.description], found.fetchall()[0], strict=True))


def counted(n: int, one: str, many: str) -> str:
    """`n` and the word for so many: "1 pair", "2 pairs"."""
    return f"{n:,} {one if n == 1 else many}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def sentences(n: Mapping[str, object], emergence_threshold: float, sharpness_threshold: float) -> list[str]:
    """Up to three sentences: what jumps, what the break test says of it, and what could not be tested.

    `n` is the row of the view `headline`.
    """
    one, many, short = _UNITS[str(n["unit"])]
    if not n["n_units"]:
        return [
            "No curve of these data has 5 scales or more and a metric of which it is known whether higher is better: "
            "nothing can be said of emergence."
        ]
    of_all = f"Of {counted(n['n_units'], one, many)}"
    limit, times = f"{emergence_threshold:g}", f"{sharpness_threshold:g}"
    above = f"{n['n_above']:,} {'has' if n['n_above'] == 1 else 'have'} an improvement score above {limit}"
    if not n["n_jump"]:
        said = [
            f"{of_all}, {above}, and none jumps: no score is also above {times} times that of a straight line."
            if n["n_above"]
            else f"{of_all} none jumps: no improvement score is above {limit}."
        ]
        if n["n_tested"]:
            said.append(f"{n['n_tested']:,} could be tested for a break in the loss: {_verdicts(n, '')}.")
        else:
            said.append("None could be tested for a break in the loss.")
        return said
    their = "its score is" if n["n_jump"] == 1 else "their scores are"
    jump = "jumps" if n["n_jump"] == 1 else "jump"
    said = [
        f"{of_all}, {above}, and {n['n_jump']:,} of these {jump}: {their} also above {times} times that of a straight line."
    ]
    if n["n_jump_tested"]:
        tested = f"{n['n_jump_tested']:,} of the {n['n_jump']:,} could be tested for a break in the loss"
        said.append(f"{tested}: {_verdicts(n, 'jump_', short)}.")
    reasons = {
        "because the metric is not percent-correct": n["n_jump_no_proportion"],
        "for reasons that the table breaks has": n["n_jump_not_testable"],
    }
    parts = [f"{number:,} {reason}" for reason, number in reasons.items() if number]
    if len(parts) == 1:
        said.append(f"{parts[0].replace(' ', ' could not be tested, ', 1)}.")
    elif parts:
        said.append(f"{sum(reasons.values()):,} could not be tested: {_listed(parts)}.")
    return said


def _verdicts(n: Mapping[str, object], which: str, short: str = "") -> str:
    """How many have which verdict; of those that jump a break counts where a curve that jumps has it."""
    if which:
        another = f" (in {n['n_other_break']:,} more another curve of the {short} has one)" if n["n_other_break"] else ""
        parts = [f"in {n['n_jump_break']:,} a curve that jumps has a break{another}"]
    else:
        parts = [f"{n['n_break']:,} {'has' if n['n_break'] == 1 else 'have'} one"]
    smooth, at_chance, undecided = (n[f"n_{which}{name}"] for name in ("smooth", "at_chance", "undecided"))
    if smooth:
        parts.append(f"{smooth:,} {'is' if smooth == 1 else 'are'} smooth")
    if at_chance:
        parts.append(f"{at_chance:,} {'is' if at_chance == 1 else 'are'} at chance")
    if undecided:
        parts.append(f"{undecided:,} cannot be decided")
    return _listed(parts)
