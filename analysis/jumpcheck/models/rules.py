"""Rules that tell from names what a result file does not say of its models and tasks.

They are those of `data/reference/rules.yml`, and a user's own; `rule_files` reads them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jumpcheck.models.names import FINAL, Written, folder_names, size_of, writings
from jumpcheck.models.task_names import plain_metric, plain_name

MOST_NAMES = 3
"""Rules for names that are applied one after the other: one may take off what stands around a name that another knows."""
PROGRESS = ("steps", "tokens")
"""Groups of patterns that say how long a model was trained."""


@dataclass(frozen=True)
class ModelRule:
    """One element of `models` in a file of rules: it fits where `pattern` and `path` do, of which it has one or both."""

    family: str
    pattern: re.Pattern | None = None
    path: re.Pattern | None = None
    model: str | None = None
    n_parameters: float | None = None
    checkpoint: re.Pattern | None = None
    tokens_per_step: float | None = None
    final_steps: float | None = None
    scale_by: tuple[str, ...] = ()
    """The choices of `scale_by` for which the rule holds; all if there are none."""
    is_own: bool = False
    """Whether a user wrote it, and not data/reference/rules.yml."""

    def groups(self, names: Sequence[Written], path: str) -> tuple[dict[str, str], Written] | None:
        """(the groups of what fits, the writing of the name that fits) where the rule does, else None."""
        found: dict[str, str] = {}
        if self.path:
            # With a slash before it too, so that '.*/folder/.*' fits a folder at the root.
            match = self.path.fullmatch(path) or self.path.fullmatch(f"/{path}")
            if not match:
                return None
            found |= match.groupdict()
        if not self.pattern:
            return found, names[0]
        for written in names:
            match = self.pattern.fullmatch(written.name or "")
            if match:
                of_name = match.groupdict()
                if any(of_name.get(key) for key in PROGRESS):
                    # The name of a checkpoint is not that of its model.
                    size = f" {of_name['size']}" if of_name.get("size") else ""
                    written = Written(self.family.format(**_filled(found | of_name)) + size, "")
                return found | of_name, written
        return None


@dataclass(frozen=True)
class TaskRule:
    """One element of `chance` or `examples` in a file of rules: what it says of the tasks and metrics that it fits."""

    tasks: re.Pattern
    metrics: re.Pattern
    value: float
    """A chance rate, or a number of examples."""
    is_own: bool = False
    """Whether a user wrote it, and not data/reference/rules.yml."""

    def fits(self, tasks: Sequence[str], metrics: Sequence[str]) -> bool:
        """Whether the rule fits one of the spellings of a task and one of those of a metric."""
        return any(map(self.tasks.fullmatch, tasks)) and any(map(self.metrics.fullmatch, metrics))


@dataclass(frozen=True)
class ColumnRule:
    """One element of `columns` in a file of rules: what a column of scores is of, by its name."""

    pattern: re.Pattern
    task: str
    metric: str
    filter: str | None
    """Templates that may hold groups of the pattern."""

    def read(self, name: str) -> dict[str, str | None] | None:
        """What the rule says of a column, by COLUMN_GROUPS; None where it does not fit."""
        match = self.pattern.fullmatch(name)
        if not match:
            return None
        groups = {key: value or "" for key, value in match.groupdict().items()}
        said: dict[str, str | None] = {key: groups.get(key) or None for key in COLUMN_GROUPS}
        said["task"], said["metric"] = self.task.format(**groups).strip(), self.metric.format(**groups)
        split = f"split={groups['split']}" if groups.get("split") else ""
        filtered = self.filter.format(**groups) if self.filter else groups.get("filter") or ""
        said["filter"] = ", ".join(part for part in (split, filtered) if part) or None
        return said


COLUMN_GROUPS = ("task", "subtask", "metric", "shots", "filter", "model")
"""What groups of the pattern of a column can say, besides `split`, which becomes part of `filter`."""


@dataclass(frozen=True)
class Recognised:
    """What the name, the revision and the path of a model say; None where they do not."""

    model: str | None = None
    """The name without what stands for its revision; None where it has no other name than the given one."""
    model_family: str | None = None
    n_parameters: float | None = None
    training_tokens: float | None = None
    training_steps: float | None = None
    tokens_per_step: float | None = None
    is_checkpoint: bool = False
    """Whether the revision is from before the end of the training."""
    fault: str = ""
    """Why the revision could not be understood; empty if it could."""
    is_own: bool = False
    """Whether a rule of the user's says it."""


