"""The description of the outputs for machines."""

from job import running

from pathlib import Path

from jumpcheck.pages import croissant

with running(snakemake) as say:
    tables = {name: Path(snakemake.input[name]) for name in ("scores", "curves", "rejects")}
    croissant.write(snakemake.output[0], snakemake.params.dataset, snakemake.input.database, tables)
    say(f"{len(tables)} tables described in {snakemake.output[0]}")
