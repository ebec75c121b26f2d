"""Every stage of the analysis beside its limits and beside what a user would otherwise write, in one run.

    python benchmarks/run.py [--quick] [--out docs]
    python benchmarks/run.py --against COMMIT [--source FILE]

Generates a full-size simulated benchmark, measures (medians of 5 where that takes seconds), and writes performance.md with
two figures, and the numbers as CSV. Ratios within the run are what counts: other machines have other seconds. It takes about
a quarter of an hour and 8 GB of disk; --quick takes small sizes, to try the script itself. --against runs the whole workflow of two
versions in turn and prints the ratios, stage by stage; --source is BIG-bench's published file of preferred scores, or any other.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path

import against
import duckdb
import matplotlib.pyplot as plt
import msgspec
import numpy as np
import pandas as pd
import psutil
from jumpcheck.base.database import connect
from jumpcheck.base.parallel import Processes
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.breaks import measuring, model_effects
from jumpcheck.breaks.sensitivity import sensitivity
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.figures import style
from jumpcheck.models import known_facts, rule_files
from jumpcheck.normalise import all_metrics, bigbench
from jumpcheck.normalise.schema import EXAMPLES_SCHEMA
from jumpcheck.score.curves import make_curves
from jumpcheck.sources.layout import find_score_files
from jumpcheck.theory import score_files, worlds
from jumpcheck.theory import world as simulate

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/helpers"))

import one_table

ROOT = Path(__file__).parents[1]
PROCESSES = 2
FIGURE_JOBS = ("dataset_figures", "theory_figures", "pdf")
REFERENCE = {
    f"reference_{name}": str(ROOT / f"data/reference/{name}.csv")
    for name in ("metrics", "annotations", "task_notes", "preferred_metrics")
}


def median_of(function, repeats):
    """Median seconds of `repeats` calls."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _apart(pipe, function, arguments):
    # A spawned process would spawn its own workers too, and each of them import everything again.
    multiprocessing.set_start_method("fork", force=True)
    started = time.perf_counter()
    function(*arguments)
    seconds = time.perf_counter() - started
    used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    pipe.send((seconds, max(used) / 1e6))


