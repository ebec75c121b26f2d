"""Every figure as PDF."""

from job import running

from analysis.figures import pdf

with running(snakemake) as say:
    for svg, path in zip(snakemake.input.figures, snakemake.output, strict=True):
        pdf.write(svg, path)
    say(f"{len(snakemake.output)} figures as PDF")
