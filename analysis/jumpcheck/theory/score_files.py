"""A simulated benchmark (`jumpcheck.theory.world`) as score files in the published layout, with the truth beside them."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa

from jumpcheck.base.database import Input, connect
from jumpcheck.base.files import temporary_beside
from jumpcheck.base.parallel import Processes
from jumpcheck.base.settings import one_row
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import build
from jumpcheck.normalise import bigbench
from jumpcheck.normalise.curve_ids import with_curve_ids
from jumpcheck.normalise.gather import inputs_of_score
from jumpcheck.score.curves import make_curves
from jumpcheck.sources.obtain import describe_written
from jumpcheck.theory.world import FAMILIES, Outcome, Task, World, outcomes, shots_of, task_range


def _document(task: Task, family: str, model: str, entries: list[dict]) -> dict:
    """A score file as published."""
    scale = FAMILIES[family][model]
    sparse = family == "BIG-G sparse"
    return {
        "scores": entries,
        "model": {
            "model_family": family,
            "model_name": model,
            "non_embedding_params": int(scale * (8 if sparse else 1)),
            "flop_matched_non_embedding_params": int(scale),
            "total_params": int(scale * (9 if sparse else 1.1)),
            "training_batch_size": 0,
            "training_steps": 0,
            "description": "simulated: no model was run",
            "decoding_params": {},
        },
        "task": {
            "task_name": task.name,
            "description": "simulated: per-token loss is a smooth power law",
            "keywords": ["simulated", "multiple choice" if task.kind == "choice" else "free response"],
            "max_input_length_per_query": 0,
            "max_queries": task.n_examples,
        },
        "queries": None,
    }


def _entries(task: Task, drawn: list[Outcome], model_index: int, shot_index: int, shots: int) -> list[dict]:
    """The entries of one model at one number of shots: its subtasks, and their average where there are any."""
    preferred = task.preferred
    low, high = task_range(task)
    entries = []
    for outcome in drawn:
        entries.append(
            {
                "score_dict": {name: float(values[model_index, shot_index]) for name, values in outcome.scores.items()},
                "preferred_score": preferred,
                "subtask_description": f"{task.name}:{outcome.subtask}" if outcome.subtask else task.name,
                "low_score": low,
                "high_score": high,
                "number_of_shots": shots,
            }
        )
    if len(drawn) > 1:
        means = {name: sum(e["score_dict"][name] for e in entries) / len(entries) for name in drawn[0].scores}
        means["normalized_aggregate_score"] = 100 * (means[preferred] - low) / (high - low)
        entries.append(
            {
                "score_dict": means,
                "preferred_score": "normalized_aggregate_score",
                "subtask_description": task.name,
                "low_score": 0.0,
                "high_score": 100.0,
                "number_of_shots": shots,
            }
        )
    return entries


_TRUTH_COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("task", "subtask")]
    + [("shots", pa.int32())]
    + [(name, pa.string()) for name in ("metric", "filter", "model_family")]
    + [("alpha", pa.float64()), ("c", pa.float64()), ("L", pa.int32()), ("g", pa.float64()), ("n_examples", pa.int64())]
    + [(name, pa.float64()) for name in ("rho", "break_scale", "break_size")]
)
TRUTH_SCHEMA = pa.schema([("curve_id", pa.int64()), *_TRUTH_COLUMNS])
"""What each simulated curve was made from."""


def _truth(world: World, task: Task, drawn: list[Outcome]) -> list[tuple]:
    """Rows of TRUTH_SCHEMA without `curve_id`. Aggregates have no law of their own, so they have no row."""
    has_break = math.isfinite(task.break_scale)
    return [
        (
            task.name, f"{task.name}:{outcome.subtask}" if outcome.subtask else task.name, shots, metric, "none",
            outcome.family, outcome.alpha, float(c), outcome.length, outcome.chance, outcome.n_examples, world.scatter,
            task.break_scale if has_break else None, world.break_size if has_break else None,
        )
        for outcome in drawn
        for shots, c in zip(shots_of(outcome.family), outcome.c, strict=True)
        for metric in outcome.scores
    ]  # fmt: skip


def _write_task(root: Path, world: World, task: Task) -> tuple[list[tuple], int, int]:
    """Write the files of one task; returns (truth, number of files, number of scores)."""
    drawn = list(outcomes(world, task))
    folder = root / "bigbench/benchmark_tasks" / task.name / "results"
    folder.mkdir(parents=True, exist_ok=True)
    n_files = n_scores = 0
    for family, models in FAMILIES.items():
        family_outcomes = [outcome for outcome in drawn if outcome.family == family]
        for model_index, model in enumerate(models):
            entries = []
            for shot_index, shots in enumerate(shots_of(family)):
                entries += _entries(task, family_outcomes, model_index, shot_index, shots)
            name = f"scores_{family.replace('BIG-G ', 'BIG-G_').replace(' ', '_')}_{model}.json"
            (folder / name).write_text(json.dumps(_document(task, family, model, entries)), encoding="utf-8")
            n_files += 1
            n_scores += sum(len(entry["score_dict"]) for entry in entries)
    return _truth(world, task, drawn), n_files, n_scores


def write_tree(root: Path, world: World, tasks: Sequence[Task], n_processes: int = 1) -> tuple[pa.Table, int, int]:
    """Write all score files of `tasks` below `root`, in the published layout.

    Returns
    -------
    (truth, number of files, number of scores), the same for any number of processes.
    """
    with Processes(n_processes) as processes:
        written = processes.map(_write_task, [root] * len(tasks), [world] * len(tasks), tasks)
    rows = sorted(row for truth, _, _ in written for row in truth)
    columns = list(zip(*rows, strict=True))
    truth = pa.Table.from_arrays(
        [pa.array(column, f.type) for column, f in zip(columns, _TRUTH_COLUMNS, strict=True)], schema=_TRUTH_COLUMNS
    )
    return with_curve_ids(truth), sum(n for _, n, _ in written), sum(n for _, _, n in written)


def emergence_share(
    world: World, tasks: Sequence[Task], references: Mapping[str, Input], emergence_threshold: float, n_processes: int
) -> pa.Table:
    """The numbers of the figure `emergence_share` for simulated worlds, by way of score files, as for any dataset.

    One world is `world`, in which nothing emerges; the other is the same, and every model guesses (column `origin`).

    Tasks with ten subtasks or more are left out: their hundreds of curves take most of the time.
    `references` are the reference tables that `normalise.gather.inputs_of_score` asks for.
    """
    tasks = [task for task in tasks if len(task.subtasks) < 10]
    worlds = {"nothing emerges": world, "every model guesses": replace(world, guessing=True)}
    shares = []
    for origin, each in worlds.items():
        share = _emergence_share(each, tasks, references, emergence_threshold, n_processes)
        shares.append(share.add_column(0, "origin", pa.repeat(origin, len(share))))
    return pa.concat_tables(shares)


def _emergence_share(
    world: World, tasks: Sequence[Task], references: Mapping[str, Input], emergence_threshold: float, n_processes: int
) -> pa.Table:
    with tempfile.TemporaryDirectory() as folder, connect(threads=n_processes) as con:
        write_tree(Path(folder), world, tasks, n_processes)
        tables = bigbench.normalise(Path(folder), n_processes)
        settings = one_row({"emergence_threshold": emergence_threshold})
        make_curves(con, inputs_of_score(con, tables, references) | {"given_settings": settings})
        build(con, "database/emergence_share")
        share = con.table("emergence_share").to_arrow_table()
        of_pairs = con.execute(sql_text("theory/pair_shares")).to_arrow_table()
        key = ["model_family", "metric"]
        return share.join(of_pairs, key).sort_by([(name, "ascending") for name in key])


def obtain(
    world: World, raw: Path, tasks: Sequence[Task], n_processes: int, say: Callable[[str], None]
) -> tuple[dict, pa.Table]:
    """(manifest, truth): write a simulated benchmark into `raw`/simulated. For the manifest see `sources.obtain.obtain`."""
    folder = raw / "simulated"
    temporary = temporary_beside(folder)
    try:
        truth, n_files, n_scores = write_tree(temporary, world, tasks, n_processes)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    settings = ", ".join(f"{name}={value}" for name, value in asdict(world).items())
    say(f"{n_files:,} score files with {n_scores:,} scores; {settings}")
    manifest = {"source": "simulated", "revision": None, "commit": None, "simulated_world": settings}
    return manifest | describe_written(folder, "simulated", []), truth
