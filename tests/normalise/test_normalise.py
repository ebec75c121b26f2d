"""Folders of score files to tables: nothing lost, nothing followed out of the folder, the same bytes every time."""

import hashlib
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders import entry, put, put_curve, score_file
from jumpcheck.base.errors import InputError
from jumpcheck.normalise import bigbench, reporting
from jumpcheck.normalise.schema import KEY
from jumpcheck.sources.layout import MAX_BYTES, fingerprint


def rejects_of(tables):
    return [(r["kind"], r["file"], r["location"], r["reason"]) for r in tables.rejects.to_pylist()]


def scores_of(tables):
    return tables.scores.to_pylist()


def path_of(name, task="a_task"):
    return f"bigbench/benchmark_tasks/{task}/results/{name}"


def test_small_tree_is_complete(small_source):
    tables = bigbench.normalise(small_source)
    numbers = [
        len(e["score_dict"]) for path in small_source.rglob("scores_*.json") for e in json.loads(path.read_text())["scores"]
    ]
    assert tables.facts["numbers_in"] == sum(numbers) == len(tables.scores)
    assert tables.facts["files_in"] == tables.facts["files_read"] == len(list(small_source.rglob("scores_*.json")))
    assert len(tables.rejects) == 0
    listing = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(small_source)}\n"
        for path in sorted(small_source.rglob("scores_*.json"), key=lambda p: os.fsencode(str(p.relative_to(small_source))))
    )
    assert tables.facts["input_sha256"] == hashlib.sha256(listing.encode()).hexdigest()


def test_processes_and_chunks_do_not_show(small_source, tmp_path, monkeypatch):
    one = bigbench.normalise(small_source, 1)
    monkeypatch.setattr(bigbench, "FILES_PER_CHUNK", 7)
    many = bigbench.normalise(small_source, 2)
    for name in ("scores", "models", "tasks", "rejects"):
        assert getattr(one, name).to_pylist() == getattr(many, name).to_pylist(), name
    assert one.facts == many.facts


def test_parts_have_the_same_bytes_with_any_number_of_processes(small_source, tmp_path, monkeypatch):
    monkeypatch.setattr(bigbench, "FILES_PER_CHUNK", 7)
    folders = [tmp_path / f"{k}" for k in (1, 2)]
    for k, folder in enumerate(folders):
        folder.mkdir()
        tables = bigbench.normalise(small_source, k + 1, folder=folder)
        assert tables.scores is None
    parts = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert parts[0] == parts[1] and len(parts[0]) > 3
    whole = bigbench.normalise(small_source)
    read = pa.concat_tables([pq.read_table(path) for path in sorted(folders[0].iterdir())])
    assert read.to_pylist() == whole.scores.to_pylist()
    assert tables.facts == whole.facts


def test_a_task_in_folders_far_apart_is_one_task(tmp_path, monkeypatch):
    """Repeats are found although the folders would be read by different processes."""
    monkeypatch.setattr(bigbench, "FILES_PER_CHUNK", 1)
    root, out = tmp_path / "in", tmp_path / "out"
    out.mkdir()
    for folder in ("a", "m", "z"):
        task = "other" if folder == "m" else "same"
        put(root, score_file([entry({"m": 0.5}, label=task, preferred="m")], task), folder=folder)
    tables = bigbench.normalise(root, 2, folder=out)
    assert tables.facts["numbers_in"] == 3 and tables.facts["scores"] == 2
    assert [row["reason"] for row in tables.rejects.to_pylist()] == ["repeated"]
    rows = [row for path in sorted(out.iterdir()) for row in pq.read_table(path).to_pylist()]
    assert sorted(row["task"] for row in rows) == ["other", "same"]


