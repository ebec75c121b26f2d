"""Verdicts and sources of jumps by the rules of docs/method.md, one curve at a time, also where a value is at its bound."""

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.breaks.building import DEFAULTS
from analysis.breaks.measuring import MEASURED_SCHEMA, measure, pools_of
from analysis.breaks.verdicts import breaks_of
from analysis.theory.worlds import as_trials, world

NEEDED = 22.0  # twice the score of a straight line over the 12 scales given below


def verdict_of(curve):
    if isinstance(curve["not_testable"], str):
        return "not_testable"
    if curve["q_break"] < 0.05 and curve["size_high"] >= 1:
        return "break"
    if curve["is_at_chance"]:
        return "at_chance"
    if curve["size_high"] < 1 and curve["q_break"] >= 0.05:
        return "smooth"
    return "inconclusive"


def source_of(curve):
    if not curve["improvement_score"] > NEEDED or verdict_of(curve) in ("not_testable", "inconclusive"):
        return None
    if verdict_of(curve) == "break":
        return "break"
    if curve["n_ties"] >= (12 - 1) / 2 and curve["score_without_ties"] <= NEEDED:
        return "ties"
    if curve["score_noise_free"] > NEEDED:
        return "metric"
    return "resolution" if curve["n_resolve"] > curve["n_examples"] else None


def test_every_rule():
    rng = np.random.default_rng(0)
    drawn = as_trials(world(n_curves=2400, seed=5, n_examples=205))
    n = len(drawn)
    trials = drawn.assign(
        straight_line_score=11.0,
        improvement_score=rng.choice([NEEDED, NEEDED + 1, np.inf, np.nan], n),
        task=np.arange(n).astype(str),  # each a triplet of its own
        not_testable=np.where(rng.random(n) < 0.1, "chance rate unknown", None),
    )
    known = trials[trials["not_testable"].isna()]
    few = known.head(30)
    one = measure(few, pools_of(few), DEFAULTS).to_pandas().iloc[:1]
    n = len(known)
    p = np.where(rng.random(n) < 0.2, np.nan, np.where(rng.random(n) < 0.3, 1e-6, rng.uniform(0.2, 1, n)))
    is_seen = np.isfinite(p)
    measured = one.loc[one.index.repeat(n)].assign(
        curve_id=known["curve_id"].to_numpy(),
        p_break=p,
        size_high=np.where(is_seen, rng.choice([0.5, 1.0, 1.5, np.inf], n), np.nan),
        is_at_chance=rng.random(n) < 0.3,
        n_ties=rng.choice([0, 5, 6, 11], n),
        score_without_ties=rng.choice([NEEDED - 1, NEEDED, NEEDED + 1], n),
        score_noise_free=rng.choice([NEEDED - 1, NEEDED, NEEDED + 1], n),
        n_resolve=rng.choice([100, 205, 206, np.nan], n),
    )
    arrays = [pa.array(measured[field.name], field.type, from_pandas=True) for field in MEASURED_SCHEMA]
    found = breaks_of(trials, pa.Table.from_arrays(arrays, schema=MEASURED_SCHEMA), DEFAULTS).set_index("curve_id")
    columns = ["curve_id", "size_high", "is_at_chance", "n_ties", "score_without_ties", "score_noise_free", "n_resolve"]
    given = trials[["curve_id", "not_testable", "improvement_score", "n_examples"]].merge(measured[columns], how="left")
    given = given.set_index("curve_id").assign(q_break=found["q_break"])
    expected = pd.DataFrame(
        [{"verdict": verdict_of(curve), "source_of_jump": source_of(curve)} for curve in given.to_dict("records")],
        index=given.index,
    )
    for name in expected:
        counts = expected[name].value_counts()
        assert len(counts) == {"verdict": 5, "source_of_jump": 4}[name] and counts.min() > 10
        now = found.loc[expected.index, name].astype(object)
        wrong = now.where(now.notna(), None) != expected[name].where(expected[name].notna(), None)
        wrong &= now.notna() | expected[name].notna()
        assert not wrong.any(), pd.concat([given[wrong], found.loc[given.index[wrong], name]], axis=1).head().T
    assert (found.loc[given.index, "jumps"] == (given["improvement_score"] > NEEDED)).all()
