"""The functions on arrays and DataFrames, beside the definition and beside the workflow."""

import numpy as np
import oracle
import pandas as pd
import pytest
from builders import build, known_rules, put_curve
from jumpcheck import break_test, emergence_score, from_wide, linearity
from jumpcheck.normalise import results
from jumpcheck.normalise.bigbench import normalise

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
    # Higher is better where nothing says so.
    for name in ("emergence_score", "improvement_score"):
        np.testing.assert_allclose(found[name].to_numpy(float, na_value=np.nan), emergence_score(y), rtol=1e-12)
    turned = emergence_score(frame.assign(higher_is_better=False)).sort_values("task")
    np.testing.assert_allclose(turned["improvement_score"].to_numpy(float, na_value=np.nan), -emergence_score(y), rtol=1e-12)


def test_rows_of_one_scale_are_models_of_their_own():
    """Whether the table has shots or not: a point is their mean."""
    frame = pd.DataFrame({"task": "t", "metric": "m", "n_parameters": [1e6, 1e7, 1e7, 1e8], "score": [0.1, 0.2, 0.4, 0.9]})
    expected = emergence_score([0.1, 0.3, 0.9])
    for table in (frame, frame.assign(shots=3), frame.assign(shots=[None] * 4)):
        found = emergence_score(table).iloc[0]
        assert (found["n_models"], found["n_scales"]) == (4, 3)
        assert found["emergence_score"] == pytest.approx(expected, rel=1e-12)


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
    differing = ["n_source", "n_ambiguous", "chance_source"]
    pd.testing.assert_frame_equal(found.drop(columns=differing), expected.drop(columns=differing), check_dtype=False)
    arrays = break_test(np.array([part["score"] for part in parts]), SCALES, 101)
    # Curves have other numbers there: sums over a pool are in another order, and draws of n_resolve are others.
    columns = ["verdict", "p_break", "q_break", "break_size", "break_size_high", "score_low", "score_without_ties"]
    pd.testing.assert_frame_equal(arrays[columns], found[columns], rtol=1e-5)


