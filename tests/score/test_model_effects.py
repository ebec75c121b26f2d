"""By how much a model is better at everything: beside loops over tasks and curves."""

import math

import numpy as np
import pandas as pd
import pytest
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.breaks.verdicts import effects_of


def one_by_one(trials, measured):
    """{(family, metric, scale): (curves, tasks, tasks better, effect, standard error)} of those with 5 tasks or more."""
    of_model = {}
    for trial, found in zip(trials.itertuples(), measured.itertuples(), strict=True):
        if found.p_chance == 0.9:
            continue
        for scale, score, information in zip(trial.scales, found.point_scores, found.point_informations, strict=True):
            tasks = of_model.setdefault((trial.model_family, trial.metric, scale), {})
            tasks.setdefault(trial.task, []).append((score, information))
    expected = {}
    for model, tasks in of_model.items():
        if len(tasks) >= 5:
            scores = {task: sum(score for score, _ in points) for task, points in tasks.items()}
            informations = {task: sum(information for _, information in points) for task, points in tasks.items()}
            information = sum(informations.values())
            effect = sum(scores.values()) / information if information else math.nan
            residuals = [scores[task] - effect * informations[task] for task in tasks]
            expected[model] = (
                sum(len(points) for points in tasks.values()),
                len(tasks),
                sum(score > 0 for score in scores.values()),
                effect,
                math.sqrt(sum(residual**2 for residual in residuals)) / information if information else math.nan,
            )
    return expected


def test_effects():
    """Of tasks with one curve and with three, on some of which all are guesses; a score of just 0 is not better."""
    rng = np.random.default_rng(1)
    n = 60
    trials = pd.DataFrame(
        {
            "curve_id": np.arange(n) * 3,
            "model_family": ["AB"[k % 2] for k in range(n)],
            "metric": ["acc", "em", "em"] * (n // 3),
            "task": [f"t{k // 4}" for k in range(n)],
            "scales": [[1e9, 2e9, 4e9][: 2 + k % 2] for k in range(n)],
        }
    )
    measured = pd.DataFrame(
        {
            "curve_id": trials["curve_id"],
            # Guessing; a difference from it; and metrics of which guessing gets nothing.
            "p_chance": rng.choice([0.9, 1e-9, np.nan], n, p=[0.2, 0.4, 0.4]),
            "chance_bound": 0.05,
            "constant_answer": np.nan,
            "point_scores": [rng.choice([-1.5, 0, 0, 2.5], len(scales)) for scales in trials["scales"]],
            "point_informations": [rng.integers(0, 4, len(scales)) + 0.25 for scales in trials["scales"]],
        }
    )
    # Nothing is told of the models of 2e9 on one metric of one family.
    told_nothing = (trials["model_family"] == "A") & (trials["metric"] == "acc")
    measured["point_informations"] = [
        np.where(np.array(scales) == 2e9, 0, row) if nothing else row
        for nothing, scales, row in zip(told_nothing, trials["scales"], measured["point_informations"], strict=True)
    ]
    found, expected = effects_of(trials, measured, DEFAULTS), one_by_one(trials, measured)
    columns = ["n_curves", "n_tasks", "n_tasks_better", "effect", "standard_error"]
    assert found[["model_family", "metric", "scale"]].apply(tuple, axis=1).tolist() == sorted(expected)
    assert found[columns].to_numpy(float) == pytest.approx(
        np.array([expected[key] for key in sorted(expected)]), nan_ok=True
    )
    # The cases that the loops above are there for.
    assert any(math.isnan(row[3]) for row in expected.values()) and any(row[0] > row[1] for row in expected.values())
    assert len(set(trials.explode("scales")["scales"])) * 4 > len(expected) > 5


def test_fewer_than_five_tasks_are_no_effect():
    for n, n_rows in ((4, 0), (5, 1)):
        trials = pd.DataFrame(
            {
                "curve_id": range(n),
                "model_family": "A",
                "metric": "m",
                "task": [f"t{k}" for k in range(n)],
                "scales": [[1e9]] * n,
            }
        )
        measured = pd.DataFrame(
            {
                "curve_id": range(n),
                "p_chance": np.nan,
                "chance_bound": 0.0,
                "constant_answer": np.nan,
                "point_scores": [[1.0]] * n,
                "point_informations": [[2.0]] * n,
            }
        )
        assert len(effects_of(trials, measured, DEFAULTS)) == n_rows
