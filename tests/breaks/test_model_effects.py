"""Effects of models: beside a loop over tasks, of which each is left out of its own effect."""

import numpy as np
import pandas as pd
import pytest
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.breaks import model_effects
from jumpcheck.breaks.measuring import estimates, measured_alone
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.theory.worlds import as_trials, world


def points(n_tasks=9, seed=0):
    """Sums of scores of curves of one and of three curves a task; one task tells nothing of the first scale."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "model_family": "F",
            "metric": "m",
            "scale": scale,
            "task": f"t{k}",
            "score": rng.normal(4, 3),
            "information": 5.0 + k,
        }
        for k in range(n_tasks)
        for _ in range(1 + 2 * (k % 2))
        for scale in (1e8, 1e9, 1e10)
    ]
    frame = pd.DataFrame(rows)
    frame.loc[(frame["task"] == "t0") & (frame["scale"] == 1e8), ["score", "information"]] = [0.2, 0.3]
    return frame


def plainly(frame, task, scale):
    """(effect, number of other tasks that tell it), by the formulas of the module."""
    d, v = [], []
    for other, of_task in frame[frame["scale"] == scale].groupby("task"):
        if of_task["information"].sum() >= 1:
            d.append((other, of_task["score"].sum() / of_task["information"].sum()))
            v.append(1 / of_task["information"].sum())
    names, d, v = [name for name, _ in d], np.clip([value for _, value in d], -3, 3), np.array(v)
    w = 1 / v
    q = (w * (d - (w * d).sum() / w.sum()) ** 2).sum()
    tau2 = max(0.0, (q - (len(d) - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    w, left = 1 / (v + tau2), np.array([name != task for name in names])
    total = w[left].sum()
    effect = (w * d)[left].sum() / total
    return effect * max(0.0, 1 - 1 / (total * effect**2)), left.sum()


def test_effects_are_those_of_a_loop_over_the_other_tasks():
    frame = points()
    found = model_effects.of_tasks(frame).set_index(["task", "scale"])
    assert len(found) == 27
    for (task, scale), row in found.iterrows():
        effect, n = plainly(frame, task, scale)
        assert row["effect"] == pytest.approx(effect, rel=1e-5) and row["n_other_tasks"] == n
    assert found.loc[("t0", 1e8), "n_other_tasks"] == 8 and found.loc[("t1", 1e8), "n_other_tasks"] == 7


def test_too_few_tasks_tell_nothing():
    assert model_effects.of_tasks(points(n_tasks=5)).empty
    assert set(model_effects.of_tasks(points(n_tasks=7))["n_other_tasks"]) == {5, 6}


def test_a_better_recipe_is_of_the_family_and_not_of_the_tasks():
    """All curves of one family fall by 0.6 of the log loss from one model on; a curve of its own break keeps it."""
    given = world(seed=3, n_curves=160, n_examples=1024, mean_scatter=0.002)
    shares, rng = given.shares, np.random.default_rng(0)
    known = np.clip((shares.y - shares.chance) / (1 - shares.chance), 1e-3, 1 - 1e-3)
    better = shares.chance + (1 - shares.chance) * known ** np.where(np.arange(12) >= 7, np.exp(-0.6), 1.0)
    y = rng.binomial(1024, better) / 1024
    trials = as_trials(given).assign(ys=list(y))
    told = estimates(trials)
    table = told.model_effects.set_index(["metric", "scale"])["effect"].unstack()
    jump = table.iloc[:, 7] - table.iloc[:, 6]
    assert (jump > 0.2).all() and (told.model_effects["n_tasks"] > 30).all()
    found = breaks_of(trials, measured_alone(trials, DEFAULTS), DEFAULTS)
    counts = found["verdict"].value_counts()
    assert counts.get("break", 0) <= 2 and counts["family"] > 10
    of_family = found[found["verdict"] == "family"]
    assert (of_family["q_with_effects"] < 0.05).all() and (of_family["n_other_tasks"] > 30).all()


def test_what_is_attached_is_in_the_order_of_the_scales():
    curves = pd.DataFrame(
        {
            "curve_id": [5, 2], "model_family": "F", "metric": "m", "task": ["t0", "t1"], "n_scales": [2, 3],
            "scales": [[1e9, 1e10], [1e8, 1e9, 1e10]],
        }
    )  # fmt: skip
    effects = pd.DataFrame(
        {
            "model_family": "F", "metric": "m", "scale": [1e10, 1e9, 1e10], "task": ["t0", "t0", "t1"],
            "effect": [0.5, -0.25, 0.125], "n_other_tasks": [8, 6, 7],
        }
    )  # fmt: skip
    found = model_effects.attached(curves, effects)
    assert [part.tolist() for part in found["offset"]] == [[0.25, -0.5], [0, 0, -0.125]]
    assert found["n_other_tasks"].tolist() == [6, 0]