@pytest.fixture
def with_seeds():
    """Three seeds of 8 models on 12 tasks, one shot fewer for one model, and two models of one scale and seed."""
    rng = np.random.default_rng(4)
    scales = np.repeat([1e8, 3e8, 1e9, 1e9, 3e9, 1e10, 3e10, 1e11], 3)
    models = np.repeat(["a", "b", "c", "d", "e", "f", "g", "h"], 3)
    parts = []
    for k in range(12):
        rate = np.exp(-np.exp(1.2 - 0.5 * np.log10(scales / 1e8) - (k == 0) * 0.8 * (scales > 2e9)))
        parts.append(
            pd.DataFrame(
                {
                    "task": f"t{k}", "metric": "exact_str_match", "model_family": "F", "model": models,
                    "n_parameters": scales, "seed": np.tile([0, 1, 2], 8), "n_examples": 300, "chance": 0.0,
                    "score": rng.binomial(300, rate) / 300,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_a_table_of_seeds_has_one_fit_in_python_and_in_the_workflow(with_seeds, tmp_path):
    with_seeds.to_csv(tmp_path / "seeds.csv", index=False)
    with build(results.normalise(tmp_path / "seeds.csv", known_rules())) as con:
        names = [
            "task",
            "n_examples",
            "level",
            "slope",
            "curvature",
            "scatter",
            "p_break",
            "q_break",
            "break_size",
            "verdict",
        ]
        expected = con.sql("from breaks order by task").df()[names]
        curves = con.sql("from curves order by task").df()
    read = pd.read_csv(tmp_path / "seeds.csv")
    found = break_test(read).sort_values("task", ignore_index=True)
    pd.testing.assert_frame_equal(found[names], expected, check_dtype=False)
    of_python = emergence_score(read).sort_values("task", ignore_index=True)
    for name in ("emergence_score", "n_models", "n_scales", "straight_line_score"):
        np.testing.assert_allclose(of_python[name].to_numpy(float), curves[name].to_numpy(float), rtol=1e-12)
    assert (of_python["n_models"] == 8).all() and (of_python["n_scales"] == 7).all()


def test_runs_are_averaged_before_models(with_seeds):
    """Also without names of models: two rows of one scale and seed are two models then."""
    means = with_seeds.groupby(["task", "model", "n_parameters"], as_index=False)["score"].mean()
    by_hand = means.groupby(["task", "n_parameters"])["score"].mean().groupby("task").agg(list)
    for given in (with_seeds, with_seeds.drop(columns="model"), with_seeds.rename(columns={"seed": "run"})):
        found = emergence_score(given.assign(n_examples=None)).set_index("task")["emergence_score"]
        expected = emergence_score(np.array(by_hand.tolist()))
        np.testing.assert_allclose(found.loc[by_hand.index], expected, rtol=1e-9)


def test_different_scores_of_one_run_are_no_number(with_seeds):
    one = with_seeds[with_seeds["task"] == "t1"]
    other = pd.concat([one, one.iloc[:1].assign(score=0.9)], ignore_index=True)
    with pytest.warns(UserWarning, match="2 rows of one model and run have different scores and are left out"):
        found = emergence_score(other)
    assert found["n_scales"].item() == 7
    with pytest.raises(ValueError, match="no row is left"), pytest.warns(UserWarning, match="48 rows"):
        emergence_score(pd.concat([one, one.assign(score=0.9)]))


def test_what_a_table_lacks():
    frame = pd.DataFrame({"task": ["t"] * 3, "metric": "m", "n_parameters": SCALES[:3], "score": [0.1, 0.2, 0.3]})
    with pytest.raises(ValueError, match="lacks n_parameters"):
        emergence_score(frame.drop(columns="n_parameters"))
    with pytest.raises(ValueError, match="row 2: score is 'x'"):
        emergence_score(frame.assign(score=[0.1, "x", 0.3]))
    with pytest.raises(ValueError, match=r"rows 1, 2, 3, 4, 5 and 1 more: score is 'x'"):
        emergence_score(pd.concat([frame.assign(score="x")] * 2))
    with pytest.raises(ValueError, match=r"rows 1, 2, 3, 4, 5: score is 'x'"):
        emergence_score(pd.concat([frame.assign(score="x")] * 2).head(5))
    with pytest.raises(ValueError, match=r"rows 1, 2, 3: score"):
        emergence_score(frame.assign(score="x"))
    for scale in (0, -1e9):
        with pytest.raises(ValueError, match="n_parameters must be above 0"):
            emergence_score(frame.assign(n_parameters=[scale, *SCALES[1:3]]))
    with pytest.raises(ValueError, match="needs n_parameters and n_examples"):
        break_test([0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="shape"):
        break_test([0.1, 0.2, 0.3], SCALES[:4], 10)


def test_without_a_number_of_examples_a_curve_is_not_testable():
    """As in the workflow; standard errors tell it too."""
    shares = np.array([10, 12, 20, 50, 80, 93]) / 101
    frame = pd.DataFrame({"task": "t", "metric": "m", "n_parameters": SCALES[:6], "score": shares, "chance": 0.0})
    found = break_test(frame).iloc[0]
    assert found["verdict"] == "not_testable" and found["reason_code"] == "no_test_set_size"
    known = break_test(frame.assign(stderr=np.sqrt(shares * (1 - shares) / 100))).iloc[0]
    assert known["n_examples"] == 101 and known["n_source"] == "stderr" and known["verdict"] != "not_testable"


def test_rows_without_a_score_are_left_out_with_a_warning_that_counts_them():
    frame = pd.DataFrame({"task": "t", "metric": "m", "n_parameters": SCALES[:5], "score": [0.1, np.nan, 0.2, 0.3, None]})
    with pytest.warns(UserWarning, match="2 of 5 rows have no score and are left out: rows 2, 5") as said:
        found = emergence_score(frame)
    assert found["n_scales"].tolist() == [3] and said[0].filename == __file__


def test_wide_tables_in_python():
    wide = pd.DataFrame({"Model": ["a", "b", "c"], "Model Size (B)": [1, 2, 4.0], "Family": "F"})
    wide = wide.assign(MMLU=[0.2, 0.3, np.nan], GSM8K=[0.0, 0.1, 0.2], GSM8K_stderr=[0.0, 0.01, 0.01])
    with pytest.warns(UserWarning, match="1 of 6 cells have no score and are left out"):
        tidy = from_wide(wide, ["MMLU", "GSM8K"], metric="acc")
    assert len(tidy) == 5 and set(tidy["metric"]) == {"acc"} and set(tidy["n_parameters"]) == {1e9, 2e9, 4e9}
    assert tidy.loc[tidy["task"] == "GSM8K", "stderr"].tolist() == [0.0, 0.01, 0.01]
    assert tidy.loc[tidy["task"] == "MMLU", "stderr"].isna().all() and set(tidy["model_family"]) == {"F"}
    scored = emergence_score(tidy).set_index("task")["n_scales"]
    assert scored.to_dict() == {"GSM8K": 3, "MMLU": 2}
    with pytest.raises(ValueError, match="no column 'nothing'"):
        from_wide(wide, ["nothing"])


def test_a_row_without_a_family_is_an_error_that_names_it():
    table = pd.DataFrame({"task": "t", "metric": "m", "n_parameters": [1e6, 1e7, 1e8], "score": [0.1, 0.2, 0.4]})
    table["model_family"] = ["F", None, None]
    with pytest.raises(ValueError, match=r"rows 2, 3: model_family is missing; leave the column out"):
        emergence_score(table)


@pytest.mark.parametrize(
    ("column", "value"),
    [("n_examples", 100.5), ("n_examples", 0), ("n_examples", np.inf), ("n_examples", 1e19), ("shots", 0.5)],
)
def test_numbers_that_are_no_counts_are_named(with_seeds, column, value):
    with pytest.raises(ValueError, match=f"rows? 1.*{column} is .*a whole number is needed"):
        break_test(with_seeds.assign(**{column: value}))


def test_copies_without_a_model_are_said(with_seeds):
    plain = with_seeds[with_seeds["seed"] == 0].drop(columns=["model", "seed"]).drop_duplicates(["task", "n_parameters"])
    with pytest.warns(UserWarning, match="84 rows are copies of others"):
        emergence_score(pd.concat([plain, plain]))
    named = with_seeds[with_seeds["seed"] == 0].drop(columns="seed")
    assert (emergence_score(pd.concat([named, named]))["n_models"] == 8).all()  # a copy of a named model is no other


def test_an_unnamed_model_is_not_the_one_called_0(with_seeds):
    one = with_seeds[(with_seeds["task"] == "t1") & (with_seeds["seed"] == 0)].drop(columns="seed")
    both = pd.concat([one.assign(model="0"), one.assign(model=None, score=one["score"] + 0.1)])
    assert emergence_score(both.drop_duplicates(["n_parameters", "model"]))["n_models"].item() == 14
