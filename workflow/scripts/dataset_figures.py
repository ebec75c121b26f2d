"""All figures of the dataset, the tables of their numbers, and the table of hand-annotated tasks."""

from job import inputs_named, running

from jumpcheck.figures import dataset
from jumpcheck.figures.registry import paths_by_name

with running(snakemake) as say:
    out, database = snakemake.output, snakemake.input.database
    inputs = inputs_named(snakemake, "reference_", "simulated_share")
    paths = paths_by_name(out.svg, out.png, out.csv)
    dataset.write_figures(paths, database, inputs, snakemake.params.dataset, snakemake.threads)
    rows = dataset.figure_numbers("annotated_tasks", database, inputs, out.annotated_tasks)
    say(f"{len(paths)} figures; {len(rows):,} pairs of a hand-annotated task and a model family in {out.annotated_tasks}")
