"""The figure of what becomes of planted breaks, and the tables of how often the break test errs."""

from job import running

from jumpcheck.figures import power

with running(snakemake) as say:
    power.write(dict(snakemake.output.items()), snakemake.params.n_worlds, snakemake.threads)
    say(snakemake.output.svg)
