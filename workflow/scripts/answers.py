"""The long table of answers that were brought, for the figures of experiments."""

from job import running

from jumpcheck.base.files import read_json
from jumpcheck.formats import answers

with running(snakemake) as say:
    root = read_json(snakemake.input.manifest)["root"]
    answers.write_long_table(root, snakemake.output[0], say, snakemake.params.strict)
