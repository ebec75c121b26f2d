"""Tables of the database: given score files, expected rows."""

import math

import numpy as np
import pytest
import rooms
from builders import build, entry, put, put_curve, rows, score_file
from jumpcheck import emergence_score
from jumpcheck.base import tables
from jumpcheck.base.database import connect
from jumpcheck.base.sql import sql_text
from jumpcheck.base.tables import TABLES, failed_checks
from jumpcheck.base.tables import build as build_entry
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.normalise.examples import denominators

JUMP = [0.0, 0.0, 0.0, 0.0, 0.0, 0.5]
LINE = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
DROP = [0.5, 0.0, 0.0, 0.0, 0.0, 0.0]


@pytest.fixture
def database(tmp_path):
    """Write curves with `put_curve`, then call this for the tables."""
    root = tmp_path / "in"

    def made(**options):
        return build(normalise(root), **options)

    made.root = root
    return made


@pytest.fixture(scope="module")
def small(small_source, tmp_path_factory):
    return build(normalise(small_source), facts={"source": "here"})


def test_tables_join_as_the_picture_says(small):
    """Each row with one row at most of the table whose key it has, and not in vain."""
    for name, table in TABLES.items():
        for other in table.get("references", []) if not table.get("optional") else []:
            using = f"using ({', '.join(TABLES[other]['key'])})"
            (n,) = small.execute(f"select count(*) from {name}").fetchone()
            (n_joined,) = small.execute(f"select count(*) from {name} left join {other} {using}").fetchone()
            (n_found,) = small.execute(f"select count(*) from {name} semi join {other} {using}").fetchone()
            # So few tasks tell no effects of models.
            assert n_joined == n and (n_found > 0 or name == "model_effects"), f"{name}, {other}: {n}, {n_joined}, {n_found}"


def test_every_table_is_documented_and_passes_its_checks(small):
    asked = """select table_name, comment from duckdb_tables() where not temporary
        union all select view_name, comment from duckdb_views() where not internal and not temporary"""
    comments = dict(small.execute(asked).fetchall())
    assert comments == {name: model["comment"] for name, model in TABLES.items() if name != "truth"}
    for name in comments:
        assert failed_checks(small, name) == []
    empty = "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''"
    undocumented = [(table, column) for table, column in small.execute(empty).fetchall() if table in TABLES]
    assert undocumented == []


def test_points_are_means_of_the_published_scores(small):
    """By pandas, from the published numbers and the scales of the models."""
    key = ["task", "subtask", "shots", "metric", "filter", "model_family"]
    scores = small.sql("from scores").df().merge(small.sql("from models").df(), on=["model_family", "model"])
    assert scores.groupby(key, dropna=False)["curve_id"].nunique().max() == 1
    assert scores["curve_id"].nunique() == scores.groupby(key, dropna=False).ngroups
    means = scores[scores["scale"].notna()].groupby(["curve_id", "scale"])["score"].agg(["mean", "size"])
    points = small.sql("from points").df().set_index(["curve_id", "scale"]).sort_index()
    assert len(points) > 1000 and points.index.equals(means.index)
    assert points["score"].to_numpy() == pytest.approx(means["mean"].to_numpy(), rel=1e-14, abs=1e-300)
    assert points["n_models"].tolist() == means["size"].tolist()


def test_counted_curves_and_the_settings_by_which_the_file_judges(small):
    curves = small.sql("select curve_id, entry_kind, metric, direction, n_scales, is_counted from curves").df()
    lengths = small.sql("select curve_id from points").df()["curve_id"].value_counts()
    assert (curves["n_scales"] == curves["curve_id"].map(lengths)).all()
    expected = (curves["entry_kind"] != "aggregate") & (curves["n_scales"] >= 5) & curves["direction"].notna()
    expected &= curves["metric"] != "normalized_aggregate_score"
    assert (curves["is_counted"] == expected).all() and 0 < expected.sum() < len(curves)
    assert small.sql("from settings").fetchall() == [(20.0, 2.0, 1.0, 0.1, 0.05, 3, 5, 10.0, 0)]


