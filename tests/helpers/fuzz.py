"""Damaged inputs of every reader and of archives, by random mutations: `python tests/helpers/fuzz.py --inputs 1000000`.

A fault of an input may only end in a reject or in a message to the user (InputError). No input may take longer than
10 seconds, and nothing may be written outside the folder. No number may be lost: the count of a file's numbers must
equal its rows, standard errors and rejected numbers together. Every finding is printed with its seed N. To repeat it:
`--seed N --inputs 1`.
"""

import argparse
import contextlib
import io
import json
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
from jumpcheck.base.collected import Collected
from jumpcheck.base.errors import InputError
from jumpcheck.formats import reading
from jumpcheck.formats.wide import Tables
from jumpcheck.models import rule_files
from jumpcheck.sources import archives

SLOW = 10.0
JUNK = [
    b"null", b"[]", b"{}", b"1e999", b"-1", b'"x"', b"true", b"NaN", b"", b"}", b"]", b'"', b"\\", b"\x00", b"9" * 400, b"\xff\xfe",
    b",", b";", b"\n", b"\r", b'"\n"', b"=1+1", b"0,5", b"[" * 3000, b'{"a":' * 1000, b"\xed\xa0\x80", b"\\ud800",
]  # fmt: skip


def lm_eval(version):
    comma = ",none" if version == 4 else ""
    results = {"arc": {f"acc{comma}": 0.5, f"acc_stderr{comma}": 0.05, "alias": "arc"}, "b": {f"f1{comma}": 3}}
    document = {"results": results, "versions": {"arc": 1}, "config": {"model_args": "pretrained=a/b-7b,revision=step1"}}
    more = {"configs": {"arc": {"output_type": "multiple_choice", "doc_to_choice": ["A", "B"]}}, "n-shot": {"arc": 5}}
    return json.dumps(document | (more | {"n-samples": {"arc": {"effective": 101}}, "date": 1.7e9} if version == 4 else {}))


def seeds():
    """{name of a file: its content}, one of every format that is text, and what must lie beside it."""
    sample = {
        "doc_id": 0,
        "target": "1",
        "filtered_resps": [[-1.5, False], [-0.5, True]],
        "filter": "none",
        "metrics": ["acc"],
        "acc": 1.0,
    }
    inspect = {
        "version": 2, "status": "success", "plan": {}, "eval": {"task": "q", "model": "m-7b", "config": {"epochs": 1}, "created": "2026-01-01"},
        "results": {"completed_samples": 2, "scores": [{"name": "s", "metrics": {"accuracy": {"value": 0.5}, "stderr": {"value": 0.5}}}]},
        "samples": [{"id": k, "epoch": 1, "scores": {"s": {"value": v}}} for k, v in enumerate("CI")],
    }  # fmt: skip
    common = {
        "schema_version": "0.3.0", "model_info": {"id": "m"}, "evaluation_results": [
            {"evaluation_name": "b", "metric_config": {"metric_id": "accuracy", "lower_is_better": False},
             "score_details": {"score": 0.5, "uncertainty": {"standard_error": {"value": 0.1}, "num_samples": 26}}}]}  # fmt: skip
    log = {
        "model": {"model_family": "F", "model_name": "m", "total_params": 7}, "task": {"task_name": "t"},
        "queries": [{"shots": 0, "task": "t", "samples": [{"correct": 1.0, "metrics": {"bleu": 2.0}}, {"correct": 0.0}]}],
        "scores": [{"subtask_description": "t", "number_of_shots": 0, "score_dict": {"multiple_choice_grade": 0.5, "bleu": 2.0}}],
    }  # fmt: skip
    statistics = [{"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": 0.5, "sum": 0.5}]
    head = "task,model_family,model,n_parameters,metric,score,stderr,n_examples,seed"
    rows = ["t,F,a,7B,acc,0.5,0.05,101,1", 't,F,"b, ""x""",1e9,acc,0.25,,,2', "u,F,c,3e9,f1,nan,0.1,1,"]
    row = {"task": "t", "model": "m", "metric": "acc", "score": 0.5, "stderr": 0.1, "higher_is_better": True}
    return {
        "v4.json": lm_eval(4), "v3.json": lm_eval(3), "inspect.json": json.dumps(inspect), "common.json": json.dumps(common),
        "u_samples.jsonl": json.dumps({"model_id": "m", "evaluation_name": "b", "sample_id": "1", "evaluation": {"score": 1.0}}) + "\n",
        "samples_q_2026-01-01T00-00-00.jsonl": (json.dumps(sample) + "\n") * 2, "log.json": json.dumps(log),
        "stats.json": json.dumps(statistics), "foundry.json": json.dumps({"model": "m", "eval_metrics": {"icl": {"a": 0.5}}}),
        "per_instance_stats.json": json.dumps([{"instance_id": "1", "train_trial_index": 0, "stats": statistics}]),
        "t.csv": "\n".join([head, *rows]) + "\n", "w.csv": "Model;Size (B);MMLU;arc_acc\na;7,0;0,5;0,25\nb;9;;-100\n",
        "t.jsonl": (json.dumps(row) + "\n") * 2,
    } | programs()  # fmt: skip


