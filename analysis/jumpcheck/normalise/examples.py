"""How many test examples stand behind a score, recovered from the scores themselves.

A share of right answers is k/n. Published at full precision it gives n back: 0.6318359375 = 647/1024.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from jumpcheck.normalise.single_precision import SINGLE_DIGITS, common_denominator, digits_of, is_single

MAX_EXAMPLES = 100_000
"""Larger denominators are not trusted: every real number is close to such a fraction by chance."""

MIXED = 1e-3
"""All shares of a group may have far smaller denominators than their common one. They are taken to come from several test
sets if the probability of that in a single test set is below this."""

GROUP = ["task", "subtask", "split", "model_family"]
CAPS = {"BIG-G T=0": 1024, "BIG-G T=1": 1024, "BIG-G sparse": 1024, "GPT": 1000, "PaLM": 1000}
"""Largest number of examples of a task on which BIG-bench scored a model family. The parts of a task share it evenly;
in a task that is a program, each part has it for itself."""
MIN_VALUES = 2
"""With fewer different shares other than 0 and 1 the number of examples is open. In 2,000 simulated groups of 50 to 5,000
examples two shares prove the number in 80 % and a divisor of it in 14 %, three in 88 and 7 %, five in 96 and 2 %."""
MIN_AGREEING = 3
SECOND = r" #\d+$"
"""End of the label of a second evaluation, see `evaluations`."""
MAX_DECIMALS = 6
"""A share that has more was not rounded."""


def denominators(values: np.ndarray, largest: int = MAX_EXAMPLES) -> np.ndarray:
    """Smallest q with value = p/q in double precision, for every value.

    Continued fractions: the convergents p/q of a value are its best approximations, so the first that gives the value
    back within 2 units in the last place is the fraction in lowest terms.

    Parameters
    ----------
    values : array, shape (n,)
        Shares in [0, 1].
    largest : int
        Largest q that is looked for.

    Returns
    -------
    array of int64, shape (n,)
        0 where no such q exists, or the value is not a share.

    """
    values = np.asarray(values, float)
    result = np.zeros(values.shape, np.int64)
    active = np.flatnonzero((values >= 0) & (values <= 1))
    rest = values[active]
    p, p_before = np.ones(len(active)), np.zeros(len(active))
    q, q_before = np.zeros(len(active)), np.ones(len(active))
    # p/q starts at 1/0; each round appends one partial quotient, and q grows at least like the Fibonacci numbers.
    while len(active):
        quotient = np.floor(rest)
        p, p_before = quotient * p + p_before, p
        q, q_before = quotient * q + q_before, q
        target = values[active]
        hit = (q <= largest) & (np.abs(p / q - target) <= 2 * np.spacing(target))
        result[active[hit]] = q[hit].astype(np.int64)
        remainder = rest - quotient
        alive = ~hit & (q <= largest) & (remainder > 0)
        active, p, p_before, q, q_before = (a[alive] for a in (active, p, p_before, q, q_before))
        rest = 1 / remainder[alive]
    return result


def share_of_small_denominators(n: int, largest: int) -> float:
    """Share of the fractions 0/n to (n-1)/n whose denominator in lowest terms is at most `largest`."""
    return float(np.mean(n // np.gcd(np.arange(n), n) <= largest))


def recover_n_examples(scores: pd.DataFrame) -> pd.DataFrame:
    """Common denominators of the shares of each task, subtask and model family, and what `settled` must know to judge them.

    n_examples is the least common denominator of all shares of the group, over shots, metrics and models. If they all
    come from one test set, it divides the size of that. If models or shots had test sets of different sizes, it is none
    of these sizes, and it is missing where that is all but certain.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores` of percent-correct metrics that are no aggregates: task, subtask, model_family, score, and split, of
        the test set, where there is one.

    Returns
    -------
    DataFrame
        One row per group: GROUP; n_examples (nullable Int64; NA where a value is no share of at most MAX_EXAMPLES);
        n_source ("values"; "mixed" where the shares come from test sets of different sizes, so that n_examples is NA;
        NA where n_examples is NA for another reason); largest_denominator of a single share; n_values, how many different
        shares other than 0 and 1 there are.

    """
    scores = scores if "split" in scores else scores.assign(split="")
    distinct = scores[[*GROUP, "score"]].drop_duplicates()
    keys = distinct.groupby(GROUP, observed=True, sort=True)
    group = keys.ngroup().to_numpy()
    table = keys.size().reset_index()[GROUP]
    values = distinct["score"].to_numpy(float)
    q = denominators(values)

    # The least common multiple, one value of every group at a time; 0 marks a group that has none.
    lcm = np.ones(len(table), np.int64)
    largest = np.zeros(len(table), np.int64)
    np.maximum.at(largest, group, q)
    position = distinct.groupby(group).cumcount().to_numpy()
    for k in range(position.max(initial=-1) + 1):
        rows = position == k
        lcm[group[rows]] = np.lcm(lcm[group[rows]], q[rows])
        lcm[lcm > MAX_EXAMPLES] = 0

    inner = (values != 0) & (values != 1)
    n_values = np.bincount(group[inner], minlength=len(table))
    is_open = np.bincount(group[q == 0], minlength=len(table)) > 0
    for k, of_group in _in_single_precision(values, group, is_open):
        lcm[k], largest[k] = common_denominator(of_group, MAX_EXAMPLES)
    mixed = np.zeros(len(table), bool)
    for k in np.flatnonzero((lcm > largest) & (n_values > 0)):
        mixed[k] = share_of_small_denominators(lcm[k], largest[k]) ** n_values[k] < MIXED
    lcm[mixed] = 0
    table["n_examples"] = pd.array(lcm, "Int64")
    table["n_source"] = pd.array(np.where(mixed, "mixed", "values"), "str")
    table.loc[lcm == 0, "n_examples"] = pd.NA
    table.loc[(lcm == 0) & ~mixed, "n_source"] = pd.NA
    return table.assign(largest_denominator=largest, n_values=n_values)


def _in_single_precision(values: np.ndarray, group: np.ndarray, is_open: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(group, its sorted shares other than 0 and 1) of those of the groups `is_open` that are all in single precision."""
    rows = np.flatnonzero(is_open[group])
    rows = rows[np.lexsort((values[rows], group[rows]))]
    for part in np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1) if len(rows) else ():
        of_group = values[part]
        has_digits = max(digits_of(value)[0] for value in of_group) >= SINGLE_DIGITS
        if of_group[0] >= 0 and of_group[-1] <= 1 and has_digits and is_single(of_group).all():
            yield int(group[part[0]]), of_group[(of_group > 0) & (of_group < 1)]


def may_be_rounded(examples: pd.DataFrame, caps: Mapping[str, int] = CAPS) -> pd.Series:
    """Whether the shares of a group may be rounded to few decimals, so that 0.435 is no sign of 1,000 examples.

    A share that was rounded to d decimals is one of 10^d values, of which a fraction n / 10^d has a denominator that
    divides n. That all shares of a group are among those by accident has the probability (n / 10^d)^n_values, with the
    least d for which it can be. Families that BIG-bench published in full (CAPS) are above that doubt, unless most of their
    common denominators are powers of ten.
    """
    n = examples["n_examples"].fillna(0).to_numpy(np.int64)
    possible = np.zeros(len(examples), bool)
    for d in range(MAX_DECIMALS, 0, -1):  # the least d that is possible counts
        divides = (n > 0) & (10**d % np.maximum(n, 1) == 0)
        by_accident = (n[divides] / 10**d) ** examples["n_values"].to_numpy()[divides]
        possible[divides] = by_accident >= MIXED
    is_power = pd.Series(np.isin(n, 10 ** np.arange(1, MAX_DECIMALS)), examples.index).astype(float)
    powers = (
        is_power.where(examples["n_values"] >= MIN_VALUES).groupby(examples["model_family"], observed=True).transform("mean")
    )
    return pd.Series(possible, examples.index) & (~examples["model_family"].isin(list(caps)) | (powers > 0.5))


def settled(
    examples: pd.DataFrame, sizes: pd.DataFrame, n_parts: pd.DataFrame, caps: Mapping[str, int] = CAPS
) -> pd.DataFrame:
    """The numbers of examples that are used: those that the shares prove, or that something else confirms.

    The shares prove it where there are MIN_VALUES different ones (or any, where twice as many examples would be more than
    the family was ever scored on), one of them has it as its denominator, it is not above what the family was scored on
    (CAPS), and the shares cannot come from rounding. Where they leave it open, their denominator must divide what is known
    otherwise: the number that is proven for the same part in a family with the same cap; or the published size, at most the
    part's share of the cap. Published sizes are used only for families in most of whose proven cases, of which there must
    be MIN_AGREEING, they are right (a family may have been scored on part of the examples), and only for tasks of which no
    part has a share that they rule out.

    Parameters
    ----------
    examples : DataFrame
        As from `recover_n_examples`.
    sizes : DataFrame
        Published numbers of examples: task, subtask (missing for a task without parts), n_examples.
    n_parts : DataFrame
        Number of parts of every task and model family: task, model_family, n_parts.
    caps : mapping
        CAPS for what BIG-bench published, else empty: another GPT is another family.

    Returns
    -------
    DataFrame
        GROUP, n_examples, n_source, n_ambiguous. n_source is values, same_test_set or reference where there is a number;
        else mixed, rounded, open, or missing where a value is no share. n_ambiguous is true for same_test_set and
        reference.

    """
    n, family = examples["n_examples"], examples["model_family"].astype(object)
    cap = pd.to_numeric(family.map(caps)).astype("Int64")
    may_be = may_be_rounded(examples, caps)
    rounded = may_be & n.notna() & (examples["n_values"] >= MIN_VALUES)
    published, room = _published_sizes(examples, sizes), cap // _parts(examples, n_parts)
    # More than there are examples: the scores are no shares of right answers.
    too_many = ((n > published) & (published <= room)).fillna(False)
    possible = (n.notna() & ~may_be & (n == examples["largest_denominator"])).fillna(False)
    proven = _proven(examples, (possible & ~(n > cap).fillna(False) & ~too_many).astype(bool), cap)
    same_set = [examples["task"], examples["subtask"], examples["split"], cap]
    of_others = n.where(proven).groupby(same_set, observed=True)
    from_others = of_others.transform("min").where(of_others.transform("min") == of_others.transform("max"))

    # Beyond its share of the cap a part was cut to that; other families are scored on all examples or on an unknown part.
    published = published.where(room.isna() | (published < room), room).where(published.notna())
    trusted = _trusted(examples, published, proven)

    result = examples[GROUP].assign(n_examples=n.where(proven), n_source=examples["n_source"])
    result["n_source"] = result["n_source"].mask(n.notna() & ~proven, "open").mask(rounded, "rounded")
    for source, candidate in (("same_test_set", from_others), ("reference", published.where(trusted))):
        confirmed = result["n_examples"].isna() & n.notna() & (candidate % n.where(n > 0) == 0).fillna(False)
        result["n_examples"] = result["n_examples"].mask(confirmed, candidate)
        result["n_source"] = result["n_source"].mask(confirmed, source)
    ambiguous = result["n_source"].isin(["same_test_set", "reference"])
    return result.assign(n_ambiguous=ambiguous.astype("boolean").mask(result["n_examples"].isna()))


def _proven(examples: pd.DataFrame, possible: pd.Series, cap: pd.Series) -> pd.Series:
    """Where the shares of a group prove its common denominator, which is `possible`."""
    n = examples["n_examples"]
    proven = possible & (examples["n_values"] >= MIN_VALUES)
    # A single share of 34/205 leaves 205, 410, ... examples. That is enough where 410 are more than the family's cap, or
    # where several other tasks have 205 and none has more.
    is_largest = (n == _largest_of_several(n.where(proven), examples["model_family"].astype(object))).fillna(False)
    return proven | possible & (examples["n_values"] > 0) & ((2 * n > cap).fillna(False) | is_largest)


def _trusted(examples: pd.DataFrame, published: pd.Series, proven: pd.Series) -> pd.Series:
    """Where a published size may be used: the family agrees with such sizes, and no part of the task rules it out."""
    n = examples["n_examples"]
    agrees = (
        (n == published).where(proven & published.notna()).astype("Float64").groupby(examples["model_family"].astype(object))
    )
    trusted = (agrees.transform("mean") > 0.5) & (agrees.transform("count") >= MIN_AGREEING)
    refuted = (published % n.where(n > 0) != 0).fillna(False).astype(bool)
    return trusted.fillna(False).astype(bool) & ~refuted.groupby(examples["task"], observed=True).transform("any")


def _largest_of_several(n: pd.Series, family: pd.Series) -> pd.Series:
    """The largest of the numbers `n` of every family, NA unless MIN_AGREEING are as large."""
    largest = n.groupby(family).transform("max")
    return largest.where((n == largest).fillna(False).groupby(family).transform("sum") >= MIN_AGREEING)


def _published_sizes(examples: pd.DataFrame, sizes: pd.DataFrame) -> pd.Series:
    """The published number of examples of every row, NA where there is none: of the part, or of a task that is a whole."""
    known = sizes.dropna(subset="n_examples").assign(subtask=lambda rows: rows["subtask"].fillna(rows["task"]))
    labels = examples[["task", "subtask"]].astype(object)
    # A second evaluation ("label #2") is of the same examples.
    labels["subtask"] = labels["subtask"].str.replace(SECOND, "", regex=True)
    found = labels.merge(known, how="left", on=["task", "subtask"])
    return found["n_examples"].astype("Int64").set_axis(examples.index)


def _parts(examples: pd.DataFrame, n_parts: pd.DataFrame) -> pd.Series:
    """The number of parts of the task of every row, 1 where it is not known."""
    keys = ["task", "model_family"]
    found = examples[keys].astype(object).merge(n_parts, how="left", on=keys)["n_parts"]
    return found.fillna(1).clip(lower=1).astype("Int64").set_axis(examples.index)
