"""A better normaliser takes claims to where it would have put them, and a copy kept by the feed stays exact."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from core.log import head
from core.signals import guard_list, remap, signals
from core.signals.guard import Guard
from core.signals.guard_list import Entry
from core.signals.keys import public_id
from core.signals.kinds import Kinds
from core.signals.models import Cell, Claim, Normaliser, Opinion, Reference, Signal
from core.signals.recount import differences
from core.wire.guard import GuardEntryIn
from core.wire.kinds import Canonical, SignalKind
from core.wire.opinions import Stance
from core.wire.signals import SignalIn, State, Submitted
from tests.signals.cells import assert_counters_are_right
from tests.signals.conftest import KEYS, Room
from tests.signals.test_suspension import copies


def _first(value: str) -> Canonical:
    return Canonical(value, value)


def _second(value: str) -> Canonical:
    """Case counts no longer, and what ends in `~` is refused."""
    if value.endswith("~"):
        raise ValueError("Expected a name without a tilde.")
    return Canonical(value.lower(), value.lower())


OLD, NEW = (
    Kinds([SignalKind("nick", "A made-up kind", parse, version=version)])
    for version, parse in enumerate((_first, _second), start=1)
)


@pytest.fixture
async def log(room: Room) -> Room:
    for slug in ("a", "b", "c"):
        await room.admit(slug)
    await room.found("gg", "a", "b")
    return room


async def submit(room: Room, slug: str, *values: str, kinds: Kinds = OLD, **more: object) -> Submitted:
    items: list[dict[str, object]] = [{"kind": "nick", "value": value, "tlp": "GREEN"} | more for value in values]
    raw = [SignalIn(**item) for item in items]  # type: ignore[arg-type]
    return await signals.submit(room.partners[slug], room.writer, kinds, KEYS, room.guard, raw, "test")


def nick(identity: str) -> str:
    return public_id(KEYS.signal("nick", identity))


async def bring(room: Room, kinds: Kinds = NEW) -> None:
    guard = Guard(room.db, kinds)
    await guard.refresh()
    await remap.remap(room.db, room.writer, guard, kinds, KEYS)


async def newly(room: Room) -> int:
    """Claims counted as new: reading one again makes none."""
    async with room.db.writer() as session:
        await assert_counters_are_right(session)
        assert (await differences(session))[1] == []
        return int((await session.execute(select(func.sum(Cell.new)))).scalar_one())


async def standing(room: Room) -> Sequence[tuple[str, str, str]]:
    """(key's id, partner, value) of each claim that stands."""
    async with room.db.writer() as session:
        found = select(Signal.key, Claim.partner, Claim.value).join(Signal, Signal.id == Claim.signal)
        rows = await session.execute(found.where(Claim.closed == 0).order_by(Claim.partner, Claim.value))
        slugs = {principal.partner: slug for slug, principal in room.partners.items()}
        return [(public_id(row.key), slugs[row.partner], row.value) for row in rows]


async def test_two_spellings_become_one_signal(log: Room) -> None:
    await submit(log, "a", "Bait", external_id="upper")
    await submit(log, "b", "BAIT", groups=("gg",), external_id="all")
    await submit(log, "b", "other", "Odd~")
    readers = await copies(log, "a", "c")
    assert [len(one.held) for one in readers] == [4, 3]
    await bring(log)
    await asyncio.gather(*(one.news() for one in readers))
    assert [set(one.held) for one in readers] == [{nick("bait"), nick("other"), nick("Odd~")}] * 2
    assert [one.held[nick("bait")].claims for one in readers] == [2, 1]
    assert await newly(log) == 4
    # Its names went along, and the new reading of the old spelling is what stands.
    assert (await submit(log, "a", "BAIT", kinds=NEW, external_id="upper")).unchanged == 1
    assert (await log.retract("b", external_ids=["all"])).results[0].id == nick("bait")
    async with log.db.writer() as session:
        into = {row[0]: row[1] for row in await session.execute(select(Signal.key, Signal.merged_into))}
        ids = {row[0]: row[1] for row in await session.execute(select(Signal.id, Signal.key))}
    assert {public_id(key): public_id(ids[new]) for key, new in into.items() if new} == {
        nick("Bait"): nick("bait"),
        nick("BAIT"): nick("bait"),
    }
    before = (await log.digest("a")).position
    await bring(log)
    assert (await log.digest("a")).position == before


async def test_a_partner_with_both_spellings_keeps_one_claim_and_every_name(log: Room) -> None:
    await submit(log, "a", "bait", external_id="lower", confidence=80)
    await submit(log, "a", "Bait", external_id="upper", confidence=20)
    (reader,) = await copies(log, "c")
    await bring(log)
    await reader.news()
    assert await standing(log) == [(nick("bait"), "a", "bait")]
    assert reader.held[nick("bait")].confidence == 80
    assert await newly(log) == 2
    assert [one.status for one in (await log.retract("a", external_ids=["lower", "upper"])).results] == [
        "released",
        "retracted",
    ]
    assert await reader.news() == [State.RETRACTED]


async def test_opinions_go_along(log: Room) -> None:
    await submit(log, "a", "Bait")
    await log.opine("b", nick("Bait"), Stance.DISAGREE)
    await bring(log)
    (reader,) = await copies(log, "c")
    assert reader.held[nick("bait")].state is State.DISPUTED
    assert str(await log.opine("b", nick("bait"), None)) == "withdrawn"
    async with log.db.writer() as session:
        assert list(await session.scalars(select(Opinion))) == []
    assert await reader.news() == [State.ACTIVE]


async def test_what_becomes_a_value_on_the_negative_list_is_held(log: Room) -> None:
    await submit(log, "a", "Bait", "Other")
    await submit(log, "b", "bait")
    entry = guard_list.accept(GuardEntryIn("nick", "bait", "a school", "its page"), 0, "", OLD)
    assert isinstance(entry, Entry)
    async with head.writing(log.db, "test", "Guard") as session:
        await guard_list.add(session, log.partners["c"], [entry])
    (reader,) = await copies(log, "c")
    await bring(log)
    await reader.news()
    # What stood there before is the sweep's.
    assert set(reader.held) == {nick("bait"), nick("other")}
    assert reader.held[nick("bait")].claims == 1
    assert await log.release("c", "a", nick("bait")) == "released"
    await reader.news()
    assert reader.held[nick("bait")].claims == 2


async def test_it_goes_on_where_it_was_killed(log: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remap, "_AT_ONCE", 4)
    for slug in ("a", "b"):
        await submit(log, slug, *(f"{slug}{n}" for n in range(5)), *(f"N{n}" for n in range(5)), external_id=None)
    (reader,) = await copies(log, "c")
    task = asyncio.create_task(bring(log))
    while not (row := await progress(log)):  # noqa: ASYNC110  (what another process would see)
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert row.version == 1
    # What it had handed to the writer is committed all the same; this comes behind it.
    await log.submit("c")
    await reader.news()
    # Said while only some of them were moved, by a hub that has the new normaliser already.
    assert (await submit(log, "c", "N4", kinds=NEW)).created == 1
    await bring(log)
    await bring(log)
    await reader.news()
    assert set(reader.held) == {nick(one) for one in (*(f"n{n}" for n in range(5)), *own("a"), *own("b"))}
    assert reader.held[nick("n4")].claims == 3
    done = await progress(log)
    assert done is not None
    assert (done.version, done.target) == (2, 2)
    assert await newly(log) == 21


def own(slug: str) -> list[str]:
    return [f"{slug}{n}" for n in range(5)]


async def progress(room: Room) -> Normaliser | None:
    async with room.db.writer() as session:
        return await session.get(Normaliser, "nick")


async def test_only_another_spelling_moves_the_claim(log: Room) -> None:
    """The value shown changes, the signal does not."""
    shouted = Kinds([SignalKind("nick", "A made-up kind", lambda value: Canonical(value, f"{value}!"), version=2)])
    await submit(log, "a", "bait", external_id="one")
    (reader,) = await copies(log, "c")
    await bring(log, shouted)
    assert await reader.news() == [State.ACTIVE]
    assert reader.held[nick("bait")].value == "bait!"
    async with log.db.writer() as session:
        rows = [len(list(await session.scalars(select(table)))) for table in (Claim, Reference, Signal)]
    assert rows == [1, 1, 1]
