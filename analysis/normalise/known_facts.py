"""What data/reference knows of results that do not say it: the metric of a preferred score, and the sizes of models."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.formats.numbers import PUBLISHED_COUNTS, SCHEMA
from analysis.normalise.schema import AGGREGATE_METRIC

UNNAMED = "unnamed:"
"""Begin of the metric of rows of which nobody says the metric; the name of the task follows."""
_SIZES = (*PUBLISHED_COUNTS, "total_params")


class KnownFacts(NamedTuple):
    """Tables of data/reference."""

    preferred_metrics: pd.DataFrame
    """task, subtask (missing where the fact holds for all of a task), preferred_metric, higher_is_better, chance."""
    model_sizes: pd.DataFrame
    """model_family, model, _SIZES."""

    @property
    def models(self) -> Set[tuple[str, str]]:
        """(family, name) of the models that are known, those of unknown size among them."""
        return set(zip(self.model_sizes["model_family"], self.model_sizes["model"], strict=True))


NOTHING_KNOWN = KnownFacts(
    pd.DataFrame(columns=["task", "subtask", "preferred_metric", "higher_is_better", "chance"]),
    pd.DataFrame(columns=["model_family", "model", *_SIZES]),
)


def read(preferred_metrics: str | Path, model_sizes: str | Path) -> KnownFacts:
    """The tables preferred_metrics.csv and model_sizes.csv."""
    return KnownFacts(pd.read_csv(preferred_metrics, dtype={"higher_is_better": object}), pd.read_csv(model_sizes))


def with_known_facts(table: pa.Table, facts: KnownFacts) -> pa.Table:
    """`table` (in numbers.SCHEMA) with metric, direction and chance rate where it names no metric, and sizes of its models.

    The metric is that of the part; else, of a label that averages the parts of its task, normalized_aggregate_score; else
    that of the task; else "unnamed:" and the task. Rows that name a metric stay as they are.
    """
    unnamed = table["metric"].is_null()
    if not pc.any(unnamed).as_py():
        return table
    frame = table.select(["task", "subtask", "is_aggregate", "model_family", "model"]).to_pandas().astype(object)
    found = _facts_of_entries(frame, facts.preferred_metrics)
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
    return table


def _facts_of_entries(entries: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
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
