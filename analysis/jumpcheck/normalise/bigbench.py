"""A folder of BIG-bench's score files to long tables: one row per published number, nothing dropped."""

from __future__ import annotations

import gc
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path

import numpy as np
import pyarrow as pa

from jumpcheck.base.collected import Collected
from jumpcheck.base.columns import small_table
from jumpcheck.base.errors import InputError
from jumpcheck.base.parallel import Processes
from jumpcheck.base.rejects import Reject, describe, printable
from jumpcheck.base.shards import shard_of
from jumpcheck.formats.bigbench import Model, parse_plain_file, parse_score_file
from jumpcheck.normalise.assembling import Columns, assemble
from jumpcheck.normalise.balance import balanced
from jumpcheck.normalise.curve_ids import check_distinct
from jumpcheck.normalise.schema import MODELS_SCHEMA, REJECTS_SCHEMA, SCORES_SCHEMA, TASKS_SCHEMA, Normalised, write_table
from jumpcheck.sources.layout import find_score_files

FILES_PER_CHUNK = 500


def only_by_parameters(scale_by: str) -> None:
    """InputError for any other scale: BIG-bench says nothing of how its models were trained."""
    if scale_by != "parameters":
        raise InputError(f"scale_by: BIG-bench publishes numbers of parameters alone, nothing of {scale_by}")


@dataclass
class Chunk:
    """The content of some files. `scores` is None where it was written to a file instead."""

    scores: pa.Table | None = None
    n_scores: int = 0
    curve_ids: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    models: Counter[Model] = field(default_factory=Counter)
    keywords: dict[str, list[str]] = field(default_factory=dict)
    """Keywords of every task of which a file could be read."""
    collected: Collected = field(default_factory=Collected)
    """Rejects, digests, and how many numbers there were. The numbers themselves are in columns of codes until they are
    `scores`: rows of texts would take several times as long."""
    n_mixed: int = 0
    n_averaged: int = 0


