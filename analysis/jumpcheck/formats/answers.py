"""Generated answers, one row per answer, and their scores: sharp and smooth metrics of the same outputs.

A token of an answer is a character: a digit, in arithmetic. Blanks around target and output do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rapidfuzz.distance import Levenshtein

from jumpcheck.base.collected import Collected
from jumpcheck.base.errors import InputError
from jumpcheck.base.files import write_parquet
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.formats import tidy
from jumpcheck.formats.format import Format
from jumpcheck.formats.json_lines import read_lines

TEXTS = ["model", "task", "prompt", "target", "output"]
OPTIONAL = {"model_family": "brought", "target_log_probability": np.nan}
MAX_LENGTH = 5
"""Targets of up to so many tokens are also scored by length, with at-least-k for every k."""
_LENGTH_PREFIX = "target length "
ALL = "all"
"""Name of the subtask that is the whole task."""
LONG_COLUMNS = {
    "dataset": "what the models answered or were trained on",
    "task": "what was asked",
    "subtask": "part of the task, for instance targets of one length",
    "model_family": "models that differ in size alone; trained ones of one seed",
    "model": "name within the family",
    "scale": "number of parameters",
    "metric": "name in data/reference/metrics.csv",
    "score": "mean over the examples",
    "n_examples": "number of test examples behind the score",
    "chance": "what guessing gets, where the metric is a share of right answers and that is known",
}
"""The long table of all experiments: one row per model, part and metric."""


SHARP = ("exact_str_match", "accuracy", "mean_subset_accuracy", "reconstruction")
"""Metrics that the paper calls sharp; in experiments the preferred ones."""


def is_answers(columns: Sequence[str]) -> bool:
    """Whether these are the columns of a table of answers."""
    return {*TEXTS, "n_parameters"} <= set(columns)


def _read_frame(path: Path) -> tuple[pd.DataFrame, list[Reject]]:
    """(one row per answer, with its `line` in a JSON Lines file; rejects for lines that are no answer)."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pandas(), []
    rows, rejects = [], []
    for number, row, fault in read_lines(path):
        if row is None:
            rejects.append(Reject("value", path.name, f"row {number}", "not_an_answer", fault))
        else:
            rows.append(row | {"line": number})
    return pd.DataFrame(rows), rejects


def _reasons(frame: pd.DataFrame, scale: pd.Series, probability: pd.Series) -> pd.Series:
    """For every row, why it cannot be scored; empty where it can."""
    reasons = pd.Series("", frame.index)

    def reject(where: pd.Series, reason: str) -> None:
        reasons[(reasons == "") & where] = reason

    for name in [*TEXTS, "model_family"]:
        reject(~frame[name].map(lambda value: isinstance(value, str)), f"{name} is not a text")
    reject(~((scale > 0) & np.isfinite(scale)), "n_parameters is not a positive number")
    reject(frame["target"].map(lambda text: isinstance(text, str) and not text.strip()), "target is empty")
    usable = (probability <= 0) & np.isfinite(probability)
    is_given = frame["target_log_probability"].notna()
    reject(is_given & ~usable, "target_log_probability is above 0, infinite or no number")
    for name, part in (("task", _LENGTH_PREFIX), ("model_family", ", seed ")):
        reserved = frame[name].map(lambda text, part=part: isinstance(text, str) and part in text)
        reject(reserved, f"{name} holds '{part}', which names parts of tasks and seeds here")
    return reasons


