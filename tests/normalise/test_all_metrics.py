"""BIG-bench's table of all metrics: the same as from score files, its faults, and the checks that it is read rightly."""

import itertools
import json
import math

import numpy as np
import one_table
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import ROOT, build, entry, known_rules, put, score_file, snakemake
from jumpcheck.base.errors import InputError
from jumpcheck.models import known_facts
from jumpcheck.models.known_facts import NOTHING_KNOWN
from jumpcheck.normalise import all_metrics, bigbench
from jumpcheck.normalise.preferred_scores import proven
from jumpcheck.theory import score_files
from jumpcheck.theory.world import Task, World

PROVENANCE = {"low_score", "high_score", "chance_source", "source_file", "keywords", "n_files"}
"""Columns that say where a number is from, or what the table does not have."""

FRAME = [*one_table.COLUMNS[:4], "preferred_score", "score_key", one_table.COLUMNS[4]]


def written(folder, frame, name="bigbench_results.parquet"):
    path = folder / name
    frame.to_parquet(path, index=False)
    return path


def read(path, facts=NOTHING_KNOWN, **options):
    return all_metrics.normalise(path, known_rules(), facts, **options)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """(folder, the same scores as score files, as one table, and what the table lacks)."""
    folder = tmp_path_factory.mktemp("simulated")
    tasks = [
        Task("sim_choice", "choice", "multiple_choice_grade", ("",), 200, 0.25, math.inf),
        Task("sim_parts", "choice", "multiple_choice_grade", ("a", "b"), 120, 0.5, math.inf),
        Task("sim_text", "text", "exact_str_match", ("",), 300, 0.0, math.inf),
        Task("sim_own", "own", "sim_own_score", ("x", "y", "z"), 80, 0.0, math.inf),
    ]
    score_files.write_tree(folder / "tree", World(seed=3), tasks)
    return folder, folder / "tree", one_table.table_of(folder / "tree"), one_table.facts_of(folder / "tree")


def differing(one, other):
    """Names of tables and columns in which two databases differ; the order of rows counts for nothing."""
    names = "select table_name from duckdb_tables() union select view_name from duckdb_views() where not internal"
    found = []
    for (name,) in sorted(one.execute(names).fetchall()):
        frames = [con.execute(f"from {name}").df().astype(str) for con in (one, other)]
        columns = [column for column in frames[0] if column not in PROVENANCE]
        frames = [frame[columns].sort_values(columns, ignore_index=True) for frame in frames]
        found += [name] if not frames[0].equals(frames[1]) else []
    return found


def test_the_same_scores_as_from_score_files(simulated):
    folder, tree, table, facts = simulated
    tables, expected = read(written(folder, table), facts), bigbench.normalise(tree)
    assert len(tables.scores) == len(table) == len(expected.scores) > 5000
    # An average of parts has no chance rate.
    of_average = expected.scores.to_pandas()["entry_kind"] == "aggregate"
    frames = [one.scores.to_pandas().astype({"chance": float}) for one in (tables, expected)]
    frames[1].loc[of_average, "chance"] = np.nan
    columns = [name for name in frames[0] if name not in PROVENANCE]
    pd.testing.assert_frame_equal(*(frame[columns].astype(object).fillna("none") for frame in frames))


@pytest.mark.slow
def test_the_same_tables_as_from_score_files(simulated):
    folder, tree, table, facts = simulated
    tables, expected = read(written(folder, table), facts), bigbench.normalise(tree)
    # In `scores` averages of parts differ, which have a chance rate in score files.
    assert differing(build(tables), build(expected)) == ["published_scores", "scores"]


