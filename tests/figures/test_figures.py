"""What the figures show: labels, plotted values, what they say is left out. No comparison of pixels."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from builders import ROOT, build, entry, put, put_curve, save_database, score_file
from jumpcheck.base import sql
from jumpcheck.base.database import connect
from jumpcheck.figures import annotated, breaks, concentration, dataset, jumps, pdf, power, scores, style, theory
from jumpcheck.figures.about import About
from jumpcheck.figures.registry import FIGURES, figures_of, function_named, numbers_of
from jumpcheck.normalise.bigbench import normalise
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

REFERENCES = {
    f"reference_{name}": str(ROOT / f"data/reference/{name}.csv") for name in ("preferred_metrics", "family_aliases")
}


@pytest.fixture(scope="module", autouse=True)
def use_style():
    style.use_style()


@pytest.fixture(scope="module")
def small_database(small_source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    return save_database(build(normalise(small_source)), folder / "small.duckdb")


def texts(figure):
    """All text of a figure."""
    figure.canvas.draw()
    found = [text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text"))]
    return "\n".join(found)


def numbers(database, name):
    return dataset.figure_numbers(name, database, REFERENCES)


def draw(name, frame, label):
    """The figure of this name, of its numbers."""
    return function_named(FIGURES[name]["draw"], dataset.DRAWING)(frame, About(label))


def test_5a_draws_every_pair_and_triplet(small_database):
    for name, table in (("figure_5a_pairs", "pairs"), ("figure_5a_triplets", "triplets")):
        frame = numbers(small_database, name)
        with connect(small_database, read_only=True) as con:
            where = "where metric is distinct from 'normalized_aggregate_score'"
            expected = con.execute(f"select count(*) from {table} {where}").fetchall()[0][0]
        assert len(frame) == expected
        figure = draw(name, frame, "small")
        counted = frame[frame["is_counted"]]
        strips = points(figure.axes[2])
        assert len(strips) == counted["largest"].notna().sum() > 10
        finite = counted.loc[np.isfinite(counted["largest"]), "largest"].sort_values()
        np.testing.assert_allclose(sorted(strips[:, 0])[: len(finite)], places(figure.axes[2], finite))
        assert "dataset: small" in texts(figure)
        n = (~frame.loc[~frame["is_counted"], "direction_known"].astype(bool)).sum()
        assert not n or f"{n} of metrics without a name or a known direction" in " ".join(texts(figure).split())
    assert n > 0


def points(axes):
    """Where the points of the strips of figure 5A stand, of all rows."""
    return np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() == "o"])


def places(axes, scores):
    """Where scores stand on the axis of figure 5A, which is linear between its labels."""
    labels = [label.get_text().replace("−", "-") for label in axes.get_xticklabels()]
    known = {float(label): tick for label, tick in zip(labels, axes.get_xticks(), strict=True) if label.strip("-").isdigit()}
    return np.interp(scores, sorted(known), [known[score] for score in sorted(known)])


def frame_5a(values, metric="m", medians=None):
    return pd.DataFrame(
        {
            "metric": metric,
            "task": [f"t{k}" for k in range(len(values))],
            "largest": values,
            "median": medians or values,
            "direction_known": True,
            "is_counted": True,
            "is_above": [v is not None and v > 20 for v in values],
            "n_scales": 8,
        }
    )


def test_5a_histograms_count_every_score():
    rng = np.random.default_rng(0)
    values = [*rng.uniform(1, 99, 500), *-rng.uniform(1, 99, 200), *[np.inf] * 7, *[-np.inf] * 3, 1.0, -1.0, 100.0]
    figure = scores.draw_scores(frame_5a(values), About("d"), "triplet")
    bars = [bar for container in figure.axes[0].containers for bar in container if bar.get_height()]
    assert sum(bar.get_height() for bar in bars) == len(values)
    assert (bars[0].get_height(), bars[-1].get_height()) == (3, 7)
    bands = [patch for patch in figure.axes[0].patches if patch.get_alpha() == 0.55]
    left, right = sorted(bands, key=lambda band: band.get_x())
    assert left.get_x() < bars[0].get_x() and bars[0].get_x() + bars[0].get_width() < left.get_x() + left.get_width()
    assert all(bar.get_x() + bar.get_width() < right.get_x() for bar in bars[1:-1]) and bars[-1].get_x() > right.get_x()
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == [
        "−∞", "", "−10", "0", "5", "10", "20", "50", "100", "∞",
    ]  # fmt: skip


def test_5a_infinite_scores_are_drawn_in_the_bands_and_counted_in_the_label():
    figure = scores.draw_scores(frame_5a([2.0, 30.0, np.inf, np.inf, -np.inf, np.nan]), About("d"), "triplet")
    offsets = points(figure.axes[2])
    offsets = offsets[~np.isnan(offsets[:, 0])]
    assert len(offsets) == 5
    ticks = {label.get_text(): label.get_position()[0] for label in figure.axes[2].get_xticklabels()}
    assert (offsets[:, 0] == ticks["∞"]).sum() == 2 and (offsets[:, 0] == ticks["−∞"]).sum() == 1
    assert "m  3/6, ∞ 2" in texts(figure)
    assert "Flat, without a score and not drawn: 1." in texts(figure)
    low, high = figure.axes[2].get_xlim()
    assert low < offsets[:, 0].min() and offsets[:, 0].max() < high


def test_5a_without_negative_scores_begins_at_zero():
    figure = scores.draw_scores(frame_5a([2.0, 30.0, 4000.0]), About("d"), "triplet")
    labels = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert labels == ["0", "5", "10", "20", "50", "100", "10⁴", "∞"] and figure.axes[2].get_xlim()[0] > -1


def test_5a_pools_the_metrics_of_few_pairs():
    """Those of at least ten have rows of their own; the others one for those above the threshold, and one for the rest."""
    frame = pd.concat([frame_5a([2.0] * (1 + k % 3), f"metric {k:03}") for k in range(40)])
    frame = pd.concat([frame, frame_5a([30.0, 1.0], "rare and above"), frame_5a([25.0] + [2.0] * 9, "ten of them")])
    figure = scores.draw_scores(frame, About("d"), "triplet")
    labels = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert labels == ["ten of them  1/10", "1 other metrics, some above  1/2", "40 other metrics, none above  0/79"]
    assert len(points(figure.axes[2])) == len(frame)
    shown = " ".join(texts(figure).split())
    assert "with fewer than 10 triplets each: metric 000, metric 001" in shown and "and 29 more." in shown
    few = scores.draw_scores(frame[frame["metric"] < "metric 012"], About("d"), "triplet")
    assert len(few.axes[2].get_yticklabels()) == 12


def test_the_legend_of_5a_names_what_the_histogram_tells_apart():
    """A colour that is not in the legend is nowhere in the figure, but in a row that is named."""
    parts = [frame_5a([3.0] * n, name) for name, n in {"bleu": 30, "rougeLsum": 20, "acc": 15, "my own": 12}.items()]
    few = [frame_5a([4.0], f"rare {k}") for k in range(12)] + [frame_5a([4.0], "rouge1")]
    figure = scores.draw_scores(pd.concat([*parts, *few], ignore_index=True), About("d"), "triplet")
    patches = dict(
        zip([text.get_text() for text in figure.legends[0].get_texts()], figure.legends[0].get_patches(), strict=True)
    )
    assert list(patches) == ["bleu", "rougeLsum", "acc", "other metrics"]
    colours = [mpl.colors.to_hex(patch.get_facecolor()) for patch in patches.values()]
    assert len(set(colours)) == 4 and colours[0] == style.METRIC_COLOURS["bleu"]
    rows = {line.get_color() for line in figure.axes[2].lines if line.get_marker() == "o"}
    assert rows == set(colours)


def test_no_tick_label_is_raw_markup(tmp_path):
    """Few curves: the share axis spans less than a decade, and its minor ticks must not be labelled."""
    for k, last in enumerate([0.55, 2.0, 3e11]):
        put_curve(tmp_path / "in", [0.0, 0.1, 0.2, 0.3, 0.4, last], f"t{k}")
    database = save_database(build(normalise(tmp_path / "in")), tmp_path / "d.duckdb")
    for name in OF_ONE_DATABASE:
        figure = draw(name, numbers(database, name), "d")
        assert "$" not in texts(figure), name


def test_many_families_are_cut_and_counted(tmp_path):
    frame = pd.DataFrame({"model_family": [f"family {k:03}" for k in range(400)], "metric": "m", "n_curves": 10})
    frame = frame.assign(n_above=1, n_flat=0, n_left_out=0, share=0.1, share_low=0.05, share_high=0.2)
    frame = frame.assign(direction_known=False, improvement_score=3.0, n_at_least=1, survival=0.1)
    for draw in (concentration.draw_share, concentration.draw_survival):
        figure = draw(frame, About("d"))
        shown = texts(figure)
        assert len({line for line in shown.splitlines() if line.startswith("family ")}) == style.MAX_PANELS
        assert "the 392 model families with fewest curves (3920)" in shown.replace(",", "")
        assert "Direction unknown, so no improvement score: m." in shown


@pytest.mark.parametrize("name", ["figure_5a_pairs", "figure_5a_triplets", "emergence_share", "emergence_survival"])
def test_too_little_data_gives_a_figure_that_says_so(tmp_path, name):
    put(tmp_path / "in", score_file())
    database = save_database(build(normalise(tmp_path / "in")), tmp_path / "one.duckdb")
    figure = draw(name, numbers(database, name), "one")
    assert "Nothing to draw: no " in texts(figure)
    style.save(figure, str(tmp_path / "f.svg"), str(tmp_path / "f.png"))
    assert "<dc:title>Nothing to draw: no " in (tmp_path / "f.svg").read_text(encoding="utf-8")
    # As wide as all others, so that a page does not blow up its text.
    assert plt.imread(tmp_path / "f.png").shape[1] >= style.TWO_COLUMNS * 200


def test_5b_and_5c_count_the_labels(small_database):
    counts = numbers(small_database, "figure_5b")
    assert dict(zip(counts["metric"], counts["n_emergent_tasks"], strict=True)) == {
        "multiple_choice_grade": 51,
        "exact_str_match": 12,
        "bleu": 2,
        "creativity_and_consistency_score": 1,
        "overall": 1,
    }
    # anachronisms, code_line_description; linguistics_puzzles, modified_arithmetic, word_sorting
    assert counts["n_in_dataset"].tolist() == [2, 3, 0, 0, 0]
    shares = numbers(small_database, "figure_5c")
    for row in shares.itertuples():
        interval = binomtest(row.n_emergent_tasks, row.n).proportion_ci(method="wilson")
        assert (row.share_low, row.share_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    shown = " ".join(texts(annotated.draw_share(shares, About("small"))).split())
    assert "63 of 67, 94.0 %" in shown and "labels: Wei et al. 2022" in shown
    assert "labels: Wei et al. 2022" in texts(annotated.draw_counts(counts, About("small")))


def test_shares_have_wilson_intervals_and_count_what_is_left_out(small_database):
    frame = numbers(small_database, "emergence_share")
    for row in frame[frame["n_curves"] > 0].itertuples():
        interval = binomtest(row.n_above, row.n_curves).proportion_ci(method="wilson")
        assert row.share == row.n_above / row.n_curves
        assert (row.share_low, row.share_high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-12)
    assert not (frame["metric"] == "normalized_aggregate_score").any()
    with connect(small_database, read_only=True) as con:
        curves = con.execute("select * from curves where entry_kind <> 'aggregate'").df()
    is_counted = (curves["n_scales"] >= 5) & curves["direction"].notna()
    assert frame["n_left_out"].sum() == (~is_counted).sum() > 0
    assert frame["n_curves"].sum() == is_counted.sum()
    assert frame["n_above"].sum() == ((curves["n_scales"] >= 5) & (curves["improvement_score"] > 20)).sum() > 0
    figure = concentration.draw_share(frame, About("small"))
    (axes,) = figure.axes
    drawn = [(label.get_text(), y) for label, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)]
    many = frame[frame["n_curves"] >= concentration.MIN_CURVES]
    many = many if len(many) else frame[frame["n_curves"] > 0]
    assert len(drawn) == len(many) + many["metric"].nunique()
    assert {name for name, _ in drawn} == {*many["metric"], *many["model_family"]}
    # Below every metric its families, the largest share first, with the share and the counts.
    found = {y: x for line in axes.lines for x, y in line.get_xydata()}
    metric = None
    last = np.inf
    for name, y in drawn:
        if y not in found:
            metric, last = name, np.inf
            continue
        row = many[(many["metric"] == metric) & (many["model_family"] == name)].iloc[0]
        assert found[y] == row["share"] <= last
        last = row["share"]
        assert f"{row['n_above']:,.0f}/{row['n_curves']:,.0f}" in texts(figure).splitlines()
    assert f"scales or of unknown direction: {frame['n_left_out'].sum()} (" in texts(figure)


def test_survival_is_the_share_of_curves_at_or_above(small_database):
    frame = numbers(small_database, "emergence_survival")
    with connect(small_database, read_only=True) as con:
        query = "select * from curves where entry_kind <> 'aggregate' and n_scales >= 5"
        curves = con.execute(query).df()
    shown = frame[frame["n_curves"] > 0]
    assert len(shown) > 100
    for row in shown.itertuples():
        group = curves[(curves["model_family"] == row.model_family) & (curves["metric"] == row.metric)]
        assert row.n_curves == len(group)
        assert row.survival == (group["improvement_score"] >= row.improvement_score).sum() / len(group)


def test_survival_lines_step_at_the_scores(tmp_path):
    for k, last in enumerate([0.55, 0.6, 2.0]):
        put_curve(tmp_path / "in", [0.0, 0.1, 0.2, 0.3, 0.4, last], f"t{k}")
    put_curve(tmp_path / "in", [0, 0, 0, 0, 0, 1], "t3")
    database = save_database(build(normalise(tmp_path / "in")), tmp_path / "d.duckdb")
    figure = concentration.draw_survival(numbers(database, "emergence_survival"), About("d"))
    line = max(figure.axes[0].lines, key=lambda one: len(one.get_xdata()))
    x, y = line.get_data()
    np.testing.assert_allclose(x[:4], [1, 5.5, 6, 20])
    np.testing.assert_allclose(y[:4], [1, 0.75, 0.5, 0.25])
    assert x[4] > 100


OF_ONE_DATABASE = [name for name in figures_of("dataset") if name != "world_without_emergence"]
HOSTILE = [
    "<script>alert(1)</script>",
    'carriage\rreturn, "quoted"\nline',
    "$\\frac{1}{0}$",
    "a\x00b\x1bc",
    "‮right to left",
    "x" * 3000,
    "_",
    "",
    "{}%s",
]


def test_hostile_names_are_drawn_as_text(tmp_path):
    for number, name in enumerate(n for n in HOSTILE if n):
        for k in range(6):
            jump = {"exact_str_match": (0, 0, 2 / 203, 0, 0, 107 / 203)[k], "a_brier": -k / 6}
            jump["multiple_choice_grade"] = (1 + 20 * k) / 203
            one = entry({name: float(k % 4), **jump}, label=name, preferred=name)
            put(tmp_path / "in", score_file([one], name, name, f"m{k}", 10.0**k), f"scores_{k}.json", f"task{number}")
    database = save_database(build(normalise(tmp_path / "in")), tmp_path / "d.duckdb")
    for name in OF_ONE_DATABASE:
        paths = {kind: str(tmp_path / f"{name}.{kind}") for kind in ("svg", "png", "csv")}
        dataset.write_figure(name, database, REFERENCES, paths, "d")
        svg = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        ET.fromstring(svg)
        assert "<script" not in svg
        with connect() as con:
            con.execute(f"from read_csv({sql.quoted(paths['csv'])}, header = true)").fetchall()
        frame = pd.read_csv(paths["csv"], keep_default_na=False, dtype=str)
        assert len(frame) == len(numbers(database, name))
        if name.startswith(("figure_5a", "break_gallery")):
            assert set(frame["task"]) == {name for name in HOSTILE if name}
        if name == "figure_6":
            assert len(set(frame["task"]) & set(HOSTILE)) == 6
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (tmp_path / "emergence_share.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_files_are_the_same_in_every_run(small_database, tmp_path):
    for name in OF_ONE_DATABASE:
        found = []
        for folder in range(2):
            paths = {kind: str(tmp_path / f"{folder}" / f"{name}.{kind}") for kind in ("svg", "png", "csv")}
            dataset.write_figure(name, small_database, REFERENCES, paths, "small")
            found.append([Path(path).read_bytes() for path in paths.values()])
        assert found[0] == found[1], name


def test_nothing_is_cut_off_at_the_edge(small_database, tmp_path):
    """Neither long labels on the left nor notes below: the outermost pixels of every picture are white."""
    for name in OF_ONE_DATABASE:
        paths = {kind: str(tmp_path / f"{name}.{kind}") for kind in ("svg", "png", "csv")}
        dataset.write_figure(name, small_database, REFERENCES, paths, "small")
        picture = plt.imread(paths["png"])[:, :, :3]
        for edge in (picture[:2], picture[-2:], picture[:, :2], picture[:, -2:]):
            assert edge.min() == 1, name
        # Two fonts would come into a PDF in one order or the other, so that its bytes were not the same in every run.
        assert not re.search(r"font-weight: *[5-9]00|bold|italic", Path(paths["svg"]).read_text(encoding="utf-8")), name


def test_pdf_has_embedded_text_and_is_the_same_twice(small_database, tmp_path):
    paths = {kind: str(tmp_path / f"f.{kind}") for kind in ("svg", "png", "csv")}
    dataset.write_figure("figure_5b", small_database, REFERENCES, paths, "small")
    svg = Path(paths["svg"]).read_text(encoding="utf-8")
    made = pdf.from_svg(svg)
    assert made.startswith(b"%PDF-") and b"DejaVuSans" in made and made == pdf.from_svg(svg)


def test_svg_holds_text_as_text(small_database, tmp_path):
    paths = {kind: str(tmp_path / f"f.{kind}") for kind in ("svg", "png", "csv")}
    dataset.write_figure("figure_5b", small_database, REFERENCES, paths, "small")
    assert "multiple_choice_grade" in "".join(ET.parse(paths["svg"]).getroot().itertext())


def test_a_world_beside_the_dataset(small_database, tmp_path):
    """Drawn is what both have; what the simulated world lacks is counted."""
    own = numbers(small_database, "emergence_share")
    world = own[own["n_curves"] > 0]
    world = world[world["metric"].isin(["exact_str_match", "bleu"])].assign(n_above=1, n_curves=10, share=0.1)
    both = [world.assign(origin="nothing emerges"), world.assign(origin="every model guesses", n_above=0, share=0.0)]
    pd.concat(both).to_parquet(tmp_path / "world.parquet")
    inputs = {"simulated_share": str(tmp_path / "world.parquet")}
    frame = dataset.figure_numbers("world_without_emergence", small_database, inputs)
    ours = frame[frame["origin"] == "this dataset"].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        ours[["model_family", "metric", "n_above", "share"]],
        own.loc[own["n_curves"] > 0, ["model_family", "metric", "n_above", "share"]].reset_index(drop=True),
        check_dtype=False,
    )
    shown = texts(concentration.draw_world(frame, About("small")))
    assert "exact_str_match" in shown and "rouge1" not in shown and "1/10" in shown and "0/10" in shown
    assert f"because not simulated: {len(ours) - 6} of {len(ours)} pairs" in shown


@pytest.mark.slow
def test_figures_of_the_theory_are_drawn_the_same_twice(tmp_path):
    for folder in "ab":
        theory.write_figures(
            {
                name: {kind: str(tmp_path / folder / f"{name}.{kind}") for kind in ("svg", "png", "csv")}
                for name in figures_of("theory")
            }
        )
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(names) == 15
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
        if name.endswith(".svg"):
            text = "".join(ET.fromstring((tmp_path / "a" / name).read_text(encoding="utf-8")).itertext())
            assert "theory, no data" in text and "$" not in text


# --- the break test ----------------------------------------------------------------------------------------------------

OF_THE_BREAK_TEST = ["figure_6", "break_verdicts", "break_gallery", "break_sizes", "annotated_agreement"]


@pytest.fixture(scope="module")
def real_database(real_source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    return save_database(build(normalise(real_source, 2)), folder / "real.duckdb")


def test_figure_6_draws_the_same_answers_under_two_metrics(real_database):
    frame = numbers(real_database, "figure_6")
    assert frame.groupby("place")["task"].nunique().tolist() == [1] * 6
    assert frame.groupby(["place", "is_sharp"]).size().tolist() == [12] * 12
    tasks = frame.drop_duplicates("place")["task"].tolist()
    assert set(tasks[:2]) == {"novel_concepts", "emojis_emotion_prediction"} and tasks[2] == "fact_checker"
    with connect(real_database, read_only=True) as con:
        for place, is_sharp, metric in ((3, True, "multiple_choice_grade"), (3, False, "top_choice_brier_score")):
            rows = frame[(frame["place"] == place) & (frame["is_sharp"] == is_sharp)]
            query = "select score from scores join models using (model_family, model) where task = ? and metric = ?"
            query += " order by scale"
            published = [score for (score,) in con.execute(query, ["fact_checker", metric]).fetchall()]
            assert rows["score"].tolist() == published
    figure = jumps.draw_figure_6(frame, About("real"))
    assert len(figure.axes) == 12
    shown = texts(figure)
    assert "score ∞" in shown and "score 18.5" in shown and "6 tasks of 54" in shown


@pytest.fixture(scope="module")
def broken_database(tmp_path_factory):
    """Twelve smooth tasks; one with a break that jumps, one with a break that does not, one of ties, one of zeros."""
    folder, x = tmp_path_factory.mktemp("broken"), np.linspace(-1, 1, 12)
    smooth = [np.exp(-np.exp(0.2 - 0.1 * k - 0.8 * x)) for k in range(12)]
    steep = np.exp(-np.exp(0.8 - 1.5 * x - 1.2 * (np.arange(12) >= 5)))
    curves = {f"smooth_{k}": np.round(2003 * y) for k, y in enumerate(smooth)} | {
        "jumping": [600, 620, 640, 660, 680, 700, 1600, 1612, 1624, 1636, 1648, 1660],
        "breaking": np.round(2003 * steep),
        "tied": [600, 600, 700, 700, 800, 800, 800, 900, 900, 1000, 1000, 1111],
        "zeros": [0] * 10 + [1, 1200],
    }
    for name, counts in curves.items():
        put_curve(folder / "in", [float(count) / 2003 for count in counts], name)
    return save_database(build(normalise(folder / "in")), folder / "broken.duckdb")


def test_the_gallery_shows_every_verdict_with_its_law(broken_database):
    frame = numbers(broken_database, "break_gallery")
    found = frame.drop_duplicates("place")
    assert found[["place", "task", "verdict"]].to_numpy().tolist() == [
        [1, "jumping", "break"], [2, "tied", "smooth"], [3, "zeros", "inconclusive"],
    ]  # fmt: skip
    figure = breaks.draw_gallery(frame, About("made up"))
    shown = texts(figure)
    assert "by verdict: 1 break, 1 smooth, 1 undecided." in " ".join(shown.split()) and "n=2,003" in shown
    size = found.set_index("task").loc["jumping", "break_size"]
    assert f"break: loss {np.exp(size):.1f} times lower" in shown
    laws = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 200]
    assert len(laws) == 3
    # The law of the tied curve goes between its steps of 100 of 2,003 examples, and the break is shaded where it lies.
    tied = frame[frame["task"] == "tied"]
    drawn = np.interp(np.log(tied["scale"]), np.log(laws[1].get_xdata()), laws[1].get_ydata())
    np.testing.assert_allclose(drawn, tied["score"], atol=50 / 2003)
    spans = [patch for patch in figure.axes[0].patches if patch.get_alpha() == 0.12]
    assert [(span.get_x(), span.get_x() + span.get_width()) for span in spans] == [
        (pytest.approx(1e11), pytest.approx(1e12))
    ]
    assert not [patch for axes in figure.axes[1:] for patch in axes.patches if patch.get_alpha() == 0.12]


def test_the_gallery_of_real_results(real_database):
    frame = numbers(real_database, "break_gallery")
    assert frame.drop_duplicates("place").set_index("task")["verdict"].to_dict() == {
        "word_sorting": "inconclusive",  # from 4 % to 24 % at the last scale alone, where other tasks rise too
        "novel_concepts": "inconclusive",  # of 6 examples, in which a rise could hide
        "language_games": "inconclusive",  # zeros but for the last scales
        "word_unscrambling": "inconclusive",
    }
    shown = texts(breaks.draw_gallery(frame, About("real")))
    assert "4 undecided" in " ".join(shown.split()) and "n=205" in shown


def test_the_gallery_drops_what_all_names_share_and_frees_small_axes(real_database):
    frame = numbers(real_database, "break_gallery")
    names = {name: f"suite_{name}" for name in frame["task"]}
    small = frame.assign(task=frame["task"].map(names), score=frame["score"] / 20, score_high=frame["score_high"] / 20)
    figure = breaks.draw_gallery(small.assign(score_low=0.0), About("real"))
    shown = texts(figure)
    assert "\nword_sorting\n" in shown and "suite_word_sorting" not in shown
    assert "begin with suite_, which is left out." in " ".join(shown.split())
    assert all(axes.get_ylim()[1] < 0.06 for axes in figure.axes if axes.get_title(loc="left"))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["mmlu_law", "mmlu_art"], ["law", "art"]),
        (["word_sorting", "world_model"], ["word_sorting", "world_model"]),
        (["one_task"], ["one_task"]),
        (["a:b_c", "a:b_d", "a:b_c"], ["c", "d"]),
    ],
)
def test_common_prefixes_are_whole_words(names, expected):
    found, note = style.short_tasks(names)
    assert list(found.values()) == expected
    assert note.endswith("is left out.") == (expected != names)


def test_model_families_keep_their_names_but_for_the_publisher():
    families = ["EleutherAI/pythia-70m", "EleutherAI/pythia-1.4b"]
    assert list(style.short_families(families)[0].values()) == ["pythia-70m", "pythia-1.4b"]
    assert style.short_families(["BIG-G T=0", "BIG-G T=1"]) == ({"BIG-G T=0": "BIG-G T=0", "BIG-G T=1": "BIG-G T=1"}, "")


def test_verdicts_are_counted_by_metric_and_by_jumps(real_database):
    frame = numbers(real_database, "break_verdicts")
    with connect(real_database, read_only=True) as con:
        found = con.execute("select metric, jumps, verdict from breaks where verdict <> 'not_testable'").df()
        untested = con.execute("select count(*) from breaks where verdict = 'not_testable' and jumps").fetchall()[0][0]
    expected = found.value_counts().rename("n_curves").reset_index()
    key = ["metric", "jumps", "verdict"]
    pd.testing.assert_frame_equal(
        frame[[*key, "n_curves"]].sort_values(key, ignore_index=True), expected.sort_values(key, ignore_index=True)
    )
    assert frame["n_curves"].sum() == 76 and set(frame["n_jumps_not_testable"]) == {untested} == {3}
    figure = breaks.draw_verdicts(frame, About("real"))
    shares = [sum(bar.get_width() for bar in axes.patches) for axes in figure.axes]
    n_metrics = [frame.loc[frame["jumps"] == jumps, "metric"].nunique() for jumps in (True, False)]
    assert shares == [pytest.approx(n) for n in n_metrics] and n_metrics == [2, 2]
    shown = " ".join(texts(figure).split())
    assert "the reasons: 3." in shown and "above 20" in shown


def test_metrics_of_fewest_curves_are_one_row(tmp_path):
    """The six metrics of most curves have rows of their own."""
    with connect() as con:
        con.execute("create table breaks (metric text, jumps boolean, verdict text)")
        for k in range(9):
            con.execute(f"insert into breaks select 'm{k}', false, 'smooth' from range({20 - k})")
        con.execute("insert into breaks select 'untested', true, 'not_testable' from range(5)")
        frame = con.execute(numbers_of("break_verdicts")).df()
    assert frame["metric"].tolist() == ["m0", "m1", "m2", "m3", "m4", "m5", "other metrics"]
    assert frame["n_curves"].tolist() == [20, 19, 18, 17, 16, 15, 14 + 13 + 12]
    assert set(frame["n_jumps_not_testable"]) == {5}


def test_breaks_are_drawn_by_size_with_their_intervals(broken_database):
    frame = numbers(broken_database, "break_sizes")
    assert set(frame["task"]) == {"jumping", "breaking"} and set(frame["n_units"]) == {2} == set(
        frame["n_curves_with_break"] + 1
    )
    of_task = frame.set_index("task")
    assert of_task["jumps"].to_dict() == {"jumping": True, "breaking": False}
    assert of_task["break_scale"].to_dict() == {"jumping": 1e12, "breaking": 1e11}
    assert of_task.loc["breaking", "break_size_low"] < 1.2 < of_task.loc["breaking", "break_size_up"]
    with connect(broken_database, read_only=True) as con:
        tested = con.execute("select count(*) from pairs where p is not null").fetchall()[0][0]
    assert set(frame["n_units_detectable"]) == {tested} == {15} and set(frame["unit"]) == {"pair"}
    figure = breaks.draw_sizes(frame, About("made up"))
    (axes,) = figure.axes
    bars = [path.vertices[:, 0].tolist() for one in axes.collections for path in one.get_paths() if len(path.vertices) == 2]
    frame = frame.sort_values("break_size", ascending=False)  # the largest above
    assert bars == [[pair.break_size_low, pair.break_size_up] for pair in frame.itertuples()]
    filled = {
        tuple(one.get_offsets()[0]): one.get_facecolor()[0][:3].min() < 1
        for one in axes.collections
        if one.get_offsets().any()
    }
    assert filled == {(pair.break_size, row): pair.jumps for row, pair in enumerate(frame.itertuples())}
    shown = " ".join(texts(figure).split())
    assert (
        "All 2 pairs with a break" in shown and "of 15 with enough data to show one" in shown and "from 1T, 1 curve" in shown
    )


def test_of_many_breaks_those_of_the_smallest_q_are_drawn(broken_database):
    one = numbers(broken_database, "break_sizes").iloc[[0]]
    many = pd.concat([one.assign(task=f"t{k}", n_units=1234) for k in range(30)], ignore_index=True)
    figure = breaks.draw_sizes(many, About("made up"))
    assert "The 30 of 1,234 pairs with the smallest q with a break" in " ".join(texts(figure).split())
    assert len(figure.axes[0].get_yticklabels()) == 30


@pytest.mark.parametrize("name", ["figure_6", "break_gallery"])
def test_points_have_wilson_intervals(real_database, name):
    frame = numbers(real_database, name)
    n = frame["n_examples"] * frame.get("n_models", 1)
    known = n.notna()
    assert known.sum() >= 12 and frame.loc[~known, ["score_low", "score_high"]].isna().all(axis=None)
    low, high = proportion_confint(frame["score"][known] * n[known], n[known].astype(float), method="wilson")
    # At 0 and 1 the formula of statsmodels is off by a rounding error.
    assert frame["score_low"][known].to_numpy() == pytest.approx(np.asarray(low), abs=1e-12)
    assert frame["score_high"][known].to_numpy() == pytest.approx(np.asarray(high), abs=1e-12)


def test_agreement_with_the_hand_labels_counts_all_pairs(real_database):
    frame = numbers(real_database, "annotated_agreement")
    assert len(frame) == 84
    areas = annotated.areas(frame).set_index("model_family").loc["BIG-G T=0"]
    assert areas["n_positive"] + areas["n_negative"] + areas["n_left_out"] == 84
    assert areas["n_positive"] == 7 and areas["n_negative"] == 42
    assert areas["area_low"] < areas["area"] < areas["area_high"]
    shown = texts(annotated.draw_agreement(frame, About("real")))
    assert "7 positive, 42 negative, 35 left out" in shown and f"area {areas['area']:.2f}" in shown


def test_families_with_too_few_labels_get_no_curve(small_database):
    frame = numbers(small_database, "annotated_agreement")
    assert set(frame["why_not"]) - {""}
    assert "no model family has 5 scales and 5 tasks" in texts(annotated.draw_agreement(frame, About("small")))


def test_annotated_tasks_are_listed_with_their_verdicts(real_database, tmp_path):
    listed = dataset.figure_numbers("annotated_tasks", real_database, {}, str(tmp_path / "t.csv"))
    frame = pd.read_csv(tmp_path / "t.csv")
    assert len(frame) == len(listed) == 83
    assert frame["label"].value_counts().to_dict() == {"smooth": 37, "emergent": 35, "other": 6, "flat": 5}
    of_task = frame.set_index("task")
    assert of_task.loc["word_sorting", ["verdict", "curve_verdict"]].tolist() == ["inconclusive"] * 2
    assert of_task.loc["word_unscrambling", "verdict"] == "inconclusive"
    assert not frame["verdict"].isin(["break", "one_model"]).any() and not (frame["q"] < 0.05).any()


def test_figures_of_the_break_test_without_anything_to_draw(tmp_path):
    put_curve(tmp_path / "in", [0.1, 0.2, 0.3], "odd_task", "Odd family")
    database = save_database(build(normalise(tmp_path / "in")), tmp_path / "d.duckdb")
    for name in OF_THE_BREAK_TEST:
        paths = {kind: str(tmp_path / f"{name}.{kind}") for kind in ("svg", "png", "csv")}
        dataset.write_figure(name, database, REFERENCES, paths, "odd")
        assert "dataset: odd" in "".join(ET.parse(paths["svg"]).getroot().itertext())


def test_figures_of_the_break_test_are_the_same_in_every_run(real_database, tmp_path):
    for name in ("break_verdicts", "break_gallery", "break_sizes"):
        found = []
        for folder in "ab":
            paths = {kind: str(tmp_path / folder / f"{name}.{kind}") for kind in ("svg", "png", "csv")}
            dataset.write_figure(name, real_database, REFERENCES, paths, "real")
            found.append([Path(path).read_bytes() for path in paths.values()])
        assert found[0] == found[1], name


def test_power_is_drawn_in_every_cell():
    """Of one cell the shares are stacked: break below, then inconclusive, then smooth; what is at chance is left white."""
    columns = ["break_size", "n_examples", "n_scales", "scatter", "verdict", "share"]
    shares = {"break": 0.1, "inconclusive": 0.3, "smooth": 0.4}
    cells = [(size, n, m, rho) for size in (0.0, 1.0, 2.0) for n in (100, 1000) for m in (8, 12) for rho in (0.005, 0.015)]
    frame = pd.DataFrame([(*cell, name, share) for cell in cells for name, share in shares.items()], columns=columns)
    figure = power.draw_power(frame, About("theory, no data"))
    assert len(figure.axes) == 8
    for axes in figure.axes:
        areas = [one.get_paths()[0].vertices[:, 1] for one in axes.collections]
        assert [(y.min(), y.max()) for y in areas] == [(0, 0.1), (0.1, 0.4), (0.4, pytest.approx(0.8))]
    shown = texts(figure)
    assert "1,000 examples\n12 scales" in shown and "scatter 0.015" in shown and "theory, no data" in shown


# --- what all figures share --------------------------------------------------------------------------------------------


def test_groups_of_a_figure_differ_without_their_colours():
    """A known name has its colour in every figure; others get what is left, in an order that does not depend on the data."""
    some = style.looks(["PaLM", "zeta", "alpha", "GPT"], style.FAMILY_COLOURS)
    assert some == style.looks(["alpha", "GPT", "zeta", "PaLM"], style.FAMILY_COLOURS)
    assert some["PaLM"].colour == style.FAMILY_COLOURS["PaLM"]
    assert len({look.colour for look in some.values()}) == 4
    alone = style.looks(["PaLM"], style.FAMILY_COLOURS)
    assert alone["PaLM"] == some["PaLM"]
    known = style.looks(["BIG-G T=0", "BIG-G T=1", "BIG-G sparse", "GPT", "PaLM", "Gopher"], style.FAMILY_COLOURS)
    assert len({look.marker for look in known.values()}) == len({look.colour for look in known.values()}) == 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fact_checker", "fact_checker"),
        ("simple_arithmetic_json_subtasks", "simple_arithmetic_json_\nsubtasks"),
        ("Pythia-deduped-long-intervention", "Pythia-deduped-long-\nintervention"),
        ("x" * 30, "x" * 23 + "…"),
        ("a_b " + "word_" * 20, "a_b word_word_word_word_\nword_word_word_word_wor…"),
    ],
)
def test_long_names_are_wrapped_at_their_marks(name, expected):
    assert style.wrapped(name, 24) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7e7, "70M"),
        (1.37e11, "137B"),
        (143000, "143k"),
        (999.9e6, "1B"),
        (512, "512"),
        (1e18, "10¹⁸"),
        (2.5e22, "2.5·10²²"),
        (0.25, "0.25"),
    ],
)
def test_scales_have_short_names(value, expected):
    assert style.amount(value) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (2e6, 1.4e11, [1e7, 1e9, 1e11]),  # parameters of BIG-G: every other power of ten
        (6e7, 1.3e10, [1e8, 1e9, 1e10]),
        (114000, 143000, [120000, 130000, 140000]),  # training steps at the end of a run
        (0.05, 0.3, [0.05, 0.1, 0.2]),  # exp(-loss)
    ],
)
def test_an_axis_of_scales_has_round_ticks_over_any_range(low, high, expected):
    assert style.scale_ticks(low, high, 3) == pytest.approx(expected)


@pytest.mark.parametrize(("basis", "name"), [("training_steps", "training steps"), ("total_params", "parameters")])
def test_an_axis_says_what_is_on_it(real_database, basis, name):
    frame = numbers(real_database, "break_gallery").assign(scale_basis=basis)
    assert f"model scale ({name})" in texts(breaks.draw_gallery(frame, About("real")))


def test_no_two_metrics_share_a_colour_and_none_is_nearly_the_grey_of_the_others():
    colours = np.array([mpl.colors.to_rgb(colour) for colour in (*style.METRIC_COLOURS.values(), style.OTHER_COLOUR)])
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 0.1 and apart[-1].min() > 0.25
