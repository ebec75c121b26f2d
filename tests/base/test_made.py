"""Records of what jobs have made."""

import json
import os

import pytest
from jumpcheck.base.made import damaged, dated_later, record


def test_a_file_that_changed_is_named(tmp_path):
    made, log = tmp_path / "table.csv", tmp_path / "job.made.json"
    made.write_text("abc")
    record([str(made)], log)
    assert damaged(tmp_path, True) == {}
    made.write_text("abd")
    assert damaged(tmp_path, False) == {} and list(damaged(tmp_path, True)) == [str(made)]
    made.write_text("ab")
    assert damaged(tmp_path, False) == {str(made): f"{made} has 2 bytes, and 3 when it was made"}


@pytest.mark.parametrize(
    "said", ["{", [], {"outputs": None, "files": {}}, {"outputs": [], "files": {"a": 1}}, {"files": []}]
)
def test_a_record_of_another_shape_says_nothing(tmp_path, said):
    (tmp_path / "job.made.json").write_text(said if isinstance(said, str) else json.dumps(said))
    assert damaged(tmp_path, True) == {}


def test_outputs_dated_later_than_now_are_named(tmp_path):
    (tmp_path / "folder").mkdir()
    dates = {"past": 1000, "next": 8000, "folder/a": 9000}
    for name, date in dates.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (date, date))
    os.utime(tmp_path / "folder", (500, 500))
    outputs = [str(tmp_path / name) for name in ("past", "next", "folder", "gone")]
    record(outputs, tmp_path / "job.made.json")
    assert dated_later(tmp_path, 2000) == outputs[1:3] and dated_later(tmp_path, 9000) == []
