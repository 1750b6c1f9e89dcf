"""Random histories of a few partners, and a count of what cells and digests should say after them."""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.models import Partner
from core.log.models import Tick
from core.signals import retention
from core.signals.jobs import Hold
from core.signals.keys import parse_id, public_id
from core.signals.models import Cell, Claim, Digest, Opinion, Reference, Signal
from core.signals.recount import COUNTED, differences
from core.wire.opinions import Stance
from core.wire.scopes import PartnerKind
from tests.signals.conftest import KEYS, KINDS, Room

STEPS = 4
PARTNERS = {"ann": PartnerKind.AGENCY, "ben": PartnerKind.PLATFORM, "cho": PartnerKind.PLATFORM}
REVIEWER = "dao"
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


async def settle_in(room: Room) -> None:
    """Admit those who act."""
    for slug, kind in PARTNERS.items():
        await room.admit(slug, kind)
    await room.admit(REVIEWER, PartnerKind.OPERATOR)
    await room.found("g1", *PARTNERS)


class History:
    """A few days of three partners, a reviewer and six values."""

    def __init__(self, room: Room, clock: Clock, random: Random, doubts: Counter[tuple[Place, str]]) -> None:
        """What comes to be disputed or refuted is added to `doubts`: no row tells it afterwards."""
        self.room = room
        self.clock = clock
        self.random = random
        self.doubts = doubts

    async def run(self) -> None:
        """Steps one after the other, and now and then three at once, which then share a transaction."""
        for _ in range(STEPS):
            self.clock.wait(self.random.choice([0, 0.5, 7, 20]))
            if self.random.random() < 0.3:
                await self.think()
            else:
                await asyncio.gather(*(self.act() for _ in range(self.random.choice([1, 1, 3]))))

    async def act(self) -> None:
        who, what = self.random.choice(sorted(PARTNERS)), self.random.random()
        if what < 0.55:
            await self.room.submit(who, *(self.item() for _ in range(self.random.randint(1, 4))))
        elif what < 0.75:
            names = [str(self.random.randrange(8)) for _ in range(self.random.randint(0, 3))]
            await self.room.retract(who, external_ids=names, ids=self.random.sample(IDS, self.random.randint(0, 2)))
        elif what < 0.85:
            held = [key for one in self.random.sample(IDS, 3) if (key := parse_id(one))]
            job = Hold(self.room.partners[who].partner, held, self.random.choice(["guard", "burst"]))
            await self.room.writer.write(job, "test", "test")
        elif what < 0.92:
            await self.room.release(REVIEWER, who, self.random.choice(IDS), refuse=self.random.random() < 0.3)
        else:
            await retention.expire(self.room.db, self.room.writer)

    async def think(self) -> None:
        """Somebody says what it thinks of others' claims, or of what another thought."""
        before = await Thought.read(self.room)
        if before.voices and self.random.random() < 0.4:
            signal, author = self.random.choice(before.voices)
            await self.room.judge(REVIEWER, signal, author, self.random.choice(["upheld", "dismissed"]))
        else:
            stance = self.random.choice([*Stance, Stance.FALSE_POSITIVE, None])
            await self.room.opine(self.random.choice(sorted(PARTNERS)), self.random.choice(IDS), stance)
        (await Thought.read(self.room)).count_since(before, self.clock.now, self.doubts)

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


class Thought:
    """What is thought at one time: who is told to doubt which claim, and which opinions were upheld."""

    def __init__(self, claims: Sequence[Any], opinions: Sequence[Any]) -> None:
        self.places = {row.opened: (row.partner, row.audience, row.kind, row.category) for row in claims}
        self.signals = {row.opened: row.signal for row in claims}
        self.doubters = {row.opened: _doubters(row.opinions) for row in claims}
        self.voices = sorted((public_id(row.key), row.slug) for row in opinions)
        self.upheld = {(row.signal, row.partner) for row in opinions if row.verdict == "upheld"}

    @classmethod
    async def read(cls, room: Room) -> "Thought":
        columns = (Claim.opened, Claim.signal, Claim.partner, Claim.audience, Claim.category, Claim.opinions)
        standing = select(*columns, Signal.kind).join(Signal, Signal.id == Claim.signal).where(Claim.closed == 0)
        given = select(Opinion.signal, Opinion.partner, Opinion.verdict, Signal.key, Partner.slug)
        given = given.join(Signal, Signal.id == Opinion.signal).join(Partner, Partner.id == Opinion.partner)
        async with room.db.survey() as session:
            return cls((await session.execute(standing)).all(), (await session.execute(given)).all())

    def count_since(self, before: "Thought", at: int, doubts: Counter[tuple[Place, str]]) -> None:
        for claim, place in self.places.items():
            told = {(self.signals[claim], author) for author in self.doubters[claim]}
            if told and not before.doubters[claim]:
                doubts[(_day(at), *place), "disputed"] += 1
            if told & self.upheld and not told & before.upheld:
                doubts[(_day(at), *place), "refuted"] += 1


