"""Pushes: contact after contact, through channels that fail, until somebody says that they have it."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, update

from core.db import Database
from core.errors import Conflict, NotFound
from core.log.models import EventRow
from core.plugin.host import PluginHost
from core.sdk import Channel, Notice
from core.takedowns import contacts, pushes, ticking
from core.takedowns.models import Contact, Push, Takedown
from core.takedowns.pushes import Call
from core.takedowns.pushing import Pusher
from core.times import HOUR, SECOND
from core.wire.clock import ContactIn, Priority, PushOut, PushState
from tests.plugin.fakes import plugin, settings
from tests.takedowns.timed import Timed, at, cast

NOW = at("2026-11-22T08:00")
EMERGENCY = "emg_" + "a" * 26


class Radio(Channel):
    """Records what it is given; addresses in `dead` fail, those in `slow` never end."""

    name = "radio"

    def __init__(self) -> None:
        self.heard: list[tuple[str, Notice]] = []
        self.dead: set[str] = set()
        self.slow: set[str] = set()
        self.begun = threading.Event()
        """Set when something was heard: the channel runs on its plugin's thread."""

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        if address in self.slow:
            await asyncio.sleep(3_600)
        if address in self.dead:
            raise ConnectionError(f"{address} does not answer")
        self.heard.append((address, notice))
        self.begun.set()

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.heard]


class Desk(Timed):
    """A platform with three contacts, and the worker."""

    radio: Radio
    host: PluginHost
    pusher: Pusher

    async def push(self, now: int, *, patience: int | None = 120) -> PushOut:
        tiktok = self.partners["tiktok"]
        async with self.writing(now) as session:
            await pushes.push(session, EMERGENCY, tiktok.partner, "emergency.declared", 1, patience=patience)
        return await self.only()

    async def work(self, now: int) -> int:
        """One turn of the worker, with all that it began."""
        begun = await self.pusher.work(now)
        await self.pusher.idle()
        return begun

    async def only(self) -> PushOut:
        async with self.db.survey() as session:
            (row,) = list(await session.scalars(select(Push)))
            return await pushes.read(session, row)

    async def failures(self) -> int:
        async with self.db.survey() as session:
            return len(list(await session.scalars(select(EventRow).where(EventRow.type == "push.failed"))))


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    made = Desk(Database(database_url))
    made.partners = (await cast(made.db)).partners
    made.radio = Radio()
    own = settings(base_url="https://hub.example")
    made.host = PluginHost(own, [plugin("radio", channels=lambda: [made.radio])], strict=True)
    made.pusher = Pusher(made.db, made.host, own)
    tiktok = made.partners["tiktok"]
    given = [ContactIn("radio", f"desk-{level}", f"Duty desk {level}") for level in (1, 2, 3)]
    async with made.writing(NOW) as session:
        await contacts.replace(session, tiktok, tiktok.partner, given, ["radio"], contacts.sealer(own))
    async with made.host.keeper.running():
        yield made
        await made.pusher.stop()
    await made.db.close()


async def test_the_first_contact_is_told_in_both_languages_where_to_look(desk: Desk) -> None:
    made = await desk.push(NOW)
    assert await desk.work(NOW) == 1
    ((address, notice),) = desk.radio.heard
    assert (address, notice.id, notice.subject) == ("desk-1", made.id, EMERGENCY)
    assert notice.title.en
    assert notice.url == f"https://hub.example/v1/emergencies/{EMERGENCY}"
    for text in (notice.detail.vi, notice.detail.en or ""):
        assert f"POST {notice.url}/acknowledgement" in text
    found = await desk.only()
    assert (found.state, found.level, found.tries) == (PushState.SENT, 1, 1)