def programs():
    """Files of other programs, as `seeds`."""
    metrics = {"acc": 0.5, "acc_stderr": 0.05, "acc_norm": 0.25}
    listed = [{"task_name": "q", "prompt_name": "p", **metrics, "subset": None}]
    checkpoints = {
        "tokens": [1e9, 2e9],
        "checkpoints": [5, 10],
        "results": {"q": {"acc": [0.5, 0.6], "acc_stderr": [0.1, 0.1]}},
    }
    code = {"humaneval": {"pass@1": 0.2, "pass@10": 0.3}, "config": {"model": "m-7b", "n_samples": 5, "temperature": 0.2}}
    printed = (
        "hf (pretrained=a/b-7b), gen_kwargs: (None), limit: None, num_fewshot: None, batch_size: 1\n"
        "|Tasks|Version|Filter|n-shot|Metric|   |Value |   |Stderr|\n|---|---|---|---|---|---|---|---|---|\n"
        "|mmlu |2|none| |acc|↑|0.2294|±|0.0036|\n| - stem|2|none|0|acc|↑|0.24|±|N/A|\n"
    )
    return {
        "lighteval.json": json.dumps({
            "config_general": {"model_name": "m-7b"}, "config_tasks": {"q|5": {"effective_num_docs": 10}},
            "results": {"leaderboard|q|5": metrics, "all": metrics, "q:_average|5": metrics},
        }),
        "list.json": json.dumps({"results": listed, "config": {"num_fewshot": 0}, "versions": {"q+p": 0}}),
        "run_agg.json": json.dumps(checkpoints), "bare.json": json.dumps({"results": {"q": metrics}}),
        "code.json": json.dumps(code), "printed.md": printed,
        "summary.csv": "dataset,version,metric,mode,a-7b,b\n--- X ---,-,-,-,-,-\nq,1a,accuracy,gen,31.58,-\nm,-,average,gen,9,1 (2/3)\n",
        "board.csv": "eval_name,fullname,Precision,#Params (B),GPQA Raw,GPQA,BBH Raw,BBH\ne,o/m-7b,bf16,7,0.26,1.2,0.3,5\nf,o/n,,-1,x,,,\n",
        "history.csv": '"_step","b - eval/downstream/piqa_acc","b - eval/downstream/piqa_acc__MIN","q/acc"\n"1","0.5","",""\n"2","","","x"\n',
        "history.jsonl": '{"_step": 1, "train/loss": 3}\n{"_step": 2, "q/acc": 0.5, "q/acc_stderr": 0.1, "run_name": "m-7b"}\n',
        "rows.csv": "task,model,metric,score\nq,m,acc,25.2%\nq,m,acc_stderr,0.1\nq,m,f1_stderr,0.1\n",
    }  # fmt: skip