def test_pieces_and_shards_are_the_whole(simulated, monkeypatch, tmp_path):
    folder, _, table, facts = simulated
    path = written(folder, table)
    whole = read(path, facts)
    monkeypatch.setattr(all_metrics, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr("jumpcheck.formats.all_metrics.ROWS_PER_PIECE", 777)
    assert read(path, facts).scores.to_pandas().equals(whole.scores.to_pandas())
    shards = []
    for k in range(3):
        (tmp_path / str(k)).mkdir()
        tables = read(path, facts, shard=(k, 3), folder=tmp_path / str(k))
        assert tables.scores is None and bool(tables.models.num_rows) == bool(tables.facts["digests"]) == (k == 0)
        shards.append(pq.read_table(tmp_path / str(k)))
        assert len(shards[-1]) == tables.facts["scores"] == tables.facts["numbers_in"]
    key = ["task", "subtask", "shots", "metric", "model_family", "model"]
    frames = [pa.concat_tables(shards).to_pandas(), whole.scores.to_pandas()]
    frames = [frame.astype({name: object for name in key}).sort_values(key, ignore_index=True) for frame in frames]
    pd.testing.assert_frame_equal(*frames, check_categorical=False)


def test_repeated_entries_follow_the_rule_of_score_files(tmp_path):
    """Evaluations of one condition, copies, and values that contradict each other, in files and in the table of them."""
    for k, (model, scale) in enumerate((("1b", 1e9), ("2b", 2e9), ("3b", 3e9))):
        entries = [
            entry({"m": 0.1 * k, "n": 0.3}, "t:twice", "m"),
            entry({"m": 0.1 * k + 0.01, "n": 0.4}, "t:twice", "m"),
            entry({"m": 0.5}, "t:copied", "m"),
            *([entry({"m": 0.5}, "t:copied", "m")] if k == 1 else []),
            entry({"m": 0.6}, "t:contradicts", "m"),
            *([entry({"m": 0.7}, "t:contradicts", "m")] if k == 1 else []),
        ]
        put(tmp_path / "tree", score_file(entries, "t", "F", model, scale), f"scores_F_{model}.json", "t")
    tables = read(written(tmp_path, one_table.table_of(tmp_path / "tree")))
    expected = bigbench.normalise(tmp_path / "tree")
    rows, wanted = (
        {(r["subtask"], r["model"], r["metric"]): r["score"] for r in one.scores.to_pylist()} for one in (tables, expected)
    )
    assert rows == wanted and ("t:twice #2", "1b", "n") in rows and ("t:contradicts", "2b", "m") not in rows
    reasons = [sorted(row["reason"] for row in one.rejects.to_pylist()) for one in (tables, expected)]
    assert reasons[0] == reasons[1] == ["contradiction", "contradiction", "repeated"]
    assert all(row["location"].startswith("row ") for row in tables.rejects.to_pylist())


def test_no_row_is_lost(tmp_path):
    good = ["t", "t", 0, "F 1b", "m", "m", 0.5]
    rows = [list(good) for _ in range(11)]
    for k, (column, value) in enumerate(
        [(0, None), (3, None), (5, None), (2, 1.5), (2, -7.0), (6, math.nan), (6, math.inf), (1, None), (2, None), (4, None)]
    ):
        rows[k + 1][column] = value
        rows[k + 1][3] = value if column == 3 else f"F {k + 2}b"  # each row of a model of its own
    frame = pd.DataFrame(rows, columns=FRAME)
    tables = read(written(tmp_path, frame))
    assert tables.facts["numbers_in"] == 11 and tables.facts["scores"] == 4
    reasons = {row["reason"]: row["location"] for row in tables.rejects.to_pylist() if row["n_numbers"]}
    assert reasons == {
        "missing_task": "rows without a task",
        "missing_model": "row 3",
        "missing_metric": "row 4",
        "bad_number_of_shots": "row 6",
        "bad_score": "row 8",
    }
    kept = {row["model"]: row for row in tables.scores.to_pylist()}
    assert kept["9b"]["subtask"] == "t" and kept["10b"]["shots"] is None and kept["11b"]["is_preferred"] is None
    (open_entry,) = [row for row in tables.rejects.to_pylist() if row["kind"] == "entry" and not row["n_numbers"]]
    assert open_entry["reason"] == "missing_preferred_score"


def test_an_entry_that_prefers_what_it_has_not_is_said(tmp_path):
    frame = pd.DataFrame([["t", "t", 0, "F 1b", "other", "m", 0.5]], columns=FRAME)
    tables = read(written(tmp_path, frame))
    (reject,) = tables.rejects.to_pylist()
    assert reject["reason"] == "preferred_score_absent" and "'other'" in reject["detail"] and len(tables.scores) == 1
    assert tables.scores["is_preferred"].to_pylist() == [False]


@pytest.mark.parametrize("kind", ["dictionary", "large", "view", "decimal", "float32", "categories"])
def test_columns_may_be_written_in_several_ways(tmp_path, kind):
    rows = [["t", f"t:{k % 2}", k % 3, f"F {k}b", "m", "m", k / 8] for k in range(9)]
    frame = pd.DataFrame(rows, columns=FRAME)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    texts = [name for name in FRAME if frame[name].map(type).eq(str).all()]
    for name in texts if kind in ("dictionary", "large", "view") else ["score_value"]:
        column = table[name]
        if kind == "dictionary":
            column = column.dictionary_encode()
        elif kind in ("large", "view"):
            column = column.cast(pa.large_string() if kind == "large" else pa.string_view())
        elif kind == "float32":
            column = column.cast(pa.float32())
        elif kind == "decimal":
            column = column.cast(pa.decimal128(9, 4))
        table = table.set_column(table.schema.get_field_index(name), name, column)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=4)
    if kind == "categories":
        frame.astype(dict.fromkeys(texts, "category")).to_parquet(tmp_path / "a.parquet", index=False)
    found = [row["score"] for row in sorted(read(tmp_path / "a.parquet").scores.to_pylist(), key=lambda row: row["score"])]
    assert found == [k / 8 for k in range(9)]


