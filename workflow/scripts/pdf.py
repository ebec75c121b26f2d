"""Every figure as PDF."""

from job import running

from jumpcheck.base.progress import counted
from jumpcheck.figures import pdf

with running(snakemake) as say:
    for svg, path in counted(zip(snakemake.input.figures, snakemake.output, strict=True), len(snakemake.output), "figures"):
        pdf.write(svg, path)
    say(f"{len(snakemake.output)} figures as PDF")
