# Score files of the source as a folder on this machine.
#   in:  `source` and `revision` (see config)
#   out: data/<dataset>/manifest.json, written last. What is fetched or unpacked lies in data/<dataset>/raw/, which is no
#        declared output: Snakemake would delete it when a run is cut off, and the next run goes on from it.


rule download:
    input:
        sources=reference("sources"),
        code=code_of("download.py"),
    output:
        f"data/{DATASET}/manifest.json",
    log:
        f"logs/{DATASET}/download.log",
    benchmark:
        f"logs/{DATASET}/download.benchmark.tsv"
    params:
        # As functions, so that braces in them are no wildcards.
        source=lambda wildcards: config["source"],
        revision=lambda wildcards: config["revision"] if is_address(config["source"]) else None,
        addresses=lambda wildcards: {word: config[f"{word}_address"] for word in KINDS},
        source_state=source_state,
        raw=f"data/{DATASET}/raw",
    script:
        "../scripts/download.py"
