"""The trained-model experiments, from scoring answers to the workflow."""

import gzip
import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from builders import snakemake
from jumpcheck.base.errors import InputError
from jumpcheck.base.rejects import Rejected
from jumpcheck.experiments import comparisons
from jumpcheck.formats import answers
from jumpcheck.theory import scaling

FIGURES = ("figure_3", "figure_4", "figure_7", "figure_8", "figure_10")

try:
    import PIL.Image
    import sklearn  # noqa: F401
    import torch
except ImportError as error:
    torch, MISSING = None, f"{error}: make setup-experiments installs it"
else:
    MISSING = ""
needs_torch = pytest.mark.skipif(torch is None, reason=MISSING)


# --- answers -----------------------------------------------------------------------------------------------------------

ROW = {"model": "m", "n_parameters": 1e6, "task": "sums", "prompt": "2+3=", "target": "5", "output": "5"}


def lines(tmp_path, rows, name="answers.jsonl"):
    path = tmp_path / name
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def test_answers_in_are_answers_scored_and_rejected(tmp_path):
    rows = [
        ROW,
        ROW | {"output": None},
        ROW | {"n_parameters": "many"},
        ROW | {"n_parameters": -1},
        ROW | {"target": "  "},
        ROW | {"target_log_probability": 0.5},
        ROW | {"target_log_probability": -float("inf")},
        ROW | {"model_family": 3},
        ROW | {"task": "target length 2"},
        ROW | {"model_family": "m, seed 1"},
        ROW | {"target_log_probability": -0.5, "output": "51"},
        "{broken",
        "[1]",
        "",
    ]
    frame, rejects = answers.read(lines(tmp_path, rows))
    assert len(frame) == 2 and len(frame) + len(rejects) == 13
    found = {reject.location: reject.detail for reject in rejects}
    # Minus infinity is no number of JSON.
    assert (
        found.pop("row 7").startswith("JSON is malformed")
        and found.pop("row 12")
        and found.pop("row 13") == "not a JSON object"
    )
    assert found == {
        "row 2": "output is not a text",
        "row 3": "n_parameters is not a positive number",
        "row 4": "n_parameters is not a positive number",
        "row 5": "target is empty",
        "row 6": "target_log_probability is above 0, infinite or no number",
        "row 8": "model_family is not a text",
        "row 9": "task holds 'target length ', which names parts of tasks and seeds here",
        "row 10": "model_family holds ', seed ', which names parts of tasks and seeds here",
    }


def test_parquet_and_json_lines_give_the_same(tmp_path):
    rows = [ROW | {"model_family": "f", "target_log_probability": -0.25}, ROW | {"model_family": "f", "output": "6"}]
    path = tmp_path / "answers.parquet"
    pd.DataFrame(rows).to_parquet(path)
    pd.testing.assert_frame_equal(answers.read(path)[0], answers.read(lines(tmp_path, rows))[0])


@pytest.mark.parametrize(
    ("rows", "name", "message"),
    [
        ([ROW | {"output": 1}], "answers.jsonl", "none of the 1 rows"),
        ([ROW], "answers.parquet", "cannot be read as parquet"),
        ([ROW, ROW | {"n_parameters": 2e6}], "answers.jsonl", "gives model 'm' of family 'brought' several numbers"),
    ],
)
def test_a_file_of_answers_that_cannot_be_used(tmp_path, rows, name, message):
    path = lines(tmp_path, rows, name)
    with pytest.raises(Rejected) as rejected:
        answers.read(path)
    assert message in str(rejected.value.args[2])
    with pytest.raises(InputError, match="source: "):
        answers.write_long_table(str(path), str(tmp_path / "long.parquet"), print)


def test_scores_of_answers():
    found = answers.answer_scores([" 123", "123", "12", "7"], ["123 ", "321", "2", ""])
    assert found["exact_str_match"].tolist() == [1, 0, 0, 0]
    assert found["token_edit_distance"].tolist() == [0, 2, 1, 1]
    assert found["n_right"].tolist() == [3, 1, 0, 0]
    assert found["length"].tolist() == [3, 3, 2, 1]


