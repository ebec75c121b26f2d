"""What is said of the paper's claims, of tables that are made up: every answer, and the counts that it rests on."""

import re

import duckdb
import numpy as np
import pandas as pd
import pytest
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import TABLES
from jumpcheck.database.assembling import register_claim_words
from jumpcheck.figures.registry import FIGURES
from statsmodels.stats.proportion import proportion_confint

TWO = ("multiple_choice_grade", "exact_str_match")
PAIR = {"metric": "a", "is_above": False, "twin_of": None, "is_counted": True}
CURVE = {"verdict": "inconclusive", "jumps": True, "source_of_jump": None}
TRIPLET = {
    "jumps": True, "jump_verdict": "inconclusive", "jump_is_detectable": False,
    "has_decoy": False, "p": None, "q_jumping": None,
}  # fmt: skip
SWAP = {
    "sharp_metric": "multiple_choice_grade", "sharp_score": 50.0, "smooth_metric": "brier_score", "smooth_score": 1.0,
    "task": "t", "subtask": "s", "shots": 0, "filter": "none", "model_family": "F",
}  # fmt: skip


def pairs(n, above=0, **values):
    return [PAIR | values | {"is_above": k < above} for k in range(n)]


def claims(
    n_with_any=(3,) * 5,
    n_metrics=39,
    pairs_of=(),
    labelled=(),
    swaps=(),
    curves=(),
    triplets=(),
    is_bigbench=True,
    unlabelled_on="bleu",
    kinds=("all", "of at least 10 pairs"),
):
    """{number of the claim: its row} of these tables."""
    thresholds = [10, 20, 50, 100, np.inf]
    # The counts that no claim is about are others than those that one is.
    by_threshold = pd.DataFrame(
        [
            (
                metrics,
                statistic,
                threshold,
                n + (metrics != "all") + 2 * (statistic != "largest"),
                n_metrics + (metrics != "all"),
            )
            for metrics in kinds
            for statistic in ("largest", "median")
            for threshold, n in zip(thresholds, n_with_any, strict=True)
        ],
        columns=["metrics", "statistic", "threshold", "n_metrics_with_any", "n_metrics"],
    ).astype({"metrics": "string", "statistic": "string", "threshold": float, "n_metrics_with_any": int, "n_metrics": int})
    # BIG-bench is where more than half of the tasks are labelled, other results where just half are.
    labels = pd.DataFrame(
        [(f"t{k}", "emergent", metric) for k, metric in enumerate(labelled)] + [("plain", "smooth", TWO[0])],
        columns=["task", "label", "preferred_metric"],
    )
    unlabelled = pd.DataFrame({"task": [f"u{k}" for k in range(len(labels) - is_bigbench)]}).assign(
        preferred_metric=unlabelled_on
    )
    elsewhere = pd.DataFrame([("not here", "emergent")], columns=["task", "label"])
    given = {
        "emergence_by_threshold": by_threshold,
        "pairs": pd.DataFrame(pairs_of or [PAIR | {"is_counted": False}]),
        "annotations": pd.concat([labels[["task", "label"]], elsewhere]),
        "tasks": pd.concat([labels, unlabelled])[["task", "preferred_metric"]],
        "metric_swap": pd.DataFrame(swaps or [SWAP | {"sharp_metric": "none"}]),
        "settings": pd.DataFrame([{"emergence_threshold": 20.0, "fdr": 0.05}]),
        "breaks": pd.DataFrame(curves or [CURVE | {"verdict": "not_testable"}]),
        "triplets": pd.DataFrame(triplets or [TRIPLET | {"jumps": False, "jump_verdict": None}]).astype(
            {"p": float, "q_jumping": float}
        ),
    }
    with duckdb.connect() as con:
        for name, frame in given.items():
            con.register(name, frame)
        register_claim_words(con)
        found = con.execute(sql_text("database/claims")).df()
    return {row.number: row for row in found.itertuples()}


def numbers(sentence):
    """The numbers that a sentence gives."""
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", sentence)]


