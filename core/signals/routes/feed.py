"""HTTP of the feed, its digest and single signals."""

from asyncio import to_thread
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from msgspec import UNSET, Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.answers import preferred
from core.auth.access import Principal, scoped
from core.auth.tokens import Tokens
from core.db import Database
from core.edge import AT_ONCE, JSON, NDJSON
from core.errors import PROBLEM_JSON
from core.openapi import answers
from core.plugin.host import PluginHost
from core.signals import feed, lookup, selection
from core.signals.feed import Page
from core.signals.follow import follow
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.readers import Readers
from core.signals.wake import Wake
from core.wire.common import Problem, Slug
from core.wire.feed_keys import Selection
from core.wire.scopes import Scope
from core.wire.signals import Digest, Feed, KindName, SignalDetail, SignalOut

_encoder = msgspec.json.Encoder()


@get(
    "/signals",
    operation_id="ReadFeed",
    **scoped(Scope.SIGNALS_READ),
    **answers({200: {JSON: Feed, NDJSON: SignalOut}}, open_forms=True),
)
async def read_feed(
    request: Request[Any, Any, Any],
    principal: Principal,
    db: Database,
    wake: Wake,
    readers: Readers,
    tokens: Tokens,
    kinds: Kinds,
    keys: Keys,
    plugins: PluginHost,
    after: Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]+$")] | None = None,
    limit: Annotated[int, Meta(ge=1, le=AT_ONCE)] = 1_000,
    kind: Annotated[list[KindName], Meta(max_length=40)] | None = None,
    min_score: Annotated[int, Meta(ge=0, le=100)] = 0,
    campaign: Slug | None = None,
    wait: Annotated[int, Meta(ge=0, le=30)] = 0,
) -> Response[bytes]:
    """Read what changed after a cursor, in commit order, as you may see it.

    Walk from zero by leaving `after` out; go on with `next`, which is always given. An item replaces your copy of that
    signal, a tombstone (only `id`, `state`, `position`) removes it. The last page carries `digest`: the sum of your
    copy's `check` values mod 2^128. With `min_score`, what scores lower when it is sent is left out, or removed from
    your copy, and there is no digest; so it is with `campaign`, a word of those who submit, and what does not belong to
    it. 410 `resync` asks for a new walk into a new copy. As NDJSON: one item a line, then a line with `next`, `more`
    and `digest`. Plugins add further forms, such as text/csv: a walk of its own of what may be re-exported, in which
    nothing marked AMBER+STRICT or RED has a part.

    With `wait`, an answer that would be empty is held back until something that you may see has changed, for that many
    seconds at most. Asking for what comes after a cursor says that you have everything up to it.
    """
    kinds.require(kind or ())
    forms: dict[str, Callable[[Feed], bytes]] = {JSON: _encoder.encode, NDJSON: _lines}
    added = plugins.feed_formats()
    form = preferred(request, [*forms, *added])
    chosen = Selection(tuple(kind or ()), campaign, min_score, leaving=form in added)

    async def read(cursor: str | None) -> Page:
        # No snapshot outlives its page: who waits holds no connection.
        async with db.snapshot(principal.partner) as session:
            return await feed.page(session, principal, kinds, keys, after=cursor, limit=limit, chosen=chosen)

    found = await read(after)
    asked = found.asked
    readers.note(principal, selection.name(chosen), asked, found.reached)
    if wait:
        found = await follow(request, wake, tokens, found, read, kind or (), wait)
        readers.note(principal, selection.name(chosen), asked, found.reached)
    page = found.body
    # A plugin takes its time, which others are not to wait for.
    body = await to_thread(added[form].render, page) if form in added else forms[form](page)
    answer = Response(body, media_type=form, headers={"Vary": "Accept"})
    told = selection.asked(chosen) | ({"wait": wait} if wait else {})
    query = urlencode({"after": page.next, "limit": limit} | told, doseq=True)
    answer.headers["Link"] = f'</v1/signals?{query}>; rel="next"'
    return answer


def _lines(page: Feed) -> bytes:
    last = {name: getattr(page, name) for name in ("next", "more", "digest")}
    return _encoder.encode_lines([*page.signals, {name: one for name, one in last.items() if one is not UNSET}])


@get("/signals/digest", operation_id="ReadDigest", **scoped(Scope.SIGNALS_READ))
async def read_digest(
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    kind: Annotated[list[KindName], Meta(max_length=40)] | None = None,
) -> Digest:
    """Read the sum over everything you may see now, to compare a copy with in quiet times."""
    kinds.require(kind or ())
    return await feed.digest(snapshot, principal, kind or ())


@get(
    "/signals/{id:str}",
    operation_id="ReadSignal",
    **scoped(Scope.SIGNALS_READ),
    **answers({200: {JSON: SignalDetail}, 308: {PROBLEM_JSON: Problem}}),
)
async def read_signal(principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys, id: str) -> SignalDetail:
    """Read one signal and each claim on it that you may see. 308 names the signal that it was merged into."""
    return await lookup.detail(snapshot, principal, kinds, keys, id)


handlers = [read_feed, read_digest, read_signal]
