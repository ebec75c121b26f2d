"""Random numbers of single curves, and what is drawn with them.

What is random is drawn from a stream of its own for every curve, seeded by a hash of the curve's key: results do not depend
on the other curves of the run, on their order or on the number of processes.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from analysis.normalise.schema import CURVE_KEY

SCATTER, SHARP, RESOLVE = 1, 2, 3
"""Purposes of a stream."""


def streams(keys: pd.DataFrame, seed: int) -> np.ndarray:
    """Seeds of the curves' random streams, shape (n_curves, 2) of uint64: a hash of the key of each, and of `seed`."""
    columns = [keys[name].astype(object).where(keys[name].notna(), None) for name in CURVE_KEY]
    columns[CURVE_KEY.index("shots")] = [
        None if shots is None else int(shots) for shots in columns[CURVE_KEY.index("shots")]
    ]
    texts = (json.dumps([seed, *row]) for row in zip(*columns, strict=True))
    digests = b"".join(hashlib.sha256(text.encode()).digest()[:16] for text in texts)
    return np.frombuffer(digests, "<u8").reshape(-1, 2)


def generator(stream: np.ndarray, purpose: int) -> np.random.Generator:
    """The random numbers of one curve for one purpose."""
    return np.random.Generator(np.random.SFC64([purpose, *(int(word) for word in stream)]))


def rates(mean: np.ndarray, rho: np.ndarray, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Success rates around `mean` with intra-class correlation `rho`: beta, or the mean itself where rho is 0."""
    certain = (mean < 1e-12) | (mean > 1 - 1e-12) | (rho <= 0)
    weight = np.where(rho > 0, (1 - rho) / np.where(rho > 0, rho, 1), 1.0)
    inside = np.where(certain, 0.5, mean)
    return np.where(certain, mean, rng.beta(inside * weight, (1 - inside) * weight, size))


def point_rho(rho: np.ndarray, n_examples: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Intra-class correlation of a point of n answers with the dispersion of one of n_examples.

    Where m models of one scale are averaged, n = m n_examples: they scatter independently, and the dispersion of their
    mean is that of each.
    """
    return np.where(n > 1, np.minimum(rho * (n_examples - 1) / np.maximum(n - 1, 1), 1 - 1e-9), 0.0)
