"""Which family a model belongs to and where it stands on the scale: from what files say, and from rules for its name."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import numpy as np
import pandas as pd

from jumpcheck.base.collected import PUBLISHED_COUNTS, SCALES
from jumpcheck.base.columns import Texts
from jumpcheck.base.rejects import Reject
from jumpcheck.models.rules import Recognised, Rules

LEAST_PARAMETERS = 1000
"""No language model has fewer: a file that says so has another unit, and a rule that knows the model counts before it."""
FACTOR = 2.0
"""Numbers of parameters of one model that differ by more are said: files of packed weights count too few."""
_MISSING = {
    "parameters": "number of parameters", "tokens": "number of training tokens", "steps": "number of training steps",
    "flops": "training compute", "loss": "pretraining loss",
}  # fmt: skip


def place_models(
    models: pd.DataFrame, rules: Rules, scale_by: str, known: Set[tuple[str, str]] = frozenset()
) -> pd.DataFrame:
    """Family, name and scale of models.

    Parameters
    ----------
    models : DataFrame
        model, revision, path (of its file, or of one of them), model_family, SCALES and PUBLISHED_COUNTS, as files say them;
        NULL or NaN where they do not.
    rules : Rules
        For what they do not say.
    scale_by : str
        "parameters", "tokens", "steps", "flops" or "loss". By steps or tokens the family is the model, and its checkpoints
        are its models.
    known : set
        (family, name) of models that are kept where nobody says their number of parameters, without a scale.

    Returns
    -------
    DataFrame
        The same rows: family, name, total_params, PUBLISHED_COUNTS, scale, scale_basis, progress (what orders the
        checkpoints of a model; infinite for the finished one), known_family (as the file or a rule gives it), reason and
        detail (why a model cannot be placed; empty where it can), sizes (what file and rule say, where their numbers of
        parameters differ by more than FACTOR; else empty). What a rule of the user's says counts before what files say.

    """
    # Where no model has several numbers of tokens, they are those of its whole training and no checkpoints.
    tokens = models.groupby("model")["training_tokens"].nunique()
    are_totals = bool((tokens <= 1).all()) and models["training_steps"].isna().all()
    placed = []
    for model in models.itertuples(index=False):
        revision = model.revision if isinstance(model.revision, str) else None
        recognised = rules.of_model(model.model if isinstance(model.model, str) else None, revision, model.path)
        is_known = scale_by == "parameters" and (model.model_family, model.model) in known
        placed.append(_placed_model(model, recognised, scale_by, is_known, are_totals and revision is None))
    found = pd.DataFrame(placed, index=models.index)
    return found if scale_by in ("steps", "tokens") else _with_names_by_size(found)


def _with_names_by_size(placed: pd.DataFrame) -> pd.DataFrame:
    """Models of one name that differ by more than a tenth in their size are not one model: each has its size in its name."""
    size = placed["total_params"].astype(float)
    sizes = size.groupby([placed["family"], placed["name"]], dropna=False)
    is_split = (sizes.transform("max") > 1.1 * sizes.transform("min")) & size.notna()
    if not is_split.any():
        return placed
    named = placed.loc[is_split, "name"].astype(object) + ", " + placed.loc[is_split, "total_params"].map("{:.4g}".format)
    return placed.assign(name=placed["name"].astype(object).where(~is_split, named))


def _scale_of(by: str, size: float | None, stated: dict[str, float | None]) -> tuple[float | None, str | None]:
    """(scale, its basis) of a model. Parameters have no basis here: `models.sql` chooses which of their counts is used."""
    if by == "tokens":
        return stated["training_tokens"], "training_tokens"
    if by == "steps":
        return stated["training_steps"], "training_steps"
    if by == "parameters":
        return size, None
    if by == "loss":
        # exp(-loss) rises as models get better, and its logarithm is minus the loss.
        loss = stated["loss"]
        return None if loss is None else float(np.exp(-loss)), "exp(-loss)"
    if stated["training_flops"] is not None:
        return stated["training_flops"], "training_flops"
    if stated["n_parameters"] is not None and stated["training_tokens"] is not None:
        return 6 * stated["n_parameters"] * stated["training_tokens"], "6 * total_params * training_tokens"
    return None, None


def _why_not(
    name: str | None, family: str | None, scale: float | None, recognised: Recognised, scale_by: str, has_size: bool
) -> tuple[str, str]:
    """(reason, detail) of a model that cannot be placed; both empty where it can."""
    say_it = "; say it in the table, or in a file of rules (config: rules)"
    if name is None:
        detail = "the file does not name its model; a rule with 'path' and 'model' in a file of rules (config: rules) can"
        return "missing_model", detail
    short = ascii(name) if len(name) < 80 else f"{ascii(name)[:80]}..."
    if family is None and (scale_by not in ("steps", "tokens") or recognised.fault):
        if has_size and not recognised.fault:
            detail = (
                f"n_parameters of {short} is there; add a column model_family, or a rule with its family (config: rules)"
            )
            return "unknown_model", detail
        fault = f", and so none reads its {recognised.fault.split(' is ')[0]}" if recognised.fault else ""
        return "unknown_model", f"no rule knows the model {short}{fault}{say_it}"
    if recognised.fault:
        return "unknown_revision", f"{short}: {recognised.fault}; name it in a file of rules (config: rules)"
    if scale == 0:
        return "no_training", f"before its training {short} has no place on a logarithmic scale"
    if scale is None or not scale > 0:
        return "unknown_scale", f"neither the file nor a rule says the {_MISSING[scale_by]} of {short}{say_it}"
    return "", ""


def _placed_model(model, recognised: Recognised, scale_by: str, is_known: bool, is_finished: bool) -> dict:
    """One row of `place_models`; `is_finished` says that its number of tokens is that of its whole training."""
    family = model.model_family if isinstance(model.model_family, str) else recognised.model_family
    if recognised.is_own and recognised.model_family is not None:
        family = recognised.model_family
    stated, counts = (
        {name: None if pd.isna(value := getattr(model, name)) else float(value) for name in names}
        for names in (SCALES, PUBLISHED_COUNTS)
    )
    is_dated = any(stated[name] is not None for name in ("training_tokens", "training_steps"))
    is_checkpoint = recognised.is_checkpoint or (is_dated and not is_finished)
    per_step = recognised.tokens_per_step
    if is_checkpoint and not recognised.is_checkpoint:
        # What a rule says of the finished model does not hold for a checkpoint, of which the file says one of both.
        if per_step and stated["training_tokens"] is None:
            stated["training_tokens"] = stated["training_steps"] * per_step
        elif per_step and stated["training_steps"] is None:
            stated["training_steps"] = stated["training_tokens"] / per_step
    else:
        for name in ("training_tokens", "training_steps"):
            stated[name] = stated[name] if stated[name] is not None else getattr(recognised, name)
    has_published_count = any(value is not None for value in counts.values())
    has_size = stated["n_parameters"] is not None
    by_file, by_rule = stated["n_parameters"], None if has_published_count else recognised.n_parameters
    is_by_rule = recognised.is_own or (by_file is not None and by_file < LEAST_PARAMETERS)
    stated["n_parameters"] = by_rule or by_file if is_by_rule else by_file or by_rule
    differs = by_file and by_rule and max(by_file, by_rule) > FACTOR * min(by_file, by_rule)
    sizes = f"the file says {by_file:.4g}, a rule {by_rule:.4g}, and {stated['n_parameters']:.4g} counts" if differs else ""
    tokens, steps = stated["training_tokens"], stated["training_steps"]
    progress = np.inf
    if is_checkpoint:
        progress = steps if steps is not None else tokens
    size = next((value for value in (stated["n_parameters"], *counts.values()) if value is not None), None)
    scale, basis = _scale_of(scale_by, size, stated)
    name = recognised.model if recognised.model is not None else model.model
    name = name if isinstance(name, str) else None
    if steps is not None or tokens is not None:
        recognised = replace(recognised, fault="")
    reason, detail = (
        ("", "") if is_known and scale is None else _why_not(name, family, scale, recognised, scale_by, has_size)
    )
    known_family = family
    if scale_by in ("steps", "tokens"):
        # The same name in several families of a source stands for different models.
        unique = f"{model.model_family}, {name}" if isinstance(model.model_family, str) else name
        family, name = unique, f"{'step' if scale_by == 'steps' else 'tokens'} {scale:.15g}" if scale is not None else name
    return {
        "family": family, "name": name, "total_params": stated["n_parameters"], **counts, "scale": scale,
        "scale_basis": basis, "progress": progress, "known_family": known_family, "reason": reason,
        "detail": detail, "sizes": sizes,
    }  # fmt: skip


def set_aside_models(
    described: pd.DataFrame, model_row: np.ndarray, files: Texts, n_numbers: np.ndarray, scale_by: str
) -> list[Reject]:
    """Rejects of the models that cannot be placed, and of earlier checkpoints; `described` gets `is_kept`.

    `model_row`, `files` and `n_numbers` give for every score the row of `described`, the file, and for how many numbers
    it counts.
    """
    described["is_kept"] = described["reason"] == ""
    if scale_by not in ("steps", "tokens"):
        placed = described[described["is_kept"]]
        last = placed.groupby(["family", "name"])["progress"].transform("max")
        for k in placed.index[placed["progress"] < last]:
            end = "the finished model" if np.isinf(last[k]) else f"{last[k]:.15g}"
            described.loc[k, ["reason", "detail", "is_kept"]] = (
                "earlier_checkpoint",
                f"at {described.loc[k, 'progress']:.15g}, before the last one ({end}) of this model; by {scale_by} that one "
                "alone counts, by steps or tokens (config: scale_by) all do",
                False,
            )
    rejects = []
    is_rejected = ~described["is_kept"].to_numpy(bool)[model_row]
    pairs, inverse = np.unique(np.stack([files.codes[is_rejected], model_row[is_rejected]]), axis=1, return_inverse=True)
    counts = np.bincount(inverse.ravel(), n_numbers[is_rejected], minlength=pairs.shape[1])
    for (file, k), n in zip(pairs.T, counts, strict=True):
        model = described.iloc[k]
        named = "a model without a name" if model["model"] is None else f"model {model['model']!a}"
        location = named + (f", revision {model['revision']}" if model["revision"] is not None else "")
        rejects.append(Reject("entry", files.names[file], location, model["reason"], model["detail"], int(n)))
    return rejects
