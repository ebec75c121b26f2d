"""No number changes unnoticed: all that is computed of some curves, as it was written down, on every processor.

Whether the numbers are right is what the other tests ask. Where one is meant to change, write them down again with

    python tests/breaks/test_numbers_stay.py

and say in CHANGELOG.md which results are affected. `make test-kernels` runs this file under several kernels of the linear
algebra.
"""

import ast
import functools
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.breaks.forecasts import forecasts
from jumpcheck.breaks.measuring import estimates, measure
from jumpcheck.breaks.model_effects import attached
from jumpcheck.breaks.sensitivity import sensitivity
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.score.definition import emergence_scores
from jumpcheck.theory.attack_worlds import attack_world
from jumpcheck.theory.worlds import as_trials, world

ROOT = Path(__file__).parents[2]
NUMBERS = Path(__file__).parent / "numbers"
WORLDS = [
    # Pools that tell the scatter; a pool of too few curves; few points, and small test sets; models that are good at all.
    {"n_curves": 34, "seed": 11, "planted": 0.4, "size": 1.6, "mean_scatter": 0.003, "n_examples": (205, 1024)},
    {"kind": "argmax", "n_curves": 8, "seed": 12, "n_scales": 9, "planted": 0.5, "size": 2.0, "scatter": "half"},
    {"kind": "below", "n_curves": 26, "seed": 13, "n_left": 5, "n_examples": (20, 300)},
    {"kind": "lengths", "n_curves": 22, "seed": 14, "n_left": 7, "n_examples": 5000, "model_effect": 0.3},
    {"kind": "irreducible", "n_curves": 6, "seed": 15, "n_scales": 6, "scatter": "exponential"},
]
SHAPES = [
    # A late jump from nothing, one from chance, nothing but guesses, all right, a fall, a step at the first and last place.
    (0.0, 0, [0, 0, 0, 0, 0, 0, 0.01, 0.9]),
    (0.25, 0, [0.25, 0.24, 0.26, 0.25, 0.25, 0.26, 0.7, 0.74]),
    (0.25, 1, [0.25, 0.24, 0.26, 0.25, 0.24, 0.25, 0.26, 0.25]),
    (0.0, 0, [0.97, 0.98, 0.99, 1, 1, 1, 1, 1]),
    (0.5, 1, [0.9, 0.85, 0.8, 0.8, 0.7, 0.65, 0.6, 0.55]),
    (0.0, 0, [0.1, 0.5, 0.52, 0.54, 0.57, 0.58, 0.6, 0.6]),
    (0.0, 1, [0.05, 0.1, 0.1, 0.2, 0.2, 0.35, 0.4, 0.4]),
    (0.0, 0, [0.3, 0.32, 0.33, 0.35, 0.36, 0.38, 0.39, 0.92]),
]


@functools.cache
def curves():
    """Rows of the table `trials`: curves of several worlds, and of shapes that are seldom drawn."""
    parts = [as_trials(world(**options)).assign(model_family=f"W{k}") for k, options in enumerate(WORLDS)]
    # Models that are better in all tasks from one scale on.
    recipe = attack_world("another recipe from one model on, log loss -0.6", n_curves=60, seed=17)
    parts.append(as_trials(recipe).assign(model_family="R"))
    shapes = as_trials(world(n_curves=2 * len(SHAPES), seed=16, n_scales=8, n_examples=200)).iloc[: len(SHAPES)]
    shapes = shapes.assign(model_family="S", chance=[chance for chance, _, _ in SHAPES], ys=[y for *_, y in SHAPES])
    shapes["metric"] = [("exact_str_match", "multiple_choice_grade")[kind] for _, kind, _ in SHAPES]
    shapes["improvement_score"] = [emergence_scores(np.array([y]))[0] for *_, y in SHAPES]
    # Of some curves every other scale has three models.
    shapes["n_models"] = [np.where(np.arange(8) % 2 * (k % 3 == 0), 3.0, 1.0) for k in range(len(SHAPES))]
    whole = pd.concat([*parts, shapes], ignore_index=True)
    return whole.assign(curve_id=np.arange(len(whole)) * 7, task=[f"t{k // 2}" for k in range(len(whole))])


