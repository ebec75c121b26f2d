"""Machine-readable description of a run's outputs: Croissant 1.0 (MLCommons), JSON-LD."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jumpcheck.base.database import connect
from jumpcheck.base.files import write_json
from jumpcheck.base.tables import TABLES

CITATION = (
    "Schaeffer, Miranda and Koyejo 2023, Are Emergent Abilities of Large Language Models a Mirage?, NeurIPS 2023, "
    "arXiv 2304.15004; Srivastava et al. 2022, Beyond the Imitation Game, arXiv 2206.04615"
)
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _described_file(table: str, path: Path, name: str, folder: Path) -> tuple[dict, dict]:
    """(a Parquet file of a table of `tables.yml`, the record set `name` that it holds)."""
    documented = TABLES[table]
    file = {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "description": documented["comment"],
        "contentUrl": path.relative_to(folder).as_posix(),
        "encodingFormat": "application/x-parquet",
        "sha256": _sha256(path),
    }
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{column.name}",
            "name": column.name,
            "description": documented["columns"][column.name],
            "dataType": _data_type(column.type),
            "source": {"fileObject": {"@id": path.name}, "extract": {"column": column.name}},
        }
        for column in pq.read_schema(path)
        if column.name in documented["columns"] and not pa.types.is_nested(column.type)
    ]
    key = {"key": [{"@id": f"{name}/{column}"} for column in documented["key"]]} if documented["key"] else {}
    records = {"@type": "cr:RecordSet", "@id": name, "name": name, "description": documented["comment"], **key}
    return file, records | {"field": fields}


def describe(dataset: str, facts: Mapping[str, str], folder: Path, parquet: Mapping[str, Path]) -> dict:
    """The description of a dataset's outputs.

    Parameters
    ----------
    dataset : str
        Its name.
    facts : mapping
        Rows of the table `provenance`.
    folder : Path
        Addresses in the description are relative to it.
    parquet : mapping
        Parquet files of tables of `tables.yml`, {table: file, or folder of files}.

    """
    parts = [
        # A table of several files has a record set per file: readers of Croissant do not join files of one folder.
        _described_file(table, path, table if len(paths) == 1 else f"{table}-{path.stem}", folder)
        for table, source in parquet.items()
        for paths in [sorted(source.glob("*.parquet")) if source.is_dir() else [source]]
        for path in paths
    ]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": dataset,
        "description": (
            "Emergence scores of benchmark results after Schaeffer, Miranda and Koyejo (NeurIPS 2023), from "
            f"{facts.get('source', 'an unknown source')}, with a test of every jump."
        ),
        "citeAs": CITATION,
        "license": "https://www.apache.org/licenses/LICENSE-2.0",
        "url": "https://arxiv.org/abs/2304.15004",
        "version": facts.get("version_jumpcheck", "0.0.0"),
        "distribution": [file for file, _ in parts],
        "recordSet": [records for _, records in parts],
    }


def write(path: str, dataset: str, database: str, parquet: Mapping[str, Path]) -> None:
    """Write the description of a dataset's outputs (see `describe`) beside them."""
    with connect(database, read_only=True) as con:
        facts = dict(con.execute("from provenance").fetchall())
    write_json(describe(dataset, facts, Path(path).parent, parquet), path)
