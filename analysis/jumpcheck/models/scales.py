"""What the scales of a dataset are called."""

from __future__ import annotations

from collections.abc import Iterable

SCALE_NAMES = {
    "training_tokens": "training tokens",
    "training_steps": "training steps",
    "training_flops": "training FLOPs",
    "6 * total_params * training_tokens": "training FLOPs",
    "exp(-loss)": "exp(−pretraining loss)",
}
"""Values of `scale_basis` that are no number of parameters."""


def scale_name(basis: Iterable[str]) -> str:
    """What the scales of a dataset are called on an axis, by the values of `scale_basis`; parameters where they differ."""
    names = {SCALE_NAMES.get(one, "parameters") for one in basis if one != "none"}
    return names.pop() if len(names) == 1 else "parameters"
