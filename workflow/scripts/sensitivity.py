"""Verdicts on a sample of curves, under other choices of the break test."""

from job import running

import pyarrow as pa
import pyarrow.parquet as pq
from jumpcheck.base.files import write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.breaks import measuring, sensitivity
from jumpcheck.breaks.model_effects import attached

with running(snakemake) as say, Processes(snakemake.threads) as processes:
    curves, pools = measuring.read_testable(snakemake.input.trials), pq.read_table(snakemake.input.pools).to_pandas()
    curves = attached(curves, pq.read_table(snakemake.input.task_effects).to_pandas())
    measured = pa.concat_tables(map(pq.read_table, snakemake.input.measured))
    table = sensitivity.sensitivity(curves, pools, measured, snakemake.params.config, processes.map)
    write_parquet(table, snakemake.output[0], sensitivity.SENSITIVITY_SCHEMA)
    say(f"verdicts that change: {sensitivity.in_words(table)}")