@pytest.mark.parametrize(
    ("n_with_any", "n_metrics", "holds", "code", "of_reason"),
    [
        ((5, 5, 5, 5, 0), 39, "holds", "at_every_threshold", [5]),
        ((9, 6, 5, 5, 0), 39, "holds in part", "at_some_thresholds", [3, 5, 5]),
        ((9, 9, 9, 9, 6), 10, "does not hold", "at_no_threshold", [5]),
        ((1, 1, 1, 1, 1), 9, "cannot be decided", "few_metrics", [9, 39]),
    ],
)
def test_few_metrics(n_with_any, n_metrics, holds, code, of_reason):
    found = claims(n_with_any, n_metrics)[1]
    assert (found.holds, found.reason_code, bool(found.is_asked)) == (holds, code, True)
    assert numbers(found.reason) == of_reason
    expected = [*n_with_any, 10, 20, 50, 100, n_metrics, 10, *(n + 1 for n in n_with_any), n_metrics + 1]
    assert numbers(found.this_dataset) == expected
    assert not claims(n_with_any, n_metrics, is_bigbench=False)[1].is_asked


def test_without_metrics_nothing_is_asked_of_them():
    assert not claims(n_metrics=0)[1].is_asked and claims(n_metrics=1)[1].is_asked


def test_no_metric_has_ten_pairs():
    found = claims(n_with_any=(1,) * 5, n_metrics=2, kinds=("all",))[1]
    assert numbers(found.this_dataset) == [1, 1, 1, 1, 1, 10, 20, 50, 100, 2, 10, 0, 0]


