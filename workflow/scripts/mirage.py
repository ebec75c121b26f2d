"""The mirage test of every curve of shares."""

import pyarrow.parquet as pq
from job import running

from analysis import mirage
from analysis.files import replacing

with running(snakemake) as say:
    trials = pq.read_table(snakemake.input.trials)
    measured = mirage.measure(trials, snakemake.params.config, snakemake.threads, say)
    with replacing(snakemake.output[0]) as temporary:
        pq.write_table(measured, temporary, compression="zstd")
