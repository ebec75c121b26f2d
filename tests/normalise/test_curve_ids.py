"""The number of a curve: of its key alone, the same everywhere, and never that of another curve."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from jumpcheck.base.errors import InputError
from jumpcheck.normalise import curve_ids
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.normalise.schema import CURVE_KEY


def frame(**columns):
    key = {"task": "t", "subtask": "t", "shots": 0, "metric": "m", "filter": "none", "model_family": "F"}
    return pa.Table.from_pandas(pd.DataFrame(key | columns, index=range(len(next(iter(columns.values()), [0])))))


def test_every_part_of_the_key_counts_and_its_place_too():
    values = {"task": "a", "subtask": "b", "metric": "a", "filter": "b", "model_family": "a"}
    tables = [frame(**{name: [value]}) for name, value in values.items()] + [frame(shots=[1]), frame(shots=[None])]
    ids = [curve_ids.with_curve_ids(table.replace_schema_metadata())["curve_id"][0].as_py() for table in tables]
    assert len(set(ids)) == len(ids)


def test_written_down():
    """Another number would break what users have joined by it."""
    assert curve_ids.with_curve_ids(frame(task=["t"]))["curve_id"].to_pylist() == [6372935959329181118]


def test_two_curves_of_one_number_are_an_error(monkeypatch):
    monkeypatch.setattr(curve_ids, "_mixed", lambda values: values & np.uint64(3))
    with pytest.raises(InputError, match="two curves have the same curve_id"):
        curve_ids.with_curve_ids(frame(task=[f"t{k}" for k in range(9)]))


def test_it_depends_on_no_other_curve_and_no_shard(small_source):
    whole = normalise(small_source).scores.to_pandas()
    assert (whole.groupby([*CURVE_KEY], dropna=False, observed=True)["curve_id"].nunique() == 1).all()
    assert whole["curve_id"].nunique() == len(whole[[*CURVE_KEY]].drop_duplicates())
    parts = [normalise(small_source, shard=(k, 3)).scores.to_pandas() for k in range(3)]
    key = [*CURVE_KEY, "model"]
    together = pd.concat([part.astype(str) for part in parts]).sort_values(key)["curve_id"].tolist()
    assert together == whole.astype(str).sort_values(key)["curve_id"].tolist()


def test_bits_are_spread():
    names = ["".join(letters) for letters in itertools.product("ab", repeat=12)]
    ids = curve_ids.with_curve_ids(frame(task=names))["curve_id"].to_numpy().view(np.uint64)
    ones = [((ids >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)]
    assert len(set(ids.tolist())) == len(names) and min(ones) > 0.46 and max(ones) < 0.54
