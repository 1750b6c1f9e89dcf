"""The JSON Schema of the document that a report is frozen as, for those who read it long after without the hub."""

import msgspec

from core.openapi.shapes import Shapes, types_in
from core.wire.documents import Document


def render() -> bytes:
    """Draft 2020-12, as OpenAPI 3.1 uses it; the same bytes for the same shapes."""
    shapes = Shapes("#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Không Một Mình: frozen report",
        **shapes.schema(Document),
        "$defs": shapes.described(types_in(Document)),
    }
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"
