"""HTTP of feeds."""

import hashlib
from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, get
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, openapi
from core.auth.access import Principal, scoped
from core.content import campaigns, feeds, search
from core.settings import Settings
from core.wire.common import Slug
from core.wire.content import Audience, Language, MaterialKind, Words
from core.wire.feeds import JsonFeed
from core.wire.scopes import Scope
from core.wire.signals import Category

_JSON_FEED = "application/feed+json"
_ATOM = "application/atom+xml"


@get(
    "/materials/feed",
    operation_id="ReadMaterialFeed",
    **scoped(Scope.CONTENT_READ),
    **openapi.answers({200: {_JSON_FEED: JsonFeed, _ATOM: bytes}, 304: None}),
)
async def read_material_feed(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    settings: Settings,
    q: Words | None = None,
    campaign: Slug | None = None,
    kind: MaterialKind | None = None,
    language: Language | None = None,
    audience: Audience | None = None,
    category: Category | None = None,
) -> Response[Any]:
    """The 100 materials that were published last, for scripts: JSON Feed 1.1, or Atom by `Accept`.

    Each with the caption and hashtags to copy. What was recalled is gone from it; `If-None-Match` answers 304.
    """
    await campaigns.require(snapshot, principal, campaign)
    wanted = search.Filter(campaign, kind, None, language, audience, category, q)
    feed = await feeds.read(snapshot, principal, wanted, settings.base_url)
    answer = answers.negotiated(
        request, {_JSON_FEED: partial(msgspec.json.encode, feed), _ATOM: partial(feeds.atom, feed)}
    )
    etag = f'"{hashlib.sha256(answer.content).hexdigest()}"'
    # What may be recalled is kept by nobody but the reader, who asks each time.
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if answers.names(request.headers.get("if-none-match", ""), etag, weakly=True):
        return Response(None, status_code=304, headers=headers | {"Vary": "Accept"})
    answer.headers.update(headers)
    return answer


handlers = [read_material_feed]
