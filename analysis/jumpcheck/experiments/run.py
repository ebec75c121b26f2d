"""From an experiment's name to the long table of its results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from jumpcheck.base.files import write_parquet
from jumpcheck.experiments import images as image_files
from jumpcheck.experiments.arithmetic import Arithmetic
from jumpcheck.experiments.training import train_all
from jumpcheck.experiments.vision import Autoencoders, ImageSequences, LeNets
from jumpcheck.formats.answers import LONG_COLUMNS

FAMILIES = {
    "arithmetic": "transformer",
    "autoencoders": "autoencoder",
    "image_sequences": "image transformer",
    "lenet": "LeNet",
}
"""Name of the model family of each experiment, to which its seeds are appended."""


def long_table(
    name: str, mode: str, image_data: str, seed: int, images_folder: Path, folder: Path, n_processes: int,
    say: Callable[[str], None],
) -> pd.DataFrame:  # fmt: skip
    """Train all models of experiment `name` and return its results: LONG_COLUMNS, and `test` (all, or 100 examples).

    Parameters
    ----------
    name : str
        A key of FAMILIES.
    mode : str
        full, quick or smoke.
    image_data : str
        offline or published.
    seed : int
        Of the first model of every size; the others follow.
    images_folder, folder : Path
        Published image files; checkpoints and results of single models.
    n_processes : int
        Models trained at once.
    say : callable
        Takes a line about the progress.

    """
    if name == "arithmetic":
        experiment, dataset = Arithmetic(mode), "arithmetic"
    else:
        data = image_files.load(name, image_data, images_folder)
        dataset = data.name
        experiment = {"autoencoders": Autoencoders, "image_sequences": ImageSequences, "lenet": LeNets}[name](mode, data)
    jobs = experiment.jobs(seed)
    say(f"{len(jobs)} models to train on {dataset}, {jobs[0].n_steps:,} steps each, {n_processes} at once")
    rows = pd.DataFrame(train_all(experiment, jobs, folder, n_processes, say))
    frame = rows.rename(columns={"n_parameters": "scale"})
    frame["dataset"] = dataset
    frame["model_family"] = FAMILIES[name] + ", seed " + frame["seed"].astype(str)
    if "test" not in frame.columns:
        frame["test"] = "all"
    frame["scale"], frame["chance"] = frame["scale"].astype(float), frame["chance"].astype(float)
    return frame[[*LONG_COLUMNS, "test"]]


def write(
    name: str, path: str, n_processes: int, say: Callable[[str], None], *, mode: str, image_data: str, seed: int,
    images: str, training: str,
) -> None:  # fmt: skip
    """`long_table` of one experiment as Parquet; checkpoints are kept in a folder of its own below `training`."""
    long = long_table(name, mode, image_data, int(seed), Path(images), Path(training) / name, n_processes, say)
    table = pa.Table.from_pandas(long, preserve_index=False)
    write_parquet(table, path, table.schema)
