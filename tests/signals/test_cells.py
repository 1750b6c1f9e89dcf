"""Rollup cells, digests and counters against a recount from the claims themselves, after random histories."""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.log.models import Tick
from core.signals import retention
from core.signals.keys import public_id
from core.signals.models import Cell, Claim, Digest, Reference, Signal
from tests.signals.conftest import KEYS, KINDS, Room

HISTORIES = 104
STEPS = 4

PARTNERS = ("ann", "ben", "cho")
VALUES = {
    "phone": [f"+8490000000{number}" for number in range(3)],
    "domain": [f"bait{number}.example" for number in range(3)],
}
IDS = [
    public_id(KEYS.signal(kind, KINDS.parse(kind, value).identity))
    for kind, values in VALUES.items()
    for value in values
]
AUDIENCES: list[dict[str, Any]] = [
    {},
    {"tlp": "CLEAR"},
    {"tlp": "GREEN"},
    {"tlp": "RED"},
    {"groups": ["g1"]},
    {"tlp": "AMBER", "groups": ["g1"]},
]

Place = tuple[str, int, int, str, str]
"""Day, partner, audience, kind, category."""


class Clock:
    """The hub's time, in µs: what lapses has to lapse within the test."""

    def __init__(self) -> None:
        self.now = times.to_micros(datetime(2025, 10, 1, tzinfo=UTC))

    def __call__(self) -> int:
        return self.now

    def wait(self, hours: float) -> None:
        self.now += int(hours * 3_600 * times.SECOND)


class History:
    """A few days of three partners and six values."""

    def __init__(self, room: Room, clock: Clock, random: Random) -> None:
        self.room = room
        self.clock = clock
        self.random = random

    async def run(self) -> None:
        """Steps one after the other, and now and then three at once, which then share a transaction."""
        for _ in range(STEPS):
            self.clock.wait(self.random.choice([0, 0.5, 7, 20]))
            await asyncio.gather(*(self.step() for _ in range(self.random.choice([1, 1, 3]))))

    def step(self) -> Coroutine[Any, Any, Any]:
        who = self.random.choice(PARTNERS)
        what = self.random.random()
        if what < 0.6:
            return self.room.submit(who, *(self.item() for _ in range(self.random.randint(1, 4))))
        if what < 0.85:
            names = [str(self.random.randrange(8)) for _ in range(self.random.randint(0, 3))]
            return self.room.retract(who, external_ids=names, ids=self.random.sample(IDS, self.random.randint(0, 2)))
        return retention.expire(self.room.db, self.room.writer)

    def item(self) -> dict[str, Any]:
        kind = self.random.choice(sorted(VALUES))
        said = {"kind": kind, "value": self.random.choice(VALUES[kind])} | self.random.choice(AUDIENCES)
        said["category"] = self.random.choice(["phishing", "grooming"])
        if self.random.random() < 0.5:
            said["confidence"] = self.random.choice([10, 90])
        if self.random.random() < 0.5:
            said["external_id"] = str(self.random.randrange(8))
        if self.random.random() < 0.3:
            lapses = self.clock.now + int(self.random.uniform(1, 40) * 3_600 * times.SECOND)
            said["valid_until"] = times.from_micros(lapses).isoformat()
        return said


class Recount:
    """What cells and digests should say, by their definitions, from the claims and the ticks alone."""

    def __init__(self, claims: Sequence[Any], ticks: Sequence[Any]) -> None:
        self._ticks = ticks
        self._starts = [tick.position for tick in ticks]
        self.digests: Counter[tuple[int, str]] = Counter()
        new: Counter[Place] = Counter()
        opened: Counter[Place] = Counter()
        closed: Counter[Place] = Counter()
        known = set()
        for claim in sorted(claims, key=lambda claim: claim.opened):
            place = claim.partner, claim.audience, claim.kind, claim.category
            day = self._day(claim.opened)
            opened[day, *place] += 1
            new[day, *place] += (claim.partner, claim.signal) not in known
            known.add((claim.partner, claim.signal))
            if claim.closed:
                closed[self._day(claim.closed), *place] += 1
            elif claim.state == "active":
                self.digests[claim.audience, claim.kind] += KEYS.check(claim.position)
        self.cells = {place: (new[place], opened[place], closed[place]) for place in opened.keys() | closed.keys()}

    def _day(self, position: int) -> str:
        """Of the tick that took the position, as the calendar shows it at UTC+7."""
        tick = self._ticks[bisect_right(self._starts, position) - 1]
        assert tick.position <= position < tick.position + tick.n
        return str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=tick.at, hours=7)).date())


async def recount(session: AsyncSession) -> Recount:
    columns = (Claim.position, Claim.opened, Claim.closed, Claim.partner, Claim.audience, Claim.category, Claim.state)
    claims = await session.execute(select(*columns, Claim.signal, Signal.kind).join(Signal, Signal.id == Claim.signal))
    ticks = await session.execute(select(Tick.position, Tick.n, Tick.at).order_by(Tick.position))
    return Recount(claims.all(), ticks.all())


async def assert_sums_are_right(session: AsyncSession) -> None:
    counted = await recount(session)
    cells = await session.execute(select(Cell))
    assert counted.cells == {
        (cell.day, cell.partner, cell.audience, cell.kind, cell.category): (cell.new, cell.opened, cell.closed)
        for cell in cells.scalars()
    }
    digests = await session.execute(select(Digest.audience, Digest.kind, Digest.sum))
    stored = {(row.audience, row.kind): int.from_bytes(row.sum, "big") for row in digests}
    assert stored == {at: counted.digests[at] % 2**128 for at in stored}
    assert counted.digests.keys() <= stored.keys()


async def assert_counters_are_right(session: AsyncSession) -> None:
    """Rows ever opened on each signal; names of each standing claim, and none without one."""
    opened = select(Signal.id, Signal.claims, func.count()).join(Claim, Claim.signal == Signal.id).group_by(Signal.id)
    assert all(claims == rows for _, claims, rows in await session.execute(opened))
    referred = select(Reference.partner, Reference.signal, func.count())
    names = await session.execute(referred.group_by(Reference.partner, Reference.signal))
    named = {(partner, signal): count for partner, signal, count in names}
    standing = await session.execute(select(Claim.partner, Claim.signal, Claim.names).where(Claim.closed == 0))
    assert named == {(partner, signal): count for partner, signal, count in standing if count}


async def test_sums_equal_a_recount_after_random_histories(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    for slug in PARTNERS:
        await room.admit(slug)
    await room.found("g1", *PARTNERS)
    for seed in range(HISTORIES):
        await History(room, clock, Random(seed)).run()
        if seed % 8 == 7:
            async with room.db.writer() as session:
                await assert_sums_are_right(session)
                await assert_counters_are_right(session)

    # The histories went where they should: every ending, many days, jobs that shared a transaction.
    async with room.db.writer() as session:
        found = await session.execute(select(Claim.state, func.count()).group_by(Claim.state))
        endings = {row[0]: row[1] for row in found}
        days = (await session.execute(select(func.count(Cell.day.distinct())))).scalar_one()
        shared = (await session.execute(select(func.count()).where(Tick.actor.like("% %")))).scalar_one()
    assert min(endings[state] for state in ("active", "retracted", "expired", "gone")) > 3
    assert days > 50
    assert shared > 10
