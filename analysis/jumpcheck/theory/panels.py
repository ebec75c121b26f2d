"""The numbers of the figures that need no data: the paper's figures 2 and 9 and its three causes of apparent jumps.

Every function returns a long frame, one row per drawn point, the same in every run.
"""

from __future__ import annotations

import random

import numpy as np
import pandas as pd

from jumpcheck.theory import scaling
from jumpcheck.theory.sequences import rouge_l_sum
from jumpcheck.theory.world import FAMILIES

C, ALPHA = 3e8, -0.3
"""Constants of the power law in the figures: a loss of 1 nat per token at 3 * 10^8 parameters."""
LENGTHS = (1, 2, 4, 8, 16)
OPTIONS = (2, 4, 10)
N_EXAMPLES = 100
SCALES = np.array(list(FAMILIES["BIG-G T=0"].values()))
"""The 12 scales of BIG-G."""
GRID = np.logspace(6.3, 11.3, 200)
SEED = 20230428


def _rows(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def six_panels() -> pd.DataFrame:
    """Figure 2: panel, series, n_parameters, exact, sampled (over N_EXAMPLES examples, at the scales of BIG-G only).

    Panels: A cross entropy, B token probability, C accuracy, D multiple-choice grade, E token edit distance, F Brier
    score. In D and F the rest of the mass is spread at random; the paper's step at 1/O is series "O = 4, even".
    """
    rng = np.random.default_rng(SEED)
    x = np.concatenate([GRID, SCALES])
    is_model = np.arange(len(x)) >= len(GRID)
    p = scaling.token_probability(x, C, ALPHA)
    frames = []

    def add(panel: str, series: str, exact: np.ndarray, sampled: np.ndarray | None = None) -> None:
        drawn = np.full(len(x), np.nan)
        if sampled is not None:
            drawn[is_model] = sampled
        frames.append(_rows(panel=panel, series=series, n_parameters=x, exact=exact, sampled=drawn))

    add("A", "cross entropy", scaling.cross_entropy(x, C, ALPHA))
    add("B", "one token", p, scaling.sample_accuracy(p[is_model], N_EXAMPLES, 1, rng))
    for length in LENGTHS:
        sampled = scaling.sample_accuracy(p[is_model], N_EXAMPLES, length, rng)
        add("C", f"L = {length}", scaling.accuracy(x, length, C, ALPHA), sampled)
        sampled = scaling.sample_token_edit_distance(p[is_model], N_EXAMPLES, length, rng)
        add("E", f"L = {length}", scaling.token_edit_distance(x, length, C, ALPHA), sampled)
    for n_options in OPTIONS:
        grade, brier = scaling.sample_multiple_choice(p[is_model], N_EXAMPLES, n_options, rng)
        add("D", f"O = {n_options}", scaling.multiple_choice_accuracy(x, n_options, C, ALPHA), grade)
        add("F", f"O = {n_options}", scaling.brier_score(x, n_options, C, ALPHA), brier)
    add("D", "O = 4, even", scaling.multiple_choice_grade(x, 4, C, ALPHA))
    return pd.concat(frames, ignore_index=True)


def at_least_k(length: int = 8) -> pd.DataFrame:
    """Probability of at least k of L right tokens: n_parameters, k, length, exact."""
    frames = [
        _rows(n_parameters=GRID, k=k, length=length, exact=scaling.at_least_k(GRID, length, k, C, ALPHA))
        for k in range(1, length + 1)
    ]
    return pd.concat(frames, ignore_index=True)


def exact_curve(length: int = 8) -> pd.DataFrame:
    """Exact match of L tokens against scale: n_parameters, exact."""
    rows = at_least_k(length)
    return rows.loc[rows["k"] == length, ["n_parameters", "exact"]]


def test_set_size(length: int = 8) -> pd.DataFrame:
    """One curve of exact match seen with more and more examples: n_examples, n_parameters, exact, sampled."""
    rng = np.random.default_rng(SEED)
    p = scaling.token_probability(SCALES, C, ALPHA)
    exact = scaling.accuracy(SCALES, length, C, ALPHA)
    # The number of right answers is binomial; drawing it directly is drawing every answer.
    return pd.concat(
        [
            _rows(n_examples=n, n_parameters=SCALES, exact=exact, sampled=rng.binomial(n, p**length) / n)
            for n in (10, 100, 1_000, 100_000)
        ],
        ignore_index=True,
    )


def sampling(length: int = 8) -> pd.DataFrame:
    """The same exact curve at 12, 6 and 3 of the scales, evenly chosen and with both ends: n_scales, n_parameters, exact."""
    chosen = {n: np.round(np.linspace(0, len(SCALES) - 1, n)).astype(int) for n in (12, 6, 3)}
    return pd.concat(
        [
            _rows(n_scales=n, n_parameters=SCALES[k], exact=scaling.accuracy(SCALES[k], length, C, ALPHA))
            for n, k in chosen.items()
        ],
        ignore_index=True,
    )


def rouge_against_error(n_texts: int = 25, n_sentences: int = 4, n_words: int = 12) -> pd.DataFrame:
    """Figure 9: ROUGE-L-Sum of simulated texts against the error per token: series, error, score, score_low, score_high.

    A word of T tokens is right if all its tokens are; a wrong word does not occur in the target. "independent" errors do
    not affect other words; after a "cascading" error no word is right. The interval is a 95 % interval of the mean.
    """
    errors = np.concatenate([[0, 0.005, 0.01], np.arange(0.02, 0.2, 0.02), np.arange(0.2, 1.01, 0.1)])
    rows = []
    for tokens, cascading in ((1, False), (2, False), (4, False), (1, True)):
        series = "cascading errors" if cascading else f"independent errors, {tokens} token{'s' * (tokens > 1)} per word"
        for error in errors:
            rng = random.Random(f"{SEED}/{series}/{error:.3f}")
            scores = []
            for _ in range(n_texts):
                target = [[f"w{rng.randrange(1000)}" for _ in range(n_words)] for _ in range(n_sentences)]
                wrong, output = False, []
                for sentence in target:
                    words = []
                    for word in sentence:
                        failed = any(rng.random() < error for _ in range(tokens))
                        wrong = failed or (cascading and wrong)
                        words.append(f"x{rng.randrange(1000)}" if wrong else word)
                    output.append(words)
                scores.append(rouge_l_sum(target, output))
            mean, half_width = np.mean(scores), 1.96 * np.std(scores, ddof=1) / np.sqrt(n_texts)
            rows.append((series, float(error), mean, max(0.0, mean - half_width), min(1.0, mean + half_width)))
    return pd.DataFrame(rows, columns=["series", "error", "score", "score_low", "score_high"])