def test_names_of_blanks_are_none_and_a_model_needs_no_family(tmp_path):
    rows = [["t", "t", 0, name, "m", "m", 0.5] for name in ("alone", " ", "F 1b")]
    tables = read(written(tmp_path, pd.DataFrame(rows, columns=FRAME)))
    assert {(row["model_family"], row["model"]) for row in tables.models.to_pylist()} == {("alone", "alone"), ("F", "1b")}
    assert [row["reason"] for row in tables.rejects.to_pylist()] == ["missing_model"]
    assert "2 models, which are in no curve" in tables.facts["notes"] and "'F 1b'" in tables.facts["notes"]


def test_exchanged_columns_of_names_are_an_error(simulated, tmp_path):
    """The checks of preferred scores cannot see it: they ask where the two columns are equal."""
    names = {"preferred_score": "score_key", "score_key": "preferred_score"}
    with pytest.raises(InputError, match="exchanged"):
        read(written(tmp_path, simulated[2].rename(columns=names)))


def test_entries_without_their_preferred_score_are_those_of_score_files(tmp_path):
    for k in range(4):
        scores = {"n": 0.1} if k in (1, 2) else {"m": 0.5, "n": 0.1}
        document = score_file([entry(scores, "t", "m", shots=shots) for shots in (0, 2)], "t", "F", f"{k}b", 10.0**k)
        put(tmp_path / "tree", document, f"scores_F_{k}b.json", "t")
    tables, expected = read(written(tmp_path, one_table.table_of(tmp_path / "tree"))), bigbench.normalise(tmp_path / "tree")
    reasons = [[row["reason"] for row in one.rejects.to_pylist()] for one in (tables, expected)]
    assert reasons[0] == reasons[1] == ["preferred_score_absent"] * 4


def test_indices_without_a_sign_and_texts_that_no_row_has(tmp_path):
    """As other programs write categories."""
    rows = [["t", "t", 0, name, "m", "m", 0.5] for name in ("F 1b", "F 2b")]
    table = pa.Table.from_pandas(pd.DataFrame(rows, columns=FRAME), preserve_index=False)
    models = pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.uint32()), pa.array(["F 2b", "F 1b", "F 3b"]))
    pq.write_table(table.set_column(3, FRAME[3], models), tmp_path / "a.parquet")
    assert [row["model"] for row in read(tmp_path / "a.parquet").models.to_pylist()] == ["1b", "2b"]


