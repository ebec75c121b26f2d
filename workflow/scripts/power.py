"""The figure of the mirage tests' power."""

from job import running

from analysis.figures import power

with running(snakemake) as say:
    seed, scatter = int(snakemake.params.seed), float(snakemake.params.scatter)
    power.write(dict(snakemake.output.items()), seed, scatter, snakemake.threads)
    say(snakemake.output.svg)
