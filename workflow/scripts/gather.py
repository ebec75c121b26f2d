"""What is true of all shards, and what came in and what did not."""

from job import inputs_named, limits, running

from jumpcheck.base.database import connect
from jumpcheck.normalise import stages

with running(snakemake) as say:
    references = inputs_named(snakemake, "reference_")
    with connect(**limits(snakemake)) as con:
        stages.gather_shards(con, snakemake.input, references, snakemake.output, say, snakemake.params.strict)
