"""The OpenAPI document of an application."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from core import parameters
from core.edge import AT_ONCE, JSON
from core.errors import PROBLEM_JSON
from core.openapi.declare import Bulk, Lines, answered
from core.openapi.shapes import Shapes, types_in
from core.wire.common import Problem
from core.wire.scopes import Scope

TITLE = "Không Một Mình Partner API"
_ABOUT = """Every refusal is a problem (RFC 9457): `errors` names the item and field, or the parameter, and what is
expected there; below `/taxii2` it has the shape of TAXII. A misspelt parameter or word is refused, never taken for a
filter that finds nothing.

`Accept` chooses among the forms of an answer, and absent stands for the first. One that takes none of them gets 406
with their list, and nothing was done. It is not asked where the form is `*/*`, a file as somebody uploaded it, nor for
errors and answers without content."""


def routes(app: Litestar) -> Iterator[tuple[HTTPRoute, str, HTTPRouteHandler]]:
    """Every operation as (route, method, handler), without the OPTIONS that the framework answers itself."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in sorted(route.route_handler_map.items()):
                if handler.fn.__module__ != HTTPRoute.__module__:
                    yield route, method, handler


def own_handlers(app: Litestar) -> list[HTTPRouteHandler]:
    """Every handler that we or a plugin wrote."""
    return [handler for _, _, handler in routes(app)]


def render(app: Litestar, below: str = "/") -> bytes:
    """The document as JSON, the same bytes for the same handlers."""
    return msgspec.json.format(msgspec.json.encode(document(app, below), order="deterministic"), indent=2) + b"\n"


def document(app: Litestar, below: str = "/") -> dict[str, Any]:
    """The document as a dictionary, of the addresses that begin with `below`. Raises `RuntimeError` when two operations
    or two types share a name."""
    writer = _Writer()
    paths: dict[str, dict[str, Any]] = {}
    for route, method, handler in routes(app):
        if handler.resolve_include_in_schema() and route.path_format.startswith(below):
            paths.setdefault(route.path_format, {})[method.lower()] = writer.operation(route, method, handler)
    problem = writer.media({PROBLEM_JSON: Problem})
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version("khongmotminh"), "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": writer.components(),
            "responses": {"Problem": {"description": "What went wrong and what to do about it.", "content": problem}},
            "securitySchemes": {"oauth2": _oauth2()} | _STATIC,
        },
    }


def _oauth2() -> dict[str, Any]:
    scopes = {scope.value: scope.meaning for scope in Scope}
    return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}}}


def _sent(place: str, name: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": place, "name": name}


_STATIC = {
    "basic": {"type": "http", "scheme": "basic"},
    "functions_key": _sent("header", "x-functions-key"),
    "subscription_key": _sent("header", "Ocp-Apim-Subscription-Key"),
    "access_token": _sent("query", "access_token"),
    "api_key": _sent("header", "API-KEY"),
    "api_secret": _sent("header", "API-SECRET"),
}
"""How programs sign in that know no OAuth, as the formats of others have it."""


class _Writer:
    """Describes operations one by one and remembers the types they speak of."""

    def __init__(self) -> None:
        self._shapes = Shapes()
        self._types: dict[str, type] = {}
        self._ids: set[str] = set()

    def components(self) -> dict[str, dict[str, Any]]:
        return self._shapes.described(self._types)

    def operation(self, route: HTTPRoute, method: str, handler: HTTPRouteHandler) -> dict[str, Any]:
        text = cleandoc(handler.fn.__doc__ or "")
        summary, _, description = text.partition("\n")
        found: dict[str, Any] = {
            "operationId": self._operation_id(method, handler),
            "summary": summary,
            "security": list(handler.resolve_security()),
            "responses": self._responses(handler),
        }
        if description:
            found["description"] = description.strip()
        if asked := list(self._parameters(route, handler)):
            found["parameters"] = sorted(asked, key=lambda one: (one["in"], one["name"]))
        if body := self._takes(handler):
            found["requestBody"] = {"required": True, "content": self.media(body)}
        return found

    def _operation_id(self, method: str, handler: HTTPRouteHandler) -> str:
        # A handler of GET answers HEAD too; the document wants a name for each.
        name = f"{handler.operation_id}{'Head' if method == 'HEAD' else ''}"
        if name in self._ids:
            raise RuntimeError(f"two operations are called {name}")
        self._ids.add(name)
        return name

    def media(self, media: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._content(kind) for name, kind in media.items()}

    def _content(self, kind: Any) -> dict[str, Any]:
        if kind is bytes:
            return {"schema": {"type": "string", "format": "binary"}}
        if isinstance(kind, Lines):
            # OpenAPI 3.1 has no words for a sequence of documents.
            return {"schema": {"type": "string"}, "x-item-schema": self._schema(kind.item)}
        if isinstance(kind, Bulk):
            return self._bulk(kind)
        return {"schema": self._schema(kind)}

    def _bulk(self, bulk: Bulk) -> dict[str, Any]:
        items = {"type": "array", "items": {}, "maxItems": AT_ONCE, "x-item-schema": self._schema(bulk.item)}
        schema = {
            "type": "object",
            "properties": {bulk.key: items},
            "required": [bulk.key],
            "additionalProperties": False,
        }
        return {"schema": schema} | ({"example": {bulk.key: [bulk.example]}} if bulk.example else {})

    def _schema(self, kind: Any) -> dict[str, Any]:
        self._types |= types_in(kind)
        return self._shapes.schema(kind)

    def _takes(self, handler: HTTPRouteHandler) -> Mapping[str, Any] | None:
        declared: Mapping[str, Any] | None = handler.opt.get("takes")
        data = handler.parsed_fn_signature.parameters.get("data")
        return declared or ({JSON: data.annotation} if data else None)

    def _responses(self, handler: HTTPRouteHandler) -> dict[str, Any]:
        problem: dict[str, Any] = {"$ref": "#/components/responses/Problem"}
        if "refuses" in handler.opt:
            problem = {"description": "What went wrong.", "content": self.media(handler.opt["refuses"])}
        found: dict[str, Any] = {"4XX": problem, "5XX": problem}
        for status, media in answered(handler).items():
            found[str(status)] = {"description": _PHRASES.get(status, "Done.")}
            if media is not None:
                found[str(status)]["content"] = self.media(media)
        return found

    def _parameters(self, route: HTTPRoute, handler: HTTPRouteHandler) -> Iterator[dict[str, Any]]:
        fields = dict(parameters.declared(handler))
        for name in route.path_parameters:
            field = fields.pop(name, None)
            yield {"name": name, "in": "path", "required": True, "schema": self._schema(field.raw if field else str)}
        for name, field in fields.items():
            yield self._parameter(name, field)

    def _parameter(self, name: str, field: FieldDefinition) -> dict[str, Any]:
        schema = self._schema(parameters.present(field.raw))
        if field.has_default and field.default is not None:
            schema = schema | {"default": msgspec.to_builtins(field.default)}
        return {"name": name, "in": parameters.place(field), "required": field.is_required, "schema": schema}


_PHRASES = {
    201: "Made.",
    204: "Done; there is nothing to say.",
    206: "The part asked for.",
    304: "Unchanged.",
    308: "Moved.",
}
