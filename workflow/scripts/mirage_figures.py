"""Figures and table of the mirage test."""

from pathlib import Path

from job import running

from analysis.figures import make

with running(snakemake) as say:
    inputs = {name: path for name, path in snakemake.input.items() if name.startswith("reference_")}
    database, threshold = snakemake.input.database, float(snakemake.params.emergence_threshold)
    for number, svg in enumerate(snakemake.output.svg):
        paths = {"svg": svg, "png": snakemake.output.png[number], "csv": snakemake.output.csv[number]}
        make.write(Path(svg).stem, database, inputs, paths, snakemake.params.dataset, threshold)
    n_rows = make.write_table("annotated_tasks", database, inputs, snakemake.output.table, threshold)
    say(f"{len(snakemake.output.svg)} figures in {Path(snakemake.output.svg[0]).parent}")
    say(f"{n_rows:,} pairs of a hand-annotated task and a model family in {snakemake.output.table}")
