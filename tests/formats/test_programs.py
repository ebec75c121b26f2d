"""Files of evaluation programs and of training logs, as they are written: every number is read or named."""

import json

import pandas as pd
from builders import ROOT, known_rules
from jumpcheck.formats import lighteval, markdown, training_logs
from jumpcheck.formats.reading import candidates, read
from jumpcheck.formats.wide import Tables
from result_files import write

METRICS = {name.lower(): name for name in pd.read_csv(ROOT / "data/reference/metrics.csv")["metric"]}
TABLES = Tables(METRICS, known_rules())


def numbers(folder, files, tables=TABLES):
    """(rows as data frame, what was collected) of files; every number is a score, a standard error or a reject."""
    table, collected = read(write(folder, files), candidates(folder)[0], 1, tables)
    frame = table.to_pandas()
    n_out = len(frame) + frame["stderr"].notna().sum() + sum(reject.numbers for reject in collected.rejects)
    assert collected.n_numbers == n_out
    return frame, collected


# --- lighteval -------------------------------------------------------------------------------------------------------------


def test_lighteval_keys_of_all_years():
    assert lighteval.split_key("harness|hendrycksTest-anatomy|5") == ("harness", "hendrycksTest-anatomy", 5)
    assert lighteval.split_key("gsm8k|0") == ("", "gsm8k", 0) and lighteval.split_key("all") == ("", "all", None)


def test_lighteval_says_its_model_its_checkpoint_and_its_numbers_of_examples(tmp_path):
    new = {
        "config_general": {"model_config": {"model_name": "org/net-1b"}, "max_samples": None},
        "results": {"gsm8k|0": {"extractive_match": 0.5, "extractive_match_stderr": 0.01}, "all": {"extractive_match": 0.5}},
        "config_tasks": {"gsm8k|0": {"effective_num_docs": 1319}},
    }
    old = {
        "config_general": {"model_name": "org/net-3b"},
        "results": {"harness|arc:challenge|25": {"acc": 0.25, "acc_norm": 0.5}},
        "config_tasks": {"harness|arc:challenge": "LM Harness task"},
    }
    frame, _ = numbers(tmp_path, {"net/step-000000750/x/results_1.json": new, "results_2.json": old})
    row = frame[(frame["model"] == "org/net-1b") & ~frame["is_aggregate"]].iloc[0]
    assert (row["task"], row["shots"], row["n_examples"], row["revision"]) == ("gsm8k", 0, 1319, "step750")
    assert frame.loc[frame["is_aggregate"], "task"].tolist() == ["all"]
    assert set(frame.loc[frame["model"] == "org/net-3b", "task"]) == {"arc:challenge"}


def test_one_task_of_two_suites_is_two_tasks(tmp_path):
    results = {"leaderboard|gsm8k|5": {"qem": 0.5}, "lighteval|gsm8k|5": {"qem": 0.25}}
    frame, _ = numbers(tmp_path, {"r.json": {"config_general": {"model_name": "m"}, "results": results}})
    assert sorted(frame["task"]) == ["leaderboard|gsm8k", "lighteval|gsm8k"]


# --- Markdown --------------------------------------------------------------------------------------------------------------

PRINTED = """\
Some words.

hf (pretrained=EleutherAI/pythia-1.4b,dtype=float16), gen_kwargs: (None), limit: None, num_fewshot: None, batch_size: 1
|    Tasks     |Version|Filter|n-shot|Metric|   |Value |   |Stderr|
|--------------|------:|------|-----:|------|---|-----:|---|-----:|
|arc_easy      |      1|none  |     0|acc   |↑  |0.5000|±  |0.0100|
|              |       |none  |     0|acc_norm|↑ |0.4500|±  |0.0100|
|mmlu          |      2|none  |      |acc   |↑  |0.2294|±  |0.0036|
| - humanities |      2|none  |      |acc   |↑  |0.2414|±  |0.0066|
|  - formal_logic|    1|none  |     0|acc   |↑  |0.2900|±  |0.0400|

hf ({'pretrained': '/data/net-7b', 'dtype': 'bfloat16'}), gen_kwargs: ({}), limit: 100.0, num_fewshot: None, batch_size: 1
|Tasks|Version|Filter|n-shot|Metric|Value|   |Stderr|
|-----|-------|------|-----:|------|----:|---|-----:|
|gsm8k|      3|strict-match|5|exact_match|25.00%|±|N/A|
|gsm8k|      3|flexible-extract|5|exact_match|n/a|± |N/A|
"""