@pytest.mark.parametrize(
    ("on_two", "on_others", "holds", "code"),
    [
        ((60, 300), (1, 300), "holds", "likelier_on_the_two"),
        ((60, 60), (1, 300), "holds", "likelier_on_the_two"),
        ((60, 600), (10, 100), "holds in part", "as_likely"),
        ((90, 900), (30, 60), "holds in part", "likelier_on_others"),
        ((30, 300), (30, 300), "cannot be decided", "about_half"),
        ((3, 300), (60, 300), "does not hold", "most_on_others"),
        ((5, 300), (4, 300), "cannot be decided", "few_pairs"),
        ((1, 300), (0, 300), "cannot be decided", "few_pairs"),
        ((39, 300), (21, 300), "holds in part", "as_likely"),
        ((58, 60), (0, 1), "holds", "likelier_on_the_two"),
        ((10, 60), (0, 300), "holds", "likelier_on_the_two"),
        ((27, 300), (33, 300), "cannot be decided", "about_half"),
        ((60, 60), (0, 0), "cannot be decided", "all_on_the_two"),
    ],
)
def test_two_metrics(on_two, on_others, holds, code):
    (above, n), (other_above, n_others) = on_two, on_others
    of_two = pairs(n, above, metric=TWO[0])
    of_two[0] |= {"twin_of": "another"}
    rows = of_two[: n // 2] + [row | {"metric": TWO[1]} for row in of_two[n // 2 :]] + pairs(n_others, other_above)
    found = claims(pairs_of=rows)[2]
    assert not claims(pairs_of=rows, is_bigbench=False)[2].is_asked
    assert (found.holds, found.reason_code) == (holds, code) and found.is_asked
    assert numbers(found.reason) == ([above + other_above] if code == "few_pairs" else [])
    assert (found.n, found.n_of) == (above, above + other_above)
    few = claims(n_metrics=7, pairs_of=rows)[1]
    assert (few.n, few.n_of) == (len({row["metric"] for row in rows if row["is_above"]}), 7)
    low, high = proportion_confint(found.n, found.n_of, method="wilson")
    assert (found.share_low, found.share_high) == pytest.approx((low, high))
    n_above = above + other_above
    assert numbers(found.this_dataset) == [above, n_above, above - 1, n_above - 1, above, n, other_above, n_others]


def test_no_pair_is_counted():
    found = claims(kinds=())[1]
    assert found.reason_code == "few_metrics" and not found.is_asked
    assert numbers(found.this_dataset)[0] == 0 and found.n_of == 0


def test_no_pair_is_on_the_two_metrics():
    found = claims(pairs_of=pairs(60, 30))[2]
    assert (found.holds, found.n, found.n_of, found.is_asked) == ("does not hold", 0, 30, True)
    assert numbers(found.this_dataset)[-4:] == [0, 0, 30, 60]
    assert claims(pairs_of=pairs(1))[2].is_asked
    none = claims()[2]
    assert not none.is_asked and none.reason_code == "few_pairs" and numbers(none.reason) == [0]
    assert numbers(none.this_dataset) == [0] * 8


@pytest.mark.parametrize(
    ("labelled", "holds"),
    [
        ([TWO[0]] * 30, "holds"),
        ([TWO[1]] * 27 + ["b", "c", "d"], "holds in part"),
        ([TWO[0]] * 15 + ["b"] * 15, "does not hold"),
        ([TWO[0]] * 40 + [TWO[1]] * 5 + ["b", "c"], "holds"),
        ([TWO[0]] * 40 + [TWO[1]] * 5 + ["b", "c", "d"], "holds in part"),
        ([TWO[0]] * 10, "holds"),
        ([TWO[0]] * 9, "cannot be decided"),
    ],
)
def test_labelled_tasks(labelled, holds):
    found = claims(labelled=labelled)[3]
    n_on_two = sum(metric in TWO for metric in labelled)
    assert (found.holds, found.n, found.n_of) == (holds, n_on_two, len(labelled)) and found.is_asked
    assert numbers(found.this_dataset) == [len(labelled), 67, n_on_two, len(set(labelled))]
    share = float(f"{100 * n_on_two / len(labelled):.0f}")
    assert numbers(found.reason) == ([9] if len(labelled) < 10 else [share, len(set(labelled))])
    assert not claims(labelled=labelled, is_bigbench=False)[3].is_asked and not claims()[3].is_asked
    assert claims(labelled=labelled[:1])[3].is_asked


def test_labelled_tasks_are_not_told_apart_where_all_tasks_are_on_the_two_metrics():
    """Results of those metrics alone say nothing of where the labels are."""
    found = claims(labelled=[TWO[0]] * 30, unlabelled_on=TWO[1])[3]
    assert (found.holds, found.n, found.n_of, found.is_asked) == ("cannot be decided", 30, 30, True)
    assert found.reason_code == "all_tasks_on_the_two"
    assert claims(labelled=[*[TWO[0]] * 30, "b"], unlabelled_on=TWO[1])[3].holds == "holds"


@pytest.mark.parametrize(
    ("n", "n_stay", "metric", "holds"),
    [
        (60, 0, "brier_score", "holds"),
        (60, 20, "brier_score", "holds in part"),
        (60, 33, "brier_score", "holds in part"),
        (60, 50, "brier_score", "does not hold"),
        (10, 10, "brier_score", "does not hold"),
        (60, 0, "log_likelihood", "cannot be decided"),
        (9, 0, "brier_score", "cannot be decided"),
    ],
)
def test_another_metric_of_the_same_outputs(n, n_stay, metric, holds):
    swaps = [
        SWAP | {"task": f"t{k}", "smooth_metric": metric, "smooth_score": 21.0 if k < n_stay else 20.0} for k in range(n)
    ]
    swaps += [
        SWAP | {"task": "no jump", "sharp_score": 20.0},
        SWAP | {"task": "t0", "smooth_metric": "x", "smooth_score": 0.0},
    ]
    found = claims(swaps=swaps)[4]
    n_brier, gone = (n, n - n_stay) if metric == "brier_score" else (0, 0)
    assert (found.holds, found.n, found.n_of) == (holds, gone, n_brier)
    assert (found.reason_code == "few_over_options") == (n < 10 or metric != "brier_score")
    assert numbers(found.this_dataset) == [n + 1, n, n_brier, gone, n - n_stay]
    assert found.is_asked


def test_the_brier_score_decides_and_no_other_continuous_metric():
    swaps = [SWAP | {"task": f"t{k}", "smooth_metric": "brier_score", "smooth_score": 0.0} for k in range(60)]
    swaps += [swap | {"smooth_metric": "log_likelihood", "smooth_score": 30.0} for swap in swaps]
    found = claims(swaps=swaps)[4]
    assert (found.holds, found.n, found.n_of) == ("holds", 60, 60)
    assert numbers(found.this_dataset) == [60, 60, 60, 60, 0]


def test_no_other_metric_of_the_same_outputs():
    """Of BIG-bench it is asked all the same, of other results only where there are outputs under two metrics."""
    alone = claims(swaps=[SWAP | {"smooth_metric": "log_likelihood"}], is_bigbench=False)[4]
    assert (alone.n, alone.n_of) == (0, 0)
    assert alone.is_asked and alone.reason_code == "few_over_options"
    for is_bigbench in (True, False):
        none = claims(swaps=[SWAP | {"sharp_score": 20.0}], is_bigbench=is_bigbench)[4]
        assert none.is_asked and none.reason_code == "none_above" and numbers(none.this_dataset) == [1]
        assert claims(swaps=[], is_bigbench=is_bigbench)[4].is_asked == is_bigbench
    assert claims(swaps=[])[4].reason_code == "no_two_metrics"


def test_comparisons_that_are_counted():
    curves = [CURVE] * 4 + [CURVE | {"verdict": "not_testable"}]
    seen = TRIPLET | {"jump_is_detectable": True}
    triplets = [
        seen | {"jump_verdict": "break", "q_jumping": 0.001, "has_decoy": True}, seen | {"q_jumping": 0.04}, TRIPLET,
        seen | {"q_jumping": 0.05}, seen | {"jump_verdict": "smooth", "q_jumping": 0.9},
        TRIPLET | {"jump_verdict": "at_chance"},
        TRIPLET | {"jump_verdict": "not_testable"}, TRIPLET | {"jumps": False, "jump_verdict": None},
    ]  # fmt: skip
    found = claims(curves=curves, triplets=triplets)[5]
    assert found.is_asked and (found.n, found.n_of) == (1, 4)
    # Curves; triplets that jump, of which so many can show a break and have one, at 5 % among all and among these; the rest.
    assert re.findall(r"\d+", found.this_dataset) == ["4", "6", "4", "1", "5", "2", "0", "0", "1", "1", "1", "3"]
    assert not claims(curves=curves)[5].is_asked


@pytest.mark.parametrize(
    ("n_smooth", "n_by_size", "holds"),
    [
        (60, 50, "holds"),
        (60, 39, "holds"),
        (60, 37, "holds in part"),
        (60, 10, "does not hold"),
        (60, 30, "holds in part"),
        (60, 27, "holds in part"),
        (10, 10, "holds"),
        (9, 9, "cannot be decided"),
    ],
)
def test_small_test_sets(n_smooth, n_by_size, holds):
    curves = [
        CURVE | {"verdict": "smooth", "source_of_jump": ("ties", "resolution")[k % 2] if k < n_by_size else "metric"}
        for k in range(n_smooth)
    ]
    curves += [CURVE | {"verdict": "smooth", "jumps": False}, CURVE | {"jumps": True, "verdict": "break"}]
    found = claims(curves=curves)[6]
    assert (found.holds, found.n, found.n_of) == (holds, n_by_size, n_smooth) and found.is_asked
    n_ties = sum(one["source_of_jump"] == "ties" for one in curves)
    of_causes = [n_ties, n_by_size - n_ties, n_smooth - n_by_size]
    assert numbers(found.this_dataset) == [n_smooth + 1, n_smooth, *of_causes]
    assert numbers(found.reason) == [9 if n_smooth < 10 else float(f"{100 * n_by_size / n_smooth:.0f}")]
    assert not claims(curves=[CURVE | {"jumps": False}])[6].is_asked


def test_where_to_look_is_there():
    """A figure, a table, or a column of one."""
    columns = {column for table in TABLES.values() for column in table["columns"]}
    for claim in claims().values():
        for name in re.findall(r"\w+", re.sub(r"\b(views?|tables?|columns?|and)\b", "", claim.look_at)):
            assert name in {*FIGURES, *TABLES, *columns}, claim.look_at
