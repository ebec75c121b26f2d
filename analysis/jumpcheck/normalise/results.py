"""Results of any format but BIG-bench's score files to the tables of `jumpcheck.normalise.schema`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from jumpcheck.base import columns as arrow
from jumpcheck.base.collected import PUBLISHED_COUNTS, SCALES, Collected
from jumpcheck.base.columns import Texts, combination, small_table
from jumpcheck.base.errors import InputError
from jumpcheck.base.rejects import Reject, describe, printable
from jumpcheck.base.shards import shard_of
from jumpcheck.formats import tidy
from jumpcheck.formats.reading import candidates, read
from jumpcheck.formats.registry import KNOWN
from jumpcheck.formats.wide import Tables
from jumpcheck.models.known_facts import NOTHING_KNOWN, KnownFacts, check_known, with_known_facts
from jumpcheck.models.placing import place_models, set_aside_models
from jumpcheck.models.rules import Rules
from jumpcheck.models.rules_to_complete import rules_to_complete
from jumpcheck.normalise.balance import balanced
from jumpcheck.normalise.curve_ids import with_curve_ids
from jumpcheck.normalise.kinds import KINDS, entry_kinds
from jumpcheck.normalise.percent import with_shares
from jumpcheck.normalise.repeats import Numbers, Resolved, resolve_repeats
from jumpcheck.normalise.schema import (
    KEY,
    MODELS_SCHEMA,
    REJECTS_SCHEMA,
    SCORES_SCHEMA,
    TASKS_SCHEMA,
    Normalised,
)
from jumpcheck.normalise.task_facts import Pairs, with_task_facts, with_usual_metrics
from jumpcheck.sources.layout import kinds_of_files

NO_TABLES = Tables()


class NonePlaced(InputError):
    """Not one model of a source can be placed; `rules_to_complete` is the file of rules that would do it."""

    def __init__(self, message: str, rules_to_complete: str) -> None:
        super().__init__(message)
        self.rules_to_complete = rules_to_complete


def _floats(table: pa.Table, name: str) -> np.ndarray:
    """A column of numbers, NaN where there is none."""
    return table[name].cast(pa.float64()).to_numpy()


def _n_numbers(table: pa.Table) -> np.ndarray:
    """How many numbers of the source every row is: the score, and its standard error where it has one."""
    return 1 + table["stderr"].is_valid().to_numpy().astype(int)


def normalise(
    source: Path,
    rules: Rules,
    scale_by: str = "parameters",
    n_processes: int = 1,
    shard: tuple[int, int] = (0, 1),
    averaged: pa.Table | None = None,
    set_aside: Iterable[Reject] = (),
    facts: KnownFacts = NOTHING_KNOWN,
    on_conflict: str = "auto",
    tables: Tables = NO_TABLES,
) -> Normalised:
    """Every number of result files as a row of `scores`, its standard error, or part of a mean of runs or of a reject.

    Parameters
    ----------
    source, rules : Path, Rules
        A file, or a folder that is searched with all its folders; what names say of models and tasks.
    scale_by : str
        By what models are ordered: parameters, tokens, steps, flops (of the training) or loss.
    n_processes : int
        Number of processes that read files; the result does not depend on it.
    shard : (int, int)
        (k, n): return the tasks whose name's hash is k modulo n; models and rejects are those of shard 0. Every shard
        reads all files, because a model is placed by all of its numbers.
    averaged, set_aside, facts : Table, iterable of Reject, KnownFacts
        What `instances.average` made of the instance-level files; what is known of scores whose metric no file names.
    on_conflict : str
        What becomes of a number that is published with several values: `repeats.resolve_repeats`.
    tables : Tables
        What is known of tables, for wide ones.

    Returns
    -------
    Normalised
        numbers_in = scores + filled_stderr + averaged_values + rejected_values, in its facts.

    Raises
    ------
    InputError
        There is no file of a known format, or no number could be read.

    """
    table, collected, n_passed = _read_all(source, n_processes, averaged, tables)
    rejects = [*set_aside, *collected.rejects]
    check_known(table, collected.digests, facts)
    table, known_models, percent = _with_facts(table, facts, rules, tables)
    table, described, model_row, unknown = _placed(source, table, rules, scale_by, known_models, rejects)
    scores, resolved, n_versions, n_mixed = _scores_table(table, described, model_row, on_conflict)
    rejects += resolved.rejects
    counts = _counts(collected, rejects, scores, n_passed, resolved.n_averaged)
    counts |= {"tasks_of_several_versions": n_versions, "entries_of_mixed_kind": n_mixed} | unknown | percent
    normalised = Normalised(
        scores=scores,
        models=_models_table(table, described, model_row),
        tasks=_tasks_table(pa.compute.unique(table["task"].cast(pa.string())).to_pylist()),
        rejects=small_table((reject._replace(n_numbers=reject.numbers) for reject in rejects), REJECTS_SCHEMA),
        facts=counts,
    )
    return normalised if shard[1] == 1 else _tasks_of_shard(normalised, shard)


def _with_facts(
    table: pa.Table, facts: KnownFacts, rules: Rules, tables: Tables
) -> tuple[pa.Table, Set[tuple[str, str]], dict[str, object]]:
    """(the scores with what is known of their metrics and tasks, the known models, what is said of percentages)."""
    is_unnamed = table["metric"].is_null().to_numpy()
    table, known_models = with_known_facts(table, facts)
    table = with_usual_metrics(table, tables.metrics)
    pairs = Pairs.of(table)
    table, percent = with_shares(table, pairs, tables)
    return with_task_facts(table, pairs, rules, is_unnamed), known_models, percent


def _placed(
    source: Path, table: pa.Table, rules: Rules, scale_by: str, known: Set[tuple[str, str]], rejects: list[Reject]
) -> tuple[pa.Table, pd.DataFrame, np.ndarray, dict[str, object]]:
    """(the scores of models that can be placed, all models, the row of every score there, what is said of unknown ones).

    Those that cannot be placed go to `rejects`; NonePlaced where there is no other.
    """
    described, model_row = _described_models(table, rules.for_scale(scale_by), scale_by, known)
    files, n_numbers = Texts.from_column(table["source_file"]), _n_numbers(table)
    rejects += set_aside_models(described, model_row, files, n_numbers, scale_by)
    n_unknown, to_complete = rules_to_complete(described, model_row, files, n_numbers, rules)
    is_kept = described["is_kept"].to_numpy(bool)[model_row]
    if not is_kept.any():
        raise NonePlaced(_none_placed(source, len(table), rejects), to_complete if n_unknown else "")
    unknown = {"unknown_models": n_unknown, "rules_to_complete": to_complete} if n_unknown else {}
    differ = described[described["sizes"] != ""].drop_duplicates("name")
    if len(differ):
        unknown["sizes_that_differ"] = "; ".join(
            f"{row.name}: {row.sizes}" for row in differ[["name", "sizes"]].itertuples(index=False)
        )
    return table.filter(pa.array(is_kept)), described, model_row[is_kept], unknown


def _none_placed(source: Path, n_scores: int, rejects: Iterable[Reject]) -> str:
    first = next(reject for reject in rejects if reject.kind == "entry" and reject.n_numbers)
    return (
        f"source: of the {n_scores:,} scores of {printable(str(source))} none is of a model that can be placed; the first: "
        f"{describe([first])}"
    )


def _read_all(source: Path, n_processes: int, averaged: pa.Table | None, tables: Tables) -> tuple[pa.Table, Collected, int]:
    """(every number of the source, what else was in it, number of files passed over); InputError where no number is."""
    paths, passed, rejects = candidates(source)
    if not paths:
        raise InputError(
            f"source: {printable(str(source))} holds no file that may be a result: {kinds_of_files(source)}; known are "
            f"{KNOWN}"
        )
    table, collected = read(source if source.is_dir() else source.parent, paths, n_processes, tables)
    collected.rejects = rejects + collected.rejects
    if averaged is not None and len(averaged):
        averages = Collected()
        tidy.add(averaged.to_pandas(), "averages of instances", "row", None, averages)
        table = pa.concat_tables([table, averages.table()]).unify_dictionaries().combine_chunks()
        collected.n_numbers += averages.n_numbers
        collected.rejects += averages.rejects
        collected.notes += averages.notes
    if not len(table):
        raise InputError(
            f"source: no number could be read from {printable(str(source))}: {len(collected.rejects)} rejects, the first: "
            + describe(collected.rejects[:1])
            + f". Known are {KNOWN}"
        )
    return table, collected, len(passed)


def _described_models(
    table: pa.Table, rules: Rules, scale_by: str, known: Set[tuple[str, str]]
) -> tuple[pd.DataFrame, np.ndarray]:
    """(the distinct models, as their files describe them and as they are placed; for every number the row of its model)."""
    texts = {name: Texts.from_column(table[name]) for name in ("model", "revision", "model_family")}
    # A file whose path a rule reads, and one that does not name its model, describes its models by itself.
    files = Texts.from_column(table["source_file"])
    is_read = np.array([rules.reads_path(path) for path in files.names])[files.codes] | (texts["model"].codes < 0)
    texts["path"] = Texts(np.where(is_read, files.codes, -1), files.names)
    numbers = {name: _floats(table, name) for name in (*SCALES, *PUBLISHED_COUNTS)}
    codes = [column.codes for column in texts.values()]
    codes += [np.unique(values, return_inverse=True)[1] for values in numbers.values()]
    model_row, n_described = combination(*codes)
    first = np.full(n_described, len(table))
    np.minimum.at(first, model_row, np.arange(len(table)))
    described = pd.DataFrame(
        {name: pd.Series([column.at(row) for row in first], dtype=object) for name, column in texts.items()}
    )
    described = described.assign(
        path=described["path"].where(described["path"].notna(), ""),
        **{name: values[first] for name, values in numbers.items()},
    )
    described = _with_what_others_say(described)
    placed = place_models(described, rules, scale_by, known)
    return described[["model", "revision"]].join(placed), model_row


def _with_what_others_say(described: pd.DataFrame) -> pd.DataFrame:
    """Family, size and training of a model of which one file says them, for the files that do not.

    Only where all that do say the same; and its training only where neither of both is a checkpoint.
    """
    is_whole = described["revision"].isna() & described["training_steps"].isna()
    for name in ("model_family", *(name for name in SCALES if name != "training_steps")):
        of_training = name not in ("model_family", "n_parameters")
        stated = (
            (described[is_whole] if of_training else described)
            .dropna(subset=["model", name])
            .groupby("model")[name]
            .agg(["first", "nunique"])
        )
        stated = stated.loc[stated["nunique"] == 1, "first"]
        is_open = described[name].isna()
        if of_training:
            is_open &= is_whole
        described[name] = described[name].where(~is_open, described["model"].map(stated))
    return described


def _models_table(table: pa.Table, described: pd.DataFrame, model_row: np.ndarray) -> pa.Table:
    """The table `models`: one row per description of a model, with the number of files that give it."""
    counts: Counter[tuple] = Counter()
    files = Texts.from_column(table["source_file"])
    for _, k in np.unique(np.stack([files.codes, model_row]), axis=1).T:
        model = described.iloc[k]
        scale = _or_none(model["scale"]) if model["scale_basis"] else None
        parameters = (_or_none(model[name]) for name in (*PUBLISHED_COUNTS, "total_params"))
        counts[model["family"], model["name"], *parameters, scale, model["scale_basis"]] += 1
    return small_table(((*key, n) for key, n in counts.items()), MODELS_SCHEMA)


def _or_none(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _tasks_table(tasks: Iterable[str]) -> pa.Table:
    return small_table(((task, []) for task in tasks), TASKS_SCHEMA)


def _tasks_of_shard(whole: Normalised, shard: tuple[int, int]) -> Normalised:
    """The tasks of one shard. Counts of all shards add up to those of the whole; models and rejects are in shard 0."""
    tasks = [task for task in whole.tasks["task"].to_pylist() if shard_of(task, shard[1]) == shard[0]]
    is_in_shard = pa.compute.is_in(whole.scores["task"].cast(pa.string()), pa.array(tasks, pa.string()))
    scores = whole.scores.filter(is_in_shard)
    counts = {"scores": len(scores), "filled_stderr": len(scores) - scores["stderr"].null_count}
    tables = {"scores": scores, "tasks": _tasks_table(tasks)}
    if shard[0] == 0:
        set_aside = whole.facts["averaged_values"] + whole.facts["rejected_values"]
        facts = whole.facts | counts | {"numbers_in": sum(counts.values()) + set_aside}
        return Normalised(**tables, models=whole.models, rejects=whole.rejects, facts=facts)
    facts = counts | {"numbers_in": sum(counts.values()), "digests": []}
    return Normalised(**tables, models=MODELS_SCHEMA.empty_table(), rejects=REJECTS_SCHEMA.empty_table(), facts=facts)


def _counts(collected: Collected, rejects: list[Reject], scores: pa.Table, n_passed: int, n_averaged: int) -> dict:
    """Counts of the input and the output, and what else is said of the files."""
    failed = {reject.file for reject in rejects if reject.kind == "file"}
    n_read = len({shown for _, _, shown in collected.digests} - failed)
    n_stderr = len(scores) - scores["stderr"].null_count
    return balanced(collected.n_numbers, len(scores), n_stderr, rejects, n_read, collected.digests, n_averaged) | {
        "files_passed_over": n_passed,
        "recognised": "; ".join(f"{n:,} {what}" for what, n in sorted(collected.recognised.items())),
        "columns_not_read": "; ".join(f"{file}: {', '.join(names)}" for file, names in sorted(collected.unread.items())),
        "notes": _grouped(collected.notes),
    }


def _grouped(notes: Sequence[str]) -> str:
    """Notes on files, each text once with its first file and how many have it."""
    files: dict[str, list[str]] = {}
    for note in notes:
        file, _, text = note.partition(": ")
        files.setdefault(text, []).append(file)
    said = [
        f"{of[0]}" + (f" and {len(of) - 1:,} more files" if len(of) > 1 else "") + f": {text}" for text, of in files.items()
    ]
    return "; ".join(said)


def _n_of_several_versions(texts: dict[str, Texts]) -> int:
    """Number of pairs of a task and a model family whose numbers are of several versions of the task."""
    pair, _ = combination(texts["task"].codes, texts["model_family"].codes)
    versions = texts["version"].codes
    known = versions >= 0
    if not known.any():
        return 0
    return int((np.bincount(np.unique(np.stack([pair[known], versions[known]]), axis=1)[0]) > 1).sum())


def _scores_table(
    table: pa.Table, described: pd.DataFrame, model_row: np.ndarray, on_conflict: str
) -> tuple[pa.Table, Resolved, int, int]:
    """(the table `scores`, what became of repeated numbers, `_n_of_several_versions`, number of entries of mixed kind)."""
    texts = {
        name: Texts.from_column(table[name]) for name in ("task", "subtask", "metric", "filter", "version", "source_file")
    }
    for name, column in (("model_family", "family"), ("model", "name")):
        codes, names = pd.factorize(described[column].where(described["is_kept"]).to_numpy(object), sort=True)
        texts[name] = Texts(codes[model_row], list(names))
    is_stated = table["is_aggregate"].to_numpy()
    kinds, n_mixed = entry_kinds(texts["task"], texts["subtask"], texts["model_family"].codes, is_stated)
    chance = _floats(table, "chance")
    shots = table["shots"].fill_null(-1).to_numpy()
    key, _ = combination(*(shots if name == "shots" else texts[name].codes for name in KEY))
    n_numbers, locations = _n_numbers(table), table["location"]

    def where_published(row: int) -> tuple[str, str, int]:
        return texts["source_file"].at(row), locations[int(row)].as_py(), int(n_numbers[row])

    chance_codes = np.unique(np.nan_to_num(chance, nan=-1), return_inverse=True)[1]
    n_examples = table["n_examples"].fill_null(-1).to_numpy()
    conditions, _ = combination(n_examples, chance_codes, texts["version"].codes)
    order = np.argsort(key, kind="stable")
    numbers = Numbers(
        *(_floats(table, name) for name in ("score", "stderr", "n_examples", "date")),
        run=Texts.from_column(table["run"]).codes,
        conditions=conditions,
    )
    resolved = resolve_repeats(order, key, numbers, where_published, on_conflict)
    kept = resolved.rows
    kept_rows = table.take(pa.array(kept))
    columns = {name: texts[name].take(kept).array() for name in (*KEY, "source_file") if name != "shots"}
    columns |= {
        "entry_kind": arrow.coded(kinds[kept], arrow.texts(KINDS)),
        "n_runs": arrow.numbers(resolved.n_runs, pa.int32()),
    }
    for name in ("score", "stderr", "n_examples", "run_sd"):
        values = getattr(resolved, name)
        columns[name] = arrow.numbers(np.nan_to_num(values), SCORES_SCHEMA.field(name).type, ~np.isnan(values))
    columns["n_source"] = pa.compute.if_else(columns["n_examples"].is_valid(), kept_rows["n_source"], None)
    for name in ("low_score", "high_score"):  # published by BIG-bench alone
        columns[name] = pa.nulls(len(kept), SCORES_SCHEMA.field(name).type)
    names = [name for name in SCORES_SCHEMA.names if name != "curve_id"]
    scores = pa.table({name: columns[name] if name in columns else kept_rows[name] for name in names})
    return with_curve_ids(scores).cast(SCORES_SCHEMA), resolved, _n_of_several_versions(texts), n_mixed
