"""Tables and files that once got through, or ended a run: each is a reject with its reason, and the rest is read."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jumpcheck.base.errors import InputError
from jumpcheck.base.files import write_csv
from jumpcheck.normalise import results
from result_files import RULES, of, reasons, v4, write

HEAD = "task,model_family,model,n_parameters,metric,score"
GOOD = f"{HEAD}\nt,F,m,1e9,acc,0.5\n"


def test_a_name_twice_in_a_line_of_json_is_a_reject(tmp_path):
    row = '"task": "t", "model_family": "F", "model": "m", "n_parameters": 1e9, "metric": "acc"'
    twice = f'{{{row}, "score": 0.1, "score" : 0.9}}\n'
    text = f'{{{row}, "score": 0.5, "subtask": "a\\":b"}}\n'
    _, scores, rejects = of(write(tmp_path, {"t.jsonl": twice + text}))
    assert scores["score"].tolist() == [0.5] and reasons(rejects) == [("not_json", 1)]
    assert "more than once" in rejects[0]["detail"] and rejects[0]["location"] == "line 1"


@pytest.mark.parametrize("text", [GOOD, GOOD.replace(",", ";").replace("0.5", "0,5")], ids=["commas", "semicolons"])
def test_an_empty_line_before_the_header_changes_nothing(tmp_path, text):
    _, scores, rejects = of(write(tmp_path, {"t.csv": "\r\n\n" + text}))
    assert scores["score"].tolist() == [0.5] and not rejects


def test_a_column_twice_after_an_empty_line_is_a_reject(tmp_path):
    twice = f"\n{HEAD},metric\nt,F,m,1e9,acc,0.75,f1\n"
    _, scores, rejects = of(write(tmp_path, {"t.csv": GOOD, "twice.csv": twice}))
    assert scores["score"].tolist() == [0.5] and [one["reason"] for one in rejects] == ["repeated_column"]


def test_a_quotation_mark_that_is_not_closed_swallows_no_row_in_silence(tmp_path):
    lines = [f"t{k},F,m,1e9,acc,0.{k}" for k in range(10, 60)]
    lines[3] = '"' + lines[3]
    lines[40] = lines[40].replace("acc", 'a"cc')
    _, scores, rejects = of(write(tmp_path, {"t.csv": "\n".join([HEAD, *lines]) + "\n"}))
    n_lost = sum(one["n_numbers"] for one in rejects)
    assert len(scores) + n_lost == 50 and {one["reason"] for one in rejects} <= {
        "line_break_in_cell",
        "wrong_number_of_cells",
    }


def test_a_cell_that_runs_over_lines_is_a_reject_of_all_of_them(tmp_path):
    text = GOOD + 'u,F,"m\nv,F,m,2e9,acc,0.5\nw,F,m",1e9,acc,0.25\nx,F,m,1e9,acc,0.75\n'
    _, scores, rejects = of(write(tmp_path, {"t.csv": text}))
    assert sorted(scores["score"]) == [0.5, 0.75] and reasons(rejects) == [("line_break_in_cell", 3)]


def test_numbers_of_examples_that_are_none_are_said(tmp_path):
    document = v4()
    document["n-samples"]["arc_easy"] = {"effective": -5}
    _, scores, rejects = of(write(tmp_path, {"r.json": document}))
    assert scores["n_examples"].isna().all() and reasons(rejects) == [("bad_n_samples", 0)] and "-5" in rejects[0]["detail"]


@pytest.mark.parametrize("content", [HEAD, HEAD + "\n", ""])
def test_a_table_without_rows_says_so(tmp_path, content):
    write(tmp_path, {"empty.csv": content, "t.csv": GOOD})
    _, scores, rejects = of(tmp_path)
    assert len(scores) == 1 and len(rejects) == 1 and rejects[0]["reason"] in ("no_rows", "not_a_table", "not_recognised")
    (tmp_path / "t.csv").unlink()
    with pytest.raises(InputError, match=r"1 rejects, the first: empty.csv: (no_rows|not_a_table|not_recognised)"):
        results.normalise(tmp_path, RULES)


def invalid_text(path, column="model", in_name=False):
    """A Parquet table with a text that is not UTF-8."""
    bad = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 3], pa.int32()).buffers()[1], pa.py_buffer(b"m\xff\xfe")]
    )
    names = ["task", "model_family", "n_parameters", "metric", "score", "model"]
    values = [pa.array(["t"]), pa.array(["F"]), pa.array([1e9]), pa.array(["acc"]), pa.array([0.5]), pa.array(["m"])]
    values[names.index(column)] = bad
    pq.write_table(pa.table(values, names), path)
    if in_name:
        content = path.read_bytes()
        path.write_bytes(content.replace(b"model_family", b"model_f\xffmily"))


@pytest.mark.parametrize("in_name", [False, True])
def test_parquet_with_text_that_is_not_utf8_is_a_reject(tmp_path, in_name):
    invalid_text(tmp_path / "bad.parquet", "model", in_name)
    write(tmp_path, {"t.csv": GOOD})
    _, scores, rejects = of(tmp_path)
    assert scores["source_file"].tolist() == ["t.csv"] and len(rejects) == 1 and rejects[0]["file"] == "bad.parquet"


def test_examples_with_text_that_is_not_utf8_are_a_reject(tmp_path):
    from jumpcheck.base.database import connect
    from jumpcheck.formats import instances

    invalid_text(tmp_path / "bad.parquet")
    table = pq.read_table(tmp_path / "bad.parquet")
    pq.write_table(table.append_column("example", pa.array([1])), tmp_path / "bad.parquet")
    good = table.drop_columns("model").append_column("model", pa.array(["m"])).append_column("example", pa.array([1]))
    pq.write_table(good, tmp_path / "good.parquet")
    with connect() as con:
        averaged, rejects, _ = instances.average(con, tmp_path, ["bad.parquet", "good.parquet"])
    assert len(averaged) == 1 and [one.reason for one in rejects] == ["not_a_table"] and rejects[0].file == "bad.parquet"


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    frame = pd.DataFrame(
        {"name": ["=1+1", "+cmd", "@x", "-ok", "+1.5", "plain", None], "n": [1.0, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}
    )
    write_csv(frame, tmp_path / "t.csv")
    rows = (tmp_path / "t.csv").read_text().splitlines()[1:]
    assert rows == ["'=1+1,1.0", "'+cmd,-2.0", "'@x,3.0", "-ok,4.0", "+1.5,5.0", "plain,6.0", ",7.0"]


def test_archives_with_odd_headers(tmp_path):
    """Found by tests/helpers/fuzz.py: a version that nobody has, and a member without a name."""
    import io
    import zipfile

    from jumpcheck.sources import archives

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("header.json", "{}")
    content = bytearray(buffer.getvalue())
    central = content.index(b"PK\x01\x02")
    content[central + 6] = 184  # version needed to extract: 18.4
    write(tmp_path / "in", {"t.csv": GOOD})
    (tmp_path / "in/a.eval").write_bytes(content)
    _, scores, rejects = of(tmp_path / "in")
    assert len(scores) == 1 and [one["reason"] for one in rejects] == ["damaged_archive"]
    nameless = io.BytesIO()
    with zipfile.ZipFile(nameless, "w") as opened:
        opened.writestr("x", "{}")
        opened.filelist[0].filename = ""
    (tmp_path / "a.zip").write_bytes(nameless.getvalue())
    with pytest.raises(InputError, match="holds no score file"):
        archives.unpack(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("text", ['t,F,m,"3,000",acc,0.5', 't,F,m,1e9,acc,"0,500"'])
def test_a_comma_in_a_number_is_no_decimal_point_where_commas_part_the_cells(tmp_path, text):
    _, scores, rejects = of(write(tmp_path, {"t.csv": f"{GOOD}{text}\n"}))
    assert len(scores) == 1 and len(rejects) == 1 and rejects[0]["reason"] in ("bad_n_parameters", "bad_score")


def test_thousands_in_a_table_with_decimal_commas(tmp_path):
    text = "task;family;model;params;metric;score;n\nt;F;m;7,5B;acc;0,125;1,000\nt;F;k;7,5B;acc;0,250;100\n"
    text = text.replace("7,5B", "7.5B")
    _, scores, rejects = of(write(tmp_path, {"t.csv": text}))
    assert scores["score"].tolist() == [0.25] and reasons(rejects) == [("bad_n_examples", 1)]


def test_a_unit_in_a_cell_counts_before_that_of_its_column(tmp_path):
    text = "task,family,model,Model Size (B),metric,score\nt,F,m,7B,acc,0.5\nt,F,k,13,acc,0.5\n"
    tables, _, _ = of(write(tmp_path, {"t.csv": text}))
    assert {row["model"]: row["total_params"] for row in tables.models.to_pylist()} == {"m": 7e9, "k": 13e9}


def test_what_a_folder_says_counts_before_the_main_of_a_harness(tmp_path):
    files = {}
    for steps in (1000, 2000, 143000):
        config = {"model_args": f"pretrained=/data/pythia-70m/step{steps}", "model_revision": "main"}
        files[f"{steps}.json"] = v4(config=config)
    _, scores, rejects = of(write(tmp_path, files), "steps")
    assert sorted(scores["model"]) == ["step 1000", "step 143000", "step 2000"] and rejects == []


def test_models_of_one_name_and_other_sizes_are_several(tmp_path):
    text = "task,family,model,size,metric,score,stderr\n" + "".join(
        f"t,Net,Net,{size},acc,{score},0.02\n" for size, score in (("1e9", 0.25), ("3e9", 0.26), ("7e9", 0.26))
    )
    tables, scores, rejects = of(write(tmp_path, {"t.csv": text}))
    assert len(scores) == 3 and rejects == []
    assert {row["model"] for row in tables.models.to_pylist()} == {"Net, 1e+09", "Net, 3e+09", "Net, 7e+09"}


def test_a_checkpoint_says_nothing_of_the_finished_model(tmp_path):
    text = "task,family,model,params,metric,score,stderr,step\nt,F,a,1e9,acc,0.5,0.02,1000\nt,F,a,1e9,acc,0.52,0.02,\n"
    _, scores, rejects = of(write(tmp_path, {"t.csv": text}))
    assert scores["score"].tolist() == [0.52] and reasons(rejects) == [("earlier_checkpoint", 2)]


@pytest.mark.parametrize(
    "name",
    [
        "pretrained=EleutherAI/pythia-410m,peft=./out/opt-13b", "pretrained=EleutherAI/pythia-70m,peft=/lora/pythia-70m",
        "/hf/models--EleutherAI--pythia-1b/snapshots/abc+peft=me/lora",
    ],
)  # fmt: skip
def test_an_adapter_is_no_plain_model_however_it_is_written(name):
    assert RULES.of_model(name, None).model_family is None


def test_the_header_of_a_harness_as_a_name():
    assert RULES.of_model("hf (pretrained=EleutherAI/pythia-70m,dtype=float)", None).model_family == "Pythia"
    assert RULES.of_model("something pretrained=", None).model_family is None


def test_examples_under_other_names_of_columns_are_refused(tmp_path):
    frame = pd.DataFrame({"task": "t", "model": "m", "metric": "acc", "value": [1.0, 0, 0, 0], "example": range(4)})
    frame.to_parquet(tmp_path / "e.parquet")
    write(tmp_path, {"t.csv": GOOD})
    _, scores, rejects = of(tmp_path)
    assert len(scores) == 1 and reasons(rejects) == [("instances_other_names", 0)]
    assert "'value' is score" in rejects[0]["detail"]


def test_half_a_character_of_json_stays_as_it_is_spelled(tmp_path):
    document = v4()
    document["versions"]["arc_easy"] = "\ud800"
    _, scores, _ = of(write(tmp_path, {"r.json": document}))
    assert len(scores) == 1


def test_what_nobody_has_thought_of_ends_one_file_alone(tmp_path, monkeypatch):
    from jumpcheck.formats import helm, reading

    def broken(file, collected):
        collected.add(score=0.5, task="t")
        collected.n_numbers += 1
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(
        reading,
        "FORMATS",
        tuple(f if f is not helm.FORMAT else f.__class__(**(f.__dict__ | {"read": broken})) for f in reading.FORMATS),
    )
    write(tmp_path, {"t.csv": GOOD, "stats.json": "[]", "run_spec.json": "{}"})
    _, scores, rejects = of(tmp_path)
    assert len(scores) == 1 and [one["reason"] for one in rejects] == ["unreadable_content"] * 2
    assert "ZeroDivisionError: by nothing" in rejects[0]["detail"]
