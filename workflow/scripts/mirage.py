"""The mirage test of every curve of shares of one shard."""

import pyarrow.parquet as pq
from job import running

from analysis.base.files import write_parquet
from analysis.breaks.passes import MEASURED_SCHEMA
from analysis.breaks.sharded import measure_shard

with running(snakemake) as say:
    packed, pooled = pq.read_table(snakemake.input.fitted), pq.read_table(snakemake.input.pooled)
    measured = measure_shard(packed, pooled, snakemake.params.config, snakemake.threads)
    write_parquet(measured, snakemake.output[0], MEASURED_SCHEMA)
    say(f"{len(measured):,} curves")
