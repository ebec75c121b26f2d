"""How many test examples stand behind a score, recovered from the scores themselves.

A share of right answers is k/n. Published at full precision it gives n back: 0.6318359375 = 647/1024.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MAX_EXAMPLES = 100_000
"""Larger denominators are not trusted: every real number is close to such a fraction by chance."""

MIXED = 1e-3
"""Shares that all have far smaller denominators than their common one, with a probability below this if they came from one
test set, come from several."""

GROUP = ["task", "subtask", "model_family"]
MAX_PUBLISHED = 1024
"""Runs of BIG-bench's own models were capped at so many examples."""
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
    found = np.zeros(values.shape, np.int64)
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
        found[active[hit]] = q[hit].astype(np.int64)
        remainder = rest - quotient
        alive = ~hit & (q <= largest) & (remainder > 0)
        active, p, p_before, q, q_before = (a[alive] for a in (active, p, p_before, q, q_before))
        rest = 1 / remainder[alive]
    return found


def share_of_small_denominators(n: int, largest: int) -> float:
    """Share of the fractions 0/n to (n-1)/n whose denominator in lowest terms is at most `largest`."""
    return float(np.mean(n // np.gcd(np.arange(n), n) <= largest))


def recover_n_examples(scores: pd.DataFrame) -> pd.DataFrame:
    """Number of test examples behind the shares of each task, subtask and model family.

    n_examples is the least common denominator of all shares of the group, over shots, metrics and models. Where all
    come from one test set it is a divisor of its size; where models or shots had test sets of different sizes it is
    none of these: n_ambiguous says that it may be so, and there is no n_examples where it must be so.

    Parameters
    ----------
    scores : DataFrame
        Rows of `scores` of proportion metrics that are no aggregates: task, subtask, model_family, score.

    Returns
    -------
    DataFrame
        One row per group: GROUP, n_examples (nullable Int64; NA where a value is no share of at most MAX_EXAMPLES),
        n_source ("values"; "mixed" where the shares come from test sets of different sizes, which leaves n_examples NA;
        else NA with n_examples), n_ambiguous: fewer than 3 distinct shares other than
        0 and 1; n_examples a power of ten, which rounded values give too; or no single share has n_examples as its
        denominator, as when test sets of different sizes are mixed.

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
    place = distinct.groupby(group).cumcount().to_numpy()
    for k in range(place.max(initial=-1) + 1):
        rows = place == k
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
    """Published sizes of test sets where the scores leave their number of examples open.

    Parameters
    ----------
    examples : DataFrame
        As from `recover_n_examples`.
    reference : Series
        Published number of examples by task; of more than MAX_PUBLISHED the families BIG-G used so many, and what others
        did nobody knows. It counts for a whole task
        whose number recovered from the values is ambiguous and divides it; and only in model families for which it is
        right for most of the tasks where the values leave no doubt (at least MIN_AGREEING), for scores may be of a part
        of the published examples.

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
