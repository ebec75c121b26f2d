"""The sentences of `words.yml`: what tables and pages say of numbers and codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pyarrow as pa
import yaml

from jumpcheck.base.sql import packaged_text

WORDS = yaml.safe_load(packaged_text("base/words.yml"))
REASONS: dict[str, dict[str, str]] = WORDS["reasons"]["codes"]
"""{code of a reason: its `short` label and its sentence `text`}."""

VERDICTS: dict[str, dict[str, str]] = WORDS["verdicts"]
"""{verdict: what it is `called`, what it `means`, and its `colour`}, in the order of pages."""


def verdict_words() -> pa.Table:
    """The input `verdict_words` of the tables: verdict, place, called and means."""
    rows = [{"verdict": name, "place": place, **words} for place, (name, words) in enumerate(VERDICTS.items())]
    return pa.Table.from_pylist(rows).drop_columns("colour")


CURVE_KINDS = WORDS["curve_kinds"] | {
    name: f"tested: {words['called']}" for name, words in VERDICTS.items() if name != "not_testable"
}
"""{kind of the view curve_counts: its words}."""


def kind_words() -> pa.Table:
    """What pages read: kind of the view curve_counts, and its words."""
    return pa.table({"kind": list(CURVE_KINDS), "words": list(CURVE_KINDS.values())})


def positional(template: str, fields: list[str]) -> str:
    """A template for DuckDB's `format`, which knows fields by their position alone.

    Examples
    --------
    >>> positional("p = {p_break:.2g} of {n:,}", ["n", "p_break"])
    'p = {1:.2g} of {0:,}'

    """
    unknown = sorted(set(re.findall(r"\{(\w+)", template)) - set(fields))
    if unknown:
        raise ValueError(f"words.yml: {template!r} has the fields {', '.join(unknown)}; known are {', '.join(fields)}")
    return re.sub(r"\{(\w+)", lambda field: f"{{{fields.index(field[1])}", template)


def reason_words() -> pa.Table:
    """The input `reason_words` of the tables: reason_code, short, and template (for `format`, see `positional`)."""
    fields = WORDS["reasons"]["fields"]
    templates = [positional(words["text"], fields) for words in REASONS.values()]
    shorts = [words["short"] for words in REASONS.values()]
    return pa.table({"reason_code": list(REASONS), "short": shorts, "template": templates})


def code_words() -> dict[str, pa.Table]:
    """The words that tables join with codes: the inputs `reason_words` and `verdict_words`."""
    return {"reason_words": reason_words(), "verdict_words": verdict_words()}


def page_words() -> dict[str, pa.Table]:
    """The words that the SQL of pages joins with codes, by the name of their view."""
    return {"reason_words": reason_words(), "kind_words": kind_words()}


def claim_words(counts: Mapping[str, object], answers: Iterable[tuple[int, str, float | None]]) -> pa.Table:
    """The input `claim_words` of the tables: number, claim, paper, this_dataset, reason and look_at.

    `counts` is the row of claim_counts.sql, `answers` are (number, reason_code, share) of claim_answers.sql.
    """
    rows = []
    for number, code, share in answers:
        words = WORDS["claims"][number]
        numbers = {**counts, "share": 100 * share if share is not None else float("nan")}
        this_dataset = words.get("this_dataset_where", {}).get(code, words["this_dataset"])
        filled = {"this_dataset": this_dataset, "reason": words["reasons"][code]}
        rows.append(
            {"number": number, **{name: words[name] for name in ("claim", "paper", "look_at")}}
            | {name: template.format(**numbers) for name, template in filled.items()}
        )
    return pa.Table.from_pylist(rows)
