"""Images to train on: CIFAR-100, MNIST and Omniglot in their published formats, and images that ship inside scikit-learn.

No pickle is ever read: CIFAR-100 comes in its binary version. Every published file is compared with its checksum.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import replacing


@dataclass(frozen=True)
class Images:
    """Images of one size as floats in [0, 1], shape (n, channels, height, width), and their classes."""

    name: str
    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.train_labels.max()) + 1

    def digest(self) -> str:
        """SHA-256 of all arrays."""
        digest = hashlib.sha256()
        for values in (self.train, self.train_labels, self.test, self.test_labels):
            digest.update(f"{values.dtype}{values.shape}".encode() + np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Published:
    """A file as its authors publish it."""

    name: str
    url: str
    md5: str


CIFAR_100 = Published(
    "cifar-100-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"
)
_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MNIST = {
    name: Published(f"{name}.gz", f"{_MNIST}{name}.gz", md5)
    for name, md5 in {
        "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    }.items()
}
OMNIGLOT = Published(
    "images_background.zip",
    "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/images_background.zip",
    "68d2efa1b9178cc56df9314c21c6e718",
)
TIMEOUT = 60


def obtain(file: Published, folder: Path) -> bytes:
    """The bytes of a published file, which is downloaded into `folder` unless it is there.

    Raises
    ------
    InputError
        It is not there and cannot be downloaded, or is not the published file.

    """
    path = folder / file.name
    if not path.exists():
        try:
            with urllib.request.urlopen(file.url, timeout=TIMEOUT) as response, replacing(path) as temporary:
                temporary.write_bytes(response.read())
        except (urllib.error.URLError, OSError) as error:
            raise InputError(
                f"image_data: {file.url} cannot be downloaded ({error}). Put the file {file.name} into the folder {folder}, "
                "or use the images that are there already: image_data=offline"
            ) from error
    content = path.read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 != file.md5:
        raise InputError(
            f"image_data: {path} is not the published file: its MD5 is {md5}, expected {file.md5}. Delete it to download "
            f"it again from {file.url}"
        )
    return content


def _cifar_records(content: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(images, fine labels) of CIFAR-100's binary version: per image a coarse label, a fine label and 3 x 32 x 32 bytes."""
    if not content or len(content) % 3074:
        raise InputError(f"image_data: {name} has {len(content):,} bytes, which is no multiple of the 3,074 of one image")
    records = np.frombuffer(content, np.uint8).reshape(-1, 3074)
    return records[:, 2:].reshape(-1, 3, 32, 32).astype(np.float32) / 255, records[:, 1].astype(np.int64)


def read_cifar_100(folder: Path, file: Published = CIFAR_100) -> Images:
    """CIFAR-100 (Krizhevsky 2009), 50,000 and 10,000 images of 32 x 32 in colour."""
    parts = {}
    with tarfile.open(fileobj=io.BytesIO(obtain(file, folder))) as archive:
        for name in ("train", "test"):
            member = f"cifar-100-binary/{name}.bin"
            try:
                parts[name] = archive.extractfile(member).read()
            except KeyError as error:
                raise InputError(f"image_data: {file.name} holds no {member}") from error
    return Images("CIFAR-100", *_cifar_records(parts["train"], "train.bin"), *_cifar_records(parts["test"], "test.bin"))


def read_idx(content: bytes, name: str) -> np.ndarray:
    """Array of unsigned bytes in the IDX format: two zeros, type 8, number of dimensions, sizes, values."""
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise InputError(f"image_data: {name} does not begin like an IDX file of unsigned bytes")
    n_dimensions = content[3]
    shape = np.frombuffer(content, ">u4", n_dimensions, 4).astype(int)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * n_dimensions)
    if values.size != np.prod(shape):
        raise InputError(f"image_data: {name} holds {values.size:,} values, and says {' x '.join(map(str, shape))}")
    return values.reshape(shape)