async def test_who_does_not_acknowledge_in_time_is_followed_by_the_next(desk: Desk) -> None:
    made = await desk.push(NOW)
    for seconds in (0, 60, 119, 120, 121):
        await desk.work(NOW + seconds * SECOND)
    assert desk.radio.addresses == ["desk-1", "desk-2"]
    async with desk.writing(NOW + 130 * SECOND) as session:
        with pytest.raises(NotFound):
            await pushes.acknowledge(session, desk.partners["a05"], made.id)
        await pushes.acknowledge(session, desk.partners["tiktok"], made.id)
        again = await pushes.acknowledge(session, desk.partners["tiktok"], made.id)
    assert again.state is PushState.ACKNOWLEDGED
    assert await desk.work(NOW + HOUR) == 0
    assert len(desk.radio.heard) == 2


async def test_when_a_channel_fails_the_next_contact_is_tried_at_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.radio.dead = {"desk-1", "desk-2"}
    await desk.push(NOW)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await desk.work(NOW)
    assert desk.radio.addresses == ["desk-3"]
    assert "desk-1" not in caplog.text


async def test_each_contact_is_tried_twice_and_then_the_operator_is_told(desk: Desk) -> None:
    desk.radio.dead = {"desk-1", "desk-2", "desk-3"}
    await desk.push(NOW)
    tried = 0
    for second in range(60):
        tried += await desk.work(NOW + second * SECOND)
    found = await desk.only()
    assert (found.state, found.tries, tried) == (PushState.FAILED, 6, 7)
    assert found.error == "radio: ConnectionError"
    assert await desk.failures() == 1
    # Who comes to it late may still say so.
    async with desk.writing(NOW + HOUR) as session:
        late = await pushes.acknowledge(session, desk.partners["tiktok"], found.id)
    assert late.state is PushState.ACKNOWLEDGED


async def test_what_nobody_acknowledges_goes_round_twice(desk: Desk) -> None:
    await desk.push(NOW)
    for minutes in range(0, 20, 2):
        await desk.work(NOW + minutes * 60 * SECOND)
    assert desk.radio.addresses == ["desk-1", "desk-2", "desk-3"] * 2
    assert (await desk.only()).state is PushState.FAILED
    assert await desk.failures() == 1


async def test_a_partner_without_contacts_fails_at_once(desk: Desk) -> None:
    async with desk.writing(NOW) as session:
        await pushes.push(session, EMERGENCY, desk.partners["a05"].partner, "emergency.declared", 1)
    await desk.work(NOW)
    found = await desk.only()
    assert (found.state, found.error) == (PushState.FAILED, "the partner has no contact")
    assert await desk.failures() == 1


async def test_a_process_that_dies_between_sending_and_marking_sends_again(desk: Desk) -> None:
    await desk.push(NOW)
    desk.radio.slow = {"desk-1"}
    assert await desk.pusher.work(NOW) == 1
    await desk.pusher.stop()
    desk.radio.slow = set()
    another = Pusher(desk.db, desk.host, settings(base_url="https://hub.example"))
    assert await another.work(NOW + 30 * SECOND) == 0
    assert await another.work(NOW + 60 * SECOND) == 1
    await another.idle()
    assert desk.radio.addresses == ["desk-1"]
    assert (await desk.only()).state is PushState.SENT


async def test_two_workers_share_what_is_due(desk: Desk) -> None:
    async with desk.writing(NOW) as session:
        for number in range(1, 21):
            await pushes.push(session, EMERGENCY, desk.partners["tiktok"].partner, "emergency.declared", number)
    other = Pusher(desk.db, desk.host, settings(base_url="https://hub.example"))
    assert sum(await asyncio.gather(desk.pusher.work(NOW), other.work(NOW))) == 20
    await asyncio.gather(desk.pusher.idle(), other.idle())
    assert len({notice.id for _, notice in desk.radio.heard}) == len(desk.radio.heard) == 20


async def test_a_slow_channel_keeps_no_other_waiting(desk: Desk) -> None:
    desk.radio.slow = {"desk-1"}
    async with desk.writing(NOW) as session:
        for number in (1, 2):
            await pushes.push(session, EMERGENCY, desk.partners["tiktok"].partner, "emergency.declared", number)
    await desk.pusher.work(NOW)
    assert await asyncio.to_thread(desk.radio.begun.wait, 5)
    assert desk.radio.addresses == ["desk-2"]


