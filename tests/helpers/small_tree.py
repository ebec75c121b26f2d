"""A small made-up tree of score files in BIG-bench's layout: every shape of entry that the published files have."""

import json
import math
import random
from pathlib import Path

FAMILIES = {
    "BIG-G T=0": ["2m", "16m", "53m", "125m", "244m", "422m", "1b", "2b", "4b", "8b", "27b", "128b"],
    "BIG-G sparse": ["2m", "16m", "53m", "125m", "244m", "422m", "1b", "2b", "4b", "8b"],
    "GPT": [
        "GPT-3-Small",
        "GPT-3-Medium",
        "GPT-3-Large",
        "GPT-3-XL",
        "GPT-3-3B",
        "GPT-3-6B",
        "GPT-3-13B",
        "GPT-3-200B",
    ],
    "PaLM": ["8b", "64b", "535b"],
}
PARAMETERS = {
    "BIG-G T=0": [2e6, 16e6, 53e6, 125e6, 244e6, 422e6, 1e9, 2e9, 4e9, 8e9, 27e9, 128e9],
    "BIG-G sparse": [2e6, 16e6, 53e6, 125e6, 244e6, 422e6, 1e9, 2e9, 4e9, 8e9],
    "GPT": [125e6, 350e6, 760e6, 1.3e9, 2.7e9, 6.7e9, 13e9, 200e9],
    "PaLM": [8e9, 64e9, 535e9],
}
SHOTS = {"PaLM": [0, 1]}
CHOICES, TEXT = "multiple_choice_grade", "exact_str_match"
# task: (preferred metric, examples, subtasks, tokens of an answer)
TASKS = {
    "anachronisms": (CHOICES, 230, [], 1),
    "cause_and_effect": (CHOICES, 153, ["one_sentence", "two_sentences"], 1),
    "code_line_description": (CHOICES, 60, [], 1),
    "linguistics_puzzles": (TEXT, 200, [], 8),
    "modified_arithmetic": (TEXT, 500, ["two_digits", "three_digits", "four_digits"], 5),
    "periodic_elements": (TEXT, 118, [], 2),
    "summaries": ("rougeLsum", 100, [], 20),
    "word_sorting": (TEXT, 190, [], 6),
}


def entry(rng: random.Random, label: str, preferred: str, n: int, tokens: int, scale: float, shots: int) -> dict:
    """One entry: all metrics of one subtask at one number of shots, from one smooth law."""
    p = math.exp(-((scale / 3e7) ** -(0.22 + 0.02 * shots)))
    chance = 0.25 if preferred == CHOICES else 0.0
    right = chance + (1 - chance) * p**tokens
    k = sum(rng.random() < right for _ in range(n))
    loss = -math.log(p)
    scores = {
        CHOICES: {
            CHOICES: k / n,
            "calibration_multiple_choice_brier_score": 0.25 * loss,
            "my_own_score": 3 - loss,
        },
        TEXT: {TEXT: k / n, "bleu": 100 * p**4, "rougeLsum": 100 * p**2},
        "rougeLsum": {"rougeLsum": 100 * p**2, "rouge1": 100 * p, TEXT: k / n},
    }[preferred]
    return {
        "score_dict": scores,
        "preferred_score": preferred,
        "subtask_description": label,
        "low_score": chance,
        "high_score": 1.0,
        "number_of_shots": shots,
    }


def average(entries: list[dict], task: str) -> dict:
    """The aggregate entry of a task with subtasks."""
    names = entries[0]["score_dict"]
    scores = {name: sum(e["score_dict"][name] for e in entries) / len(entries) for name in names}
    chance = entries[0]["low_score"]
    preferred = scores[entries[0]["preferred_score"]]
    scores["normalized_aggregate_score"] = 100 * (preferred - chance) / (1 - chance)
    return entries[0] | {
        "score_dict": scores,
        "preferred_score": "normalized_aggregate_score",
        "subtask_description": task,
        "low_score": 0.0,
        "high_score": 100.0,
    }


def write(root: Path, tasks: list[str] | None = None) -> int:
    """Write the tree below `root`; returns the number of files."""
    n_files = 0
    for task in tasks or TASKS:
        preferred, n, subtasks, tokens = TASKS[task]
        for family, models in FAMILIES.items():
            for model, scale in zip(models, PARAMETERS[family], strict=True):
                rng = random.Random(f"{task}/{family}/{model}")
                entries = []
                for shots in SHOTS.get(family, [0, 1, 3]):
                    labels = [f"{task}:{subtask}" for subtask in subtasks] or [task]
                    part = [entry(rng, label, preferred, n, tokens, scale, shots) for label in labels]
                    entries += [*part, average(part, task)] if subtasks else part
                document = {
                    "scores": entries,
                    "model": {
                        "model_family": family,
                        "model_name": model,
                        "non_embedding_params": int(scale),
                        "flop_matched_non_embedding_params": int(scale / (2 if "sparse" in family else 1)),
                        "total_params": int(scale * 1.1),
                        "training_batch_size": None,
                        "training_steps": None,
                        "description": "made up",
                        "decoding_params": {},
                    },
                    "task": {
                        "task_name": task,
                        "description": "made up",
                        "keywords": ["made up"],
                        "max_input_length_per_query": 100,
                        "max_queries": n,
                    },
                    "queries": None,
                }
                folder = root / "bigbench/benchmark_tasks" / task / "results"
                folder.mkdir(parents=True, exist_ok=True)
                name = f"scores_{family.replace(' ', '_')}_{model}.json"
                (folder / name).write_text(json.dumps(document, indent=1), encoding="utf-8")
                n_files += 1
    return n_files
