"""One score file: what is taken in, what is rejected, and where a reject says it stood."""

import json

import pytest
from builders import entry, score_file
from jumpcheck.formats.bigbench import parse_plain_file, parse_score_file


def parse(document):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_score_file(content, "f.json")


def only_reject(parsed):
    assert len(parsed.rejects) == 1, parsed.rejects
    return parsed.rejects[0]


def test_published_precision_is_kept():
    parsed = parse(score_file([entry({"exact_str_match": 0.6318359375, "bleu": 0.20620155038759672}, shots=2)]))
    assert parsed.rejects == []
    assert parsed.entries[0].scores == {"exact_str_match": 647 / 1024, "bleu": 0.20620155038759672}
    assert (parsed.entries[0].shots, parsed.entries[0].preferred_metric) == (2, "exact_str_match")
    assert (parsed.task, parsed.keywords) == ("a_task", ["k"])
    assert parsed.model[:3] == ("F", "1b", 1e9)


WHOLE_FILES = {
    "empty": b"",
    "lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    "not_utf8": json.dumps(score_file()).encode().replace(b"a_task", b"\xff_task"),
    "not_json": json.dumps(score_file()).encode()[:-20],
    "not_an_object": b"[1, 2]",
    "missing_scores": {k: v for k, v in score_file().items() if k != "scores"},
    "missing_model": {k: v for k, v in score_file().items() if k != "model"},
    "missing_task": {k: v for k, v in score_file().items() if k != "task"},
    "missing_task_name": score_file(task=None) | {"task": {}},
    "bad_task_name": score_file() | {"task": {"task_name": 7}},
    "bad_model": score_file(model=None) | {"model": "128b"},
    "bad_model_family": score_file(family=None),
    "bad_scores": score_file() | {"scores": None},
    "no_scores": score_file([]),
    "repeated_key": b'{"model": {}, "model": {}, "task": {"task_name": "t"}, "scores": []}',
}


@pytest.mark.parametrize("reason", WHOLE_FILES)
def test_unreadable_file(reason):
    parsed = parse(WHOLE_FILES[reason])
    assert parsed.model is None and not parsed.entries and parsed.n_numbers == 0
    reject = only_reject(parsed)
    assert (reject.kind, reject.file, reject.reason) == ("file", "f.json", reason)
    assert reject.detail


def test_deep_nesting_and_long_integers_are_rejects():
    assert only_reject(parse(b"[" * 100_000)).reason == "not_json"
    assert only_reject(parse(b'{"a": ' + b"9" * 5000 + b"}")).reason == "not_json"


def test_lone_surrogate_in_a_name_is_rejected():
    assert only_reject(parse(score_file(task="\ud800"))).reason == "bad_task_name"


ENTRIES = {
    "missing_score_dict": {k: v for k, v in entry().items() if k != "score_dict"},
    "bad_score_dict": entry() | {"score_dict": [1]},
    "empty_score_dict": entry({}),
    "not_an_object": "entry",
    "bad_number_of_shots": entry(shots="three"),
    "bad_subtask_description": entry(label=5),
}


@pytest.mark.parametrize("reason", ENTRIES)
def test_unreadable_entry_leaves_the_others(reason):
    parsed = parse(score_file([ENTRIES[reason], entry()]))
    reject = only_reject(parsed)
    assert (reject.kind, reject.reason) == ("entry", reason)
    assert reject.location.startswith("scores[0]")
    assert parsed.n_numbers == 1 and len(parsed.entries) == 1


@pytest.mark.parametrize("shots", [True, -2, 2.5, float("nan"), float("inf"), 2**40])
def test_bad_shots(shots):
    assert only_reject(parse(score_file([entry(shots=shots)]))).reason == "bad_number_of_shots"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("preferred_score", None, "bad_preferred_score"),
        ("preferred_score", ..., "missing_preferred_score"),
        ("preferred_score", "not there", "preferred_score_absent"),
        ("low_score", "0", "bad_low_score"),
        ("low_score", float("nan"), "bad_low_score"),
        ("high_score", True, "bad_high_score"),
    ],
)
def test_a_faulty_field_is_rejected_and_the_numbers_are_kept(field, value, reason):
    one = entry() | {field: value}
    if value is ...:
        del one[field]
    parsed = parse(score_file([one]))
    reject = only_reject(parsed)
    assert (reject.kind, reject.location, reject.reason) == ("entry", f"scores[0].{field}", reason)
    assert parsed.entries[0].scores == {"exact_str_match": 0.5}


VALUES = {
    "NaN": "not_finite",
    "Infinity": "not_finite",
    "-Infinity": "not_finite",
    "1e999": "not_finite",
    "1e200": "not_finite",
    "1" + "0" * 400: "not_finite",
    '"0.5"': "not_a_number",
    "null": "not_a_number",
    "[0.5]": "not_a_number",
    "{}": "not_a_number",
    "true": "not_a_number",
    "false": "not_a_number",
}