def mutated(content, rng):
    """`content` with a few pieces replaced, doubled, moved or cut."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        if not content:
            break
        place, length = int(rng.integers(len(content))), int(rng.integers(0, 24))
        kind = rng.integers(6)
        if kind == 0:
            content[place : place + length] = JUNK[rng.integers(len(JUNK))]
        elif kind == 1:
            content[place] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            content = content[:place]
        elif kind == 3:
            content[place:place] = content[place : place + length]
        elif kind == 4:
            other = int(rng.integers(len(content)))
            content[place : place + length] = content[other : other + length]
        else:
            marks = [k for k, letter in enumerate(content[:5000]) if letter in b':,[;"'] or [place]
            at = marks[rng.integers(len(marks))] + 1
            content[at : at + length] = JUNK[rng.integers(len(JUNK))]
    return bytes(content)


def archive(kind):
    buffer = io.BytesIO()
    files = {"bigbench/benchmark_tasks/t/results/scores_F_1b.json": b"{}" * 50, "x/../y": b"1", "readme": b"hello" * 30}
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in files.items():
                opened.writestr(name, content)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz" if kind == "tar.gz" else "w") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def eval_log(inspect):
    buffer = io.BytesIO()
    log = json.loads(inspect)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("header.json", json.dumps({name: log[name] for name in log if name != "samples"}))
        for sample in log["samples"]:
            opened.writestr(f"samples/{sample['id']}.json", json.dumps(sample))
    return buffer.getvalue()


def check_reader(folder, name, content, tables):
    """Read one file; AssertionError where a number is lost."""
    (folder / name).write_bytes(content)
    collected = Collected()
    reading.read_file(folder, name, collected, tables)
    unforeseen = [reject.detail for reject in collected.rejects if reject.reason == "unreadable_content"]
    assert not unforeseen, unforeseen[0]
    table = collected.table()
    n_out = len(table) + len(table) - table["stderr"].null_count + sum(reject.numbers for reject in collected.rejects)
    assert collected.n_numbers == n_out, f"{collected.n_numbers} numbers in, {n_out} out"


def check_archive(folder, name, content, _):
    (folder / name).write_bytes(content)
    with contextlib.suppress(InputError):
        archives.unpack(folder / name, folder / "out")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10**6)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    root = Path(__file__).parents[2]
    tables = Tables({"acc": "acc", "f1": "f1"}, rule_files.read([root / "data/reference/rules.yml"]), missing=("-100",))
    kinds = [(check_reader, name, content.encode()) for name, content in seeds().items()]
    kinds.append((check_reader, "a.eval", eval_log(seeds()["inspect.json"])))
    kinds += [(check_archive, f"a.{kind}", archive(kind)) for kind in ("zip", "tar.gz", "tar")]
    counts, findings, started = Counter(), 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        outside, folder = Path(place), Path(place, "in")
        folder.mkdir()
        spec = {"name": "gsm:model=x", "adapter_spec": {"model": "m-7b"}}
        for seed in range(options.seed, options.seed + options.inputs):
            if time.perf_counter() - started > options.seconds:
                break
            rng = np.random.default_rng(seed)
            check, name, content = kinds[seed % len(kinds)]
            (folder / "run_spec.json").write_text(json.dumps(spec))
            began = time.perf_counter()
            try:
                check(folder, name, mutated(content, rng), tables)
                taken = time.perf_counter() - began
                assert taken < SLOW, f"it took {taken:.0f} s"
                assert {path.name for path in outside.iterdir()} == {"in"}, "something was written outside the folder"
            except Exception:
                findings += 1
                print(f"seed {seed}, {name}:\n{traceback.format_exc(limit=-4)}", flush=True)
            counts[name] += 1
            for path in folder.iterdir():
                if path.is_file():
                    path.unlink()
    taken = time.perf_counter() - started
    print(
        f"{sum(counts.values()):,} inputs in {taken:.0f} s, {findings} findings; "
        + ", ".join(f"{n:,} {k}" for k, n in counts.items())
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
