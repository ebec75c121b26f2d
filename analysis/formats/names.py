"""Rules that tell from names what a result file does not say of its models and tasks.

They are those of `data/reference/rules.yml`, and a user's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.base.errors import InputError

_UNITS = {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
FINAL = ("main", "master", "None", "")
"""Revisions that stand for the finished model."""


@dataclass(frozen=True)
class ModelRule:
    """One element of `models` in a file of rules."""

    pattern: re.Pattern
    family: str
    n_parameters: float | None = None
    checkpoint: re.Pattern | None = None
    tokens_per_step: float | None = None
    final_steps: float | None = None


@dataclass(frozen=True)
class ChanceRule:
    """One element of `chance` in a file of rules."""

    tasks: re.Pattern
    metrics: re.Pattern
    chance: float
    is_own: bool = False
    """Whether a user wrote it, and not data/reference/rules.yml."""


@dataclass(frozen=True)
class Recognised:
    """What the name and the revision of a model say; None where they do not."""

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

    def of_model(self, name: str, revision: str | None) -> Recognised:
        """What the first rule whose pattern matches the whole of `name` says of the model."""
        final = revision is None or revision in FINAL
        for rule in self.models:
            if not (match := rule.pattern.fullmatch(name)):
                continue
            groups = {key: value or "" for key, value in match.groupdict().items()}
            # Files differ in upper and lower case of a name, which must not split a family.
            groups["variant"] = groups.get("variant", "").lower()
            size = rule.n_parameters
            if size is None:
                size = size_of(groups.get("size"))
            recognised = {"model_family": rule.family.format(**groups), "n_parameters": size}
            steps = rule.final_steps if final else None
            tokens = None
            if not final:
                checkpoint = rule.checkpoint.fullmatch(revision) if rule.checkpoint else None
                if not checkpoint:
                    return Recognised(**recognised, fault=f"revision '{revision}' is none that a rule reads as a checkpoint")
                progress = checkpoint.groupdict()
                steps, tokens = size_of(progress.get("steps")), size_of(progress.get("tokens"))
            if tokens is None and steps is not None and rule.tokens_per_step:
                tokens = steps * rule.tokens_per_step
            return Recognised(**recognised, training_tokens=tokens, training_steps=steps, is_checkpoint=not final)
        if not final:
            return Recognised(fault=f"revision '{revision}' is none that a rule reads as a checkpoint")
        return Recognised()

    def chance(self, task: str, metric: str, implied: float | None = None) -> float | None:
        """Chance rate of `metric` on `task`: from a user's rule, else `implied` by the source, else any rule, else None."""
        for rule in self.chances:
            if (rule.is_own or implied is None) and rule.tasks.fullmatch(task) and rule.metrics.fullmatch(metric):
                return rule.chance
        return implied


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


def read(paths: Sequence[Path], n_own: int = 0) -> Rules:
    """The rules of YAML files, those of the first file first; the first `n_own` files are a user's.

    Raises
    ------
    InputError
        A file cannot be read, or an element of it is no rule; the message names it.

    """
    models, chances = [], []
    for file_number, path in enumerate(paths):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"rules: {path} cannot be read: {error}") from None
        if not isinstance(document, dict) or not set(document) <= {"models", "chance"}:
            raise InputError(f"rules: {path} must be a mapping with 'models', 'chance' or both")
        for k, element in enumerate(document.get("models") or []):
            at = f"{path}: models[{k}]"
            optional = ("n_parameters", "checkpoint", "tokens_per_step", "final_steps")
            element = _element(element, at, ("pattern", "family"), optional)
            pattern = _pattern(element["pattern"], f"{at}.pattern")
            checkpoint = _pattern(element["checkpoint"], f"{at}.checkpoint") if element.get("checkpoint") else None
            try:
                str(element["family"]).format(**dict.fromkeys(pattern.groupindex, ""))
            except (KeyError, IndexError, ValueError) as error:
                raise InputError(f"rules: {at}.family names {error}, which is no group of the pattern") from None
            numbers = {name: _number(element.get(name), f"{at}.{name}", 1) for name in ("n_parameters", "tokens_per_step")}
            final = _number(element.get("final_steps"), f"{at}.final_steps", 0)
            models.append(ModelRule(pattern, str(element["family"]), checkpoint=checkpoint, final_steps=final, **numbers))
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
    return Rules(tuple(models), tuple(chances))
