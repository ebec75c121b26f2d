"""Replicates: what scatters between runs of one model, against runs whose scatter is known."""

import numpy as np
import pandas as pd
import pytest
from builders import build
from jumpcheck.formats.wide import Tables
from jumpcheck.normalise import results
from result_files import RULES

SCALES = 10.0 ** np.arange(6, 12)
N = 500


def runs(scatter, rng, n_tasks=40, n_runs=5):
    """Right answers of runs whose rates have a beta distribution with this intra-class correlation."""
    p = np.broadcast_to(np.linspace(0.2, 0.8, len(SCALES)), (n_tasks, n_runs, len(SCALES)))
    rates = rng.beta(p * (1 / scatter - 1), (1 - p) * (1 / scatter - 1)) if scatter else p
    shares = rng.binomial(N, rates) / N
    task, run, scale = (index.ravel() for index in np.indices(shares.shape))
    frame = pd.DataFrame({"task": task, "seed": run, "n_parameters": SCALES[scale], "score": shares.ravel()})
    frame["task"], frame["model"] = frame["task"].map("task {}".format), frame["n_parameters"].map("{:g}".format)
    return frame.assign(family="F", metric="acc", n_examples=N, chance=0.0)


@pytest.mark.parametrize("scatter", [0.0, 0.01, 0.05])
def test_scatter_between_runs_is_recovered(tmp_path, scatter):
    runs(scatter, np.random.default_rng(3)).to_csv(tmp_path / "t.csv", index=False)
    with build(results.normalise(tmp_path, RULES, tables=Tables())) as con:
        ((metric, family, n_numbers, n_runs, found, _),) = con.execute("from run_scatter").fetchall()
    assert (metric, family, n_numbers, n_runs) == ("acc", "F", 240, 1200)
    # The standard error of a variance of 240 x 4 degrees of freedom is 5 % of it.
    assert found == pytest.approx(scatter, abs=3 * 0.05 * (scatter + 1 / N))
