"""Tables that lm-evaluation-harness prints, as people paste them into Markdown files.

    hf (pretrained=org/net-1b), gen_kwargs: (None), limit: None, num_fewshot: None, batch_size: 1
    |    Tasks     |Version|Filter|n-shot|Metric|   |Value |   |Stderr|
    |--------------|------:|------|-----:|------|---|-----:|---|-----:|
    |mmlu          |      2|none  |      |acc   |↑  |0.2294|±  |0.0036|
    | - humanities |      2|none  |     0|acc   |↑  |0.2414|±  |0.0066|

A line without a task goes on with the task above it; tasks after a dash are members of a group, which is an aggregate.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jumpcheck.base.collected import Collected
from jumpcheck.base.columns import from_percent
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import finite
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.harness_entries import whole_number
from jumpcheck.formats.lm_eval import model_of
from jumpcheck.models.task_names import plain_name

MAX_BYTES = 16 * 2**20
_KNOWN = {
    "version": "version",
    "filter": "filter",
    "n-shot": "shots",
    "metric": "metric",
    "value": "score",
    "prompt": "prompt",
}
_MODEL = re.compile(r"^\W*([\w-]+) \((.*?)\), (?:gen_kwargs|limit|provide_description|num_fewshot): .*")
_LIMIT = re.compile(r"limit: (\d+(?:\.\d+)?)")
_HEADER = re.compile(r"\|\s*(?:tasks?|groups)\s*(?=\|).*\|\s*metric\s*(?=\|).*\|\s*value\s*\|", re.IGNORECASE)
_NUMBER = re.compile(r"(?:np\.float64\()?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?)\s*\)?", re.IGNORECASE)
_NOTHING = ("", "n/a", "nan", "none", "-")


def has_table(path: Path) -> bool:
    """Whether a text file holds such a table."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return path.stat().st_size <= MAX_BYTES and any(_HEADER.search(line) for line in file)
    except OSError:
        return False


@dataclass
class _Row:
    """One line of a table below its header."""

    number: int
    task: str
    """Empty where the line goes on with the task above it."""
    level: int
    """How deep the task is in its groups."""
    cells: dict[str, str]


@dataclass
class _Table:
    """A table, the model that the line above it names, and the limit of its numbers of examples."""

    model: tuple[str | None, str | None, float | None]
    limit: float | None
    """Of the number of examples; a share of them below 1."""
    is_of_groups: bool
    rows: list[_Row] = field(default_factory=list)


def _cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip().lstrip("#> \t").strip())[1:-1]


def _model_of_line(line: str) -> tuple[tuple[str | None, str | None, float | None], float | None] | None:
    """(the model, the limit of examples) that the line above a table names; None for any other line."""
    found = _MODEL.match(line.strip())
    if not found:
        return None
    arguments: object = found[2]
    if found[2].startswith("{"):
        try:
            arguments = ast.literal_eval(found[2])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    limit = _LIMIT.search(line)
    return model_of({"config": {"model": found[1], "model_args": arguments}, "model_name": None}), limit and float(limit[1])


def _tables(lines: list[str]) -> Iterator[_Table]:
    """The tables of a text, from top to bottom."""
    model, limit, header, table = (None, None, None), None, None, None
    for number, line in enumerate(lines, 1):
        named = _model_of_line(line)
        if named:
            model, limit = named
        if _HEADER.search(line):
            if table:
                yield table
            header = [cell.strip().lower() for cell in _cells(line)]
            table = _Table(model, limit, header[0] == "groups")
        elif table and "|" in line:
            cells = _cells(line)
            if len(cells) != len(header):
                table.rows.append(_Row(number, "", 0, {}))
            elif not all(re.fullmatch(r"\s*:?-*:?\s*", cell) for cell in cells):
                first = cells[0]
                level = len(first) - len(first.lstrip()) if first.lstrip().startswith("- ") else 0
                named_cells = dict(zip(header, (cell.strip() for cell in cells), strict=True))
                table.rows.append(_Row(number, re.sub(r"^\s*-\s+", "", first).strip(), level, named_cells))
        elif table and line.strip().strip("#> `"):
            yield table
            table = None
    if table:
        yield table


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.strip().strip("*")))
    if not found:
        return None
    return finite(float(from_percent(float(found[1][:-1]))) if found[1].endswith("%") else float(found[1]))


