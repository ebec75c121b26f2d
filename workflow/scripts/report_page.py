"""The report of a run as one HTML page."""

from job import running

from jumpcheck.base.files import write_text
from jumpcheck.pages import report

with running(snakemake) as say:
    given, wanted = snakemake.input, snakemake.params
    figures = report.read_figures(given.figures, wanted.titles, given.captions, wanted.config)
    page = report.page(given.database, wanted.dataset, figures, wanted.config, wanted.simulated)
    write_text(page, snakemake.output[0])
    say(f"{len(page) / 1e6:.1f} MB, to be opened in a browser: {snakemake.output[0]}")
