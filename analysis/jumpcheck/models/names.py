"""Names of models as they are written in files: what surrounds them, and the sizes that they hold."""

from __future__ import annotations

import re
from typing import NamedTuple

_UNITS = {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
FINAL = ("main", "master", "None", "")
"""Revisions that stand for the finished model."""
OTHER_WEIGHTS = ("peft", "delta", "lora_local_path", "autogptq", "gguf_file", "subfolder", "steer_path")
"""Arguments of a harness that change a model's weights, so that its name alone does not identify it."""


class Written(NamedTuple):
    """A name of a model as it may be written, and the revision that is part of it."""

    name: str | None
    revision: str | None = None


_CACHED = re.compile(r".*models--([^/]+?)--([^/]+)(?:/snapshots/.*)?")
_CHECKPOINT_END = re.compile(r"[-_](step[-_]?\d+)$", re.IGNORECASE)
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
    # OpenCompass ends names with the program that ran the model.
    bare = re.sub(r"-(?:hf|turbomind|vllm|lmdeploy)$", "", last.name)
    if bare != last.name:
        found.append(last._replace(name=bare))
    plain = re.sub(r"(?<=\d)\.0(?=[kmbt]\b)", "", last.name, flags=re.IGNORECASE)
    if plain != last.name:
        found.append(last._replace(name=plain))
    return found


def folder_names(path: str) -> list[Written]:
    """Names that may be that of a model in the path of its file: of the file, then of its folders, the innermost first.

    A harness writes the slash of org/net as two underscores. A folder step1000, or the end of a name, is the revision; what
    tells shots at the end of a name is left out.

    Examples
    --------
    >>> folder_names("org__net-1b/step1000/net-1b_5-shot.json")[0]
    Written(name='net-1b', revision='step1000')

    """
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")][::-1]
    parts[:1] = [re.sub(r"\.(?:jsonl?|ndjson|csv|tsv|parquet|md)$", "", part) for part in parts[:1]]
    revision = next((part for part in parts if _CHECKPOINT_FOLDER.fullmatch(part)), None)
    found = []
    for part in parts:
        name = re.sub(r"[-_]\d+[-_]?shots?$", "", part.replace("__", "/"))
        step = _CHECKPOINT_END.search(name)
        found.append(Written(name[: step.start()], step[1]) if step else Written(name, revision))
    return found


def size_of(text: str | None) -> float | None:
    """A number with a unit, "6.9b" or "410M", or without one, as a number; None for any other text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmbt]?)", (text or "").lower())
    return round(float(match[1]) * _UNITS[match[2]]) if match else None
