"""Who may hold a partner's claim: the receipts of a retraction, and of everything else that ends one.

A claim is one or more rows, each with an audience that never changes, so each is asked about by itself. Of the readers
whose partner has sight of a row's audience:

- the row is active: a reader may hold it when it was given the log up to where the row was opened; one whose walk began
  after the row moved to its place, when it was given the log up to there.
- the row was closed or suspended, and lies at position x since: a reader may hold it when it was given it before, in a
  walk that began before x, and has not asked for what comes after x. One that has is `confirmed`: it was given the
  tombstone. A row that never was active was given to nobody.

Where a place is not known, too many are named rather than too few. A reader that begins a new walk holds what that walk
gave it: the copy it had is no longer asked about. One that goes on at a bare position keeps its copy, and where it
skips what it was never given, nothing that it asks is a receipt (`core.signals.readers`). A partner that lost sight of
an audience is no reader of it any more: its cursors answer 410, which takes everything from it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.models import Audience, Partner, Sight
from core.db import Database, among
from core.errors import NotFound
from core.log import retention
from core.signals import selection
from core.signals.keys import parse_id
from core.signals.models import Claim, Reader, Signal
from core.signals.readers import Readers, lapsed
from core.wire.readers import Holder, Holders

_ACTIVE = "active"


async def holders(db: Database, readers: Readers, principal: Principal, signal_id: str) -> Holders:
    """Other partners that were given the caller's claim on a signal. Raises `NotFound` where it never had one.

    Claims that were closed for as long as the hub keeps them count as never made.
    """
    await readers.flush()
    # Sight of others is not for the caller's own eyes; what leaves is who read its claim.
    async with db.survey() as session:
        rows = await _own(session, principal, signal_id)
        if not rows:
            raise NotFound
        horizon = await retention.horizon(session, retention.CLOSED_CLAIMS)
        found = await _readers(session, principal, rows)
    by_partner: dict[str, list[Holder]] = {}
    for slug, audiences, reader in found:
        seen = [row for row in rows if row.audience in audiences and _was_shown(row)]
        by_partner.setdefault(slug, []).append(_one(slug, reader, seen, horizon))
    merged = (_merge(slug, states) for slug, states in sorted(by_partner.items()))
    told = tuple(one for one in merged if one.holds or one.confirmed)
    return Holders(signal=signal_id, standing=any(row.closed == 0 for row in rows), holders=told)


async def _own(session: AsyncSession, principal: Principal, signal_id: str) -> Sequence[Any]:
    key = parse_id(signal_id)
    columns = select(Claim.position, Claim.opened, Claim.closed, Claim.state, Claim.audience, Signal.kind)
    marked = columns.add_columns(Audience.tlp, Audience.groups).join(Audience, Audience.id == Claim.audience)
    own = marked.join(Signal, Signal.id == Claim.signal).where(visible(Claim, principal))
    return (await session.execute(own.where(Signal.key == key, Claim.partner == principal.partner))).all()


async def _readers(
    session: AsyncSession, principal: Principal, rows: Sequence[Any]
) -> Iterable[tuple[str, set[int], Reader]]:
    """Each reader of another partner that asks for any of these claims, with the audiences that it is given."""
    audiences = sorted({row.audience for row in rows})
    sight = among(Sight.audience, audiences, session)
    seen = await session.execute(
        select(Reader, Partner.slug, Sight.audience)
        .join(Partner, Partner.id == Reader.partner)
        .join(Sight, Sight.partner == Reader.partner)
        .where(sight, Reader.partner != principal.partner)
    )
    of = {row.audience: row for row in rows}
    found: dict[tuple[str, str], tuple[str, set[int], Reader]] = {}
    for reader, slug, audience in seen:
        row = of[audience]
        if selection.covers(selection.parse(reader.filter), row.kind, row.tlp, row.groups):
            found.setdefault((reader.client, reader.filter), (slug, set(), reader))[1].add(audience)
    return found.values()


def _one(slug: str, reader: Reader, rows: Sequence[Any], horizon: int) -> Holder:
    holds = any(_holds(reader, row) for row in rows)
    confirmed = any(row.state != _ACTIVE and reader.start < row.position <= reader.acknowledged for row in rows)
    return Holder(partner=slug, holds=holds, confirmed=confirmed, lapsed=holds and lapsed(reader, horizon))


def _was_shown(row: Any) -> bool:
    return bool(row.state == _ACTIVE or row.opened < row.position)


def _holds(reader: Reader, row: Any) -> bool:
    if row.state != _ACTIVE:
        return bool(reader.start < row.position and row.opened <= reader.given and reader.acknowledged < row.position)
    # In a walk that began after the row came to its place, no other place of it was ever given.
    first = row.opened if reader.start < row.position else row.position
    return bool(first <= reader.given)


def _merge(slug: str, states: Sequence[Holder]) -> Holder:
    holds = any(one.holds for one in states)
    return Holder(
        partner=slug,
        holds=holds,
        confirmed=not holds and any(one.confirmed for one in states),
        lapsed=any(one.lapsed for one in states),
    )