def test_printed_tables_of_the_harness(tmp_path):
    frame, _ = numbers(tmp_path, {"a.md": PRINTED, "README.md": "| model | acc |\n|---|---|\n| x | 0.5 |\n"})
    known = frame.astype(object).where(frame.notna(), None)
    found = {(row.task, row.metric): (row.score, row.stderr, row.is_aggregate) for row in known.itertuples()}
    assert found == {
        ("arc_easy", "acc"): (0.5, 0.01, False),
        ("arc_easy", "acc_norm"): (0.45, 0.01, False),
        ("mmlu", "acc"): (0.2294, 0.0036, True),
        ("mmlu_humanities", "acc"): (0.2414, 0.0066, True),
        ("mmlu_formal_logic", "acc"): (0.29, 0.04, False),
        ("gsm8k", "exact_match"): (0.25, None, False),
    }
    assert set(frame["model"]) == {"EleutherAI/pythia-1.4b", "/data/net-7b"}
    limited = frame[frame["task"] == "gsm8k"].iloc[0]
    assert (limited["n_examples"], limited["filter"], limited["shots"]) == (100, "strict-match", 5)
    assert not markdown.has_table(tmp_path / "README.md")


# --- Leaderboards ----------------------------------------------------------------------------------------------------------

SECOND = """\
eval_name,Precision,Model,fullname,Average ⬆️,#Params (B),GPQA Raw,GPQA,MMLU-PRO Raw,MMLU-PRO,Merged
a,float16,"<a target=""_blank"" href=""https://huggingface.co/org/net-1b"">org/net-1b</a>",org/net-1b,5.1,1.3,0.26,1.23,0.1128,1.42,False
b,float16,x,org/net-3b,9.1,-1,0.30,6.67,0.2000,11.11,False
"""
FIRST = """\
T,Model,Average,ARC,HellaSwag,MMLU,TruthfulQA,Winogrande,GSM8K,#Params (B)
x,"<a href=""https://huggingface.co/org/net-1b"" style=""y"">org/net-1b</a>",30.0,25.17,26.5,24.0,45.0,50.0,0.5,1
"""


def test_both_versions_of_the_leaderboard(tmp_path):
    frame, collected = numbers(tmp_path, {"second.csv": SECOND, "first.csv": FIRST})
    second = frame[frame["source_file"] == "second.csv"]
    found = {(row.task, row.metric, row.model): row.score for row in second.itertuples()}
    assert found["mmlu_pro", "acc", "org/net-1b"] == 0.1128 and found["gpqa", "acc_norm", "org/net-3b"] == 0.3
    assert found["mmlu_pro", "normalized_score", "org/net-1b"] == 0.0142 and len(found) == 8
    sizes = second.groupby("model")["n_parameters"].first()
    assert sizes["org/net-1b"] == 1.3e9 and pd.isna(sizes["org/net-3b"])
    first = frame[frame["source_file"] == "first.csv"].set_index("task")
    assert first["score"].to_dict() == {
        "arc_challenge": 0.2517, "hellaswag": 0.265, "mmlu": 0.24, "truthfulqa": 0.45, "winogrande": 0.5, "gsm8k": 0.005,
    }  # fmt: skip
    assert first.loc["arc_challenge", ["metric", "shots", "model"]].tolist() == ["acc_norm", 25, "org/net-1b"]
    assert first["is_aggregate"].to_dict()["mmlu"] and len(collected.notes) == 2
    assert "Merged" in collected.unread["second.csv"]


# --- OpenCompass -----------------------------------------------------------------------------------------------------------


def test_summaries_of_opencompass(tmp_path):
    text = """\
dataset,version,metric,mode,qwen2.5-7b-instruct-hf,llama-2-7b-hf
--------- Exam ---------,-,-,-,-,-
mmlu,-,naive_average,ppl,60.10,46.78
ReCoRD,1a2b3c,score,gen,0.16,31.58
openai_humaneval,4d5e6f,humaneval_pass@1,gen,10.98,87.50 (7/8)
bpb-test,4d5e6f,average_ppl,ppl,7.25,-
"""
    frame, collected = numbers(tmp_path, {"summary_1.csv": text})
    found = {(row.task, row.model.split("-")[0]): row.score for row in frame.itertuples()}
    assert found["ReCoRD", "qwen2.5"] == 0.0016 and found["bpb-test", "qwen2.5"] == 7.25
    assert found["openai_humaneval", "llama"] == 0.875 and found["openai_humaneval", "qwen2.5"] == 0.1098
    assert frame.loc[frame["is_aggregate"], "task"].unique().tolist() == ["mmlu"]
    assert set(frame.loc[frame["task"] == "openai_humaneval", "metric"]) == {"pass@1"}
    assert [reject.reason for reject in collected.rejects] == ["missing_score"]


# --- BigScience, BigCode, results alone ------------------------------------------------------------------------------------