@dataclass(frozen=True)
class Rules:
    """Rules in the order in which they are tried."""

    models: tuple[ModelRule, ...] = ()
    chances: tuple[TaskRule, ...] = ()
    examples: tuple[TaskRule, ...] = ()
    benchmarks: tuple[tuple[re.Pattern, str], ...] = ()
    """(pattern of a name of a benchmark, the metric that its scores are of)."""
    columns: tuple[ColumnRule, ...] = ()
    names: tuple[tuple[re.Pattern, str], ...] = ()
    """(pattern of the plain name of a task, template of its usual name)."""

    def for_scale(self, scale_by: str) -> Rules:
        """The rules that hold where models are ordered by `scale_by`."""
        models = tuple(rule for rule in self.models if not rule.scale_by or scale_by in rule.scale_by)
        return replace(self, models=models)

    def benchmark(self, name: str) -> str | None:
        """The metric of a benchmark, of the first rule whose pattern fits the whole of `name`."""
        spellings = self.spellings(name)
        return next((metric for pattern, metric in self.benchmarks if any(map(pattern.fullmatch, spellings))), None)

    @functools.cached_property
    def _any_name(self) -> re.Pattern:
        """All patterns of `names` as one, with which most names are told to have no other in one comparison."""
        patterns = (re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern) for pattern, _ in self.names)
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)", re.IGNORECASE)

    def usual_name(self, task: str) -> str:
        """The name that the reference tables use for a task: ai2_arc:easy, ARC-e and arc_easy are all arc_easy."""
        name = plain_name(task)
        for _ in range(MOST_NAMES):
            if not self._any_name.fullmatch(name):
                break
            matches = ((pattern.fullmatch(name), template) for pattern, template in self.names)
            match, template = next(one for one in matches if one[0])
            name = template.format(**{key: value or "" for key, value in match.groupdict().items()}).strip("_")
        return name

    def spellings(self, task: str) -> tuple[str, ...]:
        """A name as it is written, as `plain_name` writes it, and as the reference tables do."""
        return task, plain_name(task), self.usual_name(task)

    def column(self, name: str) -> dict[str, str | None] | None:
        """What the first rule for columns says that fits `name`; None where none does."""
        return next((said for rule in self.columns if (said := rule.read(name)) is not None), None)

    def reads_path(self, path: str) -> bool:
        """Whether a rule says something of the models of a file because of its path."""
        return any(rule.path and (rule.path.fullmatch(path) or rule.path.fullmatch(f"/{path}")) for rule in self.models)

    def of_model(self, name: str | None, revision: str | None, path: str = "") -> Recognised:
        """What the first rule says that fits `name`, one of its other writings, or the path of its file.

        Where no file names the model, the name of the file and those of its folders are tried, the innermost first.
        """
        names = writings(name)
        for rule in self.models:
            fits = rule.groups(names, path)
            if fits:
                return _recognised(rule, *fits, revision)
        for folder in folder_names(path) if name is None else ():
            found = self.of_model(folder.name, revision or folder.revision)
            if found.model_family is not None:
                return replace(found, model=found.model or folder.name)
        revision = revision or next((written.revision for written in names if written.revision), None)
        if revision is not None and revision not in FINAL:
            return Recognised(fault=f"revision '{revision}' is none that a rule reads as a checkpoint")
        return Recognised()

    def chance(self, task: str, metric: str) -> float | None:
        """Chance rate of `metric` on `task`, of the first rule that fits; a user's rules come first."""
        return self.first(self.chances, self.spellings(task), metric)

    def first(
        self, rules: Sequence[TaskRule], spellings: Sequence[str], metric: str, only_own: bool = False
    ) -> float | None:
        """What the first of `rules` says that fits a task, of which all `spellings` are given, and a metric.

        With `only_own` only a user's rules count.
        """
        metrics = (metric, plain_metric(metric))
        for rule in rules:
            # Rules of the reference are written for usual names alone: of MMLUPro as it is written, `mmlu.*` would be wrong.
            tasks = spellings if rule.is_own else spellings[2:]
            if (rule.is_own or not only_own) and rule.fits(tasks, metrics):
                return rule.value
        return None


def _filled(found: Mapping[str, str | None]) -> dict[str, str]:
    """The groups of a pattern for the templates of a rule."""
    groups = {key: value or "" for key, value in found.items()}
    # Files differ in upper and lower case of a name, which must not split a family.
    return groups | {"variant": groups.get("variant", "").lower()}


def _recognised(rule: ModelRule, found: dict[str, str | None], written: Written, revision: str | None) -> Recognised:
    """What a rule says of a model that it fits, by the groups that it found."""
    groups = _filled(found)
    size = rule.n_parameters if rule.n_parameters is not None else size_of(groups.get("size"))
    family = rule.family.format(**groups)
    progress = {key: groups[key] for key in PROGRESS if groups.get(key)}
    # Checkpoints of a model have its name, so that the last of them can be found.
    model = written.name if written.revision is not None else None
    if rule.model is not None:
        model = rule.model.format(**groups)
    known = {"model": model, "model_family": family, "n_parameters": size, "is_own": rule.is_own}
    known["tokens_per_step"] = rule.tokens_per_step
    # A harness says main where nothing was asked for; what the name says is more.
    revision = written.revision if revision is None or (revision in FINAL and written.revision) else revision
    is_final = not progress and (revision is None or revision in FINAL)
    if not progress and not is_final:
        checkpoint = rule.checkpoint.fullmatch(revision) if rule.checkpoint else None
        if not checkpoint:
            return Recognised(**known, fault=f"revision '{revision}' is none that a rule reads as a checkpoint")
        progress = checkpoint.groupdict()
    steps = rule.final_steps if is_final else size_of(progress.get("steps"))
    tokens = None if is_final else size_of(progress.get("tokens"))
    if tokens is None and steps is not None and rule.tokens_per_step:
        tokens = steps * rule.tokens_per_step
    return Recognised(**known, training_tokens=tokens, training_steps=steps, is_checkpoint=not is_final)