def test_above_and_jumps_of_curves_are_the_thresholds_asked_one_by_one(small):
    curves = small.sql("select curve_id, improvement_score, straight_line_score, is_above, jumps from curves").df()
    score = curves["improvement_score"].fillna(-np.inf).to_numpy(float)
    assert curves["is_above"].tolist() == (score > 20).tolist()
    needed = np.fmax(20, 2 * curves["straight_line_score"].to_numpy(float))
    assert curves["jumps"].tolist() == (score > needed).tolist() and 0 < curves["jumps"].sum() < len(curves)
    breaks = small.sql("select curve_id, jumps from breaks").df().merge(curves, on="curve_id")
    assert (breaks["jumps_x"] == breaks["jumps_y"]).all() and len(breaks) > 20


def test_a_failed_check_is_reported(small):
    small.execute("begin")
    small.execute("insert into curves select * from curves limit 1")
    small.execute("update curves set status = 'fine' where status = 'flat'")
    assert len(failed_checks(small, "curves")) >= 2
    small.execute("rollback")


def test_the_contract(small):
    """Names that outside users rely on."""
    contract = {
        "scores": "task, subtask, entry_kind, model_family, model, shots, metric, filter, score, stderr, n_examples, "
        "is_preferred, low_score, high_score, source_file",
        "models": "model_family, model, non_embedding_params, flop_matched_non_embedding_params, total_params, scale, "
        "scale_basis",
        "tasks": "task, preferred_metric, n_subtasks, n_models, keywords, note",
        "metrics": "metric, is_linear, is_continuous, is_proportion, higher_is_better, lower_bound, upper_bound, known",
        "annotations": "task, label, first_model_family, first_model_size",
        "curves": "task, subtask, shots, metric, filter, model_family, entry_kind, n_scales, is_preferred, y_min, y_max, "
        "emergence_score, improvement_score, linearity, sharpness, straight_line_score, direction, status, smallest_step, "
        "n_examples, n_source, n_ambiguous",
        "breaks": "task, subtask, shots, metric, filter, model_family, n_examples, chance, jumps, p_break, q_break, "
        "break_scale, break_size, break_size_low, break_size_up, break_size_high, verdict, source_of_jump, reason",
        "sensitivity": "choice, verdict, verdict_then, n_curves",
        "mirages": "task, subtask, shots, metric, filter, model_family, improvement_score, source_of_jump",
        "triplets": "task, metric, model_family, emergence_score, improvement_score, linearity, curve_subtask, "
        "curve_shots, curve_filter, n_curves, median_improvement_score, is_above, jumps, "
        "is_preferred, status, n_curves_tested, p, q, verdict",
        "pairs": "task, model_family, metric, emergence_score, improvement_score, linearity, curve_subtask, "
        "curve_shots, curve_filter, n_curves, median_improvement_score, is_above, jumps, "
        "is_preferred, status, n_curves_tested, p, q, verdict",
        "rejects": "kind, file, location, reason, detail, n_numbers",
        "provenance": "key, value",
    }
    for table, columns in contract.items():
        small.execute(f"select {columns} from {table}")


def test_small_tree_in_numbers(small):
    n = lambda query: small.execute(query).fetchall()[0][0]  # noqa: E731
    assert n("select count(*) from scores") == 3936
    assert n("select count(*) from models") == 33
    assert n("select count(*) from curves where model_family = 'PaLM' and n_scales <> 3") == 0
    # Every published number with a scale is a point of exactly one curve.
    assert n("select sum(n_models) from curves") == 3936
    assert rows(small, "select metric, known from metrics where not known") == [{"metric": "my_own_score", "known": False}]
    assert n("select note from tasks where task = 'periodic_elements'").startswith("Models were run on different")
    assert n("select value from provenance where key = 'source'") == "here"
    assert n("select value from provenance where key = 'metrics_unknown'") == "1"


