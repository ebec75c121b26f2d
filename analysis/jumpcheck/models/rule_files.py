"""Reading files of rules: `data/reference/rules.yml`, and a user's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from jumpcheck.base.errors import InputError
from jumpcheck.models.rules import COLUMN_GROUPS, ColumnRule, ModelRule, Rules, TaskRule


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


SCALES = ("parameters", "tokens", "steps", "flops", "loss")


def _model_rule(element: object, at: str, is_own: bool) -> ModelRule:
    optional = ("pattern", "path", "model", "n_parameters", "checkpoint", "tokens_per_step", "final_steps", "scale_by")
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
        if name == "family" or element.get(name) is not None:
            _check_template(element.get(name), {*known, "variant"}, f"{at}.{name}")
    by = element.get("scale_by")
    by = [by] if isinstance(by, str) else by or []
    if not isinstance(by, list) or not set(by) <= set(SCALES):
        raise InputError(f"rules: {at}.scale_by is {element['scale_by']!r}; known are {', '.join(SCALES)}")
    numbers = {name: _number(element.get(name), f"{at}.{name}", 1) for name in ("n_parameters", "tokens_per_step")}
    numbers["final_steps"] = _number(element.get("final_steps"), f"{at}.final_steps", 0)
    model = None if element.get("model") is None else str(element["model"])
    return ModelRule(str(element["family"]), model=model, **patterns, **numbers, scale_by=tuple(by), is_own=is_own)


def _check_template(text: object, groups: set[str], at: str) -> None:
    """InputError where `text` is no name that can be made of the groups of a pattern."""
    if not isinstance(text, str | int | float) or isinstance(text, bool) or not str(text).strip():
        raise InputError(f"rules: {at} is {text!r}; fill in a name, or remove the rule")
    try:
        str(text).format(**dict.fromkeys(groups, ""))
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(f"rules: {at} names {error}, which is no group of the pattern") from None


def _chance_rule(element: object, at: str, is_own: bool) -> TaskRule:
    element = _element(element, at, ("tasks", "metrics", "chance"))
    rate = _number(element["chance"], f"{at}.chance", 0)
    if rate is None or rate >= 1:
        raise InputError(f"rules: {at}.chance is {element['chance']!r}; it is at least 0 and below 1")
    return TaskRule(_pattern(element["tasks"], f"{at}.tasks"), _pattern(element["metrics"], f"{at}.metrics"), rate, is_own)


def _examples_rule(element: object, at: str, is_own: bool) -> TaskRule:
    element = _element(element, at, ("tasks", "n"), ("metrics",))
    n = _number(element["n"], f"{at}.n", 1)
    if n is None or n != int(n) or n >= 2**31:
        raise InputError(f"rules: {at}.n is {element['n']!r}, a whole number of examples is needed")
    metrics = _pattern(element.get("metrics") or ".*", f"{at}.metrics")
    return TaskRule(_pattern(element["tasks"], f"{at}.tasks"), metrics, n, is_own)


def _benchmark_rule(element: object, at: str, is_own: bool) -> tuple[re.Pattern, str]:
    element = _element(element, at, ("names", "metric"))
    if not isinstance(element["metric"], str) or not element["metric"]:
        raise InputError(f"rules: {at}.metric is {element['metric']!r}, the name of a metric is needed")
    return _pattern(element["names"], f"{at}.names"), element["metric"]


def _name_rule(element: object, at: str, is_own: bool) -> tuple[re.Pattern, str]:
    element = _element(element, at, ("pattern", "name"))
    pattern = _pattern(element["pattern"], f"{at}.pattern")
    _check_template(element["name"], set(pattern.groupindex), f"{at}.name")
    return pattern, str(element["name"])


def _column_rule(element: object, at: str, is_own: bool) -> ColumnRule:
    element = _element(element, at, ("pattern",), ("task", "metric", "filter"))
    pattern = _pattern(element["pattern"], f"{at}.pattern")
    groups = set(pattern.groupindex)
    for name in groups - {*COLUMN_GROUPS, "split"}:
        known = ", ".join((*COLUMN_GROUPS, "split"))
        if not any(f"{{{name}}}" in str(element.get(key)) for key in ("task", "metric", "filter")):
            raise InputError(f"rules: {at}.pattern has the group '{name}', which nothing uses; known are {known}")
    templates: dict[str, str | None] = {"filter": None}
    for name in ("task", "metric", "filter"):
        if element.get(name) is not None:
            _check_template(element[name], groups, f"{at}.{name}")
            templates[name] = str(element[name])
        elif name != "filter":
            if name not in groups:
                raise InputError(f"rules: {at} says no {name}: give it, or a group '{name}' in the pattern")
            templates[name] = f"{{{name}}}"
    return ColumnRule(pattern, **templates)


_KINDS = {
    "models": _model_rule,
    "chance": _chance_rule,
    "examples": _examples_rule,
    "benchmarks": _benchmark_rule,
    "columns": _column_rule,
    "names": _name_rule,
}
"""What a file of rules may hold, and what reads an element of it."""


def read(paths: Sequence[Path], n_own: int = 0) -> Rules:
    """The rules of YAML files, those of the first file first; the first `n_own` files are a user's.

    Raises
    ------
    InputError
        A file cannot be read, or an element of it is no rule; the message names it.

    """
    found: dict[str, list] = {kind: [] for kind in _KINDS}
    for file_number, path in enumerate(paths):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"rules: {path} cannot be read: {error}") from None
        if not isinstance(document, dict) or not set(document) <= set(_KINDS):
            raise InputError(f"rules: {path} must be a mapping with some of {', '.join(map(repr, _KINDS))}")
        for kind, read_element in _KINDS.items():
            elements = document.get(kind) or []
            if not isinstance(elements, list):
                raise InputError(f"rules: {path}: {kind} is {elements!r}, a list is needed")
            for k, element in enumerate(elements):
                found[kind].append(read_element(element, f"{path}: {kind}[{k}]", file_number < n_own))
    chances = tuple(found.pop("chance"))
    return Rules(chances=chances, **{kind: tuple(elements) for kind, elements in found.items()})
