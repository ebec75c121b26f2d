"""The numbers of the figures that need no data."""

import numpy as np
import pytest
from jumpcheck.theory import panels, scaling


def test_six_panels():
    frame = panels.six_panels()
    assert sorted(frame["panel"].unique()) == list("ABCDEF")
    c = frame[frame["panel"] == "C"]
    for length in panels.LENGTHS:
        rows = c[c["series"] == f"L = {length}"]
        p = np.exp(-((rows["n_parameters"] / panels.C) ** panels.ALPHA))
        np.testing.assert_allclose(rows["exact"], p**length, rtol=1e-12)
        sampled = rows["sampled"].dropna()
        assert len(sampled) == 12
        np.testing.assert_allclose(sampled * panels.N_EXAMPLES, np.round(sampled * panels.N_EXAMPLES), atol=1e-9)
    step = frame[frame["series"] == "O = 4, even"]["exact"]
    assert set(step) == {0.0, 1.0}


def test_from_smooth_to_sharp():
    frame = panels.at_least_k(5)
    for k, rows in frame.groupby("k"):
        np.testing.assert_allclose(rows["exact"], scaling.at_least_k(rows["n_parameters"], 5, k, panels.C, panels.ALPHA))
    assert frame.groupby("n_parameters")["exact"].is_monotonic_decreasing.all()


def test_resolution_is_one_over_n():
    for n, rows in panels.test_set_size().groupby("n_examples"):
        np.testing.assert_allclose(rows["sampled"] * n, np.round(rows["sampled"] * n), atol=1e-6)
        assert len(rows) == 12
    largest = panels.test_set_size().query("n_examples == 100000")
    error = 4 * np.sqrt(largest["exact"] * (1 - largest["exact"]) / 100_000)
    assert ((largest["sampled"] - largest["exact"]).abs() <= error + 1e-5).all()


def test_sampling_keeps_both_ends():
    for n, rows in panels.sampling().groupby("n_scales"):
        assert len(rows) == n
        assert rows["n_parameters"].min() == panels.SCALES.min() and rows["n_parameters"].max() == panels.SCALES.max()


def test_rouge_falls_as_independent_errors_say():
    """With foreign wrong words the score is the share of right words, (1 - e)^T, and cascading errors fall faster."""
    frame = panels.rouge_against_error(n_texts=20)
    for tokens in (1, 2, 4):
        rows = frame[frame["series"].str.startswith(f"independent errors, {tokens} ")]
        np.testing.assert_allclose(rows["score"], (1 - rows["error"]) ** tokens, atol=0.06)
    assert frame[frame["error"] == 0]["score"].tolist() == pytest.approx([1] * 4)
    at = frame[frame["error"] == 0.1].set_index("series")["score"]
    assert at["cascading errors"] < at.drop("cascading errors").min()
