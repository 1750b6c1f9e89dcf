"""Requests made from the contract itself: the least that each operation takes, with something to put in its place."""

import copy
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
from litestar import Litestar

from core import openapi
from core.edge import JSON

Path = tuple[str | int, ...]


class Operation(msgspec.Struct):
    """An operation of the document, with references resolved on the way."""

    id: str
    method: str
    path: str
    parameters: list[dict[str, Any]]
    body: dict[str, Any] | None
    """Schema of what it takes as JSON."""
    scopes: set[str] | None
    """None: anyone may call it."""
    forms: set[str]
    """Media types of what it answers when all goes well."""

    def named(self, place: str) -> list[str]:
        return [one["name"] for one in self.parameters if one["in"] == place]


class Contract:
    def __init__(self, app: Litestar) -> None:
        self._document = openapi.document(app)
        self._numbers = count()

    def operations(self) -> Iterator[Operation]:
        for path, methods in self._document["paths"].items():
            for method, found in methods.items():
                body = found.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
                needs = [one["oauth2"] for one in found["security"] if "oauth2" in one]
                scopes = set(needs[0]) if needs else None
                asked = found.get("parameters", [])
                good = [told for status, told in found["responses"].items() if status[0] == "2"]
                forms = {form for told in good for form in told.get("content", {})}
                yield Operation(found["operationId"], method.upper(), path, asked, body, scopes, forms)

    def least(self, schema: dict[str, Any]) -> Any:
        """The smallest value that fits; slugs are new each time."""
        schema = self._resolved(schema)
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        if kind == "object":
            return {name: self.least(schema["properties"][name]) for name in schema.get("required", ())}
        if kind == "array":
            return [self.least(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
        if kind == "string":
            return self._text(schema)
        return schema.get("minimum", 0)

    def _text(self, schema: dict[str, Any]) -> str:
        if schema.get("format") == "date":
            # Two in a row make a period.
            return f"2026-10-{1 + next(self._numbers) % 28:02}"
        if schema.get("format") == "date-time":
            return "2026-10-01T00:00:00Z"
        if schema.get("pattern", "").startswith("^[a-z]{2,3}"):
            return "vi"
        return f"some-{next(self._numbers)}"

    def texts(self, schema: dict[str, Any], at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Where free text may stand in a value of this schema."""
        schema = self._resolved(schema)
        if schema.get("type") == "object":
            for name, inner in schema.get("properties", {}).items():
                yield from self.texts(inner, (*at, name))
        elif schema.get("type") == "array":
            # Of any payload that a partner sends nothing more is said.
            yield from self.texts(schema.get("items", {}), (*at, 0))
        elif schema.get("type") == "string" and "enum" not in schema and "format" not in schema:
            yield at, schema

    def filled(self, schema: dict[str, Any], paths: list[Path], text: str) -> Any:
        """The least value, with `text` at each of `paths`."""
        value = self.least(schema)
        for path in paths:
            self._put(value, schema, path, text)
        return value

    def _put(self, value: Any, schema: dict[str, Any], path: Path, text: str) -> None:
        schema = self._resolved(schema)
        name, *rest = path
        inner = self._resolved(schema["items"] if name == 0 else schema["properties"][str(name)])
        made = text if not rest else self.least(inner)
        if isinstance(value, list):
            value[:] = [made]
        elif not rest or name not in value:
            value[name] = made
        if rest:
            self._put(value[name], inner, tuple(rest), text)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Without references, and without null where there is a choice."""
        if "$ref" in schema:
            return self._resolved(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        choices = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
        return self._resolved(choices[0]) if choices else copy.copy(schema)


def strings(value: Any) -> Iterator[str]:
    """Every text in a decoded answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)