def apart(function, *arguments):
    """(seconds, peak memory in GB of its largest process) of one call in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_apart, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        process.join()
        return float("nan"), float("nan")
    finally:
        process.join()


# --- reading -----------------------------------------------------------------------------------------------------------


class Entry(msgspec.Struct):
    score_dict: dict[str, float]
    preferred_score: str
    subtask_description: str
    low_score: float
    high_score: float
    number_of_shots: int


class ScoreFile(msgspec.Struct):
    scores: list[Entry]
    model: dict
    task: dict


DECODER = msgspec.json.Decoder(ScoreFile)


def raw_read(paths):
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            file.read()


def typed_parse(paths):
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            DECODER.decode(file.read())


def to_parquet(tree, folder):
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    bigbench.normalise(Path(tree), PROCESSES, folder=Path(folder))


def one_table_to_parquet(path, folder):
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    rules = rule_files.read([ROOT / "data/reference/rules.yml"], 0)
    all_metrics.normalise(Path(path), rules, known_facts.NOTHING_KNOWN, folder=Path(folder))


def pandas_read(path):
    pd.read_parquet(path)


def row_by_row(files):
    """What public scripts do: one row at a time onto a DataFrame."""
    frame = pd.DataFrame(columns=["task", "subtask", "shots", "family", "model", "metric", "score"])
    for path in files:
        document = json.loads(Path(path).read_text())
        for entry in document["scores"]:
            for metric, score in entry["score_dict"].items():
                frame.loc[len(frame.index)] = [
                    document["task"]["task_name"], entry["subtask_description"], entry["number_of_shots"],
                    document["model"]["model_family"], document["model"]["model_name"], metric, score,
                ]  # fmt: skip
    return frame


def measure_reading(tree, work, repeats, rows_of_peer):
    paths, _ = find_score_files(tree)
    paths = [str(tree / path) for path in paths]
    slices = [paths[k : k + 500] for k in range(0, len(paths), 500)]
    rows = {}
    with ProcessPoolExecutor(PROCESSES) as pool:
        for name, function in (("raw read", raw_read), ("typed parse", typed_parse)):
            rows[name] = median_of(lambda function=function: list(pool.map(function, slices)), repeats)
    measured = [apart(to_parquet, str(tree), str(work / "scores")) for _ in range(repeats)]
    rows["normalise"] = statistics.median(seconds for seconds, _ in measured)
    rows["normalise memory"] = max(memory for _, memory in measured)
    table = one_table.table_of(tree)
    rows["table rows"], path = len(table), str(work / "bigbench_results.parquet")
    table.to_parquet(path, index=False)
    del table
    measured = [apart(one_table_to_parquet, path, str(work / "table_scores")) for _ in range(repeats)]
    rows["table"], rows["table memory"] = statistics.median(s for s, _ in measured), max(memory for _, memory in measured)
    rows["table by pandas"] = statistics.median(apart(pandas_read, path)[0] for _ in range(repeats))
    small, n_numbers, files = work / "few", 0, []
    for path in paths:
        if n_numbers >= rows_of_peer:
            break
        copy = small / Path(path).relative_to(tree)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        files.append(copy)
        n_numbers += sum(len(entry["score_dict"]) for entry in json.loads(copy.read_text())["scores"])
    rows["peer rows"] = n_numbers
    rows["peer files"] = len(files)
    rows["ours on peer files"] = statistics.median(
        apart(to_parquet, str(small), str(work / "few_scores"))[0] for _ in range(repeats)
    )
    rows["row by row"], _ = apart(row_by_row, files)
    rows["files"], rows["megabytes"] = len(paths), sum(os.path.getsize(path) for path in paths) / 1e6  # noqa: PTH202
    return rows


# --- scoring -----------------------------------------------------------------------------------------------------------


def write_curves(n_curves, folder):
    """`n_curves` curves of 12 scales as Parquet, task-major as `normalise` writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    with connect(threads=PROCESSES) as con:
        con.execute("set preserve_insertion_order = true")
        con.execute(
            f"""copy (
                select 'F' as model_family, 'm' || lpad(k::varchar, 2, '0') as model, pow(10, 6 + k * 0.4) as
                    non_embedding_params, null::double as flop_matched_non_embedding_params, null::double as total_params,
                    null::double as scale, null::varchar as scale_basis, 1::bigint as n_files
                from range(12) as models(k)) to '{folder}/models.parquet'"""
        )
        task = "'task_' || lpad((c // 50)::varchar, 7, '0')"
        con.execute(
            f"""copy (
                select (hash(c) >> 1)::bigint as curve_id, {task} as task, {task} as subtask, 'task' as entry_kind, 'F' as model_family,
                    'm' || lpad(k::varchar, 2, '0') as model, ((c % 50) // 13)::integer as shots,
                    'metric_' || ((c % 50) % 13) as metric, round(random() * 1000) / 1000 as score,
                    'none' as filter, null::double as stderr, null::bigint as n_examples, 1 as n_runs,
                    null::double as run_sd, true as is_preferred,
                    0.0 as low_score, 1.0 as high_score, 0.0 as chance, null::boolean as higher_is_better, 'f' as source_file
                from range({n_curves}) as curves(c), range(12) as scales(k)
            ) to '{folder}/scores.parquet' (format parquet, compression zstd, row_group_size 131072)"""
        )


def score_with_sql(folder, memory_limit, temporary):
    with connect(threads=PROCESSES) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute("set enable_progress_bar = false")
        if memory_limit:
            con.execute(f"set memory_limit = '{memory_limit}'")
            con.execute(f"set temp_directory = '{temporary}'")
        scores = f"{folder}/scores.parquet"
        metrics = con.sql(f"select distinct metric, null::boolean as higher_is_better from '{scores}'").to_arrow_table()
        inputs = {"published_scores": scores, "published_models": f"{folder}/models.parquet", "published_metrics": metrics}
        make_curves(con, inputs | {"recovered_examples": EXAMPLES_SCHEMA.empty_table()} | REFERENCE)
        con.execute(f"copy curves to '{folder}/curves.parquet' (format parquet)")


def scan(folder):
    texts = ", ".join(f"sum(length({name}))" for name in ("task", "subtask", "metric", "model_family", "model"))
    with connect(threads=PROCESSES) as con:
        con.execute(f"select sum(score), sum(shots), {texts} from '{folder}/scores.parquet'").fetchall()


