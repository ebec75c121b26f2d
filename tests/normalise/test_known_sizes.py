"""What known sizes of benchmarks, single precision and units say: against simulations of which the truth is known."""

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, known_rules
from jumpcheck.formats.units import unit_of_sizes
from jumpcheck.models import benchmark_sizes
from jumpcheck.normalise.examples import GROUP, recover_n_examples, settled
from jumpcheck.normalise.known_sizes import sizes_of_groups, with_known_sizes
from jumpcheck.normalise.single_precision import common_denominator

RULES = known_rules()
SIZES = benchmark_sizes.read(ROOT / "data/reference/benchmark_sizes.csv", RULES)
BENCHMARKS = {
    "hellaswag": (10042, 0.25), "arc_easy": (2376, 0.25), "arc_challenge": (1172, 0.25), "winogrande": (1267, 0.5),
    "mmlu": (14042, 0.25), "rte": (277, 0.5), "gsm8k": (1319, 0.0), "copa": (100, 0.5),
}  # fmt: skip
NO_SIZES = pd.DataFrame({"task": [], "subtask": [], "n_examples": []}).astype({"n_examples": "Int64"})


def sizes_of(groups):
    """n_examples and n_source by (task, family) of {(task, family): (shares, chance)}."""
    parts = [
        pd.DataFrame({"task": task, "subtask": task, "split": "", "model_family": family, "score": shares, "chance": chance})
        for (task, family), (shares, chance) in groups.items()
    ]
    shares = pd.concat(parts, ignore_index=True)
    examples = recover_n_examples(shares).merge(sizes_of_groups(shares, SIZES), how="left", on=GROUP)
    examples = examples.sort_values(GROUP, ignore_index=True)
    examples = examples.astype({"n_examples": "Int64", "benchmark_size": "Int64", "is_below_chance": "boolean"})
    n_parts = examples[["task", "model_family"]].assign(n_parts=1)
    found = with_known_sizes(settled(examples, NO_SIZES, n_parts, {}), examples)
    return found.set_index(["task", "model_family"])[["n_examples", "n_source", "n_ambiguous"]]


def simulated(rng, n_of, n_models=6, n_families=10):
    """Shares of every benchmark, rising from near chance, of n_of(size) questions."""
    groups = {}
    for family in range(n_families):
        for task, (size, chance) in BENCHMARKS.items():
            p = np.sort(rng.uniform(chance + 0.02, rng.uniform(chance + 0.1, 0.95), n_models))
            groups[task, f"F{family}"] = (rng.binomial(n_of(size), p) / n_of(size), chance)
    return groups


@pytest.mark.parametrize("kind", ["double", "single", "shortest decimals", 3, 4])
def test_the_sizes_of_benchmarks_come_out_at_every_precision(kind):
    groups = simulated(np.random.default_rng(1), lambda size: size)
    as_written = {
        "double": lambda y: y,
        "single": lambda y: y.astype(np.float32).astype(float),
        "shortest decimals": lambda y: np.array([float(str(one)) for one in y.astype(np.float32)]),
    }.get(kind, lambda y: np.round(y, kind))
    found = sizes_of({key: (as_written(y), chance) for key, (y, chance) in groups.items()})
    truth = np.array([BENCHMARKS[task][0] for task, _ in found.index])
    is_known = found["n_examples"].notna()
    assert (found["n_examples"][is_known] == truth[is_known]).all() and is_known.mean() > 0.95


@pytest.mark.parametrize("limit", [37, 100, 300, 500, 1000])
def test_a_limited_evaluation_is_not_taken_for_the_whole_benchmark(limit):
    groups = simulated(np.random.default_rng(2), lambda size: min(size, limit))
    found = sizes_of(groups)
    truth = np.array([min(BENCHMARKS[task][0], limit) for task, _ in found.index])
    assert not (found["n_examples"] > truth).fillna(False).any()


@pytest.mark.parametrize("kind", ["normalised", "average"])
def test_what_is_no_share_gets_no_number(kind):
    rng = np.random.default_rng(3)
    groups = {}
    for key, (y, chance) in simulated(rng, lambda size: size).items():
        if kind == "average":
            a, b = (rng.binomial(n, y) / n for n in (113, 250))
            groups[key] = ((a + b) / 2, chance)
        elif chance > 0:
            groups[key] = ((y - chance) / (1 - chance), chance)
    found = sizes_of(groups)
    assert found["n_examples"].notna().mean() < 0.02, found[found["n_examples"].notna()]


def test_a_number_in_single_precision_is_proven_or_none():
    rng = np.random.default_rng(4)
    wrong = missing = 0
    for _ in range(300):
        n = int(rng.integers(50, 20_000))
        counts = rng.integers(1, n, 4)
        least, _ = common_denominator(np.unique((counts / n).astype(np.float32).astype(float)), 100_000)
        true = n // np.gcd.reduce([*counts, n])
        missing += least == 0
        wrong += least not in (0, true)
    assert wrong == 0 and missing <= 3


@pytest.mark.parametrize(
    ("sizes", "names", "unit"),
    [
        ([0.07, 0.41, 2.8], "pythia-70m pythia-410m pythia-2.8b", 1e9),
        ([70, 160, 1400], "net-70m net-160m net-1.4b", 1e6),
        ([70, 6.9, 12], "net-70m net-6.9b net-12b", None),
        ([38.89, 36.1, 100], "llama-70b llama-65b falcon-180b", None),
        ([0.5, 7], "a b", 1e9),
        ([13, 70], "a b", None),
        ([500, 20_000], "a b", 1),
        ([7e7, 1e9], "net-1b net-7b", 1),
    ],
)
def test_units_of_sizes(sizes, names, unit):
    assert unit_of_sizes(pd.Series(sizes, dtype=float), pd.Series(names.split())) == unit


@pytest.mark.parametrize(
    ("name", "usual", "chance", "size"),
    [
        ("MMLUPro", "mmlu_pro", 0.1, 12032), ("mmlu_professional_law", "mmlu_professional_law", 0.25, 1534),
        ("mmlu_prox_fr", "mmlu_prox_fr", 0.1, None), ("harness_hendrycksTest_anatomy_5", "mmlu_anatomy", 0.25, 135),
        ("ai2_arc:easy", "arc_easy", 0.25, 2376), ("arc_easy_ca", "arc_easy_ca", None, None),
        ("math_qa", "mathqa", 0.2, 2985),
        ("super_glue_copa", "copa", 0.5, 100), ("MBPP+", "mbpp_plus", None, 378),
        ("hellaswag_de", "hellaswag_de", 0.25, None),
    ],
)  # fmt: skip
def test_names_of_benchmarks(name, usual, chance, size):
    assert RULES.usual_name(name) == usual and RULES.chance(name, "acc") == chance
    assert (SIZES.of(name, name) or [None])[0] == size


def test_a_subtask_is_looked_up_with_its_task():
    assert SIZES.of("mmlu_pro", "math") == [1351] and SIZES.of("super_glue", "copa") == [100]
    assert SIZES.of("multilingual", "hellaswag") == [] and SIZES.of("hellaswag", "hellaswag", "train") == []
