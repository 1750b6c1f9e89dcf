"""HTTP of the negative list."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, edge
from core.auth.access import Principal, scoped
from core.db import Database
from core.edge import AT_ONCE
from core.log import head
from core.openapi import takes_bulk
from core.signals import guard_list
from core.signals.guard import Guard
from core.signals.guard_list import Entry
from core.signals.kinds import Kinds
from core.wire.common import PageSize
from core.wire.guard import Guarded, GuardEntryIn, GuardList
from core.wire.scopes import Scope


class _Entries(msgspec.Struct, forbid_unknown_fields=True):
    entries: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


_entries = msgspec.json.Decoder(_Entries)

_EXAMPLE = {
    "kind": "domain",
    "value": "bank.example",
    "label": "A bank",
    "source": "https://bank.example/contact",
    "reach": "site",
}
EntryId = Annotated[str, Meta(max_length=40, pattern="^[a-z0-9_]+$")]


@get("/guard", operation_id="ListGuardEntries", **scoped(Scope.SIGNALS_REVIEW))
async def list_guard_entries(
    request: Request[Any, Any, Any], snapshot: AsyncSession, after: EntryId | None = None, limit: PageSize = 1_000
) -> Response[GuardList]:
    """The negative list: what is quarantined when a partner submits it."""
    return answers.page(request, await guard_list.listing(snapshot, after, limit))


@post(
    "/guard",
    operation_id="AddGuardEntries",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_REVIEW),
    **takes_bulk("entries", GuardEntryIn, example=_EXAMPLE),
)
async def add_guard_entries(
    request: Request[Any, Any, Any], principal: Principal, db: Database, kinds: Kinds, guard: Guard
) -> Guarded:
    """Add entries to the negative list, or change them; each has a result of its own.

    Claims that stand already and are hit are quarantined within seconds, 1,000 at a time.
    """
    # Read first: the log is locked while a writing session is open.
    sent = edge.decode(await edge.json_body(request), _entries).entries
    read = await edge.in_turns(sent, lambda index, raw: guard_list.read(raw, index, kinds))
    async with head.writing(db, principal.client, "AddGuardEntries") as session:
        done = iter(await guard_list.add(session, principal, [one for one in read if isinstance(one, Entry)]))
    await guard.refresh()
    return Guarded(results=tuple(next(done) if isinstance(one, Entry) else one for one in read))


@delete("/guard/{id:str}", operation_id="RemoveGuardEntry", **scoped(Scope.SIGNALS_REVIEW))
async def remove_guard_entry(principal: Principal, db: Database, guard: Guard, id: str) -> None:
    """Take an entry off the negative list. What it quarantined waits for its review all the same."""
    async with head.writing(db, principal.client, "RemoveGuardEntry") as session:
        await guard_list.remove(session, principal, id)
    await guard.refresh()


handlers = [list_guard_entries, add_guard_entries, remove_guard_entry]
