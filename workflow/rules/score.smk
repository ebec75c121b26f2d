# Emergence scores of all curves, shard by shard.
#   in:  data/<dataset>/shards/<shard>/scores/, what lies in data/<dataset>/, data/reference/
#   out: data/<dataset>/shards/<shard>/scored_curves.parquet, points.parquet, trials.parquet (points of percent-correct curves)


rule score:
    input:
        published_scores=rules.normalise.output.scores,
        published_models=rules.gather.output.models,
        published_metrics=rules.gather.output.metrics,
        recovered_examples=rules.gather.output.examples,
        reference_metrics=reference("metrics"),
        reference_task_notes=reference("task_notes"),
        code=code_of("score.py"),
    output:
        scored_curves=f"{SHARD}/scored_curves.parquet",
        points=f"{SHARD}/points.parquet",
        trials=f"{SHARD}/trials.parquet",
    log:
        f"logs/{DATASET}/score_{{shard}}.log",
    benchmark:
        f"logs/{DATASET}/score_{{shard}}.benchmark.tsv"
    threads: STAGE_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    script:
        "../scripts/score.py"
