"""The whole workflow on BIG-bench's published preferred scores, fetched by name from a server on loopback."""

import functools
import re
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import numpy as np
import oracle
import pandas as pd
import pytest
import run_notebook
from builders import ROOT, known_rules, rows, snakemake
from jumpcheck import break_test
from jumpcheck.base.sql import sql_text
from jumpcheck.models import known_facts
from jumpcheck.normalise import results

FACTS = known_facts.read(ROOT / "data/reference/preferred_metrics.csv", ROOT / "data/reference/model_sizes.csv")
NAME = "bigbench_results_prefiltered.parquet"


@pytest.fixture(scope="session")
def published_file(real_source):
    path = real_source.parent / "bigbench_preferred" / NAME
    if not path.is_file():
        pytest.skip(f"BIG-bench's published preferred scores are not there: {path}")
    return path


@pytest.fixture(scope="module")
def run(published_file, tmp_path_factory):
    """(folder of a finished run by name, connection to its database)."""
    folder = tmp_path_factory.mktemp("run")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=published_file.parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/{NAME}"
    config = ["dataset=bigbench_preferred", "source=preferred", f"preferred_address={address}"]
    result = snakemake("--directory", folder, "--config", *config, "--", "all", "bigbench_page")
    server.shutdown()
    assert result.returncode == 0, result.stdout + result.stderr
    assert "SHA-256 as published" in result.stdout + result.stderr
    with duckdb.connect(str(folder / "data/bigbench_preferred/emergence.duckdb"), read_only=True) as con:
        yield folder, con


def test_every_number_becomes_a_row_or_a_reject(published_file):
    tables = results.normalise(published_file, known_rules(), facts=FACTS)
    assert len(tables.scores) == 183_807 and tables.facts["numbers_in"] == 183_819
    assert Counter(tables.rejects["reason"].to_pylist()) == {"bad_score": 12}
    frame = tables.scores.select(["task", "model_family", "model", "shots", "metric", "entry_kind"]).to_pandas()
    assert frame["task"].nunique() == 209 and len(frame[["model_family", "model"]].drop_duplicates()) == 55
    assert frame["shots"].isna().sum() == 628
    published = pd.read_parquet(published_file)
    expected = published.loc[np.isfinite(published["score_value"]), "score_value"].sort_values()
    np.testing.assert_array_equal(np.sort(tables.scores["score"].to_numpy()), expected.to_numpy())


def test_the_names_of_metrics_agree_with_the_published_counts(published_file):
    """How many rows of each metric the authors printed: equal but for three metrics, and two tasks that share two names."""
    frame = pd.read_parquet(published_file).rename(columns={"task_name": "task", "subtask_description": "subtask"})
    labels = frame.groupby("task")["subtask"].nunique()
    frame["is_aggregate"] = (frame["task"] == frame["subtask"]) & (frame["task"].map(labels) > 1)
    named = known_facts.facts_of_entries(frame.astype(object), FACTS.preferred_metrics)["preferred_metric"]
    published = pd.read_csv(ROOT / "data/reference/preferred_rows_by_metric.csv").set_index("metric")["n_rows"]
    assert (len(published), published.sum(), len(named)) == (40, 183_883, 183_819)
    differs = named.value_counts().sub(published, fill_value=0).astype(int)
    assert differs[differs != 0].to_dict() == {
        "exact_str_match": 6,
        "multiple_choice_grade": -7,
        "normalized_aggregate_score": -63,
        "accuracy": -32,
        "relative_score": -32,
        "unnamed:spelling_bee": 32,
        "unnamed:taboo": 32,
    }


def test_averages_of_parts_tell_how_the_parts_are_rescaled(published_file):
    """unit_conversion: from chance (0.2, once 1/3) for five parts of multiple choice, from 0 for three of free text."""
    frame = pd.read_parquet(published_file)
    frame = frame[frame["task_name"] == "unit_conversion"]
    wide = frame.pivot_table(
        index=["number_of_shots", "model_family_model_name"], columns="subtask_description", values="score_value"
    ).dropna()
    parts = wide.drop(columns="unit_conversion")
    known = FACTS.preferred_metrics
    known = known[known["task"] == "unit_conversion"].set_index("subtask").loc[parts.columns]
    average = (100 * (parts - known["chance"]) / (1 - known["chance"])).mean(axis=1)
    np.testing.assert_allclose(wide["unit_conversion"], average, atol=1e-4)  # chance has six decimals
    assert known["preferred_metric"].value_counts().to_dict() == {
        "multiple_choice_grade": 5,
        "numeric_match_with_0_1_relative_error": 3,
    }


