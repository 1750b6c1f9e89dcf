"""What ends by itself and what is dropped when: each row of the table `retention` is obeyed, and nothing else goes."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core import times
from core.db import Base
from core.log import retention as log_retention
from core.log.head import position
from core.log.models import Retention, Tick
from core.signals import retention
from core.signals.cursors import Resync
from core.signals.jobs import Expire
from core.signals.keys import parse_id, public_id
from core.signals.models import Claim, Signal
from core.wire.signals import State
from tests.signals.conftest import Room

Row = tuple[Any, ...]

DAY = 86_400
GREEN = {"kind": "domain", "tlp": "GREEN"}


def domain(name: str, **more: Any) -> dict[str, Any]:
    return GREEN | {"value": f"{name}.example"} | more


@pytest.fixture
async def log(room: Room) -> Room:
    for slug in ("a", "b", "c"):
        await room.admit(slug)
    return room


async def pass_days(room: Room, days: float) -> None:
    """Everything so far happened that much earlier. Not the head's own time, which only moves forward."""
    async with room.db.writer() as session:
        await session.execute(update(Tick).values(at=Tick.at - int(days * DAY * times.SECOND)))


async def pass_valid_until(room: Room, *values: str) -> None:
    """As if the time had come, without waiting for it."""
    lapsed = select(Claim.signal).where(Claim.value.in_(values))
    async with room.db.writer() as session:
        await session.execute(update(Claim).where(Claim.signal.in_(lapsed)).values(valid_until=times.now() - 1))


async def keep(room: Room, what: str, seconds: int) -> None:
    async with room.db.writer() as session:
        await session.execute(update(Retention).where(Retention.what == what).values(seconds=seconds))


async def horizon(room: Room, what: str) -> int:
    async with room.db.writer() as session:
        return await log_retention.horizon(session, what)


async def everything(room: Room) -> dict[str, set[Row]]:
    """Every row of every table, lists in it as tuples."""
    async with room.db.writer() as session:
        return {
            table.name: {
                tuple(tuple(value) if isinstance(value, list) else value for value in row)
                for row in await session.execute(select(table))
            }
            for table in Base.metadata.sorted_tables
        }


def lost(before: dict[str, set[Row]], after: dict[str, set[Row]]) -> dict[str, set[Row]]:
    """Rows that went, by table. The horizon is the one thing that may change."""
    assert all(after[name] <= before[name] for name in before if name != "retention")
    gone = {name: before[name] - after[name] for name in before if name != "retention"}
    return {name: rows for name, rows in gone.items() if rows}


async def walk(room: Room, slug: str, after: str | None = None) -> Sequence[tuple[str, State]]:
    return [(signal.id, signal.state) for signal in (await room.page(slug, after)).signals]


async def test_a_claim_whose_time_has_come_is_closed_as_expired(log: Room) -> None:
    soon = {"valid_until": "2999-01-01T00:00:00Z"}
    due, later, forever = (
        result.id
        for result in (
            await log.submit("a", domain("due", **soon, external_id="1"), domain("later", **soon), domain("forever"))
        ).results
    )
    cursor = (await log.page("c")).next
    assert await retention.expire(log.db, log.writer) == 0
    assert await walk(log, "c", cursor) == []

    await pass_valid_until(log, "due.example")
    assert await retention.expire(log.db, log.writer) == 1
    assert await retention.expire(log.db, log.writer) == 0
    assert await walk(log, "c", cursor) == [(due, State.EXPIRED)]
    assert sorted(await walk(log, "c")) == sorted([(str(later), State.ACTIVE), (str(forever), State.ACTIVE)])
    # Its name is free again, and saying it anew makes a new claim.
    assert (await log.submit("a", domain("other", external_id="1"))).created == 1
    assert (await log.submit("a", domain("due", **soon))).created == 1
    assert (due, State.ACTIVE) in await walk(log, "c", cursor)


