"""The DuckDB file of all tables: the last stage of building them."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
import pandas as pd

from jumpcheck.base.database import Input, connect, create_views, finish_file, write_parquet
from jumpcheck.base.files import replacing
from jumpcheck.base.parallel import Processes
from jumpcheck.base.settings import DEFAULTS, one_row
from jumpcheck.base.tables import TABLES, build
from jumpcheck.base.words import claim_words, code_words
from jumpcheck.breaks.forecasts import forecasts
from jumpcheck.breaks.measuring import estimates, measure, testable
from jumpcheck.breaks.model_effects import attached
from jumpcheck.breaks.sensitivity import sensitivity
from jumpcheck.database import endings
from jumpcheck.database.headline import headline_of
from jumpcheck.models.benchmark_sizes import BenchmarkSizes
from jumpcheck.normalise.gather import inputs_of_score
from jumpcheck.normalise.schema import Normalised
from jumpcheck.score.curves import make_curves

SQL_FOLDERS = ("base/sql/", "score/sql/", "breaks/sql/", "database/sql/")
"""Tables and views whose SQL lies here are in the file."""


def assemble(
    con: duckdb.DuckDBPyConnection,
    inputs: Mapping[str, Input],
    settings: Mapping[str, object],
    facts: Mapping[str, object],
) -> dict[str, int]:
    """Make all tables and views of the contract in `con`, each after those that it needs.

    Parameters
    ----------
    con : DuckDBPyConnection
        Connection to the database file.
    inputs : mapping
        The inputs of `tables.yml`, but those that are made here (given_settings, facts and the words) and
        recovered_examples, which nothing here reads; published_truth only for simulated data. What was computed before,
        in shards or in Python, is given as computed_<name of the table or step>: scored_curves, points, trials,
        measured, sensitivity and forecasts.
    settings : mapping
        Of DEFAULTS, where they differ.
    facts : mapping
        Rows of the table `provenance`.

    Returns
    -------
    dict
        Counts by name, which are in `provenance` too.

    """
    create_views(con, {**inputs, **code_words(), "given_settings": one_row(settings)})
    wanted = {
        name
        for name, entry in TABLES.items()
        if "sql" not in entry or f"{entry['sql'].partition('/')[0]}/sql/" in SQL_FOLDERS
    }
    lacking = {name for name in wanted if TABLES[name].get("optional") and f"published_{name}" not in inputs}
    register_claim_words(con)
    build(con, *(name for name in TABLES if name in wanted - lacking - {"provenance"}), "database/counts")
    counts = _only_row(con, "counts")
    chosen = {name: settings.get(name, default) for name, default in DEFAULTS.items() if name != "seed"}
    rows = {**facts, **chosen, **counts}
    con.register("facts", pd.DataFrame({"key": list(rows), "value": [str(value) for value in rows.values()]}))
    build(con, "database/provenance")
    return counts


def register_claim_words(con: duckdb.DuckDBPyConnection) -> None:
    """Judge the claims, and give the input `claim_words`, whose sentences have the numbers that the claims are judged by."""
    build(con, "database/claim_answers")
    answers = con.execute("select number, reason_code, share from claim_answers").fetchall()
    con.register("claim_words", claim_words(_only_row(con, "claim_counts"), answers))


def _only_row(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, object]:
    found = con.execute(f"from {name}")
    return dict(zip([column[0] for column in found.description], found.fetchall()[0], strict=True))


def computed_inputs(inputs: Mapping[str, Input], settings: Mapping[str, object], n_processes: int = 1) -> dict[str, Input]:
    """What `assemble` reads: `inputs` of `make_curves`, with the curves, points and tests made of them."""
    with connect(threads=n_processes) as con:
        make_curves(con, inputs)
        computed = {f"computed_{name}": con.table(name).to_arrow_table() for name in ("scored_curves", "points", "trials")}
    curves = testable(computed["computed_trials"])
    with Processes(n_processes) as processes:
        told = estimates(curves, processes.map)
        cleared = attached(curves, told.task_effects)
        computed["computed_measured"] = measure(cleared, told.pools, settings, processes.map)
        computed["computed_model_effects"] = told.tables()["model_effects"]
        computed["computed_forecasts"] = forecasts(curves, told.pools, settings["seed"], processes.map)
        computed["computed_sensitivity"] = sensitivity(
            cleared, told.pools, computed["computed_measured"], settings, processes.map
        )
    return {**inputs, **computed}


def build_tables(
    con: duckdb.DuckDBPyConnection,
    tables: Normalised,
    references: Mapping[str, Input],
    settings: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
    n_processes: int = 1,
    sizes: BenchmarkSizes | None = None,
    **more: Input,
) -> dict[str, int]:
    """Make all tables and views in `con` of numbers in memory, in one shard; returns the counts of `assemble`.

    Parameters
    ----------
    con : DuckDBPyConnection
        Where they are made.
    tables : Normalised
        The numbers.
    references : mapping
        The reference tables by the names that SQL uses: reference_metrics, reference_task_notes, reference_annotations,
        reference_preferred_metrics.
    settings : mapping, optional
        Where they differ from DEFAULTS.
    facts : mapping, optional
        Rows of the table `provenance`.
    n_processes : int
        The result does not depend on it.
    sizes : BenchmarkSizes, optional
        Of public benchmarks, for numbers of other sources than BIG-bench.
    more
        Other inputs of `assemble`: published_truth.

    """
    settings = DEFAULTS | dict(settings or {})
    with connect() as other:
        inputs = inputs_of_score(other, tables, references, sizes)
    return assemble(con, computed_inputs(inputs, settings, n_processes) | more, settings, facts or {})


def versions() -> dict[str, str]:
    """Versions of all that the numbers pass through."""
    of_packages = {"version_python": platform.python_version()}
    for package in ("jumpcheck", "duckdb", "numpy", "pandas", "pyarrow", "snakemake"):
        try:
            of_packages[f"version_{package}"] = version(package)
        except PackageNotFoundError:
            of_packages[f"version_{package}"] = "not installed as a package"
    return of_packages


def write(
    path: str,
    inputs: Mapping[str, Input],
    facts: Mapping[str, object],
    config: Mapping[str, object],
    limits: Mapping[str, object],
    say: Callable[[str], None],
    curves: str | None = None,
) -> list[str]:
    """Build the database file `path` (see `assemble`), say what is in it, and return the last lines of a run.

    `limits` are those of `base.database.connect`; `curves` is where the table of that name is written as Parquet, if
    anywhere. The file takes the place of an older one when all of it is on the disk.
    """
    facts = {**facts, **versions(), "config": json.dumps(dict(config), sort_keys=True)}
    with replacing(path) as temporary, connect(str(temporary), **limits) as con:
        counts = assemble(con, inputs, config, facts)
        reasons = con.execute("select reason, sum(n_numbers) from rejects group by reason order by all desc").fetchall()
        kinds = con.execute("select kind, n_curves, n_jumps from curve_counts order by place").fetchall()
        headline = headline_of(con)
        if curves:
            write_parquet(con, "curves", curves)
        finish_file(con, Path(temporary))
    for line in endings.what_is_in(counts, kinds):
        say(line)
    return endings.last_lines(facts, counts, headline, dict(reasons))
