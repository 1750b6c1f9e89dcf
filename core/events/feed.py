"""What happened, as one partner is told of it: page by page, in the order in which it happened."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.errors import Invalid
from core.log import clock, head, retention
from core.log.models import Addressee, EventRow
from core.signals.cursors import Resync
from core.signals.models import Claim
from core.wire.common import FieldError
from core.wire.delivery import EventOut, EventPage
from core.wire.events import SignalsChanged
from core.wire.scopes import Scope

CHANGED = str(SignalsChanged.__struct_config__.tag)

_WINDOW = 50_000
"""Positions that are looked through for signals that moved."""

_body = msgspec.json.Decoder(dict[str, Any])


def addressed(principal: Principal) -> ColumnElement[bool]:
    """Events, each with its `addressee`, that are for `principal`. Every query of events goes through here."""
    return and_(Addressee.position == EventRow.position, Addressee.partner == principal.partner)


async def page(
    session: AsyncSession, principal: Principal, after: int | None, limit: int, types: Collection[str] = ()
) -> EventPage:
    """Up to `limit` events after a position, of these `types` or of all; absent or 0 is before the oldest that is kept.

    Whoever may read signals is given one more at the end, `signals.changed`, if they changed for it up to `next`.
    Raises `Resync` when events after the position are no longer kept, `Invalid` when the log has not come that far.
    """
    start = await begin(session, after)
    stored = await recorded(session, principal, start, limit, types)
    changed = await signals_changed(session, principal, start, stored.next, types)
    return msgspec.structs.replace(stored, events=(*stored.events, changed)) if changed else stored


async def begin(session: AsyncSession, after: int | None) -> int:
    """The position to read from. Raises as `page` does."""
    oldest = await retention.horizon(session, retention.EVENTS)
    if not after:
        return oldest
    if after > await head.position(session):
        fault = FieldError("/after", "invalid_cursor", "The log has not come that far.")
        raise Invalid("The query is not what this call expects.", errors=[fault])
    if after < oldest:
        raise Resync(
            "Events after this position are no longer kept. Leave `after` out, and read the things themselves anew.",
            headers={"Link": '</v1/events>; rel="first"'},
        )
    return after


async def recorded(
    session: AsyncSession, principal: Principal, after: int, limit: int, types: Collection[str] = ()
) -> EventPage:
    """The page without `signals.changed`, from a position that `begin` gave."""
    top = await head.position(session)
    wanted = select(EventRow.position, EventRow.type, EventRow.body).where(
        addressed(principal), Addressee.position > after
    )
    if types:
        wanted = wanted.where(EventRow.type.in_(sorted(set(types))))
    rows = (await session.execute(wanted.order_by(Addressee.position).limit(limit + 1))).all()
    more = len(rows) > limit
    at = await clock.times(session, [row.position for row in rows[:limit]])
    events = tuple(map(_told, rows[:limit], at))
    return EventPage(events=events, next=events[-1].position if more else top, more=more)


def hears_signals(principal: Principal, types: Collection[str]) -> bool:
    """Whether a reader of these `types` is told that signals changed."""
    return Scope.SIGNALS_READ in principal.scopes and (not types or CHANGED in types)


async def signals_changed(
    session: AsyncSession, principal: Principal, after: int, until: int, types: Collection[str] = ()
) -> EventOut | None:
    """The event, when what the principal sees of signals moved in (after, until].

    Of longer than some ten thousand positions it is taken as granted: who was away for so long reads the feed anyway.
    """
    if not hears_signals(principal, types):
        return None
    moved = until if until - after > _WINDOW else await _moved(session, principal, after, until)
    if moved is None:
        return None
    (at,) = await clock.times(session, [moved])
    data = {"after": after, "position": moved}
    # A letter of its own: a change of sight has the position of the event that tells of it.
    return EventOut(f"evt_s{moved}", CHANGED, times.from_micros(at), moved, data)


async def _moved(session: AsyncSession, principal: Principal, after: int, until: int) -> int | None:
    """The last position in (after, until] at which the principal's view of signals moved."""
    claims = select(Claim.position).where(visible(Claim, principal), Claim.position > after, Claim.position <= until)
    sight = select(Partner.view).where(Partner.id == principal.partner, Partner.view > after, Partner.view <= until)
    last = claims.order_by(Claim.position.desc()).limit(1)
    found = [*await session.scalars(last), *await session.scalars(sight)]
    return max(found, default=None)


def _told(row: Any, at: int) -> EventOut:
    data = _body.decode(row.body)
    del data["type"]
    return EventOut(f"evt_{row.position}", row.type, times.from_micros(at), row.position, data)
