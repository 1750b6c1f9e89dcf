"""Tables in a ZIP file with a description of every column (Data Package 2.0, datapackage.org)."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import msgspec

from core.sdk import Frozen, Words
from plugins.documents.figures import HIDDEN
from plugins.documents.flat import Field, Flat

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"text": "string", "day": "date", "whole": "integer", "decimal": "number"}


def pack(frozen: Frozen, tables: Mapping[Flat, bytes], extension: str, media_type: str) -> bytes:
    """The tables beside `datapackage.json`, which says of which frozen document they are."""
    described = {
        "$schema": _PROFILE,
        "name": frozen.report,
        "title": frozen.document.title.en,
        "title_vi": frozen.document.title.vi,
        "report": _facts(frozen),
        "resources": [_resource(flat, content, extension, media_type) for flat, content in tables.items()],
    }
    package = msgspec.json.format(msgspec.json.encode(described, order="sorted"), indent=2)
    return archive({"datapackage.json": package} | {f"{one.path}.{extension}": tables[one] for one in tables})


def _facts(frozen: Frozen) -> dict[str, Any]:
    """Everything but the sections."""
    document = frozen.document
    named = {name: getattr(document, name) for name in document.__struct_fields__ if name != "sections"}
    return named | {
        "report": frozen.report,
        "document_sha256": frozen.sha256,
        "position": frozen.position,
        "issuer": frozen.issuer,
    }


def _resource(flat: Flat, content: bytes, extension: str, media_type: str) -> dict[str, Any]:
    resource = {
        "name": flat.path.replace("/", "."),
        "path": f"{flat.path}.{extension}",
        **_titles(flat.title),
        "type": "table",
        "format": extension,
        "mediatype": media_type,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {"fields": [_field(field) for field in flat.fields], "missingValues": ["", HIDDEN.text]},
    }
    return resource | ({"encoding": "utf-8"} if extension == "csv" else {})


def _field(field: Field) -> dict[str, Any]:
    described = {"name": field.name, "type": _TYPES[field.kind], **_titles(field.title)}
    return described | ({"unit": field.unit, "additive": field.additive} if field.unit else {})


def _titles(words: Words) -> dict[str, str]:
    return {"title": words.en, "title_vi": words.vi}


def archive(files: Mapping[str, bytes]) -> bytes:
    """Of bytes that depend on the content alone: stored, for deflated ones change with the version of zlib."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)
    return out.getvalue()