def test_summary_against_a_loop():
    rng = np.random.default_rng(0)
    target = [str(n) for n in rng.integers(0, 3000, 400)]
    output = [t if rng.random() < 0.4 else str(rng.integers(0, 3000)) for t in target]
    frame = pd.DataFrame({"model_family": "f", "model": "m", "n_parameters": 10.0, "task": "t", "prompt": ""}, range(400))
    frame = frame.assign(target=target, output=output, target_log_probability=-rng.random(400))
    long = answers.long_table(frame, "d")
    found = long[long["test"] == "all"].set_index(["subtask", "metric"])["score"]
    pairs = list(zip(target, output, frame["target_log_probability"], strict=True))
    assert found["t", "exact_str_match"] == np.mean([t == o for t, o, _ in pairs])
    of_3 = [(t, o, p) for t, o, p in pairs if len(t) == 3]
    n_right = [sum(a == b for a, b in zip(t, o, strict=False)) for t, o, _ in of_3]
    assert found["target length 3", "at_least_2"] == np.mean([n >= 2 for n in n_right])
    assert found["target length 3", "log_likelihood_per_token"] == pytest.approx(
        np.sum([p for *_, p in of_3]) / 3 / len(of_3)
    )
    assert ("target length 3", "at_least_3") not in found.index and ("target length 1", "at_least_1") not in found.index
    assert set(long.loc[(long["test"] == "100") & (long["subtask"] == "t"), "n_examples"]) == {100}


# --- what is made of the long table ------------------------------------------------------------------------------------


def by_law(c=3e5, alpha=-0.4, scales=(1e3, 1e4, 1e5, 1e6, 1e7), seeds=3):
    """A long table in which everything is as the paper's law has it."""
    rows = []
    for seed in range(seeds):
        for scale in scales:
            for length in range(1, 6):
                part = {
                    "task": "t",
                    "subtask": f"target length {length}",
                    "model_family": f"law, seed {seed}",
                    "scale": scale,
                }
                part |= {"n_examples": 1000, "model": f"{scale:g}", "dataset": "d", "test": "all"}
                rows.append(part | {"metric": "exact_str_match", "score": float(scaling.accuracy(scale, length, c, alpha))})
                distance = float(scaling.token_edit_distance(scale, length, c, alpha))
                rows.append(part | {"metric": "token_edit_distance", "score": distance})
    return pd.DataFrame(rows).assign(chance=0.0)


def test_the_law_is_found_again():
    law = comparisons.fitted_law(by_law()).iloc[0]
    assert law["alpha"] == pytest.approx(-0.4) and law["c"] == pytest.approx(3e5) and law["r_squared"] == pytest.approx(1)


def test_geometric_and_linear_fits_leave_no_residual_where_the_law_holds():
    found = comparisons.target_lengths(by_law())
    assert len(found) == 5 * 5 * 2 and found["residual"].abs().max() < 1e-12
    assert (found["n_seeds"] == 3).all() and np.allclose(found["low"], found["score"])


def test_sharp_and_smooth_counts_infinite_scores_apart():
    key = {"task": "t", "subtask": "s", "n_scales": 9, "n_examples": 100}
    rows = []
    for seed, (sharp, smooth) in enumerate([(4.0, 1.0), (np.inf, 1.0), (6.0, 2.0), (8.0, 2.0)]):
        for metric, value in (("exact_str_match", sharp), ("token_edit_distance", smooth)):
            family = f"f, seed {seed}"
            rows.append(key | {"model_family": family, "metric": metric, "sharpness": value, "improvement_score": 8 * value})
    curves = pd.DataFrame(rows).assign(share_above_zero=[0.0, 1.0] * 4)
    row = comparisons.sharp_and_smooth(curves).iloc[0]
    assert row["n_infinite_sharp"] == 1 and row["n_seeds"] == 4
    # 4, 6, 8 and infinity over 1, 1, 2 and 2: an infinite score is a sharp one, and not left out.
    assert row["median_sharpness_sharp"] == 7 and row["ratio"] == 7 / 1.5
    assert 1 < row["ratio_low"] <= row["ratio"] <= row["ratio_high"] == np.inf and row["least_sizes_above_zero"] == 0
    of_sharp = curves.assign(sharpness=lambda f: np.where(f["metric"] == "exact_str_match", np.inf, f["sharpness"]))
    assert comparisons.sharp_and_smooth(of_sharp).iloc[0]["ratio"] == np.inf


