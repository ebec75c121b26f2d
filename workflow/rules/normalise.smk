# Result files to long tables, in shards by hash of the task, and what is true of all shards.
#   in:  data/<dataset>/manifest.json, which names the folder of the files
#   out: data/<dataset>/shards/<shard>/, and of all shards together
#        data/<dataset>/scores/    one row per published number, and beside it the models, tasks and rejects


if HAS_RESULTS:

    rule average:
        # Scores of single examples, which can be larger than memory, to numbers.
        input:
            manifest=f"data/{DATASET}/manifest.json",
            code=code_of("average.py"),
        output:
            averaged=f"data/{DATASET}/averaged.parquet",
            facts=f"data/{DATASET}/averaged.json",
        log:
            f"logs/{DATASET}/average.log",
        benchmark:
            f"logs/{DATASET}/average.benchmark.tsv"
        threads: STAGE_THREADS
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
        script:
            "../scripts/average.py"


rule normalise:
    input:
        manifest=f"data/{DATASET}/manifest.json",
        averaged=rules.average.output.averaged if HAS_RESULTS else [],
        instances=rules.average.output.facts if HAS_RESULTS else [],
        known=packaged("data/reference/rules.yml"),
        benchmark_sizes=reference("benchmark_sizes"),
        rules=config["rules"] or [],
        preferred_metrics=reference("preferred_metrics"),
        model_sizes=reference("model_sizes"),
        reference_metrics=reference("metrics"),
        reference_task_notes=reference("task_notes"),
        code=code_of("normalise.py"),
    output:
        scores=directory(f"{SHARD}/scores"),
        models=f"{SHARD}/models.parquet",
        tasks=f"{SHARD}/tasks.parquet",
        rejects=f"{SHARD}/rejects.parquet",
        recovered=f"{SHARD}/recovered.parquet",
        facts=f"{SHARD}/normalise.json",
    log:
        f"logs/{DATASET}/normalise_{{shard}}.log",
    benchmark:
        f"logs/{DATASET}/normalise_{{shard}}.benchmark.tsv"
    threads: STAGE_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        choices=lambda wildcards: {
            **{name: str(config[name]) for name in ("scale_by", "on_conflict", "wide", "missing", "percent")},
            "to_complete": f"data/{DATASET}/unknown_models.yml",
        },
        shard=lambda wildcards: (int(wildcards.shard), N_SHARDS),
    script:
        "../scripts/normalise.py"


rule gather:
    input:
        manifest=f"data/{DATASET}/manifest.json",
        scores=expand(rules.normalise.output.scores, shard=SHARDS),
        models=expand(rules.normalise.output.models, shard=SHARDS),
        tasks=expand(rules.normalise.output.tasks, shard=SHARDS),
        rejects=expand(rules.normalise.output.rejects, shard=SHARDS),
        recovered=expand(rules.normalise.output.recovered, shard=SHARDS),
        facts=expand(rules.normalise.output.facts, shard=SHARDS),
        reference_preferred_metrics=reference("preferred_metrics"),
        reference_preferred_rows=reference("preferred_rows_by_metric"),
        code=code_of("gather.py"),
    output:
        scores=directory(f"data/{DATASET}/scores"),
        models=f"data/{DATASET}/models.parquet",
        tasks=f"data/{DATASET}/tasks.parquet",
        rejects=f"data/{DATASET}/rejects.parquet",
        facts=f"data/{DATASET}/normalise.json",
        metrics=f"data/{DATASET}/metrics_seen.parquet",
        examples=f"data/{DATASET}/examples.parquet",
    log:
        f"logs/{DATASET}/gather.log",
    benchmark:
        f"logs/{DATASET}/gather.benchmark.tsv"
    threads: STAGE_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        strict=config["strict"],
    script:
        "../scripts/gather.py"
