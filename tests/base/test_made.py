"""Records of what jobs have made."""

import json
import os

import pytest

from analysis.base.made import damaged, forget_future_times, record


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


def test_files_dated_later_than_now_become_the_oldest(tmp_path):
    (tmp_path / "folder").mkdir()
    dates = {"past": 1000, "folder/a": 8000, "folder/.b": 9000}
    for name, date in dates.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (date, date))
    os.utime(tmp_path / "folder", (500, 500))
    assert forget_future_times([tmp_path / "past", tmp_path / "folder", tmp_path / "none"], 2000) == 2
    found = {name: (tmp_path / name).stat().st_mtime for name in (*dates, "folder")}
    assert found == {"past": 1000, "folder": 500, "folder/a": 1, "folder/.b": 1}
    assert forget_future_times([tmp_path / "folder"], 2000) == 0
