"""Metrics on sequences of tokens, one target and one output at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rapidfuzz.distance import Levenshtein
from rouge_score import rouge_scorer, tokenizers


def token_edit_distance(target: Sequence[Hashable], output: Sequence[Hashable]) -> int:
    """Levenshtein distance in tokens: fewest insertions, deletions and substitutions. At least L minus the tokens kept."""
    return Levenshtein.distance(target, output)


def exact_match(target: Sequence[Hashable], output: Sequence[Hashable]) -> bool:
    """Whether all tokens are the same."""
    return list(target) == list(output)


def at_least_k(target: Sequence[Hashable], output: Sequence[Hashable], k: int) -> bool:
    """Whether at least k tokens of the target stand at their place in the output."""
    return sum(a == b for a, b in zip(target, output, strict=False)) >= k


class _Words(tokenizers.Tokenizer):
    """Splits a text at blanks; nothing is stemmed or dropped."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


_SCORER = rouge_scorer.RougeScorer(["rougeLsum"], tokenizer=_Words())


def rouge_l_sum(target: Sequence[Sequence[str]], output: Sequence[Sequence[str]]) -> float:
    """ROUGE-L-Sum (Lin 2004): F-measure of the union of longest common subsequences over the sentences, in [0, 1].

    A text is a sequence of sentences, a sentence a sequence of tokens without blanks.
    """
    texts = ("\n".join(" ".join(sentence) for sentence in text) for text in (target, output))
    return _SCORER.score(*texts)["rougeLsum"].fmeasure
