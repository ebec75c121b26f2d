"""A source, and a run of it that nobody disturbed: what tests of faults compare with. Nobody changes them."""

import pytest
from faulty import put_source, run


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    return put_source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="session")
def finished(source, tmp_path_factory):
    """A run that has ended well."""
    folder = tmp_path_factory.mktemp("finished")
    code, said, _ = run(folder, source)
    assert code == 0, said
    return folder
