import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from jumpcheck.base import columns as arrow
from jumpcheck.base.columns import significant


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.float64(), pa.bool_()])
@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 1000])
def test_numbers_are_those_of_pyarrow(kind, n):
    rng = np.random.default_rng(n)
    values, valid = rng.integers(0, 2, n), rng.random(n) < 0.7
    values = values.astype(bool) if pa.types.is_boolean(kind) else values
    assert arrow.numbers(values, kind).equals(pa.array(values.tolist(), kind))
    expected = pa.array([v if ok else None for v, ok in zip(values.tolist(), valid, strict=True)], kind)
    found = arrow.numbers(values, kind, valid)
    found.validate(full=True)
    assert found.equals(expected)


def test_texts_are_those_of_pyarrow():
    for values in ([], [""], ["a", "", "é", "𝄞" * 3, "x" * 1000]):
        found = arrow.texts(values)
        found.validate(full=True)
        assert found.equals(pa.array(values, pa.string()))
    coded = arrow.coded(np.array([1, 0, 1]), arrow.texts(["a", "b"]))
    assert coded.to_pylist() == ["b", "a", "b"]


def test_parts_are_made_without_pandas(tmp_path):
    """What the module is for: a worker that parses files imports no pandas."""
    code = """
import sys, pathlib
from jumpcheck.formats.bigbench import parse_score_file
from jumpcheck.normalise.assembling import Columns, assemble
from jumpcheck.normalise.schema import write_table
columns = Columns()
content = pathlib.Path(sys.argv[1]).read_bytes()
columns.append(parse_score_file(content, "f"), "f")
table = assemble(columns.coded()).scores
write_table(table, "scores", sys.argv[2])
assert len(table) and "pandas" not in sys.modules, "pandas was imported"
"""
    import json

    from builders import score_file

    path = tmp_path / "scores_F_1b.json"
    path.write_text(json.dumps(score_file()))
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "o.parquet")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("digits", [1, 6, 9])
def test_significant_digits_are_those_of_the_decimal_form(digits):
    rng = np.random.default_rng(digits)
    values = rng.standard_normal(20_000) * 10.0 ** rng.integers(-300, 300, 20_000)
    values = np.concatenate(
        [values, 10.0 ** np.arange(-20, 21), [0.0, -0.0, np.inf, -np.inf, np.nan, 9.999999999, 0.1 + 0.2]]
    )
    expected = [float(f"{value:.{digits - 1}e}") for value in values]
    np.testing.assert_array_equal(significant(values, digits), expected)
