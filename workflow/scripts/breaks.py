"""The break test of every curve of shares of one shard."""

from job import running

import pyarrow.parquet as pq
from jumpcheck.base.files import write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.breaks import measuring
from jumpcheck.breaks.model_effects import attached

with running(snakemake) as say, Processes(snakemake.threads) as processes:
    curves, pools = measuring.read_testable([snakemake.input.trials]), pq.read_table(snakemake.input.pools).to_pandas()
    curves = attached(curves, pq.read_table(snakemake.input.task_effects).to_pandas())
    measured = measuring.measure(curves, pools, snakemake.params.config, processes.map)
    write_parquet(measured, snakemake.output[0], measuring.MEASURED_SCHEMA)
    say(f"{len(measured):,} curves tested")
