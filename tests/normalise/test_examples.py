"""How many test examples stand behind a share: what the shares prove, and what confirms the rest."""

import pandas as pd
import pytest
from jumpcheck.normalise.examples import CAPS, recover_n_examples, settled

NO_SIZES = pd.DataFrame({"task": [], "subtask": [], "n_examples": []})
NO_PARTS = pd.DataFrame({"task": [], "model_family": [], "n_parts": []})


def group(task, values, family="F", subtask=None):
    return pd.DataFrame({"task": task, "subtask": subtask or task, "model_family": family, "score": values})


def shares(n, family="F", task=None, subtask=None, k=(1, 2, 4, 7, 11, 13)):
    """Shares of n examples that prove n."""
    return group(task or f"of {n}", [i / n for i in k if i < n], family, subtask)


def sizes(*rows):
    return pd.DataFrame(rows, columns=["task", "subtask", "n_examples"])


def found(frames, known=NO_SIZES, parts=NO_PARTS):
    result = settled(recover_n_examples(pd.concat(frames, ignore_index=True)), known, parts)
    return {
        (row.task, row.subtask, row.model_family): (None if pd.isna(row.n_examples) else row.n_examples, row.n_source)
        for row in result.itertuples()
    }


def test_the_common_denominator_of_each_group():
    frame = pd.concat(
        [
            group("plain", [1 / 205, 2 / 205, 5 / 205, 0.0]),
            group("lower bound", [0.25, 0.5, 1 / 6]),
            group("rounded", [0.123, 0.456, 0.789]),
            group("few", [0.5, 0.5, 0.0, 1.0]),
            group("irrational", [0.5, 2**-0.5, 0.25]),
            group("huge", [1 / 99991, 1 / 99989]),
            group("tiny", [1e-20, 0.1, 0.2, 0.3, 0.4]),
            group("no share in lowest terms", [1 / 5, 3 / 41, 2 / 41]),
            group("two sizes", [1 / 60, 7 / 60, 3 / 64, 5 / 64]),
        ]
    )
    recovered = recover_n_examples(frame).set_index("task")
    assert recovered["n_examples"].dropna().to_dict() == {
        "plain": 205,
        "lower bound": 12,
        "rounded": 1000,
        "few": 2,
        "no share in lowest terms": 205,
    }
    assert recovered["n_values"].to_dict()["few"] == 1 and recovered["n_values"].to_dict()["plain"] == 3
    result = settled(recovered.reset_index(), NO_SIZES, NO_PARTS).set_index("task")
    assert result["n_examples"].dropna().to_dict() == {"plain": 205}
    assert result["n_source"].dropna().to_dict() == {
        "plain": "values",
        "lower bound": "open",
        "rounded": "rounded",
        "few": "open",
        "no share in lowest terms": "open",
        "two sizes": "mixed",
    }
    assert result["n_ambiguous"].dropna().to_dict() == {"plain": False}


def test_few_decimals_prove_a_size_only_where_the_family_was_not_rounded():
    decimals = [0.0371, 0.2519, 0.1337, 0.4444, 0.9127]
    rounded = [group("riddles", decimals, "GPT"), group("more", [x / 10_000 for x in range(301, 330)], "GPT")]
    rounded.append(shares(35, "GPT"))
    exact = [group("thousand", [0.037, 0.251, 0.133], "PaLM"), shares(997, "PaLM", k=range(1, 60))]
    # Of other families nobody knows that they were published in full.
    other = [group("thousand", [0.037, 0.251, 0.133], "F"), shares(997, "F", k=range(1, 60))]
    result = found([*rounded, *exact, *other])
    assert result["riddles", "riddles", "GPT"] == (None, "rounded")
    assert result["thousand", "thousand", "PaLM"] == (1000, "values")
    assert result["thousand", "thousand", "F"] == (None, "rounded")


def test_one_share_proves_the_largest_size_that_a_family_has():
    several = [shares(205, "F", f"t{k}") for k in range(3)]
    result = found([*several, group("one", [0.0, 34 / 205]), group("small", [0.0, 4 / 17])])
    assert result["one", "one", "F"] == (205, "values") and result["small", "small", "F"] == (None, "open")
    two = found([*several, group("two", [3 / 17, 4 / 17])])
    assert two["two", "two", "F"] == (17, "values")  # and two different shares prove any
    assert found([*several[:2], group("one", [34 / 205])])["one", "one", "F"] == (None, "open")
    # Twice as many would be more than BIG-G was ever scored on.
    assert found([group("one", [1 / 683], "BIG-G T=0")])["one", "one", "BIG-G T=0"] == (683, "values")
    assert found([group("one", [1 / 509], "BIG-G T=0")])["one", "one", "BIG-G T=0"] == (None, "open")


