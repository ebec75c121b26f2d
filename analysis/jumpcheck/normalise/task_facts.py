"""What is known of tasks and metrics by their names: chance rates, numbers of examples, averages, and usual spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jumpcheck.base import columns as arrow
from jumpcheck.base.columns import TEXT, Texts, combination
from jumpcheck.models.rules import Rules, TaskRule
from jumpcheck.models.task_names import is_average

CHANCE_SOURCES = ("file", "own_rule", "reference")
"""Where the chance rate of a number is from: its file, a rule of the user's, or data/reference."""
N_SOURCES = ("given", "rule")
"""Where the number of examples of a number is from: its file, or a rule of the user's."""


def with_usual_metrics(table: pa.Table, metrics: Mapping[str, str]) -> pa.Table:
    """`table`, in collected.SCHEMA, with known metrics in the spelling of the reference: Accuracy becomes accuracy.

    `acc,none` becomes the metric acc; another text after the comma becomes the filter where the file gives none.
    `metrics` are the known metrics by their names in lower case.
    """
    found = Texts.from_column(table["metric"])
    usual, filters = list(found.names), [""] * len(found.names)
    known = set(metrics.values())
    for k, name in enumerate(found.names):
        metric, comma, after = name.rpartition(",")
        if comma and name not in known and metric.strip().lower() in metrics and after.strip():
            name, filters[k] = metric, after.strip()
        usual[k] = name if name in known else metrics.get(name.strip().lower(), name)
    if usual == found.names:
        return table
    table = _with_texts(table, "metric", found.codes, usual)
    if any(filters):
        given = Texts.from_column(table["filter"])
        names = [*given.names, *filters, "none"]
        of_metric = np.array([bool(text) for text in filters])[found.codes] & (found.codes >= 0)
        is_open = of_metric & (np.array([name == "none" for name in [*given.names, "none"]])[given.codes])
        codes = np.where(is_open, len(given.names) + found.codes, given.codes)
        table = _with_texts(table, "filter", codes, names)
    return table


def _with_texts(table: pa.Table, name: str, codes: np.ndarray, names: list[str]) -> pa.Table:
    """`table` with the texts `names[codes]` in a column; a code of -1 is a missing text."""
    distinct = sorted(set(names))
    place = np.array([*(distinct.index(one) for one in names), -1])
    column = _texts(place[codes], distinct)
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)


def _texts(codes: np.ndarray, names: list[str] | tuple[str, ...]) -> pa.DictionaryArray:
    valid = codes >= 0
    return pa.DictionaryArray.from_arrays(arrow.numbers(np.maximum(codes, 0), pa.int32(), valid), arrow.texts(names))


class Pairs(NamedTuple):
    """The pairs of a task and a metric of a table, and which of them every row is of."""

    names: list[tuple[str | None, str | None]]
    of_row: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> Pairs:
        """Those of a table in collected.SCHEMA."""
        tasks, metrics = Texts.from_column(table["task"]), Texts.from_column(table["metric"])
        pair, n_pairs = combination(tasks.codes, metrics.codes)
        a_row = np.zeros(n_pairs, int)
        a_row[pair] = np.arange(len(pair))
        return cls([(tasks.at(row), metrics.at(row)) for row in a_row], pair)


def facts_by_rules(
    pairs: Sequence[tuple[str | None, str | None]], rules: Rules
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What rules say of pairs of a task and a metric: chance rates by the user's rules and by all, numbers of examples.

    NaN where no rule says it.
    """
    spellings = {task: rules.spellings(task) for task in dict.fromkeys(task for task, _ in pairs)}
    names = [(spellings[task], metric) for task, metric in pairs]  # spelled once a task, not once a pair

    def by_rules(of: Sequence[TaskRule], only_own: bool) -> np.ndarray:
        return np.array([rules.first(of, *one, only_own) for one in names], float)

    own = [rule for rule in rules.chances if rule.is_own]
    return by_rules(own, True), by_rules(rules.chances, False), by_rules(rules.examples, True)


def with_task_facts(table: pa.Table, pairs: Pairs, rules: Rules, is_of_reference: np.ndarray) -> pa.Table:
    """`table` with the chance rate and the number of examples that count, and `chance_source` and `n_source` of them.

    A rule of the user's counts first, then what the file says, then data/reference. A task with the name of an average is
    an aggregate.

    Parameters
    ----------
    table : Table
        In collected.SCHEMA.
    pairs : Pairs
        Its tasks and metrics.
    rules : Rules
        The user's and those of data/reference.
    is_of_reference : array of bool
        Rows of which the chance rate is from data/reference already.

    """
    by_own, by_any, n_by_rule = (values[pairs.of_row] for values in facts_by_rules(pairs.names, rules))
    given = table["chance"].cast(pa.float64()).to_numpy()
    chance = np.where(~np.isnan(by_own), by_own, np.where(np.isnan(given), by_any, given))
    source = np.select([~np.isnan(by_own), ~np.isnan(given) & ~is_of_reference, ~np.isnan(chance)], [1, 0, 2], -1)

    n_given = table["n_examples"].cast(pa.float64()).to_numpy()
    n_examples = np.where(np.isnan(n_by_rule), n_given, n_by_rule)
    n_source = np.select([~np.isnan(n_by_rule), ~np.isnan(n_given)], [1, 0], -1)

    tasks, subtasks = Texts.from_column(table["task"]), Texts.from_column(table["subtask"])
    averages = np.array([is_average(name) for name in tasks.names], bool)[tasks.codes]
    averages |= np.array([is_average(name) for name in subtasks.names], bool)[subtasks.codes]
    columns = {
        "chance": arrow.numbers(np.nan_to_num(chance), pa.float64(), ~np.isnan(chance)),
        "n_examples": arrow.numbers(np.nan_to_num(n_examples), pa.int64(), ~np.isnan(n_examples)),
        "is_aggregate": pc.or_(table["is_aggregate"], pa.array(averages)),
    }
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    table = table.append_column(pa.field("chance_source", TEXT), _texts(source, CHANCE_SOURCES))
    return table.append_column(pa.field("n_source", TEXT), _texts(n_source, N_SOURCES))
