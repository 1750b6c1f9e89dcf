"""Cells of use against a recount from the posts themselves, after random histories of telling and correcting."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.content import usage
from core.content.models import Material, UsageCell, UsageReport
from core.db import Database
from core.log import head
from core.wire.scopes import PartnerKind
from tests.campaigns.histories import Clock

HISTORIES = 40
MATERIALS = ["mat_" + letter * 26 for letter in "abc"]

Sums = dict[tuple[str | int, ...], tuple[int, int]]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    async with head.writing(db, "test", "Admit") as session:
        row = {"id": 1, "slug": "creator", "name": "C", "kind": "creator", "state": "active", "created": 0}
        await session.execute(insert(Partner).values(row))
    await found_materials(db)
    yield db
    await db.close()


async def found_materials(db: Database) -> None:
    """Of the first partner."""
    async with head.writing(db, "test", "Found") as session:
        for number, name in enumerate(MATERIALS, 1):
            material = {"number": number, "id": name, "author": 1, "revision": 1, "created": 0}
            await session.execute(insert(Material).values(material))


async def tell(db: Database, random: Random) -> None:
    who = Principal("cli_1", 1, "creator", PartnerKind.CREATOR, frozenset())
    items = usage.read_json([msgspec.Raw(msgspec.json.encode(item(random))) for _ in range(random.randint(1, 5))])
    async with head.edge(db, 1, who.client, "SubmitUsage") as session:
        told = await usage.submit(session, who, items)
    assert not told.rejected, told


def item(random: Random) -> dict[str, Any]:
    return {
        "material": random.choice(MATERIALS),
        # Few posts, so that most of what is told corrects something, at times within one submission.
        "url": f"https://video.example/{random.randrange(8)}",
        "platform": random.choice(["tiktok", "zalo"]),
        "date": (date(2026, 6, 1) + timedelta(days=random.randrange(90))).isoformat(),
        "reach": random.randrange(1_000),
    }


async def recount(session: AsyncSession) -> Sums:
    posts: Counter[tuple[str | int, ...]] = Counter()
    reach: Counter[tuple[str | int, ...]] = Counter()
    for row in await session.scalars(select(UsageReport)):
        key = (row.day[:7], row.material, row.partner, row.platform)
        posts[key] += 1
        reach[key] += row.reach
    return {key: (posts[key], reach[key]) for key in posts}


async def told_by(session: AsyncSession, day: str) -> Sums:
    posts: Counter[tuple[str | int, ...]] = Counter()
    reach: Counter[tuple[str | int, ...]] = Counter()
    for cell in await session.scalars(select(UsageCell).where(UsageCell.day <= day)):
        key = (cell.month, cell.material, cell.partner, cell.platform)
        posts[key] += cell.posts
        reach[key] += cell.reach
    return {key: (posts[key], reach[key]) for key in posts if posts[key] or reach[key]}


async def check(db: Database, monkeypatch: pytest.MonkeyPatch, histories: int) -> None:
    """Also whatever was told since, the cells of the days up to each say what stood then."""
    clock, random = Clock(), Random(histories)
    monkeypatch.setattr(times, "now", clock)
    stood = {}
    for number in range(histories):
        for _ in range(4):
            clock.wait(random.choice([0, 1, 9, 30]))
            await tell(db, random)
        if number % 8 == 7:
            async with db.survey() as session:
                stood[times.hub_day(clock.now)] = await recount(session)
        clock.wait(24)
    async with db.survey() as session:
        assert await usage.differences(session) == []
        assert await told_by(session, max(stood)) == stood[max(stood)]
        for day, sums in list(stood.items())[:: len(stood) // 12 + 1]:
            assert await told_by(session, day) == sums, day
        assert any(cell.reach < 0 for cell in await session.scalars(select(UsageCell)))


async def test_cells_equal_a_recount_on_each_day(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await check(db, monkeypatch, HISTORIES)
