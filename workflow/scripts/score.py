"""Curves of one shard with their scores and points, and the points of those that can be tested."""

from job import inputs_named, limits, running

from jumpcheck.score.curves import write_curves

with running(snakemake) as say:
    inputs = inputs_named(snakemake, "published_", "reference_", "recovered_")
    write_curves(dict(snakemake.output.items()), inputs, limits(snakemake), say)
