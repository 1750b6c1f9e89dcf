"""Positions: gapless in commit order, whoever writes; times of ticks that only rise; nothing taken by what fails."""

import asyncio
import itertools

import pytest
from sqlalchemy import select

from core.db import Database
from core.log import head
from core.log.events import record
from core.log.models import EventRow, Tick
from core.wire.events import PartnerAdmitted

EVENT = PartnerAdmitted(partner="someone")


async def write(db: Database, events: int) -> list[int]:
    async with head.writing(db, "test", "Write") as session:
        return [await record(session, EVENT) for _ in range(events)]


async def test_many_writers_share_one_gapless_row_of_positions(database_url: str) -> None:
    nodes = [Database(database_url), Database(database_url)]
    first = (await write(nodes[0], 1))[0]
    taken = await asyncio.gather(*(write(nodes[number % 2], 1 + number % 3) for number in range(40)))
    every = sorted(position for some in taken for position in some)
    assert every == list(range(first + 1, first + 1 + len(every)))
    async with nodes[0].survey() as session:
        ticks = (await session.execute(select(Tick).order_by(Tick.position))).scalars().all()
        assert await head.position(session) == every[-1]
        assert len(list(await session.scalars(select(EventRow.position)))) == len(every) + 1
    for before, after in itertools.pairwise(ticks):
        assert after.position == before.position + before.n
        assert after.at >= before.at + before.n
    for db in nodes:
        await db.close()


async def test_what_fails_takes_no_position(database_url: str) -> None:
    db = Database(database_url)
    (before,) = await write(db, 1)

    async def fail() -> None:
        async with head.writing(db, "test", "Fail") as session:
            await record(session, EVENT)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await write(db, 1) == [before + 1]
    await db.close()


async def test_a_transaction_without_positions_leaves_no_tick(database_url: str) -> None:
    db = Database(database_url)
    await write(db, 0)
    async with db.survey() as session:
        assert list(await session.scalars(select(Tick.position))) == []
    await db.close()


async def test_errors_of_the_database_do_not_tell_values(database_url: str) -> None:
    db = Database(database_url)
    position = (await write(db, 1))[0]

    async def clash() -> None:
        async with head.writing(db, "test", "Clash") as session:
            session.add(EventRow(position=position, type="x", body="a value that is nobody's business"))

    with pytest.raises(Exception, match="parameters hidden"):
        await clash()
    await db.close()
