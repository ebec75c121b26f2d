"""A clock that was ahead and was set back: files are dated later than now."""

import os
import shutil

import pytest
from faulty import DATABASE, differences, put_source, run

pytestmark = pytest.mark.slow
DAY = 86_400 * 10**9  # nanoseconds


def put_into_the_future(folder):
    """All that a run left, as if its clock had been ahead by a day."""
    for top in ("data", "results", "logs"):
        for path in (folder / top).rglob("*"):
            time = path.stat().st_mtime_ns + DAY
            os.utime(path, ns=(time, time))


def test_a_clock_that_was_set_back_hides_no_change(tmp_path):
    """Also where the run that follows the change is cut off after its first stages, and another goes on."""
    source, folder = put_source(tmp_path / "in"), tmp_path / "run"
    code, said, _ = run(folder, source, DATABASE)
    assert code == 0, said
    untouched = tmp_path / "untouched"
    shutil.copytree(folder, untouched, symlinks=True)
    put_into_the_future(folder)
    code, said, _ = run(folder, source, "verify")
    assert code == 0 and "files and folders are dated later than now" in said, said
    code, said, _ = run(folder, source, DATABASE)
    assert code == 0, said
    assert differences(folder, untouched) == []
    code, said, _ = run(folder, source, DATABASE)
    assert code == 0 and "dated later" not in said and "Nothing to be done" in said, said

    put_into_the_future(folder)
    last = next(source.rglob("scores_F_m5.json"))
    last.write_text(last.read_text().replace('"exact_str_match": 0.5', '"exact_str_match": 0.2'))
    code, said, _ = run(folder, source, "verify")
    assert code == 0, said
    for target in ("data/d/scores", DATABASE):  # the first as a run that is cut off
        code, said, _ = run(folder, source, target)
        assert code == 0, said
    fresh = tmp_path / "fresh"
    code, said, _ = run(fresh, source, DATABASE)
    assert code == 0, said
    assert differences(fresh, untouched) and differences(folder, fresh) == []
