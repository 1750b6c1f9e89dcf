"""The digests of the private lookup follow the log: resumed anywhere, purged with their signals, made anew by epoch."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core import times
from core.db import Base
from core.errors import Conflict, Unavailable
from core.log import head
from core.log.models import Retention, Tick
from core.signals import blind, blinding, private, retention
from core.signals.keys import public_id
from core.signals.models import Blind, BlindEpoch, Claim, Signal
from core.wire.lookup import Known, PrivateLookup
from tests.signals.conftest import KEYS, KINDS, Room

DAY = 86_400 * times.SECOND


def green(value: str) -> dict[str, Any]:
    return {"kind": "domain", "value": value, "tlp": "GREEN"}


def many(count: int, word: str = "bait") -> list[dict[str, Any]]:
    return [green(f"{word}-{number}.example") for number in range(count)]


async def turn(room: Room) -> int:
    return await blinding.follow(room.db, KEYS, KINDS)


async def catch_up(room: Room) -> None:
    while await turn(room):
        pass


@pytest.fixture
async def log(room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Small batches, so that a turn ends in the middle of things."""
    monkeypatch.setattr(blinding, "_AT_ONCE", 10)
    monkeypatch.setattr(blinding, "_BITE", 2)
    for slug in ("a", "b"):
        await room.admit(slug)
    return room


async def epochs(room: Room) -> list[BlindEpoch]:
    async with room.db.survey() as session:
        return list(await session.scalars(select(BlindEpoch).order_by(BlindEpoch.epoch)))


async def rotate(room: Room) -> int:
    async with head.writing(room.db, "test", "RotateLookupKey") as session:
        return await blinding.rotate(session)


async def known(room: Room, slug: str, value: str) -> Known | None:
    told = await private.key(room.db, room.partners[slug], KEYS)
    digest = blind.digest(KEYS.blind(told.epoch), "domain", value)
    asked = PrivateLookup(told.epoch, told.prefix_bits, (blind.prefix(digest, told.prefix_bits),))
    answer = await private.ask(room.db, room.partners[slug], KINDS, KEYS, asked)
    return blind.open_bucket(digest, answer.buckets[0].entries)


async def rows(room: Room, table: type[Base]) -> int:
    async with room.db.survey() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_it_serves_only_once_it_is_built(log: Room) -> None:
    """Else "not known" would be said of what is on its way."""
    await log.submit("a", *many(25))
    with pytest.raises(Unavailable):
        await private.key(log.db, log.partners["a"], KEYS)
    assert await turn(log) == 20
    with pytest.raises(Unavailable):
        await private.key(log.db, log.partners["a"], KEYS)
    await turn(log)
    assert await known(log, "b", "bait-24.example")


async def test_it_goes_on_where_it_stopped(log: Room) -> None:
    """Each batch is whole: what a crash leaves is a position and the rows up to it."""
    await log.submit("a", *many(55))
    assert await turn(log) == 20
    (epoch,) = await epochs(log)
    assert (epoch.entries, await rows(log, Blind)) == (20, 20)
    await log.submit("b", *many(5, "more"))
    assert [await turn(log) for _ in range(3)] == [20, 20, 0]
    (epoch,) = await epochs(log)
    assert (epoch.entries, await rows(log, Blind)) == (60, 60)
    await log.submit("a", green("late.example"))
    assert await turn(log) == 1
    assert await known(log, "b", "late.example")


async def test_two_processes_do_not_undo_one_another(log: Room) -> None:
    await log.submit("a", *many(55))
    while any(await asyncio.gather(turn(log), turn(log), turn(log))):
        pass
    (epoch,) = await epochs(log)
    assert (epoch.entries, await rows(log, Blind)) == (55, 55)


async def test_what_says_the_same_twice_counts_once(log: Room) -> None:
    await log.submit("a", *many(5))
    await catch_up(log)
    await log.submit("b", *many(5))
    await log.submit("a", *(one | {"confidence": 3} for one in many(5)))
    await catch_up(log)
    (epoch,) = await epochs(log)
    assert (epoch.entries, await rows(log, Blind)) == (5, 5)