def test_texts_of_another_encoding_are_one_error(tmp_path):
    table = pa.Table.from_pandas(pd.DataFrame([["t", "t", 0, "F", "m", "m", 0.5]], columns=FRAME), preserve_index=False)
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\4\0\0\0"), pa.py_buffer(b"\xed\xa0\x80x")])
    pq.write_table(table.set_column(3, FRAME[3], broken), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(InputError, match="no Parquet file"):
        read(tmp_path / "b.parquet")


def test_a_label_that_ends_like_a_repeated_evaluation_is_a_label(tmp_path):
    facts = known_facts.read(ROOT / "data/reference/preferred_metrics.csv", ROOT / "data/reference/model_sizes.csv")
    rows = [["bbq_lite", f"Age-ambig score{end}", 0, "F 1b", "accuracy", "accuracy", 0.5] for end in ("", " #2")]
    tables = read(written(tmp_path, pd.DataFrame(rows, columns=FRAME)), facts)
    assert [row["chance"] for row in tables.scores.to_pylist()] == [0.333, None]
    assert tables.facts["repeated_evaluations"] == 0


def test_a_rule_gives_the_family_of_a_name_of_one_word(tmp_path):
    rows = [["t", "t", 0, name, "m", "m", 0.5] for name in ("pythia-70m", "pythia-160m")]
    (models := read(written(tmp_path, pd.DataFrame(rows, columns=FRAME))).models.to_pylist()).sort(
        key=lambda row: row["model"]
    )
    assert len({row["model_family"] for row in models}) == 1 and all(row["total_params"] for row in models)


def test_a_published_size_and_chance_rate_are_used(tmp_path):
    rows = [
        ["analytic_entailment", "analytic_entailment", 0, "BIG-G T=0 2m", "multiple_choice_grade", metric, 0.5]
        for metric in ("multiple_choice_grade", "exact_str_match")
    ]
    rows.append(["arithmetic", "arithmetic:1_digit_addition", 2, "GPT GPT-3 13B", "bleu", "bleu", 3.0])
    facts = known_facts.read(ROOT / "data/reference/preferred_metrics.csv", ROOT / "data/reference/model_sizes.csv")
    tables = read(written(tmp_path, pd.DataFrame(rows, columns=FRAME)), facts)
    scores = {(row["task"], row["metric"]): row for row in tables.scores.to_pylist()}
    choice = scores["analytic_entailment", "multiple_choice_grade"]
    assert (choice["chance"], choice["chance_source"]) == (0.5, "reference")
    assert scores["analytic_entailment", "exact_str_match"]["chance"] is None
    models = {row["model"]: row for row in tables.models.to_pylist()}
    assert models["2m"]["non_embedding_params"] == 2_098_048 and models["GPT-3 13B"]["total_params"] == 13e9
    # What the file prefers counts, and that the reference names another metric is said.
    (row,) = build(tables).execute("from preferred_metric_differences").fetchall()
    assert row == ("arithmetic", "arithmetic:1_digit_addition", "exact_str_match", "bleu", 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.rename(columns={"score_key": "metric_key"}), "score_key is missing"),
        (lambda frame: frame.rename(columns={"score_value": "value"}), "score_value is missing"),
        (lambda frame: frame.assign(number_of_shots="0"), "number_of_shots has the type"),
        (lambda frame: frame.assign(score_key=3), "score_key has the type int64 and must have texts"),
        (
            lambda frame: frame.drop(columns=["preferred_score", "task_name"]),
            "task_name is missing; preferred_score is missing",
        ),
    ],
)
def test_other_columns_are_one_error_that_shows_what_was_found(tmp_path, change, said):
    frame = change(pd.DataFrame([["t", "t", 0, "F 1b", "m", "m", 0.5]], columns=FRAME))
    with pytest.raises(InputError) as error:
        read(written(tmp_path, frame))
    message = str(error.value)
    assert said in message or set(said.split("; ")) <= set(message.replace(". It has", ";").split("; ")), message
    assert "\n" not in message and all(f"'{name}'" in message for name in frame.columns) and "report" in message


def test_a_damaged_file_is_one_error(simulated, tmp_path):
    _, _, table, _ = simulated
    content = written(tmp_path, table).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="no Parquet file that can be read"):
        read(tmp_path / "cut.parquet")
    # The first page of the first column, and all that is known of it at the end.
    (tmp_path / "broken.parquet").write_bytes(content[:4] + bytes(2000) + content[2004:])
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "broken.parquet")


