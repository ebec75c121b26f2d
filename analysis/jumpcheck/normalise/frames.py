"""Scores in a data frame as the tables of `jumpcheck.normalise.schema`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from jumpcheck.normalise.curve_ids import with_curve_ids
from jumpcheck.normalise.schema import KEY, MODELS_SCHEMA, REJECTS_SCHEMA, SCORES_SCHEMA, TASKS_SCHEMA, Normalised

DEFAULTS = {"filter": "none", "source_file": "a frame", "n_runs": 1}
"""Values of columns that a frame need not have; others are NULL."""


def normalised(frame: pd.DataFrame) -> Normalised:
    """One row of `scores` per row of a frame.

    Parameters
    ----------
    frame : DataFrame
        task, metric, model_family, model, n_parameters, score; optional every other column of SCORES_SCHEMA. A
        subtask that is missing, or named like its task, is the whole task. NaN and None are NULL.

    Returns
    -------
    Normalised
        `n_parameters` counts all parameters of a model.

    """
    scores = frame.copy()
    scores["subtask"] = scores["subtask"].fillna(scores["task"]) if "subtask" in scores else scores["task"]
    scores["entry_kind"] = np.where(scores["task"] == scores["subtask"], "task", "subtask")
    for name in SCORES_SCHEMA.names:
        if name not in scores:
            scores[name] = DEFAULTS.get(name)
    for source, value, name in (("chance_source", "chance", "file"), ("n_source", "n_examples", "given")):
        scores[source] = scores[source].where(scores[value].isna() | scores[source].notna(), name).astype(object)
    scores = scores.sort_values(list(KEY), kind="stable", ignore_index=True)
    schema = pa.schema([field for field in SCORES_SCHEMA if field.name != "curve_id"])
    table = with_curve_ids(pa.Table.from_pandas(scores[schema.names], schema, preserve_index=False))
    models = scores.groupby(["model_family", "model"], as_index=False).agg(
        total_params=("n_parameters", "first"), n_files=("source_file", "nunique")
    )
    models = models.reindex(columns=MODELS_SCHEMA.names).astype({"scale_basis": object})
    tasks = [{"task": task, "keywords": []} for task in sorted(scores["task"].unique())]
    return Normalised(
        scores=table.cast(SCORES_SCHEMA),
        models=pa.Table.from_pandas(models, MODELS_SCHEMA, preserve_index=False),
        tasks=pa.Table.from_pylist(tasks, TASKS_SCHEMA),
        rejects=REJECTS_SCHEMA.empty_table(),
        facts={"numbers_in": len(scores), "scores": len(scores), "digests": []},
    )