def read_mnist(folder: Path, files: dict[str, Published] = MNIST) -> Images:
    """MNIST (LeCun et al. 1998), 60,000 and 10,000 images of 28 x 28."""
    arrays = []
    for name, file in files.items():
        try:
            arrays.append(read_idx(gzip.decompress(obtain(file, folder)), name))
        except (gzip.BadGzipFile, EOFError) as error:
            raise InputError(f"image_data: {file.name} is no gzip file: {error}") from error
    images = [values[:, None].astype(np.float32) / 255 for values in arrays[::2]]
    labels = [values.astype(np.int64) for values in arrays[1::2]]
    return Images("MNIST", images[0], labels[0], images[1], labels[1])


def read_omniglot(folder: Path, file: Published = OMNIGLOT, side: int = 28) -> Images:
    """Omniglot's background set (Lake et al. 2015), 964 characters by 20 people each, shrunk to `side` pixels.

    A class is a character; of every character the last 5 drawings are for testing.
    """
    from PIL import Image

    train, test = [], []
    with zipfile.ZipFile(io.BytesIO(obtain(file, folder))) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        if not names:
            raise InputError(f"image_data: {file.name} holds no .png files")
        characters = {character: k for k, character in enumerate(sorted({name.rsplit("/", 1)[0] for name in names}))}
        n_seen: dict[str, int] = {}
        for name in names:
            character = name.rsplit("/", 1)[0]
            picture = Image.open(io.BytesIO(archive.read(name))).convert("L").resize((side, side), Image.Resampling.BOX)
            n_seen[character] = n_seen.get(character, 0) + 1
            # Strokes are black on white: ink is 1 here, as in the other datasets.
            value = 1 - np.asarray(picture, np.float32)[None] / 255
            (train if n_seen[character] <= 15 else test).append((value, characters[character]))
    if not test:
        raise InputError(f"image_data: {file.name} holds no character with more than 15 drawings")
    (images, labels), (test_images, test_labels) = (zip(*part, strict=True) for part in (train, test))
    return Images("Omniglot", np.stack(images), np.array(labels), np.stack(test_images), np.array(test_labels))


def digits() -> Images:
    """scikit-learn's handwritten digits, 1,797 images of 8 x 8 (test set of the UCI optical recognition data)."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = (data.images[:, None] / 16).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(images))
    split = len(images) - 600
    train, test = order[:split], order[split:]
    labels = data.target.astype(np.int64)
    return Images("handwritten digits of scikit-learn", images[train], labels[train], images[test], labels[test])


def patches(side: int = 16, n_train: int = 12_000, n_test: int = 4_000) -> Images:
    """Square patches in colour of scikit-learn's two photographs. Training patches lie left, test patches right."""
    from sklearn.datasets import load_sample_images

    photographs = [picture.astype(np.float32) / 255 for picture in load_sample_images().images]
    rng = np.random.default_rng(0)

    def cut(n: int, first: float, last: float) -> np.ndarray:
        squares = []
        for picture in photographs:
            height, width, _ = picture.shape
            tops = rng.integers(0, height - side + 1, n // len(photographs))
            lefts = rng.integers(int(first * width), int(last * width) - side + 1, n // len(photographs))
            squares += [picture[t : t + side, left : left + side] for t, left in zip(tops, lefts, strict=True)]
        return np.stack(squares).transpose(0, 3, 1, 2)

    train, test = cut(n_train, 0, 0.7), cut(n_test, 0.7, 1)
    no_labels = np.zeros(len(train), np.int64), np.zeros(len(test), np.int64)
    return Images("patches of scikit-learn's photographs", train, no_labels[0], test, no_labels[1])


OFFLINE: dict[str, Callable[[], Images]] = {"autoencoders": patches, "image_sequences": digits, "lenet": digits}
PUBLISHED: dict[str, Callable[[Path], Images]] = {
    "autoencoders": read_cifar_100,
    "image_sequences": read_omniglot,
    "lenet": read_mnist,
}


def load(experiment: str, image_data: str, folder: Path) -> Images:
    """Images of an experiment: `image_data` is offline or published; `folder` holds published files."""
    return OFFLINE[experiment]() if image_data == "offline" else PUBLISHED[experiment](folder)
