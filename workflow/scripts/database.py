"""The DuckDB file from all tables."""

from job import inputs_named, limits, running

from jumpcheck.base.files import read_json, write_text
from jumpcheck.database import assembling as database

with running(snakemake) as say:
    out, config = snakemake.output, snakemake.params.config
    inputs = inputs_named(snakemake, "published_", "reference_", "computed_")
    facts = read_json(snakemake.input.facts)
    lines = database.write(out.database, inputs, facts, config, limits(snakemake), say, out.get("curves"))
    write_text("\n".join(lines) + "\n", out.summary)