def test_answers_that_are_long_or_unlike_are_drawn_all_the_same():
    """Targets beyond MAX_LENGTH have no panel by length, and say so."""
    from jumpcheck.figures import arithmetic
    from jumpcheck.figures.about import About

    frame = pd.DataFrame({"model_family": "f", "model": ["a", "b", "c"], "n_parameters": [1e6, 1e7, 1e8], "prompt": ""})
    frame = frame.assign(task="t", target="1234567", output=["1", "1234560", "1234567"], target_log_probability=np.nan)
    long = answers.long_table(frame, "d")
    for draw in (arithmetic.draw_figure_3, arithmetic.draw_figure_4):
        draw(long, About("d"))
    assert comparisons.target_lengths(long).empty


def test_the_csv_of_figure_3_has_the_laws_that_it_draws():
    from jumpcheck.figures import arithmetic

    n = np.array([1e5, 1e6, 1e7])
    parts = [
        pd.DataFrame({"task": task, "subtask": task, "scale": n, "score": -((n / c) ** alpha)})
        for task, c, alpha in (("sums", 2e6, -0.5), ("products", 3e7, -0.25))
    ]
    long = pd.concat(parts, ignore_index=True).assign(
        metric="log_likelihood_per_token", test="all", model_family="f, seed 0"
    )
    found = arithmetic.figure_3_numbers(long)
    assert len(found) == len(long) and set(found["fitted_to"]) == {"log_likelihood_per_token"}
    laws = found.groupby("task")[["c", "alpha", "r_squared"]].first()
    assert laws.loc["sums"].tolist() == pytest.approx([2e6, -0.5, 1])
    assert laws.loc["products"].tolist() == pytest.approx([3e7, -0.25, 1])


# --- images ------------------------------------------------------------------------------------------------------------


def put(folder, name, content):
    from jumpcheck.experiments.images import Published

    (folder / name).write_bytes(content)
    return Published(name, "http://127.0.0.1:9/" + name, hashlib.md5(content).hexdigest())


@needs_torch
def test_cifar_in_its_published_format(tmp_path):
    from jumpcheck.experiments import images

    rng = np.random.default_rng(0)
    records = {name: rng.integers(0, 100, (n, 3074), np.uint8) for name, n in (("train", 5), ("test", 2))}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, values in records.items():
            info = tarfile.TarInfo(f"cifar-100-binary/{name}.bin")
            info.size = values.size
            archive.addfile(info, io.BytesIO(values.tobytes()))
    file = put(tmp_path, "cifar.tar.gz", buffer.getvalue())
    found = images.read_cifar_100(tmp_path, file)
    assert found.train.shape == (5, 3, 32, 32) and found.test.shape == (2, 3, 32, 32)
    assert found.train_labels.tolist() == records["train"][:, 1].tolist()
    assert found.train[3, 2, 1, 7] * 255 == pytest.approx(records["train"][3, 2 + 2 * 1024 + 32 + 7])
    (tmp_path / "cifar.tar.gz").write_bytes(buffer.getvalue() + b"x")
    with pytest.raises(InputError, match="is not the published file: its MD5 is"):
        images.read_cifar_100(tmp_path, file)


