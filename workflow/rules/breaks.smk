# The break test of the curves that can be tested.
#   in:  data/<dataset>/shards/<shard>/trials.parquet
#   out: data/<dataset>/pools.parquet (what the curves of every pool have in common), model_effects.parquet and task_effects.parquet
#        (models that are good or bad at everything, and what is taken out of the curves of each task), sensitivity.parquet
#        (verdicts on a sample under other choices) and forecasts.parquet (of last scores),
#        data/<dataset>/shards/<shard>/measured.parquet (tests)
# The rule `pool` reads the curves of all shards together, because a pool has curves of several shards. The rule
# `database` does too, because the false discovery rate is over all curves.
TEST_CONFIG = {
    name: config[name] for name in ("smallest_break", "smallest_rise", "emergence_threshold", "sharpness_threshold", "seed")
}


rule pool:
    input:
        trials=expand(rules.score.output.trials, shard=SHARDS),
        code=code_of("pool.py"),
    output:
        pools=f"data/{DATASET}/pools.parquet",
        model_effects=f"data/{DATASET}/model_effects.parquet",
        task_effects=f"data/{DATASET}/task_effects.parquet",
    log:
        f"logs/{DATASET}/pool.log",
    benchmark:
        f"logs/{DATASET}/pool.benchmark.tsv"
    threads: CORES
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    script:
        "../scripts/pool.py"


rule breaks:
    input:
        trials=rules.score.output.trials,
        pools=rules.pool.output.pools,
        task_effects=rules.pool.output.task_effects,
        code=code_of("breaks.py"),
    output:
        f"{SHARD}/measured.parquet",
    log:
        f"logs/{DATASET}/breaks_{{shard}}.log",
    benchmark:
        f"logs/{DATASET}/breaks_{{shard}}.benchmark.tsv"
    threads: TEST_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        config=TEST_CONFIG,
    script:
        "../scripts/breaks.py"


rule sensitivity:
    input:
        trials=expand(rules.score.output.trials, shard=SHARDS),
        pools=rules.pool.output.pools,
        task_effects=rules.pool.output.task_effects,
        measured=expand(rules.breaks.output[0], shard=SHARDS),
        code=code_of("sensitivity.py"),
    output:
        f"data/{DATASET}/sensitivity.parquet",
    log:
        f"logs/{DATASET}/sensitivity.log",
    benchmark:
        f"logs/{DATASET}/sensitivity.benchmark.tsv"
    threads: CORES
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        config=TEST_CONFIG,
    script:
        "../scripts/sensitivity.py"


rule forecast:
    input:
        trials=expand(rules.score.output.trials, shard=SHARDS),
        pools=rules.pool.output.pools,
        code=code_of("forecast.py"),
    output:
        f"data/{DATASET}/forecasts.parquet",
    log:
        f"logs/{DATASET}/forecast.log",
    benchmark:
        f"logs/{DATASET}/forecast.benchmark.tsv"
    threads: CORES
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        seed=config["seed"],
    script:
        "../scripts/forecast.py"