def test_scale_and_its_basis(database):
    def model(name, family, non_embedding, matched, total):
        document = score_file(family=family, model=name)
        names = ("non_embedding_params", "flop_matched_non_embedding_params", "total_params")
        document["model"] |= dict(zip(names, (non_embedding, matched, total), strict=True))
        put(database.root, document, f"scores_{name}.json")

    model("dense", "BIG-G T=0", 100, 50, 200)
    model("sparse", "BIG-G sparse", 100, 50, 200)
    model("sparse_unmatched", "BIG-G sparse", 100, None, 200)
    model("total", "T0", None, None, 200)
    model("unknown", "X", None, None, None)
    con = database()
    assert rows(con, "select model, scale, scale_basis from models order by model") == [
        {"model": "dense", "scale": 100, "scale_basis": "non_embedding_params"},
        {"model": "sparse", "scale": 50, "scale_basis": "flop_matched_non_embedding_params"},
        {"model": "sparse_unmatched", "scale": 100, "scale_basis": "non_embedding_params"},
        {"model": "total", "scale": 200, "scale_basis": "total_params"},
        {"model": "unknown", "scale": None, "scale_basis": "none"},
    ]
    unknown = rows(con, "select n_scales, n_without_scale, status from curves where model_family = 'X'")
    assert unknown == [{"n_scales": 0, "n_without_scale": 1, "status": "too_few_scales"}]
    assert con.execute("select value from provenance where key = 'models_without_scale'").fetchall() == [("1",)]
    assert con.execute("select value from provenance where key = 'families_of_mixed_scale_basis'").fetchall() == [("1",)]


def test_the_description_of_most_files_counts(database):
    # Three files say nothing, which does not outvote the others.
    for number, parameters in enumerate([1e9, 2e9, 2e9, None, None, None]):
        put(database.root, score_file([entry(shots=number)], parameters=parameters), f"scores_{number}.json")
    assert rows(database(), "select scale, n_descriptions from models") == [{"scale": 2e9, "n_descriptions": 3}]


def test_a_triplet_is_its_most_emergent_curve(database):
    put_curve(database.root, LINE, "line", shots=0)
    for k, values in enumerate(zip(JUMP, LINE, DROP, strict=True)):
        entries = [entry({"exact_str_match": v}, "t", shots=s) for s, v in enumerate(values)]
        put(database.root, score_file(entries, "t", model=f"m{k}", parameters=10.0 ** (k + 6)), f"scores_{k}.json", "t")
    con = database()
    found = rows(con, "select * from triplets where task = 't'")[0]
    assert (found["curve_subtask"], found["curve_shots"], found["n_curves"]) == ("t", 0, 3)
    assert (found["emergence_score"], found["status"], found["jumps"]) == (math.inf, "infinite", True)
    assert found["median_improvement_score"] == pytest.approx(5)
    line = rows(con, "select * from triplets where task = 'line'")[0]
    assert line["improvement_score"] == pytest.approx(5) and line["jumps"] is False


def test_no_median_between_the_infinities(database):
    for k, values in enumerate(zip(JUMP, DROP, strict=True)):
        entries = [entry({"exact_str_match": v}, "t", shots=s) for s, v in enumerate(values)]
        put(database.root, score_file(entries, "t", model=f"m{k}", parameters=10.0 ** (k + 6)), f"scores_{k}.json", "t")
    found = rows(database(), "select improvement_score, median_improvement_score from triplets")
    assert found == [{"improvement_score": math.inf, "median_improvement_score": None}]


def test_lower_is_better(database):
    put_curve(database.root, [0.9] * 5 + [0.1], metric="calibration_multiple_choice_brier_score")
    found = rows(database(), "select emergence_score, improvement_score, direction, jumps from triplets")
    assert found == [{"emergence_score": -math.inf, "improvement_score": math.inf, "direction": -1, "jumps": True}]