@needs_torch
def test_mnist_in_its_published_format(tmp_path):
    from jumpcheck.experiments import images

    rng = np.random.default_rng(0)
    files, arrays = {}, {}
    for name, shape in (("a", (4, 28, 28)), ("b", (4,)), ("c", (2, 28, 28)), ("d", (2,))):
        arrays[name] = rng.integers(0, 10, shape, np.uint8)
        head = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
        files[name] = put(tmp_path, f"{name}.gz", gzip.compress(head + arrays[name].tobytes()))
    found = images.read_mnist(tmp_path, files)
    assert found.train.shape == (4, 1, 28, 28) and np.allclose(found.test[:, 0] * 255, arrays["c"])
    assert found.test_labels.tolist() == arrays["d"].tolist()
    with pytest.raises(InputError, match="holds 3 values, and says 4"):
        images.read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3]), "x")
    with pytest.raises(InputError, match="does not begin like an IDX file"):
        images.read_idx(b"\x80\x04pickle", "x")


@needs_torch
def test_omniglot_in_its_published_format(tmp_path):
    from jumpcheck.experiments import images

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for character in ("A/character01", "A/character02", "B/character01"):
            for drawing in range(20):
                page = PIL.Image.new("1", (105, 105), 1)
                page.putpixel((drawing, 3), 0)
                picture = io.BytesIO()
                page.save(picture, "PNG")
                archive.writestr(f"images_background/{character}/{drawing:04d}.png", picture.getvalue())
    found = images.read_omniglot(tmp_path, put(tmp_path, "omniglot.zip", buffer.getvalue()))
    assert found.n_classes == 3 and found.train.shape == (45, 1, 28, 28) and found.test.shape == (15, 1, 28, 28)
    assert found.train.max() > 0 and np.median(found.train) == 0


@needs_torch
def test_a_host_that_does_not_answer(tmp_path):
    from jumpcheck.experiments import images

    file = images.Published("x.zip", "http://127.0.0.1:9/x.zip", "0")
    with pytest.raises(InputError) as raised:
        images.obtain(file, tmp_path)
    message = str(raised.value)
    assert file.url in message and f"Put the file x.zip into the folder {tmp_path}" in message
    assert not list(tmp_path.iterdir())


@needs_torch
def test_training_and_test_images_share_no_pixel():
    from jumpcheck.experiments import images

    found = images.digits()
    assert len(found.train) == 1197 and len(found.test) == 600 and found.n_classes == 10
    patches = images.patches(n_train=200, n_test=100)
    assert patches.train.shape == (200, 3, 16, 16) and patches.test.min() >= 0 and patches.test.max() <= 1


# --- models ------------------------------------------------------------------------------------------------------------


@needs_torch
def test_problems_as_tokens():
    from jumpcheck.experiments import arithmetic

    rng = np.random.default_rng(0)
    operation = rng.integers(0, 2, 500)
    a, b = (np.where(operation == 0, rng.integers(0, 10_000, 500), rng.integers(0, 100, 500)) for _ in range(2))
    sequences, length = arithmetic.tokens(operation, a, b)
    expected = [str(x + y if op == 0 else x * y) for op, x, y in zip(operation, a, b, strict=True)]
    assert arithmetic.texts(sequences[:, arithmetic.PROMPT :]) == expected
    assert length.tolist() == [len(text) for text in expected]
    assert arithmetic.texts(np.array([[13, 1, 1, 1, 1, 1], [1, 2, 11, 3, 3, 3]])) == ["", "21"]


@needs_torch
def test_nothing_is_tested_that_was_trained_on():
    from jumpcheck.experiments import arithmetic

    for operation in (0, 1):
        a, b = arithmetic.held_out_problems(operation, 3000)
        assert len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(a) >= 1900
        tested = {row.tobytes() for row in arithmetic.tokens(np.full(len(a), operation), a, b)[0]}
        for turn in range(20):
            batch = arithmetic.training_batch(500, np.random.default_rng(turn))
            assert len(batch) == 500 and not tested & {row.tobytes() for row in batch}
    share = arithmetic.is_test(np.zeros(10_000, int), np.repeat(np.arange(100), 100), np.tile(np.arange(100), 100)).mean()
    assert abs(share - 0.2) < 0.02


