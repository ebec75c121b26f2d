"""Shares of curves above the threshold in a simulated world without emergence."""

from job import inputs_named, running

from jumpcheck.base.files import write_parquet
from jumpcheck.theory import score_files, world

with running(snakemake) as say:
    simulated, threshold = world.World(**snakemake.params.world), float(snakemake.params.emergence_threshold)
    tasks = world.tasks_of_files(simulated, snakemake.input.annotations, snakemake.input.reference_preferred_metrics)
    references = inputs_named(snakemake, "reference_")
    shares = score_files.emergence_share(simulated, tasks, references, threshold, snakemake.threads)
    write_parquet(shares, snakemake.output[0], shares.schema)
    say(f"{sum(shares['n_curves'].to_pylist()):,} simulated curves")
