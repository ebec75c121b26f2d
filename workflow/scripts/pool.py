"""Curvature of laws and scatter of models, of every pool of curves of all shards."""

from job import running

import pyarrow as pa
from jumpcheck.base.files import write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.breaks import measuring

with running(snakemake) as say, Processes(snakemake.threads) as processes:
    curves = measuring.read_testable(snakemake.input.trials)
    pools = measuring.pools_of(curves, processes.map)
    write_parquet(pa.Table.from_pandas(pools, measuring.POOLS_SCHEMA), snakemake.output[0], measuring.POOLS_SCHEMA)
    say(f"{len(curves):,} curves that can be tested, in {len(pools):,} pools")
