"""HTTP of events: one address, as a list and as a stream."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.params import HeaderParameter
from litestar.response import Stream as Streamed
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.answers import preferred
from core.auth.access import Principal, scoped
from core.auth.tokens import Tokens
from core.db import Database
from core.edge import EVENT_STREAM, JSON
from core.events import feed, stream
from core.events.stream import Place, Stream
from core.log import head
from core.openapi import answers
from core.signals.wake import Wake
from core.wire.common import Count
from core.wire.delivery import EventName, EventOut, EventPage, StreamId
from core.wire.scopes import Scope

_AS_A_STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
"""Nobody between is to keep it, or to hold it back until it is complete."""


@get(
    "/events",
    operation_id="ReadEvents",
    **scoped(Scope.EVENTS_READ),
    **answers({200: {JSON: EventPage, EVENT_STREAM: EventOut}}),
)
async def read_events(
    request: Request[Any, Any, Any],
    principal: Principal,
    db: Database,
    wake: Wake,
    tokens: Tokens,
    after: Count | None = None,
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000,
    types: Annotated[list[EventName], Meta(max_length=100)] | None = None,
    last_event_id: Annotated[StreamId | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Response[Any]:
    """Read what happened that concerns you, in the order in which it happened.

    As JSON, a page: begin with the oldest that is kept by leaving `after` out, and go on with `next`, which is always
    given. If signals that you may see changed up to `next`, the last item is `signals.changed`. 410 `resync`: events
    after that position are no longer kept.

    As text/event-stream, live: from `Last-Event-ID` on, else from `after`, else from now. Each item is the JSON of one
    event; its `id` is opaque and to be sent back when you were cut off. `signals.changed` comes once a second at most.
    Comments keep the connection open in quiet times. The stream ends with your token: get another and come again.
    """
    resumed = None if last_event_id is None else stream.place(last_event_id)
    if preferred(request, (JSON, EVENT_STREAM)) == EVENT_STREAM:
        wake.require_room(principal.partner, events=True)
        async with db.snapshot(principal.partner) as session:
            begun = await _begin(session, resumed, after)
        live = Stream(request, db, wake, tokens, begun, types or ())
        return Streamed(live.chunks(), media_type=EVENT_STREAM, headers=_AS_A_STREAM)
    async with db.snapshot(principal.partner) as session:
        page = await feed.page(session, principal, after, limit, types or ())
    query = urlencode({"after": page.next, "limit": limit} | ({"types": types} if types else {}), doseq=True)
    link = f'</v1/events?{query}>; rel="next"'
    return Response(msgspec.json.encode(page), media_type=JSON, headers={"Link": link, "Vary": "Accept"})


async def _begin(session: AsyncSession, resumed: Place | None, after: int | None) -> Place:
    if resumed is not None:
        return Place(await feed.begin(session, resumed.events), resumed.signals)
    start = await head.position(session) if after is None else await feed.begin(session, after)
    return Place(start, start)


handlers = [read_events]
