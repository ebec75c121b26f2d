import os
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import small_tree
from builders import ROOT


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def small_source(tmp_path_factory):
    root = tmp_path_factory.mktemp("small")
    small_tree.write(root)
    return root


@pytest.fixture(scope="session")
def real_source():
    """The folder of real results, from REAL_RESULTS."""
    folder = Path(os.environ.get("REAL_RESULTS", ROOT / "../shared/real"))
    if not (folder / "bigg_t0_3shot").is_dir():
        pytest.skip(f"no real results: {folder}/bigg_t0_3shot does not exist; set REAL_RESULTS to their folder")
    return folder / "bigg_t0_3shot"
