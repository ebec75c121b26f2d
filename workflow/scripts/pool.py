"""What the curves of every pool have in common, and the effects of models, from the curves of all shards."""

from job import running

from jumpcheck.base.files import write_parquet
from jumpcheck.base.parallel import Processes
from jumpcheck.breaks import measuring

with running(snakemake) as say, Processes(snakemake.threads) as processes:
    curves = measuring.read_testable(snakemake.input.trials)
    told = measuring.estimates(curves, processes.map)
    for name, table in told.tables().items():
        write_parquet(table, snakemake.output[name], table.schema)
    n_pools, n_effects = len(told.pools) // 2, len(told.model_effects)
    say(f"{len(curves):,} curves that can be tested, in {n_pools:,} pools; {n_effects:,} effects of models")
