"""Autoencoders, transformers on sequences of images, and a family of LeNets (the paper's figures 7, 8 and 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from jumpcheck.experiments.images import Images
from jumpcheck.experiments.training import Job
from jumpcheck.experiments.transformer import Decoder

SEEDS = {"full": 5, "quick": 2, "smoke": 2}
BATCH = 128
THRESHOLDS = (0.001, 0.002, 0.005, 0.01, 0.02)
"""Values of c: an image is reconstructed where its mean squared error per pixel is below c."""
ORDERS = 20
"""How often the test images are put into sequences of several: one order leaves too few sequences to tell a small share."""
MAX_IMAGES = 5
"""Largest number of images of a subset or a sequence."""


@dataclass(frozen=True)
class _ImageExperiment:
    """What the three experiments share. It is sent to the worker processes with its `images`."""

    mode: str
    images: Images
    name: str = field(default="", init=False)

    def data_digest(self) -> str:
        """Name and content of the images."""
        return f"{self.mode} {self._digest}"

    @cached_property
    def _digest(self) -> str:
        return self.images.digest()

    @cached_property
    def _train(self) -> torch.Tensor:
        return torch.from_numpy(self.images.train)

    @cached_property
    def _labels(self) -> torch.Tensor:
        return torch.from_numpy(self.images.train_labels)

    def _jobs(self, sizes: tuple[int, ...], n_steps: int, seed: int, learning_rate: float) -> list[Job]:
        return [
            Job(f"width {size}", seed + repeat, size, n_steps, BATCH, learning_rate)
            for repeat in range(SEEDS[self.mode])
            for size in sizes
        ]

    def _batch(self, job: Job, rng: np.random.Generator, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = torch.from_numpy(rng.integers(0, len(self.images.train), job.batch_size))
        return self._train[chosen].to(device), self._labels[chosen].to(device)


def _row(subtask: str, metric: str, scores: np.ndarray, chance: float | None = None) -> dict:
    return {
        "subtask": subtask,
        "metric": metric,
        "score": float(np.mean(scores)),
        "n_examples": np.size(scores),
        "chance": chance,
    }


class Autoencoder(nn.Module):
    """One hidden layer of `width` units between images of `n_values` values."""

    def __init__(self, n_values: int, width: int) -> None:
        super().__init__()
        self.encode, self.decode = nn.Linear(n_values, width), nn.Linear(width, n_values)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, n_values) to the same shape."""
        return self.decode(functional.leaky_relu(self.encode(x)))


@dataclass(frozen=True)
class Autoencoders(_ImageExperiment):
    """Mean squared error, and Reconstruction_c = share of test images with an error below c, against bottleneck width."""

    name: str = field(default="autoencoders", init=False)
    task: str = field(default="reconstruction", init=False)

    def jobs(self, seed: int) -> list[Job]:
        """Bottlenecks from 1 to 1,024."""
        sizes = {
            "full": tuple(2**k for k in range(11)),
            "quick": tuple(4**k for k in range(6)),
            "smoke": (1, 4, 16, 64, 256),
        }
        return self._jobs(sizes[self.mode], {"full": 1500, "quick": 150, "smoke": 20}[self.mode], seed, 1e-3)

    def build(self, job: Job) -> nn.Module:
        """One hidden layer."""
        return Autoencoder(self.images.train[0].size, job.size)

    def loss(self, model: nn.Module, job: Job, rng: np.random.Generator, device: torch.device) -> torch.Tensor:
        """Mean squared error per value."""
        batch, _ = self._batch(job, rng, device)
        flat = batch.flatten(1)
        return functional.mse_loss(model(flat), flat)

    def evaluate(self, model: nn.Module, job: Job, device: torch.device) -> list[dict]:
        """Errors of all test images."""
        errors = []
        for part in torch.from_numpy(self.images.test).flatten(1).split(1024):
            part = part.to(device)
            errors.append(((model(part) - part) ** 2).mean(dim=1).cpu().numpy())
        error = np.concatenate(errors).astype(float)
        rows = [_row("reconstruction", "mean_squared_error", error)]
        for c in THRESHOLDS:
            rows.append(_row(f"c = {c:g}", "reconstruction", error < c, 0.0))
            rows.append(_row(f"c = {c:g}", "mean_squared_error", error))
        return [{"task": self.task, **row} for row in rows]


