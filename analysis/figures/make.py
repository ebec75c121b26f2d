"""Every figure by name: its numbers, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from analysis import duck, paper_model
from analysis.figures import annotated, concentration, mirage, model, scores, style
from analysis.files import replacing

PAIR, TRIPLET = "task-model family pair", "task-metric-model family triplet"

FIGURES: dict[str, Callable[[pd.DataFrame, str, float], Figure]] = {
    "figure_5a_pairs": lambda frame, dataset, threshold: scores.draw(frame, dataset, threshold, PAIR),
    "figure_5a_triplets": lambda frame, dataset, threshold: scores.draw(frame, dataset, threshold, TRIPLET),
    "figure_5b": lambda frame, dataset, _: annotated.draw_counts(frame, dataset),
    "figure_5c": lambda frame, dataset, _: annotated.draw_share(frame, dataset),
    "emergence_share": concentration.draw_share,
    "emergence_survival": concentration.draw_survival,
    "world_without_emergence": concentration.draw_world,
    "figure_6": mirage.draw_figure_6,
    "mirage_gallery": mirage.draw_gallery,
    "mirage_slopes": mirage.draw_slopes,
    "forecast_coverage": mirage.draw_forecast,
    "annotated_agreement": mirage.draw_agreement,
}


def numbers(
    database: str,
    name: str,
    inputs: Mapping[str, str],
    emergence_threshold: float,
    csv: str | None = None,
    folder: str = "figures",
) -> pd.DataFrame:
    """The numbers that figure `name` draws: the result of `analysis/sql/<folder>/<name>.sql` on the database.

    They are written to the file `csv` too, where one is given.
    """
    with duck.connect(database, read_only=True) as con:
        duck.create_views(con, inputs)
        con.register("settings", pd.DataFrame({"emergence_threshold": [float(emergence_threshold)]}))
        con.execute(f"create temp table numbers as {duck.sql_text(f'{folder}/{name}')}")
        if csv:
            with replacing(csv) as temporary:
                con.execute(f"copy numbers to {duck.quoted(str(temporary))} (format csv, header)")
        return con.execute("from numbers").df()


def write_table(name: str, database: str, inputs: Mapping[str, str], csv: str, emergence_threshold: float) -> int:
    """Write the result of `analysis/sql/tables/<name>.sql` on the database as CSV; returns its number of rows."""
    return len(numbers(database, name, inputs, emergence_threshold, csv, "tables"))


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


def write(
    name: str,
    database: str,
    inputs: Mapping[str, str],
    paths: Mapping[str, str],
    dataset: str,
    emergence_threshold: float,
) -> None:
    """Write figure `name` as SVG and PNG, and the CSV of its numbers beside them."""
    frame = numbers(database, name, inputs, emergence_threshold, paths["csv"])
    style.use_style()
    figure = FIGURES[name](frame, dataset, emergence_threshold)
    style.save(figure, paths["svg"], paths["png"])
