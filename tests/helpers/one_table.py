"""Score files as one table of all metrics, with the columns of the published one; and what that table lacks."""

import json

import pandas as pd
from jumpcheck.models.known_facts import KnownFacts
from jumpcheck.sources.layout import find_score_files
from jumpcheck.sources.published import COLUMNS

PARAMETERS = ("non_embedding_params", "flop_matched_non_embedding_params", "total_params")


def documents(root):
    """Every score file, in the order of their paths."""
    for path in find_score_files(root)[0]:
        yield json.loads((root / path).read_bytes())


def table_of(root):
    """One row per number, in the order of the files."""
    rows = []
    for document in documents(root):
        task, model = document["task"]["task_name"], document["model"]
        name = f"{model['model_family']} {model['model_name']}"
        for entry in document["scores"]:
            of_entry = (task, entry["subtask_description"], entry["number_of_shots"], name, entry["preferred_score"])
            rows += [(*of_entry, metric, score) for metric, score in entry["score_dict"].items()]
    frame = pd.DataFrame(rows, columns=[*COLUMNS[:4], "preferred_score", "score_key", COLUMNS[4]])
    return frame.assign(number_of_shots=frame["number_of_shots"].fillna(-1).astype("int64"))


def preferred_of(table):
    """The table of preferred scores that the authors of the published one made of it."""
    preferred = table[table["preferred_score"] == table["score_key"]]
    return preferred.groupby(list(COLUMNS[:4]))[COLUMNS[4]].mean().reset_index()


def facts_of(root):
    """What the score files say and the table does not: chance rates of preferred metrics, and sizes of models."""
    metrics, sizes = {}, {}
    for document in documents(root):
        model = document["model"]
        sizes[model["model_family"], model["model_name"]] = [model.get(name) for name in PARAMETERS]
        for entry in document["scores"]:
            key = document["task"]["task_name"], entry["subtask_description"]
            metrics[key] = (entry["preferred_score"], None, entry["low_score"])
    names = ["preferred_metric", "higher_is_better", "chance"]
    return KnownFacts(
        pd.DataFrame(
            [(*key, *values) for key, values in metrics.items()], columns=["task", "subtask", *names], dtype=object
        ),
        pd.DataFrame(
            [(*key, *values, "files") for key, values in sizes.items()],
            columns=["model_family", "model", *PARAMETERS, "source"],
        ),
    )
