"""Standing claims held against new entries of the negative list: a sweep that goes on where it was stopped."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from core import times
from core.db import Database
from core.log import head
from core.log.models import Tick
from core.signals.guard import Guard
from core.signals.jobs import Hold
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.models import Claim, GuardEntry, Signal
from core.signals.writer import SignalWriter
from core.wire.guard import Reach

_AT_ONCE = 1_000
_SETTLED = 5 * times.SECOND
"""After this every process holds back what a new entry hits, and no item read before is on its way."""


async def hold_standing(db: Database, writer: SignalWriter, guard: Guard, kinds: Kinds, keys: Keys) -> int:
    """Hold the standing claims that entries added since hit, 1,000 a transaction; returns how many.

    Stopped, it goes on where it was.
    """
    await guard.refresh()
    async with db.survey() as session:
        begun = or_(GuardEntry.valid_from.is_(None), GuardEntry.valid_from <= times.now())
        due = list(await session.scalars(select(GuardEntry).where(GuardEntry.reached.is_not(None), begun)))
    return sum([await _hold_for(entry, db, writer, guard, kinds, keys) for entry in due])


async def _hold_for(
    entry: GuardEntry, db: Database, writer: SignalWriter, guard: Guard, kinds: Kinds, keys: Keys
) -> int:
    reached, held = entry.reached or 0, 0
    standing = _standing(entry, keys)
    while True:
        async with db.survey() as session:
            some = standing.where(Claim.position > reached).order_by(Claim.position).limit(_AT_ONCE)
            rows = (await session.execute(some)).all()
        hit = _hit(rows, guard, kinds)
        jobs = [Hold(partner, found, "guard") for partner, found in hit.items()]
        await asyncio.gather(*(writer.write(job, "hub", "HoldGuarded") for job in jobs))
        held += sum(job.done for job in jobs)
        reached = rows[-1].position if rows else reached
        through = len(rows) < _AT_ONCE
        await _note(db, entry, None if through and entry.added < times.now() - _SETTLED else reached)
        if through:
            return held


def _standing(entry: GuardEntry, keys: Keys) -> Select[Any]:
    """Standing claims that `entry` may hit. What it does hit the guard says, and what was released since stays so."""
    older = aliased(Claim)
    same = (older.signal == Claim.signal, older.partner == Claim.partner)
    # Its row was closed while it was held, for another that is not: by when, as its age may be older than the entry.
    since = select(func.min(Tick.position)).where(Tick.at >= entry.added).scalar_subquery()
    released = exists().where(*same, older.held != "", older.state == "gone", older.closed >= since)
    columns: list[Any] = [Claim.position, Claim.partner, Claim.value, Signal.key, Signal.kind]
    found: Select[Any] = select(*columns).join(Signal, Signal.id == Claim.signal)
    found = found.where(Claim.closed == 0, Claim.held == "", ~released)
    if entry.reach == Reach.SITE:
        on_it = Claim.value.contains(entry.value, autoescape=True)
        return found.where(Signal.kind.in_(("domain", "url", "email")), on_it)
    exact = [keys.signal(entry.kind, entry.identity), keys.signal("url", f"{entry.identity}/")]
    return found.where(Signal.key.in_(exact if entry.kind == "domain" else exact[:1]))


def _hit(rows: Sequence[Any], guard: Guard, kinds: Kinds) -> dict[int, list[bytes]]:
    """Keys of the signals that the guard does hit, by the partner whose claim it is."""
    hit: dict[int, list[bytes]] = defaultdict(list)
    for row in rows:
        # The kind of a plugin that is not here stays out.
        if row.kind in kinds.names and guard.hit(row.kind, kinds.parse(row.kind, row.value).identity):
            hit[row.partner].append(row.key)
    return hit


async def _note(db: Database, entry: GuardEntry, reached: int | None) -> None:
    if reached == entry.reached:
        return
    async with head.writing(db, "hub", "HoldGuarded") as session:
        # An entry that was changed meanwhile begins anew.
        mine = (GuardEntry.id == entry.id, GuardEntry.added == entry.added)
        await session.execute(update(GuardEntry).where(*mine).values(reached=reached))
