"""Curves with their scores, and the points of those that can be tested."""

from job import running

from analysis import database

with running(snakemake) as say:
    inputs = {name: path for name, path in snakemake.input.items() if name.startswith(("published_", "reference_"))}
    database.write_scores(dict(snakemake.output.items()), inputs, snakemake.threads, say)
