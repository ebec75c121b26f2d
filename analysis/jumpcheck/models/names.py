"""Rules that tell from names what a result file does not say of its models and tasks.

They are those of `data/reference/rules.yml`, and a user's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from jumpcheck.base.errors import InputError

_UNITS = {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
FINAL = ("main", "master", "None", "")
"""Revisions that stand for the finished model."""
OTHER_WEIGHTS = ("peft", "delta", "lora_local_path", "autogptq", "gguf_file", "subfolder", "steer_path")
"""Arguments of a harness that change a model's weights, so that its name alone does not identify it."""
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
class ChanceRule:
    """One element of `chance` in a file of rules."""

    tasks: re.Pattern
    metrics: re.Pattern
    chance: float
    is_own: bool = False
    """Whether a user wrote it, and not data/reference/rules.yml."""


class Written(NamedTuple):
    """A name of a model as it may be written, and the revision that is part of it."""

    name: str | None
    revision: str | None = None


@dataclass(frozen=True)
class Recognised:
    """What the name, the revision and the path of a model say; None where they do not."""

    model: str | None = None
    """The name without what stands for its revision; None where it has no other name than the given one."""
    model_family: str | None = None
    n_parameters: float | None = None
    training_tokens: float | None = None
    training_steps: float | None = None
    is_checkpoint: bool = False
    """Whether the revision is from before the end of the training."""
    fault: str = ""
    """Why the revision could not be understood; empty if it could."""


@dataclass(frozen=True)
class Rules:
    """Rules in the order in which they are tried."""

    models: tuple[ModelRule, ...] = ()
    chances: tuple[ChanceRule, ...] = ()
    benchmarks: tuple[tuple[re.Pattern, str], ...] = ()
    """(pattern of a name of a benchmark, the metric that its scores are of)."""

    def benchmark(self, name: str) -> str | None:
        """The metric of a benchmark, of the first rule whose pattern fits the whole of `name`."""
        return next((metric for pattern, metric in self.benchmarks if pattern.fullmatch(name)), None)

    def reads_path(self, path: str) -> bool:
        """Whether a rule says something of the models of a file because of its path."""
        return any(rule.path and (rule.path.fullmatch(path) or rule.path.fullmatch(f"/{path}")) for rule in self.models)

    def of_model(self, name: str | None, revision: str | None, path: str = "") -> Recognised:
        """What the first rule says that fits `name`, one of its other writings, or the path of its file."""
        names = writings(name)
        for rule in self.models:
            fits = rule.groups(names, path)
            if fits:
                return _recognised(rule, *fits, revision)
        revision = revision or next((written.revision for written in names if written.revision), None)
        if revision is not None and revision not in FINAL:
            return Recognised(fault=f"revision '{revision}' is none that a rule reads as a checkpoint")
        return Recognised()

    def chance(self, task: str, metric: str, implied: float | None = None) -> float | None:
        """Chance rate of `metric` on `task`: from a user's rule, else `implied` by the source, else any rule, else None."""
        for rule in self.chances:
            if (rule.is_own or implied is None) and rule.tasks.fullmatch(task) and rule.metrics.fullmatch(metric):
                return rule.chance
        return implied


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
    known = {"model": model, "model_family": family, "n_parameters": size}
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


_CACHED = re.compile(r".*models--([^/]+?)--([^/]+)(?:/snapshots/.*)?")
_CHECKPOINT_FOLDER = re.compile(r"(?:(?:global_?)?step|checkpoint|ckpt|iter)[-_]?\d+[kmb]?", re.IGNORECASE)


