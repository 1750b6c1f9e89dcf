"""Claims that end by themselves, and rows that have been closed for long enough."""

import asyncio
from collections import defaultdict

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database
from core.log import head, retention
from core.signals import blinding
from core.signals.jobs import Expire
from core.signals.models import Claim, Opinion, Reference, Signal
from core.signals.writer import SignalWriter

_AT_ONCE = 1_000


async def expire(db: Database, writer: SignalWriter) -> int:
    """Close the claims whose `valid_until` has passed, as `expired`; returns how many."""
    closed = 0
    while True:
        async with db.survey() as session:
            due = await _lapsed(session)
        by_partner: dict[int, list[bytes]] = defaultdict(list)
        for partner, key in due:
            by_partner[partner].append(key)
        jobs = [Expire(partner, keys) for partner, keys in by_partner.items()]
        await asyncio.gather(*(writer.write(job, "hub", "Expire claims") for job in jobs))
        done = sum(job.done for job in jobs)
        closed += done
        if len(due) < _AT_ONCE or not done:
            return closed


async def _lapsed(session: AsyncSession) -> list[tuple[int, bytes]]:
    found = await session.execute(
        select(Claim.partner, Signal.key)
        .join(Signal, Signal.id == Claim.signal)
        .where(Claim.closed == 0, Claim.valid_until.is_not(None), Claim.valid_until <= times.now())
        .order_by(Claim.valid_until)
        .limit(_AT_ONCE)
    )
    return [(row.partner, row.key) for row in found]


async def purge(db: Database) -> int:
    """Drop closed claims past their retention; a signal without claims goes too."""
    gone = 0
    while True:
        async with head.writing(db, "hub", "Purge closed claims") as session:
            last = await retention.due(session, retention.CLOSED_CLAIMS)
            rows = await session.execute(
                select(Claim.position, Claim.signal).where(Claim.closed > 0, Claim.closed <= last).limit(_AT_ONCE)
            )
            found = rows.all()
            await session.execute(delete(Claim).where(Claim.position.in_([row.position for row in found])))
            await _drop_bare_signals(session, {row.signal for row in found})
            if found:
                await retention.raise_horizon(session, retention.CLOSED_CLAIMS, last)
        gone += len(found)
        if len(found) < _AT_ONCE:
            return gone


async def _drop_bare_signals(session: AsyncSession, signals: set[int]) -> None:
    claimed = exists().where(Claim.signal == Signal.id)
    named = exists().where(Reference.signal == Signal.id)
    gone = list(await session.scalars(select(Signal.id).where(Signal.id.in_(list(signals)), ~claimed, ~named)))
    await session.execute(delete(Opinion).where(Opinion.signal.in_(gone)))
    await session.execute(delete(Signal).where(Signal.id.in_(gone)))
    await blinding.forget(session, gone)
