"""What a run tells the user about the numbers that were taken in and about the rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from jumpcheck.base.errors import InputError
from jumpcheck.base.rejects import describe
from jumpcheck.normalise.schema import Normalised


def to_check(facts: Mapping[str, object]) -> Iterator[str]:
    """What was understood of the files that they do not say, for whoever knows better."""
    for name, what in {
        "notes": "please check",
        "sizes_that_differ": "numbers of parameters that differ by more than a factor of 2",
        "percent_divided": "scores in percent, which are divided by 100",
        "percent_kept": "scores beside them that are all at most 1, which are kept as shares",
        "percent_mixed": "scores of which some are below 1 and some above, as if some were in percent",
        "percent_left": "scores that look like percentages; percent=auto divides them by 100",
    }.items():
        if facts.get(name):
            yield f"{what}: {facts[name]}"


def _report_checks(facts: Mapping[str, object], say: Callable[[str], None], strict: bool) -> None:
    """Say what the checks of BIG-bench's table of all metrics gave."""
    if facts.get("repeated_evaluations"):
        say(
            f"{facts['repeated_evaluations']:,} labels of repeated evaluations, called 'label #2' and so on; which scores "
            "belong to one evaluation is told by the order of the rows alone"
        )
    for name in ("preferred_scores", "preferred_counts"):
        if facts.get(name):
            say(f"{name.replace('_', ' ')}: {facts[name]}")
    if facts.get("preferred_faults"):
        fault = f"the table of all metrics was not read as it was published: {facts['preferred_faults']}"
        if strict:
            raise InputError(f"strict: {fault}")
        say(f"!! {fault} !!")


def report(tables: Normalised, say: Callable[[str], None], strict: bool = False) -> None:
    """Say what was taken in and what was rejected.

    Raises
    ------
    InputError
        `strict` is set and something was set aside.

    """
    facts = tables.facts
    n_set_aside = len(tables.rejects)
    say(
        f"{facts['files_read']:,} of {facts['files_in']:,} files read; "
        f"{facts['numbers_in']:,} numbers in = {facts['scores']:,} scores "
        + (f"+ {facts['filled_stderr']:,} standard errors " if "filled_stderr" in facts else "")
        + (f"+ {facts['averaged_values']:,} of repeated runs, averaged " if facts.get("averaged_values") else "")
        + f"+ {facts['rejected_values']:,} rejected values; {facts['rejected_files']:,} files and "
        f"{facts['rejected_entries']:,} entries or fields rejected"
    )
    _report_checks(facts, say, strict)
    if facts.get("recognised"):
        say(f"recognised: {facts['recognised']}")
    if facts["entries_of_mixed_kind"]:
        say(
            f"{facts['entries_of_mixed_kind']:,} entries are aggregates in some files of their model family and not in "
            "others; they count as aggregates"
        )
    if facts.get("instances_in"):
        say(f"{facts['instances_in']:,} scores of single examples, {facts['instances_rejected']:,} of them rejected")
    if facts.get("files_passed_over"):
        say(f"{facts['files_passed_over']:,} other files passed over")
    if facts.get("columns_not_read"):
        say(f"columns not read: {facts['columns_not_read']}")
    for line in to_check(facts):
        say(line)
    if facts.get("tasks_of_several_versions"):
        say(
            f"{facts['tasks_of_several_versions']:,} tasks have results of several versions of the task in one model "
            "family; their curves mix them"
        )
    if facts.get("rules_file"):
        say(
            f"{facts['unknown_models']:,} names of models are not known: {facts['rules_file']} has a rule to complete for "
            "each; copy it, fill it in, and run again with rules=YOUR_COPY.yml"
        )
    if not n_set_aside:
        return
    for reason, count in Counter(tables.rejects["reason"].to_pylist()).most_common():
        say(f"  rejected: {count:,} {reason}")
    if strict:
        first = describe(map(tuple, (row.values() for row in tables.rejects.slice(0, 20).to_pylist())))
        raise InputError(
            f"strict: {n_set_aside:,} things could not be taken in. Mend them, or run with strict=false and find "
            f"all of them in the table rejects. The first {min(20, n_set_aside)}:\n{first}"
        )
    say("  which, where and why: table rejects of the database")
