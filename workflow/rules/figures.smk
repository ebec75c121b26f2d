# Figures of the paper's section 4, each as SVG and PNG with the CSV of its numbers.
#   in:  data/<dataset>/emergence.duckdb
#   out: results/<dataset>/figures/<name>.svg, .png and results/<dataset>/tables/<name>.csv
FIGURE_CODE = [
    workflow.source_path(f"../../analysis/{name}.py") for name in ("duck", "files", "figures/make", "figures/style")
]


rule figure_5a_pairs:
    input:
        database=rules.database.output[0],
        sql=workflow.source_path("../../analysis/sql/figures/figure_5a_pairs.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/scores.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/figure_5a_pairs.svg",
            category="Figure 5A",
            labels={"figure": "pairs"},
            caption="../report/figure_5a_pairs.rst",
        ),
        png=f"results/{DATASET}/figures/figure_5a_pairs.png",
        csv=f"results/{DATASET}/tables/figure_5a_pairs.csv",
    log:
        f"logs/{DATASET}/figure_5a_pairs.log",
    benchmark:
        f"logs/{DATASET}/figure_5a_pairs.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


rule figure_5a_triplets:
    input:
        database=rules.database.output[0],
        sql=workflow.source_path("../../analysis/sql/figures/figure_5a_triplets.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/scores.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/figure_5a_triplets.svg",
            category="Figure 5A",
            labels={"figure": "triplets"},
            caption="../report/figure_5a_triplets.rst",
        ),
        png=f"results/{DATASET}/figures/figure_5a_triplets.png",
        csv=f"results/{DATASET}/tables/figure_5a_triplets.csv",
    log:
        f"logs/{DATASET}/figure_5a_triplets.log",
    benchmark:
        f"logs/{DATASET}/figure_5a_triplets.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


rule figure_5b:
    input:
        database=rules.database.output[0],
        reference_preferred_metrics=workflow.source_path("../../data/reference/preferred_metrics.csv"),
        sql=workflow.source_path("../../analysis/sql/figures/figure_5b.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/annotated.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/figure_5b.svg",
            category="Figure 5B",
            labels={"figure": "annotated tasks"},
            caption="../report/figure_5b.rst",
        ),
        png=f"results/{DATASET}/figures/figure_5b.png",
        csv=f"results/{DATASET}/tables/figure_5b.csv",
    log:
        f"logs/{DATASET}/figure_5b.log",
    benchmark:
        f"logs/{DATASET}/figure_5b.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


rule figure_5c:
    input:
        database=rules.database.output[0],
        reference_preferred_metrics=workflow.source_path("../../data/reference/preferred_metrics.csv"),
        sql=workflow.source_path("../../analysis/sql/figures/figure_5c.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/annotated.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/figure_5c.svg",
            category="Figure 5C",
            labels={"figure": "annotated tasks"},
            caption="../report/figure_5c.rst",
        ),
        png=f"results/{DATASET}/figures/figure_5c.png",
        csv=f"results/{DATASET}/tables/figure_5c.csv",
    log:
        f"logs/{DATASET}/figure_5c.log",
    benchmark:
        f"logs/{DATASET}/figure_5c.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


rule emergence_share:
    input:
        database=rules.database.output[0],
        sql=workflow.source_path("../../analysis/sql/figures/emergence_share.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/concentration.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/emergence_share.svg",
            category="Concentration",
            labels={"figure": "shares"},
            caption="../report/emergence_share.rst",
        ),
        png=f"results/{DATASET}/figures/emergence_share.png",
        csv=f"results/{DATASET}/tables/emergence_share.csv",
    log:
        f"logs/{DATASET}/emergence_share.log",
    benchmark:
        f"logs/{DATASET}/emergence_share.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


rule emergence_survival:
    input:
        database=rules.database.output[0],
        sql=workflow.source_path("../../analysis/sql/figures/emergence_survival.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/concentration.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/emergence_survival.svg",
            category="Concentration",
            labels={"figure": "survival"},
            caption="../report/emergence_survival.rst",
        ),
        png=f"results/{DATASET}/figures/emergence_survival.png",
        csv=f"results/{DATASET}/tables/emergence_survival.csv",
    log:
        f"logs/{DATASET}/emergence_survival.log",
    benchmark:
        f"logs/{DATASET}/emergence_survival.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


rule simulate_world:
    # The simulated world beside which real data is drawn.
    input:
        annotations=workflow.source_path("../../data/reference/annotations.csv"),
        preferred_metrics=workflow.source_path("../../data/reference/preferred_metrics.csv"),
        reference_metrics=workflow.source_path("../../data/reference/metrics.csv"),
        reference_task_notes=workflow.source_path("../../data/reference/task_notes.csv"),
        reference_preferred_metrics=workflow.source_path("../../data/reference/preferred_metrics.csv"),
        code=[
            workflow.source_path(f"../../analysis/{name}.py")
            for name in (
                "simulate",
                "simulated_tree",
                "scaling",
                "normalise",
                "results",
                "sources",
                "arrow",
                "files",
                "database",
                "resolution",
                "duck",
            )
        ],
        sql=[
            *sources_of("analysis/sql", ".sql"),
            workflow.source_path("../../analysis/sql/steps/trials.sql"),
            workflow.source_path("../../analysis/sql/figures/emergence_share.sql"),
        ],
    output:
        f"data/{DATASET}/simulated_share.parquet",
    log:
        f"logs/{DATASET}/simulate_world.log",
    benchmark:
        f"logs/{DATASET}/simulate_world.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 2
    params:
        world={"n_tasks": 60, "seed": config["seed"], "scatter": config["scatter"], "mc_law": config["mc_law"]},
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/simulate_world.py"


