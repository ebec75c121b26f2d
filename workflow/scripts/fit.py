"""The smooth law fitted to every curve of shares of one shard."""

import pyarrow.parquet as pq
from job import running

from analysis.base.files import write_parquet
from analysis.breaks.sharded import fit_shard

with running(snakemake) as say:
    table = fit_shard(pq.read_table(snakemake.input.trials), snakemake.params.seed, snakemake.threads)
    for name, part in (("fitted", table), ("candidates", table.filter(table["is_candidate"]))):
        write_parquet(part, snakemake.output[name], part.schema)
    say(f"{len(table):,} curves fitted")
