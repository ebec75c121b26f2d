"""The figures that need no data."""

from job import running

from jumpcheck.figures import theory
from jumpcheck.figures.registry import paths_by_name

with running(snakemake) as say:
    out = snakemake.output
    theory.write_figures(paths_by_name(out.svg, out.png, out.csv), snakemake.params.simulated)
    say(f"{len(out.svg)} figures of the theory")
