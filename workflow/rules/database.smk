# The database of all tables.
#   in:  what lies in data/<dataset>/ and its shards, data/reference/
#   out: data/<dataset>/emergence.duckdb and curves.parquet


rule database:
    input:
        published_scores=rules.gather.output.scores,
        published_models=rules.gather.output.models,
        published_metrics=rules.gather.output.metrics,
        published_tasks=rules.gather.output.tasks,
        published_rejects=rules.gather.output.rejects,
        published_truth=f"data/{DATASET}/truth.parquet" if SIMULATED else [],
        computed_scored_curves=expand(rules.score.output.scored_curves, shard=SHARDS),
        computed_points=expand(rules.score.output.points, shard=SHARDS),
        computed_trials=expand(rules.score.output.trials, shard=SHARDS),
        computed_measured=expand(rules.breaks.output[0], shard=SHARDS),
        computed_model_effects=rules.pool.output.model_effects,
        computed_sensitivity=rules.sensitivity.output[0],
        computed_forecasts=rules.forecast.output[0],
        facts=rules.gather.output.facts,
        reference_metrics=reference("metrics"),
        reference_annotations=reference("annotations"),
        reference_task_notes=reference("task_notes"),
        reference_preferred_metrics=reference("preferred_metrics"),
        code=code_of("database.py"),
    output:
        database=f"data/{DATASET}/emergence.duckdb",
        curves=f"data/{DATASET}/curves.parquet",
        summary=f"data/{DATASET}/summary.txt",
    log:
        f"logs/{DATASET}/database.log",
    benchmark:
        f"logs/{DATASET}/database.benchmark.tsv"
    resources:
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
    params:
        config=lambda wildcards: RESULT_CONFIG,
    script:
        "../scripts/database.py"
