"""Reading speed of files of lm-evaluation-harness: 2,000 results of mixed versions, and 10^6 samples in 10 files.

    python benchmarks/formats.py

Files are as large and as dense as the harness writes them: of version 0.4 most of a file is the configuration of its tasks.
"""

import json
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path

from jumpcheck.models import rule_files
from jumpcheck.normalise import results

SIZES = ["70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b"]
FILES, TASKS = 2000, 60
N_SAMPLES, FILES_OF_SAMPLES = 10**6, 10
CONFIG = {
    "dataset_path": "hails/mmlu_no_train", "dataset_kwargs": {"trust_remote_code": True}, "test_split": "test",
    "fewshot_split": "dev", "doc_to_choice": ["A", "B", "C", "D"], "doc_to_target": "answer", "target_delimiter": " ",
    "doc_to_text": "{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:",
    "description": "The following are multiple choice questions (with answers).\n\n", "fewshot_delimiter": "\n\n",
    "fewshot_config": {"sampler": "first_n"}, "num_fewshot": 5, "output_type": "multiple_choice", "repeats": 1,
    "metric_list": [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in ("acc", "acc_norm")],
    "should_decontaminate": False, "metadata": {"version": 1.0},
}  # fmt: skip


def document(version, model, rng):
    names = [f"mmlu_subject_{k}" for k in range(TASKS)]
    comma = ",none" if version == "0.4" else ""
    results = {}
    for name in names:
        results[name] = {"alias": f"  - {name}"} if comma else {}
        for metric in ("acc", "acc_norm"):
            results[name] |= {f"{metric}{comma}": rng.random(), f"{metric}_stderr{comma}": rng.random() / 50}
    config = {"model": "hf", "model_args": f"pretrained={model}", "batch_size": "auto", "num_fewshot": 5}
    if version == "0.3":
        return {"results": results, "versions": dict.fromkeys(names, 1), "config": config}
    return {
        "results": results,
        "group_subtasks": {name: [] for name in names},
        "configs": {name: {"task": name, **CONFIG} for name in names},
        "versions": dict.fromkeys(names, 1.0),
        "n-shot": dict.fromkeys(names, 5),
        "higher_is_better": {name: {"acc": True, "acc_norm": True} for name in names},
        "n-samples": {name: {"original": 100, "effective": 100} for name in names},
        "config": config,
        "pretty_env_info": "PyTorch version: 2.3.0\n" * 150,
        "model_name": model,
    }


def sample(k, rng):
    """One example of multiple choice as the harness logs it."""
    target = rng.randrange(4)
    logs = [[round(rng.gauss(-20, 5), 10), False] for _ in range(4)]
    best = max(range(4), key=lambda option: logs[option][0])
    question = "Which of these is the best explanation of what is seen in this figure of a paper? " * 3
    return {
        "doc_id": k,
        "doc": {
            "question": question,
            "choices": [f"because of reason {option} " * 4 for option in range(4)],
            "answer": target,
        },
        "target": str(target),
        "arguments": {f"gen_args_{option}": {"arg_0": question, "arg_1": f" {option}"} for option in range(4)},
        "resps": [[one] for one in logs],
        "filtered_resps": logs,
        "filter": "none",
        "metrics": ["acc", "acc_norm"],
        "doc_hash": f"{rng.getrandbits(256):064x}",
        "prompt_hash": f"{rng.getrandbits(256):064x}",
        "target_hash": f"{rng.getrandbits(256):064x}",
        "acc": float(best == target),
        "acc_norm": float(best == target),
    }


def samples(rng):
    """Read N_SAMPLES samples in FILES_OF_SAMPLES files, each with its results."""
    known = rule_files.read([Path(__file__).parents[1] / "data/reference/rules.yml"])
    time_of_run = "2026-01-01T00-00-00.000000"
    with tempfile.TemporaryDirectory() as folder:
        lines = [json.dumps(sample(k, rng)) for k in range(2000)]  # one block of lines, again and again with other numbers
        n = N_SAMPLES // FILES_OF_SAMPLES
        for k in range(FILES_OF_SAMPLES):
            path = Path(folder, str(k))
            path.mkdir()
            with (path / f"samples_quiz_{k}_{time_of_run}.jsonl").open("w") as file:
                for row in range(n):
                    line = lines[row % len(lines)]
                    file.write(f'{{"doc_id": {row}' + line[line.index(",") :] + "\n")
            results_file = {
                "results": {}, "versions": {}, "configs": {}, "model_name": f"EleutherAI/pythia-{SIZES[k % 8]}",
                "config": {"model_args": f"pretrained=EleutherAI/pythia-{SIZES[k % 8]}"},
            }  # fmt: skip
            results_file["results"]["other"] = {"acc,none": 0.5}
            (path / f"results_{time_of_run}.json").write_text(json.dumps(results_file))
        megabytes = sum(path.stat().st_size for path in Path(folder).rglob("*.jsonl")) / 1e6
        start = time.perf_counter()
        tables = results.normalise(Path(folder), known, n_processes=2)
        taken = time.perf_counter() - start
        assert (tables.scores["n_examples"].to_numpy() == n).sum() == 5 * FILES_OF_SAMPLES
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"{N_SAMPLES:,} samples, {megabytes:,.0f} MB, 2 processes: {taken:.1f} s, {megabytes / taken:.0f} MB/s, "
            f"peak memory of both below {peak / 1e6:.2f} GB"
        )


def main():
    rng = random.Random(0)
    known = rule_files.read([Path(__file__).parents[1] / "data/reference/rules.yml"])
    with tempfile.TemporaryDirectory() as folder:
        for k in range(FILES):
            model = f"EleutherAI/pythia-{SIZES[k % 8]}"
            version = "0.3" if k % 4 == 0 else "0.4"
            one = document(version, model, rng)
            # Every file has tasks of its own: none repeats a number.
            text = json.dumps(one, indent=2).replace("mmlu_subject", f"mmlu_{k // 8}_subject")
            path = Path(folder, f"{k % 8}", f"results_{k:04}.json")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        megabytes = sum(path.stat().st_size for path in Path(folder).rglob("*.json")) / 1e6
        for n_processes in (1, 2):
            seconds = []
            for _ in range(3):
                start = time.perf_counter()
                tables = results.normalise(Path(folder), known, n_processes=n_processes)
                seconds.append(time.perf_counter() - start)
            n = tables.facts
            assert (n["scores"], n["filled_stderr"], n["rejected_values"]) == (FILES * TASKS * 2, FILES * TASKS * 2, 0)
            taken = statistics.median(seconds)
            print(
                f"{FILES:,} files, {megabytes:.0f} MB, {n['numbers_in']:,} numbers, {n_processes} processes: {taken:.2f} s, "
                f"{megabytes / taken:.0f} MB/s"
            )


if __name__ == "__main__":
    samples(random.Random(0))
    main()
