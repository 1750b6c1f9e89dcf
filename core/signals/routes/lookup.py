"""HTTP of lookups."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import edge
from core.auth.access import Principal, scoped
from core.edge import AT_ONCE
from core.openapi import takes_bulk
from core.signals import lookup
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.wire.scopes import Scope
from core.wire.signals import LookedUp, LookupItem


class _Items(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


_items = msgspec.json.Decoder(_Items)

_EXAMPLE = {"kind": "url", "value": "https://gift.example/claim"}


@post(
    "/signals/lookup",
    operation_id="LookUpSignals",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_LOOKUP),
    **takes_bulk("items", LookupItem, example=_EXAMPLE),
)
async def look_up_signals(
    request: Request[Any, Any, Any], principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys
) -> LookedUp:
    """Ask whether values are known. What you may not see answers as unknown."""
    asked = edge.decode(await edge.json_body(request), _items)
    return await lookup.look_up(snapshot, principal, kinds, keys, asked.items)


handlers = [look_up_signals]
