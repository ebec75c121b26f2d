"""No number changes unnoticed: all that is computed of some curves, to 7 digits, as it was written down.

Whether the numbers are right is what the other tests ask. Where one is meant to change, write them down again with

    python tests/breaks/test_numbers_stay.py

and say in CHANGELOG.md which results are affected.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.breaks.building import DEFAULTS
from analysis.breaks.forecasts import forecasts
from analysis.breaks.measuring import measure, pools_of
from analysis.breaks.sensitivity import sensitivity
from analysis.breaks.verdicts import breaks_of, effects_of
from analysis.score.definition import emergence_scores
from analysis.theory.worlds import as_trials, world

NUMBERS = Path(__file__).parent / "numbers"
WORLDS = [
    # Pools that tell the scatter; a pool of too few curves; few points, and small test sets; models that are good at all.
    {"n_curves": 34, "seed": 11, "planted": 0.4, "size": 1.6, "mean_scatter": 0.003, "n_examples": (205, 1024)},
    {"kind": "argmax", "n_curves": 8, "seed": 12, "n_scales": 9, "planted": 0.5, "size": 2.0, "scatter": "half"},
    {"kind": "below", "n_curves": 26, "seed": 13, "n_left": 5, "n_examples": (20, 300)},
    {"kind": "lengths", "n_curves": 22, "seed": 14, "n_left": 7, "n_examples": 5000, "model_effect": 0.3},
    {"kind": "irreducible", "n_curves": 6, "seed": 15, "n_scales": 6, "scatter": "exponential"},
]
SHAPES = [
    # A late jump from nothing, one from chance, nothing but guesses, all right, a fall, and a step at the first place.
    (0.0, 0, [0, 0, 0, 0, 0, 0, 0.01, 0.9]),
    (0.25, 0, [0.25, 0.24, 0.26, 0.25, 0.25, 0.26, 0.7, 0.74]),
    (0.25, 1, [0.25, 0.24, 0.26, 0.25, 0.24, 0.25, 0.26, 0.25]),
    (0.0, 0, [0.97, 0.98, 0.99, 1, 1, 1, 1, 1]),
    (0.5, 1, [0.9, 0.85, 0.8, 0.8, 0.7, 0.65, 0.6, 0.55]),
    (0.0, 0, [0.1, 0.5, 0.52, 0.54, 0.57, 0.58, 0.6, 0.6]),
    (0.0, 1, [0.05, 0.1, 0.1, 0.2, 0.2, 0.35, 0.4, 0.4]),
]


def curves():
    """Rows of the table `trials`: curves of several worlds, and of shapes that are seldom drawn."""
    parts = [as_trials(world(**options)).assign(model_family=f"W{k}") for k, options in enumerate(WORLDS)]
    shapes = as_trials(world(n_curves=2 * len(SHAPES), seed=16, n_scales=8, n_examples=200)).iloc[: len(SHAPES)]
    shapes = shapes.assign(model_family="S", chance=[chance for chance, _, _ in SHAPES], ys=[y for *_, y in SHAPES])
    shapes["metric"] = [("exact_str_match", "multiple_choice_grade")[kind] for _, kind, _ in SHAPES]
    shapes["improvement_score"] = [emergence_scores(np.array([y]))[0] for *_, y in SHAPES]
    # Of some curves every other scale has three models.
    shapes["n_models"] = [np.where(np.arange(8) % 2 * (k % 3 == 0), 3.0, 1.0) for k in range(len(SHAPES))]
    whole = pd.concat([*parts, shapes], ignore_index=True)
    return whole.assign(curve_id=np.arange(len(whole)) * 7, task=[f"t{k // 2}" for k in range(len(whole))])


def computed():
    """{name: table} of all that is made of `curves`."""
    trials = curves()
    pools = pools_of(trials)
    measured = measure(trials, pools, DEFAULTS)
    few = trials[trials["model_family"].isin(["W0", "W2", "S"])]
    moved = trials[trials["model_family"].isin(["W0", "W3", "S"])]
    odd = few.assign(not_testable=[None if k % 5 else "chance rate unknown" for k in range(len(few))])
    known = odd[odd["not_testable"].isna()]
    return {
        "pools": pools,
        "measured": measured.to_pandas(),
        "breaks": breaks_of(trials, measured, DEFAULTS),
        "breaks_of_some": breaks_of(odd, measure(known, pools_of(known), DEFAULTS | {"smallest_break": 0.5}), DEFAULTS),
        "effects": effects_of(trials, measured),
        "forecasts": forecasts(few, pools).to_pandas(),
        "sensitivity": sensitivity(moved, pools_of(moved), DEFAULTS).to_pandas(),
    }


def flat(table):
    """A table without lists, each of which becomes columns of numbers; counts, truth values and texts are texts."""
    columns = {}
    for name, values in table.items():
        if values.map(lambda value: isinstance(value, list | np.ndarray)).any():
            n_numbers = values.map(len).max()
            wide = np.array([[*value, *[np.nan] * (n_numbers - len(value))] for value in values], float)
            columns |= {f"{name}_{k}": wide[:, k] for k in range(n_numbers)}
        elif values.dtype.kind == "f":
            columns[name] = values.to_numpy()
        else:
            columns[name] = ["" if pd.isna(value) else str(value) for value in values]
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def found():
    return computed()


@pytest.mark.parametrize("name", sorted(path.stem for path in NUMBERS.glob("*.csv")))
def test_numbers_stay(found, name):
    now = flat(found[name])
    kinds = {column: float if values.dtype.kind == "f" else str for column, values in now.items()}
    missing = {column: [""] for column, kind in kinds.items() if kind is float}
    before = pd.read_csv(NUMBERS / f"{name}.csv", dtype=kinds, keep_default_na=False, na_values=missing)
    pd.testing.assert_frame_equal(now, before, rtol=1e-6, atol=1e-9)


def test_all_kinds_of_curves_are_among_them(found):
    """Else a number could change where no curve shows it."""
    breaks = pd.concat([found["breaks"], found["breaks_of_some"]])
    assert set(breaks["verdict"]) == {"break", "smooth", "at_chance", "inconclusive", "not_testable"}
    assert {True, False} == set(found["measured"]["is_told_by_pool"]) == set(found["measured"]["jump_is_hidden"])
    assert np.isinf(found["measured"]["size_high"]).any() and found["measured"]["n_to_decide"].notna().any()
    assert found["measured"]["n_resolve"].notna().any() and (found["measured"]["n_ties"] > 0).any()
    assert len(set(breaks["reason"].dropna())) > 4


if __name__ == "__main__":
    NUMBERS.mkdir(exist_ok=True)
    for name, table in computed().items():
        flat(table).to_csv(NUMBERS / f"{name}.csv", index=False, float_format="%.9g")
