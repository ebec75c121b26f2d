"""Small transformers on 2-digit multiplication and 4-digit addition (the paper's figures 3 and 4, with models of our own).

One model learns both. A prompt is two operands, padded with zeros to 4 digits, around + or *; the target is the result
without leading zeros, last digit first, and an end mark. Operands have 1 to 4 digits in additions and 1 to 2 in
multiplications, so that targets have 1 to 5 digits. A fifth of all pairs of operands, by a hash, is never trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from jumpcheck.experiments.training import Job
from jumpcheck.experiments.transformer import LanguageModel
from jumpcheck.formats import answers

TASKS = {"4-digit addition": ("+", 4), "2-digit multiplication": ("*", 2)}
PLUS, TIMES, EQUALS, END = 10, 11, 12, 13
N_TOKENS = 14
PROMPT, ANSWER = 10, 6
"""Tokens: two operands of 4, operator and equals sign; 5 digits and an end mark."""
WIDTHS = {
    "full": (2, 4, 6, 8, 12, 16, 32, 64, 128),
    "quick": (2, 4, 8, 16, 32, 48, 64),
    "smoke": (2, 4, 8, 12, 16),
}
N_STEPS = {"full": 2500, "quick": 250, "smoke": 15}
SEEDS = {"full": 3, "quick": 2, "smoke": 2}
N_TEST = {"full": 100_000, "quick": 5_000, "smoke": 500}
BATCH = {"full": 256, "quick": 256, "smoke": 64}
TEST_SHARE = 5
"""One of so many pairs of operands is for testing."""


def is_test(operation: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether a pair of operands is held out: by a hash of the pair and the operation."""
    word = (a.astype(np.uint64) << np.uint64(20)) ^ (b.astype(np.uint64) << np.uint64(2)) ^ operation.astype(np.uint64)
    with np.errstate(over="ignore"):
        word = (word ^ (word >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (word >> np.uint64(32)) % np.uint64(TEST_SHARE) == 0


def results(operation: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sums where `operation` is 0, products where it is 1."""
    return np.where(operation == 0, a + b, a * b)


def tokens(operation: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(sequences of PROMPT + ANSWER tokens, lengths of the targets in digits) of many problems."""
    powers = 10 ** np.arange(3, -1, -1)
    value = results(operation, a, b)
    length = np.maximum(1, np.floor(np.log10(np.maximum(value, 1) + 0.5)).astype(np.int64) + 1)
    place = np.arange(ANSWER)
    digits = value[:, None] // 10**place % 10
    parts = [
        a[:, None] // powers % 10,
        np.where(operation == 0, PLUS, TIMES)[:, None],
        b[:, None] // powers % 10,
        np.full((len(a), 1), EQUALS),
        np.where(place < length[:, None], digits, END),
    ]
    return np.concatenate(parts, axis=1), length


def _operands(operation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One operand per problem: first its number of digits is drawn, uniformly, then a number with so many digits."""
    n_digits = rng.integers(1, np.where(operation == 0, 4, 2) + 1)
    low = np.where(n_digits == 1, 0, 10 ** (n_digits - 1))
    return rng.integers(low, 10**n_digits)


def training_batch(n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` problems to train on, as sequences of tokens."""
    operation = rng.integers(0, 2, 2 * n)
    a, b = _operands(operation, rng), _operands(operation, rng)
    keep = np.flatnonzero(~is_test(operation, a, b))[:n]
    return tokens(operation[keep], a[keep], b[keep])[0]


def held_out_problems(operation: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Operands (a, b) of at most `n` different held-out problems, spread over the lengths of their targets."""
    if operation == 1:
        a, b = (values.ravel() for values in np.meshgrid(np.arange(100), np.arange(100)))
    else:
        rng = np.random.default_rng([20230428, operation])
        large = rng.integers(0, 10_000, (2, 60 * n))
        small = np.stack([values.ravel() for values in np.meshgrid(np.arange(100), np.arange(100))])
        middle = rng.integers(0, 1000, (2, 20 * n))
        a, b = np.concatenate([small, middle, large], axis=1)
    operations = np.full(len(a), operation)
    keep = is_test(operations, a, b)
    pairs = np.unique(np.stack([a[keep], b[keep]]), axis=1)
    rng = np.random.default_rng([19540607, operation])
    pairs = pairs[:, rng.permutation(pairs.shape[1])]
    _, length = tokens(np.full(pairs.shape[1], operation), *pairs)
    # The same number of every length; where a length has too few problems, more of the others.
    rank = pd.Series(length).groupby(length).cumcount().to_numpy()
    chosen = np.sort(np.lexsort((length, rank))[:n])
    return pairs[0, chosen], pairs[1, chosen]


@torch.no_grad()
def answer(model: LanguageModel, sequences: np.ndarray, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """(greedy answers, shape (n, ANSWER); log probability of every token of the target, shape (n, ANSWER)).

    One pass with the target as input shows which greedy answers are right: those of which every token is. Only the
    others are generated token by token.
    """
    answers_found, log_probabilities = [], []
    for start in range(0, len(sequences), 4096):
        part = torch.from_numpy(sequences[start : start + 4096]).to(device)
        log_p = functional.log_softmax(model(part[:, :-1])[:, PROMPT - 1 :], dim=-1)
        target = part[:, PROMPT:]
        log_probabilities.append(log_p.gather(2, target[:, :, None])[:, :, 0].cpu().numpy())
        greedy = log_p.argmax(dim=-1)
        first_wrong = (greedy != target).int().argmax(dim=1)
        wrong = (greedy != target).any(dim=1)
        rows, generated = wrong.nonzero()[:, 0], part[wrong].clone()
        for place in range(ANSWER):
            # Up to the first wrong token the answer is the target.
            if not len(rows) or not (first_wrong[rows] <= place).any():
                continue
            generated[:, PROMPT + place] = model(generated[:, : PROMPT + place])[:, -1].argmax(dim=-1)
        answers_here = target.clone()
        answers_here[rows] = generated[:, PROMPT:]
        answers_found.append(answers_here.cpu().numpy())
    return np.concatenate(answers_found), np.concatenate(log_probabilities)


def texts(digits: np.ndarray) -> list[str]:
    """Answers as texts, first digit first: the tokens before the first that is no digit, in reverse order."""
    end = np.where((digits > 9).any(axis=1), (digits > 9).argmax(axis=1), digits.shape[1])
    return ["".join(map(str, row[:k][::-1])) for row, k in zip(digits.tolist(), end.tolist(), strict=True)]


@dataclass(frozen=True)
class Arithmetic:
    """The experiment, in one of the modes full, quick and smoke."""

    mode: str
    name: str = "arithmetic"

    def data_digest(self) -> str:
        """Settings of the data, which this module makes."""
        return f"{self.mode} {N_TEST[self.mode]} {TEST_SHARE}"

    def jobs(self, seed: int) -> list[Job]:
        """Every width with every seed."""
        return [
            Job(f"width {width}", seed + repeat, width, N_STEPS[self.mode], BATCH[self.mode], 3e-3 if width < 128 else 2e-3)
            for repeat in range(SEEDS[self.mode])
            for width in WIDTHS[self.mode]
        ]

    def build(self, job: Job) -> LanguageModel:
        """A decoder of two layers."""
        return LanguageModel(N_TOKENS, job.size, PROMPT + ANSWER - 1)

    def loss(self, model: torch.nn.Module, job: Job, rng: np.random.Generator, device: torch.device) -> torch.Tensor:
        """Cross entropy of the answer's tokens."""
        batch = torch.from_numpy(training_batch(job.batch_size, rng)).to(device)
        scores = model(batch[:, :-1])[:, PROMPT - 1 :]
        return functional.cross_entropy(scores.reshape(-1, N_TOKENS), batch[:, PROMPT:].reshape(-1))

    def evaluate(self, model: torch.nn.Module, job: Job, device: torch.device) -> list[dict]:
        """Sums of the scores of all held-out problems, by task and length; and of the first 100 of them."""
        rows = []
        for operation, task in enumerate(TASKS):
            a, b = held_out_problems(operation, N_TEST[self.mode])
            sequences, length = tokens(np.full(len(a), operation), a, b)
            digits, log_p = answer(model, sequences, device)
            value = results(np.full(len(a), operation), a, b)
            scored = answers.answer_scores([str(v) for v in value], texts(digits))
            in_target = np.arange(ANSWER) < length[:, None]
            scored["target_log_probability"] = np.where(in_target, log_p, 0).sum(axis=1)
            scored["model"], scored["model_family"], scored["n_parameters"], scored["task"] = job.model, "", 1, task
            sample = scored.sample(min(100, len(scored)), random_state=1)
            for test, part in (("all", scored), ("100", sample)):
                table = answers.summarise(part)
                for row in table[["task", "subtask", "metric", "score", "n_examples", "chance"]].itertuples(index=False):
                    rows.append(row._asdict() | {"chance": None if np.isnan(row.chance) else row.chance, "test": test})
        return rows