def read(path: Path) -> tuple[pd.DataFrame, list[Reject]]:
    """Answers of a JSON Lines or Parquet file: (rows that can be scored, what was rejected and why).

    Columns: model, n_parameters, task, prompt, target, output; optional model_family, and target_log_probability, the
    natural logarithm of the probability of the whole target.

    Raises
    ------
    Rejected
        The file cannot be read, or no row of it can be scored.

    """
    try:
        frame, rejects = _read_frame(path)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise Rejected("", "not_a_table", f"it cannot be read as {path.suffix[1:]}: {error}") from None
    for name, value in OPTIONAL.items():
        frame[name] = frame[name].fillna(value) if name in frame.columns else value
    scale, probability = (pd.to_numeric(frame[n], errors="coerce") for n in ("n_parameters", "target_log_probability"))
    reasons = _reasons(frame, scale, probability)
    line = frame["line"] if "line" in frame.columns else pd.Series(np.arange(1, len(frame) + 1), frame.index)
    rejects += [
        Reject("value", path.name, f"row {line[k]}", "not_an_answer", reasons[k]) for k in reasons.index[reasons != ""]
    ]
    good = frame.assign(n_parameters=scale, target_log_probability=probability)[reasons == ""]
    if good.empty:
        raise Rejected("", "no_answers", f"none of the {len(rejects):,} rows can be scored; first: {rejects[0].detail}")
    sizes = good.groupby(["model_family", "model"])["n_parameters"].nunique()
    if (sizes > 1).any():
        family, model = sizes.index[sizes > 1][0]
        detail = f"it gives model '{model}' of family '{family}' several numbers of parameters"
        raise Rejected("", "several_sizes", detail)
    columns = ["model_family", "model", "n_parameters", *TEXTS[1:], "target_log_probability"]
    return good[columns].reset_index(drop=True), rejects


def answer_scores(target: Sequence[str], output: Sequence[str]) -> pd.DataFrame:
    """Scores of every answer: length, exact_str_match, token_edit_distance, n_right (tokens right at their place)."""
    pairs = [(t.strip(), o.strip()) for t, o in zip(target, output, strict=True)]
    return pd.DataFrame(
        {
            "length": np.array([len(t) for t, _ in pairs], np.int64),
            "exact_str_match": np.array([t == o for t, o in pairs], float),
            "token_edit_distance": np.array([Levenshtein.distance(t, o) for t, o in pairs], float),
            "n_right": np.array([sum(a == b for a, b in zip(t, o, strict=False)) for t, o in pairs], np.int64),
        }
    )


