"""What BIG-bench's published scores say, as the page docs/bigbench.md with its figures, and a thumbnail of every figure."""

from job import inputs_named, running

from pathlib import Path

from jumpcheck.figures import thumbnails
from jumpcheck.pages import bigbench

with running(snakemake) as say:
    figures = {Path(path).stem: path for path in snakemake.input.figures}
    paths = dict(snakemake.output.items()) | {Path(path).stem: path for path in snakemake.output.copies}
    bigbench.write(snakemake.input.database, inputs_named(snakemake, "simulated_share", "reference_"), paths, figures)
    thumbnails.write(snakemake.input.png, snakemake.output.thumbnails)
    say(f"the page and its figures: {Path(snakemake.output.page).parent}/")
