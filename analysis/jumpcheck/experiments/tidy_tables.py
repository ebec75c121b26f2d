"""Results of trained models as tidy tables, which the analysis reads like any other results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from jumpcheck.base.files import write_parquet
from jumpcheck.formats.answers import as_tidy

TIDY_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("task", "subtask", "model_family", "model")]
    + [("n_parameters", pa.float64()), ("metric", pa.string()), ("score", pa.float64()), ("n_examples", pa.int64())]
    + [("chance", pa.float64()), ("shots", pa.int32()), ("is_preferred", pa.bool_())]
)


def write(long: Sequence[str], folder: str, mode: str) -> dict[str, object]:
    """Write the long tables of experiments as tidy tables into `folder`; returns the manifest that names it.

    `mode` says how long the training was: full, quick or smoke.
    """
    datasets: set[str] = set()
    for path in long:
        frame = pd.read_parquet(path)
        datasets |= set(frame["dataset"])
        table = pa.Table.from_pandas(as_tidy(frame), preserve_index=False)
        write_parquet(table, Path(folder) / Path(path).name, TIDY_SCHEMA)
    return {
        "source": "trained", "source_kind": "results", "root": folder, "revision": None, "commit": None,
        "input_sha256": None, "rejects": [], "experiments": f"{mode}: {', '.join(sorted(datasets))}",
    }  # fmt: skip
