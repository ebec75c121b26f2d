"""The long table of answers that were brought, for the figures of experiments."""

from job import running

from analysis.base.files import read_json
from analysis.formats import answers

with running(snakemake) as say:
    long = answers.write_long_table(read_json(snakemake.input.manifest)["root"], snakemake.output[0])
    say(f"{len(long):,} scores of {long['model_family'].nunique()} families")
