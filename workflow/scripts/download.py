"""Score files of the source as a folder on this machine."""

from job import running

from pathlib import Path

from jumpcheck.base.files import write_json
from jumpcheck.sources.obtain import obtain
from jumpcheck.sources.published import published

with running(snakemake) as say:
    wanted = snakemake.params
    known = published(snakemake.input.sources, wanted.preferred_address)
    manifest = obtain(wanted.source, wanted.revision, Path(wanted.raw), say, known)
    write_json(manifest, snakemake.output[0])
