"""The scores that stand beside a published one, against plain draws of examples, one curve at a time."""

import numpy as np
import pytest
from jumpcheck.breaks import jump_sources, smooth_law
from jumpcheck.breaks.jump_sources import examples_to_resolve, improvement_scores, resampled_scores, scores_beside
from jumpcheck.breaks.smooth_law import Shares

SCALES = 10.0 ** np.arange(6, 18)


def score(y):
    """Improvement score of one curve, written from the definition."""
    steps = np.abs(np.diff(y))
    if np.ptp(y) == 0:
        return -np.inf
    sign = 1 if np.argmax(y) > np.argmin(y) else -1
    return sign * np.inf if np.median(steps) == 0 else sign * np.ptp(y) / np.sqrt(np.median(steps**2))


def shares_of(counts, n, chance=0.0):
    """Curves of these counts of right answers."""
    y = np.atleast_2d(counts) / n
    x = np.broadcast_to(np.log(SCALES[: y.shape[1]]), y.shape)
    return Shares(x, y, np.full(y.shape, float(n)), np.full((len(y), 1), chance))


def beside(shares, mean, threshold=22.0, scatter=0.0, seed=0, stream=None):
    one = np.ones(len(shares))
    published = np.array([score(y) for y in shares.y])
    stream = np.arange(len(shares)) if stream is None else stream
    return scores_beside(
        shares, np.broadcast_to(mean, shares.y.shape), scatter * one, published, threshold * one, stream, seed
    )


LINE = [105, 130, 160, 180, 215, 240, 255, 290, 310, 345, 360, 390]
TIED = [60, 60, 70, 70, 80, 80, 80, 90, 90, 100, 100, 111]
LATE = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 96]
FALL = LINE[::-1]


@pytest.mark.parametrize("counts", [LINE, TIED, FALL])
def test_the_interval_is_that_of_test_sets_of_other_examples(counts):
    """Of binomial draws around the published shares. 99 draws tell an end of it to a few per cent of probability."""
    n, rng = 805, np.random.default_rng(0)
    shares = shares_of(counts, n)
    drawn = np.array([score(rng.binomial(n, shares.y[0]) / n) for _ in range(20_000)])
    (row,) = beside(shares, shares.y[0]).itertuples()
    assert np.mean(drawn < row.score_low) <= 0.08 and np.mean(drawn > row.score_high) <= 0.08
    assert np.mean((drawn >= row.score_low) & (drawn <= row.score_high)) >= 0.9
    assert row.score_low < row.score_high


def test_ends_of_the_interval_are_draws_and_infinite_where_draws_are(monkeypatch):
    """With many draws the quantiles are those of the plain ones."""
    monkeypatch.setattr(jump_sources, "N_DRAWS", 5000)
    n, rng = 205, np.random.default_rng(1)
    shares = shares_of([LATE, [20, 41, 60, 83, 101, 124, 140, 150, 160, 170, 180, 190]], n)
    found = beside(shares, 0.5)
    assert found.loc[0, "score_high"] == np.inf
    drawn = np.array([score(rng.binomial(n, shares.y[1]) / n) for _ in range(20_000)])
    assert found.loc[1, "score_low"] == pytest.approx(np.quantile(drawn, 0.025), rel=0.05)
    assert found.loc[1, "score_high"] == pytest.approx(np.quantile(drawn, 0.975), rel=0.1)


def test_shares_of_nothing_and_of_all_stay_when_examples_are_drawn_anew():
    sets, rates = resampled_scores(shares_of([[0] * 6 + [205] * 6, [0] * 11 + [205]], 205))
    assert (sets == np.inf).all() and np.isfinite(rates).all()


@pytest.mark.parametrize("counts", [TIED, LATE, LINE])
def test_the_score_without_ties_is_that_of_what_the_rates_may_be(counts):
    """By draws of the posterior of every rate, beta with Jeffreys' prior: no two are equal, so that no score is infinite."""
    n, rng = 205 if counts is LATE else 805, np.random.default_rng(2)
    shares = shares_of(counts, n)
    k = np.array(counts)
    drawn = np.array([score(rng.beta(k + 0.5, n - k + 0.5)) for _ in range(20_000)])
    (row,) = beside(shares, 0.5).itertuples()
    assert np.isfinite(row.score_without_ties)
    assert np.quantile(drawn, 0.3) < row.score_without_ties < np.quantile(drawn, 0.7)


