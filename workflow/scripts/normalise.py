"""The numbers of one shard as Parquet."""

from pathlib import Path

from job import inputs_named, limits, running

from analysis.base.files import read_json
from analysis.normalise import stages

with running(snakemake) as say:
    given, wanted = snakemake.input, snakemake.params
    manifest = read_json(given.manifest)
    tables = stages.read_shard(
        manifest,
        given,
        wanted.shard,
        wanted.scale_by,
        snakemake.threads,
        snakemake.output,
        wanted.on_conflict,
        Path(wanted.to_complete),
        wanted.wide,
        wanted.missing,
    )
    stages.write_shard(tables, manifest, inputs_named(snakemake, "reference_"), snakemake.output, limits(snakemake))
    say(f"{tables.facts['scores']:,} scores")
