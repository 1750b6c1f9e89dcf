"""How far each reader of the feed has come. A reader is a client and its filter.

2026-11-22: reading never writes. What a reader said by asking is noted in memory and written each second, and at the
end; whoever reads the table has it written first. A crash loses a second of it: a reader then counts as further behind
than it is until it asks again, and a page of that second does not count as given until its receipt comes.

A bare position is no cursor of the hub's, and begins no new copy: where the hub had not given the log up to there, what
lies between was never heard of, and neither it nor what follows is acknowledged before the next walk from zero.
Held by tests/signals/test_readers.py.
"""

import asyncio
from typing import Any

import msgspec
from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.db import Database, among, table_of
from core.log import head, retention
from core.signals.cursors import Cursor
from core.signals.models import Reader
from core.times import from_micros
from core.wire.readers import ReaderList, ReaderOut

_FILTERS = 100
"""Readers a client may have: those that asked last are kept."""

_SKIPPED = 0
"""The start of a walk that was gone on with beyond what was given: it may hold anything, and acknowledges nothing."""

_Name = tuple[str, str]
"""Client and filter."""


class _Place(msgspec.Struct):
    partner: int
    start: int
    acknowledged: int
    given: int
    seen: int
    whole: bool
    """As in `Cursor`."""


_WRITTEN = ("partner", "start", "acknowledged", "given", "seen")


class Readers:
    """The places that this process has heard of and not yet written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._heard: dict[_Name, _Place] = {}
        self._writing = asyncio.Lock()

    def note(self, principal: Principal, filtered: str, asked: Cursor, given: int) -> None:
        """It asked for what comes after `asked`, and the answer reaches to `given`."""
        name = (principal.client, filtered)
        place = _Place(principal.partner, asked.start, asked.position, given, times.now(), asked.whole)
        before = self._heard.get(name)
        self._heard[name] = _after(before, place) if before else place

    async def flush(self) -> None:
        """Write what was heard. A failure keeps it for the next time."""
        async with self._writing:
            heard, self._heard = self._heard, {}
            if not heard:
                return
            try:
                async with self._db.edge(partner=0) as session:
                    await _write(session, heard)
            except BaseException:
                self._heard = heard | self._heard
                raise


def _after(before: _Place, place: _Place) -> _Place:
    """What is to be written of two places of one second; `_newest` says the same to the database."""
    if place.whole:
        same_walk = before.start == place.start
        return msgspec.structs.replace(place, given=max(place.given, before.given)) if same_walk else place
    goes_on = before.start > 0 and place.start <= before.given
    return msgspec.structs.replace(
        place,
        start=before.start if goes_on else _SKIPPED,
        acknowledged=place.acknowledged if goes_on else before.acknowledged,
        given=max(place.given, before.given),
        whole=before.whole,
    )


async def _write(session: AsyncSession, heard: dict[_Name, _Place]) -> None:
    connection = await session.connection()
    for whole in (True, False):
        rows = [
            {"client": client, "filter": filtered} | {name: getattr(place, name) for name in _WRITTEN}
            for (client, filtered), place in heard.items()
            if place.whole is whole
        ]
        if rows:
            await connection.execute(_newest(session, whole=whole), rows)
    other = aliased(Reader)
    # Those of one instant have an order, too: more of them than there is room for would all stay.
    last = select(other.filter).where(other.client == Reader.client).order_by(other.seen.desc(), other.filter.desc())
    crowded = among(Reader.client, sorted({client for client, _ in heard}), session)
    surplus = Reader.filter.in_(last.offset(_FILTERS))
    await session.execute(delete(Reader).where(crowded, surplus).execution_options(synchronize_session=False))


def _newest(session: AsyncSession, *, whole: bool) -> Any:
    """Put rows in, unless another process heard of the same reader later. In one walk, what was given stays given.

    Where the walks are not `whole`, what was given before stays given, too: no other copy has taken its place.
    """
    table = table_of(Reader)
    statement = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)
    new, old = statement.excluded, table.c
    changed = {name: new[name] for name in ("partner", "start", "acknowledged", "seen")}
    more = old.given > new.given
    if whole:
        more &= old.start == new.start
    else:
        goes_on = (old.start > 0) & (new.start > 0) & (new.start <= old.given)
        changed["start"] = case((goes_on, old.start), else_=_SKIPPED)
        changed["acknowledged"] = case((goes_on, new.acknowledged), else_=old.acknowledged)
    return statement.on_conflict_do_update(
        index_elements=["client", "filter"],
        set_=changed | {"given": case((more, old.given), else_=new.given)},
        where=new.seen >= old.seen,
    )


def lapsed(row: Reader, horizon: int) -> bool:
    """Whether its cursor leads nowhere any more, by the rule of `cursors.decode`."""
    return max(row.acknowledged, row.start) < horizon


async def listing(session: AsyncSession, principal: Principal, after: str | None, limit: int) -> ReaderList:
    """The partner's own readers, or everyone's for the operator; by client, `limit` clients a page."""
    top = await head.position(session)
    horizon = await retention.horizon(session, retention.CLOSED_CLAIMS)
    own = () if principal.is_operator else (Reader.partner == principal.partner,)
    names = select(Reader.client).where(Reader.client > (after or ""), *own).distinct()
    clients = list(await session.scalars(names.order_by(Reader.client).limit(limit + 1)))
    page = clients[:limit]
    rows = await session.execute(
        select(Reader, Partner.slug)
        .join(Partner, Partner.id == Reader.partner)
        .where(among(Reader.client, page, session), *own)
        .order_by(Reader.client, Reader.filter)
    )
    readers = tuple(
        ReaderOut(
            client=row.client,
            partner=slug,
            filter=row.filter,
            acknowledged=row.acknowledged,
            behind=max(0, top - row.acknowledged),
            lapsed=lapsed(row, horizon),
            seen=from_micros(row.seen),
        )
        for row, slug in rows
    )
    kept = await retention.days(session, retention.CLOSED_CLAIMS)
    return ReaderList(readers=readers, next=page[-1] if len(clients) > limit else None, kept_days=kept)


async def purge(db: Database) -> int:
    """Forget readers that have not asked for as long as the table `retention` says."""
    async with db.edge(partner=0) as session:
        before = Reader.seen < await retention.cutoff(session, retention.READERS)
        gone = (await session.execute(select(func.count()).select_from(Reader).where(before))).scalar_one()
        await session.execute(delete(Reader).where(before))
    return gone