def _read_files(root: Path, paths: Sequence[str], chunk: Chunk) -> Columns:
    """The numbers of the files; what else they hold goes to `chunk`."""
    columns = Columns()
    folder = os.fspath(root)
    for path in paths:
        shown = printable(path)
        try:
            with open(f"{folder}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 - a Path takes as long as reading
                content = file.read()
        except OSError as error:
            detail = f"{error.strerror}; check the file or remove it"
            chunk.collected.rejects.append(Reject("file", shown, "", "unreadable", detail))
            continue
        chunk.collected.digests.append((path, hashlib.sha256(content).hexdigest(), shown))
        parsed = parse_plain_file(content) or parse_score_file(content, shown)
        chunk.collected.rejects += parsed.rejects
        if parsed.model is None:
            continue
        chunk.collected.n_numbers += parsed.n_numbers
        chunk.models[parsed.model] += 1
        chunk.keywords[parsed.task] = chunk.keywords.get(parsed.task) or parsed.keywords
        columns.append(parsed, shown)
    return columns


def _read_chunk(root: Path, paths: Sequence[str], part: Path | None = None, on_conflict: str = "auto") -> Chunk:
    """Parse the files `paths` below `root`; `scores` goes to the file `part` if one is given."""
    chunk = Chunk()
    # All of the millions of small objects live until the end; looking for garbage among them takes longer than making them.
    gc.disable()
    try:
        columns = _read_files(root, paths, chunk)
    finally:
        gc.enable()
    scores, chunk.curve_ids, rejects, chunk.n_mixed, chunk.n_averaged = assemble(columns.coded(), on_conflict)
    chunk.collected.rejects += rejects
    chunk.n_scores = len(scores)
    if part is None:
        chunk.scores = scores
    elif len(scores):
        write_table(scores, "scores", part)
    return chunk


def _slices(paths: Sequence[str]) -> list[list[str]]:
    """Slices of FILES_PER_CHUNK paths or a few more; the files of one folder are in one slice."""
    slices: list[list[str]] = []
    for _, folder in groupby(paths, key=lambda path: path.split("/results/")[0]):
        if not slices or len(slices[-1]) >= FILES_PER_CHUNK:
            slices.append([])
        slices[-1] += folder
    return slices


def _chunks_sharing_tasks(chunks: Sequence[Chunk]) -> list[list[int]]:
    """Groups of chunks that share tasks, directly or by way of others, as sorted numbers of the chunks."""
    group_of = list(range(len(chunks)))
    first_with: dict[str, int] = {}
    for k, chunk in enumerate(chunks):
        for task in chunk.keywords:
            low, high = sorted((group_of[first_with.setdefault(task, k)], group_of[k]))
            group_of = [low if group == high else group for group in group_of]
    members: dict[int, list[int]] = {}
    for k, group in enumerate(group_of):
        members.setdefault(group, []).append(k)
    return [numbers for numbers in members.values() if len(numbers) > 1]


def _read_chunks(
    root: Path, slices: list[list[str]], folder: Path | None, n_processes: int, on_conflict: str
) -> list[Chunk]:
    """The chunks of all slices. Slices that turn out to share a task are read again as one.

    The name of a task is what its files say, whatever their folder. Repeats and kinds of entries can only be found with
    all files of a task at hand.
    """
    parts = [folder / f"part-{k:04}.parquet" if folder else None for k in range(len(slices))]
    with Processes(n_processes if len(slices) > 1 else 1) as processes:
        chunks = processes.map(_read_chunk, [root] * len(slices), slices, parts, [on_conflict] * len(slices))
        groups = _chunks_sharing_tasks(chunks)
        for part in (parts[k] for group in groups for k in group):
            if part is not None:
                part.unlink(missing_ok=True)
        merged_slices = [sorted(chain.from_iterable(slices[k] for k in group), key=os.fsencode) for group in groups]
        n = len(merged_slices)
        merged_parts = [parts[group[0]] for group in groups]
        reread = processes.map(_read_chunk, [root] * n, merged_slices, merged_parts, [on_conflict] * n)
    for group, chunk in zip(groups, reread, strict=True):
        chunks[group[0]] = chunk
    replaced = {k for group in groups for k in group[1:]}
    return [chunk for k, chunk in enumerate(chunks) if k not in replaced]


def normalise(
    root: Path,
    n_processes: int = 1,
    rejects: Iterable[Reject] = (),
    expected_sha256: str | None = None,
    folder: Path | None = None,
    shard: tuple[int, int] = (0, 1),
    on_conflict: str = "auto",
) -> Normalised:
    """Every number below `root` as one row of `scores` or one reject of kind `value`.

    Parameters
    ----------
    root : Path
        Folder that holds `bigbench/benchmark_tasks/`.
    n_processes : int
        Number of processes that parse files; the result does not depend on it.
    rejects, expected_sha256 : iterable of Reject, str
        What was rejected when the files were put into `root`, and their `input_sha256` at that time.
    folder : Path, optional
        An empty folder into which `scores` is written in parts, whole tasks in each, instead of being returned.
    shard : (int, int)
        (k, n): read the task folders whose name's hash is k modulo n. Rejects of files that are not read are in shard 0.
    on_conflict : str
        What becomes of a number that is published with several values: `repeats.resolve_repeats`.

    Raises
    ------
    InputError
        There is no score file, no number could be read from those that are there, or they are not those expected. With
        several shards one may be empty, and the digest, which is that of all files, is not compared here.

    """
    paths, set_aside = find_score_files(root)
    rejects = [*rejects, *set_aside] if shard[0] == 0 else []
    if shard[1] > 1:
        expected_sha256 = None
        paths = [path for path in paths if shard_of(path.split("/")[2], shard[1]) == shard[0]]
    chunks = _read_chunks(root, _slices(paths), folder, n_processes, on_conflict)
    check_distinct(np.concatenate([np.array([], np.int64), *(chunk.curve_ids for chunk in chunks)]))
    rejects += chain.from_iterable(chunk.collected.rejects for chunk in chunks)
    facts = _facts(chunks, rejects)
    if expected_sha256 not in (None, facts["input_sha256"]):
        raise InputError(f"the files in {printable(str(root))} were changed after they were fetched; delete that folder")
    if not facts["scores"] and shard[1] == 1:
        raise InputError(
            f"source: no number could be read from {printable(str(root))}: {len(rejects)} rejects, the first: "
            + describe(rejects[:1])
        )
    if folder and not facts["scores"]:
        write_table(SCORES_SCHEMA.empty_table(), "scores", folder / "part-0000.parquet")
    models = sum((chunk.models for chunk in chunks), Counter())
    keywords = {task: words for chunk in reversed(chunks) for task, words in chunk.keywords.items()}
    return Normalised(
        scores=None if folder else pa.concat_tables(one.scores for one in chunks).unify_dictionaries().combine_chunks(),
        models=small_table(((*model, None, None, n) for model, n in models.items()), MODELS_SCHEMA),
        tasks=small_table(keywords.items(), TASKS_SCHEMA),
        rejects=small_table((reject._replace(n_numbers=reject.numbers) for reject in rejects), REJECTS_SCHEMA),
        facts=facts,
    )


def _facts(chunks: Sequence[Chunk], rejects: Sequence[Reject]) -> dict[str, object]:
    """Counts of the input and the output."""
    n_numbers, n_scores = sum(chunk.collected.n_numbers for chunk in chunks), sum(chunk.n_scores for chunk in chunks)
    n_files = sum(chunk.models.total() for chunk in chunks)
    digests = chain.from_iterable(chunk.collected.digests for chunk in chunks)
    n_mixed = sum(chunk.n_mixed for chunk in chunks)
    n_averaged = sum(chunk.n_averaged for chunk in chunks)
    return balanced(n_numbers, n_scores, None, rejects, n_files, digests, n_averaged) | {"entries_of_mixed_kind": n_mixed}