def test_the_score_of_the_law_is_that_of_its_values():
    x = np.log(SCALES)[None, :]
    laws = np.array([[0.5, -0.1, 0.2, 0.0], [0.5, 0.1, 0.0, 0.25]])
    shares = shares_of([LINE, LINE], 805)
    mean = smooth_law.law(np.repeat(x, 2, axis=0), laws)
    found = beside(shares, mean)["score_noise_free"]
    np.testing.assert_allclose(found, [score(y) for y in mean], rtol=1e-9)
    assert found[0] > 0 > found[1]
    assert beside(shares, 0.3)["score_noise_free"].tolist() == [-np.inf, -np.inf]  # a flat law shows no improvement


def accelerating(n_scales=12):
    """A law that rises late, of a score of 17: few examples tie its first scores."""
    x = np.linspace(-1, 1, n_scales)
    return np.exp(-np.exp(1.0 - 0.9 * x - 0.4 * x**2))


def median_score(mean, n, scatter, rng, n_draws=2000):
    """Median score of beta-binomial draws around a law; a flat one counts as above every threshold."""
    drawn = []
    for _ in range(n_draws):
        rates = mean if scatter == 0 else rng.beta(mean * (1 / scatter - 1), (1 - mean) * (1 / scatter - 1))
        y = rng.binomial(n, rates) / n
        drawn.append(np.inf if np.ptp(y) == 0 else score(y))
    return np.median(drawn)


@pytest.mark.parametrize("scatter", [0.0, 0.001])
@pytest.mark.parametrize("n", [20, 60])
def test_with_so_many_examples_a_curve_of_the_law_does_not_jump(n, scatter):
    """And with half as many it does: both by plain draws, at a threshold above the score of the law."""
    mean, rng = accelerating(), np.random.default_rng(3)
    threshold = 1.25 * score(mean)
    found = examples_to_resolve(mean, n, scatter, threshold, np.random.default_rng(4))
    assert found >= n and median_score(mean, 2 * found, scatter, rng) <= threshold
    assert found == n or median_score(mean, max(n, found // 2), scatter, rng) > threshold


def test_where_the_law_jumps_no_number_of_examples_helps():
    mean = accelerating()
    assert examples_to_resolve(mean, 50, 0.0, 0.8 * score(mean), np.random.default_rng(5)) is None


def test_examples_are_counted_for_jumps_alone_whose_law_does_not_jump():
    law = accelerating()
    shares = shares_of([LATE, TIED, LATE], 205)
    found = scores_beside(
        shares,
        np.array([law, law, law]),
        np.zeros(3),
        np.array([np.inf, 12.0, np.inf]),
        np.array([1.25 * score(law), 1.25 * score(law), 0.8 * score(law)]),
        np.arange(3),
        0,
    )
    assert found["n_resolve"].notna().tolist() == [True, False, False]


def test_draws_of_a_curve_do_not_depend_on_the_others():
    """Only on its number and the seed, whatever is beside it."""
    law, counts = accelerating(), [LATE, TIED, [k // 2 for k in LINE], LATE]
    shares, numbers = shares_of(counts, 205), np.array([7, -3, 2**62, 9])
    whole = beside(shares, law, 1.25 * score(law), stream=numbers)
    for k in range(4):
        alone = beside(shares.take([k]), law, 1.25 * score(law), stream=numbers[[k]])
        np.testing.assert_array_equal(alone.iloc[0], whole.iloc[k])
    other = beside(shares, law, 1.25 * score(law), seed=1, stream=numbers)
    assert (other["score_without_ties"] != whole["score_without_ties"]).all()


def test_scores_are_those_of_the_definition():
    rng = np.random.default_rng(6)
    y = rng.integers(0, 4, (500, 7)) / 4
    np.testing.assert_allclose(improvement_scores(y), [score(one) for one in y], rtol=1e-12)
