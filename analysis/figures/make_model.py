"""The figures of the mathematical model, which need no data."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from analysis import paper_model
from analysis.figures import model, style
from analysis.files import replacing


def _model_figures(source: str) -> dict[str, tuple[pd.DataFrame, Figure]]:
    """{name: (numbers, figure)} of the figures that need no data; `source` stands in their footers."""
    panels, k, seen = paper_model.six_panels(), paper_model.at_least_k(), paper_model.resolution()
    exact = k[k["k"] == k["length"]]
    few, rouge = paper_model.sampling(), paper_model.rouge_against_error()
    return {
        "figure_2": (panels, model.draw_six_panels(panels, paper_model.N_EXAMPLES, source)),
        "figure_9": (rouge, model.draw_rouge(rouge, source)),
        "at_least_k": (k, model.draw_at_least_k(k, source)),
        "resolution": (seen, model.draw_resolution(seen, exact, source)),
        "sampling": (few, model.draw_sampling(few, exact, source)),
    }


def write_model_figures(path_of: Callable[[str, str], str], simulated: str = "") -> None:
    """Write the figures that need no data; `path_of(name, kind)` is where, for kind svg, png and csv.

    `simulated` is the name of a simulated dataset beside whose figures they stand, so that each of them says so.
    """
    source = model.SOURCE + (f"; dataset: {style.label(simulated, 80)}" if simulated else "")
    style.use_style()
    for name, (frame, figure) in _model_figures(source).items():
        style.save(figure, path_of(name, "svg"), path_of(name, "png"))
        with replacing(path_of(name, "csv")) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")
