"""Logs of Inspect AI, version 2: JSON, or `.eval`, a zip archive of header.json, samples/*.json and reductions.json.

`eval` says what was run, `results.scores` holds per scorer the metrics, and `samples` the score of every example. "C" is
correct, "I" incorrect, "P" partial (a half) and "N" no answer, as Inspect counts them. A sample is run `epochs` times, and
its runs are averaged first.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from jumpcheck.base.collected import Collected
from jumpcheck.base.rejects import Reject, Rejected
from jumpcheck.base.untrusted_json import as_finite, decoded, is_text, member, shown, unambiguous
from jumpcheck.formats.format import File, Format
from jumpcheck.formats.single_examples import Examples, agree, disagreement, reject_interrupted

VALUES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
OF_OTHERS = ("stderr", "std", "var", "bootstrap_stderr", "bootstrap_std")
"""Metrics that describe the scatter of others."""
PARTIAL = "accuracy_with_partial_credit"
MAX_MEMBER, MAX_ALL = 2**28, 2**36
"""Bytes of one member of an archive, and of all together."""


def is_log(content: bytes) -> bool:
    """Whether a JSON file looks like a log of Inspect."""
    return all(name in content for name in (b'"eval"', b'"plan"', b'"status"')) and b'"task"' in content


def value_of(value: object) -> float | None:
    """The number that a sample's value stands for; None where it stands for none."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return VALUES.get(value)
    return as_finite(value)