@pytest.mark.slow
def test_the_numbers_of_the_oracle(run):
    """Those that pandas alone gives, by the rules of the oracle: emergence scores, all names that are missing as one."""
    _, con = run
    curves = con.execute("select * from curves where n_scales > 0").df()
    assert len(curves) == 20_450 and (curves["n_scales"] >= 3).sum() == 20_444
    assert (curves["status"] == "infinite").sum() == 3554 and (curves["status"] == "flat").sum() == 4690
    long = curves[curves["n_scales"] >= 5]
    assert (long["emergence_score"] > 20).sum() == 3522
    parts = long[long["entry_kind"] != "aggregate"]
    parts = parts.assign(metric=parts["metric"].where(~parts["metric"].str.startswith("unnamed:"), "unnamed"))
    largest = parts.groupby(["task", "model_family", "metric"], observed=True)["emergence_score"].max().reset_index()
    above = largest[largest["emergence_score"] > 20]
    assert (len(largest), len(above)) == (879, 179)
    assert (largest["metric"].nunique(), above["metric"].nunique()) == (40, 14)


@pytest.mark.slow
def test_the_numbers_of_the_product(run):
    _, con = run
    pairs = con.execute("select * from pairs where is_counted").df()
    assert (len(pairs), pairs["is_above"].sum(), pairs["metric"].nunique()) == (867, 174, 37)
    by_metric = pairs.groupby("metric")["is_above"].agg(["sum", "size"])
    assert {name: tuple(row) for name, row in by_metric.loc[by_metric["sum"] > 2].iterrows()} == {
        "exact_str_match": (71, 159),
        "multiple_choice_grade": (59, 532),
        "rougeLsum": (14, 24),
        "bleu": (15, 34),
        "log_likelihood": (3, 4),
        "numeric_match_with_0_1_relative_error": (3, 4),
    }
    assert (by_metric["sum"] > 0).sum() == 12
    by_family = pairs.groupby(["task", "model_family"])["is_above"].any()
    assert (len(by_family), by_family.sum()) == (828, 169)
    assert pairs["jumps"].sum() == 166
    found = con.execute(
        "select n_metrics_with_any from emergence_by_threshold "
        "where statistic = 'largest' order by metrics = 'all' desc, threshold"
    ).fetchall()
    assert [n for (n,) in found] == [15, 12, 10, 10, 9, 5, 5, 5, 5, 4]
    median = pairs[pairs["median_improvement_score"] > 20]["metric"].value_counts()
    assert (median["exact_str_match"], median["bleu"], median["multiple_choice_grade"]) == (47, 7, 3)
    two = "task in ('mult_data_wrangling', 'list_functions')"
    above = "improvement_score > 20 and n_scales >= 5 and entry_kind <> 'aggregate'"
    assert con.execute(f"select count(*) from curves where {above} and {two}").fetchall() == [(2737,)]


@pytest.mark.slow
def test_every_curve_agrees_with_numpy(run):
    _, con = run
    frame = con.execute(
        "select curve_id, list(score order by scale) as ys, any_value(emergence_score) as emergence_score "
        "from points inner join curves using (curve_id) where status in ('ok', 'infinite') group by curve_id"
    ).df()
    expected = [oracle.scores(list(enumerate(ys)))[1] for ys in frame["ys"]]
    np.testing.assert_allclose(frame["emergence_score"].to_numpy(), expected, rtol=1e-9)
    assert len(frame) > 15_000


@pytest.mark.slow
def test_what_is_known_of_single_tasks(run):
    _, con = run
    scores = con.execute(
        "select task, improvement_score from curves where task in ('emojis_emotion_prediction', 'novel_concepts') "
        "and model_family = 'BIG-G T=0' and shots = 3 order by task"
    ).fetchall()
    assert [round(score, 1) for _, score in scores] == [14.7, 14.0]
    # Rounded scores give no size of a test set, and no size is above what a family was scored on.
    assert con.execute("select count(n_examples) from curves where model_family = 'Gopher'").fetchall() == [(0,)]
    assert con.execute("select max(n_examples) from curves where model_family like 'BIG-G%'").fetchall() == [(1024,)]
    assert con.execute("select max(n_examples) from curves where model_family in ('GPT', 'PaLM')").fetchall() == [(1000,)]
    kanji = con.execute("select distinct metric from pairs where task = 'kanji_ascii' and is_counted order by 1").fetchall()
    assert kanji == [("exact_str_match",), ("multiple_choice_grade",)]
    assert con.execute(
        "select count(*) from curves where metric in ('difference_score', 'unnamed:taboo') and "
        "(direction is not null or improvement_score is not null)"
    ).fetchall() == [(0,)]
    fake = con.execute("select distinct verdict, reason from breaks where task = 'real_or_fake_text'").fetchall()
    assert all(verdict == "not_testable" for verdict, _ in fake) and len(fake) > 0
    alike = rows(con, "select * from families_alike where model_family = 'BIG-G T=0' and other_family = 'BIG-G T=1'")[0]
    assert (alike["n_tasks"], alike["n_tasks_alike"]) == (205, 94)