def of_families(*names):
    """Those curves of some model families."""
    return curves()[curves()["model_family"].isin(names)]


@functools.cache
def told():
    return estimates(curves())


@functools.cache
def measured():
    return measure(attached(curves(), told().task_effects), told().pools, DEFAULTS)


def measured_of(curves, **settings):
    """What is measured of curves that are a run of their own."""
    of_curves = estimates(curves)
    return measure(attached(curves, of_curves.task_effects), of_curves.pools, DEFAULTS | settings)


@functools.cache
def breaks():
    return breaks_of(curves(), measured(), DEFAULTS)


@functools.cache
def breaks_of_some():
    """Of curves some of which cannot be tested."""
    some = of_families("W0", "W2", "S")
    some = some.assign(not_testable=[None if k % 5 else "no_chance_rate" for k in range(len(some))])
    known = some[some["not_testable"].isna()]
    return breaks_of(some, measured_of(known, smallest_break=0.5), DEFAULTS)


def sensitivities():
    some = of_families("W0", "W3", "S")
    of_some = estimates(some)
    cleared = attached(some, of_some.task_effects)
    return sensitivity(cleared, of_some.pools, measure(cleared, of_some.pools, DEFAULTS), DEFAULTS).to_pandas()


TABLES = {
    "pools": lambda: told().pools,
    "task_effects": lambda: told().task_effects,
    "model_effects": lambda: told().model_effects,
    "measured": lambda: measured().to_pandas(),
    "breaks": breaks,
    "breaks_of_some": breaks_of_some,
    "forecasts": lambda: forecasts(of_families("W0", "W2", "S"), told().pools).to_pandas(),
    "sensitivity": sensitivities,
}


def flat(table):
    """A table without lists, each of which becomes columns of numbers; counts, truth values and texts are texts."""
    columns = {}
    for name, values in table.items():
        if values.map(lambda value: isinstance(value, list | np.ndarray)).any():
            n_numbers = values.map(len).max()
            wide = np.array([[*value, *[np.nan] * (n_numbers - len(value))] for value in values], float)
            columns |= {f"{name}_{k}": wide[:, k] for k in range(n_numbers)}
        elif values.dtype.kind == "f":
            columns[name] = values.to_numpy()
        else:
            columns[name] = ["" if pd.isna(value) else str(value) for value in values]
    return pd.DataFrame(columns)


@pytest.mark.parametrize("name", TABLES)
def test_numbers_stay(name):
    now = flat(TABLES[name]())
    kinds = {column: float if values.dtype.kind == "f" else str for column, values in now.items()}
    missing = {column: [""] for column, kind in kinds.items() if kind is float}
    before = pd.read_csv(NUMBERS / f"{name}.csv", dtype=kinds, keep_default_na=False, na_values=missing)
    assert list(now.columns) == list(before.columns)
    for column, kind in kinds.items():
        if kind is str:
            assert list(now[column]) == list(before[column]), column
        else:
            assert far_apart(now[column], before[column]) == [], column


def far_apart(now, before):
    """Pairs of numbers that differ by more than a last reported digit, or than 1e-9 of what the column ranges over."""
    now, before = np.array(now), np.array(before)
    scale = np.nanstd(before[np.isfinite(before)]) if np.isfinite(before).any() else 0.0
    is_near = np.isclose(now, before, rtol=2e-5, atol=1e-9 * scale, equal_nan=True)
    return list(zip(now[~is_near], before[~is_near], strict=True))


def digest(kernel):
    """All tables as text, computed by another process that uses a kernel of OpenBLAS."""
    code = f"import runpy; print(runpy.run_path({__file__!r})['as_text']())"
    environment = os.environ | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/helpers")])
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True
    )
    return done.stdout