def dense_scores(y):
    """Emergence score of every row of a dense array, by NumPy."""
    found = np.empty(len(y))
    for start in range(0, len(y), 8192):
        part = y[start : start + 8192]
        steps = np.diff(part, axis=1)
        steps *= steps
        middle = np.partition(steps, 5, axis=1)[:, 5]
        with np.errstate(divide="ignore", invalid="ignore"):
            sign = np.sign(part.argmax(axis=1) - part.argmin(axis=1))
            found[start : start + 8192] = sign * (part.max(axis=1) - part.min(axis=1)) / np.sqrt(middle)
    return found


def pandas_apply(frame):
    def emergence(rows):
        y = rows.sort_values("scale")["score"].to_numpy()
        steps = np.diff(y)
        return np.sign(y.argmax() - y.argmin()) * np.ptp(y) / np.sqrt(np.median(steps**2))

    frame.groupby(["task", "subtask", "shots", "metric", "model_family"]).apply(emergence)


def measure_scoring(work, sizes, repeats):
    rows = []
    for n in sizes:
        folder = work / f"curves_{n}"
        write_curves(n, folder)
        repetitions = repeats if n <= 10**6 else 1
        row = {"curves": n}
        measured = [apart(score_with_sql, str(folder), None, None) for _ in range(repetitions)]
        row["sql"] = statistics.median(seconds for seconds, _ in measured)
        row["sql memory"] = max(memory for _, memory in measured)
        row["scan"] = statistics.median(apart(scan, str(folder))[0] for _ in range(repetitions))
        with connect(threads=PROCESSES) as con:
            y = con.execute(f"select score from '{folder}/scores.parquet'").fetchnumpy()["score"].reshape(-1, 12)
        row["numpy"] = median_of(lambda y=y: dense_scores(y), repetitions)
        del y
        if n >= 10**6:
            row["sql 1 GB"], row["sql 1 GB memory"] = apart(score_with_sql, str(folder), "1GB", str(work / "spill"))
        if n == 10**4:
            frame = duckdb.sql(f"from '{folder}/scores.parquet'").df()
            row["pandas apply"] = median_of(lambda frame=frame: pandas_apply(frame.assign(scale=frame["model"])), 1)
        rows.append(row)
        print(row, flush=True)
        shutil.rmtree(folder)
    return pd.DataFrame(rows)


# --- the whole run -----------------------------------------------------------------------------------------------------