def _date(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


class _Samples:
    """The values of all samples, by scorer."""

    def __init__(self, path: str, collected: Collected) -> None:
        self.of_scorer: dict[str, Examples] = defaultdict(Examples)
        self.n, self.n_unscored, self.n_odd = 0, 0, 0
        self.path, self.collected = path, collected

    def add(self, sample: object) -> None:
        """One run of one sample."""
        self.n += 1
        scores = sample.get("scores") if isinstance(sample, dict) else None
        name = sample.get("id") if isinstance(sample, dict) else None
        if not isinstance(scores, dict) or not scores or isinstance(name, dict | list):
            self.n_unscored += 1
            return
        for scorer, score in scores.items():
            value = value_of(score.get("value")) if isinstance(score, dict) else None
            if value is None:
                self.n_odd += 1
            else:
                self.of_scorer[scorer].add(name, value)

    def say(self) -> None:
        """Add a reject with the number of samples without a score, and one with the number of unreadable values."""
        for n, what in (
            (self.n_unscored, "samples have no score: they failed, or were not reached"),
            (self.n_odd, "values of samples are neither C, I, P, N nor a number"),
        ):
            if n:
                reject = Reject("entry", self.path, "samples", "samples_without_value", f"{n:,} of {self.n:,} {what}")
                self.collected.rejects.append(reject)


def _n_examples(of_score: dict, results: dict, epochs: int) -> int | None:
    """Number of different samples behind a score: `scored_samples`, else `completed_samples` divided by `epochs`.

    None where that is not given, or is not a whole number of at least 1.
    """
    for part, name, of_each in ((of_score, "scored_samples", 1), (results, "completed_samples", epochs)):
        n = as_finite(part.get(name))
        if n is not None:
            return int(n) // of_each if n >= 1 and n == int(n) and int(n) % of_each == 0 else None
    return None


def _read(header: dict, samples: Iterator[object], path: str, collected: Collected) -> None:
    """Add what a log says to `collected`; `samples` yields what its samples are."""
    evaluation = unambiguous(member(header, "eval", dict, "eval"), "eval")
    task, model = (member(evaluation, name, str, f"eval.{name}") for name in ("task", "model"))
    if header.get("status") != "success":
        reject_interrupted(collected, path, "status", f"the status of the run is {shown(header.get('status'))}")
    found = _Samples(path, collected)
    for sample in samples:
        found.add(sample)
    found.say()
    config = evaluation.get("config") if isinstance(evaluation.get("config"), dict) else {}
    epochs = as_finite(config.get("epochs"))
    epochs = int(epochs) if epochs and epochs >= 1 and epochs == int(epochs) else 1
    results = header.get("results") if isinstance(header.get("results"), dict) else {}
    shared = {"task": task, "subtask": task, "is_aggregate": False, "model": model, "source_file": path}
    shared["date"] = _date(evaluation.get("created"))
    scores = results.get("scores") if isinstance(results.get("scores"), list) else []
    seen = set()
    for k, score in enumerate(scores):
        at = f"results.scores[{k}]"
        if not isinstance(score, dict) or not is_text(score.get("name")) or not isinstance(score.get("metrics"), dict):
            collected.rejects.append(
                Reject("entry", path, at, "bad_score", f"{shown(score)} is no score with a name and metrics")
            )
            continue
        seen.add(score["name"])
        examples = found.of_scorer.get(score["name"])
        n_stated = _n_examples(score, results, epochs)
        _add_score(score, at, examples, n_stated, shared, path, collected)
    for scorer, examples in found.of_scorer.items():
        if scorer not in seen:
            _add(shared, "accuracy", scorer, examples.mean(), None, examples, len(examples), "samples", collected)
    if not seen and not found.of_scorer:
        raise Rejected("results", "no_scores", "there is no score in 'results', and none of its samples")


def _add_score(
    score: dict, at: str, examples: Examples | None, n: int | None, shared: dict, path: str, collected: Collected
) -> None:
    """Add the metrics of one scorer."""
    metrics = {}
    for name, metric in score["metrics"].items():
        value = metric.get("value") if isinstance(metric, dict) else None
        plain = name.removeprefix("inspect_ai/")
        if plain in OF_OTHERS and plain != "stderr":
            continue
        collected.n_numbers += 1
        number = as_finite(value)
        if number is None or not is_text(name):
            detail = f"{shown(value)} where a number is needed"
            collected.rejects.append(Reject("value", path, f"{at}.metrics[{name!a}]", "not_a_number", detail))
        elif plain in metrics:
            detail = f"{number!r}; the metric stands there under another name too, which is taken"
            collected.rejects.append(Reject("value", path, f"{at}.metrics[{name!a}]", "two_names", detail))
        else:
            metrics[plain] = number
    error = metrics.pop("stderr", None)
    main = next((name for name in ("accuracy", "mean") if name in metrics), None)
    if error is not None and (main is None or error < 0):
        detail = f"{error!r}: there is no 'accuracy' or 'mean' that this could be the standard error of"
        collected.rejects.append(Reject("value", path, f"{at}.metrics.stderr", "stderr_without_score", detail))
        error = None
    reducer = score.get("reducer")
    filter_name = score["name"] + (f", {reducer}" if is_text(reducer) and reducer != "mean" else "")
    for name, number in metrics.items():
        of_main = name in ("accuracy", "mean")
        known = examples if of_main and examples is not None and reducer in (None, "mean") else None
        location = f"{at}.metrics.{name}"
        if known is not None and len(known) == (n or len(known)) and not agree(known.mean(), number):
            collected.rejects.append(disagreement(path, location, len(known), known.mean(), number))
            known = None
            _add(shared, name, filter_name, number, error if name == main else None, None, None, location, collected, False)
            continue
        n_known = n if n is not None else (len(known) if known is not None else None)
        known = known if known is not None and len(known) == n_known else None
        _add(shared, name, filter_name, number, error if name == main else None, known, n_known, location, collected, False)


def _add(
    shared: dict,
    metric: str,
    filter_name: str,
    score: float,
    error: float | None,
    examples: Examples | None,
    n: int | None,
    location: str,
    collected: Collected,
    is_new: bool = True,
) -> None:
    """Add one number. An accuracy that is not a share of whole examples has partial credit, and a name of its own."""
    if metric == "accuracy" and n is not None:
        is_share = abs(score * n - round(score * n)) <= 1e-6 * n if examples is None else examples.are_right_or_wrong()
        metric = metric if is_share else PARTIAL
    collected.n_numbers += is_new
    collected.add(**shared, metric=metric, filter=filter_name, score=score, stderr=error, n_examples=n, location=location)


def _read_json(file: File, collected: Collected) -> None:
    document = unambiguous(decoded(file.content), "")
    samples = document.get("samples")
    _read(document, iter(samples if isinstance(samples, list) else []), file.shown, collected)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member of an archive; Rejected where it is too large, or damaged."""
    try:
        with archive.open(name) as stream:
            content = stream.read(MAX_MEMBER + 1)
    except KeyError:
        raise Rejected(name, "missing_member", f"the archive has no {name}: the run may have been cut off") from None
    # ValueError: the name beside the content is no UTF-8
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise Rejected(name, "damaged_archive", f"{name} cannot be read: {error}") from None
    if len(content) > MAX_MEMBER:
        raise Rejected(name, "too_large", f"{name} has more than {MAX_MEMBER:,} bytes")
    return content


def _samples_of(archive: zipfile.ZipFile, path: str, collected: Collected) -> Iterator[object]:
    total = 0
    for name in sorted(archive.namelist()):
        if not (name.startswith("samples/") and name.endswith(".json")):
            continue
        try:
            content = _member(archive, name)
            total += len(content)
            if total > MAX_ALL:
                raise Rejected("samples", "too_large", f"its samples have more than {MAX_ALL:,} bytes")
            yield decoded(content)
        except Rejected as fault:
            collected.rejects.append(Reject("entry", path, *fault.args))
            if total > MAX_ALL:
                return


def _read_archive(file: File, collected: Collected) -> None:
    try:
        archive = zipfile.ZipFile(file.path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Rejected("", "damaged_archive", f"it is no zip archive: {error}; the run may have been cut off") from None
    with archive:
        names = set(archive.namelist())
        if "header.json" in names:
            header = unambiguous(decoded(_member(archive, "header.json")), "header.json")
        else:  # written when a run starts; header.json only when it ends
            start = unambiguous(decoded(_member(archive, "_journal/start.json")), "_journal/start.json")
            header = {"eval": start.get("eval"), "status": "started"}
        _read(header, _samples_of(archive, file.shown, collected), file.shown, collected)


def _read_file(file: File, collected: Collected) -> None:
    (_read_archive if file.path.suffix == ".eval" else _read_json)(file, collected)


def _recognises(file: File) -> bool:
    return Path(file.path).suffix == ".eval" or is_log(file.content)


FORMAT = Format(
    what="logs of Inspect (.json, .eval)",
    suffixes=(".json", ".eval"),
    recognises=_recognises,
    read=_read_file,
)