def summarise(answers: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of answers: one row per task, subtask, model and metric, with n_examples.

    Parameters
    ----------
    answers : DataFrame
        task, model_family, model, n_parameters, length, exact_str_match, token_edit_distance, n_right,
        target_log_probability (NaN where unknown).

    Returns
    -------
    DataFrame
        task, subtask ("target length L" for each length up to MAX_LENGTH, and the task itself for all), model_family, model,
        scale, metric, score, n_examples, chance. Metrics: exact_str_match, token_edit_distance, at_least_k for k up to L - 1
        (for single lengths only), and log_likelihood_per_token, total log probability / total number of tokens.

    """
    key = ["task", "model_family", "model", "n_parameters"]
    per_length = answers[answers["length"] <= MAX_LENGTH]
    per_length = per_length.assign(subtask=_LENGTH_PREFIX + per_length["length"].astype(str))
    means = []
    for rows, one_length in ((answers.assign(subtask=answers["task"]), False), (per_length, True)):
        metrics: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
            "exact_str_match": lambda f: f["exact_str_match"],
            "token_edit_distance": lambda f: f["token_edit_distance"],
        }
        if one_length:
            for k in range(1, MAX_LENGTH):
                metrics[f"at_least_{k}"] = lambda f, k=k: (f["n_right"] >= k).astype(float).where(f["length"] > k)
        groups = [*key, "subtask"]
        for metric, score_of in metrics.items():
            scored = rows.assign(score=score_of(rows)).dropna(subset=["score"])
            mean = scored.groupby(groups, sort=True)["score"].agg(score="mean", n_examples="size").reset_index()
            means.append(mean.assign(metric=metric, chance=0.0 if metric == "exact_str_match" else np.nan))
        known = rows.dropna(subset=["target_log_probability"])
        if len(known):
            sums = known.groupby(groups, sort=True).agg(
                total=("target_log_probability", "sum"), tokens=("length", "sum"), n_examples=("length", "size")
            )
            sums["score"] = sums["total"] / sums["tokens"]
            sums = sums.reset_index().drop(columns=["total", "tokens"])
            means.append(sums.assign(metric="log_likelihood_per_token", chance=np.nan))
    table = pd.concat(means, ignore_index=True).rename(columns={"n_parameters": "scale"})
    return table.sort_values(["task", "subtask", "metric", "model_family", "scale"], ignore_index=True)


def long_table(frame: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Answers (see `read`) as the long table: LONG_COLUMNS, and `test`: all answers, or 100 of every task and model."""
    scored = pd.concat([frame.reset_index(drop=True), answer_scores(frame["target"], frame["output"])], axis=1)
    sample = scored.groupby(["task", "model_family", "model"], sort=True).sample(frac=1, random_state=1)
    sample = sample.groupby(["task", "model_family", "model"], sort=True).head(100)
    parts = [summarise(scored).assign(test="all"), summarise(sample).assign(test="100")]
    return pd.concat(parts, ignore_index=True).assign(dataset=dataset)[[*LONG_COLUMNS, "test"]]


def add(path: Path, shown: str, collected: Collected) -> None:
    """Add the mean scores of a file of answers to `collected`: those over all answers of a model.

    The means leave out answers that cannot be scored; the rejects of these count no number.
    """
    frame, rejects = read(path)
    collected.rejects += [reject._replace(kind="entry", file=shown, n_numbers=0) for reject in rejects]
    long = long_table(frame, path.name)
    tidy.add(as_tidy(long), shown, "mean", None, collected)


def as_tidy(long: pd.DataFrame) -> pd.DataFrame:
    """The scores over all test examples of a long table, as a tidy table."""
    rows = long[long["test"] == "all"].rename(columns={"scale": "n_parameters"})
    # The whole task gets a subtask's name, so that it does not count as an aggregate of the single lengths.
    part = rows["subtask"].where(rows["subtask"] != rows["task"], ALL)
    rows = rows.assign(subtask=part, shots=0, is_preferred=rows["metric"].isin(SHARP))
    return rows.drop(columns=["dataset", "test"]).reset_index(drop=True)


def write_long_table(root: str, path: str, say: Callable[[str], None], strict: bool = False) -> None:
    """Write the long table of the files of answers in a file or folder as Parquet, and say what came in.

    Raises
    ------
    InputError
        There is no such file, or none that can be scored; or `strict` is set and some answers cannot be.

    """
    place = Path(root)
    files = [place] if place.is_file() else sorted(place.rglob("*"))
    files = [file for file in files if file.is_file() and file.name.endswith(tidy.SUFFIXES)]
    try:
        parts = [(*read(file), file.name) for file in files if is_answers(tidy.columns_of(file))]
    except Rejected as fault:
        raise InputError(f"source: {root} cannot be read as answers: {fault.args[2]}") from None
    if not parts:
        raise InputError(f"source: {root} holds no table of answers, with the columns {', '.join([*TEXTS, 'n_parameters'])}")
    n_scored, rejects = sum(len(frame) for frame, _, _ in parts), [reject for _, more, _ in parts for reject in more]
    say(f"{n_scored + len(rejects):,} answers in = {n_scored:,} scored + {len(rejects):,} rejected")
    for reject in rejects[:5]:
        say(f"rejected: {reject.file} {reject.location}: {reject.detail}")
    if rejects and strict:
        raise InputError(f"strict: {len(rejects):,} answers could not be taken in")
    long = pd.concat([long_table(frame, name) for frame, _, name in parts], ignore_index=True)
    table = pa.Table.from_pandas(long, preserve_index=False)
    write_parquet(table, path, table.schema)


FORMAT = Format(
    what=f"tables of answers with the columns {', '.join(TEXTS)}, n_parameters",
    suffixes=tidy.SUFFIXES,
    recognises=lambda file: is_answers(file.columns),
    read=lambda file, collected: add(file.path, file.shown, collected),
)