async def test_a_new_key_is_built_while_the_old_one_serves(log: Room) -> None:
    await log.submit("a", *many(45))
    await catch_up(log)
    old = await private.key(log.db, log.partners["b"], KEYS)
    assert await rotate(log) == 2
    with pytest.raises(Conflict):
        await rotate(log)
    assert await turn(log) == 20
    assert await private.key(log.db, log.partners["b"], KEYS) == old
    await log.submit("a", green("meanwhile.example"))
    assert await turn(log) == 21, "both epochs follow"
    assert await known(log, "b", "meanwhile.example")
    await catch_up(log)
    new = await private.key(log.db, log.partners["b"], KEYS)
    assert (new.epoch, new.key == old.key) == (2, False)
    assert await known(log, "b", "bait-0.example")
    assert await known(log, "b", "meanwhile.example")
    assert [one.epoch for one in await epochs(log)] == [2]
    assert await rows(log, Blind) == 46
    with pytest.raises(Conflict) as stale:
        await private.ask(log.db, log.partners["b"], KINDS, KEYS, PrivateLookup(1, old.prefix_bits, ("0",)))
    assert [one.detail for one in stale.value.errors] == ["2", "4"]


async def test_a_purged_signal_leaves_no_digest(log: Room) -> None:
    await log.submit("a", green("kept.example"))
    done = await log.submit("a", green("gone.example"))
    await catch_up(log)
    await log.retract("a", ids=[str(done.results[0].id)])
    assert await known(log, "b", "gone.example") is None
    await purge(log)
    (epoch,) = await epochs(log)
    assert (epoch.entries, await rows(log, Blind), await rows(log, Signal)) == (1, 1, 1)
    await log.submit("b", green("gone.example"))
    await catch_up(log)
    assert await known(log, "a", "gone.example")


async def purge(room: Room) -> None:
    async with room.db.writer() as session:
        await session.execute(update(Retention).where(Retention.what == "closed_claims").values(seconds=1))
        await session.execute(update(Tick).values(at=Tick.at - DAY))
    await retention.purge(room.db)


async def test_a_signal_that_was_purged_while_it_was_read_is_found_again(log: Room) -> None:
    """Its digest was written after the purge, and names a signal that is no more."""
    digest = blind.digest(KEYS.blind(1), "domain", "back.example")
    await catch_up(log)
    assert await blinding._keep(log.db, 1, 0, 0, {digest: 999}, caught_up=True)
    assert await known(log, "b", "back.example") is None
    done = await log.submit("a", green("back.example"))
    await catch_up(log)
    found = await known(log, "b", "back.example")
    assert found is not None
    assert found.id == done.results[0].id


async def test_a_claim_on_a_signal_of_an_older_normaliser_waits_for_its_move(log: Room) -> None:
    """Its value reads as another signal now: that one's digest must not name this one."""
    done = await log.submit("a", green("new.example"))
    async with log.db.writer() as session:
        signal = (await session.execute(select(Signal.id))).scalar_one()
        await session.execute(update(Claim).where(Claim.signal == signal).values(value="old.example"))
    await catch_up(log)
    assert await rows(log, Blind) == 0
    assert done.results[0].id == public_id(KEYS.signal("domain", "new.example"))


async def test_a_kind_that_is_gone_keeps_nobody_waiting(log: Room) -> None:
    await log.submit("a", green("bait.example"), green("other.example"))
    async with log.db.writer() as session:
        first = select(func.min(Signal.id)).scalar_subquery()
        await session.execute(update(Signal).where(Signal.id == first).values(kind="of_a_plugin"))
    await catch_up(log)
    assert await known(log, "b", "other.example")


async def test_the_epoch_is_part_of_the_key(log: Room) -> None:
    assert len({KEYS.blind(epoch) for epoch in range(10)} | {KEYS.filler(1, 1), KEYS.filler(1, 2)}) == 12