@pytest.mark.parametrize("token", VALUES)
def test_value_that_is_no_number(token):
    content = json.dumps(score_file([entry({"good": 1, "bad": "HERE"}, preferred="good")]))
    parsed = parse(content.replace('"HERE"', token).encode())
    reject = only_reject(parsed)
    assert (reject.kind, reject.location, reject.reason) == ("value", 'scores[0].score_dict["bad"]', VALUES[token])
    assert parsed.entries[0].scores == {"good": 1.0}
    assert parsed.n_numbers == 2


def test_a_name_that_stands_twice_in_score_dict_gives_two_numbers():
    content = json.dumps(score_file()).replace('"exact_str_match": 0.5', '"exact_str_match": 0.5, "exact_str_match": 0.6')
    parsed = parse(content.encode())
    assert parsed.entries[0].scores == [("exact_str_match", 0.5), ("exact_str_match", 0.6)]
    assert parsed.n_numbers == 2


@pytest.mark.parametrize("count", ["many", 0, -5, float("inf"), True])
def test_bad_parameter_count_is_told_and_taken_as_absent(count):
    document = score_file()
    document["model"]["total_params"] = count
    parsed = parse(document)
    assert (only_reject(parsed).location, only_reject(parsed).reason) == ("model.total_params", "bad_total_params")
    assert parsed.model.total_params is None and parsed.model.non_embedding_params == 1e9


@pytest.mark.parametrize("keywords", ["one", ["a", 7], {}])
def test_bad_keywords_are_told(keywords):
    document = score_file()
    document["task"]["keywords"] = keywords
    parsed = parse(document)
    assert (only_reject(parsed).location, parsed.keywords) == ("task.keywords", [])
    assert parsed.n_numbers == 1


def test_byte_order_mark_and_absent_fields():
    one = {"score_dict": {"m": 1}, "preferred_score": "m", "subtask_description": ""}
    parsed = parse(b"\xef\xbb\xbf" + json.dumps(score_file([one])).encode())
    assert parsed.rejects == []
    (one,) = parsed.entries
    assert (one.subtask, one.shots, one.preferred_metric, one.low_score, one.high_score) == ("a_task", None, "m", None, None)


def plain(**changes):
    return score_file(queries=None) | changes


def test_a_plain_file_is_read_alike_both_ways():
    content = json.dumps(plain()).encode()
    fast, slow = parse_plain_file(content), parse_score_file(content, "p")
    assert fast is not None
    for name in ("task", "keywords", "model", "entries", "rejects", "n_numbers"):
        assert getattr(fast, name) == getattr(slow, name), name
    assert list(fast.positions) == slow.positions


@pytest.mark.parametrize(
    "old_new",
    [
        ('"exact_str_match": 0.5', '"exact_str_match": 0.5, "exact_str_match": 0.5'),
        ('"exact_str_match": 0.5', '"exact_str_match": 1e999'),
        ('"exact_str_match": 0.5', '"exact_str_match": 1e101'),
        ('"exact_str_match": 0.5', '"exact_str_match": NaN'),
        ('"exact_str_match": 0.5', '"exact_str_match": true'),
        ('"exact_str_match": 0.5', '"exact_str_match": null'),
        ('"exact_str_match": 0.5', '"exact_str_match": "0.5"'),
        ('"exact_str_match": 0.5', '"exact_str_match": 0.5, "": 1'),
        ('"exact_str_match": 0.5', '"exact_str_match": 0.5, "\\u0061": 1'),
        ('"exact_str_match": 0.5', '"other": 0.5'),
        ('"exact_str_match": 0.5', ""),
        ('"number_of_shots": 0', '"number_of_shots": 0, "number_of_shots": 1'),
        ('"number_of_shots": 0', '"number_of_shots": -2'),
        ('"number_of_shots": 0', '"number_of_shots": null'),
        ('"number_of_shots": 0', '"number_of_shots": 4294967296'),
        ('"low_score": 0.0', '"low_score": null'),
        ('"low_score": 0.0', '"low_score": 1e300'),
        ('"low_score": 0.0', '"low_score": 0.0, "more": 1'),
        ('"subtask_description": "a_task"', '"subtask_description": ""'),
        ('"total_params": 1000000000.0', '"total_params": -3'),
        ('"total_params": 1000000000.0', '"total_params": 1, "total_params": 2'),
        ('"task_name": "a_task"', '"task_name": 7'),
        ('"task_name": "a_task"', '"task_name": "a_task", "task_name": "b"'),
        ('"keywords": ["k"]', '"keywords": "k"'),
        ('"queries": null', '"queries": []'),
        ('"queries": null', '"queries": null, "scores": []'),
        ('"queries": null}', '"queries": null'),
        ('"queries": null}', '"queries": null}]'),
    ],
)
def test_anything_unusual_takes_the_slow_way(old_new):
    content = json.dumps(plain())
    assert old_new[0] in content
    assert parse_plain_file(content.replace(*old_new).encode()) is None


def test_bytes_that_are_no_text_take_the_slow_way():
    content = json.dumps(plain()).encode()
    assert parse_plain_file(b"\xef\xbb\xbf" + content) is None
    assert parse_plain_file(content.replace(b"a_task", b"a_ta\xffk")) is None
    assert parse_plain_file(b"") is None
    assert parse_plain_file(content.replace(b"a_task", b"a_ta\x01k")) is None
