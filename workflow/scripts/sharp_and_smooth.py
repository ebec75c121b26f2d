"""Sharpness under sharp and under smooth metrics of the same outputs."""

from job import running

from analysis.base.database import connect
from analysis.base.files import write_csv
from analysis.base.sql import sql_text
from analysis.experiments import comparisons

with running(snakemake) as say:
    with connect(snakemake.input.database, read_only=True) as con:
        table = comparisons.sharp_and_smooth(con.execute(sql_text("steps/sharpness")).df(), int(snakemake.params.seed))
    write_csv(table, snakemake.output[0])
    for line in comparisons.lines(table):
        say(line)
