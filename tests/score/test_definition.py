"""The one definition of the score in NumPy against the oracle and the SQL, on tiny and huge values too."""

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jumpcheck import emergence_score, linearity
from jumpcheck.score.definition import emergence_scores, linearities


@pytest.mark.parametrize("unit", [1e-300, 1e-170, 1e-80, 1.0, 1e80, 1e99])
def test_the_unit_does_not_matter(unit):
    """Squares of 10^-170 are 0 in double precision, and the score of a straight line over 5 scales is still 4."""
    line = np.array([1.0, 2, 3, 4, 5]) * unit
    assert emergence_score(line) == pytest.approx(4, rel=1e-12)
    assert linearity(line) == pytest.approx(4, rel=1e-12)
    table = pd.DataFrame({"task": "t", "metric": "m", "n_parameters": 10.0 ** np.arange(5), "score": line})
    assert emergence_score(table)["emergence_score"].tolist() == [pytest.approx(4, rel=1e-12)]


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(3, 9)), elements=st.integers(-4, 4).map(lambda k: k / 3)))
def test_the_definition_is_that_of_the_oracle(y):
    for curve, score, line in zip(y, emergence_scores(y), linearities(y), strict=True):
        status, expected, expected_line = oracle.scores(list(enumerate(curve)))
        if status == "flat":
            assert np.isnan(score) and np.isnan(line)
        else:
            assert score == pytest.approx(expected, rel=1e-12) and line == pytest.approx(expected_line, rel=1e-12)


def test_sql_and_numpy_agree_on_random_curves():
    rng = np.random.default_rng(0)
    for exponent in (-200, -30, 0, 30, 90):
        y = rng.normal(size=(200, 7)) * 10.0**exponent
        y[::3, 2:5] = y[::3, 1:2]  # some with steps of zero
        table = pd.DataFrame({"task": np.repeat([f"{k:03}" for k in range(200)], 7), "metric": "m", "score": y.ravel()})
        table["n_parameters"] = np.tile(10.0 ** np.arange(7), 200)
        by_sql = emergence_score(table).sort_values("task")["emergence_score"].to_numpy(float)
        np.testing.assert_allclose(emergence_scores(y), by_sql, rtol=1e-12)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0, 0, 1, 1e12], np.inf),  # two of three steps are none
        ([1e12 - 1, 0, 1e12], -1),  # the top is reached at the first scale
        ([1, 1e12, 0], 1),  # and so is the bottom
    ],
)
def test_what_differs_by_just_the_tolerance_is_equal(scores, expected):
    """1e-12 of the largest score."""
    assert emergence_scores(np.array([scores], float))[0] == pytest.approx(expected, rel=1e-9)
