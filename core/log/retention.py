"""How long rows are kept: read from the table `retention`, so that changing it needs no release."""

from sqlalchemy import Integer, Select, column, delete, select, table, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core import times
from core.db import Base, Database
from core.log import head
from core.log.models import Addressee, Audit, EventRow, Retention, Tick

CLOSED_CLAIMS = "closed_claims"
EVENTS = "events"
TICKS = "ticks"
AUDIT = "audit"
READERS = "readers"

_AT_ONCE = 1_000
"""Rows a transaction: a purge never holds the head for long."""


async def horizon(session: AsyncSession, what: str) -> int:
    """The highest position of this class that is purged."""
    return (await session.execute(select(Retention.horizon).where(Retention.what == what))).scalar_one()


async def due(session: AsyncSession, what: str) -> int:
    """The last position that is older than this class is kept, by the ticks; 0 when there is none."""
    before = Tick.at < await cutoff(session, what)
    newest = select(Tick.position, Tick.n).where(before).order_by(Tick.at.desc()).limit(1)
    row = (await session.execute(newest)).first()
    return row.position + row.n - 1 if row else 0


async def cutoff(session: AsyncSession, what: str) -> int:
    """The time before which rows of this class have been kept for long enough, µs."""
    seconds = (await session.execute(select(Retention.seconds).where(Retention.what == what))).scalar_one()
    return times.now() - int(seconds) * times.SECOND


async def days(session: AsyncSession, what: str) -> int:
    """For how many whole days rows of this class are kept at least."""
    seconds = (await session.execute(select(Retention.seconds).where(Retention.what == what))).scalar_one()
    return int(seconds) * times.SECOND // times.DAY


async def raise_horizon(session: AsyncSession, what: str, position: int) -> None:
    """Never down: once the ticks before it are purged as well, `due` finds nothing."""
    behind = update(Retention).where(Retention.what == what, Retention.horizon < position)
    await session.execute(behind.values(horizon=position))


async def purge(db: Database) -> int:
    """Drop events, ticks and notes of the audit that are older than they are kept; returns how many of them went."""
    await _purge_addressees(db)
    gone = await _purge(db, EVENTS, EventRow, EventRow.position)
    return gone + await _purge(db, TICKS, Tick, Tick.position) + await _purge_audit(db)


async def _purge_addressees(db: Database) -> None:
    """For whom the events were, before the events themselves. Partner by partner, as the rows are found by them."""
    every: Select[int] = select(column("id", Integer)).select_from(table("partner"))
    while True:
        async with head.writing(db, "hub", f"Purge {EVENTS}") as session:
            last = await due(session, EVENTS)
            some = select(Addressee.partner, Addressee.position).where(
                Addressee.partner.in_(every), Addressee.position <= last
            )
            of_these = tuple_(Addressee.partner, Addressee.position).in_(some.limit(_AT_ONCE))
            gone = await session.execute(delete(Addressee).where(of_these).returning(Addressee.position))
            await raise_horizon(session, EVENTS, last)
        if len(gone.all()) < _AT_ONCE:
            return


async def _purge(db: Database, what: str, rows: type[Base], position: InstrumentedAttribute[int]) -> int:
    gone = 0
    while True:
        async with head.writing(db, "hub", f"Purge {what}") as session:
            last = await due(session, what)
            some = list(await session.scalars(select(position).where(position <= last).limit(_AT_ONCE)))
            await session.execute(delete(rows).where(position.in_(some)))
            await raise_horizon(session, what, last)
        gone += len(some)
        if len(some) < _AT_ONCE:
            return gone


async def _purge_audit(db: Database) -> int:
    """By time: a note has no position."""
    gone = 0
    while True:
        async with head.writing(db, "hub", f"Purge {AUDIT}") as session:
            before = Audit.at < await cutoff(session, AUDIT)
            some = list(await session.scalars(select(Audit.id).where(before).limit(_AT_ONCE)))
            await session.execute(delete(Audit).where(Audit.id.in_(some)))
        gone += len(some)
        if len(some) < _AT_ONCE:
            return gone
