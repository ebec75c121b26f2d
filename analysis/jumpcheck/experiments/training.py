"""Training of a family of models: one loop for all experiments, resumable, the same on every CPU run.

Everything random is a function of (seed, step): a run that was killed goes on from its last checkpoint and ends in the
same weights as one that was not.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import multiprocessing
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from jumpcheck.base.files import replacing, write_json
from jumpcheck.base.progress import tell
from jumpcheck.formats import answers

SECONDS_BETWEEN_CHECKPOINTS = 10.0
SECONDS_BETWEEN_REPORTS = 10.0


@functools.cache
def code_digest() -> str:
    """SHA-256 of the code that results depend on: this folder, the module that scores answers, and the version of PyTorch.

    Code that writes files is left out, because it changes no result and training again takes half an hour.
    """
    paths = [*sorted(Path(__file__).parent.glob("*.py")), Path(answers.__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths) + torch.__version__.encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """One model to train: its name within the family, its seed and size, and how long it is trained."""

    model: str
    seed: int
    size: int
    n_steps: int
    batch_size: int
    learning_rate: float
    settings: Mapping[str, object] = field(default_factory=dict)

    def key(self, experiment: Experiment) -> str:
        """Name of the job's files: other settings, other data, other code or another PyTorch get other files."""
        text = json.dumps([asdict(self), experiment.name, experiment.data_digest(), code_digest()], sort_keys=True)
        return f"{self.model}-seed-{self.seed}-{hashlib.sha256(text.encode()).hexdigest()[:12]}".replace(" ", "-")


class Experiment(Protocol):
    """What an experiment gives to the loop. It is sent to the worker processes."""

    name: str

    def data_digest(self) -> str:
        """A text that changes when the data does."""

    def build(self, job: Job) -> torch.nn.Module:
        """The untrained model; called after the seed is set."""

    def loss(self, model: torch.nn.Module, job: Job, rng: np.random.Generator, device: torch.device) -> torch.Tensor:
        """Loss of one batch, drawn with `rng`."""

    def evaluate(self, model: torch.nn.Module, job: Job, device: torch.device) -> list[dict]:
        """Results of the trained model, as rows of JSON values."""


def n_parameters(model: torch.nn.Module) -> int:
    """Number of trainable parameters, embeddings included."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def device_of_choice() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _learning_rate(job: Job, step: int) -> float:
    """Learning rate of a step: warm-up over the first twentieth of the steps, and a half cosine down to a tenth."""
    warm_up = max(1, job.n_steps // 20)
    progress = step / max(1, job.n_steps)
    return job.learning_rate * min(1, (step + 1) / warm_up) * (0.55 + 0.45 * math.cos(math.pi * progress))


def _restored(checkpoint: Path, model: torch.nn.Module, optimiser: torch.optim.Optimizer, device: torch.device) -> int:
    """Load the state that an earlier run left in `checkpoint`; returns the step to go on with, 0 without a checkpoint."""
    if not checkpoint.exists():
        return 0
    # weights_only: nothing of the file is executed.
    state = torch.load(checkpoint, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"]


def train(experiment: Experiment, job: Job, folder: Path, report: Callable[[str], None] = lambda line: None) -> list[dict]:
    """Train one model, or go on with it, and evaluate it.

    Parameters
    ----------
    experiment, job : Experiment, Job
        What to train.
    folder : Path
        Where checkpoints and results are kept. Results that are there already are returned.
    report : callable
        Takes a line about the progress now and then.

    """
    stem = job.key(experiment)
    results, checkpoint = folder / f"{stem}.json", folder / f"{stem}.pt"
    if results.exists():
        return json.loads(results.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    device = device_of_choice()
    model = experiment.build(job).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=job.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    first_step = _restored(checkpoint, model, optimiser, device)
    started = saved = reported = time.monotonic()
    model.train()
    for step in range(first_step, job.n_steps):
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(job, step)
        loss = experiment.loss(model, job, np.random.default_rng([job.seed, step]), device)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        now = time.monotonic()
        if now - reported > SECONDS_BETWEEN_REPORTS:
            seconds_left = (now - started) / (step + 1 - first_step) * (job.n_steps - step - 1)
            report(
                f"{job.model}, seed {job.seed}: step {step + 1:,} of {job.n_steps:,}, loss {loss.item():.4f}, "
                f"{seconds_left:.0f} s left"
            )
            reported = now
        if now - saved > SECONDS_BETWEEN_CHECKPOINTS:
            with replacing(checkpoint) as temporary:
                torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}, temporary)
            saved = now
    model.eval()
    with torch.no_grad():
        rows = experiment.evaluate(model, job, device)
    rows = [{"model": job.model, "seed": job.seed, "n_parameters": n_parameters(model), **row} for row in rows]
    write_json(rows, results)
    checkpoint.unlink(missing_ok=True)
    return rows


_PROGRESS: multiprocessing.Queue | None = None


def _set_progress_queue(lines: multiprocessing.Queue) -> None:
    global _PROGRESS
    _PROGRESS = lines


def _train_in_worker(experiment: Experiment, job: Job, folder: Path) -> list[dict]:
    return train(experiment, job, folder, _PROGRESS.put)


def train_all(
    experiment: Experiment, jobs: Sequence[Job], folder: Path, n_processes: int, say: Callable[[str], None]
) -> list[dict]:
    """Train all models of a family, several at once, the largest first; rows in the order of `jobs`."""
    context = multiprocessing.get_context("spawn")  # a forked child cannot use a GPU
    lines = context.Queue()
    started = time.monotonic()
    with ProcessPoolExecutor(n_processes, context, _set_progress_queue, (lines,)) as pool:
        largest_first = sorted(range(len(jobs)), key=lambda k: (-jobs[k].size, jobs[k].seed))
        job_of_future = {pool.submit(_train_in_worker, experiment, jobs[k], folder): k for k in largest_first}
        waiting, quarters_said = set(job_of_future), 0
        while waiting:
            finished, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()  # an error ends the run
            new_lines = []
            while True:
                try:
                    new_lines.append(lines.get_nowait())
                except queue.Empty:
                    break
            for line in new_lines:
                say(line)
            n_done = len(jobs) - len(waiting)
            tell(n_done, len(jobs), "models")
            if n_done * 4 // len(jobs) > quarters_said:
                quarters_said = n_done * 4 // len(jobs)
                say(f"{n_done} of {len(jobs)} models trained, {time.monotonic() - started:.0f} s")
        rows_of_job = {k: future.result() for future, k in job_of_future.items()}
    return [row for k in range(len(jobs)) for row in rows_of_job[k]]
