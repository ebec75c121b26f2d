"""What a run says of the numbers that came in and of those that did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from analysis.base.errors import InputError
from analysis.base.rejects import describe
from analysis.normalise.schema import Normalised


def report(tables: Normalised, say: Callable[[str], None], strict: bool = False) -> None:
    """Say what came in and what did not.

    Raises
    ------
    InputError
        `strict` is set and something was set aside.

    """
    n = tables.facts
    n_set_aside = len(tables.rejects)
    say(
        f"{n['files_read']:,} of {n['files_in']:,} files read; {n['numbers_in']:,} numbers in = {n['scores']:,} scores "
        + (f"+ {n['filled_stderr']:,} standard errors " if "filled_stderr" in n else "")
        + f"+ {n['rejected_values']:,} rejected values; {n['rejected_files']:,} files and "
        f"{n['rejected_entries']:,} entries or fields rejected"
    )
    if n["entries_of_mixed_kind"]:
        say(
            f"{n['entries_of_mixed_kind']:,} entries are aggregates in some files of their model family and not in others; "
            "they count as aggregates"
        )
    if n.get("instances_in"):
        say(f"{n['instances_in']:,} scores of single examples, {n['instances_rejected']:,} of them rejected")
    if n.get("files_passed_over"):
        say(f"{n['files_passed_over']:,} other files passed over")
    if n.get("columns_not_read"):
        say(f"columns not read: {n['columns_not_read']}")
    if n.get("tasks_of_several_versions"):
        say(
            f"{n['tasks_of_several_versions']:,} tasks have results of several versions of the task in one model family; "
            "their curves mix them"
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
