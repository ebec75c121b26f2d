"""Verdicts on a sample of curves, under other choices of the break test."""

from job import running

import pyarrow.parquet as pq
from jumpcheck.base.files import write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.breaks import measuring, sensitivity

with running(snakemake) as say, Processes(snakemake.threads) as processes:
    curves, pools = measuring.read_testable(snakemake.input.trials), pq.read_table(snakemake.input.pools).to_pandas()
    table = sensitivity.sensitivity(curves, pools, snakemake.params.config, processes.map)
    write_parquet(table, snakemake.output[0], sensitivity.SENSITIVITY_SCHEMA)
    say(f"verdicts that change: {sensitivity.in_words(table)}")
