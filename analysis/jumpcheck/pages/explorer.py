"""All curves of a dataset in one page: choose one, see it with its fit, and the same outputs under other metrics.

Curves of fewer than 3 scales have no score and are left out; the page says how many.

The data travels inside the page, packed as `pack` says and unpacked by explorer.js. Charts are drawn by Vega-Lite, whose
code is bundled from the package vl-convert.
"""

from __future__ import annotations

import base64
import gzip
import json

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jumpcheck.base.database import connect
from jumpcheck.base.files import FORMULA
from jumpcheck.base.sql import packaged_text, sql_text
from jumpcheck.base.words import VERDICTS
from jumpcheck.models.scales import scale_name

CODED = [
    "task", "subtask", "metric", "filter", "model_family", "entry_kind", "status", "verdict", "why_not", "source_of_jump",
    "scored_as",
]  # fmt: skip
NUMBERS = [
    "improvement_score", "score_without_ties", "n_examples", "chance", "level", "slope", "curvature", "floor", "scatter",
    "q_break", "chance_bound", "constant_answer", "break_scale", "break_size", "break_size_low", "break_size_up",
    "break_size_high", "n_to_decide",
]  # fmt: skip
NONE = 65535
"""Code of a missing text. A missing number of shots is -1."""


def shortened(values: np.ndarray) -> np.ndarray:
    """`values` as float32 with 16 significant bits: the page shows 4 digits, and the other bits, as zeros, pack well."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x80)) & np.uint32(0xFFFFFF00)).view(np.float32)


def contents(con: duckdb.DuckDBPyConnection) -> tuple[dict, dict[str, np.ndarray]]:
    """(texts and scales as JSON values, columns as arrays) of a database.

    Text columns are stored as codes. Columns that begin with `triplet_` have one row per triplet, the others one per curve.
    `scores` holds the curves one after the other, each with one number per distinct scale of its family; NaN where a curve
    has no score. `stderr` (of the source) and `n_models` (of which a score is the mean) are in the same order.
    """
    curves = con.sql(sql_text("pages/curves")).to_arrow_table()
    families = con.execute(sql_text("pages/families")).fetchall()
    header: dict = {"texts": {}, "scales": {family: scales or [] for family, scales, _ in families}}
    settings = con.execute("select min_scales, min_scales_counted from settings").fetchone()
    header["min_scales"], header["min_scales_counted"] = settings
    (header["n_short"],) = con.execute("select count(*) from curves where n_scales < ?", settings[:1]).fetchone()
    header["called"] = {verdict: words["called"] for verdict, words in VERDICTS.items()}
    header["formula"] = FORMULA
    header["scale_name"] = scale_name(basis for _, _, bases in families for basis in bases or ())
    columns: dict[str, np.ndarray] = {}
    for name in CODED:
        texts = sorted(pc.unique(curves[name]).drop_null().to_pylist())
        if len(texts) >= NONE:
            raise ValueError(f"explorer: more than {NONE:,} different values of {name}")
        header["texts"][name] = texts
        codes = pc.index_in(curves[name], pa.array(texts, curves[name].type)).fill_null(NONE)
        columns[name] = codes.to_numpy().astype(np.uint16)
    columns["shots"] = curves["shots"].fill_null(-1).to_numpy().astype(np.int32)
    for name in ("n_scales", "jumps"):
        columns[name] = curves[name].to_numpy().astype(np.uint16)
    for name in NUMBERS:
        values = curves[name].cast("float64").to_numpy()
        columns[name] = values.astype(np.float32) if name == "n_examples" else shortened(values)
    n_scales = np.array([len(header["scales"][family]) for family in header["texts"]["model_family"]], np.int64)
    start = np.concatenate([[0], np.cumsum(n_scales[columns["model_family"]])])
    points = con.execute(sql_text("pages/points")).fetchnumpy()
    at = start[points["curve"]] + points["place"]
    for name, column in (("scores", "score"), ("stderr", "stderr")):
        values = np.full(start[-1], np.nan, np.float32)
        values[at] = np.ma.filled(points[column].astype(np.float32), np.nan)
        columns[name] = shortened(values)
    columns |= _triplets(con, curves["curve_id"].to_numpy(), header)
    columns["n_models"] = np.zeros(start[-1], np.uint16)
    columns["n_models"][at] = np.minimum(points["n_models"], 65535)
    return header, columns


def _triplets(con: duckdb.DuckDBPyConnection, curve_ids: np.ndarray, header: dict) -> dict[str, np.ndarray]:
    """One row per triplet, as columns: the places of its curves among those of the page, and its verdict."""
    found = con.sql(sql_text("pages/triplets")).to_arrow_table()
    order = np.argsort(curve_ids)
    columns = {}
    for name, column in (("triplet_curve", "deciding_curve_id"), ("triplet_largest", "curve_id")):
        columns[name] = order[np.searchsorted(curve_ids, found[column].to_numpy(), sorter=order)].astype(np.int32)
    texts = sorted(pc.unique(found["verdict"]).drop_null().to_pylist())
    header["texts"]["triplet_verdict"] = texts
    codes = pc.index_in(found["verdict"], pa.array(texts, found["verdict"].type)).fill_null(NONE)
    columns["triplet_verdict"] = codes.to_numpy().astype(np.uint16)
    return columns


def pack(header: dict, columns: dict[str, np.ndarray]) -> bytes:
    """Length of a JSON header (4 bytes, little-endian), the header, and the columns, each from a multiple of 8; gzipped.

    The JSON header is `header` and `columns`: {name: [type, first byte after the header, number of values]}.
    """
    parts, columns_at, offset = [], {}, 0
    for name, values in columns.items():
        content = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
        columns_at[name] = [values.dtype.name, offset, len(values)]
        content += bytes(-len(content) % 8)
        parts.append(content)
        offset += len(content)
    encoded = json.dumps(header | {"columns": columns_at}, ensure_ascii=False).encode()
    encoded += b" " * (-(4 + len(encoded)) % 8)
    return gzip.compress(len(encoded).to_bytes(4, "little") + encoded + b"".join(parts), 5, mtime=0)


def page(database: str, dataset: str, simulated: bool) -> str:
    """The explorer of the database file `database` as one HTML document.

    Parameters
    ----------
    database : str
        Path of the file.
    dataset : str
        What to call the dataset.
    simulated : bool
        Whether no number of it is real, which the page then says.

    """
    import vl_convert

    with connect(database, read_only=True) as con:
        packed = pack(*contents(con))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # "</script" inside the script would end its element.
    library = vl_convert.javascript_bundle().replace("</script", "<\\/script")
    return environment.from_string(packaged_text("pages/explorer.html.j2")).render(
        dataset=dataset,
        simulated=simulated,
        library=library,
        program=packaged_text("pages/explorer.js"),
        packed=base64.b64encode(packed).decode(),
    )
