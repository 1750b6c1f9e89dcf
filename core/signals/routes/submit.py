"""HTTP of what partners say and take back."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.response import Stream as StreamResponse
from msgspec import Meta

from core import edge
from core.auth.access import Principal, scoped
from core.edge import AT_ONCE, JSON, NDJSON
from core.openapi import answers, takes, takes_bulk
from core.signals import policy, signals
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.streams import Stream
from core.signals.writer import SignalWriter
from core.wire.scopes import Scope
from core.wire.signals import Retracted, Retraction, SignalIn, SubmitResult, Submitted


class _Signals(msgspec.Struct, forbid_unknown_fields=True):
    signals: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


_signals = msgspec.json.Decoder(_Signals)
_retraction = msgspec.json.Decoder(Retraction)

_EXAMPLE = {
    "kind": "url",
    "value": "https://gift.example/claim",
    "category": "phishing",
    "confidence": 80,
    "tlp": "GREEN",
    "external_id": "case-1",
}


@post(
    "/signals",
    operation_id="SubmitSignals",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_WRITE),
    **takes_bulk("signals", SignalIn, ndjson=True, example=_EXAMPLE),
    **answers({200: {JSON: Submitted, NDJSON: SubmitResult}}),
)
async def submit_signals(
    request: Request[Any, Any, Any],
    principal: Principal,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
    guard: Guard,
) -> Response[Any]:
    """Submit signals, each with a result of its own.

    JSON takes up to 10,000 in one transaction. NDJSON takes any number, one a line, committed by the thousand; its
    answer is one result a line and a last line of totals. `Prefer: return=minimal` lists rejected items only.
    The same item again changes nothing, so sending again after a lost connection is safe. Above your partner's limit of
    an hour (`GET /v1/me/limits`) new claims are quarantined and changes of others rejected as `too_many_requests`; 429
    with `Retry-After` answers a JSON body of which nothing else is left.
    """
    minimal = "return=minimal" in request.headers.get("prefer", "")
    if edge.content_type(request) == NDJSON:
        stream = Stream(principal, writer, kinds, keys, guard, "SubmitSignals", minimal=minimal)
        await stream.take(request)
        return StreamResponse(stream.answer(), media_type=NDJSON, status_code=200)
    sent = edge.decode(await edge.json_body(request), _signals)
    done = await signals.submit(principal, writer, kinds, keys, guard, sent.signals, "SubmitSignals", minimal=minimal)
    policy.refuse_if_full(len(sent.signals), [one.errors for one in done.results])
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


handlers = [submit_signals, retract_signals]
