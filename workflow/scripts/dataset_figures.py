"""All figures of the dataset, the tables of their numbers, and the table of hand-annotated tasks."""

from job import inputs_named, running

from analysis.figures import dataset
from analysis.figures.registry import paths_by_name

with running(snakemake) as say:
    out, database, threshold = snakemake.output, snakemake.input.database, float(snakemake.params.emergence_threshold)
    inputs = inputs_named(snakemake, "reference_", "simulated_share")
    paths = paths_by_name(out.svg, out.png, out.csv)
    dataset.write_figures(paths, database, inputs, snakemake.params.dataset, threshold, snakemake.threads)
    rows = dataset.figure_numbers("annotated_tasks", database, inputs, threshold, out.annotated_tasks)
    say(f"{len(paths)} figures; {len(rows):,} pairs of a hand-annotated task and a model family in {out.annotated_tasks}")
