"""Training logs, as exports of Weights & Biases: one row a step, one column a metric, no column that names the model.

Columns of scores are those whose names a rule for columns fits (rules.yml has the usual ones); every row is a checkpoint.
The model is named by a column (`run_name`, `name`), by the name of the column of scores, as in an export of a chart
("<run> - eval/arc_easy_acc"), by a rule for the path of the file, or by the name of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from jumpcheck.base.collected import Collected
from jumpcheck.formats.column_names import columns_of_table, plain
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.table_files import SUFFIXES, cells
from jumpcheck.formats.tidy import add_wide
from jumpcheck.formats.wide import Scores, Tables, logged_scores, with_errors

MODEL_NAMES = ("run_name", "name", "display_name")
"""Columns that name the run of every row, in plain spelling."""
BANDS = ("__MIN", "__MAX")
"""Ends of columns of a chart that hold the range of what was drawn, and no scores."""
SHOWN = 3


def is_log(names: Sequence[str]) -> bool:
    """Whether a table has a column of training steps or tokens, or of names of runs, and none of models or scores."""
    found = {column.name for column in columns_of_table(names).values()}
    has_runs = any(plain(name) in MODEL_NAMES for name in names)
    return (has_runs or bool(found & {"training_steps", "training_tokens"})) and not found & {"model", "score"}


def log_columns(names: Sequence[str], tables: Tables) -> dict[str, Scores]:
    """The columns of a training log that hold scores; empty where the table is none."""
    if not is_log(names):
        return {}
    others = [name for name in names if name not in columns_of_table(names) and not name.endswith(BANDS)]
    return with_errors(others, lambda name: _scores_of(name, tables))


def _scores_of(name: str, tables: Tables) -> Scores | None:
    # Names of runs may hold " - " themselves, names of metrics do not.
    run, dash, metric = name.rpartition(" - ")
    found = logged_scores(metric, tables)
    return found._replace(model=run) if found and dash else found


def proposed_rules(names: Sequence[str]) -> list[str]:
    """Rules to complete for columns of a training log that no rule fits, those for most columns first.

    Examples
    --------
    >>> proposed_rules(["_step", "val/arc_easy_exact", "val/piqa_exact"])
    ["{pattern: 'val/(?P<task>.+)_exact', metric: exact}"]

    """
    found: Counter[tuple[str, str]] = Counter()
    for name in names:
        group, slash, last = name.rpartition(" - ")[2].rpartition("/")
        task, _, metric = last.rpartition("_")
        if name.endswith(BANDS) or re.search(r"per_second|runtime", last):
            continue
        if slash and task and group.split("/")[0] not in ("train", "optim", "throughput", "system", "gpu"):
            found[group, metric] += 1
    return [
        f"{{pattern: '{re.escape(group)}/(?P<task>.+)_{re.escape(metric)}', metric: {metric}}}"
        for (group, metric), _ in found.most_common(SHOWN)
    ]


def read(file: File, collected: Collected) -> None:
    """Add the scores of a training log to `collected`. A cell without a number is none: most steps log few metrics."""
    names = list(file.columns)
    columns = log_columns(names, file.tables)
    wanted = [name for name in names if name in columns_of_table(names) or plain(name) in MODEL_NAMES]
    wanted += [one for name, scores in columns.items() for one in (name, scores.errors) if one is not None]
    frame = cells(file.path, file.shown, collected, wanted)
    names = [str(name) for name in frame.columns]
    frame = _with_scales_of_steps(frame)
    named = next((name for name in names if plain(name) in MODEL_NAMES), None)
    frame = frame.rename(columns={named: "model"})
    unread = add_wide(
        frame, file, collected, log_columns_of(names, columns, file), needed=("task", "metric", "score"), may_be_empty=True,
    )  # fmt: skip
    unread = [name for name in unread if name != named]
    if unread:
        collected.unread[file.shown] = unread


def _with_scales_of_steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers of tokens and FLOPs that stand in another row of the same step of a run are in all rows of the step."""
    known = columns_of_table(frame.columns)
    steps = next((name for name, column in known.items() if column.name == "training_steps"), None)
    others = [name for name, column in known.items() if column.name in ("training_tokens", "training_flops", "loss")]
    if steps is None or not others:
        return frame
    step = [steps, *(name for name in frame.columns if plain(str(name)) in MODEL_NAMES)]
    given = frame[others].astype(object).replace("", None)
    of_step = given.groupby([frame[name] for name in step]).transform("first")
    return frame.assign(**{name: given[name].where(given[name].notna(), of_step[name]) for name in others})


def log_columns_of(names: Sequence[str], columns: dict[str, Scores], file: File) -> dict[str, Scores]:
    """`columns`, or those of all lines of a file of JSON Lines, whose first line need not have every metric."""
    return columns if set(names) <= set(file.columns) else log_columns(names, file.tables)


FORMAT = Format(
    what="training logs (tables with a column of steps and columns such as eval/downstream/arc_easy_acc)",
    suffixes=SUFFIXES,
    recognises=lambda file: bool(log_columns(file.columns, file.tables)),
    read=read,
)