@pytest.mark.slow
def test_the_claims_are_answered(run):
    _, con = run
    claims = {row["number"]: row for row in rows(con, "select * from claims")}
    assert [claims[k]["holds"] for k in range(1, 5)] == [
        "does not hold",
        "holds in part",
        "holds in part",
        "cannot be decided",
    ]
    assert all(claims[k]["is_asked"] for k in claims)
    assert (claims[2]["n"], claims[2]["n_of"]) == (130, 174)


@pytest.mark.slow
def test_the_verdicts_are_those_of_the_function_that_users_call(run):
    """From the points of all curves that were tested, whose models have one scale each."""
    _, con = run
    frame = con.execute(
        "select task, subtask, shots, metric, filter, model_family, scale as n_parameters, score, n_examples, chance "
        "from points inner join breaks using (curve_id) where law is not null"
    ).df()
    assert con.execute("select max(n_models) from points inner join breaks using (curve_id)").fetchall() == [(1,)]
    expected = con.execute("select * from breaks where law is not null order by curve_id").df()
    found = break_test(frame).sort_values("curve_id", ignore_index=True)
    columns = [
        "curve_id",
        "jumps",
        "p_break",
        "q_break",
        "break_scale",
        "break_size_high",
        "verdict",
        "source_of_jump",
        "reason",
    ]
    pd.testing.assert_frame_equal(found[columns], expected[columns], check_dtype=False)


@pytest.mark.slow
def test_what_the_break_test_finds(run):
    """On pairs, and that counts of the tables agree with each other."""
    _, con = run
    pairs = con.execute("select * from pairs where is_counted").df()
    jumping = pairs.loc[pairs["jumps"], "verdict"].value_counts()
    assert jumping.to_dict() == {"inconclusive": 102, "not_testable": 61, "family": 2, "one_model": 1}
    # Of these the curves that jump alone: of some pairs only others were tested, or have the break.
    jump_verdicts = pairs["jump_verdict"].value_counts()
    assert jump_verdicts.to_dict() == {"inconclusive": 95, "not_testable": 66, "smooth": 2, "family": 2, "one_model": 1}
    # What breaks lies at the largest model of BIG-G alone, or in all of its tasks.
    of_kind = {kind: set(pairs.loc[pairs["verdict"] == kind, "task"]) for kind in ("break", "one_model", "family")}
    assert of_kind == {
        "break": set(),
        "one_model": {"intent_recognition", "simple_arithmetic"},
        "family": {"simple_arithmetic", "word_sorting"},
    }
    assert not pairs["has_decoy"].any()
    breaks = con.execute("from breaks").df()
    facts = {key: value for key, value in con.execute("select key, value from provenance").fetchall()}
    for name, n in breaks["verdict"].value_counts().items():
        assert facts[f"verdicts_{name}"] == str(n)
    # A pair has a break where its own q is below 0.05, and then one of its curves has one.
    preferred = con.execute("select curve_id from curves where is_preferred").df()["curve_id"]
    of_pair = breaks[breaks["curve_id"].isin(preferred) & (breaks["verdict"] == "one_model")]
    key = ["task", "metric", "model_family"]
    assert set(map(tuple, of_pair[key].to_numpy())) == set(
        map(tuple, pairs.loc[pairs["verdict"] == "one_model", key].to_numpy())
    )
    mirages = con.execute("from mirages").df()
    smooth = breaks[(breaks["verdict"] == "smooth") & breaks["source_of_jump"].notna()]
    assert set(mirages["curve_id"]) == set(smooth["curve_id"]) and facts["mirages"] == str(len(mirages))


@pytest.mark.slow
def test_the_numbers_of_the_method(run):
    """What docs/method.md says of these curves."""
    _, con = run
    breaks = con.execute("from breaks").df()
    tested = breaks[breaks["verdict"] != "not_testable"]
    counts = tested["verdict"].value_counts()
    of_jumps = tested.loc[tested["jumps"], "verdict"].value_counts().reindex(counts.index, fill_value=0)
    kinds = ["break", "one_model", "family", "smooth", "at_chance", "inconclusive"]
    n, n_jumps = (of.reindex(kinds, fill_value=0) for of in (counts, of_jumps))
    text = " ".join((ROOT / "docs/method.md").read_text(encoding="utf-8").split())
    told = (
        "{break} have one, {one_model} have one at the largest model alone, {family} one of the family, {smooth} are "
        "smooth, {at_chance} are at chance and {inconclusive:,} undecided"
    )
    said = (
        f"{len(tested):,} curves can be tested, and a break could be detected in {tested['p_break'].notna().sum():,}: "
        + told.format(**n),
        f"Of the {of_jumps.sum():,} curves that jump and can be tested a break could be detected in "
        f"{(tested['jumps'] & tested['p_break'].notna()).sum()}: " + told.format(**n_jumps),
        *(f"| {row['choice']} | {row['n_changed']} |" for row in rows(con, sql_text("pages/report_sensitivity"))),
    )
    for sentence in said:
        assert sentence in text, sentence


