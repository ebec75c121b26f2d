"""The outputs as outside users open them: DuckDB's command line, pandas, polars, and tools that read Croissant."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import mlcroissant
import pandas as pd
import polars
import pyarrow.parquet as pq
import pytest
from builders import put_curve, snakemake
from jumpcheck.base.tables import TABLES


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The folder data/d of a small run."""
    folder = tmp_path_factory.mktemp("readers")
    for number in range(3):
        put_curve(folder / "in", [0, 0, 2 / 203, 4 / 203, 2 / 203, 107 / 203], task=f"task_{number}")
    targets = ["data/d/emergence.duckdb", "data/d/croissant.json"]
    result = snakemake(*targets, "--directory", folder, "--config", "dataset=d", f"source={folder / 'in'}")
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "data/d"


def test_duckdb_on_the_command_line(outputs):
    command = [Path(sys.executable).with_name("duckdb"), "-readonly", "-csv", outputs / "emergence.duckdb"]
    query = "select task, n_scales from curves order by task; select this_dataset from claims where number = 1"
    result = subprocess.run([*command, "-c", query], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:3] == ["task,n_scales", "task_0,6", "task_1,6"] and any(
        "metrics at the thresholds 10" in line for line in lines
    )


def test_pandas_and_polars(outputs):
    with duckdb.connect(str(outputs / "emergence.duckdb"), read_only=True) as con:
        of_database = con.execute("select * from curves order by task").df()
        of_polars = con.sql("select * from curves order by task").pl()
    of_file = pd.read_parquet(outputs / "curves.parquet")
    pd.testing.assert_frame_equal(of_database, of_file.sort_values("task", ignore_index=True), check_dtype=False)
    assert of_polars.equals(polars.read_parquet(outputs / "curves.parquet").sort("task"))
    assert polars.scan_parquet(outputs / "scores/*.parquet").select(polars.len()).collect().item() == 18


@pytest.mark.parametrize("name", ["scores", "curves", "models", "tasks", "rejects"])
def test_a_parquet_file_says_what_it_is(outputs, name):
    path = next((outputs / name).glob("*.parquet")) if name == "scores" else outputs / f"{name}.parquet"
    metadata = {key.decode(): value.decode() for key, value in pq.read_metadata(path).metadata.items()}
    assert metadata["description"] == TABLES[name]["comment"]
    meanings = json.loads(metadata["columns"])
    assert set(meanings) == set(pq.read_schema(path).names) and all(meanings.values())


def test_croissant_is_valid_and_leads_to_the_numbers(outputs):
    dataset = mlcroissant.Dataset(jsonld=str(outputs / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    rows = list(dataset.records("curves"))
    assert [row["curves/task"] for row in rows] == [b"task_0", b"task_1", b"task_2"]
    assert len(list(dataset.records("scores"))) == 18


def test_every_view_answers(outputs):
    with duckdb.connect(str(outputs / "emergence.duckdb"), read_only=True) as con:
        for name, model in TABLES.items():
            if model.get("kind") == "view":
                found = con.execute(f"select * from {name}")
                assert [column[0] for column in found.description] == list(model["columns"])
        assert con.execute("select count(*) from claims").fetchall() == [(6,)]
        assert con.execute("select task, verdict from top_triplets order by task limit 1").fetchall()[0][0] == "task_0"
