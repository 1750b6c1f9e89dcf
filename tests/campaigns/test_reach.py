"""Cells of reach against a recount from the activities themselves, after random histories of telling and correcting."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic import command
from sqlalchemy import delete, func, select

from core import times
from core.campaigns import reach
from core.campaigns.models import ReachCell
from core.db import Database
from core.migrate import config, migrate
from tests.campaigns.histories import Clock, History, Sums, found_campaigns, recount, told_by

HISTORIES = 24
"""tests/drills/test_histories_of_reach.py runs a thousand."""


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    await found_campaigns(db)
    yield db
    await db.close()


async def test_cells_equal_a_recount_on_each_day(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await check(db, monkeypatch, HISTORIES)


async def check(db: Database, monkeypatch: pytest.MonkeyPatch, histories: int) -> None:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    stood = await run(db, clock, histories)
    async with db.survey() as session:
        assert await reach.differences(session) == []
    await assert_days_stay(db, dict(list(stood.items())[:: len(stood) // 12 + 1]))
    async with db.survey() as session:
        fell = select(func.count()).where(ReachCell.participants < 0)
        assert (await session.execute(fell)).scalar_one() > 5


async def run(db: Database, clock: Clock, histories: int) -> dict[str, tuple[Sums, Sums]]:
    """What stood at the end of every eighth history, checked as it comes and returned by day."""
    stood: dict[str, tuple[Sums, Sums]] = {}
    for seed in range(histories):
        await History(db, clock, seed).run()
        if seed % 8 == 7:
            async with db.survey() as session:
                today = stood[times.hub_day(clock.now)] = await recount(session)
                assert today == await told_by(session, times.hub_day(clock.now))
        # Each history begins on a day of its own.
        clock.wait(24)
    return stood


async def assert_days_stay(db: Database, stood: dict[str, tuple[Sums, Sums]]) -> None:
    """Whatever was told since, the cells of the days up to each say what stood then."""
    async with db.survey() as session:
        for day, sums in stood.items():
            assert await told_by(session, day) == sums, day


async def test_what_was_told_before_there_were_cells_is_counted(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    await run(db, clock, 3)
    async with db.survey() as session:
        stood = await recount(session)
    await db.engine.dispose()
    await asyncio.to_thread(command.downgrade, config(database_url), "0020")
    await asyncio.to_thread(migrate, database_url)
    async with db.survey() as session:
        assert await told_by(session, times.hub_day(clock.now)) == stood


async def test_a_cell_that_is_missing_is_found(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    await run(db, clock, 1)
    async with db.edge(0) as session:
        one = (await session.scalars(select(ReachCell.province).limit(1))).one()
        await session.execute(delete(ReachCell).where(ReachCell.province == one))
    async with db.survey() as session:
        assert await recount(session) != await told_by(session, times.hub_day(clock.now))
        found = await reach.differences(session)
    assert found
    assert {(each.cells, each.key[3], each.stored) for each in found} == {("reach_cell", one, 0)}
