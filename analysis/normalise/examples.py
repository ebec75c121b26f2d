"""How many test examples stand behind a score, recovered from the scores themselves.

A share of right answers is k/n. Published at full precision it gives n back: 0.6318359375 = 647/1024.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MAX_EXAMPLES = 100_000
"""Larger denominators are not trusted: every real number is close to such a fraction by chance."""

MIXED = 1e-3
"""All shares of a group may have far smaller denominators than their common one. They are taken to come from several test
sets if the probability of that in a single test set is below this."""

GROUP = ["task", "subtask", "model_family"]
MAX_PUBLISHED = 1024
"""Largest number of examples in runs of BIG-bench's own models."""
MIN_AGREEING = 3


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
    """Number of test examples behind the shares of each task, subtask and model family.

    n_examples is the least common denominator of all shares of the group, over shots, metrics and models. If they all
    come from one test set, it divides the size of that. If models or shots had test sets of different sizes, it is none
    of these sizes: n_ambiguous marks groups where that is possible, and n_examples is missing where it is all but certain.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores` of proportion metrics that are no aggregates: task, subtask, model_family, score.

    Returns
    -------
    DataFrame
        One row per group: GROUP; n_examples (nullable Int64; NA where a value is no share of at most MAX_EXAMPLES);
        n_source ("values"; "mixed" where the shares come from test sets of different sizes, so that n_examples is NA;
        NA where n_examples is NA for another reason); n_ambiguous, true where there are fewer than 3 distinct shares
        other than 0 and 1, where n_examples is a power of ten, which rounded values give too, or where no single share
        has n_examples as its denominator, as when test sets of different sizes are mixed.

    """
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

    informative = np.bincount(group[(values != 0) & (values != 1)], minlength=len(table))
    power_of_ten = np.isin(lcm, 10 ** np.arange(10))
    mixed = np.zeros(len(table), bool)
    for k in np.flatnonzero((lcm > largest) & (informative > 0)):
        mixed[k] = share_of_small_denominators(lcm[k], largest[k]) ** informative[k] < MIXED
    lcm[mixed] = 0
    table["n_examples"] = pd.array(lcm, "Int64")
    table["n_source"] = pd.array(np.where(mixed, "mixed", "values"), "str")
    table["n_ambiguous"] = pd.array((informative < 3) | power_of_ten | (lcm > largest), "boolean")
    table.loc[lcm == 0, ["n_examples", "n_ambiguous"]] = pd.NA
    table.loc[(lcm == 0) & ~mixed, "n_source"] = pd.NA
    return table


def use_reference(examples: pd.DataFrame, reference: pd.Series) -> pd.DataFrame:
    """Use published sizes of test sets where the scores leave the number of examples open.

    Parameters
    ----------
    examples : DataFrame
        As from `recover_n_examples`.
    reference : Series
        Published number of examples by task. Where it is above MAX_PUBLISHED, BIG-G families used MAX_PUBLISHED examples,
        and what other families used is unknown. It is used for whole tasks whose recovered number is ambiguous and
        divides it. And it is used only for model families for which it is right in most of the tasks with an unambiguous
        number, of which there must be MIN_AGREEING: a family may have been scored on part of the published examples.

    Returns
    -------
    DataFrame
        The same rows; those changed have n_source "reference" and stay n_ambiguous.

    """
    published = examples["task"].map(reference.dropna()).astype("Int64")
    capped = examples["model_family"].str.startswith("BIG-G")
    published = published.where((published <= MAX_PUBLISHED) | capped).clip(upper=MAX_PUBLISHED)
    published = published.where(examples["subtask"] == examples["task"])
    certain = ~examples["n_ambiguous"].fillna(True).astype(bool) & published.notna()
    agrees = (examples["n_examples"] == published).where(certain)
    by_family = agrees.astype("Float64").groupby(examples["model_family"], observed=True)
    trusted = (by_family.transform("mean") > 0.5) & (by_family.transform("count") >= MIN_AGREEING)
    divides = published.mod(examples["n_examples"].where(examples["n_examples"] > 0)) == 0
    changed = (examples["n_ambiguous"] & divides & trusted).fillna(False).astype(bool)
    return examples.assign(
        n_examples=examples["n_examples"].mask(changed, published),
        n_source=examples["n_source"].mask(changed, "reference"),
    )
