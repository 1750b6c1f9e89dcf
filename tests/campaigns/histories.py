"""Random histories of activities told and corrected, over days that the test sets, and what cells should say then."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.campaigns import activities, reach
from core.campaigns.models import Activity, Campaign, CommuneCell, ConnectionPoint, ReachCell
from core.campaigns.places.communes import register
from core.db import Database
from core.log import head
from core.wire.scopes import PartnerKind

CAMPAIGNS = ("autumn", "spring")
UNITS = register().standing(date(2026, 6, 1))[::600]
STRANDS = (None, "media", "school-training")
KINDS = ("seminar", "livestream")

Sums = dict[tuple[str | int, ...], tuple[int, ...]]


class Clock:
    """The hub's time, in µs."""

    def __init__(self) -> None:
        self.now = times.to_micros(datetime(2026, 9, 1, tzinfo=UTC))

    def __call__(self) -> int:
        self.now += 1
        return self.now

    def wait(self, hours: float) -> None:
        self.now += int(hours * times.HOUR)


class History:
    """What two partners tell of two campaigns."""

    def __init__(self, db: Database, clock: Clock, seed: int) -> None:
        self.db = db
        self.clock = clock
        self.random = Random(seed)
        self.seed = seed

    async def run(self, steps: int = 4) -> None:
        for _ in range(steps):
            self.clock.wait(self.random.choice([0, 1, 9, 30]))
            await self.tell(self.random.choice([1, 2]), self.random.choice(CAMPAIGNS), self.random.randint(1, 5))

    async def tell(self, partner: int, campaign: str, count: int) -> None:
        items = [msgspec.Raw(msgspec.json.encode(self.item())) for _ in range(count)]
        who = Principal(f"cli_{partner}", partner, f"p{partner}", PartnerKind.AGENCY, frozenset())
        async with head.edge(self.db, partner, who.client, "SubmitActivities") as session:
            told = await activities.submit(session, who, campaign, activities.read(items))
        assert not told.rejected, told

    def item(self) -> dict[str, Any]:
        unit = self.random.choice(UNITS)
        said: dict[str, Any] = {
            "kind": self.random.choice(KINDS),
            "title": f"Buổi {self.random.randrange(2)}",
            "place": {"province": unit.province},
            "date": (date(2026, 6, 1) + timedelta(days=self.random.randrange(80))).isoformat(),
            "audience": {name: self.random.randrange(4) for name in ("sites", "classes", "participants", "views")},
            "strand": self.random.choice(STRANDS),
            "points": [
                {"name": f"Điểm {n}", "commune": self.random.choice(UNITS).code, "participants": n}
                for n in range(self.random.choice([0, 0, 1, 3]))
            ],
        }
        if self.random.random() < 0.7:
            said["place"]["commune"] = unit.code
        if self.random.random() < 0.8:
            # Few names, so that most of what is told corrects something, at times within one submission.
            said["external_id"] = f"{self.seed % 5}-{self.random.randrange(4)}"
        return said


async def found_campaigns(db: Database) -> None:
    """And the partners, which are the first two."""
    async with head.writing(db, "test", "Found") as session:
        for number in (1, 2):
            row = {"slug": f"p{number}", "name": "P", "kind": "agency", "state": "active", "created": 0}
            await session.execute(insert(Partner).values(row))
        for slug in CAMPAIGNS:
            row = {"slug": slug, "owner": 1, "title_vi": slug, "summary": "", "state": "active"}
            more = {"parties": [], "goals": [], "version": 1, "created": 0, "updated": 0}
            await session.execute(insert(Campaign).values(row | more))


async def recount(session: AsyncSession) -> tuple[Sums, Sums]:
    """By province and by commune, from the activities as they stand."""
    provinces: Counter[tuple[Any, ...]] = Counter()
    communes: Counter[tuple[Any, ...]] = Counter()
    for row in await session.scalars(select(Activity)):
        strand = row.strand or ""
        key = (row.day[:7], row.campaign, row.partner, row.province, strand, row.kind)
        for name in reach.MEASURES:
            provinces[(*key, name)] += 1 if name == "activities" else getattr(row, name)
        place = (row.campaign, row.commune, row.day, strand, row.kind)
        if row.commune is not None:
            communes[(*place, "told")] += 1
            communes[(*place, "sites")] += row.sites
    joined = select(Activity, ConnectionPoint.commune).join(ConnectionPoint, ConnectionPoint.activity == Activity.id)
    for row, commune in await session.execute(joined):
        for name in ("told", "sites"):
            communes[row.campaign, commune, row.day, row.strand or "", row.kind, name] += 1
    return _as_sums(provinces, reach.MEASURES), _as_sums(communes, ("told", "sites"))


def _as_sums(counted: Counter[tuple[Any, ...]], measures: tuple[str, ...]) -> Sums:
    return {key[:-1]: tuple(counted[(*key[:-1], name)] for name in measures) for key in counted}


async def told_by(session: AsyncSession, day: str) -> tuple[Sums, Sums]:
    """The same by the cells of the days up to `day`."""
    provinces: Counter[tuple[Any, ...]] = Counter()
    communes: Counter[tuple[Any, ...]] = Counter()
    for one in await session.scalars(select(ReachCell).where(ReachCell.day <= day)):
        for name in reach.MEASURES:
            key = (one.month, one.campaign, one.partner, one.province, one.strand, one.kind)
            provinces[(*key, name)] += getattr(one, name)
    for cell in await session.scalars(select(CommuneCell).where(CommuneCell.day <= day)):
        for name in ("told", "sites"):
            communes[cell.campaign, cell.commune, cell.held, cell.strand, cell.kind, name] += getattr(cell, name)
    return _standing(provinces, reach.MEASURES), _standing(communes, ("told", "sites"))


def _standing(counted: Counter[tuple[Any, ...]], measures: tuple[str, ...]) -> Sums:
    """What was told and taken back is as if nobody had told it."""
    return {key: sums for key, sums in _as_sums(counted, measures).items() if any(sums)}