def test_checkpoints_of_bigscience(tmp_path):
    document = {
        "tokens": [1e9, 2e9], "checkpoints": [500, 1000],
        "results": {"axb": {"acc": [0.5, 0.6], "acc_stderr": [0.01, 0.02]}, "late": {"acc": [0.5]}},
    }  # fmt: skip
    frame, collected = numbers(tmp_path, {"tr12a-1B3_agg.json": document})
    assert frame[["training_steps", "training_tokens", "score", "stderr"]].to_numpy().tolist() == [
        [500, 1e9, 0.5, 0.01], [1000, 2e9, 0.6, 0.02],
    ]  # fmt: skip
    assert [(reject.reason, reject.numbers) for reject in collected.rejects] == [("wrong_number_of_checkpoints", 1)]


def test_bigcode(tmp_path):
    config = {"model": "bigcode/starcoder2-3b", "temperature": 0.2, "n_samples": 50, "limit": None}
    document = {"humaneval": {"pass@1": 0.1925, "pass@10": 0.33}, "config": config}
    community = {"results": [{"task": "humaneval", "pass@1": 0.85}], "meta": {"model": "Nebula/NebulaCoder"}}
    frame, _ = numbers(tmp_path, {"a.json": document, "b.json": community})
    assert set(frame["filter"]) == {"temperature=0.2, n_samples=50", "none"}
    assert frame.set_index(["model", "metric"])["score"].to_dict() == {
        ("bigcode/starcoder2-3b", "pass@1"): 0.1925, ("bigcode/starcoder2-3b", "pass@10"): 0.33,
        ("Nebula/NebulaCoder", "pass@1"): 0.85,
    }  # fmt: skip


def test_results_without_metrics_are_not_guessed(tmp_path):
    frame, collected = numbers(
        tmp_path, {"a.json": {"results": {"arc_easy": 0.52}}, "b.json": {"results": {"q": {"f1": 0.5}}}}
    )
    assert frame["task"].tolist() == ["q"] and [reject.reason for reject in collected.rejects] == ["not_recognised"]


# --- Training logs ---------------------------------------------------------------------------------------------------------


def test_a_history_has_the_cells_that_are_there(tmp_path):
    lines = [{"_step": 1, "train/loss": 3.0}, {"_step": 2, "hellaswag/acc": 0.25, "hellaswag/acc_stderr": 0.01}]
    text = "\n".join(map(json.dumps, lines))
    history = "_step,metrics/mmlu/5-shot/anatomy/InContextLearningMultipleChoiceAccuracy,eval/loss\n1,,3\n2,0.25,2.5\n"
    frame, collected = numbers(tmp_path, {"a.jsonl": text, "b.csv": history})
    found = frame[["task", "metric", "shots", "score", "training_steps"]].astype(object)
    assert found.where(found.notna(), None).to_numpy().tolist() == [
        ["hellaswag", "acc", None, 0.25, 2], ["mmlu anatomy", "accuracy", 5, 0.25, 2],
    ]  # fmt: skip
    assert collected.unread == {"a.jsonl": ["train/loss"], "b.csv": ["eval/loss"]}


def test_an_export_of_a_chart_names_its_runs(tmp_path):
    score = "eval/downstream/piqa_acc"
    head = f'"Step","net - 1b - {score}","net - 1b - {score}__MIN","b - {score}"'
    frame, _ = numbers(tmp_path, {"wandb_export.csv": f'{head}\n"100","0.5","0.5","0.6"\n"200","0.55","0.55",""\n'})
    assert frame[["model", "training_steps", "score"]].to_numpy().tolist() == [
        ["net - 1b", 100, 0.5], ["b", 100, 0.6], ["net - 1b", 200, 0.55],
    ]  # fmt: skip


def test_rules_are_proposed_for_columns_that_none_fits(tmp_path):
    frame, collected = numbers(tmp_path, {"a.csv": "_step,mine/quiz-exact,mine/other-exact\n1,0.5,0.25\n"})
    assert len(frame) == 0 and "columns: [{pattern: 'eval/(?P<task>.+)_acc', metric: acc}]" in collected.rejects[0].detail
    names = ["_step", "val/arc_exact", "val/piqa_exact", "optim/rate_0"]
    assert training_logs.proposed_rules(names) == ["{pattern: 'val/(?P<task>.+)_exact', metric: exact}"]


def test_tokens_in_another_row_belong_to_the_step_of_the_run(tmp_path):
    head = "_step,run_name,throughput/total_tokens,hellaswag/acc"
    rows = ["100,a,1000000,", "100,a,,0.25", "100,b,3000000,", "100,b,,0.5", "200,b,,0.75"]
    frame, _ = numbers(tmp_path, {"a.csv": "\n".join([head, *rows]) + "\n"})
    found = frame[["model", "training_steps", "training_tokens", "score"]].astype(object)
    assert found.where(found.notna(), None).to_numpy().tolist() == [
        ["a", 100, 1e6, 0.25], ["b", 100, 3e6, 0.5], ["b", 200, None, 0.75],
    ]  # fmt: skip