async def test_an_emergency_goes_before_deadlines_that_passed(desk: Desk) -> None:
    tiktok = desk.partners["tiktok"].partner
    async with desk.writing(NOW) as session:
        calls = [Call(f"tkd_{number}", tiktok, "takedown.breached", 1) for number in range(150)]
        await pushes.push_all(session, calls)
        await pushes.push_all(session, calls)
    async with desk.writing(NOW + SECOND) as session:
        await pushes.push(session, EMERGENCY, tiktok, "emergency.declared", 1, patience=120)
    assert await desk.work(NOW + 2 * SECOND) == 100
    assert "emergency.declared" in [notice.type for _, notice in desk.radio.heard]
    assert await desk.work(NOW + 2 * SECOND) == 51


async def test_the_same_push_is_queued_once(desk: Desk) -> None:
    first = await desk.push(NOW)
    assert (await desk.push(NOW + SECOND)).id == first.id


async def test_a_breach_goes_from_contact_to_contact_until_the_platform_answers(desk: Desk) -> None:
    async with desk.writing(NOW) as session:
        case = await desk.open(session, NOW, "tiktok", "a05", "authority_order", Priority.NORMAL)
    for hour in range(24, 29):
        await ticking.tick(desk.db, NOW + hour * HOUR + SECOND)
        await desk.work(NOW + hour * HOUR + 2 * SECOND)
    # 24 hours are given; each contact has two more.
    assert [notice.type for _, notice in desk.radio.heard] == [
        "takedown.breached",
        "takedown.escalated",
        "takedown.escalated",
    ]
    assert desk.radio.addresses == ["desk-1", "desk-2", "desk-3"]
    assert (await desk.case(case.id)).level == 3


async def test_nobody_is_told_of_a_breach_after_the_answer(desk: Desk) -> None:
    async with desk.writing(NOW) as session:
        case = await desk.open(session, NOW, "tiktok", "a05", "authority_order", Priority.NORMAL)
    late = NOW + 24 * HOUR + SECOND
    await ticking.tick(desk.db, late)
    # Between the tick and the push.
    async with desk.writing(late) as session:
        desk.answer(late, await session.get_one(Takedown, case.number))
    await desk.work(late + SECOND)
    await ticking.tick(desk.db, late + 9 * HOUR)
    await desk.work(late + 9 * HOUR)
    assert desk.radio.heard == []
    assert (await desk.only()).state is PushState.ACKNOWLEDGED
    found = await desk.case(case.id)
    assert (found.breached, found.level, found.wakes) == (late, 1, None)


async def test_addresses_are_sealed_for_their_own_row(desk: Desk) -> None:
    async with desk.db.survey() as session:
        rows = list(await session.scalars(select(Contact).order_by(Contact.level)))
    assert not any(b"desk-" in row.address for row in rows)
    async with desk.writing(NOW) as session:
        await session.execute(update(Contact).where(Contact.id == rows[0].id).values(address=rows[1].address))
    await desk.push(NOW)
    await desk.work(NOW)
    # What was moved between rows opens nowhere; the next contact is tried.
    await desk.work(NOW)
    assert desk.radio.addresses == ["desk-2"]


async def test_a_channel_that_nobody_adds_is_refused(desk: Desk) -> None:
    tiktok = desk.partners["tiktok"]
    given = [ContactIn("radio", "a", "Duty"), ContactIn("telegraph", "b", "Duty")]
    async with desk.writing(NOW) as session:
        with pytest.raises(Conflict) as refused:
            await contacts.replace(session, tiktok, tiktok.partner, given, ["radio"], contacts.sealer(settings()))
    assert [error.pointer for error in refused.value.errors] == ["/contacts/1/channel"]
