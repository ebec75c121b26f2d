# The mirage test of the curves that can be tested.
#   in:  data/<dataset>/shards/<shard>/trials.parquet
#   out: data/<dataset>/shards/<shard>/fitted.parquet and candidates.parquet (fits), pooled.parquet (their scatter) and
#        measured.parquet (their tests)
# Only the scatter of models crosses shards here, in `pool`; the false discovery rate does in `database`.


rule fit:
    input:
        trials=rules.score.output.trials,
        code=code_of("fit.py"),
    output:
        fitted=f"{SHARD}/fitted.parquet",
        candidates=f"{SHARD}/candidates.parquet",
    log:
        f"logs/{DATASET}/fit_{{shard}}.log",
    benchmark:
        f"logs/{DATASET}/fit_{{shard}}.benchmark.tsv"
    threads: MIRAGE_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        seed=config["seed"],
    script:
        "../scripts/fit.py"


rule pool:
    input:
        fitted=expand(rules.fit.output.fitted, shard=SHARDS),
        candidates=expand(rules.fit.output.candidates, shard=SHARDS),
        code=code_of("pool.py"),
    output:
        expand(f"{SHARD}/pooled.parquet", shard=SHARDS),
    log:
        f"logs/{DATASET}/pool.log",
    benchmark:
        f"logs/{DATASET}/pool.benchmark.tsv"
    threads: MIRAGE_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        seed=config["seed"],
    script:
        "../scripts/pool.py"


rule mirage:
    input:
        fitted=rules.fit.output.fitted,
        pooled=f"{SHARD}/pooled.parquet",
        code=code_of("mirage.py"),
    output:
        f"{SHARD}/measured.parquet",
    log:
        f"logs/{DATASET}/mirage_{{shard}}.log",
    benchmark:
        f"logs/{DATASET}/mirage_{{shard}}.benchmark.tsv"
    threads: MIRAGE_THREADS
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
    params:
        config={name: config[name] for name in ("emergence_threshold", "seed", "bootstrap")},
    script:
        "../scripts/mirage.py"
