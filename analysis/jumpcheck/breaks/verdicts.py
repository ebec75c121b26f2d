"""Verdicts on all curves that were measured together: q values and verdicts are made in SQL."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from jumpcheck.base.database import connect, create_views
from jumpcheck.base.settings import one_row
from jumpcheck.base.tables import build
from jumpcheck.base.words import code_words


def effects_of(trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    """The table `model_effects`, from the same arguments as those of `breaks_of`."""
    return _made("breaks/model_effects", trials, measured, settings)


def breaks_of(trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    """The table `breaks` of rows of `trials` and what `measuring.measure` gave for those of them that can be tested."""
    return _made("breaks/breaks", trials, measured, settings)


def _made(table: str, trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    with connect() as con:
        given = {"trials": trials, "measured": measured, "given_settings": one_row(settings)}
        create_views(con, {**given, **code_words()})
        name = table.rpartition("/")[2]
        build(con, table, as_views=(name,))
        return con.table(name).df()
