"""Lookups that come together: one read for many, and each with its own eyes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database
from core.signals.desk import Desk
from tests.signals.conftest import KEYS, KINDS, Room


class _Counted(Database):
    """Counts the snapshots, and holds each until it is let go."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.snapshots = 0
        self.opened = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    @asynccontextmanager
    async def snapshot(self, partner: int) -> AsyncIterator[AsyncSession]:
        self.snapshots += 1
        self.opened.set()
        async with super().snapshot(partner) as session:
            yield session
            await self.gate.wait()


@pytest.fixture
async def room(room: Room) -> Room:
    for slug in ("a", "b"):
        await room.admit(slug)
    return room


def _key(value: str) -> bytes:
    return KEYS.signal("domain", KINDS.parse("domain", value).identity)


def _item(value: str, tlp: str = "GREEN") -> dict[str, str]:
    return {"kind": "domain", "value": value, "tlp": tlp}


async def test_those_that_wait_together_are_read_together(room: Room) -> None:
    await room.submit("a", *(_item(f"n{n}.example") for n in range(40)))
    db = _Counted(room.db.url)
    desk = Desk(db, KINDS, KEYS)
    asked = [desk.known(room.partners["b"], [_key(f"n{n}.example")]) for n in range(50)]
    found = await asyncio.gather(*asked)
    assert [_key(f"n{n}.example") in known for n, known in enumerate(found)] == [True] * 40 + [False] * 10
    assert db.snapshots <= 2
    await db.close()


async def test_what_was_committed_before_the_request_is_seen(room: Room) -> None:
    db = _Counted(room.db.url)
    desk = Desk(db, KINDS, KEYS)
    db.gate.clear()
    early = asyncio.create_task(desk.known(room.partners["b"], [_key("late.example")]))
    await db.opened.wait()
    # Its read is under way, and whoever comes now does not join it.
    await room.submit("a", _item("late.example"))
    late = asyncio.create_task(desk.known(room.partners["b"], [_key("late.example")]))
    await asyncio.sleep(0)
    db.gate.set()
    assert _key("late.example") in await late
    await early
    assert db.snapshots == 2
    await db.close()


async def test_no_one_is_answered_with_the_eyes_of_another(room: Room) -> None:
    await room.submit("a", _item("mine.example", "AMBER"))
    desk = Desk(room.db, KINDS, KEYS)
    slugs = ["a", "b", "a", "b"] * 5
    found = await asyncio.gather(*(desk.known(room.partners[slug], [_key("mine.example")]) for slug in slugs))
    assert [bool(known) for known in found] == [slug == "a" for slug in slugs]


async def test_who_goes_away_takes_nobody_along(room: Room) -> None:
    await room.submit("a", _item("still.example"))
    desk = Desk(room.db, KINDS, KEYS)
    leaving, staying = (asyncio.create_task(desk.known(room.partners["b"], [_key("still.example")])) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert _key("still.example") in await staying


async def test_more_than_fit_into_a_statement(room: Room) -> None:
    await room.submit("a", *(_item(f"n{n}.example") for n in range(1_500)))
    known = await Desk(room.db, KINDS, KEYS).known(room.partners["b"], [_key(f"n{n}.example") for n in range(3_000)])
    assert known.keys() == {_key(f"n{n}.example") for n in range(1_500)}
