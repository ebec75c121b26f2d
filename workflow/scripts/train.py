"""One experiment: its models trained, and the long table of their results."""

from job import running

from jumpcheck.experiments.needed import check_installed

if __name__ == "__main__":  # the worker processes import this file
    with running(snakemake) as say:
        check_installed()
        from jumpcheck.experiments import run

        wanted = dict(snakemake.params.items())
        run.write(snakemake.wildcards.experiment, snakemake.output[0], snakemake.threads, say, **wanted)
