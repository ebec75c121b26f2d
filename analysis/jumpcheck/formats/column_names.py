"""Names of columns as people write them: what every column of a table of scores is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jumpcheck.base.collected import SCALES

NEEDED = ("task", "model", "metric", "score")
TEXTS = ("task", "subtask", "model", "model_family", "revision", "metric", "filter", "run")
NUMBERS = ("score", "stderr", "n_examples", "shots", "chance", *SCALES)
TRUTHS = ("higher_is_better", "is_preferred")
KNOWN = (*TEXTS, *NUMBERS, *TRUTHS)
OPTIONAL = tuple(name for name in KNOWN if name not in NEEDED)
_SYNONYMS = {
    "task": "task_name dataset dataset_name benchmark",
    "subtask": "subset",
    "model": "models model_name model_id llm",
    "model_family": "family model_series",
    "revision": "checkpoint",
    "metric": "metric_name measure",
    "filter": "filter_name",
    "run": "seed run_id replicate trial",
    "score": "value score_value result",
    "stderr": "std_err std_error standard_error se score_stderr",
    "n_examples": "n n_samples num_samples num_examples n_example sample_size test_size",
    "shots": "shot n_shot n_shots num_shots nshot fewshot few_shot num_fewshot n_fewshot",
    "chance": "chance_rate random_baseline guess_rate",
    "n_parameters": "parameters params n_params num_params num_parameters model_size size parameter_count total_params",
    "training_tokens": "tokens n_tokens train_tokens num_tokens tokens_seen total_tokens throughput_total_tokens "
    "pretraining_data_size pretraining_tokens time_token consumed_tokens num_input_tokens_seen "
    "train_num_input_tokens_seen",
    "training_steps": "step steps train_steps global_step training_step train_global_step trainer_global_step",
    "training_flops": "flops compute training_compute pretraining_flops",
    "loss": "pretraining_loss pretrain_loss",
}
SYNONYMS = {synonym: name for name, synonyms in _SYNONYMS.items() for synonym in synonyms.split()}
_UNIT = re.compile(
    r"[\s_]*(?:\(\s*(?:in[ _])?(1e\d+|[kmbt]|thousands?|millions?|billions?|trillions?)\s*\)|_(?:in_)?([mbt]))$"
)
_FACTORS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_FLOPS = re.compile(r"(?:throughput_)?(?:total_)?(?:pre)?(?:train(?:ing)?_)?([kmgtpez]?)flops")
_PREFIXES = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18, "z": 1e21}


class Column(NamedTuple):
    """What a column of a table is: one of KNOWN, and by what its numbers are multiplied."""

    name: str
    factor: float = 1.0


def plain(name: str) -> str:
    """A name of a column in lower case, with underscores for what stands between its words."""
    return re.sub(r"[\s./-]+", "_", name.strip().lower())


def columns_of_table(names: Iterable[str]) -> dict[str, Column]:
    """{name in the table: Column}, for the columns whose name is in KNOWN or is a synonym of a name in KNOWN.

    `n_parameters` and `Model Size (B)` both hold a number of parameters, the second in billions. Where several
    columns mean the same, the column whose name is in KNOWN counts, else the first of them.
    """
    names = list(names)
    found = {name: Column(name) for name in names if name in KNOWN}
    taken = set(found)
    for name in names:
        if name in found:
            continue
        column = _column(name)
        if column and column.name not in taken:
            found[name] = column
            taken.add(column.name)
    return found


def _column(name: str) -> Column | None:
    lower = plain(name).strip("#_")
    if lower in KNOWN or lower in SYNONYMS:
        return Column(SYNONYMS.get(lower, lower))
    flops = _FLOPS.fullmatch(lower)
    if flops:
        return Column("training_flops", _PREFIXES[flops[1]])
    unit = _UNIT.search(lower)
    known = unit and lower[: unit.start()].strip("_")
    if not known or SYNONYMS.get(known, known) not in SCALES:
        return None
    text = unit[1] or unit[2]
    factor = float(text) if text.startswith("1e") else _FACTORS[text[0]]
    return Column(SYNONYMS.get(known, known), factor)


def lacking(names: Sequence[str]) -> list[str]:
    """The columns in NEEDED that the table lacks, synonyms considered."""
    found = {column.name for column in columns_of_table(names).values()}
    return [name for name in NEEDED if name not in found]
