"""Score files of the source as a folder on this machine."""

from job import running

from pathlib import Path

from analysis.base.files import write_json
from analysis.sources.obtain import obtain
from analysis.sources.published import published

with running(snakemake) as say:
    wanted = snakemake.params
    known = published(snakemake.input.sources, wanted.preferred_address)
    manifest = obtain(wanted.source, wanted.revision, Path(wanted.raw), say, known)
    write_json(manifest, snakemake.output[0])
