"""Rollup cells, digests and counters against a recount from the claims themselves, after random histories."""

import asyncio
from collections import Counter
from random import Random

import pytest
from alembic import command
from sqlalchemy import select

from core import times
from core.migrate import config, migrate
from core.signals import retention
from core.signals.models import Cell
from core.signals.recount import COUNTED, Difference, differences, recount
from tests.signals.cells import Clock, History, live_through, settle_in, stored_cells
from tests.signals.conftest import Room

HISTORIES = 96
"""A thousand of them: tests/drills/test_cells.py."""


@pytest.fixture
async def clock(room: Room, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    await settle_in(room)
    return clock


async def test_sums_equal_a_recount_after_random_histories(room: Room, clock: Clock) -> None:
    await live_through(room, clock, range(HISTORIES), check_every=8)


async def live(room: Room, clock: Clock, seeds: range) -> None:
    for seed in seeds:
        await History(room, clock, Random(seed), Counter()).run()


async def test_a_purge_changes_no_cell_and_what_comes_after_is_still_counted_again(room: Room, clock: Clock) -> None:
    await live(room, clock, range(20))
    clock.wait(24 * 60)
    await live(room, clock, range(20, 40))
    async with room.db.writer() as session:
        before, whole = await stored_cells(session, "disputed", "refuted"), await recount(session)
    clock.wait(24 * 50)
    assert await retention.purge(room.db) > 20
    await live(room, clock, range(40, 50))
    async with room.db.writer() as session:
        after, rest = await stored_cells(session, "disputed", "refuted"), await recount(session)
        assert await differences(session) == (rest.since, [])
    assert after & before == before
    assert whole.since < rest.since < max(day for day, *_ in rest.cells)
    # Some came again of which the earlier claim is gone: whether they were new can no longer be told of all.
    assert not whole.unsure
    assert rest.unsure


async def test_a_wrong_figure_is_named(room: Room, clock: Clock) -> None:
    await live(room, clock, range(12))
    async with room.db.writer() as session:
        cells = list(await session.scalars(select(Cell)))
        for column in COUNTED:
            cell = next(one for one in cells if getattr(one, column))
            place = cell.day, cell.partner, cell.audience, cell.kind, cell.category
            right = getattr(cell, column)
            setattr(cell, column, right + 1)
            await session.flush()
            assert (await differences(session))[1] == [Difference(place, column, right + 1, right)]
            setattr(cell, column, right)
        await session.delete(cells[0])
        await session.flush()
        assert {one.stored for one in (await differences(session))[1]} == {0}


async def test_cells_of_a_hub_that_has_claims_are_filled_when_it_is_upgraded(room: Room, clock: Clock) -> None:
    await live(room, clock, range(16))
    async with room.db.survey() as session:
        before = await stored_cells(session)
    await room.db.close()
    await asyncio.to_thread(command.downgrade, config(room.db.url), "0019")
    await asyncio.to_thread(migrate, room.db.url)
    async with room.db.survey() as session:
        assert await stored_cells(session) == before
