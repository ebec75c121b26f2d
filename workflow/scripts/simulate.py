"""A simulated benchmark as score files."""

from job import running

from pathlib import Path

from jumpcheck.base.files import write_json, write_parquet
from jumpcheck.theory import score_files, world

with running(snakemake) as say:
    simulated = world.World(**snakemake.params.world)
    tasks = world.tasks_of_files(simulated, snakemake.input.annotations, snakemake.input.preferred_metrics)
    manifest, truth = score_files.obtain(simulated, Path(snakemake.params.raw), tasks, snakemake.threads, say)
    write_parquet(truth, snakemake.output.truth, score_files.TRUTH_SCHEMA)
    write_json(manifest, snakemake.output.manifest)
