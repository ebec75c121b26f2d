"""Forecasts of the last scores of curves from the scores before them."""

from job import running

import pyarrow.parquet as pq
from jumpcheck.base.files import write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.breaks import forecasts, measuring

with running(snakemake) as say, Processes(snakemake.threads) as processes:
    curves, pools = measuring.read_testable(snakemake.input.trials), pq.read_table(snakemake.input.pools).to_pandas()
    table = forecasts.forecasts(curves, pools, snakemake.params.seed, processes.map)
    write_parquet(table, snakemake.output[0], forecasts.FORECASTS_SCHEMA)
    say(forecasts.in_words(table, len(curves)))
