"""The work in shards: the same tables and figures as in one, and nothing that crosses shards is lost."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from builders import REFERENCE, entry, put, put_curve, rows, score_file, snakemake

from analysis.base.database import connect
from analysis.base.errors import InputError
from analysis.base.files import read_json, write_parquet
from analysis.base.shards import n_shards_for, shard_of
from analysis.breaks import scatter, sharded
from analysis.breaks.passes import measure_trials
from analysis.normalise.bigbench import normalise
from analysis.normalise.gather import SHARD_TABLES, gather, inputs_of_score, recovered_examples
from analysis.normalise.schema import KEY, RECOVERED_SCHEMA, write
from analysis.score.curves import make_curves


def test_a_task_is_always_in_the_same_shard():
    names = [f"task_{k}" for k in range(1000)] + ["", "é", "a/b", "\udce9"]
    assert [shard_of(name, 7) for name in names] == [shard_of(name, 7) for name in names]
    assert np.bincount([shard_of(name, 7) for name in names], minlength=7).min() > 100
    assert {shard_of(name, 1) for name in names} == {0}
    # Written down: another hash would put tasks elsewhere in the middle of a run.
    assert [shard_of(name, 100) for name in ("word_sorting", "modified_arithmetic")] == [2, 41]


@pytest.mark.parametrize(("n_bytes", "n"), [(0, 1), (1, 1), (2 * 10**9, 1), (2 * 10**9 + 1, 2), (10**11, 50)])
def test_how_many(n_bytes, n):
    assert n_shards_for(n_bytes) == n


def test_shards_are_the_whole(small_source):
    whole = normalise(small_source)
    parts = [normalise(small_source, shard=(k, 3)) for k in range(3)]
    assert sum(len(part.scores) > 0 for part in parts) > 1
    together = pa.concat_tables([part.scores for part in parts]).to_pandas().astype(str)
    key = list(KEY)
    expected = whole.scores.to_pandas().astype(str)
    pd.testing.assert_frame_equal(
        together.sort_values(key, ignore_index=True), expected.sort_values(key, ignore_index=True), check_dtype=False
    )
    for name in ("numbers_in", "scores", "rejected_values", "rejected_files", "files_in", "files_read"):
        assert sum(part.facts[name] for part in parts) == whole.facts[name]
    assert sum(len(part.rejects) for part in parts) == len(whole.rejects)


def shard_files(folder, tables):
    """What one shard leaves, and its facts."""
    paths = {name: folder / f"{name}.parquet" for name in ("scores", *SHARD_TABLES)}
    write(tables, paths | {"facts": folder / "facts.json"})
    inputs = {"published_scores": str(paths["scores"])} | REFERENCE
    with connect() as con:
        write_parquet(recovered_examples(con, inputs), paths["recovered"], RECOVERED_SCHEMA)
    return paths, read_json(folder / "facts.json")


def gathered(made, **options):
    """All shards together, from what each leaves and its facts."""
    with connect() as con:
        return gather(con, [paths for paths, _ in made], [facts for _, facts in made], REFERENCE, **options)


def test_what_is_gathered_does_not_depend_on_the_cut(small_source, tmp_path):
    whole, parts = (
        [shard_files(tmp_path / f"{n}/{k}", normalise(small_source, shard=(k, n))) for k in range(n)] for n in (1, 3)
    )
    one, many = gathered(whole), gathered(parts)
    for name in ("models", "tasks", "rejects", "metrics", "examples"):
        assert getattr(one, name).equals(getattr(many, name)), name
    assert one.facts == many.facts and "digests" not in one.facts and len(one.facts["input_sha256"]) == 64
    with pytest.raises(InputError, match="changed after they were fetched"):
        gathered(parts, expected_sha256="another")


def test_one_name_in_two_folders_of_different_shards_is_refused(tmp_path):
    folders = [f"folder_{k}" for k in range(20)]
    two = [next(name for name in folders if shard_of(name, 2) == k) for k in range(2)]
    for k, folder in enumerate(two):
        put(tmp_path / "in", score_file([entry({"bleu": 1.0})], model=f"m{k}"), folder=folder)
    made = [shard_files(tmp_path / f"{k}", normalise(tmp_path / "in", shard=(k, 2))) for k in range(2)]
    with pytest.raises(InputError, match=r"'a_task'.* shards=1"):
        gathered(made)


def test_shards_without_recovered_sizes_join_those_that_have_some(tmp_path):
    """Every part has declared types: an empty one is not taken for a column of nothing."""
    put_curve(tmp_path / "in", [20 / 203, 61 / 203, 142 / 203], "shares")
    put_curve(tmp_path / "in", [-3.0, -2.0, -1.0], "no_shares", metric="log_likelihood")
    n = next(n for n in range(2, 20) if shard_of("shares", n) != shard_of("no_shares", n))
    made = [shard_files(tmp_path / f"{k}", normalise(tmp_path / "in", shard=(k, n))) for k in range(n)]
    assert gathered(made).examples["n_examples"].to_pylist() == [203]
    empty = [paths["recovered"] for paths, _ in made if not len(pa.parquet.read_table(paths["recovered"]))]
    assert len(empty) == n - 1


def trials_of(folder):
    """Points of curves of shares of 30 tasks, as `trials`."""
    rng = np.random.default_rng(0)
    for k in range(30):
        y = np.sort(rng.binomial(203, rng.uniform(0, 1, 8)) / 203)
        if k % 3 == 0:
            y = np.array([0, 0, 0, 2, 0, 0, 5, 100]) / 203
        put_curve(folder, y.tolist(), f"task_{k}", family=f"F{k % 2}")
    with connect() as con:
        make_curves(con, inputs_of_score(con, normalise(folder), REFERENCE))
        return con.table("trials").to_arrow_table()


def in_shards(parts, config):
    """The three passes over several tables of trials."""
    packed = [sharded.fit_shard(part, config["seed"], 1) for part in parts]
    candidates = [part.filter(part["is_candidate"]) for part in packed]
    pooled = sharded.pool_shards([part.select(sharded.STATE) for part in packed], candidates, config["seed"], 1, print)
    assert [len(table) for table in pooled] == [len(part) for part in packed]
    return [sharded.measure_shard(*given, config, 1) for given in zip(packed, pooled, strict=True)], packed


def test_passes_of_shards_give_what_one_run_gives(tmp_path, monkeypatch):
    monkeypatch.setattr(scatter, "SIMULATED_POOL", 5)  # so that not every curve is simulated
    monkeypatch.setattr(sharded, "SIMULATED_POOL", 5)
    trials = trials_of(tmp_path)
    config = {"emergence_threshold": 20, "seed": 3, "bootstrap": "jumps"}
    whole = measure_trials(trials, config, 1, print).to_pandas()
    assert whole["p_sharp"].notna().sum() > 5 and whole["rho"].nunique() > 1
    shard = np.array([shard_of(task, 4) for task in trials["task"].to_pylist()])
    measured, packed = in_shards([trials.filter(pa.array(shard == k)) for k in range(4)], config)
    assert 0 < sum(part["is_candidate"].to_pandas().sum() for part in packed) < len(whole)
    many = pa.concat_tables(measured).to_pandas()
    pd.testing.assert_frame_equal(
        many.sort_values("curve_id", ignore_index=True), whole.sort_values("curve_id", ignore_index=True), check_exact=True
    )


def test_an_empty_shard_stops_nothing(tmp_path):
    trials = trials_of(tmp_path)
    config = {"emergence_threshold": 20, "seed": 0, "bootstrap": "jumps"}
    measured, _ = in_shards([trials.slice(0, 0), trials], config)
    assert [len(table) for table in measured] == [0, 30]
    assert len(in_shards([trials.slice(0, 0)], config)[0][0]) == 0


@pytest.mark.slow
def test_a_run_in_shards_has_the_bytes_of_a_run_in_one(small_source, tmp_path):
    kinds = (".csv", ".svg", ".html", ".parquet")
    found = []
    for n in (1, 4):
        folder = tmp_path / str(n)
        targets = ["data/d/emergence.duckdb", "results/d/figures/figure_5b.svg", "results/d/explorer.html"]
        result = snakemake(*targets, "--directory", folder, "--config", "dataset=d", f"source={small_source}", f"shards={n}")
        assert result.returncode == 0, result.stdout + result.stderr
        paths = [*folder.glob("results/d/**/*"), *folder.glob("data/d/*.parquet")]
        found.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.suffix in kinds})
    assert found[0].keys() == found[1].keys() and len(found[0]) > 20
    assert [name for name in found[0] if found[0][name] != found[1][name]] == []
    with duckdb.connect() as con:
        for k, n in enumerate((1, 4)):
            con.execute(f"attach '{tmp_path}/{n}/data/d/emergence.duckdb' as d{k} (read_only)")
        for (table,) in con.execute("select table_name from duckdb_tables() where database_name = 'd0'").fetchall():
            assert (
                rows(
                    con,
                    f"(from d0.{table} except all from d1.{table}) union all (from d1.{table} except all from d0.{table})",
                )
                == []
            )
