"""Scores as they were read from files of any format, before their models are placed in families and on a scale."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from jumpcheck.base.columns import TEXT
from jumpcheck.base.rejects import Reject

SCALES = ("n_parameters", "training_tokens", "training_steps", "training_flops", "loss")
"""Scales that a file can give for a model. `n_parameters` counts all parameters; `loss` is that of pretraining, in nats."""
PUBLISHED_COUNTS = ("non_embedding_params", "flop_matched_non_embedding_params")
"""Other parameter counts, which only BIG-bench's files give."""
AGGREGATE_METRIC = "normalized_aggregate_score"
"""What BIG-bench calls the average of a task's parts."""
SCHEMA = pa.schema(
    [
        ("task", TEXT),
        ("subtask", TEXT),
        ("is_aggregate", pa.bool_()),
        ("shots", pa.int32()),
        ("metric", TEXT),
        ("filter", TEXT),
        ("score", pa.float64()),
        ("stderr", pa.float64()),
        ("n_examples", pa.int64()),
        ("chance", pa.float64()),
        ("higher_is_better", pa.bool_()),
        ("is_preferred", pa.bool_()),
        ("version", TEXT),
        ("model", TEXT),
        ("revision", TEXT),
        ("model_family", TEXT),
        *((name, pa.float64()) for name in (*SCALES, *PUBLISHED_COUNTS)),
        ("run", TEXT),
        ("date", pa.float64()),
        ("source_file", TEXT),
        ("location", pa.string()),
    ]
)
"""One row per score. `model_family`, `revision`, the scales, `run` (which replicate it is of) and `date` (of the evaluation,
in seconds since 1970) are NULL where the file does not give them."""


@dataclass
class Collected:
    """The numbers of one or more files, and what else was in them."""

    columns: dict[str, list] = field(default_factory=lambda: {name: [] for name in SCHEMA.names})
    tables: list[pa.Table] = field(default_factory=list)
    """Rows that were read as columns, in SCHEMA."""
    rejects: list[Reject] = field(default_factory=list)
    n_numbers: int = 0
    """Scores and standard errors, those rejected included."""
    digests: list[tuple[str, str, str]] = field(default_factory=list)
    """(path, SHA-256, path as shown) of every file that was read."""
    recognised: Counter[str] = field(default_factory=Counter)
    """Number of files by what they are."""
    unread: dict[str, list[str]] = field(default_factory=dict)
    """Columns of tables that were not read, by file."""
    notes: list[str] = field(default_factory=list)
    """What was understood of files that do not say it, and should be checked by whoever knows."""

    def size(self) -> tuple[int, int, int, int]:
        """How much there is of rows, tables, rejects and numbers."""
        return len(self.columns["score"]), len(self.tables), len(self.rejects), self.n_numbers

    def cut(self, size: tuple[int, int, int, int]) -> None:
        """Forget what was added since there was so much."""
        for column in self.columns.values():
            del column[size[0] :]
        del self.tables[size[1] :], self.rejects[size[2] :]
        self.n_numbers = size[3]

    def add(self, n: int = 1, **values: object) -> None:
        """Add `n` rows. A value that is no list holds for all of them; a column that is not named is NULL."""
        for name, column in self.columns.items():
            value = values.get(name)
            if isinstance(value, list):
                column += value
            else:
                column += [value] * n

    def table(self) -> pa.Table:
        """All rows."""
        arrays = [_array(self.columns[f.name], _value_type(f.type)) for f in SCHEMA]
        arrays = [
            array.dictionary_encode() if pa.types.is_dictionary(f.type) else array
            for array, f in zip(arrays, SCHEMA, strict=True)
        ]
        return pa.concat_tables([pa.Table.from_arrays(arrays, schema=SCHEMA), *self.tables])


def _array(values: list, kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # JSON can spell half a character, which UTF-8 cannot hold: it stays as it is spelled
        return pa.array([v.encode("utf-8", "backslashreplace").decode() if isinstance(v, str) else v for v in values], kind)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
