"""The numbers of one shard as Parquet."""

from job import inputs_named, limits, running

from jumpcheck.base.files import read_json
from jumpcheck.normalise import stages

with running(snakemake) as say:
    given, wanted, out = snakemake.input, snakemake.params, snakemake.output
    manifest = read_json(given.manifest)
    tables = stages.read_shard(manifest, given, wanted.shard, wanted.choices, snakemake.threads, out)
    rules = [path for path in (given.rules, given.known) if path]
    references = inputs_named(snakemake, "reference_")
    stages.write_shard(tables, manifest, references, out, limits(snakemake), given.benchmark_sizes, rules)
    say(f"{tables.facts['scores']:,} scores")
