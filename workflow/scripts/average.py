"""Instance-level scores to the numbers that they average to, out of core."""

from job import limits, running

from jumpcheck.base.database import connect
from jumpcheck.base.files import read_json
from jumpcheck.formats import reading

with running(snakemake) as say:
    source = read_json(snakemake.input.manifest)["root"]
    with connect(**limits(snakemake)) as con:
        counts = reading.write_averages(con, source, snakemake.output.averaged, snakemake.output.facts)
    if counts["instances_in"]:
        say(f"{counts['instances_in']:,} scores of single examples, {counts['numbers']:,} numbers")
