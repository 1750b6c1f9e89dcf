"""Many writers and readers at once, from two processes' worth of hub: no copy misses or keeps what it should not.

What order the writers come in is not known, so the oracle here is the log itself: a copy that followed all along, a
fresh walk and the hub's own digest agree, and every position that a reader was given rose.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from core.db import Database
from core.signals.cursors import Resync
from core.signals.keys import hex_sum, public_id
from core.wire.opinions import Stance
from core.wire.scopes import PartnerKind
from core.wire.signals import SignalOut, State
from tests.signals.conftest import KEYS, KINDS, Room

WRITERS = ("ann", "ben", "cho", "pol")
READERS = (*WRITERS, "hub")
VALUES = [f"+849000000{number:02}" for number in range(12)]


class Follower:
    """A copy that reads while others write."""

    def __init__(self, room: Room, name: str) -> None:
        self.room = room
        self.name = name
        self.walks = 0
        self.begin()

    def begin(self) -> None:
        self.copy: dict[str, SignalOut] = {}
        self.after: str | None = None
        self.last = 0
        self.walks += 1

    async def pull(self, limit: int = 3) -> bool:
        """Take a page in; whether it was the last. Its digest is held against the copy."""
        try:
            page = await self.room.page(self.name, self.after, limit)
        except Resync:
            self.begin()
            page = await self.room.page(self.name, None, limit)
        for signal in page.signals:
            assert signal.position > self.last
            self.last = signal.position
            self.copy.pop(signal.id, None)
            if signal.state in (State.ACTIVE, State.DISPUTED):
                self.copy[signal.id] = signal
        self.after = page.next
        if not page.more:
            assert page.digest == hex_sum(sum(int(str(one.check), 16) for one in self.copy.values()))
        return not page.more

    async def catch_up(self) -> None:
        while not await self.pull():
            pass


def test_copies_are_exact_while_many_write(new_database: Callable[[], str], size: Callable[[int, int], int]) -> None:
    asyncio.run(crowd(new_database(), size(3, 100)))


async def crowd(url: str, steps: int) -> None:
    rooms = [Room(Database(url)), Room(Database(url))]
    await populate(rooms)
    async with rooms[0].writer.running(), rooms[1].writer.running():
        followers = [Follower(room, name) for room in rooms for name in READERS]
        over = asyncio.Event()
        reading = asyncio.gather(*(follow(follower, over) for follower in followers))
        writing = (write(rooms[n % 2], name, random.Random(n), steps) for n, name in enumerate(WRITERS * 2))
        try:
            await asyncio.gather(*writing, belong(rooms[0], random.Random(99), steps // 4))
        finally:
            over.set()
            await reading
        for follower in followers:
            await follower.catch_up()
            fresh = Follower(follower.room, follower.name)
            await fresh.catch_up()
            assert fresh.copy.keys() == follower.copy.keys()
            assert {one.check for one in fresh.copy.values()} == {one.check for one in follower.copy.values()}
    for room in rooms:
        await room.db.close()


async def populate(rooms: Sequence[Room]) -> None:
    await rooms[0].allow_everyone()
    for name in READERS:
        kind = {"pol": PartnerKind.AGENCY, "hub": PartnerKind.OPERATOR}.get(name, PartnerKind.PLATFORM)
        await rooms[0].admit(name, kind)
    await rooms[0].found("gg", "ann", "ben")
    rooms[1].partners, rooms[1].groups = rooms[0].partners, rooms[0].groups


async def follow(follower: Follower, over: asyncio.Event) -> None:
    while not over.is_set():
        await follower.pull()
        await asyncio.sleep(0)


async def write(room: Room, name: str, chance: random.Random, steps: int) -> None:
    for _ in range(steps):
        await one_step(room, name, chance)


def one_step(room: Room, name: str, chance: random.Random) -> Coroutine[Any, Any, Any]:
    value = chance.choice(VALUES)
    signal = public_id(KEYS.signal("phone", KINDS.parse("phone", value).identity))
    what = chance.random()
    if what < 0.5:
        return room.submit(name, *(said(chance.choice(VALUES), chance) for _ in range(3)))
    if what < 0.7:
        return room.retract(name, ids=[signal])
    if what < 0.9:
        return room.opine(name, signal, chance.choice([*Stance, None]))
    return room.judge("hub", signal, chance.choice(WRITERS), "dismissed")


def said(value: str, chance: random.Random) -> dict[str, Any]:
    return {
        "kind": "phone",
        "value": value,
        "tlp": chance.choice(["GREEN", "CLEAR", "AMBER"]),
        "groups": ["gg"] if chance.random() < 0.3 else [],
        "category": chance.choice(["phishing", "grooming"]),
        "confidence": chance.choice([10, 50, 90]),
    }


async def belong(room: Room, chance: random.Random, steps: int) -> None:
    """One partner after another comes to a group and goes; each is told to begin anew."""
    members = {"ann", "ben"}
    for _ in range(steps):
        name = chance.choice(WRITERS)
        await (room.leave("gg", name) if name in members else room.join("gg", name))
        members ^= {name}
        await asyncio.sleep(0.01)
