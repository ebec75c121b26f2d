"""What a run says at its end: what was taken in, what jumps, what could be tested, and what is missing for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

LOUD = 0.2
"""Share of rejected numbers from which a run says so loudly."""
NOT_LOST = ("averaged", "repeated")
"""Reasons of rejects whose numbers are in another row."""


def what_is_in(n: Mapping[str, int], config: Mapping[str, object]) -> Iterator[str]:
    """Counts of curves, of what is unusual, and of verdicts; `n` are those of steps/counts.sql."""
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
        "tasks_with_known_fault": "tasks with a known fault upstream (table tasks, column note)",
    }.items():
        if n[name]:
            yield (f"{n[name]:,} {meaning}")
    yield (
        f"{n['triplets_displaying_emergence']:,} triplets and {n['pairs_displaying_emergence']:,} pairs display "
        f"emergence: a curve of at least 5 scales has an improvement score above {config['emergence_threshold']}, and above "
        f"{config['sharpness_threshold']} times that of a straight line"
    )
    verdicts = {"break": "with a break", "smooth": "smooth", "at_chance": "at chance", "inconclusive": "cannot be decided"}
    of_all, of_jumps = (
        ", ".join(f"{n[f'{kind}_{name}']:,} {text}" for name, text in verdicts.items()) for kind in ("verdicts", "jumps")
    )
    yield (f"{n['curves_tested']:,} curves tested for a break, which could be seen in {n['curves_with_p']:,}: {of_all}")
    yield (
        f"{n['curves_jumping']:,} curves of shares jump, {n['jumps_tested']:,} of them tested, and a break could be seen in "
        f"{n['jumps_with_p']:,}: {of_jumps}"
    )
    yield (
        f"{n['triplets_displaying_tested']:,} triplets that display emergence are tested, and a break could be seen in "
        f"{n['triplets_displaying_with_p']:,}: {n['triplets_displaying_and_break']:,} have one at a false discovery rate of "
        f"5 % among all triplets, {n['triplets_displaying_with_break']:,} among these"
    )


def last_lines(facts: Mapping[str, object], n: Mapping[str, int], rejected: Mapping[str, int]) -> list[str]:
    """The last lines of a run.

    `facts` are those of the build, `n` the counts of steps/counts.sql, `rejected` the numbers by the reason of their reject.
    """
    lines = [f"{n['scores']:,} numbers taken, {facts.get('rejected_values', 0):,} rejected"]
    lost = {reason: int(count) for reason, count in rejected.items() if count and reason not in NOT_LOST}
    n_in = facts.get("numbers_in", 0)
    if n_in and sum(lost.values()) > LOUD * n_in:
        most = sorted(lost.items(), key=lambda item: -item[1])[:3]
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in most)
        lines.append(
            f"!! {sum(lost.values()) / n_in:.0%} of the numbers were rejected: {reasons}. Which and why: table rejects !!"
        )
    lines.append(
        f"{n['triplets_displaying_emergence']:,} triplets jump, {n['triplets_displaying_tested']:,} could be tested, and in "
        f"{n['triplets_displaying_with_p']:,} a break could be seen: {n['triplets_displaying_and_break']:,} have one"
        + (
            f"; {n['triplets_displaying_no_share']:,} are no shares of right answers"
            if n["triplets_displaying_no_share"]
            else ""
        )
    )
    lacks = [
        f"{n[name]:,} curves of shares lack {what}"
        for name, what in (("curves_without_chance", "a chance rate"), ("curves_without_examples", "a number of examples"))
        if n[name]
    ]
    if lacks:
        lines.append(f"{' and '.join(lacks)}, and are not tested: add these columns or rules (docs/bring_your_own.md)")
    return lines