def writings(name: str | None) -> list[Written]:
    """A model's name, and what it is without the arguments, folders and spellings around it.

    `pretrained=org/net,revision=step1` is org/net at step1; /home/me/net-1b/step1 is net-1b at step1, and a name of a cache
    models--org--net is org/net; 7.0B is 7B.
    """
    if name is None:
        return [Written(None)]
    found = [Written(name)]
    last = Written(name.strip())
    if any(f"{sign}{key}=" in name for sign in ("+", ",") for key in OTHER_WEIGHTS):
        return found  # with an adapter it is another model, whatever it is called
    arguments = dict(part.strip().partition("=")[::2] for part in re.sub(r"^[\w-]+ \(|\)$", "", last.name).split(","))
    if arguments.get("pretrained"):
        last = Written(arguments["pretrained"], arguments.get("revision"))
    cached = _CACHED.fullmatch(last.name)
    folders = [part for part in last.name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    is_path = last.name.startswith(("/", ".", "~")) or len(folders) > 2 or "\\" in last.name or last.name[1:3] == ":/"
    if cached:
        last = last._replace(name=f"{cached[1]}/{cached[2]}")
    elif is_path and folders:
        if len(folders) > 1 and _CHECKPOINT_FOLDER.fullmatch(folders[-1]):
            last = Written(folders[-2], last.revision or folders[-1])
        else:
            last = last._replace(name=folders[-1])
    if last != found[0]:
        found.append(last)
    plain = re.sub(r"(?<=\d)\.0(?=[kmbt]\b)", "", last.name, flags=re.IGNORECASE)
    if plain != last.name:
        found.append(last._replace(name=plain))
    return found


def size_of(text: str | None) -> float | None:
    """A number with a unit, "6.9b" or "410M", or without one, as a number; None for any other text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmbt]?)", (text or "").lower())
    return round(float(match[1]) * _UNITS[match[2]]) if match else None


def _pattern(text: object, at: str) -> re.Pattern:
    if not isinstance(text, str):
        raise InputError(f"rules: {at} is {text!r}, a regular expression is needed")
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise InputError(f"rules: {at}: '{text}' is no regular expression: {error}") from None


def _number(value: object, at: str, least: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
        hint = " (YAML reads 1e9 as a text; write 1000000000 or 1.0e+9)" if isinstance(value, str) else ""
        raise InputError(f"rules: {at} is {value!r}, a number is needed{hint}")
    return float(value)


def _element(element: object, at: str, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(element, dict):
        raise InputError(f"rules: {at} is {element!r}, a mapping with {', '.join(needed)} is needed")
    for name in needed:
        if name not in element:
            raise InputError(f"rules: {at} has no '{name}'")
    for name in element:
        if name not in (*needed, *optional):
            raise InputError(f"rules: {at} has '{name}'; known are {', '.join((*needed, *optional))}")
    return element


def _model_rule(element: object, at: str) -> ModelRule:
    optional = ("pattern", "path", "model", "n_parameters", "checkpoint", "tokens_per_step", "final_steps")
    element = _element(element, at, ("family",), optional)
    if element.get("pattern") is None and element.get("path") is None:
        raise InputError(f"rules: {at} has neither 'pattern', for the name of a model, nor 'path', for the path of its file")
    patterns = {
        name: _pattern(element[name], f"{at}.{name}")
        for name in ("pattern", "path", "checkpoint")
        if element.get(name) is not None
    }
    known = {name for key in ("pattern", "path") if key in patterns for name in patterns[key].groupindex}
    for name in ("family", "model"):
        text = element.get(name)
        if name == "model" and text is None:
            continue
        if not isinstance(text, str | int | float) or isinstance(text, bool) or not str(text).strip():
            raise InputError(f"rules: {at}.{name} is {text!r}; fill in a name, or remove the rule")
        try:
            str(text).format(**dict.fromkeys({*known, "variant"}, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise InputError(f"rules: {at}.{name} names {error}, which is no group of the pattern") from None
    numbers = {name: _number(element.get(name), f"{at}.{name}", 1) for name in ("n_parameters", "tokens_per_step")}
    numbers["final_steps"] = _number(element.get("final_steps"), f"{at}.final_steps", 0)
    model = None if element.get("model") is None else str(element["model"])
    return ModelRule(str(element["family"]), model=model, **patterns, **numbers)


def read(paths: Sequence[Path], n_own: int = 0) -> Rules:
    """The rules of YAML files, those of the first file first; the first `n_own` files are a user's.

    Raises
    ------
    InputError
        A file cannot be read, or an element of it is no rule; the message names it.

    """
    models, chances, benchmarks = [], [], []
    for file_number, path in enumerate(paths):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"rules: {path} cannot be read: {error}") from None
        if not isinstance(document, dict) or not set(document) <= {"models", "chance", "benchmarks"}:
            raise InputError(f"rules: {path} must be a mapping with some of 'models', 'chance' and 'benchmarks'")
        models += [_model_rule(element, f"{path}: models[{k}]") for k, element in enumerate(document.get("models") or [])]
        for k, element in enumerate(document.get("chance") or []):
            at = f"{path}: chance[{k}]"
            element = _element(element, at, ("tasks", "metrics", "chance"))
            rate = _number(element["chance"], f"{at}.chance", 0)
            if rate is None or rate >= 1:
                raise InputError(f"rules: {at}.chance is {element['chance']!r}; it is at least 0 and below 1")
            chances.append(
                ChanceRule(
                    _pattern(element["tasks"], f"{at}.tasks"),
                    _pattern(element["metrics"], f"{at}.metrics"),
                    rate,
                    file_number < n_own,
                )
            )
        for k, element in enumerate(document.get("benchmarks") or []):
            at = f"{path}: benchmarks[{k}]"
            element = _element(element, at, ("names", "metric"))
            if not isinstance(element["metric"], str) or not element["metric"]:
                raise InputError(f"rules: {at}.metric is {element['metric']!r}, the name of a metric is needed")
            benchmarks.append((_pattern(element["names"], f"{at}.names"), element["metric"]))
    return Rules(tuple(models), tuple(chances), tuple(benchmarks))
