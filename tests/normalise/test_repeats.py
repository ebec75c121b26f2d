"""Numbers that were published more than once, against a plain loop."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jumpcheck.normalise.repeats import NEAR, POLICIES, Numbers, resolve_repeats

NAN = math.nan


def resolved(rows, on_conflict="auto"):
    """`rows` are (key, score, stderr, n_examples, date, run, conditions)."""
    key, score, stderr, n_examples, date, run, conditions = (np.array(column, float) for column in zip(*rows, strict=True))
    numbers = Numbers(score, stderr, n_examples, date, run.astype(int), conditions.astype(int))
    order = np.argsort(key, kind="stable")
    return resolve_repeats(
        order, key, numbers, lambda row: (f"f{row}", "here", 1 + (not math.isnan(stderr[row]))), on_conflict
    )


def row(score, stderr=NAN, n_examples=NAN, date=NAN, run=0, conditions=0, key=0):
    return (key, score, stderr, n_examples, date, run, conditions)


def test_two_runs_of_one_evaluation_are_their_latest_or_their_mean():
    dated = resolved([row(0.50, 0.02, date=2.0), row(0.51, 0.02, date=1.0)])
    assert dated.score.tolist() == [0.50] and dated.n_runs.tolist() == [1]
    assert [reject.reason for reject in dated.rejects] == ["superseded"]
    undated = resolved([row(0.50, 0.02), row(0.53, 0.02)])
    assert undated.score.tolist() == pytest.approx([0.515]) and undated.n_runs.tolist() == [2]
    assert undated.run_sd[0] == pytest.approx(statistics.stdev([0.50, 0.53]))
    assert undated.stderr[0] == pytest.approx(0.02)
    assert undated.rejects == [] and undated.n_averaged == 2  # the number and its standard error


@pytest.mark.parametrize(
    "rows",
    [
        [row(0.50, 0.02), row(0.541, 0.02)],
        [row(0.50, 0.02), row(0.51)],
        [row(0.50), row(0.51)],
        [row(0.50, 0.02), row(0.51, 0.02, conditions=1)],
    ],
)
def test_what_may_be_no_run_of_one_evaluation_is_not_taken(rows):
    found = resolved(rows)
    assert len(found.rows) == 0 and [reject.reason for reject in found.rejects] == ["contradiction"] * 2


def test_one_value_with_other_metadata_is_no_conflict():
    found = resolved([row(0.5), row(0.5, 0.02, conditions=1), row(0.5, NAN, 100, conditions=2)])
    assert found.score.tolist() == [0.5] and found.stderr.tolist() == [0.02] and found.n_examples.tolist() == [100]
    assert [reject.reason for reject in found.rejects] == ["repeated"] * 2


def test_the_number_that_is_taken_keeps_its_own_size_where_it_has_one():
    kept = resolved([row(0.5, 0.02, n_examples=100), row(0.5, n_examples=400)])
    assert kept.stderr.tolist() == [0.02] and kept.n_examples.tolist() == [100]
    filled = resolved([row(0.5, 0.02), row(0.5, n_examples=400)])
    assert filled.stderr.tolist() == [0.02] and filled.n_examples.tolist() == [400]


def test_replicates_are_averaged_and_their_spread_is_kept():
    found = resolved([row(value, run=seed) for seed, value in enumerate([0.1, 0.2, 0.6])] + [row(0.2, run=1)])
    assert found.score[0] == pytest.approx(0.3) and found.n_runs.tolist() == [3]
    assert found.run_sd[0] == pytest.approx(statistics.stdev([0.1, 0.2, 0.6]))
    assert [reject.reason for reject in found.rejects] == ["repeated"] and found.n_averaged == 2


def test_policies_of_a_user():
    far = [row(0.2, date=1.0), row(0.8, date=2.0)]
    assert resolved(far, "latest").score.tolist() == [0.8] and resolved(far, "mean").score.tolist() == [0.5]
    assert resolved(far, "reject").score.tolist() == []
    assert resolved([row(0.2), row(0.8)], "latest").score.tolist() == []
    near = [row(0.50, 0.02), row(0.51, 0.02)]
    assert resolved(near, "reject").score.tolist() == []


def plainly(rows, on_conflict):
    """{key: (score, number of runs)} by a loop."""
    out = {}
    for key in sorted({one[0] for one in rows}):
        of_runs = []
        for run in sorted({one[5] for one in rows if one[0] == key}):
            members = [one for one in rows if one[0] == key and one[5] == run]
            values = sorted({one[1] for one in members})
            dates = [one[4] for one in members]
            last = max(dates) if not any(math.isnan(date) for date in dates) else None
            latest = sorted({one[1] for one in members if one[4] == last}) if last is not None else []
            latest = latest if len(latest) == 1 else []
            errors = [one[2] for one in members]
            near = not any(map(math.isnan, errors)) and values[-1] - values[0] <= NEAR * min(errors)
            alike = len({one[6] for one in members}) == 1
            if len(values) == 1:
                of_runs.append((values[0], 1))
            elif on_conflict == "latest" or (on_conflict == "auto" and near and alike and latest):
                of_runs += [(latest[0], 1)] if latest else []
            elif on_conflict == "mean" or (on_conflict == "auto" and near and alike):
                of_runs.append((statistics.fmean(values), len(values)))
        if of_runs:
            n_runs = of_runs[0][1] if len(of_runs) == 1 else len(of_runs)
            out[key] = (statistics.fmean(value for value, _ in of_runs), n_runs)
    return out


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([0.1, 0.12, 0.2, 0.5]),
        st.sampled_from([0.01, 0.05, NAN]),
        st.sampled_from([50, 100, NAN]),
        st.sampled_from([1.0, 2.0, NAN]),
        st.integers(-1, 1),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=400, deadline=None)
@given(ROWS, st.sampled_from(POLICIES))
def test_any_numbers(rows, on_conflict):
    found = resolved(rows, on_conflict)
    keys = [rows[k][0] for k in found.rows]
    expected = plainly(rows, on_conflict)
    assert keys == sorted(expected)
    for key, score, n_runs in zip(keys, found.score, found.n_runs, strict=True):
        assert (score, n_runs) == (pytest.approx(expected[key][0]), expected[key][1])
    # Every number is a row, in a mean or a reject: a row stands for its score, and for its standard error where it has one.
    n_in = sum(1 + (not math.isnan(one[2])) for one in rows)
    n_rejected = sum(reject.numbers for reject in found.rejects)
    assert n_in == len(found.rows) + int((~np.isnan(found.stderr)).sum()) + found.n_averaged + n_rejected
