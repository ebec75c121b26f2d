"""The paper's scaling law: smooth per-token loss seen through different metrics.

Source: Schaeffer, Miranda, Koyejo 2023 (arXiv 2304.15004), section 2 and figure 2. The per-token cross entropy falls as a
power law in the number of parameters N, with c > 0 and alpha < 0:

    CE(N) = (N / c)^alpha  [nats per token]        p(N) = exp(-CE(N))  [probability that one token is right]

All functions take N as a number or an array of any shape, broadcast it against their other arguments, and return an array
of the broadcast shape. `sample_*` draw the same quantities over a finite test set: one independent draw per example, so
that a share is known to 1/n_examples only.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom


def cross_entropy(n_parameters: ArrayLike, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3) -> np.ndarray:
    """Per-token cross entropy (N/c)^alpha in nats.

    Raises ValueError unless N > 0, c > 0 and alpha < 0.
    """
    n_parameters, c, alpha = np.asarray(n_parameters, float), np.asarray(c, float), np.asarray(alpha, float)
    if not (np.all(n_parameters > 0) and np.all(c > 0) and np.all(alpha < 0)):
        raise ValueError("the power law needs n_parameters > 0, c > 0 and alpha < 0")
    return (n_parameters / c) ** alpha


def token_probability(n_parameters: ArrayLike, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3) -> np.ndarray:
    """Probability exp(-CE(N)) that one token is right, in [0, 1]."""
    return np.exp(-cross_entropy(n_parameters, c, alpha))


def accuracy(n_parameters: ArrayLike, length: ArrayLike, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3) -> np.ndarray:
    """Exact match of `length` independent tokens: p^L = exp(-L CE(N)), in [0, 1]. With L = 1 it is p itself."""
    return token_probability(n_parameters, c, alpha) ** np.asarray(length)


def token_edit_distance(
    n_parameters: ArrayLike, length: ArrayLike, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3
) -> np.ndarray:
    """Expected number of wrong tokens L (1 - p), in tokens: the edit distance where no wrong token occurs in the target."""
    return np.asarray(length) * (1 - token_probability(n_parameters, c, alpha))


def at_least_k(
    n_parameters: ArrayLike, length: ArrayLike, k: ArrayLike, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3
) -> np.ndarray:
    """Probability that at least k of L independent tokens are right: a binomial tail. k = L is `accuracy`."""
    return binom.sf(np.asarray(k) - 1, length, token_probability(n_parameters, c, alpha))


def multiple_choice_grade(
    n_parameters: ArrayLike, n_options: int, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3
) -> np.ndarray:
    """1 where the correct option has the largest mass, else 0, the rest of the mass being spread evenly: a step at 1/O."""
    return (token_probability(n_parameters, c, alpha) > 1 / n_options).astype(float)


def multiple_choice_accuracy(
    n_parameters: ArrayLike, n_options: int, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3
) -> np.ndarray:
    """Probability that the correct option has the largest mass, the rest of the mass being spread at random."""
    return multiple_choice_accuracy_of(token_probability(n_parameters, c, alpha), n_options)


def multiple_choice_accuracy_of(p: ArrayLike, n_options: int) -> np.ndarray:
    """The same as a function of the mass p on the correct option.

    The O - 1 wrong options share 1 - p as a flat Dirichlet variable does. With m = O - 1 and x = p / (1 - p) the largest
    of m uniform spacings is below x with probability sum_j (-1)^j C(m, j) max(0, 1 - j x)^(m - 1).
    """
    p = np.asarray(p, float)
    m = n_options - 1
    if m == 1:
        return (p > 0.5).astype(float)
    # Beyond one half the correct option always wins, and up to 1/O it never does: there the sum would only add errors.
    inside = np.clip(p, 1 / n_options, 0.5)
    x = inside / (1 - inside)
    terms = [(-1) ** j * math.comb(m, j) * np.maximum(0, 1 - j * x) ** (m - 1) for j in range(m + 1)]
    return np.where(p <= 1 / n_options, 0.0, np.where(p > 0.5, 1.0, np.clip(np.sum(terms, axis=0), 0, 1)))


def brier_score(n_parameters: ArrayLike, n_options: int, c: ArrayLike = 3e8, alpha: ArrayLike = -0.3) -> np.ndarray:
    """Mean over the O options of (mass - target)^2, the wrong mass being spread at random as above.

        ((1 - p)^2 + (1 - p)^2 * 2 / O) / O        since the expected sum of squares of m flat Dirichlet shares is 2/(m + 1)

    In [0, 1]; lower is better.
    """
    wrong = 1 - token_probability(n_parameters, c, alpha)
    return wrong**2 * (1 + 2 / n_options) / n_options


def sample_tokens(p: ArrayLike, n_examples: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Right (true) or wrong for each token of `n_examples` answers: shape (*p.shape, n_examples, length)."""
    p = np.asarray(p, float)
    return rng.random((*p.shape, n_examples, length), dtype=np.float32) < p[..., None, None]


def sample_masses(p: ArrayLike, n_examples: int, n_options: int, rng: np.random.Generator) -> np.ndarray:
    """Mass of every option, the correct one first: shape (*p.shape, n_examples, n_options).

    The correct option has p, the others share the rest as a flat Dirichlet variable does.
    """
    p = np.asarray(p, float)
    rest = rng.standard_exponential((*p.shape, n_examples, n_options - 1))
    rest *= ((1 - p) / np.ones_like(p))[..., None, None] / rest.sum(axis=-1, keepdims=True)
    correct = np.broadcast_to(p[..., None, None], (*p.shape, n_examples, 1))
    return np.concatenate([correct, rest], axis=-1)


def sample_accuracy(p: ArrayLike, n_examples: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Share of `n_examples` answers with all tokens right: a multiple of 1/n_examples, shape of p."""
    return sample_tokens(p, n_examples, length, rng).all(axis=-1).mean(axis=-1)


def sample_token_edit_distance(p: ArrayLike, n_examples: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Mean number of wrong tokens, in tokens."""
    return length - sample_tokens(p, n_examples, length, rng).sum(axis=-1).mean(axis=-1)


def sample_multiple_choice(
    p: ArrayLike, n_examples: int, n_options: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(multiple-choice grade, Brier score) of the same outcomes, each the mean over `n_examples`."""
    masses = sample_masses(p, n_examples, n_options, rng)
    grade = (masses[..., 0] > masses[..., 1:].max(axis=-1)).mean(axis=-1)
    squares = (masses[..., 1:] ** 2).sum(axis=-1) + (1 - masses[..., 0]) ** 2
    return grade, squares.mean(axis=-1) / n_options
