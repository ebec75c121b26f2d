"""Verdicts and sources of jumps by the rules of docs/method.md, one curve at a time, also where a value is at its bound."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.breaks.measuring import MEASURED_SCHEMA, measured_alone
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.theory.worlds import as_trials, world
from scipy.stats import false_discovery_control

NUMBERS = {"break_scale": 1e9, "break_size": 1.5, "high_scale": 2e9}
NEEDED = 22.0  # twice the score of a straight line over the 11 scales given below


NUMBER = r"(?<![\w-])\d[\d.]*(?:e[+-]?\d+)?(?<!\.)"


def verdict_of(curve):
    if isinstance(curve["not_testable"], str):
        return "not_testable"
    if curve["q_break"] < 0.05:
        return "one_model" if curve["break_is_last"] else "break"
    if curve["q_with_effects"] < 0.05:
        return "family"
    if is_at_chance(curve):
        return "at_chance"
    if falls(curve):
        return "not_testable"
    if curve["size_high"] < 1 and curve["p_break"] >= 0.05:
        return "smooth"
    return "inconclusive"


def is_at_chance(curve):
    return curve["q_chance"] >= 0.05 and curve["chance_bound"] < 0.1 and np.isnan(curve["constant_answer"])


def falls(curve):
    return curve["p_rising"] < 0.05 and not np.isnan(curve["p_break"]) and not is_at_chance(curve)


def counted(curve, p, log_ratio):
    """The p value that is compared with others: none of curves that fall, 1 where it cannot be a break."""
    if np.isnan(curve["p_break"]) or falls(curve):
        return np.nan
    is_ruled_out = p == "p_break" and curve["size_high"] < 1
    return 1.0 if is_ruled_out or np.exp(curve[log_ratio]) < 10 else curve[p]


def source_of(curve):
    verdict = verdict_of(curve)
    if not curve["improvement_score"] > NEEDED or verdict in ("not_testable", "inconclusive"):
        return None
    if verdict in ("break", "one_model", "family"):
        return "break"
    if curve["n_ties"] >= (11 - 1) / 2 and curve["score_without_ties"] <= NEEDED:
        return "ties"
    if curve["score_noise_free"] > NEEDED:
        return "metric"
    return "resolution" if curve["n_resolve"] > curve["n_examples"] else None


def reason_of(curve):
    """Code of the reason of a curve that cannot be decided, and the numbers that its sentence has."""
    p, low = curve["p_break"], curve["p_break_low_scatter"]
    smallest, size = f"{np.e:.1f}", f"{np.exp(curve['break_size']):.3g}"
    first = f"{curve['break_scale']:.3g}"
    if np.isnan(p) and curve["n_examples"] * curve["n_models"] < 6:
        return "tiny_test_set", [str(curve["n_examples"])]
    if not p < 0.05:
        if curve["constant_answer"] == 0.5 and curve["n_informative"] < 3:
            return "one_answer", ["0.5"]
        if curve["q_chance"] >= 0.05:
            return "near_chance", [f"{curve['chance_bound']:.3f}", "0.1"]
    if np.isnan(p):
        return ("at_floor_or_ceiling", []) if curve["n_informative"] < 3 else ("no_scale", [smallest])
    if p < 0.05 and curve["size_high"] < 1:
        return "small_break", [first, size, f"{p:.2g}", smallest]
    if p < 0.05 and np.exp(curve["log_ratio"]) < 10:
        return "other_law", [size, first, f"{p:.2g}", f"{np.exp(curve['log_ratio']):.2g}", "10"]
    if low < 0.05 and p >= 0.05:
        return "scatter", [f"{curve['n_pool']:.0f}", f"{low:.2g}", f"{p:.2g}"]
    if p < 0.05:
        return "not_significant", [size, first, f"{p:.2g}"]
    if curve["jump_is_hidden"]:
        return "hidden_rise", []
    if curve["n_hidden"] > 0:
        return "hidden_scales", [f"{curve['n_hidden']:.0f}"]
    at = f"{curve['high_scale']:.3g}"
    is_told = not np.isnan(curve["n_to_decide"])
    if curve["size_high"] < 9:
        factor = f"{np.exp(curve['size_high']):{'.1f' if is_told else '.3g'}}"
        return ("more_examples", [factor, at, "500"]) if is_told else ("still_possible", [factor, at])
    return ("any_size_more_examples", [at, "500"]) if is_told else ("any_size", [at])


def test_every_rule():
    rng = np.random.default_rng(0)
    drawn = as_trials(world(n_curves=2400, seed=5, n_examples=205, n_scales=11))
    n = len(drawn)
    trials = drawn.assign(
        straight_line_score=11.0,
        improvement_score=rng.choice([NEEDED, NEEDED + 1, np.inf, np.nan], n),
        task=np.arange(n).astype(str),  # each a triplet of its own
        not_testable=np.where(rng.random(n) < 0.1, "no_chance_rate", None),
        n_examples=rng.choice([2, 3, 205], n),
        n_models=[np.full(11, k) for k in rng.choice([1.0, 2.0], n)],
    )
    known = trials[trials["not_testable"].isna()]
    few = known.head(30)
    one = measured_alone(few, DEFAULTS).to_pandas().iloc[:1]
    n = len(known)
    p = np.where(rng.random(n) < 0.2, np.nan, np.where(rng.random(n) < 0.3, 1e-6, rng.choice([0.04, 0.05, 0.5, 0.9], n)))
    is_seen = np.isfinite(p)
    measured = one.loc[one.index.repeat(n)].assign(
        curve_id=known["curve_id"].to_numpy(),
        p_break=p,
        log_ratio=np.where(p < 0.05, rng.choice([np.log(9.5), np.log(10.5), 9.0], n), np.nan),
        other_law=np.where(p < 0.05, "power law with a bend", None),
        p_with_effects=np.where(is_seen, rng.choice([np.nan, 1e-6, 0.04, 1.0], n), np.nan),
        log_ratio_with_effects=rng.choice([np.nan, 1.0, 9.0], n),
        p_rising=rng.choice([0.04, 0.05, 0.9], n, p=[0.1, 0.1, 0.8]),
        break_is_last=np.where(is_seen, rng.random(n) < 0.3, None),
        n_other_tasks=rng.choice([0, 7], n),
        **{name: np.where(is_seen, value, np.nan) for name, value in NUMBERS.items()},
        size_high=np.where(is_seen, rng.choice([0.5, 1.0, 1.5, 9.0, np.inf], n), np.nan),
        p_chance=rng.choice([np.nan, 0.01, 0.05, 0.5], n, p=[0.4, 0.2, 0.1, 0.3]),
        chance_bound=rng.choice([0.09, 0.1, 0.2], n, p=[0.6, 0.2, 0.2]),
        constant_answer=rng.choice([np.nan, 0.5], n, p=[0.8, 0.2]),
        n_ties=rng.choice([0, 4, 5, 10], n),
        score_without_ties=rng.choice([NEEDED - 1, NEEDED, NEEDED + 1], n),
        score_noise_free=rng.choice([NEEDED - 1, NEEDED, NEEDED + 1], n),
        n_resolve=rng.choice([100, 205, 206, np.nan], n),
        p_break_low_scatter=rng.choice([0.01, 0.05, 0.5, np.nan], n),
        n_informative=rng.choice([2, 3, 5], n),
        n_hidden=rng.choice([0, 0, 1, 2], n),
        n_pool=rng.choice([1, 2], n),
        jump_is_hidden=rng.random(n) < 0.2,
        n_to_decide=rng.choice([np.nan, 500], n),
    )
    arrays = [pa.array(measured[field.name], field.type, from_pandas=True) for field in MEASURED_SCHEMA]
    found = breaks_of(trials, pa.Table.from_arrays(arrays, schema=MEASURED_SCHEMA), DEFAULTS).set_index("curve_id")
    given = trials[["curve_id", "not_testable", "improvement_score", "n_examples", "n_models"]]
    given = given.assign(n_models=[models[0] for models in given["n_models"]]).merge(measured, how="left", on="curve_id")
    given = given.set_index("curve_id").assign(q_chance=found["q_chance"])
    # Every curve is a triplet of its own.
    for q, p, log_ratio in (
        ("q_break", "p_break", "log_ratio"), ("q_with_effects", "p_with_effects", "log_ratio_with_effects"),
    ):  # fmt: skip
        values = given.apply(counted, axis=1, args=(p, log_ratio)).dropna()
        given[q] = pd.Series(false_discovery_control(values), values.index)
        np.testing.assert_allclose(found.loc[given.index, q], given[q], rtol=1e-12)
    expected = pd.DataFrame(
        [{"verdict": verdict_of(curve), "source_of_jump": source_of(curve)} for curve in given.to_dict("records")],
        index=given.index,
    )
    for name in expected:
        counts = expected[name].value_counts()
        assert len(counts) == {"verdict": 7, "source_of_jump": 4}[name] and counts.min() > 10
        now = found.loc[expected.index, name].astype(object)
        wrong = now.where(now.notna(), None) != expected[name].where(expected[name].notna(), None)
        wrong &= now.notna() | expected[name].notna()
        assert not wrong.any(), pd.concat([given[wrong], found.loc[given.index[wrong], name]], axis=1).head().T
    undecided = found.index[found["verdict"] == "inconclusive"]
    reasons = {key: reason_of(given.loc[key]) for key in undecided}
    for key, (code, of_sentence) in reasons.items():
        sentence = found.loc[key, "reason"]
        assert found.loc[key, "reason_code"] == code, (sentence, given.loc[key].to_dict())
        assert re.findall(NUMBER, sentence) == of_sentence, sentence
    assert len({code for code, _ in reasons.values()}) == 15
    assert (found.loc[given.index, "jumps"] == (given["improvement_score"] > NEEDED)).all()
