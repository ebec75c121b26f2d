"""A look at results before a run: what was recognised, what would be taken, and what is missing for a test."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from jumpcheck.base.errors import InputError
from jumpcheck.base.settings import COUNTED_SCALES
from jumpcheck.formats import instances, reading
from jumpcheck.formats.wide import Tables, listed
from jumpcheck.models.benchmark_sizes import BenchmarkSizes
from jumpcheck.models.known_facts import KnownFacts
from jumpcheck.models.rules import Rules
from jumpcheck.normalise import all_metrics, results
from jumpcheck.normalise.bigbench import only_by_parameters
from jumpcheck.normalise.reporting import to_check
from jumpcheck.normalise.schema import CURVE_KEY, Normalised
from jumpcheck.sources.layout import is_address, is_results, tasks_folder
from jumpcheck.sources.published import ALL_METRICS, kind_of

SHOWN = 8
LONG = 600
"""Characters of a line that lists columns or files."""


def _size(number: float) -> str:
    """A scale in the way of names of models: 6.9B."""
    if number >= 1e15:
        return f"{number:.3g}"
    for unit, factor in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= factor:
            return f"{number / factor:.3g}{unit}"
    return f"{number:.3g}"


def _some(values: list[str]) -> str:
    more = f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else ""
    return ", ".join(values[:SHOWN]) + more


def metrics_known(path: Path) -> pd.DataFrame:
    """data/reference/metrics.csv by metric."""
    with path.open(encoding="utf-8", newline="") as file:
        return pd.DataFrame(list(csv.DictReader(file))).set_index("metric")


def _averaged(source: Path) -> tuple[object, list]:
    """(means of tables of single examples, their rejects); DuckDB is loaded only where there are any."""
    root = source if source.is_dir() else source.parent
    files = [name for name in reading.candidates(source)[0] if instances.is_instances(root / name)]
    if not files:
        return None, []
    from jumpcheck.base.database import connect

    with connect() as con:
        averaged, rejects, _ = instances.average(con, root, files)
    return averaged, rejects


def _tables_known(metrics: pd.DataFrame, rules: Rules, wide: str, missing: str, percent: str) -> Tables:
    """What is known of tables of results."""
    by_lower_case = {name.lower(): name for name in metrics.index[metrics["is_bookkeeping"] != "true"]}
    shares = frozenset(metrics.index[metrics["is_proportion"] == "true"])
    return Tables(by_lower_case, rules, listed(wide), listed(missing), listed(percent), shares)


def look(
    source: str,
    rules: Rules,
    metrics: pd.DataFrame,
    facts: KnownFacts,
    scale_by: str,
    on_conflict: str,
    wide: str,
    missing: str,
    percent: str,
    sizes: BenchmarkSizes,
) -> Iterator[str]:
    """Lines that say what a run on `source` would take; the choices are those of the configuration.

    The last line holds the rules to complete, where there are any.

    Raises
    ------
    InputError
        There is nothing that could be taken.

    """
    path = Path(source)
    if not is_address(source) and not path.exists():
        raise InputError(f"source: {source} is not there")
    if not is_address(source) and path.is_dir() and not is_results(path):
        tasks_folder(path)  # which says what there is in place of results
    if is_address(source) or not is_results(path):
        yield f"{source}: BIG-bench's own layout, or an address that has it; a run says what is in it"
        return
    is_one_table = kind_of(path) is ALL_METRICS
    if is_one_table:
        only_by_parameters(scale_by)
        tables = all_metrics.normalise(path, rules, facts, on_conflict=on_conflict)
        tables.facts |= {"recognised": ALL_METRICS.what, "filled_stderr": 0}
    else:
        known = _tables_known(metrics, rules, wide, missing, percent)
        averaged, set_aside = _averaged(path)
        tables = results.normalise(
            path, rules, scale_by, averaged=averaged, set_aside=set_aside, facts=facts, on_conflict=on_conflict, tables=known
        )
    found = tables.facts
    yield f"{source}: {found['files_in']:,} files: {found['recognised'] or 'none of a known format'}"
    yield (
        f"{found['numbers_in']:,} numbers = {found['scores']:,} scores + {found['filled_stderr']:,} standard errors + "
        + (f"{found['averaged_values']:,} of repeated runs, averaged + " if found["averaged_values"] else "")
        + f"{found['rejected_values']:,} rejected"
    )
    scores = tables.scores.to_pandas()
    yield from _families(scores, tables, scale_by)
    yield from _rejects(tables.rejects.to_pandas())
    if found.get("columns_not_read"):
        yield f"columns not read: {_shortened(found['columns_not_read'])}"
    for line in to_check(found):
        yield _shortened(line)
    yield from _missing_for_a_test(scores, tables, metrics, sizes, has_columns=not is_one_table)
    if found.get("unknown_models"):
        yield f"{found['unknown_models']:,} names of models are not known. Rules to complete (config: rules):"
        yield found["rules_to_complete"].rstrip()


def _shortened(line: str) -> str:
    return line if len(line) <= LONG else f"{line[:LONG]} ..."


def _scales(tables: Normalised) -> pd.DataFrame:
    """model_family, model and the number by which it is ordered."""
    models = tables.models.to_pandas()
    counts = ("scale", "non_embedding_params", "flop_matched_non_embedding_params", "total_params")
    models["scale"] = models[list(counts)].bfill(axis=1).iloc[:, 0]
    return models[["model_family", "model", "scale"]].drop_duplicates(["model_family", "model"])


def _families(scores: pd.DataFrame, tables: Normalised, scale_by: str) -> Iterator[str]:
    scales = _scales(tables)
    yield f"model families, by {scale_by}:"
    for family, part in scores.groupby("model_family", observed=True):
        of_family = scales.loc[scales["model_family"] == family, "scale"].dropna()
        range_of = f"{_size(of_family.min())} to {_size(of_family.max())}" if len(of_family) else "no scale"
        counts = part.groupby("metric", observed=True)["curve_id"].nunique().sort_values(ascending=False)
        metrics = _some([f"{metric} ({n:,})" for metric, n in counts.items()])
        n_models, n_tasks = part["model"].nunique(), part["task"].nunique()
        yield f"  {family}: {n_models} models, {range_of}; {n_tasks:,} tasks; curves of {metrics}"


def _rejects(rejects: pd.DataFrame) -> Iterator[str]:
    if not len(rejects):
        return
    yield "rejected:"
    order = rejects.groupby("reason").agg(n=("n_numbers", "sum"), first=("detail", "first"), file=("file", "first"))
    for reason, row in order.sort_values("n", ascending=False).iterrows():
        yield f"  {row['n']:,} numbers, {reason}: {row['file']}: {row['first'][:200]}"


def _missing_for_a_test(
    scores: pd.DataFrame, tables: Normalised, metrics: pd.DataFrame, sizes: BenchmarkSizes, has_columns: bool
) -> Iterator[str]:
    """What percent-correct curves lack for a test; `has_columns` says whether a column can give it."""
    column = "in a column {}, or " if has_columns else ""
    scores = scores[scores["entry_kind"] != "aggregate"]
    placed = scores.astype(dict.fromkeys(("model_family", "model"), str)).merge(
        _scales(tables), how="left", on=["model_family", "model"]
    )
    placed["says_n"] = placed["n_examples"].notna() | placed["stderr"].notna()
    key = [name for name in CURVE_KEY if name != "shots"]
    curves = placed.groupby("curve_id").agg(
        **{name: (name, "first") for name in key},
        n_scales=("scale", "nunique"),
        has_chance=("chance", lambda values: values.notna().all()),
        says_n=("says_n", "all"),
    )
    curves = curves[curves["n_scales"] >= COUNTED_SCALES].astype(dict.fromkeys(key, str))
    known = metrics.reindex(curves["metric"])
    is_share = (known["is_proportion"] == "true").to_numpy()
    yield f"curves of at least {COUNTED_SCALES} scales: {len(curves):,}; percent-correct: {int(is_share.sum()):,}"
    shares = curves[is_share].assign(is_zero=(known["chance"] == "0").to_numpy()[is_share])
    without = shares[~shares["has_chance"].astype(bool) & ~shares["is_zero"]]
    if len(without):
        tasks = _some(sorted(np.unique(without["task"] + " " + without["metric"])))
        yield f"  {len(without):,} lack a chance rate, and would not be tested: {tasks}"
        rule = "chance: [{tasks: ..., metrics: ..., chance: 0.25}]"
        yield f"    write it {column.format('chance')}as {rule} in a file of rules"
    unsized = shares[~shares["says_n"].astype(bool)]
    has_size = [bool(sizes.of(*one)) for one in zip(unsized["task"], unsized["subtask"], strict=True)]
    of_benchmarks, others = unsized[has_size], unsized[np.logical_not(has_size)]
    if len(of_benchmarks):
        tasks = _some(sorted(np.unique(of_benchmarks["task"])))
        yield f"  {len(of_benchmarks):,} say no number of examples; that of the benchmark is used if it fits: {tasks}"
    if len(others):
        tasks = _some(sorted(np.unique(others["task"])))
        yield f"  {len(others):,} say no number of examples, and are tested where their shares prove one: {tasks}"
        yield f"    write it {column.format('n_examples')}as examples: [{{tasks: ..., n: ...}}] in a file of rules"
    unnamed = sorted({metric for metric in curves["metric"] if metric not in metrics.index})
    if unnamed:
        yield f"  unknown metrics, which are scored and not tested: {_some(unnamed)}"