def test_emergence_needs_five_scales(database):
    put_curve(database.root, [0, 0, 0, 1], "four")
    put_curve(database.root, [0, 0, 0, 0, 1], "five")
    found = rows(database(), "select task, improvement_score, jumps from triplets order by task")
    assert found == [
        {"task": "five", "improvement_score": math.inf, "jumps": True},
        {"task": "four", "improvement_score": math.inf, "jumps": False},
    ]


def test_the_thresholds_are_exclusive(database):
    """By Python's own comparison of the same doubles, at each threshold and next to it."""
    put_curve(database.root, LINE)
    con = database()
    (score, line), *_ = con.execute("select improvement_score, straight_line_score from curves").fetchall()
    assert (score, line) == (pytest.approx(5), pytest.approx(5))
    for emergence, sharpness in [(4.99, 0.5), (score, 0.5), (4.99, score / line), (4.99, 0.999), (4.99, 1.001), (1.0, 2.0)]:
        con = database(settings={"emergence_threshold": emergence, "sharpness_threshold": sharpness})
        found = rows(con, "select is_above as e, jumps as d from pairs")
        assert found == [{"e": score > emergence, "d": score > emergence and score > sharpness * line}]


# Steps in natural logarithm of scale, and what a straight line scores there: their sum over the root of their median square.
UNEVEN = {
    "even": ([2, 2, 2, 2, 2], 5.0),
    "one wide step": ([1, 1, 1, 1, 11], 15.0),
    "narrow steps": ([0.1, 0.1, 0.1, 3, 3], 63.0),
    "an even number of steps": ([1, 1, 1, 2, 3, 4], 12 / math.sqrt(2.5)),
}


@pytest.mark.parametrize("name", UNEVEN)
def test_a_jump_is_sharper_than_a_straight_line_at_the_same_scales(database, name):
    """Curves of one step of `rise` after steps of 1: they are above 20 long before they are above a straight line twice."""
    steps, expected = UNEVEN[name]
    scales = [1e6 * math.exp(sum(steps[:k])) for k in range(len(steps) + 1)]
    for rise in (20, 30, 60, 140):
        put_curve(
            database.root,
            [k / 1000 for k in range(len(steps))] + [(len(steps) - 1 + rise) / 1000],
            f"t{rise}",
            scales=scales,
        )
    put_curve(database.root, [math.log(scale) for scale in scales], "line", scales=scales)
    con = database()
    found = {row["task"]: row for row in rows(con, "from curves")}
    assert all(row["straight_line_score"] == pytest.approx(expected, rel=1e-9) for row in found.values())
    assert found["line"]["improvement_score"] == pytest.approx(expected, rel=1e-9)
    said = {row["task"]: row for row in rows(con, "select task, is_above as e, jumps as d from triplets")}
    for rise in (20, 30, 60, 140):
        score = len(steps) - 1 + rise
        assert found[f"t{rise}"]["improvement_score"] == pytest.approx(score, rel=1e-9)
        assert said[f"t{rise}"] == {"task": f"t{rise}", "e": True, "d": score > 2 * expected}
    assert said["line"]["d"] is False


def test_a_straight_line_scores_what_the_score_of_its_own_scales_is(small):
    """The function on arrays, of the log scales of every curve; a straight line over evenly spaced scales scores n - 1."""
    found = small.sql(
        "select any_value(n_scales) as n, any_value(straight_line_score) as line, list(scale order by scale) as scales "
        "from curves inner join points using (curve_id) where n_scales >= 3 group by curve_id"
    ).df()
    expected = [emergence_score(np.log(scales)) for scales in found["scales"]]
    np.testing.assert_allclose(found["line"], expected, rtol=1e-12)
    assert len(found) > 100 and (found["line"] > 1.05 * (found["n"] - 1)).any()


