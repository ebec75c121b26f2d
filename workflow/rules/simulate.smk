# A simulated benchmark in place of a download.
#   in:  data/reference/ and the settings of the simulated world (see config)
#   out: data/<dataset>/manifest.json and truth.parquet; the score files lie in data/<dataset>/raw/simulated/


rule simulate:
    input:
        annotations=reference("annotations"),
        preferred_metrics=reference("preferred_metrics"),
        code=code_of("simulate.py"),
    output:
        manifest=f"data/{DATASET}/manifest.json",
        truth=f"data/{DATASET}/truth.parquet",
    log:
        f"logs/{DATASET}/simulate.log",
    benchmark:
        f"logs/{DATASET}/simulate.benchmark.tsv"
    threads: 2
    params:
        world={key: config[key] for key in ("n_tasks", "seed", "scatter", "mc_law", "break_share", "break_size")},
        raw=f"data/{DATASET}/raw",
    script:
        "../scripts/simulate.py"
