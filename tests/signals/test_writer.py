"""The writer: jobs that wait together are committed together, and one that fails costs nobody else."""

import asyncio
import logging
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Unavailable
from core.log import head
from core.log.head import Head
from core.log.models import Tick
from core.signals import items
from core.signals.items import Item
from core.signals.jobs import Retract
from core.signals.keys import hex_sum
from core.signals.models import Claim, Signal
from core.signals.plan import Picture
from core.signals.submission import Submit
from core.signals.writer import SignalWriter
from core.wire.signals import Submitted
from tests.signals.conftest import KEYS, KINDS, Room

WRITERS = [f"w{number}" for number in range(8)]
STRANGER = 999
"""A partner that the database does not know."""


class Bug(Exception):
    pass


class Broken(Retract):
    """A job with a bug of ours in it."""

    def __init__(self) -> None:
        super().__init__(0, (), ())

    def fold(self, picture: Picture, head: Head) -> None:
        raise Bug


class Refused(Submit):
    """A job whose claims the database refuses at the very end, when all is folded: their partner is unknown to it."""

    async def ready(self, session: AsyncSession, picture: Picture) -> None:
        await super().ready(session, picture)
        self.partner = STRANGER


@pytest.fixture
async def office(room: Room) -> Room:
    for slug in WRITERS:
        await room.admit(slug)
    return room


def domains(slug: str, count: int, start: int = 0) -> list[dict[str, Any]]:
    numbers = range(start, start + count)
    return [{"kind": "domain", "value": f"{slug}-{number}.example", "tlp": "GREEN"} for number in numbers]


def refused(room: Room) -> Refused:
    raw = [msgspec.json.encode(item) for item in domains("refused", 3)]
    read = [items.read(one, index, "", KINDS, KEYS, room.guard) for index, one in enumerate(raw)]
    return Refused(room.partners["w0"].partner, [item for item in read if isinstance(item, Item)])


async def ticks(room: Room) -> int:
    async with room.db.writer() as session:
        return (await session.execute(select(func.count()).select_from(Tick))).scalar_one()


async def assert_sound(room: Room, expected: int) -> None:
    """Each signal was opened by its first claim, and a reader's copy adds up."""
    async with room.db.writer() as session:
        rows = await session.execute(
            select(Signal.id, Signal.claims, Claim.opened).join(Claim, Claim.signal == Signal.id)
        )
        assert all(row.id == row.opened and row.claims == 1 for row in rows)
    page = await room.page(WRITERS[0], limit=10_000)
    assert len(page.signals) == expected
    assert page.digest == hex_sum(sum(int(str(signal.check), 16) for signal in page.signals))


async def test_jobs_that_wait_together_take_one_tick(office: Room) -> None:
    before = await ticks(office)
    done = await asyncio.gather(*(office.submit(slug, *domains(slug, 5)) for slug in WRITERS))
    assert [one.created for one in done] == [5] * len(WRITERS)
    assert len({one.position for one in done}) == 1
    assert await ticks(office) == before + 1
    await assert_sound(office, 40)


async def test_jobs_on_the_same_signal_are_folded_in_their_order(office: Room) -> None:
    item = domains("same", 1)[0]
    said = [item | {"confidence": confidence} for confidence in (1, 2, 2)]
    done = await asyncio.gather(*(office.submit("w0", one) for one in said), office.submit("w1", item))
    assert [one.results[0].status for one in done] == ["created", "updated", "unchanged", "created"]
    (seen,) = (await office.page("w2")).signals
    assert (seen.confidence, seen.claims) == (2, 2)


