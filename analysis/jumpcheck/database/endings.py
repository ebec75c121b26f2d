"""What a run says at its end: what was taken in, what jumps, what could be tested, and what is missing for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jumpcheck.base.words import CURVE_KINDS
from jumpcheck.database.headline import sentences

LOUD = 0.2
"""Share of rejected numbers from which a run says so loudly."""
NOT_LOST = ("repeated", "earlier_checkpoint")
"""Reasons of rejects whose numbers are in another row, or were left out by the choice of the scale."""


def what_is_in(n: Mapping[str, int], curve_counts: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    """Counts of curves, of what is unusual, and of verdicts.

    `n` are those of database/counts.sql, `curve_counts` (kind, number, how many jump) of the view of that name.
    """
    yield (
        f"{n['curves']:,} curves ({n['curves_infinite']:,} infinite, {n['curves_flat']:,} flat, "
        f"{n['curves_too_few_scales']:,} with fewer than 3 scales), {n['triplets']:,} triplets, {n['pairs']:,} pairs"
    )
    if n["metrics_unknown"]:
        yield (
            f"{n['metrics_unknown']:,} of {n['metrics']:,} metrics are not in the reference table "
            "(table metrics, known = false)"
        )
    if n["curves_of_unknown_direction"]:
        yield (f"{n['curves_of_unknown_direction']:,} curves of metrics without a known direction: never an improvement")
    for name, meaning in {
        "models_without_scale": "models without a published number of parameters, in no curve",
        "models_described_differently": "models with different parameter counts in different files",
        "families_of_mixed_scale_basis": "model families ordered by parameters that were counted in more than one way",
        "curves_with_averaged_models": "curves with models of the same scale, averaged",
        "triplets_of_aggregates_only": "triplets published for aggregates alone, without a score",
        "preferred_metric_differences": "parts prefer another metric than data/reference names (table of this name)",
        "tasks_with_known_fault": "tasks with a known fault upstream (table tasks, column note)",
    }.items():
        if n[name]:
            yield (f"{n[name]:,} {meaning}")
    for kind, n_curves, n_jumps in curve_counts:
        yield f"curves, {CURVE_KINDS[kind]}: {n_curves:,}" + (f", of which {n_jumps:,} jump" if n_jumps else "")
    yield (
        f"{n['curves_with_p']:,} of {n['curves_tested']:,} tested curves have enough data to show a break; among the "
        f"triplets that jump {n['triplets_that_jump_with_break']:,} have one when these alone are compared. Decoys (steps "
        f"of the loss in the wrong direction): {n['triplets_with_decoy']:,} triplets"
    )


def last_lines(
    facts: Mapping[str, object], n: Mapping[str, int], headline: Mapping[str, object], rejected: Mapping[str, int]
) -> list[str]:
    """The last lines of a run.

    `facts` are those of the build, `n` the counts of database/counts.sql, `headline` the row of that view with the
    thresholds, `rejected` the numbers by the reason of their reject.
    """
    lines = [_taken(facts, n)]
    lost = {reason: int(count) for reason, count in rejected.items() if count and reason not in NOT_LOST}
    n_in = facts.get("numbers_in", 0)
    if n_in and sum(lost.values()) > LOUD * n_in:
        most = sorted(lost.items(), key=lambda item: -item[1])[:3]
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in most)
        lines.append(
            f"!! {sum(lost.values()) / n_in:.0%} of the numbers were rejected: {reasons}. Which and why: table rejects !!"
        )
    lines.append(" ".join(sentences(headline)))
    lacks = [
        f"{n[name]:,} percent-correct curves lack {what}"
        for name, what in (("curves_without_chance", "a chance rate"), ("curves_without_examples", "a number of examples"))
        if n[name]
    ]
    if lacks:
        lines.append(f"{' and '.join(lacks)}, and are not tested: add these columns or rules (docs/bring_your_own.md)")
    if facts.get("percent_left"):
        lines.append(
            f"Scores that look like percentages were kept and not tested ({facts['percent_left']}): percent=auto divides "
            "them by 100"
        )
    return lines


def _taken(facts: Mapping[str, object], n: Mapping[str, int]) -> str:
    """How many numbers became scores; those of repeated runs are in their means."""
    n_rejected = facts.get("rejected_values", 0)
    if not facts.get("averaged_values"):
        return f"{n['scores']:,} numbers taken, {n_rejected:,} rejected"
    runs = f"{n['runs_least']}" if n["runs_least"] == n["runs_most"] else f"{n['runs_least']} to {n['runs_most']}"
    return (
        f"{facts['numbers_in']:,} numbers: {n['scores']:,} scores, of which {n['scores_of_runs']:,} are means of {runs} "
        f"runs; {n_rejected:,} rejected"
    )