def peak_memory(command, folder):
    """(seconds, peak of the sum of all its processes' memory in GB) of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory_below(process.pid))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, peak / 1e6


def _memory_below(pid):
    """Proportional memory in kB of a process and all below it: what they share counts once."""
    total = 0
    try:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
    except psutil.Error:
        pass
    return total / 1e3


def measure_workflow(tree, work):
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", str(PROCESSES), "--profile", str(ROOT / "profiles/default")]
    command += ["--directory", str(work / "run"), "--config", "dataset=full", f"source={tree}"]
    (work / "run").mkdir()
    # Options with several values would take targets for values: these come first.
    main_job = [command[0], "database", "dataset_figures", "theory_figures", *command[1:]]
    seconds, memory = peak_memory(main_job, work)
    pages = [command[0], "report_page", "explorer", *command[1:]]
    seconds_of_pages, _ = peak_memory(pages, work)
    peak_memory(command, work)
    nothing = statistics.median(peak_memory(command, work)[0] for _ in range(3))
    stages = {}
    for path in sorted((work / "run/logs/full").glob("*.benchmark.tsv")):
        frame = pd.read_csv(path, sep="\t")
        stages[path.name.removesuffix(".benchmark.tsv")] = (float(frame["s"].iloc[0]), float(frame["max_pss"].iloc[0]) / 1e3)
    cpu = [pd.read_csv(work / f"run/logs/full/{name}.benchmark.tsv", sep="\t")["cpu_time"].iloc[0] for name in FIGURE_JOBS]
    run = {"whole run": seconds, "whole run memory": memory, "pages": seconds_of_pages, "nothing changed": nothing}
    return run | {"figures": float(sum(cpu))}, stages


def _test(n_curves):
    curves = worlds.as_trials(worlds.world(n_curves=int(1.05 * n_curves)))[:n_curves]
    started = time.perf_counter()
    with Processes(PROCESSES) as processes:
        told = measuring.estimates(curves, processes.map)
        cleared = model_effects.attached(curves, told.task_effects)
        measured = measuring.measure(cleared, told.pools, DEFAULTS, processes.map)
        breaks_of(curves, measured, DEFAULTS)
        sensitivity(cleared, told.pools, measured, DEFAULTS, processes.map)
    Path(os.environ["TEST_SECONDS"]).write_text(str(time.perf_counter() - started))


# --- the page ----------------------------------------------------------------------------------------------------------


def draw(scoring, stages, out):
    style.use_style()
    figure, axes = plt.subplots(figsize=(style.ONE_COLUMN * 1.4, 2.9), layout="constrained")
    lines = {"sql": "SQL from Parquet", "sql 1 GB": "the same, memory limit 1 GB", "numpy": "NumPy, dense, in memory",
             "scan": "plain scan of the columns"}  # fmt: skip
    for (name, label), dash, colour in zip(
        lines.items(), ["-", (0, (4, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1))], ["#004488", "#004488", "#bb5566", "#888888"],
        strict=True,
    ):  # fmt: skip
        if name in scoring:
            axes.plot(scoring["curves"], scoring[name], "o", ls=dash, color=colour, ms=3, lw=1.3, label=label)
    if "pandas apply" in scoring:
        axes.plot(scoring["curves"], scoring["pandas apply"], "s", color="#ddaa33", ms=4, label="pandas groupby-apply")
    axes.set_xscale("log")
    axes.set_yscale("log")
    style.log_axis(axes.xaxis)
    style.log_axis(axes.yaxis)
    axes.set_xlabel("curves of 12 scales")
    axes.set_ylabel("seconds")
    axes.legend(fontsize=6.5)
    style.save(figure, str(out / "performance_scaling.svg"), str(out / "performance_scaling.png"))

    order = sorted(stages, key=lambda name: -stages[name][0])
    figure, axes = plt.subplots(figsize=(style.TWO_COLUMNS, 0.6 + 0.2 * len(order)), layout="constrained")
    axes.barh(order, [stages[name][0] for name in order], color="#004488", height=0.7)
    for place, name in enumerate(order):
        seconds, memory = stages[name]
        axes.annotate(f"{seconds:.1f} s, {memory:.2f} GB", (seconds, place), xytext=(3, 0), textcoords="offset points",
                      va="center", fontsize=6.5)  # fmt: skip
    axes.invert_yaxis()
    axes.set_xlabel("seconds of each step, full-size simulated benchmark, 2 cores")
    axes.set_xlim(0, 1.2 * max(seconds for seconds, _ in stages.values()))
    style.save(figure, str(out / "performance_stages.svg"), str(out / "performance_stages.png"))


def table(reading, scoring, run, tested):
    by_size = scoring.set_index("curves")
    at = 10**6 if 10**6 in by_size.index else by_size.index.max()
    last = by_size.index.max()
    slope = np.polyfit(np.log(scoring["curves"]), np.log(scoring["sql"]), 1)[0]
    rows = [
        (f"{reading['files']:,} files, {reading['megabytes']:.0f} MB to Parquet / their typed parse on 2 processes",
         reading["normalise"] / reading["typed parse"], "4x", f"{reading['normalise']:.2f} s / {reading['typed parse']:.2f} s"),
        (f"one table of {reading['table rows']:,} rows to Parquet / pandas reads it", reading["table"] / reading["table by pandas"],
         "", f"{reading['table']:.1f} s, {reading['table memory']:.2f} GB / {reading['table by pandas']:.1f} s"),
        (f"score of {at:,} curves from Parquet / NumPy dense in memory", by_size.loc[at, "sql"] / by_size.loc[at, "numpy"],
         "8x", f"{by_size.loc[at, 'sql']:.2f} s / {by_size.loc[at, 'numpy']:.2f} s"),
        (f"score of {last:,} curves / NumPy dense", by_size.loc[last, "sql"] / by_size.loc[last, "numpy"], "15x",
         f"{by_size.loc[last, 'sql']:.1f} s / {by_size.loc[last, 'numpy']:.1f} s"),
        (f"score of {at:,} curves / plain scan of the same columns", by_size.loc[at, "sql"] / by_size.loc[at, "scan"], "12x",
         f"{by_size.loc[at, 'sql']:.2f} s / {by_size.loc[at, 'scan']:.2f} s"),
    ]  # fmt: skip
    if "sql 1 GB" in by_size:
        rows.append(
            (f"{last:,} curves with a memory limit of 1 GB / without", by_size.loc[last, "sql 1 GB"] / by_size.loc[last, "sql"],
             "1.2x", f"{by_size.loc[last, 'sql 1 GB']:.1f} s, {by_size.loc[last, 'sql 1 GB memory']:.2f} GB resident")
        )  # fmt: skip
    rows += [
        ("row by row onto a DataFrame / ours, "
         f"{reading['peer files']} files with {reading['peer rows']:,} numbers", reading["row by row"] / reading["ours on peer files"], "at least 250x",
         f"{reading['row by row']:.0f} s / {reading['ours on peer files']:.2f} s"),
    ]  # fmt: skip
    if "pandas apply" in by_size:
        small = by_size["pandas apply"].first_valid_index()
        ratio = by_size.loc[small, "pandas apply"] / by_size.loc[small, "sql"]
        rows.append((f"pandas groupby-apply / ours, {small:,} curves", ratio, "",
                     f"{by_size.loc[small, 'pandas apply']:.1f} s / {by_size.loc[small, 'sql']:.2f} s"))  # fmt: skip
    lines = ["| what, on 2 cores | measured | wanted | seconds |", "|---|---|---|---|"]
    for name, ratio, wanted, seconds in rows:
        described = (
            f"{ratio:.1f}x | {wanted} | {seconds}" if ratio == ratio else f"does not finish: out of memory | {wanted} | "
        )
        lines.append(f"| {name} | {described} |")
    lines += [
        f"| time of the score against size, slope in log-log | {slope:.2f} | 0.9 to 1.1 | {len(scoring)} sizes |",
        f"| from score files to database with tests, tables and figures | {run['whole run']:.0f} s | 45 s, with the next line | "
        f"{run['whole run memory']:.2f} GB at the peak (wanted: 1.0 GB) |",
        f"| report and explorer for the same | {run['pages']:.0f} s | 4 s | |",
        f"| all figures of a dataset as SVG, PNG, PDF and CSV | {run['figures']:.0f} s of CPU | 8 s | |",
        f"| the same, nothing changed | {run['nothing changed']:.1f} s | 1.1 s | |",
        f"| {tested[2]:,} curves tested, with verdicts and sensitivity | {tested[0]:.0f} s | 60 s | {tested[1]:.2f} GB in the largest process |",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--against", metavar="COMMIT")
    parser.add_argument("--source", type=Path)
    options = parser.parse_args()
    if options.against:
        source = options.source and options.source.resolve()
        return against.compare(options.against, 1 if options.quick else 3, 30 if options.quick else 210, source)
    options.out.mkdir(exist_ok=True)
    repeats = 1 if options.quick else 5
    sizes = [10**4, 10**5] if options.quick else [10**4, 10**5, 10**6, 10**7]
    n_tested = 2000 if options.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        tables = [pd.read_csv(ROOT / f"data/reference/{name}.csv") for name in ("annotations", "preferred_metrics")]
        world = simulate.World(n_tasks=12 if options.quick else 210)
        tasks = simulate.tasks_of(world, *simulate.reference_tasks(*tables))
        _, n_files, n_scores = score_files.write_tree(work / "tree", world, tasks, PROCESSES)
        print(f"{n_files:,} files, {n_scores:,} scores", flush=True)
        reading = measure_reading(work / "tree", work, repeats, 1000 if options.quick else 6000)
        print(reading, flush=True)
        scoring = measure_scoring(work, sizes, repeats)
        os.environ["TEST_SECONDS"] = str(work / "test_seconds")
        _, memory = apart(_test, n_tested)
        tested = float((work / "test_seconds").read_text()), memory, n_tested
        print(tested, flush=True)
        run, stages = measure_workflow(work / "tree", work)
        print(run, flush=True)
    draw(scoring, stages, options.out)
    scoring.to_csv(options.out / "performance_scaling.csv", index=False)
    page = (ROOT / "benchmarks/performance.md.in").read_text()
    machine = f"{platform.system()} on {platform.machine()}, {psutil.cpu_count()} logical cores, Python {platform.python_version()}"
    measured = f"Version {version('jumpcheck')}, measured on {date.today()}: {machine}."
    page = (
        page.replace("MEASURED", measured)
        .replace("TABLE", table(reading, scoring, run, tested))
        .replace("N_SCORES", f"{n_scores:,}")
    )
    (options.out / "performance.md").write_text(page)


if __name__ == "__main__":
    main()
