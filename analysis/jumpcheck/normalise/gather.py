"""Putting the tables of all shards together, between normalising and scoring."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from jumpcheck.base.database import Input, create_views
from jumpcheck.base.errors import InputError
from jumpcheck.base.sql import sql_text
from jumpcheck.models.benchmark_sizes import BenchmarkSizes
from jumpcheck.models.rules import Rules
from jumpcheck.normalise.examples import CAPS, GROUP, recover_n_examples, settled
from jumpcheck.normalise.known_sizes import sizes_of_groups, with_known_sizes
from jumpcheck.normalise.schema import EXAMPLES_SCHEMA, METRICS_SCHEMA, MODELS_SCHEMA, RECOVERED_SCHEMA, Normalised
from jumpcheck.sources.layout import list_digest

SHARD_TABLES = ("models", "tasks", "rejects", "recovered")
"""Tables of a shard that are small enough to be put together in memory."""


@dataclass
class Gathered:
    """The tables that scoring needs of all shards, and the sums of their counts."""

    models: pa.Table
    tasks: pa.Table
    rejects: pa.Table
    metrics: pa.Table
    examples: pa.Table
    facts: dict[str, object]


def recovered_examples(
    con: duckdb.DuckDBPyConnection, inputs: Mapping[str, Input], sizes: BenchmarkSizes | None = None
) -> pa.Table:
    """What the shares in published_scores say of numbers of examples, in RECOVERED_SCHEMA.

    `inputs` are published_scores, reference_metrics and reference_task_notes; `sizes` those of public benchmarks, unless the
    tasks are BIG-bench's, of which some have the names of others.
    """
    create_views(con, inputs)
    con.execute(sql_text("base/split_of"))
    shares = con.execute(sql_text("normalise/proportions")).df()
    recovered = recover_n_examples(shares)
    known = sizes_of_groups(shares, BenchmarkSizes({}, Rules()) if sizes is None else sizes)
    recovered = recovered.merge(known, how="left", on=GROUP, validate="one_to_one")
    return pa.Table.from_pandas(recovered, RECOVERED_SCHEMA, preserve_index=False)


def _settled_examples(con: duckdb.DuckDBPyConnection, recovered: pa.Table, is_bigbench: bool) -> pa.Table:
    """The numbers of examples that are used, in EXAMPLES_SCHEMA; reads published_scores and reference_preferred_metrics."""
    sizes = con.execute("select task, subtask, n_examples::bigint as n_examples from reference_preferred_metrics").df()
    n_parts = con.execute(sql_text("normalise/parts")).df()
    examples = recovered.to_pandas().sort_values(GROUP, ignore_index=True).astype({"n_examples": "Int64"})
    examples = examples.astype({"benchmark_size": "Int64", "is_below_chance": "boolean"})
    found = with_known_sizes(settled(examples, sizes, n_parts, CAPS if is_bigbench else {}), examples)
    return pa.Table.from_pandas(found, EXAMPLES_SCHEMA, preserve_index=False)


def _sorted_rows(tables: Sequence[pa.Table]) -> pa.Table:
    table = pa.concat_tables(tables)
    sortable = [name for name in table.schema.names if not pa.types.is_nested(table.schema.field(name).type)]
    return table.sort_by([(name, "ascending") for name in sortable])


def _summed(facts: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The facts of all shards: sums of counts, the first value of other facts, and one digest of all files."""
    total: dict[str, object] = {}
    for shard_facts in facts:
        for name, value in shard_facts.items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
            elif isinstance(value, dict):
                total[name] = Counter(total.get(name, {})) + Counter(value)
            elif name != "digests":
                total[name] = total.get(name) or value
    digests = sorted((row for shard_facts in facts for row in shard_facts["digests"]), key=lambda row: os.fsencode(row[0]))
    return total | {"input_sha256": list_digest((row[1], row[2]) for row in digests)}


def gather(
    con: duckdb.DuckDBPyConnection,
    shards: Sequence[Mapping[str, Path | pa.Table]],
    facts: Sequence[Mapping[str, object]],
    inputs: Mapping[str, Input],
    expected_sha256: str | None = None,
    is_bigbench: bool = True,
) -> Gathered:
    """The tables that scoring needs of all shards, and the sums of their counts.

    Parameters
    ----------
    con : DuckDBPyConnection
        A connection for the scans.
    shards : sequence of mapping
        Per shard scores (a folder or a file) and SHARD_TABLES, as paths or as tables.
    facts : sequence of mapping
        Those of `Normalised` per shard, with `digests`.
    inputs, expected_sha256 : mapping, str
        reference_preferred_metrics; digest of the list of files as they were fetched, if known.
    is_bigbench : bool
        Whether the numbers are in BIG-bench's own files, so that its limits of test sets hold for its model families.

    Raises
    ------
    InputError
        No shard has a number, the files are not those expected, or folders of different shards hold files of the same
        task.

    """
    tables = {
        name: [source if isinstance(source := shard[name], pa.Table) else pq.read_table(source) for shard in shards]
        for name in SHARD_TABLES
    }
    counts = Counter(task for table in tables["tasks"] for task in table["task"].to_pylist())
    repeated = sorted(task for task, n in counts.items() if n > 1)
    if repeated:
        raise InputError(
            f"shards: files in different folders call their task {repeated[0]!r}, and the folders are in different shards; "
            "run with shards=1"
        )
    total = _summed(facts)
    if expected_sha256 not in (None, total["input_sha256"]):
        raise InputError("the files of the source were changed after they were fetched; delete data/<dataset>/raw")
    if not total["scores"]:
        raise InputError("source: no number could be read; data/<dataset>/rejects.parquet says why")
    models = pa.concat_tables(tables["models"]).to_pandas()
    models = models.groupby(MODELS_SCHEMA.names[:-1], dropna=False, as_index=False).sum()
    scores = [shard["scores"] for shard in shards]
    scores = pa.concat_tables(scores) if isinstance(scores[0], pa.Table) else [str(path) for path in scores]
    create_views(con, {"published_scores": scores} | dict(inputs))
    return Gathered(
        models=pa.Table.from_pandas(models, MODELS_SCHEMA, preserve_index=False),
        tasks=_sorted_rows(tables["tasks"]),
        rejects=_sorted_rows(tables["rejects"]),
        metrics=con.sql(sql_text("normalise/published_metrics")).to_arrow_table().cast(METRICS_SCHEMA),
        examples=_settled_examples(con, pa.concat_tables(tables["recovered"]), is_bigbench),
        facts=total,
    )


def inputs_of_score(
    con: duckdb.DuckDBPyConnection,
    tables: Normalised,
    references: Mapping[str, Input],
    sizes: BenchmarkSizes | None = None,
) -> dict[str, Input]:
    """What `score.curves.make_curves` and `database.assembling.assemble` read, from tables in memory as one shard.

    `references` are the reference tables by the names that SQL uses, among them reference_metrics, reference_task_notes
    and reference_preferred_metrics; `sizes` those of `recovered_examples`.
    """
    inputs = {"published_scores": tables.scores} | dict(references)
    shard = {"recovered": recovered_examples(con, inputs, sizes)}
    shard |= {name: getattr(tables, name) for name in ("scores", "models", "tasks", "rejects")}
    gathered = gather(con, [shard], [{"digests": []} | tables.facts], references, is_bigbench=sizes is None)
    inputs |= {f"published_{name}": getattr(gathered, name) for name in ("models", "tasks", "rejects", "metrics")}
    return inputs | {"recovered_examples": gathered.examples}