def test_entry_kinds(tmp_path):
    average = {"m": 1, "normalized_aggregate_score": 50}

    def one(label, preferred, task, family, model="1b"):
        scores = average if preferred == "normalized_aggregate_score" else {"m": 1}
        return score_file([entry(scores, label, preferred)], task, family, model)

    nas = "normalized_aggregate_score"
    files = [
        score_file([entry({"m": 1}, "t:part", "m"), entry(average, "t", nas)], "t", "F", "1b"),
        # This model of the same family has the whole task alone: one curve must not mix kinds.
        one("t", "m", "t", "F", "2b"),
        # Another family, in which the task has no subtasks, is not concerned.
        one("t", "m", "t", "G"),
        one("u", "m", "u", "F"),
        one("v:all", nas, "v", "F"),
        # The name does not say that it is an average, and neither does this file: another of the family does.
        one("v:all", "m", "v", "F", "2b"),
        # A part need not be called "w:part": those of programs have descriptions for labels.
        score_file([entry({"m": 1}, "w", "m"), entry({"m": 2}, "W", "m")], "w", "F"),
        # Parts beside the whole, which prefers a metric of its own: still an average of the parts.
        score_file([entry({"m": 1}, "x", "m"), entry({"m": 2}, "x:a", "m")], "x", "F"),
    ]
    for number, document in enumerate(files):
        put(tmp_path, document, f"scores_{number}.json", f"folder{number}")
    tables = bigbench.normalise(tmp_path)
    kinds = {(r["subtask"], r["model_family"], r["model"]): r["entry_kind"] for r in scores_of(tables)}
    assert kinds == {
        ("t", "F", "1b"): "aggregate",
        ("t", "F", "2b"): "aggregate",
        ("t:part", "F", "1b"): "subtask",
        ("t", "G", "1b"): "task",
        ("u", "F", "1b"): "task",
        ("v:all", "F", "1b"): "aggregate",
        ("v:all", "F", "2b"): "aggregate",
        ("w", "F", "1b"): "aggregate",
        ("W", "F", "1b"): "subtask",
        ("x", "F", "1b"): "aggregate",
        ("x:a", "F", "1b"): "subtask",
    }
    assert tables.facts["entries_of_mixed_kind"] == 1
    lines = []
    reporting.report(tables, lines.append)
    assert any("1 entries are aggregates in some files of their model family" in line for line in lines)


def test_the_task_is_not_the_folder(tmp_path):
    put(tmp_path, score_file(task="inside"), folder="outside")
    row = scores_of(bigbench.normalise(tmp_path))[0]
    assert row["task"] == "inside"
    assert row["source_file"] == path_of("scores_F_1b.json", "outside")


def test_nested_results_folders_are_found(tmp_path):
    put(tmp_path, score_file(), folder="group/a_task")
    assert len(scores_of(bigbench.normalise(tmp_path))) == 1


def test_preferred_is_null_where_unknown(tmp_path):
    one = entry({"m": 1, "n": 2}, preferred="m")
    other = entry({"m": 1}, shots=1) | {"preferred_score": None}
    put(tmp_path, score_file([one, other]))
    found = {(r["shots"], r["metric"]): r["is_preferred"] for r in scores_of(bigbench.normalise(tmp_path))}
    assert found == {(0, "m"): True, (0, "n"): False, (1, "m"): None}


def test_the_same_number_twice(tmp_path):
    put(tmp_path, score_file([entry({"m": 1, "n": 1}), entry({"m": 1, "n": 2}), entry({"m": 3}, shots=1)]))
    put(tmp_path, score_file([entry({"n": 1})]), "scores_F_copy.json")
    tables = bigbench.normalise(tmp_path)
    assert [(r["metric"], r["shots"], r["score"]) for r in scores_of(tables)] == [("m", 0, 1.0), ("m", 1, 3.0)]
    found = [
        (r["file"].rsplit("/", 1)[1], r["location"], r["reason"]) for r in tables.rejects.to_pylist() if r["kind"] == "value"
    ]
    assert sorted(found) == [
        ("scores_F_1b.json", 'scores[0].score_dict["n"]', "contradiction"),
        ("scores_F_1b.json", 'scores[1].score_dict["m"]', "repeated"),
        ("scores_F_1b.json", 'scores[1].score_dict["n"]', "contradiction"),
        ("scores_F_copy.json", 'scores[0].score_dict["n"]', "contradiction"),
    ]
    assert tables.facts["numbers_in"] == 6 == tables.facts["scores"] + tables.facts["rejected_values"]


