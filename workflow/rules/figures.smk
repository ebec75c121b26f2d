# Figures, each as SVG and PNG with the CSV of its numbers.
#   in:  data/<dataset>/emergence.duckdb
#   out: results/<dataset>/figures/<name>.svg, .png and results/<dataset>/tables/<name>.csv
DATASET_FIGURES = list(figures_of("dataset", SIMULATED))
THEORY_FIGURES = list(figures_of("theory", SIMULATED))


rule simulate_world:
    # The simulated world beside which real data is drawn.
    input:
        annotations=reference("annotations"),
        reference_metrics=reference("metrics"),
        reference_task_notes=reference("task_notes"),
        reference_preferred_metrics=reference("preferred_metrics"),
        code=code_of("simulate_world.py"),
    output:
        f"data/{DATASET}/simulated_share.parquet",
    log:
        f"logs/{DATASET}/simulate_world.log",
    benchmark:
        f"logs/{DATASET}/simulate_world.benchmark.tsv"
    priority: -1  # beside the stages that need one core
    params:
        world={"n_tasks": 60, "seed": config["seed"], "scatter": config["scatter"], "mc_law": config["mc_law"]},
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/simulate_world.py"


rule dataset_figures:
    # All in one job: each is quick to draw and slow to import for.
    input:
        database=rules.database.output[0],
        simulated_share=[] if SIMULATED else rules.simulate_world.output[0],
        reference_preferred_metrics=reference("preferred_metrics"),
        reference_family_aliases=reference("family_aliases"),
        code=code_of("dataset_figures.py"),
    output:
        svg=[
            report(
                f"results/{DATASET}/figures/{name}.svg",
                **report_labels(name),
            )
            for name in DATASET_FIGURES
        ],
        png=[f"results/{DATASET}/figures/{name}.png" for name in DATASET_FIGURES],
        csv=[f"results/{DATASET}/tables/{name}.csv" for name in DATASET_FIGURES],
        annotated_tasks=report(f"results/{DATASET}/tables/annotated_tasks.csv", **report_labels("annotated_tasks")),
    log:
        f"logs/{DATASET}/dataset_figures.log",
    benchmark:
        f"logs/{DATASET}/dataset_figures.benchmark.tsv"
    threads: 2
    params:
        dataset=DATASET_LABEL,
    script:
        "../scripts/dataset_figures.py"


for figure in DATASET_FIGURES:  # targets, so that each can be asked for by its name

    rule:
        name:
            figure
        input:
            f"results/{DATASET}/figures/{figure}.svg",


rule theory_figures:
    # All figures that need no data, in one job: they are quick to draw and slow to import for.
    input:
        code=code_of("theory_figures.py"),
    output:
        svg=[
            report(
                f"results/{DATASET}/figures/{name}.svg",
                **report_labels(name),
            )
            for name in THEORY_FIGURES
        ],
        png=[f"results/{DATASET}/figures/{name}.png" for name in THEORY_FIGURES],
        csv=[f"results/{DATASET}/tables/{name}.csv" for name in THEORY_FIGURES],
    log:
        f"logs/{DATASET}/theory_figures.log",
    benchmark:
        f"logs/{DATASET}/theory_figures.benchmark.tsv"
    priority: -2
    params:
        simulated=DATASET_LABEL if SIMULATED else "",
    script:
        "../scripts/theory_figures.py"


rule calibration:
    # Asked for by name: it takes minutes and is the same for every dataset.
    input:
        code=code_of("calibration.py"),
    output:
        svg=f"results/{DATASET}/figures/power.svg",
        png=f"results/{DATASET}/figures/power.png",
        csv=f"results/{DATASET}/tables/power.csv",
        null_worlds=f"results/{DATASET}/tables/null_worlds.csv",
        planted_worlds=f"results/{DATASET}/tables/planted_worlds.csv",
        planted_shots=f"results/{DATASET}/tables/planted_shots.csv",
        less_evidence=f"results/{DATASET}/tables/less_evidence.csv",
        attacks=f"results/{DATASET}/tables/attacks.csv",
    log:
        f"logs/{DATASET}/calibration.log",
    benchmark:
        f"logs/{DATASET}/calibration.benchmark.tsv"
    threads: CORES
    params:
        n_worlds=100,
    script:
        "../scripts/calibration.py"
