# One page that says what was run and found, one with every curve, a description for machines, and the figures as PDF.
#   in:  data/<dataset>/emergence.duckdb, the figures and their captions
#   out: results/<dataset>/report.html, explorer.html, figures/<name>.pdf; data/<dataset>/croissant.json
DRAWN_HERE = DATASET_FIGURES + THEORY_FIGURES
PAGE_FIGURES = DRAWN_HERE + (list(EXPERIMENT_FIGURES) if TRAINED else [])


rule report_page:
    input:
        database=rules.database.output[0],
        figures=[f"results/{DATASET}/figures/{name}.svg" for name in PAGE_FIGURES],
        captions=[packaged(f"analysis/jumpcheck/{caption_of(name)}") for name in PAGE_FIGURES],
        code=code_of("report_page.py"),
    output:
        f"results/{DATASET}/report.html",
    log:
        f"logs/{DATASET}/report_page.log",
    benchmark:
        f"logs/{DATASET}/report_page.benchmark.tsv"
    params:
        dataset=DATASET_LABEL,
        simulated=SIMULATED,
        titles=[f"{FIGURES[name]['section']}: {FIGURES[name]['title']}" for name in PAGE_FIGURES],
        config=lambda wildcards: RESULT_CONFIG,
    script:
        "../scripts/report_page.py"


rule pdf:
    input:
        figures=[f"results/{DATASET}/figures/{name}.svg" for name in DRAWN_HERE],
        code=code_of("pdf.py"),
    output:
        [f"results/{DATASET}/figures/{name}.pdf" for name in DRAWN_HERE],
    log:
        f"logs/{DATASET}/pdf.log",
    benchmark:
        f"logs/{DATASET}/pdf.benchmark.tsv"
    script:
        "../scripts/pdf.py"


rule explorer:
    input:
        database=rules.database.output[0],
        code=code_of("explorer.py"),
    output:
        f"results/{DATASET}/explorer.html",
    log:
        f"logs/{DATASET}/explorer.log",
    benchmark:
        f"logs/{DATASET}/explorer.benchmark.tsv"
    params:
        dataset=DATASET_LABEL,
        simulated=SIMULATED,
    script:
        "../scripts/explorer.py"


rule croissant:
    # For tools that read MLCommons' description of datasets. It lies beside the Parquet files that it describes.
    input:
        database=rules.database.output[0],
        scores=rules.gather.output.scores,
        curves=rules.database.output.curves,
        rejects=rules.gather.output.rejects,
        code=code_of("croissant.py"),
    output:
        f"data/{DATASET}/croissant.json",
    log:
        f"logs/{DATASET}/croissant.log",
    benchmark:
        f"logs/{DATASET}/croissant.benchmark.tsv"
    params:
        dataset=DATASET_LABEL,
    script:
        "../scripts/croissant.py"


if not SIMULATED:
    BIGBENCH_FIGURES = [
        "figure_5a_pairs",
        "pairs_by_metric",
        "sudden_pairs",
        "break_verdicts",
        "break_sizes",
        "forecasts",
        "world_without_emergence",
        *([] if ONLY_PREFERRED else ["figure_5b", "figure_5c", "figure_6"]),  # figure 6 needs two metrics of one task
    ]
    THUMBNAILS = [name for name in DRAWN_HERE if name != "figure_6"]

    rule bigbench_page:
        # Asked for by name, for BIG-bench's own scores: the page docs/bigbench.md, and the thumbnails of docs/figures.md.
        input:
            database=rules.database.output[0],
            figures=[f"results/{DATASET}/figures/{name}.svg" for name in BIGBENCH_FIGURES],
            png=[f"results/{DATASET}/figures/{name}.png" for name in THUMBNAILS],
            simulated_share=rules.simulate_world.output[0],
            reference_preferred_rows=reference("preferred_rows_by_metric"),
            code=code_of("bigbench_page.py"),
        output:
            page=f"results/{DATASET}/page/bigbench.md",
            pairs=f"results/{DATASET}/page/bigbench/pairs.csv",
            copies=[f"results/{DATASET}/page/bigbench/{name}.svg" for name in BIGBENCH_FIGURES],
            thumbnails=[f"results/{DATASET}/page/figures/{name}.png" for name in THUMBNAILS],
        log:
            f"logs/{DATASET}/bigbench_page.log",
        benchmark:
            f"logs/{DATASET}/bigbench_page.benchmark.tsv"
        script:
            "../scripts/bigbench_page.py"
