"""Models ordered by their pretraining loss: a threshold in it shows on that axis, and not by parameters."""

import numpy as np
import pandas as pd
import pytest
from builders import build, known_rules
from jumpcheck.base.errors import InputError
from jumpcheck.normalise import results

N_MODELS, THRESHOLD = 12, 2.35


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """40 tasks; the loss of a model follows from its size and its tokens, and below THRESHOLD each third task is better."""
    rng = np.random.default_rng(1)
    parameters = np.geomspace(1e7, 1e10, N_MODELS)
    # Small models are trained longer and longer, so that sizes and losses have another order.
    tokens = 1e10 * rng.permutation(np.geomspace(1, 300, N_MODELS))
    loss = 1.69 + 406 * parameters**-0.34 + 411 * tokens**-0.28
    rows = []
    for k in range(40):
        eta = rng.normal(0.2, 0.3) + rng.uniform(0.5, 1.0) * (loss - loss.mean())
        eta = eta - 2.0 * ((loss < THRESHOLD) & (k % 3 == 0))
        score = rng.binomial(1000, np.exp(-np.exp(eta))) / 1000
        rows += [
            (f"task {k}", f"m{i}", "F", "acc", score[i], 1000, 0.0, parameters[i], tokens[i], loss[i], True)
            for i in range(N_MODELS)
        ]
    columns = ["task", "model", "model_family", "metric", "score", "n_examples", "chance", "n_parameters", "training_tokens"]
    frame = pd.DataFrame(rows, columns=[*columns, "loss", "higher_is_better"])
    place = tmp_path_factory.mktemp("loss")
    frame.to_csv(place / "results.csv", index=False)
    return place, loss


def breaks(place, scale_by):
    con = build(results.normalise(place, known_rules(), scale_by, 1))
    return con.execute("select * from breaks order by task").df(), con


@pytest.mark.slow
def test_a_threshold_in_the_loss_is_found_on_that_axis(folder):
    place, loss = folder
    by_loss, con = breaks(place, "loss")
    basis = con.execute("select distinct scale_basis from models").fetchall()
    scales = [row[0] for row in con.execute("select scale from models order by scale").fetchall()]
    assert basis == [("exp(-loss)",)] and scales == pytest.approx(np.sort(np.exp(-loss)))
    planted = by_loss["task"].str.split().str[1].astype(int) % 3 == 0
    assert (by_loss.loc[planted, "verdict"] == "break").mean() > 0.8
    assert (by_loss.loc[~planted, "verdict"] == "break").mean() < 0.1
    first = np.exp(-loss[loss < THRESHOLD].max())
    found = by_loss[planted & (by_loss["verdict"] == "break")]
    assert np.isclose(found["break_scale"], first).mean() > 0.8
    by_parameters, _ = breaks(place, "parameters")
    assert (by_parameters.loc[planted, "verdict"] == "break").mean() < 0.3


def test_a_model_without_a_loss_is_named(tmp_path):
    pd.DataFrame({"task": ["a"], "model": ["m"], "model_family": ["F"], "metric": ["acc"], "score": [0.5]}).to_csv(
        tmp_path / "r.csv", index=False
    )
    with pytest.raises(InputError, match="neither the file nor a rule says the pretraining loss of 'm'"):
        results.normalise(tmp_path, known_rules(), "loss", 1)
