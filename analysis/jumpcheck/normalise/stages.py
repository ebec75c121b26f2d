"""What the rules `normalise` and `gather` do: write the numbers of one shard as Parquet, and put all shards together."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from jumpcheck.base.database import Input, connect
from jumpcheck.base.errors import InputError
from jumpcheck.base.files import read_json, write_parquet
from jumpcheck.base.rejects import Reject
from jumpcheck.formats.wide import Tables, listed
from jumpcheck.models import known_facts, rule_files
from jumpcheck.models.benchmark_sizes import read as read_sizes
from jumpcheck.models.rules import Rules
from jumpcheck.normalise import all_metrics, bigbench, results
from jumpcheck.normalise.gather import SHARD_TABLES, gather, recovered_examples
from jumpcheck.normalise.preferred_scores import proven
from jumpcheck.normalise.reporting import report
from jumpcheck.normalise.schema import EXAMPLES_SCHEMA, METRICS_SCHEMA, RECOVERED_SCHEMA, Normalised, write

_SOURCE_FACTS = ("source", "source_kind", "revision", "commit", "simulated_world", "experiments")
"""Members of the manifest that become facts of the build."""


def read_shard(
    manifest: Mapping[str, object],
    inputs: Mapping[str, str],
    shard: tuple[int, int],
    choices: Mapping[str, str],
    n_processes: int,
    out: Mapping[str, str],
) -> Normalised:
    """The numbers of one shard of a source; those of BIG-bench's layout are written to the folder `out["scores"]` at once.

    Parameters
    ----------
    manifest : mapping
        Of `sources.obtain`.
    inputs : mapping
        Paths of known (rules for names) and, for other formats than BIG-bench's score files, averaged, instances, rules of a
        user, reference_metrics, preferred_metrics and model_sizes.
    shard : (int, int)
        Number of the shard, and of all shards.
    choices : mapping
        Of the configuration: scale_by, on_conflict, wide, missing and percent; and `to_complete`, where a file of rules for
        models that no rule knows goes, if there are any.
    n_processes : int
        Number of processes that read files.
    out : mapping
        Where `scores` goes.

    """
    root, folder = Path(manifest["root"]), Path(out["scores"])
    folder.mkdir(parents=True)  # Snakemake has removed what an earlier run left there
    if manifest["source_kind"] == "results":
        return _read_results(root, manifest, inputs, shard, choices, n_processes)
    if manifest["source_kind"] == "all_metrics":
        return _read_all_metrics(root, manifest, inputs, shard, choices, folder)
    bigbench.only_by_parameters(choices["scale_by"])
    rejects = [Reject(**reject) for reject in manifest["rejects"]]
    return bigbench.normalise(root, n_processes, rejects, manifest["input_sha256"], folder, shard, choices["on_conflict"])


def _rules(inputs: Mapping[str, str]) -> tuple[Rules, list[Path]]:
    """(the user's rules and those of data/reference, the user's files)."""
    own = [Path(inputs["rules"])] if inputs["rules"] else []
    return rule_files.read([*own, Path(inputs["known"])], len(own)), own


def _read_all_metrics(
    root: Path,
    manifest: Mapping[str, object],
    inputs: Mapping[str, str],
    shard: tuple[int, int],
    choices: Mapping[str, str],
    folder: Path,
) -> Normalised:
    """The numbers of one shard of BIG-bench's table of all metrics."""
    bigbench.only_by_parameters(choices["scale_by"])
    preferred = Path(manifest["preferred_file"] or "none")
    preferred = preferred if preferred.is_file() else None  # which may have been deleted since
    facts = known_facts.read(inputs["preferred_metrics"], inputs["model_sizes"])
    return all_metrics.normalise(root, _rules(inputs)[0], facts, shard, choices["on_conflict"], preferred, folder)


def _read_results(
    root: Path,
    manifest: Mapping[str, object],
    inputs: Mapping[str, str],
    shard: tuple[int, int],
    choices: Mapping[str, str],
    n_processes: int,
) -> Normalised:
    """The numbers of one shard of results of other formats than BIG-bench's score files."""
    rules, own_rules = _rules(inputs)
    instances = read_json(inputs["instances"])
    to_complete, is_first = Path(choices["to_complete"]), shard[0] == 0
    try:
        tables = results.normalise(
            root,
            rules,
            choices["scale_by"],
            n_processes,
            shard,
            averaged=pq.read_table(inputs["averaged"]),
            set_aside=[Reject(**reject) for reject in instances["rejects"]],
            facts=known_facts.read(inputs["preferred_metrics"], inputs["model_sizes"], manifest.get("preferred_sha256")),
            on_conflict=choices["on_conflict"],
            tables=Tables(
                _metrics_by_lower_case(inputs["reference_metrics"]),
                rules,
                listed(choices["wide"]),
                listed(choices["missing"]),
                listed(choices["percent"]),
                shares_of(inputs["reference_metrics"]),
            ),
        )
    except results.NonePlaced as error:
        written = is_first and _write_rules(error.rules_to_complete, to_complete, own_rules)
        raise InputError(f"{error}. {_complete(to_complete)}" if written else str(error)) from None
    text = tables.facts.pop("rules_to_complete", "")
    if is_first:
        tables.facts |= instances["counts"]
        if _write_rules(text, to_complete, own_rules):
            tables.facts["rules_file"] = str(to_complete)
    return tables


