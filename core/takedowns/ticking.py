"""The job that watches deadlines: warns, records each breach once, tells contact after contact.

What was done is written in the transaction that tells of it, under the head's lock: several processes take turns, and
one that dies has either done a thing or leaves it to the next.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database
from core.log import head
from core.log.events import record_all
from core.takedowns import clock, deadlines, parties, pushes
from core.takedowns.clock import Course, Turn
from core.takedowns.models import Contact, Takedown
from core.takedowns.pushes import Call
from core.wire.events import Event, TakedownBreached, TakedownDueSoon, TakedownEscalated

_AT_ONCE = 500
"""Cases a transaction: the head is never held for long."""


async def tick(db: Database, now: int | None = None) -> int:
    """Look at every case that wakes; returns at how many. `now`: for tests, the time to act by."""
    looked = 0
    while True:
        async with db.survey() as session:
            if (await session.scalars(_waking(now or times.now()).limit(1))).first() is None:
                return looked
        async with head.writing(db, "hub", "Watch deadlines") as session:
            looked += await look(session, now or times.now())


async def look(session: AsyncSession, now: int) -> int:
    """The first cases that wake, in one transaction; returns how many there were."""
    cases = list(await session.scalars(_waking(now).limit(_AT_ONCE)))
    clocks = await deadlines.read(session, [case.number for case in cases])
    reachable = await _contacts(session, {case.platform for case in cases})
    told = await parties.everyone(session, [case.number for case in cases])
    events: dict[frozenset[int], list[Event]] = defaultdict(list)
    calls: list[Call] = []
    for case in cases:
        found, before = clocks[case.number], _shown(case)
        course = Course(case.warned, case.breached, case.level)
        turn = clock.turn(found, course, _ended(case), reachable.get(case.platform, 0), now)
        if _ended(case) is None:
            deadlines.write(case, found)
        case.warned, case.breached, case.level = turn.course.warned, turn.course.breached, turn.course.level
        case.wakes = turn.wakes
        case.version += _shown(case) != before
        events[told[case.number]] += _events(case, turn, found.due)
        if turn.escalates:
            about = "takedown.breached" if case.level == 1 else "takedown.escalated"
            calls.append(Call(case.id, case.platform, about, case.level))
    for group, theirs in events.items():
        await record_all(session, theirs, to=group)
    await pushes.push_all(session, calls)
    return len(cases)


def _waking(now: int) -> Select[Takedown]:
    return select(Takedown).where(Takedown.wakes <= now).order_by(Takedown.wakes)


def _ended(case: Takedown) -> int | None:
    """When it was answered, or closed without an answer."""
    return case.decided or case.closed or None


def _shown(case: Takedown) -> tuple[int | None, ...]:
    """What a reader of the case sees of its clock."""
    return case.due, case.acknowledge_due, case.paused, case.breached, case.level


async def _contacts(session: AsyncSession, platforms: Collection[int]) -> dict[int, int]:
    counted = select(Contact.partner, func.count()).where(Contact.partner.in_(platforms)).group_by(Contact.partner)
    return dict((await session.execute(counted)).all())


def _events(case: Takedown, turn: Turn, due: int | None) -> Iterator[Event]:
    if turn.warns and due is not None:
        yield TakedownDueSoon(case.id, times.from_micros(due))
    if turn.breaches and due is not None:
        yield TakedownBreached(case.id, times.from_micros(due))
    if turn.escalates:
        yield TakedownEscalated(case.id, case.level)