def test_an_infinite_score_jumps_at_any_scales(database):
    put_curve(database.root, JUMP, scales=[1e6, 1.01e6, 1.02e6, 1.03e6, 1e9, 1e12])
    found = rows(database(), "select straight_line_score > 500 as wide, pairs.jumps as d from curves, pairs")
    assert found == [{"wide": True, "d": True}]


def test_aggregates_do_not_compete(database):
    for k, (part, whole) in enumerate(zip(LINE, JUMP, strict=True)):
        entries = [
            entry({"exact_str_match": part}, "t:a"),
            entry({"exact_str_match": whole, "normalized_aggregate_score": 1}, "t", "normalized_aggregate_score"),
        ]
        put(database.root, score_file(entries, "t", model=f"m{k}", parameters=10.0 ** (k + 6)), f"scores_{k}.json", "t")
    con = database()
    found = rows(con, "select metric, improvement_score, n_curves, status, is_preferred from triplets order by metric")
    assert found == [
        {
            "metric": "exact_str_match",
            "improvement_score": pytest.approx(5),
            "n_curves": 1,
            "status": "ok",
            "is_preferred": True,
        },
        {
            "metric": "normalized_aggregate_score",
            "improvement_score": None,
            "n_curves": 0,
            "status": "aggregate_only",
            "is_preferred": None,
        },
    ]
    assert rows(con, "select preferred_metric as p, n_subtasks as n from tasks") == [{"p": "exact_str_match", "n": 1}]


def test_preferred_metric_is_the_most_frequent_then_the_first(database):
    entries = [
        entry({"b": 1, "a": 1}, "t:1", "b"),
        entry({"b": 1, "a": 1}, "t:2", "a"),
        entry({"c": 1, "a": 1}, "u", "c"),
        entry({"c": 1, "a": 1}, "u", "c", shots=1),
        entry({"a": 1}, "u", "a", shots=2),
    ]
    put(database.root, score_file(entries[:2], "t"), folder="t")
    put(database.root, score_file(entries[2:], "u"), folder="u")
    found = rows(database(), "select task, preferred_metric from tasks order by task")
    assert found == [{"task": "t", "preferred_metric": "a"}, {"task": "u", "preferred_metric": "c"}]


def test_a_pair_without_its_preferred_metric_says_so(database):
    put_curve(database.root, LINE, "t", "F")
    put(database.root, score_file([entry({"other": 1}, "t", "other")], "t", "G"), "scores_G.json", "t")
    put(database.root, score_file([entry({"m": 1}, "u") | {"preferred_score": None}], "u", "G"), folder="u")
    found = rows(database(), "select task, model_family, metric, n_curves, status from pairs order by all")
    assert found == [
        {"task": "t", "model_family": "F", "metric": "exact_str_match", "n_curves": 1, "status": "ok"},
        {"task": "t", "model_family": "F", "metric": "other", "n_curves": 0, "status": "not_published"},
        {"task": "t", "model_family": "G", "metric": "exact_str_match", "n_curves": 0, "status": "not_published"},
        {"task": "t", "model_family": "G", "metric": "other", "n_curves": 1, "status": "too_few_scales"},
        {"task": "u", "model_family": "G", "metric": None, "n_curves": 0, "status": "not_published"},
    ]


def test_rejects_are_in_the_database(database):
    put(database.root, score_file([entry({"m": None, "n": 1}, preferred="n")]))
    put(database.root, b"{", "scores_cut.json")
    found = rows(database(), "select kind, reason from rejects")
    assert found == [{"kind": "file", "reason": "not_json"}, {"kind": "value", "reason": "not_a_number"}]


def test_null_shots_make_a_curve(database):
    put_curve(database.root, LINE, shots=None)
    found = rows(database(), "select shots, n_scales, status from curves")
    assert found == [{"shots": None, "n_scales": 6, "status": "ok"}]


