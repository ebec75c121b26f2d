"""Sharpness under sharp and under smooth metrics of the same outputs."""

from job import running

from jumpcheck.base.database import connect
from jumpcheck.base.files import write_csv
from jumpcheck.base.sql import sql_text
from jumpcheck.experiments import comparisons

with running(snakemake) as say:
    with connect(snakemake.input.database, read_only=True) as con:
        table = comparisons.sharp_and_smooth(con.execute(sql_text("experiments/sharpness")).df(), int(snakemake.params.seed))
    write_csv(table, snakemake.output[0])
    for line in comparisons.lines(table):
        say(line)