def mean_subset_accuracy(right: np.ndarray, of: int) -> float:
    """Share of all subsets of `of` images in which all are right.

    C(m, of) / C(n, of) for m right ones of n = prod over i < of of (m - i) / (n - i).
    """
    i = np.arange(of)
    return float(np.prod(np.maximum(right.sum() - i, 0) / (len(right) - i)))


class LeNet(nn.Module):
    """LeNet-5's shape with all widths scaled: two convolutions with pooling, two hidden layers."""

    def __init__(self, side: int, n_channels: int, width: int, n_classes: int) -> None:
        super().__init__()
        kernel, pad = (3, 1) if side < 20 else (5, 2)
        self.first = nn.Conv2d(n_channels, width, kernel, padding=pad)
        self.second = nn.Conv2d(width, 2 * width, kernel, padding=pad)
        self.hidden_1 = nn.Linear(2 * width * (side // 4) ** 2, 8 * width)
        self.hidden_2 = nn.Linear(8 * width, 4 * width)
        self.out = nn.Linear(4 * width, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, side, side) to class scores."""
        x = functional.max_pool2d(functional.relu(self.first(x)), 2)
        x = functional.max_pool2d(functional.relu(self.second(x)), 2)
        x = functional.relu(self.hidden_1(x.flatten(1)))
        return self.out(functional.relu(self.hidden_2(x)))


@dataclass(frozen=True)
class LeNets(_ImageExperiment):
    """Test accuracy against parameters, and subset accuracy: all K of K images right, over all subsets of test images."""

    name: str = field(default="lenet", init=False)
    task: str = field(default="image classification", init=False)

    def jobs(self, seed: int) -> list[Job]:
        """Widths over three orders of magnitude of parameters."""
        sizes = {"full": (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 48), "quick": (1, 2, 3, 4, 6, 8), "smoke": (1, 2, 3, 4, 6)}
        return self._jobs(sizes[self.mode], {"full": 600, "quick": 150, "smoke": 30}[self.mode], seed, 2e-3)

    def build(self, job: Job) -> nn.Module:
        """Scaled LeNet."""
        _, n_channels, side, _ = self.images.train.shape
        return LeNet(side, n_channels, job.size, self.images.n_classes)

    def loss(self, model: nn.Module, job: Job, rng: np.random.Generator, device: torch.device) -> torch.Tensor:
        """Cross entropy."""
        batch, labels = self._batch(job, rng, device)
        return functional.cross_entropy(model(batch), labels)

    def evaluate(self, model: nn.Module, job: Job, device: torch.device) -> list[dict]:
        """Accuracy, cross entropy, and subset accuracy for K up to MAX_IMAGES."""
        log_p = []
        for part in torch.from_numpy(self.images.test).split(1024):
            log_p.append(functional.log_softmax(model(part.to(device)), dim=1).cpu().numpy())
        log_p = np.concatenate(log_p).astype(float)
        labels = self.images.test_labels
        right = log_p.argmax(axis=1) == labels
        label_log_p = log_p[np.arange(len(labels)), labels]
        rows = [
            _row("K = 1", "accuracy", right, 1 / self.images.n_classes),
            _row("K = 1", "log_likelihood_per_image", label_log_p),
        ]
        for k in range(2, MAX_IMAGES + 1):
            subsets = _row(f"K = {k}", "mean_subset_accuracy", mean_subset_accuracy(right, k), self.images.n_classes**-k)
            rows.append(subsets | {"n_examples": len(right)})
            rows.append(_row(f"K = {k}", "log_likelihood_per_image", label_log_p))
        return [{"task": self.task, **row} for row in rows]


class SequenceClassifier(nn.Module):
    """Image-label pairs in sequence: every image's label is predicted from the pairs before it and the image."""

    def __init__(self, side: int, n_channels: int, width: int, n_classes: int) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(n_channels, width, 3, stride=2, padding=1)
        side_after = (side + 1) // 2
        self.embed_image = nn.Linear(width * side_after * side_after, width)
        self.embed_label = nn.Embedding(n_classes, width)
        self.decoder = Decoder(width, 2 * MAX_IMAGES, n_classes)

    def forward(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(batch, L, channels, side, side) and (batch, L) to class scores (batch, L, n_classes)."""
        batch, length = labels.shape
        features = functional.relu(self.convolve(images.flatten(0, 1))).flatten(1)
        pairs = torch.stack([self.embed_image(features).view(batch, length, -1), self.embed_label(labels)], dim=2)
        return self.decoder(pairs.flatten(1, 2))[:, ::2]


@dataclass(frozen=True)
class ImageSequences(_ImageExperiment):
    """Accuracy per image, and subset accuracy: all L images of a sequence right, over many sequences."""

    name: str = field(default="image_sequences", init=False)
    task: str = field(default="sequences of images", init=False)

    def jobs(self, seed: int) -> list[Job]:
        """Widths over three orders of magnitude of parameters."""
        sizes = {"full": (1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64), "quick": (1, 2, 4, 6, 8, 16), "smoke": (1, 2, 4, 6, 8)}
        return self._jobs(sizes[self.mode], {"full": 800, "quick": 120, "smoke": 15}[self.mode], seed, 2e-3)

    def build(self, job: Job) -> nn.Module:
        """Convolutional embedding and a decoder of two layers."""
        _, n_channels, side, _ = self.images.train.shape
        return SequenceClassifier(side, n_channels, job.size, self.images.n_classes)

    def loss(self, model: nn.Module, job: Job, rng: np.random.Generator, device: torch.device) -> torch.Tensor:
        """Cross entropy of all labels of sequences of MAX_IMAGES random images."""
        n = job.batch_size // 2 * MAX_IMAGES
        chosen = torch.from_numpy(rng.integers(0, len(self.images.train), n)).view(-1, MAX_IMAGES)
        images, labels = self._train[chosen].to(device), self._labels[chosen].to(device)
        return functional.cross_entropy(model(images, labels).flatten(0, 1), labels.flatten())

    def evaluate(self, model: nn.Module, job: Job, device: torch.device) -> list[dict]:
        """For every L the test images in sequences of L; each image is in one of every ORDERS sequences."""
        rows = []
        for length in range(1, MAX_IMAGES + 1):
            rng, n_images = np.random.default_rng(length), len(self.images.test)
            n_used = n_images // length * length
            orders = [rng.permutation(n_images)[:n_used] for _ in range(1 if length == 1 else ORDERS)]
            order = torch.from_numpy(np.concatenate(orders)).view(-1, length)
            images, labels = torch.from_numpy(self.images.test)[order], torch.from_numpy(self.images.test_labels)[order]
            log_p = torch.cat(
                [
                    functional.log_softmax(model(some_images.to(device), some_labels.to(device)), dim=2).cpu()
                    for some_images, some_labels in zip(images.split(512), labels.split(512), strict=True)
                ]
            )
            right = (log_p.argmax(dim=2) == labels).numpy()
            label_log_p = log_p.gather(2, labels[:, :, None]).double().numpy().ravel()
            chance = self.images.n_classes**-length
            if length > 1:
                rows.append(_row(f"L = {length}", "mean_subset_accuracy", right.all(axis=1), chance))
            else:
                rows.append(_row("L = 1", "accuracy", right.ravel(), chance))
            rows.append(_row(f"L = {length}", "log_likelihood_per_image", label_log_p))
        return [{"task": self.task, **row} for row in rows]
