"""What data/reference knows of results that do not say it: the metric of a preferred score, and the sizes of models."""

from __future__ import annotations

from collections.abc import Iterable, Set
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jumpcheck.base.collected import AGGREGATE_METRIC, PUBLISHED_COUNTS, SCHEMA
from jumpcheck.base.errors import InputError
from jumpcheck.sources.published import PREFERRED, not_the_published

UNNAMED = "unnamed:"
"""Prefix of the metric of rows whose metric is not known; the name of the task follows it."""
_SIZES = (*PUBLISHED_COUNTS, "total_params")


class KnownFacts(NamedTuple):
    """Tables of data/reference."""

    preferred_metrics: pd.DataFrame
    """task, subtask (missing where the fact holds for all of a task), preferred_metric, higher_is_better, chance."""
    model_sizes: pd.DataFrame
    """model_family, model, _SIZES."""
    sha256: str | None = None
    """SHA-256 of the one file of unnamed metrics that these facts are known of."""


NOTHING_KNOWN = KnownFacts(
    pd.DataFrame(columns=["task", "subtask", "preferred_metric", "higher_is_better", "chance"]),
    pd.DataFrame(columns=["model_family", "model", *_SIZES, "source"]),
)


def read(preferred_metrics: str | Path, model_sizes: str | Path, sha256: str | None = None) -> KnownFacts:
    """The tables preferred_metrics.csv and model_sizes.csv."""
    metrics = pd.read_csv(preferred_metrics, dtype={"higher_is_better": object})
    return KnownFacts(metrics, pd.read_csv(model_sizes), sha256)


def check_known(table: pa.Table, digests: Iterable[tuple[str, str, str]], facts: KnownFacts) -> None:
    """InputError where rows without a metric are of another file than the one that the facts are known of.

    `digests` are (path, SHA-256, path as shown) of the files that were read.
    """
    unnamed = set(table.filter(table["metric"].is_null())["source_file"].to_pylist())
    for _, found, shown in digests:
        if facts.sha256 and shown in unnamed and found != facts.sha256:
            sha256 = (f"SHA-256 {digest}" for digest in (found, facts.sha256))
            raise InputError(not_the_published(shown, PREFERRED, *sha256))


def with_known_facts(table: pa.Table, facts: KnownFacts) -> tuple[pa.Table, Set[tuple[str, str]]]:
    """(`table`, in collected.SCHEMA, with what is known of rows that name no metric; the known models of these rows).

    What is known is metric, direction and chance rate, and the sizes of models.

    The metric is that of the part; else, of a label that averages the parts of its task, normalized_aggregate_score; else
    that of the task; else "unnamed:" and the task. Rows that name a metric stay as they are.
    """
    unnamed = table["metric"].is_null()
    if not pc.any(unnamed).as_py():
        return table, set()
    frame = table.select(["task", "subtask", "is_aggregate", "model_family", "model"]).to_pandas().astype(object)
    found = facts_of_entries(frame, facts.preferred_metrics)
    sizes = frame[["model_family", "model"]].merge(facts.model_sizes, how="left", on=["model_family", "model"])
    columns = {
        "metric": found["preferred_metric"],
        "higher_is_better": found["higher_is_better"],
        "chance": found["chance"].astype(float),
        **{name: sizes[name].astype(float) for name in PUBLISHED_COUNTS},
        "n_parameters": sizes["total_params"].astype(float),
    }
    for name, column in columns.items():
        kind = SCHEMA.field(name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        old = table[name].cast(plain)
        new = pc.if_else(unnamed, pa.array(column, plain, from_pandas=True), old).combine_chunks()
        new = new.dictionary_encode() if pa.types.is_dictionary(kind) else new
        table = table.set_column(table.schema.get_field_index(name), SCHEMA.field(name), new)
    listed = frame.loc[unnamed.to_numpy() & sizes["source"].notna().to_numpy(), ["model_family", "model"]]
    return table, set(listed.itertuples(index=False, name=None))


def facts_of_entries(entries: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """preferred_metric, higher_is_better and chance of every row of `entries` (task, subtask, is_aggregate)."""
    columns = ["preferred_metric", "higher_is_better", "chance"]
    of_part = entries.merge(known.dropna(subset="subtask"), how="left", on=["task", "subtask"])[columns]
    of_task = entries.merge(known[known["subtask"].isna()].drop(columns="subtask"), how="left", on="task")[columns]
    averages = of_part["preferred_metric"].isna() & entries["is_aggregate"].astype(bool)
    found = of_part.where(of_part["preferred_metric"].notna(), of_task)
    found.loc[averages, columns] = [AGGREGATE_METRIC, "true", None]
    unnamed = found["preferred_metric"].isna()
    found.loc[unnamed, "preferred_metric"] = UNNAMED + entries.loc[unnamed, "task"]
    # A chance rate is that of a single example; what averages the parts has none.
    found.loc[entries["is_aggregate"].astype(bool), "chance"] = None
    return found.assign(higher_is_better=found["higher_is_better"].map({"true": True, "false": False}))