def _metrics_by_lower_case(path: str) -> dict[str, str]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return {row["metric"].lower(): row["metric"] for row in csv.DictReader(file) if row["is_bookkeeping"] != "true"}


def shares_of(path: str | Path) -> frozenset[str]:
    """The metrics of data/reference/metrics.csv that are shares of right answers."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return frozenset(row["metric"] for row in csv.DictReader(file) if row["is_proportion"] == "true")


def _write_rules(text: str, path: Path, own: Sequence[Path]) -> bool:
    """Write the file of rules to complete; whether it was. A file that the run reads rules from is left as it is."""
    if any(path.resolve() == one.resolve() for one in own):
        return False
    if not text:
        path.unlink(missing_ok=True)
        return False
    path.write_text(text, encoding="utf-8")
    return True


def _complete(path: Path) -> str:
    return f"{path} has a rule to complete for each: copy it, fill it in, and run again with rules=YOUR_COPY.yml"


def write_shard(
    tables: Normalised,
    manifest: Mapping[str, object],
    references: Mapping[str, Input],
    out: Mapping[str, str],
    limits: Mapping[str, object],
    benchmark_sizes: str,
    rules: Sequence[str],
) -> None:
    """Write the tables of one shard, and the numbers of examples recovered from its shares.

    `references` are reference_metrics and reference_task_notes, `out` the paths by name, `limits` those of
    `base.database.connect`, `benchmark_sizes` the path of that table of data/reference, `rules` those
    of all files of rules.
    """
    is_bigbench = manifest["source_kind"] != "results" or manifest.get("is_preferred", False)
    sizes = None if is_bigbench else read_sizes(benchmark_sizes, rule_files.read([Path(path) for path in rules]))
    tables.facts |= {name: manifest[name] for name in _SOURCE_FACTS if name in manifest}
    write(tables, {**out, "scores": Path(out["scores"]) / "part-0000.parquet"})
    with connect(**limits) as con:
        inputs = {"published_scores": str(out["scores"])} | dict(references)
        recovered = recovered_examples(con, inputs, sizes)
    write_parquet(recovered, out["recovered"], RECOVERED_SCHEMA)


def gather_shards(
    con: duckdb.DuckDBPyConnection,
    inputs: Mapping[str, Sequence[str]],
    references: Mapping[str, Input],
    out: Mapping[str, str],
    say: Callable[[str], None],
    strict: bool,
) -> None:
    """Put the tables of all shards together, report what was rejected, and write what scoring needs.

    Parameters
    ----------
    con : DuckDBPyConnection
        A connection for the scans.
    inputs : mapping
        manifest, and per shard the paths of scores, facts and SHARD_TABLES.
    references : mapping
        reference_preferred_metrics and reference_preferred_rows.
    out : mapping
        Paths of scores (a folder), models, tasks, rejects, facts, metrics and examples.
    say : callable
        Takes lines for the user.
    strict : bool
        Whether anything that was not taken in ends the run.

    """
    columns = ("scores", *SHARD_TABLES)
    shards = [
        dict(zip(columns, map(Path, paths), strict=True)) for paths in zip(*(inputs[name] for name in columns), strict=True)
    ]
    facts = [read_json(path) for path in inputs["facts"]]
    manifest = read_json(inputs["manifest"])
    is_bigbench = manifest["source_kind"] != "results" or manifest.get("is_preferred", False)
    wanted = {"reference_preferred_metrics": references["reference_preferred_metrics"]}
    gathered = gather(con, shards, facts, wanted, manifest["input_sha256"], is_bigbench)
    tables = Normalised(None, gathered.models, gathered.tasks, gathered.rejects, gathered.facts)
    if manifest["source_kind"] == "all_metrics":
        gathered.facts |= proven(gathered.facts, references["reference_preferred_rows"], manifest["is_published"])
    report(tables, say, strict)
    write(tables, out)
    write_parquet(gathered.metrics, out["metrics"], METRICS_SCHEMA)
    write_parquet(gathered.examples, out["examples"], EXAMPLES_SCHEMA)
    _link_parts([shard["scores"] for shard in shards], Path(out["scores"]))


def _link_parts(folders: Sequence[Path], folder: Path) -> None:
    """The Parquet files of several folders in one, without a copy where the file system can."""
    folder.mkdir(parents=True)
    parts = [part for shard_folder in folders for part in sorted(shard_folder.glob("*.parquet"))]
    for k, part in enumerate(parts):
        target = folder / f"part-{k:04}.parquet"
        try:
            os.link(part, target)
        except OSError:  # a file system without hard links
            shutil.copyfile(part, target)