def _named(table: _Table) -> Iterator[tuple[_Row, str, bool]]:
    """(row, full name of its task, whether it is a group) of every row of a table."""
    tasks = [row for row in table.rows if row.task]
    groups = {
        id(row): table.is_of_groups or (k + 1 < len(tasks) and tasks[k + 1].level > row.level) for k, row in enumerate(tasks)
    }
    above: list[tuple[int, str]] = []
    name, is_group, version = "", table.is_of_groups, ""
    for row in table.rows:
        if row.task:
            is_group = groups[id(row)]
            above = [one for one in above if one[0] < row.level]
            name = _full_name(row.task, [task for _, task in above])
            above.append((row.level, name))
            version = row.cells.get("version", "")
        if row.cells.get("version") == "":
            row.cells["version"] = version
        yield row, name, is_group


def _full_name(task: str, groups: Sequence[str]) -> str:
    """The name of a member of groups: those of MMLU are printed without its name, humanities for mmlu_humanities."""
    of_mmlu = next((group for group in groups if plain_name(group).startswith("mmlu")), None)
    return task if of_mmlu is None or plain_name(task).startswith("mmlu") else f"{of_mmlu}_{task}"


def read(file: File, collected: Collected) -> None:
    """Add the numbers of all tables of a text to `collected`; Rejected where it cannot be read."""
    if file.path.stat().st_size > MAX_BYTES:
        raise Rejected("", "too_large", f"more than {MAX_BYTES:,} bytes")
    lines = file.path.read_text(encoding="utf-8", errors="replace").splitlines()
    for table in _tables(lines):
        for row, task, is_group in _named(table):
            _add(row, task, is_group, table, file.shown, collected)


def _add(row: _Row, task: str, is_group: bool, table: _Table, shown: str, collected: Collected) -> None:
    """Add the score of one line, with its standard error."""
    if not row.cells:
        collected.n_numbers += 1
        detail = "the line has another number of cells than the header of its table"
        collected.rejects.append(Reject("value", shown, f"line {row.number}", "wrong_number_of_cells", detail))
        return
    said = {name: row.cells[title] for title, name in _KNOWN.items() if title in row.cells}
    metric, text, error = said["metric"], said["score"], row.cells.get("stderr", "")
    if metric == "alias" or (text.lower() in _NOTHING and error.lower() in _NOTHING):
        return
    location, score = f"line {row.number}", _number(text)
    stderr = _number(error.lstrip("±+- ")) if error.lower() not in _NOTHING else None
    collected.n_numbers += 1 + (stderr is not None)
    if score is None or not task or not metric:
        detail = f"value is {text[:40]!a}, a number is needed" if score is None else "the line has no task or no metric"
        reason = "not_a_number" if score is None else "bad_task"
        collected.rejects.append(Reject("value", shown, location, reason, detail, 1 + (stderr is not None)))
        return
    filters = [said.get("prompt", ""), said.get("filter", "")]
    filters = [one for one in filters if one.lower() not in _NOTHING]
    if table.limit is not None and table.limit < 1:  # of how many examples nobody knows
        filters.append(f"limit={table.limit:g}")
    shots, version = said.get("shots", ""), said.get("version", "")
    name, revision, size = table.model
    collected.add(
        task=task, subtask=task, is_aggregate=is_group, shots=int(shots) if shots.isdecimal() and len(shots) < 7 else None,
        metric=metric, filter=", ".join(filters) or "none", score=score, stderr=stderr,
        n_examples=None if is_group else whole_number(table.limit, 1), version=version or None, model=name,
        revision=revision, n_parameters=size, source_file=shown, location=location,
    )  # fmt: skip


FORMAT = Format(
    what="tables printed by lm-evaluation-harness (.md with |Tasks|...|Metric|...|Value|)",
    suffixes=(".md",),
    recognises=lambda file: has_table(file.path),
    read=read,
)
