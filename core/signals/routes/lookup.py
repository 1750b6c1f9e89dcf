"""HTTP of lookups: in the open, and without showing what is asked."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody
from msgspec import Meta

from core import edge
from core.auth.access import Principal, scoped
from core.db import Database
from core.edge import AT_ONCE
from core.openapi import takes_bulk
from core.signals import lookup, private
from core.signals.desk import Desk
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.wire.lookup import Buckets, LookupKey, PrivateLookup
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
async def look_up_signals(request: Request[Any, Any, Any], desk: Desk) -> LookedUp:
    """Ask whether values are known. What you may not see answers as unknown, and unknown never means safe."""
    asked = edge.decode(await edge.json_body(request), _items)
    # Not as a dependency: for two of them Litestar makes two tasks, a tenth of a lookup's time.
    return await lookup.look_up(desk, request.user, asked.items)


@get("/lookup/key", operation_id="ReadLookupKey", **scoped(Scope.SIGNALS_LOOKUP))
async def read_lookup_key(principal: Principal, db: Database, keys: Keys) -> LookupKey:
    """Read the key with which to ask privately, and what is left of today's quota.

    For partners of a kind that may read the feed; others get 403. 503 with `Retry-After` while the lookup is built.
    """
    return await private.key(db, principal, keys)


@post("/lookup/private", operation_id="LookUpPrivately", status_code=200, **scoped(Scope.SIGNALS_LOOKUP))
async def look_up_privately(
    principal: Principal, db: Database, kinds: Kinds, keys: Keys, data: JSONBody[PrivateLookup]
) -> Buckets:
    """Ask whether values are known without showing them.

    Normalise a value as the hub does (`core.signals.kinds` is made for that), digest it under the key of
    `GET /v1/lookup/key` and send the first `prefix_bits` bits. Each prefix gets a bucket of 64 entries, the real ones
    among dummies; find the one that begins with your digest and open it (`core.signals.blind.open_bucket`). It holds
    `id`, `state`, `category` and `confidence`, as JSON.

    What this hides is which value of a bucket you ask about. It does not hide the list from who holds the key: every
    phone number can be tried. Not finding an entry means that the hub knows nothing that you may see, never that the
    value is safe. `GET /v1/signals/{id}` after a hit shows the hub which signal interests you; the entry says enough
    to do without. A signal is found a second after it was submitted.

    409 when the key or `prefix_bits` has changed, 429 with `Retry-After` when the day's prefixes are used up. Each
    call is written to the audit: who and how many prefixes, never which.
    """
    return await private.ask(db, principal, kinds, keys, data)


handlers = [look_up_signals, read_lookup_key, look_up_privately]