def test_a_name_twice_in_one_score_dict_is_a_contradiction(tmp_path):
    content = json.dumps(score_file([entry(), entry(shots=1)])).replace("0.5", '0.5, "exact_str_match": 0.6', 1)
    put(tmp_path, content.encode())
    tables = bigbench.normalise(tmp_path)
    assert [r["shots"] for r in scores_of(tables)] == [1]
    assert [r[3] for r in rejects_of(tables)] == ["contradiction"] * 2


def test_what_must_not_be_read(tmp_path):
    """Links out of the tree, folders and pipes by the name of a score file, huge and unreadable files."""
    root = tmp_path / "root"
    put(root, score_file())
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(score_file(model="secret")))
    results = root / "bigbench/benchmark_tasks/a_task/results"
    (results / "scores_link_out.json").symlink_to(outside)
    (results / "scores_dangling.json").symlink_to(tmp_path / "nowhere")
    (results / "scores_folder.json").mkdir()
    os.mkfifo(results / "scores_pipe.json")
    with (results / "scores_huge.json").open("wb") as huge:
        huge.truncate(200 * 2**20)
    (root / "bigbench/benchmark_tasks/linked").symlink_to(tmp_path, target_is_directory=True)
    tables = bigbench.normalise(root)
    assert rejects_of(tables) == [
        ("file", path_of("scores_dangling.json"), "", "unreadable"),
        ("file", path_of("scores_folder.json"), "", "not_a_file"),
        ("file", path_of("scores_huge.json"), "", "too_large"),
        ("file", path_of("scores_link_out.json"), "", "link_outside"),
        ("file", path_of("scores_pipe.json"), "", "not_a_file"),
        ("file", "bigbench/benchmark_tasks/linked", "", "linked_folder"),
    ]
    assert MAX_BYTES < 200 * 2**20
    assert [r["model"] for r in scores_of(tables)] == ["1b"]
    assert (tables.facts["files_in"], tables.facts["files_read"]) == (7, 1)


def test_near_misses_are_named(tmp_path):
    put(tmp_path, score_file())
    results = tmp_path / "bigbench/benchmark_tasks/a_task/results"
    for name in ("scores_a.JSON", "scores_b.json.gz", "other.json"):
        (results / name).write_text("{}")
    (results.parent / "scores_c.json").write_text("{}")
    found = rejects_of(bigbench.normalise(tmp_path))
    assert [(r[1].rsplit("/", 1)[1], r[3]) for r in found] == [
        (name, "misplaced") for name in ("scores_a.JSON", "scores_b.json.gz", "scores_c.json")
    ]


def test_many_repeats_are_quick(tmp_path):
    one = [entry({f"m{k}": k for k in range(5000)}, preferred="m0")]
    put(tmp_path, score_file(one))
    put(tmp_path, score_file(one), "scores_copy.json")
    tables = bigbench.normalise(tmp_path)
    assert len(tables.scores) == 5000 and len(tables.rejects) == 5000
    assert {r["file"].rsplit("/", 1)[1] for r in tables.rejects.to_pylist()} == {"scores_copy.json"}


def test_the_source_itself_may_be_a_link(tmp_path):
    put(tmp_path / "real", score_file())
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert len(scores_of(bigbench.normalise(tmp_path / "link"))) == 1


