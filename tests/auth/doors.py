"""Routes that programs without tokens may call: what they answer is whom they took the caller for."""

import base64
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request, get
from litestar.types import Scope as Connection

from core.auth.access import Principal, scoped
from core.auth.logins import Login, basic
from core.auth.tokens import Caller
from core.wire.scopes import Scope
from tests.auth.conftest import Room


class Taken(msgspec.Struct):
    """Whom a route was called by, and what came with it."""

    client: str
    partner: str
    scopes: list[str]
    kinds: list[str]
    leaving: bool | None
    tlp: str | None


def pair(scope: Connection) -> Login | None:
    sent = dict(scope["headers"])
    key = sent.get(b"x-functions-key", b"").decode("latin-1")
    return Login(key, sent.get(b"ocp-apim-subscription-key", b"").decode("latin-1")) if key else None


def alone(scope: Connection) -> Login | None:
    found = parse_qs(scope["query_string"].decode("latin-1")).get("access_token")
    return Login("", found[0]) if found else None


def _taken(request: Request[Principal, str | None, Any]) -> Taken:
    caller: Caller | None = request.scope["state"].get("caller")
    chosen = caller.selection if caller else None
    return Taken(
        client=request.user.client,
        partner=request.user.slug,
        scopes=sorted(request.user.scopes),
        kinds=list(chosen.kinds) if chosen else [],
        leaving=chosen.leaving if chosen else None,
        tlp=caller.addressed.tlp if caller else None,
    )


@get("/door/taxii", operation_id="Taxii", **scoped(Scope.SIGNALS_READ, logins=(basic,)))
async def taxii(request: Request[Principal, str | None, Any]) -> Taken:
    return _taken(request)


@get("/door/stopncii", operation_id="Stopncii", **scoped(Scope.SIGNALS_READ, logins=(pair,), feed_format="stopncii"))
async def stopncii(request: Request[Principal, str | None, Any]) -> Taken:
    return _taken(request)


@get("/door/graph", operation_id="Graph", **scoped(Scope.SIGNALS_READ, logins=(alone,), feed_format="graph"))
async def graph(request: Request[Principal, str | None, Any]) -> Taken:
    return _taken(request)


@get("/door/ncmec", operation_id="Ncmec", **scoped(Scope.SIGNALS_READ, logins=(basic,), feed_format="ncmec"))
async def ncmec(request: Request[Principal, str | None, Any]) -> Taken:
    return _taken(request)


@get("/door/nameless", operation_id="Nameless", **scoped(Scope.SIGNALS_READ, logins=(pair,)))
async def nameless(request: Request[Principal, str | None, Any]) -> Taken:
    return _taken(request)


@get("/door/writing", operation_id="Writing", **scoped(Scope.SIGNALS_WRITE, logins=(pair,), feed_format="stopncii"))
async def writing(request: Request[Principal, str | None, Any]) -> Taken:
    return _taken(request)


def open_doors(room: Room) -> None:
    """Beside the routes of the room, whose application may have them from a room before."""
    known = {route.path for route in room.app.routes}
    for handler in (taxii, stopncii, graph, ncmec, nameless, writing):
        if known.isdisjoint(handler.paths):
            room.app.register(handler)


def as_basic(name: str, secret: str) -> dict[str, str]:
    """The header of RFC 7617."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}
