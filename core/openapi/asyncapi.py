"""The AsyncAPI 3.0 document of the events: what arrives in the stream and at the endpoints of webhooks.

Written from the side of the partner, which receives. Other than OpenAPI it can say which `data` goes with which name.
"""

import inspect
from importlib.metadata import version
from typing import Any

import msgspec

from core.edge import EVENT_STREAM, JSON
from core.openapi.shapes import Shapes, types_in
from core.wire.delivery import EventName, EventOut
from core.wire.events import Event, catalogue
from core.wire.scopes import Scope

_SERVER = {
    "host": "hub.example",
    "protocol": "https",
    "description": "The hub.",
    "security": [{"$ref": "#/components/securitySchemes/oauth2"}],
}
_ENDPOINT = {"host": "partner.example", "protocol": "https", "description": "Your endpoint."}
_LAST_EVENT_ID = {"type": "string", "description": "The `id` that you received last, to go on from there."}
_SIGNED = {
    "webhook-id": {"type": "string", "description": "The same at every attempt: apply each once."},
    "webhook-timestamp": {"type": "string", "description": "Seconds since 1970 of this attempt."},
    "webhook-signature": {"type": "string", "description": "Signatures with your secrets, as Standard Webhooks says."},
}


def render() -> bytes:
    """The document as JSON, the same bytes for the same catalogue."""
    return msgspec.json.format(msgspec.json.encode(document(), order="deterministic"), indent=2) + b"\n"


def document() -> dict[str, Any]:
    """The document as a dictionary."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Không Một Mình Partner API: events",
            "version": version("khongmotminh"),
            "description": "Seen from the partner, which receives. The same as prose: events.md.",
        },
        "defaultContentType": JSON,
        "servers": {"hub": _SERVER, "endpoint": _ENDPOINT},
        "channels": {
            "events": _channel("hub", "/v1/events", "Server-sent events; the data of each is the JSON of one event."),
            "webhook": _channel("endpoint", None, "Requests of the hub to an endpoint of yours.", _SIGNED),
        },
        "operations": {"followEvents": _following(), "receiveWebhook": _being_called()},
        "components": {"schemas": _schemas(), "securitySchemes": {"oauth2": _oauth2()}},
    }


def _channel(server: str, address: str | None, text: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "address": address,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "description": text,
        "messages": {name: _message(name, kind, headers) for name, kind in catalogue().items()},
    }


def _message(name: str, kind: type[Event], headers: dict[str, Any] | None) -> dict[str, Any]:
    summary, _, more = inspect.cleandoc(kind.__doc__ or "").partition("\n")
    own = {"type": {"const": name}, "data": {"$ref": f"#/components/schemas/{kind.__name__}"}}
    message: dict[str, Any] = {
        "name": name,
        "summary": summary,
        "payload": {"allOf": [{"$ref": "#/components/schemas/EventOut"}, {"properties": own}]},
    }
    if more:
        message["description"] = more.strip()
    if headers:
        message["headers"] = {"type": "object", "properties": headers, "required": list(headers)}
    return message


def _following() -> dict[str, Any]:
    (of_a_name,), _ = msgspec.json.schema_components([EventName])
    query = {
        "after": {"type": "integer", "minimum": 0, "description": "A position to begin after, without Last-Event-ID."},
        "types": {"type": "array", "items": of_a_name, "description": "Only these; absent: all."},
    }
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/events"},
        "summary": "Follow what concerns you as it happens; begins now, if you do not say where.",
        "bindings": {"http": {"method": "GET", "query": {"type": "object", "properties": query}}},
        # The binding of HTTP has no place for headers of the request.
        "x-request-headers": {"Accept": {"const": EVENT_STREAM}, "Last-Event-ID": _LAST_EVENT_ID},
    }


def _being_called() -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/webhook"},
        "summary": "Be called with each event at least once, in order; answer 2xx to have received it.",
        "bindings": {"http": {"method": "POST"}},
    }


def _schemas() -> dict[str, Any]:
    """The envelope and what it may hold. `type` is told by the envelope, not in the data."""
    shapes = Shapes()
    types: dict[str, type] = {}
    for kind in (EventOut, *catalogue().values()):
        shapes.schema(kind)
        types |= types_in(kind)
    found = shapes.described(types)
    for kind in catalogue().values():
        data = found[kind.__name__]
        properties = {name: schema for name, schema in data["properties"].items() if name != "type"}
        required = [name for name in data["required"] if name != "type"]
        found[kind.__name__] = data | {"properties": properties, "required": required}
    return found


def _oauth2() -> dict[str, Any]:
    scopes = {scope.value: scope.meaning for scope in (Scope.EVENTS_READ, Scope.WEBHOOKS_WRITE)}
    flow = {"tokenUrl": "https://hub.example/oauth/token", "availableScopes": scopes}
    return {"type": "oauth2", "flows": {"clientCredentials": flow}, "scopes": [Scope.EVENTS_READ.value]}