@pytest.mark.slow
def test_queries_of_the_documents(run):
    _, con = run
    queries = (ROOT / "docs/queries.md").read_text(encoding="utf-8")
    examples = re.findall(r"```sql\n(.*?)\n```\n```text\n(.*?)\n```", queries, re.DOTALL)
    assert len(examples) == 6
    for query, shown in examples:
        assert str(con.sql(query)).rstrip() == shown, query
    for text in (queries, (ROOT / "README.md").read_text(encoding="utf-8")):
        python = re.search(r"con\.sql\(\"(.*?)\"\)", text)[1]
        assert len(con.sql(python).fetchall()) == 166


@pytest.mark.slow
def test_the_outputs_of_the_tour(run):
    folder, _ = run
    (folder / "docs").mkdir()
    tour = run_notebook.read()
    found = run_notebook.texts(run_notebook.run(tour, folder / "docs"))
    assert found == run_notebook.texts(tour), "python tests/helpers/run_notebook.py"


@pytest.mark.slow
def test_figures_and_report_say_what_is_missing(run):
    folder, _ = run
    results_folder = folder / "results/bigbench_preferred"
    note = "preferred scores only: one metric per task"
    assert note in (results_folder / "figures/figure_5a_pairs.svg").read_text(encoding="utf-8")
    assert note in (results_folder / "report.html").read_text(encoding="utf-8").replace("P", "p")


@pytest.mark.slow
def test_the_committed_page_is_what_the_workflow_writes(run):
    """docs/bigbench.md, its figures, its table and the thumbnails of docs/figures.md, to the last byte."""
    folder, _ = run
    made = folder / "results/bigbench_preferred/page"
    names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    assert len(names) == 9 + len(list((ROOT / "docs/figures").iterdir()))
    differing = [name for name in names if (made / name).read_bytes() != (ROOT / "docs" / name).read_bytes()]
    assert differing == [], "cp -r results/bigbench_preferred/page/. docs/"


@pytest.mark.slow
def test_by_path_it_is_the_same(run, published_file):
    folder, _ = run
    target = "data/by_path/scores"
    result = snakemake("--directory", folder, "--config", "dataset=by_path", f"source={published_file}", "--", target)
    assert result.returncode == 0, result.stdout + result.stderr
    names = [path.name for path in (folder / target).glob("*.parquet")]
    assert names
    for name in names:
        by_name = folder / "data/bigbench_preferred/scores" / name
        assert (folder / target / name).read_bytes() == by_name.read_bytes()


def test_the_numbers_of_the_page_are_those_of_its_table():
    """What docs/bigbench.md counts, counted again from the scores per pair beside it."""
    page = (ROOT / "docs/bigbench.md").read_text(encoding="utf-8")
    pairs = pd.read_csv(ROOT / "docs/bigbench/pairs.csv")
    of_metric = pairs.groupby("metric").agg(
        n=("metric", "size"), above=("is_above", "sum"), largest=("improvement_score", "max")
    )
    flat = " ".join(page.split())
    # The sentences of the view headline are counted again in tests/workflow/test_readme.py.
    in_all = (
        pairs["verdict"]
        .value_counts()
        .reindex(["break", "one_model", "family", "smooth", "at_chance", "inconclusive"], fill_value=0)
    )
    told = re.search(
        r"(\d+) pairs have a curve that was tested, and (\d+) had enough data to show a break: (.*?) decided", flat
    )
    counts = [int(n) for n in re.findall(r"\d+", told[0])]
    assert counts == [in_all.sum(), pairs["p"].notna().sum(), *in_all]
    assert f"are found in {pairs['has_decoy'].sum()} pairs" in flat
    assert not (pairs["jumps"] & ~pairs["is_above"]).any()
    assert f"one of its {len(of_metric)} preferred metrics" in flat
    assert f"The pairs above 20 are on {(of_metric['above'] > 0).sum()} metrics" in flat
    for row in of_metric[of_metric["n"] >= 10].itertuples():
        assert f"| {row.Index} | {row.above} of {row.n} |" in page
    for threshold, shown in ((10, "10"), (20, "20"), (50, "50"), (100, "100"), (np.inf, "∞")):
        score = pairs["improvement_score"]
        is_above = (score > threshold) | (score == np.inf)
        n = pairs.loc[is_above, "metric"].nunique()
        assert f"| {shown} | {n} of {len(of_metric)} |" in page and f"{is_above.sum()} of {len(pairs)} |" in page