def test_hostile_names_reach_the_database(database):
    name = "a'; drop table scores; --"
    put_curve(database.root, LINE, name.replace("/", ""))
    con = database(facts={"source": name})
    assert rows(con, "select task, status from pairs") == [{"task": name, "status": "ok"}]
    assert rows(con, "select value from provenance where key = 'source'") == [{"value": name}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (647 / 1024, 1024),
        (2 / 1024, 512),
        (1 / 3, 3),
        (0.1, 10),
        (0.0, 1),
        (1.0, 1),
        (53333 / 99991, 99991),
        (0.6318359375, 1024),
        (2**0.5 - 1, 0),
        (0.25 + 1e-9, 0),
        (-0.5, 0),
        (1.5, 0),
        (float("nan"), 0),
        (1e-20, 0),
    ],
)
def test_denominator(value, expected):
    assert denominators([value]).tolist() == [expected]


def test_denominators_of_all_small_fractions():
    n = 97
    k = [(p, q) for q in range(1, n) for p in range(q + 1)]
    expected = [q // math.gcd(p, q) for p, q in k]
    assert denominators([p / q for p, q in k]).tolist() == expected


def test_n_examples_in_curves(small):
    found = rows(
        small,
        """
        select distinct task, metric, entry_kind, n_examples, n_source, smallest_step from curves
        where task in ('anachronisms', 'modified_arithmetic') and model_family = 'BIG-G T=0' order by all
        """,
    )
    proportions = [row for row in found if row["n_examples"]]
    assert {(row["task"], row["metric"], row["n_examples"]) for row in proportions} == {
        ("anachronisms", "multiple_choice_grade", 230),
        ("modified_arithmetic", "exact_str_match", 500),
    }
    assert all(row["smallest_step"] == 1 / row["n_examples"] and row["entry_kind"] != "aggregate" for row in proportions)
    assert all(row["smallest_step"] is None and row["n_source"] is None for row in found if not row["n_examples"])


def test_sql_without_a_description_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "sql_text", lambda name: "select 1 as surprise")
    monkeypatch.setitem(tables.ENTRIES["rejects"], "needs", [])
    with connect() as con, pytest.raises(ValueError, match=r"are not those of tables\.yml"):
        build_entry(con, "database/rejects")


def test_sql_that_reads_what_its_entry_does_not_declare_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "sql_text", lambda name: "with own as (select * from scores) select * from own, twins")
    monkeypatch.setitem(tables.ENTRIES["rejects"], "needs", ["scores"])
    with connect() as con:
        con.execute("create table scores as select 1 as score")
        with pytest.raises(ValueError, match=r"database/rejects reads twins: add that to the needs of the entry rejects"):
            build_entry(con, "database/rejects")


def test_every_entry_declares_what_its_sql_reads_and_nothing_else():
    with connect() as con:
        for name, entry in tables.ENTRIES.items():
            if "sql" in entry:
                read = tables.names_read(con, sql_text(entry["sql"]))
                for check in entry.get("checks", []):
                    read |= tables.names_read(con, f"select 1 where {check}")
                assert read == set(entry.get("needs", [])), name


def test_the_sql_of_a_room_reads_nothing_of_a_later_room():
    room_of = {name: entry["sql"].partition("/")[0] for name, entry in tables.ENTRIES.items() if "sql" in entry}
    for name, room in room_of.items():
        needed = {other: room_of[other] for other in tables.needs_of(name) if other in room_of}
        later = {other for other, its in needed.items() if rooms.ORDER.index(its) > rooms.ORDER.index(room)}
        assert not later, f"{name} of {room} needs {later}"


@pytest.mark.parametrize("room", ["figures", "pages", "theory", "experiments"])
def test_figures_and_pages_read_tables_macros_and_inputs_alone(room):
    allowed = {name for name, entry in tables.ENTRIES.items() if entry.get("kind") != "step"}
    inputs = {"reference_family_aliases", "reference_preferred_rows", "simulated_share", "shares", "kind_words"}
    with connect() as con:
        for path in sorted((rooms.PACKAGE / room).rglob("*.sql")):
            assert tables.names_read(con, path.read_text(encoding="utf-8")) <= allowed | inputs, path