def test_a_file_name_that_is_not_utf8(tmp_path):
    path = put(tmp_path, score_file())
    path.rename(path.parent / os.fsdecode(b"scores_\xff.json"))
    assert scores_of(bigbench.normalise(tmp_path))[0]["source_file"] == path_of("scores_\\xff.json")


HOSTILE = [
    "../../x",
    "a'; drop table scores; --",
    "<script>alert(1)</script>",
    "$\\frac{1}{0}$",
    "\x00",
    "‮right to left",
    "x" * 5000,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(tmp_path, name):
    put(
        tmp_path,
        score_file([entry({name: 1}, label=f"{name}:{name}", preferred=name)], task=name, family=name, model=name),
    )
    row = scores_of(bigbench.normalise(tmp_path))[0]
    assert {row[c] for c in ("task", "metric", "model_family", "model")} == {name}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bigbench"]


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(InputError, match="is not there"):
        bigbench.normalise(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no file that may be a result: it is empty"):
        bigbench.normalise(tmp_path)
    (tmp_path / "bigbench/benchmark_tasks/a_task/results").mkdir(parents=True)
    (tmp_path / "bigbench/benchmark_tasks/a_task/results/other.json").write_text("{}")
    with pytest.raises(InputError, match="holds no score file"):
        bigbench.normalise(tmp_path)
    put(tmp_path, b"{")
    with pytest.raises(InputError, match=r"no number could be read.*scores_F_1b.json: not_json"):
        bigbench.normalise(tmp_path)


def test_strict_names_what_was_set_aside(tmp_path):
    put(tmp_path, score_file())
    put(tmp_path, b"", "scores_empty.json")
    tables = bigbench.normalise(tmp_path)
    lines = []
    reporting.report(tables, lines.append)
    assert "1 of 2 files read; 1 numbers in = 1 scores + 0 rejected values; 1 files" in lines[0]
    assert "1 empty" in lines[1]
    with pytest.raises(InputError, match=r"strict: 1 things[\s\S]*scores_empty.json: empty"):
        reporting.report(tables, lines.append, strict=True)


def test_fingerprint_follows_the_files(tmp_path):
    put_curve(tmp_path, [0, 0.5, 1])
    before = fingerprint(str(tmp_path))
    assert fingerprint(str(tmp_path)) == before
    path = put(tmp_path, score_file(), "scores_new.json")
    added = fingerprint(str(tmp_path))
    path.write_text(path.read_text() + " ")
    assert len({before, added, fingerprint(str(tmp_path))}) == 3


def test_an_entry_without_any_good_number_leaves_the_others(tmp_path):
    put(tmp_path, score_file([entry({"m": None}, preferred="m"), entry({"m": 0.5}, preferred="m", shots=1)]))
    tables = bigbench.normalise(tmp_path)
    assert [(row["shots"], row["score"]) for row in scores_of(tables)] == [(1, 0.5)]
    assert [row["reason"] for row in tables.rejects.to_pylist()] == ["not_a_number"]


def test_a_contradiction_says_what_differs(tmp_path):
    """Every number of it, the first included, names another one and what is different: here the values."""
    put(tmp_path, score_file([entry({"bleu": 0.1}), entry({"bleu": 0.12})]))
    put(tmp_path, score_file([entry({"bleu": 0.3})], model="2b"), "scores_F_2b.json")
    found = [row for row in bigbench.normalise(tmp_path).rejects.to_pylist() if row["reason"] == "contradiction"]
    assert len(found) == 2 and all("different values" in row["detail"] for row in found)
    assert "0.1;" in found[0]["detail"] and "also as 0.12 in" in found[0]["detail"] and "scores[1]" in found[0]["detail"]
    assert "0.12;" in found[1]["detail"] and "also as 0.1 in" in found[1]["detail"] and "scores[0]" in found[1]["detail"]


@pytest.mark.parametrize("n_processes", [1, 2])
def test_several_evaluations_of_one_condition_are_curves_of_their_own(tmp_path, n_processes, monkeypatch):
    monkeypatch.setattr(bigbench, "FILES_PER_CHUNK", 1)
    for k, model in enumerate(("1b", "2b", "4b")):
        two = [
            entry({"exact_str_match": float(k)}),
            entry({"exact_str_match": 10.0 + k}),
            entry({"exact_str_match": 20.0 + k}, shots=1),
        ]
        part = [
            entry({"exact_str_match": k / 7}, label="a_task:part"),
            entry({"exact_str_match": 1 + k / 7}, label="a_task:part"),
        ]
        put(tmp_path, score_file([*two, *part], model=model, parameters=1e9 * 2**k), f"scores_F_{model}.json")
    tables = bigbench.normalise(tmp_path, n_processes)
    scores = tables.scores.to_pylist()
    found = {(row["subtask"], row["shots"], row["model"]): row["score"] for row in scores}
    assert len(scores) == len(found) == 15 and rejects_of(tables) == []
    assert [found["a_task", 0, model] for model in ("1b", "2b", "4b")] == [0, 1, 2]
    assert [found["a_task #2", 0, model] for model in ("1b", "2b", "4b")] == [10, 11, 12]
    assert [found["a_task:part #2", 0, model] for model in ("1b", "2b", "4b")] == [1, 1 + 1 / 7, 1 + 2 / 7]
    # A second evaluation is of the kind of the first: with parts beside it, the whole task is an aggregate.
    assert {row["entry_kind"] for row in scores if row["subtask"] == "a_task #2"} == {"aggregate"}
    assert len({row["curve_id"] for row in scores}) == 5
    assert scores == sorted(scores, key=lambda row: [row[name] for name in KEY])


def test_evaluations_that_nobody_can_tell_apart_are_rejects(tmp_path):
    """Of one model there are two, of another three; copies of one number are no evaluations."""
    put(tmp_path, score_file([entry({"exact_str_match": 0.1}), entry({"exact_str_match": 0.2})]))
    three = [entry({"exact_str_match": 0.3}), entry({"exact_str_match": 0.4}), entry({"exact_str_match": 0.5})]
    put(tmp_path, score_file(three, model="2b"), "scores_F_2b.json")
    copies = [entry({"exact_str_match": 0.6}, label="b_task"), entry({"exact_str_match": 0.6}, label="b_task")]
    put(tmp_path, score_file(copies, "b_task"), folder="b_task")
    tables = bigbench.normalise(tmp_path)
    assert [(row["subtask"], row["score"]) for row in tables.scores.to_pylist()] == [("b_task", 0.6)]
    assert sorted(row[3] for row in rejects_of(tables)) == ["contradiction"] * 5 + ["repeated"]


def test_unknown_numbers_of_shots_are_curves_of_their_own(tmp_path):
    put(tmp_path, score_file([entry({"exact_str_match": 0.1}, shots=-1), entry({"exact_str_match": 0.2}, shots=0)]))
    tables = bigbench.normalise(tmp_path)
    assert [(row["shots"], row["score"]) for row in tables.scores.to_pylist()] == [(None, 0.1), (0, 0.2)]
    assert len(set(tables.scores["curve_id"].to_pylist())) == 2 and rejects_of(tables) == []


def test_files_of_tasks_in_several_slices_are_read_twice_and_not_more(tmp_path, monkeypatch):
    """Twenty tasks whose files lie in two folders each, far apart."""
    for k in range(20):
        for half in "ab":
            content = score_file([entry({"bleu": float(k)})], f"task {k}", model=f"m{half}")
            put(tmp_path / "in", content, folder=f"{half}_{k:02}")
    monkeypatch.setattr(bigbench, "FILES_PER_CHUNK", 1)
    read = []
    monkeypatch.setattr(bigbench, "parse_plain_file", lambda content: read.append(content))
    tables = bigbench.normalise(tmp_path / "in", 1)
    assert len(tables.scores) == 40 and len(read) == 80