async def test_only_the_claim_that_lapses_is_closed(log: Room) -> None:
    (one,) = (await log.submit("a", domain("one", valid_until="2999-01-01T00:00:00Z", confidence=90))).results
    await pass_valid_until(log, "one.example")
    await log.submit("b", domain("one", confidence=10))
    cursor = (await log.page("c")).next
    assert await retention.expire(log.db, log.writer) == 1
    (left,) = (await log.page("c", cursor)).signals
    assert (left.id, left.state, left.claims, left.confidence) == (one.id, State.ACTIVE, 1, 10)
    cursor = (await log.page("b")).next
    assert (await log.retract("b", ids=[str(one.id)])).retracted == 1
    assert await walk(log, "b", cursor) == [(one.id, State.RETRACTED)]


async def test_a_claim_that_was_prolonged_meanwhile_stands(log: Room) -> None:
    """It was found due, and said anew before the writer came to close it."""
    (one,) = (await log.submit("a", domain("one", valid_until="2999-01-01T00:00:00Z"))).results
    await pass_valid_until(log, "one.example")
    job = Expire(log.partners["a"].partner, [parse_id(str(one.id)) or b""])
    assert (await log.submit("a", domain("one", valid_until="2998-01-01T00:00:00Z"))).updated == 1
    await log.writer.write(job, "hub", "Expire claims")
    assert job.done == 0
    await pass_valid_until(log, "one.example")
    await log.writer.write(job, "hub", "Expire claims")
    assert job.done == 1


async def test_more_than_one_batch_expires_of_several_partners(log: Room) -> None:
    items = [domain(f"d{number}", valid_until="2999-01-01T00:00:00Z") for number in range(1_200)]
    for slug in ("a", "b"):
        await log.submit(slug, *items)
    await pass_valid_until(log, *(str(item["value"]) for item in items))
    assert await retention.expire(log.db, log.writer) == 2_400
    assert await walk(log, "c") == []


async def test_closed_claims_go_after_their_time_and_nothing_else_does(log: Room) -> None:
    """Retracted, narrowed and expired claims go; their signals where nothing is left to say of them."""
    names = ("stands", "retracted", "narrowed", "shared", "expired", "twice")
    made = await log.submit("a", *(domain(name, external_id=name) for name in names))
    ids = dict(zip(names, (str(result.id) for result in made.results), strict=True))
    await log.submit("b", domain("shared"))
    await log.retract("a", external_ids=["retracted", "shared", "twice"])
    await log.submit("a", domain("narrowed", tlp="RED"), domain("twice"))
    await log.submit("a", domain("expired", valid_until="2999-01-01T00:00:00Z"))
    await pass_valid_until(log, "expired.example")
    await retention.expire(log.db, log.writer)
    await pass_days(log, 91)
    await log.submit("a", domain("recent"), domain("young", external_id="young"))
    await log.retract("a", external_ids=["young"])

    before = await everything(log)
    seen = {slug: set(await walk(log, slug)) for slug in "abc"}
    assert await retention.purge(log.db) == 5
    gone = lost(before, await everything(log))
    assert gone.keys() == {"claim", "signal"}
    closed = [column.name for column in Claim.__table__.c].index("closed")
    assert all(row[closed] > 0 for row in gone["claim"])
    assert len(gone["claim"]) == 5
    key = [column.name for column in Signal.__table__.c].index("key")
    assert {public_id(row[key]) for row in gone["signal"]} == {ids["retracted"], ids["expired"]}
    assert {slug: set(await walk(log, slug)) for slug in "abc"} == seen
    assert (await log.page("c")).digest == (await log.digest("c")).digest
    assert await retention.purge(log.db) == 0
    # The id is a digest of the value, so what was erased comes back under it.
    again = await log.submit("a", domain("retracted"), domain("stands", external_id="stands"))
    assert [(result.id, result.status) for result in again.results] == [
        (ids["retracted"], "created"),
        (ids["stands"], "unchanged"),
    ]


async def test_the_table_says_how_long_closed_claims_are_kept(log: Room) -> None:
    await log.submit("a", domain("one", external_id="1"))
    await log.retract("a", external_ids=["1"])
    await pass_days(log, 89)
    assert await retention.purge(log.db) == 0
    await keep(log, "closed_claims", 100 * DAY)
    await pass_days(log, 10)
    assert await retention.purge(log.db) == 0
    await keep(log, "closed_claims", 98 * DAY)
    assert await retention.purge(log.db) == 1