@needs_torch
def test_answers_are_those_of_token_by_token_decoding():
    from jumpcheck.experiments import arithmetic

    torch.manual_seed(3)
    model = arithmetic.Arithmetic("smoke").build(arithmetic.Arithmetic("smoke").jobs(0)[-1]).eval()
    with torch.no_grad():
        model.decoder.head.bias += 2 * torch.randn(14)
    a, b = arithmetic.held_out_problems(1, 300)
    sequences, _ = arithmetic.tokens(np.ones(len(a), int), a, b)
    sequences[::2, arithmetic.PROMPT] = 5  # targets that some answers begin like
    found, log_p = arithmetic.answer(model, sequences, torch.device("cpu"))
    made = torch.from_numpy(sequences[:, : arithmetic.PROMPT])
    with torch.no_grad():
        for _ in range(arithmetic.ANSWER):
            made = torch.cat([made, model(made)[:, -1:].argmax(dim=-1)], dim=1)
        scores = torch.log_softmax(model(torch.from_numpy(sequences[:, :-1])), dim=-1)
    assert (found == made[:, arithmetic.PROMPT :].numpy()).all()
    expected = scores[:, arithmetic.PROMPT - 1 :].gather(2, torch.from_numpy(sequences)[:, arithmetic.PROMPT :, None])
    assert np.allclose(log_p, expected[:, :, 0].numpy(), atol=1e-6)