def as_text():
    """What is measured of a few curves, to the last bit."""
    some = of_families("W1", "W3", "S")
    foretold = forecasts(of_families("S"), estimates(some).pools)
    return flat(measured_of(some).to_pandas()).to_csv() + flat(foretold.to_pandas()).to_csv()


@pytest.mark.parametrize("kernel", ["Nehalem", "SkylakeX"])
def test_the_kernel_of_the_linear_algebra_changes_no_bit(kernel):
    """Each adds in another order than Haswell's; any x86 processor of the last years has the instructions of that one."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip(f"these kernels are of x86 processors; this one is {platform.machine()}")
    if kernel == "SkylakeX" and "avx512dq" not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        pytest.skip("the processor has no AVX-512, which SkylakeX needs")
    assert digest(kernel) == digest("Haswell")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_last_bit_of_exponential_and_logarithm_changes_no_reported_digit(seed, monkeypatch):
    """Processors with AVX-512 have other ones than the rest. A number just between two rounded ones may still change."""
    some = of_families("W1", "S")
    before = [flat(measured_of(some).to_pandas()), flat(forecasts(some, estimates(some).pools).to_pandas())]
    rng = np.random.default_rng(seed)

    def noisy(function):
        def other(x, *arguments, **options):
            value = function(x, *arguments, **options)
            return value * (1 + rng.choice([-1.1e-16, 0, 1.2e-16], size=np.shape(value)))

        return other

    for name in ("exp", "log", "log1p", "sin", "arcsin"):
        monkeypatch.setattr(np, name, noisy(getattr(np, name)))
    after = [flat(measured_of(some).to_pandas()), flat(forecasts(some, estimates(some).pools).to_pandas())]
    for was, now in zip(before, after, strict=True):
        for column in was.columns.difference(["break_scale", "high_scale", "origin", "target"]):
            assert (was[column].eq(now[column]) | was[column].isna()).mean() >= 0.99, column
            if was[column].dtype.kind == "f":
                assert far_apart(now[column], was[column]) == [], column


def test_the_room_leaves_no_product_to_a_library_that_depends_on_the_processor():
    """`@`, np.linalg and their like go to OpenBLAS. np.einsum does not unless it is told to optimise."""
    forbidden = {"linalg", "matmul", "matvec", "vecmat", "vecdot", "dot", "inner", "tensordot", "polyfit", "lstsq", "cov"}
    for path in sorted((ROOT / "analysis/jumpcheck/breaks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.MatMult), path
            names = {getattr(node, "attr", None), getattr(node, "id", None)}
            if isinstance(node, ast.ImportFrom | ast.Import):
                names |= {part for alias in node.names for part in alias.name.split(".")}
                names |= set((getattr(node, "module", None) or "").split("."))
            if isinstance(node, ast.Call):
                names |= {"linalg"} & {"linalg" if keyword.arg == "optimize" else "" for keyword in node.keywords}
            assert not names & forbidden, f"{path.name}:{getattr(node, 'lineno', 0)}"


def test_all_kinds_of_curves_are_among_them():
    """Else a number could change where no curve shows it."""
    judged, found = pd.concat([breaks(), breaks_of_some()]), TABLES["measured"]()
    assert set(judged["verdict"]) == {"break", "one_model", "family", "smooth", "at_chance", "inconclusive", "not_testable"}
    assert {True, False} == set(found["is_told_by_pool"]) == set(found["jump_is_hidden"])
    assert np.isinf(found["size_high"]).any() and found["n_to_decide"].notna().any()
    assert found["n_resolve"].notna().any() and (found["n_ties"] > 0).any()
    assert len(set(judged["reason"].dropna())) > 4


if __name__ == "__main__":
    NUMBERS.mkdir(exist_ok=True)
    for name, table in TABLES.items():
        flat(table()).to_csv(NUMBERS / f"{name}.csv", index=False, float_format="%.9g")
