"""HTTP of the feed, its digest and single signals."""

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from msgspec import UNSET, Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.answers import negotiated
from core.auth.access import Principal, scoped
from core.edge import AT_ONCE, JSON, NDJSON
from core.openapi import answers
from core.plugin.host import PluginHost
from core.signals import feed, lookup
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.wire.scopes import Scope
from core.wire.signals import Digest, Feed, KindName, SignalDetail, SignalOut

_encoder = msgspec.json.Encoder()


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
    kinds: Kinds,
    keys: Keys,
    plugins: PluginHost,
    after: Annotated[str, Meta(max_length=200, pattern="^[A-Za-z0-9_-]+$")] | None = None,
    limit: Annotated[int, Meta(ge=1, le=AT_ONCE)] = 1_000,
    kind: Annotated[list[KindName], Meta(max_length=40)] | None = None,
    min_score: Annotated[int, Meta(ge=0, le=100)] = 0,
) -> Response[bytes]:
    """Read what changed after a cursor, in commit order, as you may see it.

    Walk from zero by leaving `after` out; go on with `next`, which is always given. An item replaces your copy of that
    signal, a tombstone (only `id`, `state`, `position`) removes it. The last page carries `digest`: the sum of your
    copy's `check` values mod 2^128. With `min_score`, what scores lower when it is sent is left out, or removed from
    your copy, and there is no digest. 410 `resync` asks for a new walk into a new copy. As NDJSON: one item a line,
    then a line with `next`, `more` and `digest`. Plugins add further forms, such as text/csv.
    """
    page = await feed.page(
        snapshot, principal, kinds, keys, after=after, limit=limit, kinds=kind or (), min_score=min_score
    )
    added = {media_type: partial(form.render, page) for media_type, form in plugins.feed_formats().items()}
    answer = negotiated(request, {JSON: partial(_encoder.encode, page), NDJSON: partial(_lines, page)} | added)
    chosen = {"after": page.next, "limit": limit, "kind": kind or []} | ({"min_score": min_score} if min_score else {})
    query = urlencode(chosen, doseq=True)
    answer.headers["Link"] = f'</v1/signals?{query}>; rel="next"'
    return answer


def _lines(page: Feed) -> bytes:
    last = {name: getattr(page, name) for name in ("next", "more", "digest")}
    return _encoder.encode_lines([*page.signals, {name: one for name, one in last.items() if one is not UNSET}])


@get("/signals/digest", operation_id="ReadDigest", **scoped(Scope.SIGNALS_READ))
async def read_digest(
    principal: Principal,
    snapshot: AsyncSession,
    kind: Annotated[list[KindName], Meta(max_length=40)] | None = None,
) -> Digest:
    """Read the sum over everything you may see now, to compare a copy with in quiet times."""
    return await feed.digest(snapshot, principal, kind or ())


@get("/signals/{id:str}", operation_id="ReadSignal", **scoped(Scope.SIGNALS_READ))
async def read_signal(principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys, id: str) -> SignalDetail:
    """Read one signal and each claim on it that you may see."""
    return await lookup.detail(snapshot, principal, kinds, keys, id)


handlers = [read_feed, read_digest, read_signal]
