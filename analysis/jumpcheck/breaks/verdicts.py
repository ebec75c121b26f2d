"""Verdicts on all curves that were measured together: q values and verdicts are made in SQL."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from jumpcheck.base.database import connect, create_views
from jumpcheck.base.settings import one_row
from jumpcheck.base.tables import build
from jumpcheck.base.words import code_words


def breaks_of(trials: pa.Table | pd.DataFrame, measured: pa.Table, settings: Mapping[str, object]) -> pd.DataFrame:
    """The table `breaks` of rows of `trials` and what `measuring.measure` gave for those of them that can be tested."""
    with connect() as con:
        given = {"trials": trials, "measured": measured, "given_settings": one_row(settings)}
        create_views(con, {**given, **code_words()})
        build(con, "breaks/breaks", as_views=("breaks",))
        return con.table("breaks").df()
