"""Made-up results, and the tables of them: what tests of every room build on."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
from jumpcheck.base.database import connect
from jumpcheck.base.sql import quoted, sql_text
from jumpcheck.database.assembling import build_tables
from jumpcheck.models import rule_files

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "analysis/jumpcheck"
REFERENCE = {
    f"reference_{name}": str(ROOT / f"data/reference/{name}.csv")
    for name in ("metrics", "annotations", "task_notes", "preferred_metrics")
}


def score_file(entries=None, task="a_task", family="F", model="1b", parameters=1e9, **changes):
    """A score file as a dictionary; `changes` replace top-level members."""
    if entries is None:
        entries = [entry()]
    return {
        "scores": entries,
        "model": {
            "model_family": family,
            "model_name": model,
            "non_embedding_params": parameters,
            "flop_matched_non_embedding_params": parameters,
            "total_params": parameters,
        },
        "task": {"task_name": task, "keywords": ["k"]},
    } | changes


def entry(scores=None, label="a_task", preferred="exact_str_match", shots=0, **changes):
    """One element of `scores`."""
    return {
        "score_dict": {"exact_str_match": 0.5} if scores is None else scores,
        "preferred_score": preferred,
        "subtask_description": label,
        "low_score": 0.0,
        "high_score": 1.0,
        "number_of_shots": shots,
    } | changes


def put(root, content, name="scores_F_1b.json", folder="a_task"):
    """Write one score file; `content` is bytes or a dictionary."""
    path = root / "bigbench/benchmark_tasks" / folder / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def put_curve(root, values, task="a_task", family="F", metric="exact_str_match", scales=None, **entry_changes):
    """Write one score file per value, at rising scales."""
    scales = scales or [10.0 ** (6 + k) for k in range(len(values))]
    for k, (value, scale) in enumerate(zip(values, scales, strict=True)):
        one = entry({metric: value}, label=task, preferred=metric, **entry_changes)
        put(root, score_file([one], task, family, f"m{k}", scale), f"scores_{family}_m{k}.json", task)


def build(tables, settings=None, facts=None, **more):
    """A connection with all tables and views of normalised tables; `more` are other inputs, such as published_truth."""
    con = connect()
    build_tables(con, tables, REFERENCE, settings, facts, **more)
    return con


def save_database(con, path):
    """The tables and macros of an in-memory database in a file, and its views as tables."""
    con.execute(f"attach {quoted(str(path))} as saved")
    tables = "select table_name from duckdb_tables() where database_name <> 'saved'"
    views = "select view_name from duckdb_views() where not internal and not temporary"
    for (name,) in con.execute(f"{tables} union all {views}").fetchall():
        con.execute(f"create table saved.{name} as select * from {name}")
    con.execute("use saved")
    con.execute(sql_text("base/wilson_interval"))
    con.execute("use memory")
    con.execute("detach saved")
    return str(path)


def known_rules(own=None):
    """The shipped rules for names, after those of a user's file."""
    own = [own] if own else []
    return rule_files.read([*own, ROOT / "data/reference/rules.yml"], len(own))


def rows(con, query):
    """The result of a query as a list of dictionaries."""
    frame = con.execute(query).df().astype(object)
    return frame.where(pd.notna(frame), None).to_dict("records")


def snakemake(*arguments, cwd=ROOT, **options):
    """Run Snakemake as a user does."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **options)


def jobs_of(printed):
    """Names of the rules that Snakemake says it will run, but for targets."""
    table = re.search(r"Job stats:\n(.*?)\n\n", printed, re.DOTALL)
    return {line.split()[0] for line in table[1].splitlines()[2:]} - {"total", "default", "all"} if table else set()