def test_an_entry_prefers_one_metric_or_none(tmp_path):
    rows = [[f"t{k}", f"t{k}", 0, "F 1b", "m", metric, 0.5] for k in range(4) for metric in ("m", "n")]
    rows[1][4] = "n"
    tables = read(written(tmp_path, pd.DataFrame(rows, columns=FRAME)))
    preferred = {(row["task"], row["metric"]): row["is_preferred"] for row in tables.scores.to_pylist()}
    assert preferred["t0", "m"] is preferred["t0", "n"] is None and preferred["t1", "m"] is True
    assert {row["reason"] for row in tables.rejects.to_pylist()} == {"bad_preferred_score"}


def test_a_label_that_is_an_average_in_one_family_alone_has_one_difference(tmp_path):
    facts = known_facts.read(ROOT / "data/reference/preferred_metrics.csv", ROOT / "data/reference/model_sizes.csv")
    task = "conceptual_combinations"
    rows = [[task, task, 0, name, "exact_str_match", "exact_str_match", 0.5] for name in ("T0 T0", "BIG-G T=0 2m")]
    rows.append([task, f"{task}:contradictions", 0, "BIG-G T=0 2m", *["multiple_choice_grade"] * 2, 0.5])
    tables = read(written(tmp_path, pd.DataFrame(rows, columns=FRAME)), facts)
    found = build(tables).execute("from preferred_metric_differences").fetchall()
    assert found == [(task, task, "multiple_choice_grade", "exact_str_match", 2)]


def test_columns_that_are_not_read_are_named(tmp_path):
    frame = pd.DataFrame([["t", "t", 0, "F 1b", "m", "m", 0.5]], columns=FRAME).assign(extra=1)
    assert read(written(tmp_path, frame)).facts["columns_not_read"] == "bigbench_results.parquet: extra"


class TestPreferred:
    """The file of preferred scores, which was made of the table, against it."""

    def facts(self, tmp_path, table, preferred, is_published=False, known=None):
        path = written(tmp_path, preferred, "bigbench_results_prefiltered.parquet")
        tables = read(written(tmp_path, table), preferred=path)
        rows = pd.DataFrame({"metric": list(known or {}), "n_rows": list((known or {}).values())})
        rows.to_csv(tmp_path / "known.csv", index=False)
        return tables.facts, proven(dict(tables.facts), tmp_path / "known.csv", is_published)

    def test_the_means_of_its_authors_are_equal(self, simulated, tmp_path):
        table = simulated[2]
        doubled = pd.concat([table, table.assign(score_value=table["score_value"] + 0.01)])  # repeated entries
        facts, said = self.facts(tmp_path, doubled, one_table.preferred_of(doubled))
        assert facts["preferred_compared"] == len(one_table.preferred_of(table)) and facts["preferred_differ"] == 0
        assert said["preferred_scores"].endswith("all equal") and "preferred_faults" not in said

    @pytest.mark.parametrize("fault", ["changed", "missing", "added", "task"])
    def test_every_difference_is_found(self, simulated, tmp_path, fault):
        table = simulated[2]
        preferred = one_table.preferred_of(table)
        if fault == "changed":
            preferred.loc[5, "score_value"] += 1e-9
        elif fault == "missing":
            preferred = preferred.drop(index=7)
        elif fault == "added":
            preferred = pd.concat([preferred, preferred.iloc[[3]].assign(number_of_shots=9)])
        else:
            preferred = pd.concat([preferred, preferred.iloc[[3]].assign(task_name="not in the table")])
        facts, said = self.facts(tmp_path, table, preferred, True)
        found = [facts[f"preferred_{name}"] for name in ("differ", "only_here", "only_published")]
        assert found == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]][["changed", "missing", "added", "task"].index(fault)]
        assert said["preferred_faults"].startswith(said["preferred_scores"]) and "the first: " in said["preferred_scores"]
        assert "nan" not in said["preferred_scores"]
        # A table of somebody's own may hold other scores.
        assert "preferred_faults" not in self.facts(tmp_path, table, preferred)[1]

    def test_infinite_scores_are_compared_too(self, tmp_path):
        table = pd.DataFrame([["t", "t", 0, f"F {k}b", "m", "m", -math.inf if k else 0.5] for k in range(3)], columns=FRAME)
        facts, _ = self.facts(tmp_path, table, one_table.preferred_of(table))
        assert (facts["preferred_compared"], facts["preferred_differ"], facts["rejected_values"]) == (3, 0, 2)

    def test_numbers_of_rows_are_those_that_were_printed(self, simulated, tmp_path):
        table = simulated[2]
        known = table[table["preferred_score"] == table["score_key"]]["score_key"].value_counts().to_dict()
        preferred = one_table.preferred_of(table)
        _, said = self.facts(tmp_path, table, preferred, True, known)
        assert "all have the published number" in said["preferred_counts"] and "preferred_faults" not in said
        _, said = self.facts(tmp_path, table, preferred, True, known | {"exact_str_match": 1, "none_such": 2})
        assert said["preferred_counts"].startswith(f"of {len(known) + 1} metrics 2 have other")
        assert "none_such 0 and not 2" in said["preferred_faults"]
        # Of another file than the published one nobody knows the numbers.
        assert "not compared" in self.facts(tmp_path, table, preferred, False, {"m": 1})[1]["preferred_counts"]


