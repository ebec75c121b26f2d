"""Worlds that were made to mislead the break test: few of the breaks that it finds there are false."""

import numpy as np
import pytest
from jumpcheck.theory import calibration
from jumpcheck.theory.attack_worlds import ATTACKS, attack_world

DIPS = "dips of 2 to 4 models in 10 % of curves"
"""Of these more are false: docs/method.md says so."""


def false_share(worlds):
    """(share of false ones among the breaks of all worlds, number of breaks), after a line about each."""
    n_break = n_false = 0
    for given in worlds:
        found = calibration.judged(given)
        is_break = found["verdict"] == "break"
        n_break += is_break.sum()
        n_false += (is_break & ~found["is_planted"]).sum()
    return n_false / n_break, n_break


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "power laws, 10 % logistic over 1 decade",
        "another recipe from one model on, log loss -0.3",
        "10 % of curves fall and recover",
        "models move single tasks, correlation 0.3",
    ],
)
def test_few_breaks_are_false(name):
    share, n = false_share([attack_world(name, n_curves=1500, seed=31)])
    assert n > 30 and share <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / n)


@pytest.mark.proof
@pytest.mark.parametrize("name", ATTACKS)
def test_few_breaks_are_false_in_many_worlds(name):
    share, n = false_share([attack_world(name, n_curves=2000, seed=seed) for seed in range(40, 46)])
    print(f"{name}: {share:.1%} of {n}")
    assert share <= (0.25 if name == DIPS else 0.05 + 2 * np.sqrt(0.05 * 0.95 / n))


def test_curves_of_a_recipe_are_of_the_family():
    found = calibration.judged(attack_world("another recipe from one model on, log loss -0.6", n_curves=400, seed=2))
    counts = found["verdict"].value_counts()
    assert counts["family"] > 40 and counts.get("break", 0) < 25
    of_family = found[found["verdict"] == "family"]
    assert (of_family["reason_code"] == "family").all() and (of_family["p_with_effects"] < 0.05).all()


def test_a_lucky_largest_model_is_named():
    found = calibration.judged(attack_world("a lucky largest model in 10 % of curves, log loss -1", n_curves=400, seed=2))
    lucky = found[found["verdict"] == "one_model"]
    assert len(lucky) > 5 and (lucky["reason_code"] == "one_model").all()
    assert (lucky["break_scale"] == found["break_scale"].max()).all()
