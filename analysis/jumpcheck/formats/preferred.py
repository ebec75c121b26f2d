"""BIG-bench's preferred scores of all model families in one table, as published (`jumpcheck.sources.published`).

The table has one score per task, label, number of shots and model. The score is of the task's preferred metric, but
the file does not name that metric. Rows get no metric here; `jumpcheck.models.known_facts` adds it later. Where a
task has several labels, the label that equals the task's name is the average of the others.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Rejected
from jumpcheck.formats import tidy
from jumpcheck.formats.bigbench import UNKNOWN_SHOTS
from jumpcheck.formats.format import File, Format
from jumpcheck.sources.published import COLUMNS, NAMES_OF_METRICS

_TEXTS = ("task_name", "subtask_description", "model_family_model_name")


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def family_and_model(name: str) -> tuple[str, str]:
    """("BIG-G T=0", "128b") of "BIG-G T=0 128b": the family ends at the last space. GPT's models are called "GPT-3 13B"."""
    family, _, model = " ".join(name.split()).rpartition(" ")
    family = family or model  # a model of no family is one of its own
    return ("GPT", name.removeprefix("GPT ")) if family == "GPT GPT-3" else (family, model)


def _read_file(file: File, collected: Collected) -> None:
    table = pq.read_table(file.path, columns=list(COLUMNS))
    for name in COLUMNS:
        kind = table.schema.field(name).type
        if not (_is_text(kind) if name in _TEXTS else pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise Rejected(
                name, "bad_column", f"the type {kind} where {'texts are' if name in _TEXTS else 'numbers are'} needed"
            )
    frame = table.to_pandas().astype(dict.fromkeys(_TEXTS, object))
    labels = frame.groupby("task_name")["subtask_description"].nunique()
    names = frame["model_family_model_name"]
    models = {name: family_and_model(name) for name in names.dropna().unique()}
    rows = pd.DataFrame(
        {
            "task": frame["task_name"],
            "subtask": frame["subtask_description"],
            "is_aggregate": (frame["task_name"] == frame["subtask_description"]) & (frame["task_name"].map(labels) > 1),
            "shots": frame["number_of_shots"].where(frame["number_of_shots"] != UNKNOWN_SHOTS),
            "model_family": names.map({name: family for name, (family, _) in models.items()}),
            "model": names.map({name: model for name, (_, model) in models.items()}),
            "score": frame["score_value"],
            "is_preferred": True,
        }
    )
    tidy.add(rows, file.shown, "row", None, collected, needed=("task", "model", "score"))


FORMAT = Format(
    what=f"BIG-bench's published preferred scores (.parquet) with the columns {', '.join(COLUMNS)}",
    suffixes=(".parquet",),
    recognises=lambda file: set(COLUMNS) <= set(file.columns) and not set(NAMES_OF_METRICS) & set(file.columns),
    read=_read_file,
)