@pytest.mark.slow
class TestRun:
    """The whole workflow."""

    def run(self, folder, source, *more):
        return snakemake("--directory", folder, "--config", "dataset=all", f"source={source}", *more)

    def test_by_its_path_with_the_page(self, simulated, tmp_path):
        folder, _, table, _ = simulated
        path = written(folder, table)
        written(folder, one_table.preferred_of(table), "other.parquet")
        result = self.run(tmp_path, path, "--", "all", "bigbench_page")
        said = result.stdout + result.stderr
        assert result.returncode == 0, said
        assert "and so not the published file (it has git blob 029a7f70" in said and "preferred scores: not compared" in said
        page = (tmp_path / "results/all/page/bigbench.md").read_text(encoding="utf-8")
        assert "under another metric" in page and "calibration_multiple_choice_brier_score" in page
        for name in ("figure_5b", "figure_5c", "figure_6"):
            assert f"bigbench/{name}.svg" in page and (tmp_path / f"results/all/page/bigbench/{name}.svg").is_file()
        assert "Brier score of the same answers" in (tmp_path / "results/all/figures/figure_6.svg").read_text(
            encoding="utf-8"
        )
        again = self.run(tmp_path, path)
        assert "Nothing to be done" in again.stdout + again.stderr

    def test_what_is_wrong_is_one_line(self, simulated, tmp_path):
        folder, _, table, _ = simulated
        renamed = written(tmp_path, table.rename(columns={"score_key": "key"}), "renamed.parquet")
        result = self.run(tmp_path, renamed)
        lines = [line for line in (result.stdout + result.stderr).splitlines() if "error:" in line]
        assert result.returncode and len(set(lines)) == 1 and "score_key is missing" in lines[0]
        other = written(folder, table.head(100), "other.parquet")
        result = self.run(tmp_path / "b", "all_metrics", f"all_metrics_address=file://{other}")
        lines = [line for line in (result.stdout + result.stderr).splitlines() if "error:" in line]
        assert result.returncode and len(set(lines)) == 1 and "029a7f70b1c08fd126348a19fa3d545bc605bb32" in lines[0]


@pytest.mark.slow
def test_the_84_tasks_of_the_logs(real_source, tmp_path):
    """One family and two metrics: as score files and as one table."""
    table = one_table.table_of(real_source)
    tables, expected = read(written(tmp_path, table), one_table.facts_of(real_source)), bigbench.normalise(real_source)
    assert len(tables.scores) == len(expected.scores) and tables.facts["numbers_in"] == expected.facts["numbers_in"]
    one, other = build(tables), build(expected)
    for name in ("curves", "pairs", "metric_swap"):
        counts = [con.execute(f"select count(*) from {name}").fetchall() for con in (one, other)]
        assert counts[0] == counts[1], name
    verdicts = [con.execute("select curve_id, verdict, jumps from breaks order by 1").fetchall() for con in (one, other)]
    assert verdicts[0] == verdicts[1] and list(itertools.islice(verdicts[0], 1))
    assert json.dumps(tables.facts["preferred_rows"])
