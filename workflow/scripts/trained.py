"""The long tables of all experiments as tidy tables, and the manifest that names their folder."""

from job import running

from jumpcheck.base.files import write_json
from jumpcheck.experiments import tidy_tables

with running(snakemake) as say:
    manifest = tidy_tables.write(snakemake.input.long, snakemake.output.tidy, snakemake.params.mode)
    write_json(manifest, snakemake.output.manifest)
    say(f"{len(snakemake.input.long)} experiments in {snakemake.output.tidy}")
