"""The DuckDB file from all tables."""

import json
from pathlib import Path

from job import running

from analysis import database

KINDS = ("published_", "reference_", "computed_")
with running(snakemake) as say:
    facts = json.loads(Path(snakemake.input.facts).read_text(encoding="utf-8"))
    inputs = {name: path for name, path in snakemake.input.items() if path and name.startswith(KINDS)}
    database.write(snakemake.output[0], inputs, facts, snakemake.params.config, snakemake.threads, say)
