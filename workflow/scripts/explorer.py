"""Every curve of a dataset in one HTML page."""

from job import running

from jumpcheck.base.files import write_text
from jumpcheck.pages import explorer

with running(snakemake) as say:
    page = explorer.page(snakemake.input.database, snakemake.params.dataset, snakemake.params.simulated)
    write_text(page, snakemake.output[0])
    say(f"{len(page) / 1e6:.1f} MB, to be opened in a browser: {snakemake.output[0]}")
