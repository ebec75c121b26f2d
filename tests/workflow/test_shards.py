"""The work in shards: the same tables and figures as in one, and nothing that crosses shards is lost."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import small_tree
from builders import REFERENCE, entry, put, put_curve, rows, score_file, snakemake
from jumpcheck.base.database import connect
from jumpcheck.base.errors import InputError
from jumpcheck.base.files import read_json, write_parquet
from jumpcheck.base.settings import DEFAULTS
from jumpcheck.base.shards import n_shards_for, shard_of
from jumpcheck.breaks import break_tests, measuring, model_effects, pools, sensitivity
from jumpcheck.breaks.model_effects import attached
from jumpcheck.breaks.verdicts import breaks_of
from jumpcheck.normalise.bigbench import normalise
from jumpcheck.normalise.gather import SHARD_TABLES, gather, inputs_of_score, recovered_examples
from jumpcheck.normalise.schema import KEY, RECOVERED_SCHEMA, write
from jumpcheck.score.curves import make_curves


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
    """Percent-correct curves of 60 tasks, as `trials`: families of 12 and of 7 scales, some of which jump or break."""
    rng = np.random.default_rng(0)
    for k in range(60):
        n_scales = 12 if k % 2 else 7
        mean = np.exp(-np.exp(rng.uniform(-0.5, 1.5) - rng.uniform(0.2, 1.5) * np.linspace(-1, 1, n_scales)))
        y = rng.binomial(203, mean) / 203
        if k % 5 == 0:
            y = np.array([0, 0, 0, 2, 0, 0, 5, 9, 7, 11, 30, 100])[-n_scales:] / 203
        put_curve(folder, y.tolist(), f"task_{k}", family=f"F{k % 2}")
    with connect() as con:
        make_curves(con, inputs_of_score(con, normalise(folder), REFERENCE))
        return con.table("trials").to_arrow_table()


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    return trials_of(tmp_path_factory.mktemp("trials"))


def in_shards(trials, n, folder, settings=DEFAULTS):
    """What the rules pool, breaks and sensitivity write of n shards: {name: path}, tests of all shards in one file."""
    shard = np.array([shard_of(task, n) for task in trials["task"].to_pylist()])
    parts = [trials.filter(pa.array(shard == k)) for k in range(n)]
    paths = [str(folder / f"trials_{n}_{k}.parquet") for k in range(n)]
    for part, path in zip(parts, paths, strict=True):
        pa.parquet.write_table(part, path)
    told = measuring.estimates(measuring.read_testable(paths))
    shards = [attached(measuring.read_testable([path]), told.task_effects) for path in paths]
    measured = [measuring.measure(shard, told.pools, settings) for shard in shards]
    assert [len(table) for table in measured] == [len(part) for part in parts]
    tables = {
        **told.tables(),
        "measured": pa.concat_tables(measured).sort_by("curve_id"),
        "sensitivity": sensitivity.sensitivity(pd.concat(shards), told.pools, pa.concat_tables(measured), settings),
    }
    tables["breaks"] = pa.Table.from_pandas(breaks_of(pa.concat_tables(parts), tables["measured"], settings))
    made = {name: folder / f"{name}_{n}.parquet" for name in tables}
    for name, table in tables.items():
        pa.parquet.write_table(table.replace_schema_metadata(None), made[name])
    return made


@pytest.mark.parametrize("chunk", [400, 11])
def test_pools_and_tests_do_not_depend_on_the_shards(trials, tmp_path, monkeypatch, chunk):
    """To the last byte, also where the curves of a shard are measured in several chunks."""
    whole = in_shards(trials, 1, tmp_path)
    for module in (break_tests, measuring, model_effects, pools):
        monkeypatch.setattr(module, "CURVES_PER_CHUNK", chunk)
    again = {n: in_shards(trials, n, tmp_path) for n in (2, 7)}
    measured = pa.parquet.read_table(whole["measured"]).to_pandas()
    assert measured["p_break"].notna().sum() > 30 and measured["n_resolve"].notna().any()
    for n, made in again.items():
        for name in made if chunk == 400 else ("measured", "breaks"):
            assert made[name].read_bytes() == whole[name].read_bytes(), (n, name)


def test_an_empty_shard_stops_nothing(trials, tmp_path):
    path = tmp_path / "empty.parquet"
    pa.parquet.write_table(trials.slice(0, 0), path)
    curves = measuring.read_testable([str(path)])
    told = measuring.estimates(curves)
    pools, curves = told.pools, attached(curves, told.task_effects)
    assert len(pools) == 0 and list(pools) == measuring.POOLS_SCHEMA.names
    measured = measuring.measure(curves, pools, DEFAULTS)
    assert len(measured) == 0 and measured.schema == measuring.MEASURED_SCHEMA
    assert len(sensitivity.sensitivity(curves, pools, measured, DEFAULTS)) == 0


def test_a_large_pool_is_that_of_the_curves_with_the_smallest_numbers(trials, monkeypatch):
    """Whatever their order is, and all of its curves are tested."""
    monkeypatch.setattr(measuring, "MAX_POOL", 12)
    curves = measuring.testable(trials).sort_values("curve_id", ascending=False)
    found = measuring.pools_of(curves)
    assert found["n_pool"].tolist() == [12, 12]
    smallest = curves.sort_values("curve_id").groupby(measuring.POOL_KEY).head(12)
    monkeypatch.setattr(measuring, "MAX_POOL", 2000)
    pd.testing.assert_frame_equal(found, measuring.pools_of(smallest))
    all_of_them = measuring.pools_of(curves)
    assert all_of_them["n_pool"].tolist() == [30, 30] and (all_of_them["curvature"] != found["curvature"]).all()
    assert len(measuring.measure(curves, found, DEFAULTS)) == 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tasks", "numbers"),
    [(None, (1, 2, 7)), (["anachronisms", "modified_arithmetic", "word_sorting"], (1, 12))],
    ids=["all tasks", "three tasks, of which most shards have none"],
)
def test_a_run_in_shards_has_the_bytes_of_a_run_in_one(tasks, numbers, small_source, tmp_path):
    """Pools, verdicts under other choices, figures and pages, and every table of the database."""
    kinds = (".csv", ".svg", ".html", ".parquet")
    found = []
    if tasks:
        small_source = tmp_path / "in"
        small_tree.write(small_source, tasks)
    for n in numbers:
        folder = tmp_path / str(n)
        targets = ["data/d/emergence.duckdb", "results/d/figures/figure_5b.svg", "results/d/explorer.html"]
        result = snakemake(*targets, "--directory", folder, "--config", "dataset=d", f"source={small_source}", f"shards={n}")
        assert result.returncode == 0, result.stdout + result.stderr
        paths = [*folder.glob("results/d/**/*"), *folder.glob("data/d/*.parquet")]
        found.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.suffix in kinds})
        measured = [pa.parquet.read_table(path) for path in sorted(folder.glob("data/d/shards/*/measured.parquet"))]
        assert len(measured) == n
        found[-1]["measured"] = pa.concat_tables(measured).sort_by("curve_id")
    assert {"data/d/pools.parquet", "data/d/sensitivity.parquet"} <= found[0].keys() and len(found[0]) > 20
    for other in found[1:]:
        assert found[0].keys() == other.keys()
        assert [name for name in found[0] if name != "measured" and found[0][name] != other[name]] == []
        assert other["measured"].equals(found[0]["measured"]) and len(other["measured"]) > 40
    with duckdb.connect() as con:
        for n in numbers:
            con.execute(f"attach '{tmp_path}/{n}/data/d/emergence.duckdb' as d{n} (read_only)")
        for (table,) in con.execute("select table_name from duckdb_tables() where database_name = 'd1'").fetchall():
            for n in numbers[1:]:
                both = f"from d1.{table}", f"from d{n}.{table}"
                assert rows(con, f"({both[0]} except all {both[1]}) union all ({both[1]} except all {both[0]})") == []
