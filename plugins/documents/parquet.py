"""One Parquet file for each table, zipped. A figure that is hidden is null; so is the code of a total."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from core.sdk import Frozen, Language
from plugins.documents.flat import Field, Flat, flatten
from plugins.documents.package import pack

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TYPES = {"text": "VARCHAR", "day": "DATE", "whole": "BIGINT"}
_ENCODER = msgspec.json.Encoder(decimal_format="string")


def render(frozen: Frozen, language: Language | None) -> bytes:
    import duckdb  # noqa: PLC0415  (60 MB that only the process that makes reports carries)

    # With more threads the order of rows, and with it the bytes, would be anyone's.
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as db:
        tables = {flat: _file(db, flat, Path(folder)) for flat in flatten(frozen)}
    return pack(frozen, tables, "parquet", "application/vnd.apache.parquet")


def _file(db: "DuckDBPyConnection", flat: Flat, folder: Path) -> bytes:
    # Through a file, for the driver takes a hundred times as long to insert row by row.
    rows, made = folder / "rows.jsonl", folder / "table.parquet"
    names = [field.name for field in flat.fields]
    rows.write_bytes(_ENCODER.encode_lines([dict(zip(names, row, strict=True)) for row in flat.rows]))
    typed = {field.name: _type(field) for field in flat.fields}
    db.read_json(str(rows), columns=typed, format="newline_delimited").write_parquet(str(made), compression="zstd")
    return made.read_bytes()


def _type(field: Field) -> str:
    # As wide as there are: counts of sixteen digits stand in columns of shares.
    return f"DECIMAL(38, {field.scale})" if field.kind == "decimal" else _TYPES[field.kind]
