"""HTTP of the signal exchange."""

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Stream as StreamResponse
from msgspec import UNSET, Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import edge
from core.answers import negotiated
from core.auth.access import Principal, scoped
from core.edge import JSON, NDJSON
from core.openapi import answers, takes, takes_bulk
from core.plugin.host import PluginHost
from core.signals import feed, inbound, lookup, signals
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.streams import Stream
from core.signals.writer import SignalWriter
from core.wire.connect import Connected
from core.wire.scopes import Scope
from core.wire.signals import (
    Digest,
    Feed,
    KindName,
    LookedUp,
    LookupItem,
    Retracted,
    Retraction,
    SignalDetail,
    SignalIn,
    SignalOut,
    SubmitResult,
    Submitted,
)

AT_ONCE = 10_000
"""Items of a JSON body."""


class _Signals(msgspec.Struct, forbid_unknown_fields=True):
    signals: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


class _Items(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


_signals = msgspec.json.Decoder(_Signals)
_items = msgspec.json.Decoder(_Items)
_retraction = msgspec.json.Decoder(Retraction)

_ITEM = {"kind": "url", "value": "https://gift.example/claim"}
_SIGNAL = _ITEM | {"category": "phishing", "confidence": 80, "tlp": "GREEN", "external_id": "case-1"}


@post(
    "/signals",
    operation_id="SubmitSignals",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_WRITE),
    **takes_bulk("signals", SignalIn, ndjson=True, example=_SIGNAL),
    **answers({200: {JSON: Submitted, NDJSON: SubmitResult}}),
)
async def submit_signals(
    request: Request[Any, Any, Any], principal: Principal, writer: SignalWriter, kinds: Kinds, keys: Keys
) -> Response[Any]:
    """Submit signals, each with a result of its own.

    JSON takes up to 10,000 in one transaction. NDJSON takes any number, one a line, committed by the thousand; its
    answer is one result a line and a last line of totals. `Prefer: return=minimal` lists rejected items only.
    The same item again changes nothing, so sending again after a lost connection is safe.
    """
    minimal = "return=minimal" in request.headers.get("prefer", "")
    if edge.content_type(request) == NDJSON:
        stream = Stream(principal, writer, kinds, keys, "SubmitSignals", minimal=minimal)
        await stream.take(request)
        return StreamResponse(stream.answer(), media_type=NDJSON, status_code=200)
    sent = edge.decode(await edge.json_body(request), _signals)
    done = await signals.submit(principal, writer, kinds, keys, sent.signals, "SubmitSignals", minimal=minimal)
    return Response(done, media_type=JSON)


@post(
    "/signals/retractions",
    operation_id="RetractSignals",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_WRITE),
    **takes({JSON: Retraction}),
)
async def retract_signals(request: Request[Any, Any, Any], principal: Principal, writer: SignalWriter) -> Retracted:
    """Withdraw your own claims, by your external ids or by the hub's ids.

    Everyone who may have seen them gets a tombstone. A claim with several external ids stands until its last one.
    """
    asked = edge.decode(await edge.json_body(request), _retraction)
    return await signals.retract(principal, writer, asked, "RetractSignals")


@post(
    "/signals/lookup",
    operation_id="LookUpSignals",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_READ),
    **takes_bulk("items", LookupItem, example=_ITEM),
)
async def look_up_signals(
    request: Request[Any, Any, Any], principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys
) -> LookedUp:
    """Ask whether values are known. What you may not see answers as unknown."""
    asked = edge.decode(await edge.json_body(request), _items)
    return await lookup.look_up(snapshot, principal, kinds, keys, asked.items)


@get(
    "/signals",
    operation_id="ReadFeed",
    **scoped(Scope.SIGNALS_READ),
    **answers({200: {JSON: Feed, NDJSON: SignalOut}}),
)
async def read_feed(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    keys: Keys,
    plugins: PluginHost,
    after: Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]+$")] | None = None,
    limit: Annotated[int, Meta(ge=1, le=AT_ONCE)] = 1_000,
    kind: Annotated[list[KindName], Meta(max_length=40)] | None = None,
) -> Response[bytes]:
    """Read what changed after a cursor, in commit order, as you may see it.

    Walk from zero by leaving `after` out; go on with `next`, which is always given. An item replaces your copy of that
    signal, a tombstone (only `id`, `state`, `position`) removes it. The last page carries `digest`: the sum of your
    copy's `check` values mod 2^128. 410 `resync` asks for a new walk into a new copy. As NDJSON: one item a line, then
    a line with `next`, `more` and `digest`. Plugins add further forms, such as text/csv.
    """
    page = await feed.page(snapshot, principal, keys, after=after, limit=limit, kinds=kind or ())
    added = {media_type: partial(form.render, page) for media_type, form in plugins.feed_formats().items()}
    answer = negotiated(request, {JSON: partial(_encoder.encode, page), NDJSON: partial(_lines, page)} | added)
    query = urlencode({"after": page.next, "limit": limit, "kind": kind or []}, doseq=True)
    answer.headers["Link"] = f'</v1/signals?{query}>; rel="next"'
    return answer


def _lines(page: Feed) -> bytes:
    last = {name: getattr(page, name) for name in ("next", "more", "digest")}
    return _encoder.encode_lines([*page.signals, {name: one for name, one in last.items() if one is not UNSET}])


@get("/signals/digest", operation_id="ReadDigest", **scoped(Scope.SIGNALS_READ))
async def read_digest(
    principal: Principal,
    snapshot: AsyncSession,
    keys: Keys,
    kind: Annotated[list[KindName], Meta(max_length=40)] | None = None,
) -> Digest:
    """Read the sum over everything you may see now, to compare a copy with in quiet times."""
    return await feed.digest(snapshot, principal, keys, kind or ())


@get("/signals/{id:str}", operation_id="ReadSignal", **scoped(Scope.SIGNALS_READ))
async def read_signal(principal: Principal, snapshot: AsyncSession, keys: Keys, id: str) -> SignalDetail:
    """Read one signal and each claim on it that you may see."""
    return await lookup.detail(snapshot, principal, keys, id)


@post(
    "/connect",
    operation_id="SubmitPayload",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_WRITE),
    **takes({JSON: dict[str, Any]}),
)
async def submit_payload(
    request: Request[Any, Any, Any],
    principal: Principal,
    plugins: PluginHost,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
) -> Connected:
    """Submit a payload in your own format, as agreed for your partner.

    Its connector turns each item into a signal or a retraction, and each has a result of its own. 404 when no
    connector speaks for your partner, 409 `not_understood` when the payload is not in the format agreed upon.
    """
    connector = inbound.connector(plugins, principal)
    payload = await edge.json_body(request)
    inbound.verify(connector, dict(request.headers.items()), payload)
    return await inbound.take(principal, connector, writer, kinds, keys, payload, "SubmitPayload")


_encoder = msgspec.json.Encoder()

handlers = [submit_signals, retract_signals, look_up_signals, read_feed, read_digest, read_signal, submit_payload]