@pytest.mark.parametrize("place", [0, 3, 7])
async def test_what_the_database_refuses_costs_its_own_caller_only(
    office: Room, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The batch fails as a whole, then each caller is tried alone, in order."""
    work: list[Coroutine[Any, Any, Any]] = [office.submit(slug, *domains(slug, 3)) for slug in WRITERS]
    work.insert(place, office.writer.write(refused(office), "cli", "Submit"))
    with caplog.at_level(logging.CRITICAL, "kmm"):
        done = await asyncio.gather(*work, return_exceptions=True)
    assert isinstance(done.pop(place), Unavailable)
    positions = [one.position for one in done if isinstance(one, Submitted) and one.created == 3]
    assert len(positions) == len(WRITERS)
    assert positions == sorted(set(positions))
    await assert_sound(office, 24)
    # What follows stands on sound ground: no id of the failed attempt was left behind.
    for slug in WRITERS:
        assert (await office.submit(slug, *domains(slug, 6))).created == 3
    await assert_sound(office, 48)
    assert (await office.retract("w0", ids=[str((await office.page("w0")).signals[0].id)])).retracted == 1


async def test_a_bug_in_a_job_reaches_its_caller_and_the_log(office: Room, caplog: pytest.LogCaptureFixture) -> None:
    work = [office.submit("w0", *domains("w0", 2)), office.writer.write(Broken(), "cli", "Break")]
    done = await asyncio.gather(*work, office.submit("w1", *domains("w1", 2)), return_exceptions=True)
    assert [type(one) for one in done] == [Submitted, Bug, Submitted]
    assert "a signal job failed: Break" in caplog.text
    await assert_sound(office, 4)


async def test_more_jobs_than_the_queue_holds_are_all_done(office: Room) -> None:
    every = [office.submit(slug, *domains(slug, 1, number)) for number in range(25) for slug in WRITERS]
    done = await asyncio.gather(*every)
    assert sum(one.created for one in done) == 200
    await assert_sound(office, 200)


async def test_a_caller_that_goes_away_takes_nobody_with_it(office: Room) -> None:
    """Its job is in the queue by then, and is done with the others."""
    leaving = asyncio.create_task(office.submit("w0", *domains("w0", 3)))
    staying = asyncio.create_task(office.submit("w1", *domains("w1", 3)))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (await staying).created == 3
    assert (await office.submit("w0", *domains("w0", 3))).unchanged == 3
    await assert_sound(office, 6)


async def test_the_writer_ends_with_its_block(office: Room) -> None:
    """Also when the block fails: a writer must not outlive its database."""
    writer = SignalWriter(office.db, KEYS)
    before = asyncio.all_tasks()

    async def fail() -> None:
        async with writer.running():
            assert asyncio.all_tasks() - before - {block}
            raise Bug

    block = asyncio.create_task(fail())
    with pytest.raises(Bug):
        await block
    assert asyncio.all_tasks() == before


class Noted(Retract):
    """A job that touches so many names, and remembers in which transaction."""

    def __init__(self, names: int) -> None:
        super().__init__(0, [f"n{number}" for number in range(names)], ())
        self.transaction: object = None

    async def prepare(self, session: AsyncSession) -> None:
        self.transaction = session.info["head"]


async def test_single_items_from_many_connections_share_a_transaction(office: Room) -> None:
    before = await ticks(office)
    done = await asyncio.gather(*(office.submit(slug, *domains(slug, 1, n)) for n in range(8) for slug in WRITERS))
    assert {one.position for one in done} == {done[0].position}
    assert await ticks(office) == before + 1


async def test_a_transaction_is_limited_by_what_it_touches_and_nobody_overtakes(office: Room) -> None:
    """The first is taken whatever it holds; each later one only while it fits."""
    jobs = [Noted(names) for names in (1, 9_000, 900, 9_000, 1, 12_000, 1, 1)]
    await asyncio.gather(*(office.writer.write(job, "cli", "Note") for job in jobs))
    order = [job.transaction for job in jobs]
    shared = [one is other for one, other in pairwise(order)]
    assert shared == [True, True, False, True, False, False, True]


async def test_without_coalescing_every_job_has_its_own_transaction(office: Room) -> None:
    alone = SignalWriter(office.db, KEYS, coalesce=False)
    jobs = [Noted(1) for _ in range(4)]
    async with alone.running():
        await asyncio.gather(*(alone.write(job, "cli", "Note") for job in jobs))
    assert len({id(job.transaction) for job in jobs}) == 4


async def test_who_waits_when_the_hub_goes_down_is_answered(office: Room) -> None:
    """What is under way is finished; nothing of the rest is stored, and its callers do not hang."""
    writer = SignalWriter(office.db, KEYS, coalesce=False)
    jobs = [Noted(1) for _ in range(4)]
    release = asyncio.Event()

    async def hold() -> None:
        async with head.writing(office.db, "cli", "Hold the log"):
            await release.wait()

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0.1)
    async with asyncio.timeout(8), writer.running():
        waiting = [asyncio.create_task(writer.write(job, "cli", "Note")) for job in jobs]
        await asyncio.sleep(0.1)
        asyncio.get_running_loop().call_later(0.1, release.set)
    done = await asyncio.gather(holder, *waiting, return_exceptions=True)
    assert [type(one) for one in done[1:]] == [int, Unavailable, Unavailable, Unavailable]
    assert [job.transaction is None for job in jobs] == [False, True, True, True]
    with pytest.raises(Unavailable):
        await writer.write(Noted(1), "cli", "Note")
