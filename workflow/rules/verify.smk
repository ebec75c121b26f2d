# What was damaged since it was made, and what is dated later than now, set aside, so that the next run makes it again.
#   in:  the records of what jobs made, logs/<dataset>/*.made.json
#   out: nothing; a damaged output has the name NAME.damaged then


rule verify:
    input:
        code=code_of("verify.py"),
    log:
        f"logs/{DATASET}/verify.log",
    params:
        records=f"logs/{DATASET}",
    script:
        "../scripts/verify.py"
