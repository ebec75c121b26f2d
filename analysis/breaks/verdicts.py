"""Verdicts on all curves that were measured together: q values and verdicts are made in SQL."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from analysis.base.database import connect, create_macros
from analysis.base.sql import sql_text

_MACROS = {
    "tables/breaks": ("macros/jump_threshold", "macros/tested_groups", "macros/guessing"),
    "tables/model_effects": ("macros/guessing",),
}


def effects_of(trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    """The table `model_effects` of the same."""
    return _made("tables/model_effects", trials, measured, settings)


def breaks_of(trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    """The table `breaks` of rows of `trials` and what `measuring.measure` gave for those of them that can be tested."""
    return _made("tables/breaks", trials, measured, settings)


def _made(table: str, trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    with connect() as con:
        con.register("trials", trials)
        con.register("measured", measured)
        con.register("given_settings", pd.DataFrame({name: [value] for name, value in settings.items()}))
        con.execute(f"create temp view settings as {sql_text('tables/settings')}")
        create_macros(con, *_MACROS[table])
        return con.execute(sql_text(table)).df()