@needs_torch
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    from jumpcheck.experiments import training
    from jumpcheck.experiments.arithmetic import Arithmetic

    monkeypatch.setattr(training, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    experiment = Arithmetic("smoke")
    job = replace(experiment.jobs(0)[1], n_steps=12)
    whole = training.train(experiment, job, tmp_path / "whole")
    step = experiment.loss

    class Cut(Exception):
        pass

    turns = iter(range(100))

    def loss(self, *arguments):
        if next(turns) == 7:
            raise Cut
        return step(*arguments)

    with monkeypatch.context() as cut:
        cut.setattr(Arithmetic, "loss", loss)
        with pytest.raises(Cut):
            training.train(experiment, job, tmp_path / "cut")
    assert [path.suffix for path in (tmp_path / "cut").iterdir()] == [".pt"]
    seen = []
    count = Arithmetic.loss
    monkeypatch.setattr(Arithmetic, "loss", lambda self, *given: seen.append(1) or count(self, *given))
    assert training.train(experiment, job, tmp_path / "cut") == whole
    assert len(seen) == 5
    assert training.train(experiment, replace(job, seed=1), tmp_path / "other") != whole
    assert [path.suffix for path in (tmp_path / "cut").iterdir()] == [".json"]


@needs_torch
@pytest.mark.parametrize("name", ["arithmetic", "autoencoders", "image_sequences", "lenet"])
def test_sizes_span_three_orders_of_magnitude(name):
    from jumpcheck.experiments import arithmetic, images, training, vision

    if name == "arithmetic":
        experiment = arithmetic.Arithmetic("full")
    else:
        kind = {"autoencoders": vision.Autoencoders, "image_sequences": vision.ImageSequences, "lenet": vision.LeNets}[name]
        experiment = kind("full", images.OFFLINE[name]())
    jobs = experiment.jobs(0)
    sizes = {training.n_parameters(experiment.build(job)) for job in jobs}
    assert len(sizes) >= 7 and max(sizes) / min(sizes) > 600
    assert len({job.seed for job in jobs}) >= 3


@needs_torch
@pytest.mark.parametrize("n_right", [0, 2, 5, 7, 9])
def test_subset_accuracy_is_that_of_all_subsets(n_right):
    from jumpcheck.experiments.vision import mean_subset_accuracy

    right = np.random.default_rng(0).permutation(np.arange(9) < n_right)
    for k in range(1, 6):
        plainly = np.mean([all(subset) for subset in itertools.combinations(right, k)])
        assert mean_subset_accuracy(right, k) == pytest.approx(plainly, abs=1e-15)


# --- the workflow ------------------------------------------------------------------------------------------------------


def run(folder, *arguments, **options):
    finished = snakemake(*arguments, "--directory", folder, **options)
    return finished.returncode, finished.stdout + finished.stderr


@pytest.mark.slow
@needs_torch
def test_every_experiment_trains_scores_and_draws(tmp_path):
    config = ["--config", "dataset=small_models", "source=trained", "experiments=smoke"]
    code, printed = run(tmp_path, *config)
    assert code == 0, printed
    results = tmp_path / "results/small_models"
    for name in FIGURES:
        text = (results / f"figures/{name}.svg").read_text(encoding="utf-8")
        assert "smoke: few steps, not a result" in text and len(pd.read_csv(results / f"tables/{name}.csv")) > 10
    table = pd.read_csv(results / "tables/sharp_and_smooth.csv")
    assert set(table["task"]) == {
        "4-digit addition", "2-digit multiplication", "reconstruction", "image classification", "sequences of images",
    }  # fmt: skip
    with duckdb.connect(str(tmp_path / "data/small_models/emergence.duckdb"), read_only=True) as con:
        n_curves, n_tested = con.execute(
            "select (select count(*) from curves), (select count(*) from breaks where verdict <> 'not_testable')"
        ).fetchall()[0]
        assert n_curves > 100 and n_tested > 10
        assert con.execute("select distinct n_source from curves where n_source is not null").fetchall() == [("given",)]
        assert con.execute("select bool_and(known) from metrics where metric <> 'x'").fetchall() == [(True,)]
    assert "figure_3" in (results / "report.html").read_text(encoding="utf-8")
    again = run(tmp_path, *config)
    assert "Nothing to be done" in again[1]


def test_answers_that_were_brought(tmp_path):
    """From a file, without PyTorch: both figures, and the bad row counted."""
    rng = np.random.default_rng(0)
    rows = []
    for n in (1e8, 1e9, 1e10, 1e11):
        for _ in range(60):
            target = str(rng.integers(1, 10 ** rng.integers(1, 6)))
            p = np.exp(-((n / 3e9) ** -0.3))
            output = "".join(digit if rng.random() < p else "x" for digit in target)
            rows.append(
                {"model": f"api-{n:g}", "n_parameters": n, "task": "sums", "prompt": "?", "target": target, "output": output}
            )
    rows.append(rows[0] | {"output": None})
    path = lines(tmp_path, rows)
    config = ["--config", "dataset=brought", f"source={path}"]
    code, printed = run(tmp_path, "figure_3", "figure_4", *config)
    assert code == 0, printed
    assert "241 answers in = 240 scored + 1 rejected" in printed and "output is not a text" in printed
    assert "sums" in (tmp_path / "results/brought/figures/figure_3.svg").read_text(encoding="utf-8")
    code, printed = run(tmp_path, "figure_3", *config, "strict=true")
    assert code != 0 and "strict: 1 answers could not be taken in" in printed


def test_without_pytorch_the_target_says_how_to_install_it(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'torch' else find(name, package)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    code, printed = run(
        tmp_path, "figure_10", "--config", "dataset=d", "source=trained", "experiments=smoke", env=environment
    )
    assert code != 0
    assert "error: the experiments need torch" in printed and "make setup-experiments" in printed


@needs_torch
@pytest.mark.proof
@pytest.mark.parametrize("name", FIGURES)
def test_quick_ends_within_two_minutes(tmp_path, name):
    import time

    started = time.monotonic()
    code, printed = run(tmp_path, name, "--config", "dataset=quick", "source=trained", "experiments=quick")
    assert code == 0, printed
    print(f"{name}: {time.monotonic() - started:.0f} s")
    assert (tmp_path / f"results/quick/figures/{name}.svg").exists()


def test_the_package_imports_without_pytorch():
    modules = "jumpcheck.formats.answers, jumpcheck.experiments.comparisons, jumpcheck.figures.experiments"
    code = f"import sys; import {modules}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)
