"""The closed forms against simulation, SciPy and what is known; the metrics on sequences against second libraries."""

import math
import random

import nltk
import numpy as np
import pytest
from jumpcheck.theory import scaling, sequences
from rapidfuzz.distance import LCSseq
from scipy.stats import binom

N = np.logspace(6, 12, 13)
P = scaling.token_probability(N)


def within_four_errors(estimate, exact, deviation, n):
    """Estimates of a mean of n draws with a standard deviation; exact where the deviation is 0."""
    error = 4 * np.asarray(deviation) / math.sqrt(n)
    assert np.all(np.abs(estimate - exact) <= error + 1e-12), (estimate, exact, error)


def test_cross_entropy_is_a_power_law():
    assert scaling.cross_entropy(3e8, 3e8, -0.3) == 1
    assert scaling.cross_entropy(3e9, 3e8, -1) == pytest.approx(0.1)
    slopes = np.diff(np.log(scaling.cross_entropy(N, 1e9, -0.07))) / np.diff(np.log(N))
    np.testing.assert_allclose(slopes, -0.07)
    for bad in ((0, 1, -1), (1, 0, -1), (1, 1, 0)):
        with pytest.raises(ValueError, match="alpha < 0"):
            scaling.cross_entropy(*bad)


def test_shapes_broadcast():
    assert scaling.accuracy(N[:, None], np.arange(1, 6)).shape == (13, 5)
    assert scaling.at_least_k(N[:, None, None], 5, np.arange(1, 6)[:, None], 1e9, [-0.1, -0.2]).shape == (13, 5, 2)


def test_one_token_is_the_probability_itself():
    np.testing.assert_allclose(scaling.accuracy(N, 1), np.exp(-scaling.cross_entropy(N)), rtol=1e-15)


@pytest.mark.parametrize("length", [1, 2, 5, 20])
def test_accuracy_and_distance_against_simulation(length):
    n = 20_000
    exact = scaling.accuracy(N, length)
    rng = np.random.default_rng(length)
    within_four_errors(scaling.sample_accuracy(P, n, length, rng), exact, np.sqrt(exact * (1 - exact)) + 1e-3, n)
    distance = scaling.token_edit_distance(N, length)
    deviation = np.sqrt(length * P * (1 - P)) + 1e-3
    within_four_errors(scaling.sample_token_edit_distance(P, n, length, rng), distance, deviation, n)


@pytest.mark.parametrize("k", [1, 2, 4, 5])
def test_at_least_k(k):
    exact = scaling.at_least_k(N, 5, k)
    np.testing.assert_allclose(exact, [sum(binom.pmf(j, 5, p) for j in range(k, 6)) for p in P], rtol=1e-9, atol=1e-15)
    estimate = (scaling.sample_tokens(P, 20_000, 5, np.random.default_rng(k)).sum(axis=-1) >= k).mean(axis=-1)
    within_four_errors(estimate, exact, np.sqrt(exact * (1 - exact)) + 1e-3, 20_000)
    if k == 5:
        np.testing.assert_allclose(exact, scaling.accuracy(N, 5), rtol=1e-12)
    if k == 1:
        np.testing.assert_allclose(exact, 1 - (1 - P) ** 5, rtol=1e-12)


@pytest.mark.parametrize("n_options", [2, 3, 4, 10])
def test_multiple_choice_against_simulation(n_options):
    n = 20_000
    grade, brier = scaling.sample_multiple_choice(P, n, n_options, np.random.default_rng(n_options))
    exact = scaling.multiple_choice_accuracy(N, n_options)
    within_four_errors(grade, exact, np.sqrt(exact * (1 - exact)) + 1e-3, n)
    within_four_errors(brier, scaling.brier_score(N, n_options), 0.5 * (1 - P) ** 2 + 1e-9, n)
    if n_options == 2:
        np.testing.assert_array_equal(exact, scaling.multiple_choice_grade(N, 2))
    # Beyond one half the correct option wins however the rest is spread; the paper's step is at 1/O.
    assert np.all(exact[P > 0.5] == 1) and np.all(scaling.multiple_choice_grade(N, n_options)[1 / n_options < P] == 1)


def test_multiple_choice_at_the_ends():
    for n_options in (2, 3, 10, 30):
        p = [0, 1e-300, 1 / n_options / 2, 0.500001, 1 - 1e-16, 1]
        assert scaling.multiple_choice_accuracy_of(p, n_options).tolist() == [0, 0, 0, 1, 1, 1]


def test_a_finite_test_set_knows_multiples_of_one_over_n():
    share = scaling.sample_accuracy(P, 7, 2, np.random.default_rng(0))
    np.testing.assert_allclose(share * 7, np.round(share * 7), atol=1e-12)


def test_masses_sum_to_one():
    np.testing.assert_allclose(scaling.sample_masses(P, 50, 5, np.random.default_rng(0)).sum(axis=-1), 1)


def garbled(rng, target, error):
    """The target with each token replaced by a foreign one with probability `error`, and the number replaced."""
    output = [f"x{k}" if rng.random() < error else token for k, token in enumerate(target)]
    return output, sum(a != b for a, b in zip(target, output, strict=True))


def test_edit_distance_against_a_second_library():
    rng = random.Random(1)
    for _ in range(1000):
        a, b = ([rng.choice("abcdef") for _ in range(rng.randint(0, 12))] for _ in range(2))
        distance = sequences.token_edit_distance(a, b)
        assert distance == nltk.edit_distance(a, b)
        assert distance >= max(len(a), len(b)) - LCSseq.similarity(a, b)


def test_edit_distance_is_the_number_of_wrong_tokens_where_they_are_foreign():
    rng = random.Random(2)
    length, error, distances = 20, 0.02, []
    for _ in range(2000):
        target = [f"t{rng.randint(0, 99)}" for _ in range(length)]
        output, n_wrong = garbled(rng, target, error)
        distances.append(sequences.token_edit_distance(target, output))
        assert distances[-1] == n_wrong
    within_four_errors(np.mean(distances), length * error, math.sqrt(length * error * (1 - error)), 2000)


def test_a_shift_is_less_far_than_its_wrong_places():
    """Counted place by place all five tokens are wrong; one deletion and one insertion mend them."""
    assert sequences.token_edit_distance("12345", "23451") == 2
    assert not sequences.at_least_k("12345", "23451", 1)


def test_rouge_l_sum_of_one_sentence_against_a_second_library():
    rng = random.Random(3)
    for _ in range(1000):
        a, b = ([rng.choice("abcdefgh") for _ in range(rng.randint(1, 15))] for _ in range(2))
        common = LCSseq.similarity(a, b)
        assert sequences.rouge_l_sum([a], [b]) == pytest.approx(2 * common / (len(a) + len(b)), abs=1e-12)


def test_rouge_l_sum_takes_the_union_over_sentences():
    # Lin 2004, section 3.2: the union of w1 w2 and w1 w3 w5 covers 4 of the 5 words of the reference.
    score = sequences.rouge_l_sum(
        [["w1", "w2", "w3", "w4", "w5"]], [["w1", "w2", "w6", "w7", "w8"], ["w1", "w3", "w8", "w9", "w5"]]
    )
    recall, precision = 4 / 5, 4 / 10
    assert score == pytest.approx(2 * recall * precision / (recall + precision))


def test_exact_match_and_at_least_k():
    assert sequences.exact_match([1, 2], (1, 2)) and not sequences.exact_match([1, 2], [1, 2, 3])
    assert [sequences.at_least_k("abcde", "abxyz", k) for k in range(5)] == [True, True, True, False, False]
