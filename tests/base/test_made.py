"""Records of what jobs have made."""

import json

import pytest

from analysis.base.made import damaged, record


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
