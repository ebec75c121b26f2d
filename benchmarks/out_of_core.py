"""Time and memory against size, where data outgrows memory: curves scored within 1 GB, and instance-level scores within 2 GB.

    python benchmarks/out_of_core.py [--quick] [--out docs]

Writes out_of_core.csv and out_of_core.svg, and prints slopes in the log-log plot. It takes about ten minutes and 25 GB of disk.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import duckdb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jumpcheck.base.database import connect
from jumpcheck.figures import style
from jumpcheck.formats import instances
from run import PROCESSES, apart, score_with_sql, write_curves


def write_instances(n_rows, folder):
    """Scores of 10 models on tasks of 10,000 examples at 10 numbers of shots, in pieces of at most 10 million rows."""
    folder.mkdir()
    piece = min(n_rows, 10**7)
    with duckdb.connect(config={"threads": PROCESSES, "memory_limit": "1500MB"}) as con:
        for k in range(n_rows // piece):
            con.execute(
                f"""copy (
                    select 'task_' || lpad((i // 1000000)::varchar, 4, '0') as task, (i % 10000)::integer as example,
                        'F' as model_family, 'm' || ((i // 10000) % 10)::varchar as model,
                        10.0 ** (6 + (i // 10000) % 10) as n_parameters, 'exact_match' as metric, 0.0 as chance,
                        ((i // 100000) % 10)::integer as shots, (hash(i) % 100 < (i // 10000) % 10 * 6)::integer::double as score
                    from range({k * piece}, {(k + 1) * piece}) as t(i)
                ) to '{folder}/part-{k:03}.parquet' (format parquet, compression zstd)"""
            )


def average(folder, temporary, memory_mb):
    paths = sorted(path.name for path in Path(folder).glob("*.parquet"))
    with connect(threads=PROCESSES, memory_mb=memory_mb, temporary=temporary) as con:
        con.execute("set enable_progress_bar = false")
        table, rejects, counts = instances.average(con, Path(folder), paths)
    assert not rejects and counts["instances_rejected"] == 0 and len(table) == counts["instances_in"] // 10_000


def measure(work, curve_sizes, instance_sizes):
    rows = []
    for n in curve_sizes:
        folder = work / "curves"
        write_curves(n, folder)
        repeats = 3 if n < 10**6 else 1
        found = [apart(score_with_sql, str(folder), "1GB", str(work / "spill")) for _ in range(repeats)]
        rows.append(("curves of 12 points, 1 GB for DuckDB", n, *np.median(found, axis=0)))
        print(rows[-1], flush=True)
        shutil.rmtree(folder)
    for n in instance_sizes:
        folder = work / "instances"
        write_instances(n, folder)
        rows.append(("instance-level scores, 2 GB in all", n, *apart(average, str(folder), str(work / "spill"), 1800)))
        print(rows[-1], flush=True)
        shutil.rmtree(folder)
    return pd.DataFrame(rows, columns=["what", "rows", "seconds", "gigabytes"])


def slope(part, least):
    """Exponent of size in seconds, from `least` rows on."""
    part = part[part["rows"] >= least]
    return float(np.polyfit(np.log(part["rows"]), np.log(part["seconds"]), 1)[0]) if len(part) > 1 else float("nan")


def draw(found):
    style.use_style()
    figure, axes = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.9), layout="constrained")
    for (what, part), colour in zip(found.groupby("what", sort=True), ("#004488", "#bb5566"), strict=True):
        axes[0].plot(part["rows"], part["seconds"], "o-", color=colour, ms=3.5, lw=1.2, label=what)
        axes[1].plot(part["rows"], part["gigabytes"], "o-", color=colour, ms=3.5, lw=1.2)
        end = part.iloc[-1]
        line = end["seconds"] * part["rows"] / end["rows"]
        axes[0].plot(part["rows"], line, "--", color=colour, lw=0.7, alpha=0.7)
    axes[1].axhline(2, color=style.OTHER_COLOUR, lw=0.8)
    axes[1].annotate("2 GB", (found["rows"].min(), 2), xytext=(0, 3), textcoords="offset points", fontsize=7)
    axes[1].set_ylim(0.1, 10)
    axes[0].set_ylim(0.01, 2000)
    axes[0].set_ylabel("seconds (dashed: slope 1)")
    axes[1].set_ylabel("peak memory of the process, GB")
    for one in axes:
        one.set_xscale("log")
        one.set_yscale("log")
        style.log_axis(one.xaxis)
        style.log_axis(one.yaxis)
        one.set_xlabel("curves, or scores of single examples")
    axes[0].legend(fontsize=6.5, loc="upper left")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    options = parser.parse_args()
    curves, rows = (
        ([10**4, 10**5], [10**6]) if options.quick else ([10**k for k in range(4, 8)], [10**k for k in range(6, 10)])
    )
    with tempfile.TemporaryDirectory() as work:
        found = measure(Path(work), curves, rows)
    for what, part in found.groupby("what"):
        least = part["rows"].min()
        print(f"{what}: slope {slope(part, least):.2f}, from ten times the smallest size on {slope(part, 10 * least):.2f}")
    options.out.mkdir(parents=True, exist_ok=True)
    found.to_csv(options.out / "out_of_core.csv", index=False)
    figure = draw(found)
    style.save(figure, str(options.out / "out_of_core.svg"), str(options.out / "out_of_core.png"))


if __name__ == "__main__":
    main()
