"""One figure of the experiments; the rule's name is the figure's."""

from job import running

import pandas as pd
from jumpcheck.figures import experiments

with running(snakemake) as say:
    paths = dict(snakemake.output.items())
    experiments.write_figure(snakemake.rule, pd.read_parquet(snakemake.input.long), paths, snakemake.params.mode)
    say(paths["svg"])
