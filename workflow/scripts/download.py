"""Score files of the source as a folder on this machine."""

from job import running

from pathlib import Path

from jumpcheck.base.files import write_json
from jumpcheck.sources.obtain import obtain
from jumpcheck.sources.published import KINDS, published

with running(snakemake) as say:
    wanted = snakemake.params
    known = {word: published(kind, snakemake.input.sources, wanted.addresses[word]) for word, kind in KINDS.items()}
    manifest = obtain(wanted.source, wanted.revision, Path(wanted.raw), say, known)
    write_json(manifest, snakemake.output[0])
