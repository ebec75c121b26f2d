"""What every page and the terminal say first, in the same words and the same unit: from the view `headline`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jumpcheck.base.words import WORDS

if TYPE_CHECKING:
    import duckdb

_SAID = WORDS["headline"]


def headline_of(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """The row of the view `headline`, with the two thresholds of the table `settings`."""
    found = con.execute("select headline.*, emergence_threshold, sharpness_threshold from headline cross join settings")
    return dict(zip([column[0] for column in found.description], found.fetchall()[0], strict=True))


def _for(n: int, name: str) -> str:
    """The words `name` of words.yml for the number `n`: the first of two for 1, the second for every other number."""
    return _SAID[name][n != 1].format(n=n)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def sentences(n: Mapping[str, object]) -> list[str]:
    """Up to four sentences: what jumps, what the break test says of it, its decoys, and what could not be tested.

    `n` is the result of `headline_of`.
    """
    if not n["n_units"]:
        return [_SAID["nothing"]]
    unit = _SAID[str(n["unit"])]
    filled = {
        **n,
        "units": f"{n['n_units']:,} {unit['one' if n['n_units'] == 1 else 'many']}",
        "short": unit["short"],
        "above": _for(n["n_above"], "above"),
        "jump": _for(n["n_jumps"], "jumps"),
        "their": _for(n["n_jumps"], "their"),
    }

    def said(name: str, **more: object) -> str:
        return _SAID[name].format(**filled, **more)

    decoys = said("decoys" if n["n_decoy"] else "no_decoys")
    if not n["n_jumps"]:
        verdicts = _listed([_for(n["n_break"], "break"), *_other_verdicts(n, "n_")])
        return [
            said("none_jumps" if n["n_above"] else "none_above"),
            f"{said('tested', verdicts=verdicts)} {decoys}" if n["n_tested"] else said("none_tested"),
        ]
    told = [said("jump")]
    if n["n_jump_tested"]:
        own = said("jump_break" if n["n_jump_break"] else "no_jump_break")
        another = said("other_break") if n["n_other_break"] else ""
        told.append(said("jump_tested", verdicts=_listed([own + another, *_other_verdicts(n, "n_jump_")])))
        told.append(decoys)
    untested = {name: n[f"n_jump_{name}"] for name in ("no_proportion", "not_testable") if n[f"n_jump_{name}"]}
    if len(untested) == 1:
        ((name, number),) = untested.items()
        told.append(said(f"only_{name}", n=number))
    elif untested:
        reasons = _listed([said(name, n=number) for name, number in untested.items()])
        told.append(said("untested", n_untested=sum(untested.values()), reasons=reasons))
    return told


def _other_verdicts(n: Mapping[str, object], prefix: str) -> list[str]:
    """How many have which other verdict than a break; of those that jump with the prefix n_jump_."""
    names = ("one_model", "family", "smooth", "at_chance", "undecided")
    return [_for(n[f"{prefix}{name}"], name) for name in names if n[f"{prefix}{name}"]]
