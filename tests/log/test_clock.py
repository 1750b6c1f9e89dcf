"""Times of positions: rising strictly over ticks of any size, also where ticks are purged, and back again."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, insert, update

from core.db import Database
from core.log import clock
from core.log.models import LogHead, Tick

TICKS = [(101, 3, 5_000), (104, 1, 5_003), (105, 10, 9_000), (115, 2, 9_010)]
"""First position, how many, when. The second and the fourth follow the one before without a pause."""
TIMES = [5_000, 5_001, 5_002, 5_003, *range(9_000, 9_010), 9_010, 9_011]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    async with db.writer() as session:
        rows = [{"position": at, "n": n, "at": when, "actor": "", "request": ""} for at, n, when in TICKS]
        await session.execute(insert(Tick), rows)
        await session.execute(update(LogHead).values(position=116, n=2, at=9_010))
    yield db
    await db.close()


async def times(db: Database, *positions: int) -> list[int]:
    async with db.snapshot(0) as session:
        return await clock.times(session, positions)


async def at(db: Database, micros: int) -> int:
    async with db.snapshot(0) as session:
        return await clock.at(session, micros)


async def test_times_rise_strictly_across_ticks(db: Database) -> None:
    assert await times(db, *range(101, 117)) == TIMES
    assert await times(db, 102, 116) == [5_001, 9_011]
    assert await times(db) == []


async def test_a_time_leads_to_the_last_position_that_is_not_after_it(db: Database) -> None:
    for position, when in enumerate(TIMES, 101):
        assert await at(db, when) == position
    assert [await at(db, when) for when in (5_004, 8_999, 9_012, 10**15)] == [104, 104, 116, 116]
    assert await at(db, 4_000) == 0


async def test_what_lies_before_the_oldest_tick_is_counted_back_from_it(db: Database) -> None:
    async with db.writer() as session:
        await session.execute(delete(Tick).where(Tick.position < 105))
    assert await times(db, 101, 104, 105, 106) == [8_996, 8_999, 9_000, 9_001]
    assert [await at(db, when) for when in (8_999, 8_996, 8_990)] == [104, 101, 95]
    assert await at(db, 9_000) == 105


async def test_without_any_tick_the_last_of_all_is_counted_from(db: Database) -> None:
    async with db.writer() as session:
        await session.execute(delete(Tick))
    assert await times(db, 101, 114, 115, 116) == [8_996, 9_009, 9_010, 9_011]
    assert await at(db, 10_000) == 0