rule world_without_emergence:
    input:
        database=rules.database.output[0],
        dataset_share=rules.emergence_share.output.csv,
        simulated_share=rules.simulate_world.output[0],
        sql=workflow.source_path("../../analysis/sql/figures/world_without_emergence.sql"),
        code=[*FIGURE_CODE, workflow.source_path("../../analysis/figures/concentration.py")],
    output:
        svg=report(
            f"results/{DATASET}/figures/world_without_emergence.svg",
            category="Concentration",
            labels={"figure": "beside a world without emergence"},
            caption="../report/world_without_emergence.rst",
        ),
        png=f"results/{DATASET}/figures/world_without_emergence.png",
        csv=f"results/{DATASET}/tables/world_without_emergence.csv",
    log:
        f"logs/{DATASET}/world_without_emergence.log",
    benchmark:
        f"logs/{DATASET}/world_without_emergence.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/figure.py"


MODEL_FIGURES = {
    "figure_2": ("Figure 2", "six panels"),
    "figure_9": ("Figure 9", "ROUGE-L-Sum"),
    "at_least_k": ("Causes", "at least k of L"),
    "resolution": ("Causes", "resolution"),
    "sampling": ("Causes", "sampling of scales"),
}


rule model_figures:
    # All figures that need no data, in one job: they are quick to draw and slow to import for.
    input:
        code=[
            *FIGURE_CODE,
            workflow.source_path("../../analysis/figures/model.py"),
            workflow.source_path("../../analysis/figures/make_model.py"),
            workflow.source_path("../../analysis/paper_model.py"),
            workflow.source_path("../../analysis/scaling.py"),
            workflow.source_path("../../analysis/sequences.py"),
            workflow.source_path("../../analysis/simulate.py"),
        ],
    output:
        svg=[
            report(
                f"results/{DATASET}/figures/{name}.svg",
                category=category,
                labels={"figure": label},
                caption="../report/model_figures.rst",
            )
            for name, (category, label) in MODEL_FIGURES.items()
        ],
        png=[f"results/{DATASET}/figures/{name}.png" for name in MODEL_FIGURES],
        csv=[f"results/{DATASET}/tables/{name}.csv" for name in MODEL_FIGURES],
    log:
        f"logs/{DATASET}/model_figures.log",
    benchmark:
        f"logs/{DATASET}/model_figures.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        simulated=DATASET_LABEL if SIMULATED else "",
    script:
        "../scripts/model_figures.py"


MIRAGE_FIGURES = {
    "figure_6": ("Figure 6", "multiple-choice grade beside Brier score"),
    "mirage_gallery": ("Mirage test", "curves that jump, and their fits"),
    "mirage_slopes": ("Mirage test", "exponents against p_sharp"),
    "forecast_coverage": ("Mirage test", "forecasts"),
    "annotated_agreement": ("Mirage test", "agreement with hand labels"),
}


rule mirage_figures:
    # All in one job: each is quick to draw and slow to import for.
    input:
        database=rules.database.output[0],
        reference_family_aliases=workflow.source_path("../../data/reference/family_aliases.csv"),
        sql=[
            *(workflow.source_path(f"../../analysis/sql/figures/{name}.sql") for name in MIRAGE_FIGURES),
            workflow.source_path("../../analysis/sql/tables/annotated_tasks.sql"),
        ],
        code=[
            *FIGURE_CODE,
            workflow.source_path("../../analysis/figures/mirage.py"),
            workflow.source_path("../../analysis/agreement.py"),
        ],
    output:
        svg=[
            report(
                f"results/{DATASET}/figures/{name}.svg",
                category=category,
                labels={"figure": label},
                caption="../report/mirage_figures.rst",
            )
            for name, (category, label) in MIRAGE_FIGURES.items()
        ],
        png=[f"results/{DATASET}/figures/{name}.png" for name in MIRAGE_FIGURES],
        csv=[f"results/{DATASET}/tables/{name}.csv" for name in MIRAGE_FIGURES],
        table=report(
            f"results/{DATASET}/tables/annotated_tasks.csv",
            category="Mirage test",
            labels={"figure": "table: hand-annotated tasks and verdicts"},
            caption="../report/annotated_tasks.rst",
        ),
    log:
        f"logs/{DATASET}/mirage_figures.log",
    benchmark:
        f"logs/{DATASET}/mirage_figures.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        dataset=DATASET_LABEL,
        emergence_threshold=config["emergence_threshold"],
    script:
        "../scripts/mirage_figures.py"


rule power:
    # Asked for by name: it takes a minute and is the same for every dataset.
    input:
        code=[
            *FIGURE_CODE,
            workflow.source_path("../../analysis/figures/power.py"),
            workflow.source_path("../../analysis/calibration.py"),
            workflow.source_path("../../analysis/mirage.py"),
            workflow.source_path("../../analysis/power_law.py"),
            workflow.source_path("../../analysis/simulate.py"),
        ],
    output:
        svg=f"results/{DATASET}/figures/power.svg",
        png=f"results/{DATASET}/figures/power.png",
        csv=f"results/{DATASET}/tables/power.csv",
    log:
        f"logs/{DATASET}/power.log",
    benchmark:
        f"logs/{DATASET}/power.benchmark.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: workflow.cores
    params:
        seed=config["seed"],
        scatter=config["scatter"],
    script:
        "../scripts/power.py"


FIGURES = [
    rules.figure_5a_pairs.output,
    rules.figure_5a_triplets.output,
    rules.figure_5b.output,
    rules.figure_5c.output,
    rules.emergence_share.output,
    rules.emergence_survival.output,
    rules.model_figures.output,
    rules.mirage_figures.output,
    # A simulated dataset is that world already.
    [] if SIMULATED else rules.world_without_emergence.output,
]
