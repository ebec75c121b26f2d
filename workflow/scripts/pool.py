"""The scatter of models around their laws, pooled over all shards."""

import pyarrow.parquet as pq
from job import running

from analysis.base.files import write_parquet
from analysis.breaks.sharded import POOLED_SCHEMA, STATE, pool_shards

with running(snakemake) as say:
    states = [pq.read_table(path, columns=STATE) for path in snakemake.input.fitted]
    candidates = [pq.read_table(path) for path in snakemake.input.candidates]
    pooled = pool_shards(states, candidates, snakemake.params.seed, snakemake.threads, say)
    for path, table in zip(snakemake.output, pooled, strict=True):
        write_parquet(table, path, POOLED_SCHEMA)
