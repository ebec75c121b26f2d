"""The number of test examples that the standard errors of shares tell."""

import numpy as np
import pandas as pd
import pytest
from builders import build, known_rules, rows
from jumpcheck.base.database import connect
from jumpcheck.base.sql import sql_text
from jumpcheck.normalise import results

SCALES = np.array([1e8, 3e8, 1e9, 3e9, 1e10, 3e10])


def curve(task, right, n, stderr=None, **more):
    """One curve of shares right / n; the standard error of zeros and ones with n - 1, as harnesses write it."""
    p = np.asarray(right) / n
    error = np.sqrt(p * (1 - p) / (n - 1)) if stderr is None else stderr(p)
    known = {"metric": "acc", "model_family": "F", "chance": 0.25, "higher_is_better": True} | more
    names = [f"m{k}" for k in range(len(p))]
    return pd.DataFrame({"task": task, "model": names, "n_parameters": SCALES, "score": p, "stderr": error, **known})


def found(folder, *curves):
    pd.concat(curves).to_csv(folder / "r.csv", index=False)
    con = build(results.normalise(folder, known_rules(), "parameters", 1))
    query = "select task, n_examples, n_source, n_ambiguous from curves order by task"
    return {row.pop("task"): tuple(row.values()) for row in rows(con, query)}


RIGHT = [60, 61, 70, 88, 120, 151]


def test_errors_of_zeros_and_ones_tell_the_number(tmp_path):
    one = curve("a", RIGHT, 237)
    other = curve("b", [0, 3, 5, 1172, 9, 1172], 1172)  # at 0 and 1 the error is 0 and says nothing
    assert found(tmp_path, one, other) == {"a": (237, "stderr", False), "b": (1172, "stderr", False)}


def test_what_the_source_says_counts_more(tmp_path):
    assert found(tmp_path, curve("a", RIGHT, 237, n_examples=237)) == {"a": (237, "given", False)}


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        (lambda p: np.round(np.sqrt(p * (1 - p) / 236), 4), (237, "values")),  # rounded
        (lambda p: np.sqrt(p * (1 - p) / 237), (237, "values")),  # divided by n
        (lambda p: 0.8 * np.sqrt(p * (1 - p) / 236), (237, "values")),
        (lambda p: 0.6 * np.sqrt(p * (1 - p) / 236), (None, "refused")),  # partial credit varies less than zeros and ones
        (lambda p: 2 * np.sqrt(p * (1 - p) / 236), (None, "refused")),  # and averages over prompts, of which each says n
    ],
)
def test_other_errors_prove_nothing_but_can_contradict(tmp_path, stderr, expected):
    """The shares prove the number then, unless the errors tell another one by more than a factor of 2."""
    assert found(tmp_path, curve("a", RIGHT, 237, stderr))["a"][:2] == expected


def test_one_error_alone_proves_nothing(tmp_path):
    """An error of 4 decimals is that of a whole number by accident."""
    one = curve("a", RIGHT, 237)
    one["score"] = one["score"].round(2)
    one["stderr"] = [np.nan, np.nan, 0.0005, np.nan, np.nan, np.nan]
    assert found(tmp_path, one)["a"][0] is None


def test_models_of_different_test_sets_have_no_number(tmp_path):
    one, other = curve("a", RIGHT, 237), curve("a", RIGHT, 474)
    mixed = pd.concat([one[:3], other[3:]])
    assert found(tmp_path, mixed)["a"][1] != "stderr"
    small, large = curve("a", [7, 31, 57, 83, 111, 139], 200), curve("a", [14, 62, 114, 166, 222, 278], 400)
    assert small["score"].tolist() == large["score"].tolist()  # so that the errors alone tell them apart
    n, source, _ = found(tmp_path, pd.concat([small[:3], large[3:]]))["a"]
    assert source != "stderr" and n in (200, None), "what the shares prove, or nothing"


def test_shares_that_could_be_of_fewer_examples(tmp_path):
    """The shares alone prove 20; the errors say 400, of which 20 is a divisor."""
    assert found(tmp_path, curve("a", [40, 60, 80, 100, 160, 200], 400))["a"] == (400, "stderr", False)


def test_errors_tell_the_number_of_their_own_curve(tmp_path):
    """The same part at other shots has another test set, and no errors: of that curve nothing is known."""
    one = curve("a", RIGHT, 237)
    other = curve("a", [11, 13, 17, 19, 23, 29], 150, lambda p: np.full(6, np.nan), shots=3)
    pd.concat([one, other]).to_csv(tmp_path / "r.csv", index=False)
    con = build(results.normalise(tmp_path, known_rules(), "parameters", 1))
    query = "select n_examples as n, n_source as source from curves order by shots nulls first"
    assert rows(con, query) == [{"n": 237, "source": "stderr"}, {"n": None, "source": "mixed"}]


def test_what_was_rounded_at_the_ninth_digit_still_tells_the_number(tmp_path):
    one = curve("a", [60, 199, 313, 608, 920, 1001], 1172)
    one["score"], one["stderr"] = one["score"].round(9), one["stderr"].round(12)
    assert found(tmp_path, one)["a"] == (1172, "stderr", False)


def test_one_share_that_is_no_count(tmp_path):
    """Partial credit of one model: its error fits the number, and its score is no whole number of right answers."""
    assert found(tmp_path, curve("a", [60, 61, 70.5, 88, 120, 151], 237))["a"][1] != "stderr"


@pytest.mark.parametrize("share", [0, 237])
def test_an_error_beside_all_wrong_or_all_right_says_nothing(tmp_path, share):
    """Of zeros and ones it is 0 there; what is written in its place, a smoothed one say, does not tell n."""
    one = curve("a", [*RIGHT[:5], share], 237)
    one.loc[5, "stderr"] = 0.02
    assert found(tmp_path, one)["a"] == (237, "stderr", False)


@pytest.mark.parametrize("stderr", [0, np.nan])
def test_a_share_without_an_error_leaves_it_to_the_others(tmp_path, stderr):
    one = curve("a", RIGHT, 237)
    one.loc[2, "stderr"] = stderr
    assert found(tmp_path, one)["a"] == (237, "stderr", False)


def test_the_error_of_a_mean_of_runs_says_nothing_of_examples():
    """Two runs have half the variance: their error would tell twice as many examples."""
    one = curve("a", RIGHT, 237).assign(n_runs=1, curve_id=1, subtask="a", shots=0, filter="none", entry_kind="task")
    one.loc[3, ["n_runs", "stderr"]] = 2, one.loc[3, "stderr"] / np.sqrt(2)
    with connect() as con:
        con.register("scores", one.assign(is_preferred=True, n_examples=None, n_source=None, chance_source=None))
        con.register("models", one[["model_family", "model"]].assign(scale=SCALES))
        con.execute("create table metrics as select 'acc' as metric, 'value' as scored_as")
        assert con.execute(f"select n_of_errors from ({sql_text('score/series')})").fetchall() == [(237,)]