def test_many_shares_of_few_decimals_can_prove_a_size_all_the_same():
    # That 20 shares rounded to 2 decimals are all multiples of 1/50 has the probability 2^-20; of 4 it has 1/16.
    fifties = [k / 50 for k in range(1, 21)]
    assert found([group("t", fifties)])["t", "t", "F"] == (50, "values")
    assert found([group("t", fifties[:4])])["t", "t", "F"] == (None, "rounded")
    # 4 shares of 250 among those of 3 decimals: (1/4)^4 is more than 0.001, and 5 are less.
    of_250 = [k / 250 for k in (1, 3, 7, 11, 13)]
    assert found([group("t", of_250[:4])])["t", "t", "F"] == (None, "rounded")
    assert found([group("t", of_250)])["t", "t", "F"] == (250, "values")


def test_a_family_with_the_same_cap_proves_the_size_for_the_others():
    frames = [
        shares(341, "BIG-G T=0", "t"),
        group("t", [0.0, 0.0], "BIG-G T=1"),
        group("t", [1 / 11, 3 / 32], "BIG-G sparse"),
    ]
    # GPT was scored on at most 1,000 examples and not on 1,024: another test set.
    frames += [group("t", [0.0, 1 / 341], "GPT"), group("t", [0.0], "F")]
    result = found(frames)
    assert result["t", "t", "BIG-G T=0"] == (341, "values")
    assert result["t", "t", "BIG-G T=1"] == (341, "same_test_set")
    assert result["t", "t", "BIG-G sparse"] == (None, "open")  # 352 does not divide 341
    assert result["t", "t", "GPT"] == (None, "open") and result["t", "t", "F"] == (None, "open")


@pytest.mark.parametrize(
    ("family", "proven", "used"), [("BIG-G T=0", 90, True), ("GPT", 90, True), ("BIG-G T=0", 18, False)]
)
def test_published_sizes_count_where_the_family_agrees_with_them(family, proven, used):
    known = sizes(*((f"t{k}", None, 90) for k in range(3)), ("open", None, 200), ("large", None, 5000), ("p", "p:a", 500))
    parts = pd.DataFrame({"task": ["p"], "model_family": [family], "n_parts": [4]})
    frames = [shares(proven, family, f"t{k}") for k in range(3)]
    frames += [group("open", [1 / 50], family), group("large", [1 / 8], family), group("p", [0.0], family, "p:a")]
    result = found(frames, known, parts)
    # Beyond the cap of a family a task was cut to it, and its parts share it.
    expected = {"open": 200, "large": CAPS[family], "p": CAPS[family] // 4}
    for task, n in expected.items():
        subtask = "p:a" if task == "p" else task
        assert result[task, subtask, family] == ((n, "reference") if used else (None, "open")), task


def test_a_published_size_that_any_part_of_the_task_rules_out_is_used_for_none():
    family = "BIG-G T=0"
    known = sizes(*((f"t{k}", None, 90) for k in range(3)), ("p", "p:a", 100), ("p", "p:b", 100))
    parts = pd.DataFrame({"task": ["p"], "model_family": [family], "n_parts": [12]})
    frames = [shares(90, family, f"t{k}") for k in range(3)]
    frames += [group("p", [0.0], family, "p:a"), shares(32, family, "p", "p:b")]  # 85 is no multiple of 32
    result = found(frames, known, parts)
    assert result["p", "p:a", family] == (None, "open") and result["p", "p:b", family] == (32, "values")


def test_more_examples_than_a_family_was_scored_on_are_not_believed():
    assert found([shares(1705, "BIG-G T=0")])["of 1705", "of 1705", "BIG-G T=0"] == (None, "open")
    assert found([shares(1705, "F")])["of 1705", "of 1705", "F"] == (1705, "values")


def test_more_examples_than_were_published_are_no_examples():
    known = sizes(("proverbs", None, 72), ("large", None, 5000))
    result = found([shares(720, "BIG-G T=0", "proverbs"), shares(720, "BIG-G T=0", "large")], known)
    assert result["proverbs", "proverbs", "BIG-G T=0"] == (None, "open")
    assert result["large", "large", "BIG-G T=0"] == (720, "values")


def test_limits_of_bigbench_are_those_of_its_own_files():
    """In somebody's table GPT is any GPT: its scores may be rounded, and its test set may be large."""
    frames = [group("t", [0.43, 0.51, 0.77], "GPT"), shares(5003, "GPT", "large"), shares(341, "GPT", "more")]
    recovered = recover_n_examples(pd.concat(frames, ignore_index=True))
    own = settled(recovered, NO_SIZES, NO_PARTS, {}).set_index("task")["n_examples"]
    assert pd.isna(own["t"]) and own["large"] == 5003
    published = settled(recovered, NO_SIZES, NO_PARTS).set_index("task")["n_examples"]
    assert published["t"] == 100 and pd.isna(published["large"])


def test_a_second_evaluation_is_no_second_part():
    known = sizes(*((f"t{k}", None, 90) for k in range(3)), ("twice", None, 2000))
    frames = [shares(90, "BIG-G T=0", f"t{k}") for k in range(3)]
    frames += [group("twice", [0.5], "BIG-G T=0"), group("twice", [0.25], "BIG-G T=0", "twice #2")]
    result = found(frames, known)
    assert result["twice", "twice", "BIG-G T=0"] == result["twice", "twice #2", "BIG-G T=0"] == (1024, "reference")
