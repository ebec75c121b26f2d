"""Score files of a folder to Parquet."""

import json
from pathlib import Path

from job import running

from analysis import normalise
from analysis.sources import Reject

with running(snakemake) as say:
    manifest = json.loads(Path(snakemake.input.manifest).read_text(encoding="utf-8"))
    rejects = [Reject(**reject) for reject in manifest["rejects"]]
    folder = Path(snakemake.output.scores)
    folder.mkdir(parents=True)  # by Snakemake removed where an earlier run left it
    tables = normalise.normalise(Path(manifest["root"]), snakemake.threads, rejects, manifest["input_sha256"], folder)
    tables.facts |= {
        name: manifest[name]
        for name in ("source", "source_kind", "revision", "commit", "simulated_world")
        if name in manifest
    }
    normalise.report(tables, say, strict=snakemake.params.strict)
    normalise.write(tables, dict(snakemake.output.items()))