async def test_a_cursor_from_before_the_horizon_asks_for_a_new_walk(log: Room) -> None:
    await log.submit("a", domain("one", external_id="1"), domain("two", external_id="2"))
    old = await log.page("c", limit=1)
    await log.retract("a", external_ids=["1"])
    before = int((await log.digest("c")).position) - 1
    await pass_days(log, 91)
    fresh = (await log.page("c")).next
    assert await walk(log, "c", old.next)
    assert await retention.purge(log.db) == 1
    assert await horizon(log, "closed_claims") == before + 1

    for stale in (old.next, str(before), "1"):
        with pytest.raises(Resync) as caught:
            await log.page("c", stale)
        assert (caught.value.status, caught.value.headers["Link"]) == (410, '</v1/signals>; rel="first"')
    assert await walk(log, "c", fresh) == await walk(log, "c", str(before + 1)) == []
    assert len(await walk(log, "c")) == 1


async def test_without_anything_to_drop_no_cursor_grows_old(log: Room) -> None:
    await log.submit("a", domain("one"))
    cursor = (await log.page("c")).next
    await pass_days(log, 1_000)
    assert await retention.purge(log.db) == 0
    assert await horizon(log, "closed_claims") == 0
    assert await walk(log, "c", cursor) == []


async def test_more_closed_claims_than_a_batch_are_purged(log: Room) -> None:
    items = [domain(f"d{number}", external_id=str(number)) for number in range(2_500)]
    await log.submit("a", *items, domain("stands"))
    await log.retract("a", external_ids=[str(number) for number in range(2_500)])
    await pass_days(log, 91)
    assert await retention.purge(log.db) == 2_500
    async with log.db.writer() as session:
        assert list(await session.scalars(select(Claim.value))) == ["stands.example"]
        assert (await session.execute(select(func.count()).select_from(Claim))).scalar_one() == 1


async def test_events_and_ticks_are_kept_as_long_as_the_table_says(log: Room) -> None:
    """Groups give events. Older ones go, younger ones and everything else stay."""
    await log.submit("a", domain("shared", tlp="AMBER"))
    await log.found("gg", "a", "b")
    await log.submit("a", domain("old", groups=["gg"]))
    await log.leave("gg", "b")
    await pass_days(log, 401)
    cut = (await log.digest("a")).position
    await log.join("gg", "b")
    await log.submit("a", domain("new"))

    before = await everything(log)
    old_events = {row for row in before["event"] if row[0] <= cut}
    old_addressees = {row for row in before["addressee"] if row[1] <= cut}
    assert old_events
    assert old_addressees
    assert before["event"] - old_events
    assert before["addressee"] - old_addressees
    assert await log_retention.purge(log.db) == len(old_events)
    assert lost(before, await everything(log)) == {"event": old_events, "addressee": old_addressees}
    assert (await horizon(log, "events"), await horizon(log, "ticks")) == (cut, 0)

    await pass_days(log, 330)
    before = await everything(log)
    old_ticks = {row for row in before["tick"] if row[0] <= cut}
    assert await log_retention.purge(log.db) == len(old_ticks)
    assert lost(before, await everything(log)) == {"tick": old_ticks}
    assert (await horizon(log, "events"), await horizon(log, "ticks")) == (cut, cut)

    # Once the ticks are gone too, nothing tells how old these positions are: the horizons stay where they were.
    assert await log_retention.purge(log.db) == 0
    assert (await horizon(log, "events"), await horizon(log, "ticks")) == (cut, cut)


async def test_more_ticks_than_a_batch_are_purged(log: Room) -> None:
    async with log.db.writer() as session:
        first = await position(session)
        await session.execute(update(Tick).values(at=0))
        session.add_all(
            Tick(position=first + number, n=1, at=number, actor="test", request="test") for number in range(1, 2_300)
        )
    assert await log_retention.purge(log.db) >= 2_299
    async with log.db.writer() as session:
        assert (await session.execute(select(func.count()).select_from(Tick))).scalar_one() == 0
    assert await horizon(log, "ticks") == first + 2_299
