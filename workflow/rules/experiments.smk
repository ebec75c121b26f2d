# The paper's trained-model experiments, a source like any other, and the figures of answers that a user brings.
#   in:  nothing, or published images in data/images/ (source=trained); or a source that holds answers
#   out: data/<dataset>/training/<experiment>.parquet (long tables), trained/ and manifest.json;
#        results/<dataset>/figures/ and tables/
EXPERIMENTS = ["arithmetic", "autoencoders", "image_sequences", "lenet"] if TRAINED else ["arithmetic"]
EXPERIMENT_FIGURES = {name: FIGURES[name]["of"] for name in FIGURES if FIGURES[name]["of"] in EXPERIMENTS}


if TRAINED:

    rule train:
        # What is trained already lies in data/<dataset>/training/<experiment>/, which is no declared output: a killed run goes
        # on from it.
        input:
            code=code_of("train.py"),
        output:
            f"data/{DATASET}/training/{{experiment}}.parquet",
        log:
            f"logs/{DATASET}/train_{{experiment}}.log",
        benchmark:
            f"logs/{DATASET}/train_{{experiment}}.benchmark.tsv"
        wildcard_constraints:
            experiment="|".join(EXPERIMENTS),
        threads: CORES
        params:
            mode=config["experiments"],
            image_data=config["image_data"],
            seed=config["seed"],
            images="data/images",
            training=f"data/{DATASET}/training",
        script:
            "../scripts/train.py"

    rule trained:
        input:
            long=[f"data/{DATASET}/training/{experiment}.parquet" for experiment in EXPERIMENTS],
            code=code_of("trained.py"),
        output:
            tidy=directory(f"data/{DATASET}/trained"),
            manifest=f"data/{DATASET}/manifest.json",
        log:
            f"logs/{DATASET}/trained.log",
        benchmark:
            f"logs/{DATASET}/trained.benchmark.tsv"
        params:
            mode=config["experiments"],
        script:
            "../scripts/trained.py"

else:

    rule answers:
        input:
            manifest=f"data/{DATASET}/manifest.json",
            code=code_of("answers.py"),
        output:
            f"data/{DATASET}/training/arithmetic.parquet",
        log:
            f"logs/{DATASET}/answers.log",
        benchmark:
            f"logs/{DATASET}/answers.benchmark.tsv"
        params:
            strict=config["strict"],
        script:
            "../scripts/answers.py"


rule sharp_and_smooth:
    input:
        database=rules.database.output.database,
        code=code_of("sharp_and_smooth.py"),
    output:
        report(
            f"results/{DATASET}/tables/sharp_and_smooth.csv",
            category="Experiments",
            labels={"figure": "table: sharp beside smooth metrics"},
            caption="../report/experiments.rst",
        ),
    log:
        f"logs/{DATASET}/sharp_and_smooth.log",
    benchmark:
        f"logs/{DATASET}/sharp_and_smooth.benchmark.tsv"
    params:
        seed=config["seed"],
    script:
        "../scripts/sharp_and_smooth.py"


for figure, experiment in EXPERIMENT_FIGURES.items():

    rule:
        name:
            figure
        input:
            long=f"data/{DATASET}/training/{experiment}.parquet",
            code=code_of("experiment_figure.py"),
        output:
            **({"lengths": f"results/{DATASET}/tables/figure_4_lengths.csv"} if figure == "figure_4" else {}),
            svg=report(
                f"results/{DATASET}/figures/{figure}.svg",
                **report_labels(figure),
            ),
            png=f"results/{DATASET}/figures/{figure}.png",
            pdf=f"results/{DATASET}/figures/{figure}.pdf",
            csv=f"results/{DATASET}/tables/{figure}.csv",
        log:
            f"logs/{DATASET}/{figure}.log",
        benchmark:
            f"logs/{DATASET}/{figure}.benchmark.tsv"
        params:
            mode=config["experiments"] if TRAINED else "full",
        script:
            "../scripts/experiment_figure.py"


rule experiments:
    input:
        rules.sharp_and_smooth.output,
        [f"results/{DATASET}/figures/{figure}.svg" for figure in EXPERIMENT_FIGURES],
