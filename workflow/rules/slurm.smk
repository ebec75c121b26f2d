# What Snakemake's plugin for SLURM lacks. No rules.
import sys


def never_lose_jobs(plugin):
    """Let the plugin wait while SLURM does not answer.

    If all its queries for the states of jobs fail, the plugin forgets the jobs and waits for them for ever. Here a
    missing answer is replaced by an empty one: the plugin expects that a job which an answer lacks will be in a later
    answer.
    """
    asked = plugin.query_job_status

    async def query_job_status(command, logger):
        states, seconds = await asked(command, logger)
        if states is None:
            logger.warning(f"SLURM does not answer {command.split()[0]}; the run waits until it does")
            states, seconds = {}, 0.0
        return states, seconds

    plugin.query_job_status = query_job_status


# Snakemake imports all plugins that are installed.
if hasattr(sys.modules.get("snakemake_executor_plugin_slurm"), "query_job_status"):
    never_lose_jobs(sys.modules["snakemake_executor_plugin_slurm"])
