"""The tables that normalising makes: their columns, their keys, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from jumpcheck.base.columns import TEXT
from jumpcheck.base.files import write_json, write_parquet
from jumpcheck.base.rejects import Reject
from jumpcheck.base.tables import parquet_metadata
from jumpcheck.formats.bigbench import Model

SCORES_SCHEMA = pa.schema(
    [
        ("curve_id", pa.int64()),
        ("task", TEXT),
        ("subtask", TEXT),
        ("entry_kind", TEXT),
        ("model_family", TEXT),
        ("model", TEXT),
        ("shots", pa.int32()),
        ("metric", TEXT),
        ("filter", TEXT),
        ("score", pa.float64()),
        ("stderr", pa.float64()),
        ("n_examples", pa.int64()),
        ("n_source", TEXT),
        ("n_runs", pa.int32()),
        ("run_sd", pa.float64()),
        ("is_preferred", pa.bool_()),
        ("low_score", pa.float64()),
        ("high_score", pa.float64()),
        ("chance", pa.float64()),
        ("chance_source", TEXT),
        ("higher_is_better", pa.bool_()),
        ("source_file", TEXT),
    ]
)
"""One row per published number. Types are declared, so that the parts can be joined even where one is empty."""
MODELS_SCHEMA = pa.schema(
    [(name, pa.string()) for name in Model._fields[:2]]
    + [(name, pa.float64()) for name in Model._fields[2:]]
    + [("scale", pa.float64()), ("scale_basis", pa.string()), ("n_files", pa.int64())]
)
"""`scale` and `scale_basis` are NULL where the scale follows from the numbers of parameters."""
TASKS_SCHEMA = pa.schema([("task", pa.string()), ("keywords", pa.list_(pa.string()))])
REJECTS_SCHEMA = pa.schema([*((name, pa.string()) for name in Reject._fields[:-1]), ("n_numbers", pa.int64())])
METRICS_SCHEMA = pa.schema([("metric", pa.string()), ("higher_is_better", pa.bool_())])
"""Metrics seen in the results, with their direction, where the source or the table of preferred metrics gives one."""
_GROUP = [(name, pa.string()) for name in ("task", "subtask", "split", "model_family")]
RECOVERED_SCHEMA = pa.schema(
    [*_GROUP, ("n_examples", pa.int64()), ("n_source", pa.string())]
    + [(name, pa.int64()) for name in ("largest_denominator", "n_values", "benchmark_size")]
    + [("known_sizes", pa.list_(pa.int64())), ("is_below_chance", pa.bool_())]
)
"""What the shares of a task, subtask, split and model family say of their number of examples, by
`examples.recover_n_examples`, and what is known of their benchmark (`known_sizes.sizes_of_groups`)."""
EXAMPLES_SCHEMA = pa.schema(
    [
        *_GROUP,
        ("n_examples", pa.int64()),
        ("n_source", pa.string()),
        ("n_ambiguous", pa.bool_()),
        ("largest_size", pa.int64()),
    ]
)
"""Numbers of test examples of a task, subtask, split and model family: `known_sizes.with_known_sizes`."""
SCHEMAS = {"scores": SCORES_SCHEMA, "models": MODELS_SCHEMA, "tasks": TASKS_SCHEMA, "rejects": REJECTS_SCHEMA}

CURVE_KEY = ("task", "subtask", "shots", "metric", "filter", "model_family")
"""Columns that identify a curve."""
KEY = (*CURVE_KEY, "model")
"""Columns that identify a number. Rows of `scores` are sorted by them."""
ROWS_PER_GROUP = 2**17


@dataclass
class Normalised:
    """The tables that normalising makes, in the schemas of this module, and counts of the input and the output.

    `scores` is None where its parts were written to a folder.
    """

    scores: pa.Table | None
    models: pa.Table
    tasks: pa.Table
    rejects: pa.Table
    facts: dict[str, object] = field(default_factory=dict)


def write_table(table: pa.Table, name: str, path: str | Path) -> None:
    """Write the table `name` of SCHEMAS as Parquet, with what `tables.yml` says of its columns."""
    schema = SCHEMAS[name]
    table = table.replace_schema_metadata(parquet_metadata(name, schema.names))
    # Scores hardly repeat, so a dictionary of them would save no space.
    coded = [column for column in schema.names if column != "score"]
    write_parquet(table, path, schema, row_group_size=ROWS_PER_GROUP, use_dictionary=coded)


def write(tables: Normalised, paths: Mapping[str, str]) -> None:
    """Write `models`, `tasks`, `rejects`, and `scores` if it is there, as Parquet and `facts` as JSON to the paths."""
    for name in SCHEMAS:
        if getattr(tables, name) is not None:
            write_table(getattr(tables, name), name, paths[name])
    write_json(tables.facts, paths["facts"])
