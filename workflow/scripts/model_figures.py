"""The figures that need no data."""

from pathlib import Path

from job import running

from analysis.figures import make_model

with running(snakemake) as say:
    paths = {(Path(path).stem, kind): path for kind in ("svg", "png", "csv") for path in snakemake.output[kind]}
    make_model.write_model_figures(lambda name, kind: paths[name, kind], snakemake.params.simulated)
    say(f"{len(snakemake.output.svg)} figures of the mathematical model in {Path(snakemake.output.svg[0]).parent}")
