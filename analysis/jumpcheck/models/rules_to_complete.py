"""A file of rules to complete: every model that no rule knows, with what is known of it and the nearest rule."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
import yaml
from rapidfuzz import fuzz, process

from jumpcheck.base.columns import Texts
from jumpcheck.models.rules import ModelRule, Rules

TO_COMPLETE = ("unknown_model", "unknown_scale", "unknown_revision", "missing_model")
"""Reasons of rejects that a rule can mend."""
_SIZE = re.compile(r"(?<![\d.])\d+(?:\.\d+)?[mb](?![a-z0-9])", re.IGNORECASE)


def rules_to_complete(
    described: pd.DataFrame, model_row: np.ndarray, files: Texts, n_numbers: np.ndarray, rules: Rules
) -> tuple[int, str]:
    """(number of names of models that no rule knows, the text of a YAML file with a rule to complete for each).

    `described` is the table of `results._described_models`; `model_row`, `files` and `n_numbers` give for every score the
    row of it, the file, and for how many numbers it counts.
    """
    n_of_row = np.bincount(model_row, n_numbers, minlength=len(described))
    file_of_row = np.zeros(len(described), int)
    file_of_row[model_row[::-1]] = files.codes[::-1]
    rows_of: dict[tuple[str, str, str | None], list[int]] = defaultdict(list)
    for k in np.flatnonzero(described["reason"].isin(TO_COMPLETE)):
        name = described["model"].iat[k]
        place = name if isinstance(name, str) else files.names[file_of_row[k]]
        family = described["known_family"].iat[k]
        rows_of[described["reason"].iat[k], place, family if isinstance(family, str) else None].append(k)
    known = [(rule, _plain(rule)) for rule in rules.models]
    elements = []
    for (reason, place, family), rows in sorted(rows_of.items(), key=lambda item: -n_of_row[item[1]].sum()):
        revisions = sorted({revision for revision in described["revision"].iloc[rows] if isinstance(revision, str)})
        is_named = isinstance(described["model"].iat[rows[0]], str)
        example = files.names[file_of_row[rows[0]]]
        elements.append(_element(reason, place, family, revisions, int(n_of_row[rows].sum()), example, is_named, known))
    return len(elements), HEAD + "models:\n" + "".join(elements)


def first_rules(text: str, n: int) -> tuple[str, int]:
    """(the first `n` rules of a file of rules to complete, how many more it has)."""
    head, _, body = text.partition("models:\n")
    elements = re.split(r"(?m)^(?=# [\d,]+ numbers, as in )", body)[1:]
    return head + "models:\n" + "".join(elements[:n]), max(0, len(elements) - n)


HEAD = """\
# Models that no rule knows. Copy this file, fill in what is empty, remove what shall stay out, and run again with
# rules=YOUR_COPY.yml. A pattern is a regular expression for the whole name, so that one rule can stand for several models:
# 'lab/net-(?P<size>[\\d.]+[mb])' reads the size of all of them. data/reference/rules.yml says what a rule may hold.
"""


def _element(
    reason: str,
    place: str,
    family: str | None,
    revisions: Sequence[str],
    n_numbers: int,
    example: str,
    is_named: bool,
    known: Sequence[tuple[ModelRule, str]],
) -> str:
    """One rule to complete, as lines of YAML."""
    comments, lines = [f"{n_numbers:,} numbers, as in {_comment(example)}: {reason}"], []
    if not is_named:
        lines += [f"path: {_quoted(re.escape(place))}", "model:"]
        lines += [f"family: {_quoted(family)}" if family else "family:", "n_parameters:"]
    elif reason == "unknown_revision":
        comments.append(f"revisions: {_comment(', '.join(revisions)[:200])}")
        lines += [f"pattern: {_quoted(re.escape(place))}"]
        lines += [f"family: {_quoted(family)}" if family else "family:", "n_parameters:"]
        lines += ["checkpoint:  # such as 'step(?P<steps>\\d+)' or 'tokens-(?P<tokens>[\\d.]+[bt])'"]
    else:
        found = _SIZE.findall(place)
        size = f"  # the name says {', '.join(found)}" if found else "  # such as 7000000000"
        lines += [f"pattern: {_quoted(re.escape(place))}"]
        lines += [f"family: {_quoted(family)}" if family else "family:", f"n_parameters:{size}"]
    nearest = process.extractOne(place.lower(), [plain for _, plain in known], scorer=fuzz.partial_ratio, score_cutoff=60)
    if nearest:
        rule = known[nearest[2]][0]
        comments.append(f"the nearest rule is {rule.family}: {_comment((rule.pattern or rule.path).pattern)}")
    return "".join([f"# {one}\n" for one in comments] + [f"{' ' if k else '-'} {line}\n" for k, line in enumerate(lines)])


def _comment(text: str) -> str:
    """`text` on one line of ASCII."""
    return ascii(text)[1:-1]


def _quoted(text: str) -> str:
    """`text` as a value of YAML on one line."""
    return yaml.safe_dump(text, width=10**6, default_style="'").strip()


def _plain(rule: ModelRule) -> str:
    """What a rule's pattern looks like as a name, for comparing it with names."""
    text = (rule.pattern or rule.path).pattern
    text = re.sub(r"\(\?P<\w+>|\(\?:|\\d|\[[^\]]*\]|[\\()?*+|^$]", " ", text)
    return re.sub(r"\s+", "", text).lower()