def _doubters(opinions: str) -> set[int]:
    return {int(author) for author, stance, *_ in (one.split(":") for one in opinions.split()) if stance != "a"}


def _day(at: int) -> str:
    """As the calendar shows it at UTC+7."""
    return str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at, hours=7)).date())


class Recount:
    """What cells and digests should say, by their definitions, from the claims and the ticks alone."""

    def __init__(self, claims: Sequence[Any], ticks: Sequence[Any]) -> None:
        self._ticks = ticks
        self._starts = [tick.position for tick in ticks]
        self.digests: Counter[tuple[int, str]] = Counter()
        self.cells: Counter[tuple[Place, str]] = Counter()
        known = set()
        held = {(claim.partner, claim.signal, claim.closed) for claim in claims if claim.held and claim.state == "gone"}
        for claim in sorted(claims, key=lambda claim: claim.opened):
            opened = _day(self._at(claim.opened)), claim.partner, claim.audience, claim.kind, claim.category
            self.cells[opened, "opened"] += 1
            self.cells[opened, "new"] += (claim.partner, claim.signal) not in known
            self.cells[opened, "first"] += claim.signal not in known
            going_on = (claim.partner, claim.signal, claim.opened - 1) in held
            self.cells[opened, "held"] += bool(claim.held) and not going_on
            known |= {(claim.partner, claim.signal), claim.signal}
            if claim.closed:
                closed = (_day(self._at(claim.closed)), *opened[1:])
                self.cells[closed, "closed"] += 1
                self.cells[closed, claim.state] += claim.state in COUNTED
            elif claim.state == "active":
                self.digests[claim.audience, claim.kind] += KEYS.check(claim.position)

    def _at(self, position: int) -> int:
        """When the tick was that took the position."""
        tick = self._ticks[bisect_right(self._starts, position) - 1]
        assert tick.position <= position < tick.position + tick.n
        return int(tick.at)


async def recount(session: AsyncSession) -> Recount:
    columns = (Claim.position, Claim.opened, Claim.closed, Claim.partner, Claim.audience, Claim.category, Claim.state)
    claims = select(*columns, Claim.held, Claim.signal, Signal.kind).join(Signal, Signal.id == Claim.signal)
    ticks = await session.execute(select(Tick.position, Tick.n, Tick.at).order_by(Tick.position))
    return Recount((await session.execute(claims)).all(), ticks.all())


async def stored_cells(session: AsyncSession, *more: str) -> Counter[tuple[Place, str]]:
    """What cells say, but for zeros: of what can be counted again, and of `more`."""
    return Counter(
        {
            ((cell.day, cell.partner, cell.audience, cell.kind, cell.category), name): getattr(cell, name)
            for cell in await session.scalars(select(Cell))
            for name in (*COUNTED, *more)
            if getattr(cell, name)
        }
    )


async def assert_sums_are_right(session: AsyncSession, doubts: Counter[tuple[Place, str]] | None = None) -> None:
    """Without `doubts` what came to be doubted is left out."""
    counted = await recount(session)
    more = () if doubts is None else ("disputed", "refuted")
    # `==` of counters takes what is not there for zero.
    assert await stored_cells(session, *more) == counted.cells + (doubts or Counter())
    assert (await differences(session))[1] == []
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


async def live_through(room: Room, clock: Clock, seeds: range, check_every: int) -> None:
    """A history for each seed, one after the other; every sum is held against a recount in between and at the end."""
    doubts: Counter[tuple[Place, str]] = Counter()
    for seed in seeds:
        await History(room, clock, Random(seed), doubts).run()
        if seed % check_every == check_every - 1 or seed == seeds[-1]:
            async with room.db.writer() as session:
                await assert_sums_are_right(session, doubts)
                await assert_counters_are_right(session)
    # They went where they should.
    async with room.db.writer() as session:
        told = {name for (_, name), count in (await stored_cells(session, "disputed", "refuted")).items() if count}
        days = (await session.execute(select(func.count(Cell.day.distinct())))).scalar_one()
        shared = (await session.execute(select(func.count()).where(Tick.actor.like("% %")))).scalar_one()
    assert told == {*COUNTED, "disputed", "refuted"}
    assert days > len(seeds) / 2
    assert shared > len(seeds) / 10
