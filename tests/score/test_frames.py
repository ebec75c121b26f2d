"""The functions on arrays and DataFrames, beside the definition and beside the workflow."""

import numpy as np
import oracle
import pandas as pd
import pytest
from builders import build, put_curve

from analysis import break_test, emergence_score, linearity
from analysis.normalise.bigbench import normalise

SCALES = [10.0 ** (6 + k) for k in range(8)]


def curves():
    """Random curves with ties, repeated steps and flat ones."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(300, 8)), rng.integers(0, 3, (300, 8)) / 10, np.full((3, 8), 0.1)])


def test_arrays_follow_the_definition():
    y = curves()
    found = emergence_score(y), linearity(y)
    for k, row in enumerate(y):
        status, *expected = oracle.scores(list(enumerate(row.tolist())))
        for values, value in zip(found, expected, strict=True):
            assert np.isnan(values[k]) if value is None else values[k] == pytest.approx(value, rel=1e-12), (row, status)
    assert np.isinf(found[0]).sum() > 5 and np.isnan(found[0]).sum() >= 3
    np.testing.assert_array_equal(emergence_score(y.reshape(3, 201, 8)).ravel(), found[0])


@pytest.mark.parametrize("scores", [0.5, [1, 2], [1, 2, np.nan], [1, 2, np.inf]])
def test_what_is_no_curve(scores):
    for function in (emergence_score, linearity):
        with pytest.raises(ValueError, match=r"3 scales|finite"):
            function(scores)


def test_a_table_gives_what_its_arrays_give():
    y = curves()
    names = [f"t{k:04}" for k in range(len(y))]
    frame = pd.DataFrame(
        {"task": np.repeat(names, 8), "metric": "m", "n_parameters": np.tile(SCALES, len(y)), "score": y.ravel()}
    )
    found = emergence_score(frame.sample(frac=1, random_state=1)).sort_values("task")
    np.testing.assert_allclose(found["emergence_score"].to_numpy(float, na_value=np.nan), emergence_score(y), rtol=1e-12)
    turned = emergence_score(frame.assign(higher_is_better=False)).sort_values("task")
    np.testing.assert_allclose(turned["improvement_score"].to_numpy(float, na_value=np.nan), -emergence_score(y), rtol=1e-12)


def test_the_test_is_that_of_the_workflow(tmp_path):
    rng = np.random.default_rng(3)
    parts = []
    for k in range(30):
        y = np.sort(rng.binomial(101, rng.uniform(0, 1, 8)) / 101) if k % 3 else np.array([0, 0, 0, 1, 0, 0, 1, 50]) / 101
        put_curve(tmp_path / "in", y.tolist(), f"task_{k:02}", scales=SCALES)
        given = {
            "task": f"task_{k:02}",
            "shots": 0,
            "metric": "exact_str_match",
            "model_family": "F",
            "n_parameters": SCALES,
        }
        parts.append(pd.DataFrame(given | {"score": y, "n_examples": 101, "chance": 0.0}))
    expected = build(normalise(tmp_path / "in")).execute("select * from breaks order by task").df()
    assert set(expected["n_examples"]) == {101} and expected["p_break"].notna().sum() > 5 and expected["jumps"].sum() > 5
    found = break_test(pd.concat(parts)).sort_values("task", ignore_index=True)
    differing = ["n_source", "n_ambiguous"]
    pd.testing.assert_frame_equal(found.drop(columns=differing), expected.drop(columns=differing), check_dtype=False)
    arrays = break_test(np.array([part["score"] for part in parts]), SCALES, 101)
    # Curves have other numbers there: sums over a pool are in another order, and draws of n_resolve are others.
    columns = ["verdict", "p_break", "q_break", "break_size", "break_size_high", "score_low", "score_without_ties"]
    pd.testing.assert_frame_equal(arrays[columns], found[columns], rtol=1e-5)


def test_what_a_table_lacks():
    frame = pd.DataFrame({"task": ["t"] * 3, "metric": "m", "n_parameters": SCALES[:3], "score": [0.1, 0.2, 0.3]})
    with pytest.raises(ValueError, match="lacks n_parameters"):
        emergence_score(frame.drop(columns="n_parameters"))
    with pytest.raises(ValueError, match="row 2: score is 'x'"):
        emergence_score(frame.assign(score=[0.1, "x", 0.3]))
    with pytest.raises(ValueError, match="n_examples"):
        break_test(frame)
    with pytest.raises(ValueError, match="needs n_parameters and n_examples"):
        break_test([0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="shape"):
        break_test([0.1, 0.2, 0.3], SCALES[:4], 10)


def test_a_row_without_a_family_is_an_error_that_names_it():
    table = pd.DataFrame({"task": "t", "metric": "m", "n_parameters": [1e6, 1e7, 1e8], "score": [0.1, 0.2, 0.4]})
    table["model_family"] = ["F", None, None]
    with pytest.raises(ValueError, match=r"rows 2, 3: model_family is missing; leave the column out"):
        emergence_score(table)
