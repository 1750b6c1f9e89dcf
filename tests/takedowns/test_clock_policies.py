"""Which policy holds when: seeds, validity to the midnight in Viet Nam, priorities, calendars in a table."""

from collections.abc import AsyncIterator
from datetime import date

import msgspec
import pytest

from core.auth.access import HUB
from core.db import Database
from core.errors import Conflict, NotFound
from core.takedowns import calendars, clock, policies
from core.times import DAY, HOUR, SECOND
from core.wire.clock import Basis, CalendarDayIn, Counted, PolicyIn, Priority, RepeatPolicyIn
from tests.takedowns.timed import Timed, at

NEW = PolicyIn(
    basis=Basis.USER_COMPLAINT,
    priority=Priority.NORMAL,
    seconds=12 * 3_600,
    legal_basis="A decree",
    source="https://gazette.example/1",
    valid_from=date(2027, 3, 1),
    valid_until=date(2027, 4, 1),
)


@pytest.fixture
async def timed(database_url: str) -> AsyncIterator[Timed]:
    made = Timed(Database(database_url))
    yield made
    await made.db.close()


async def given(timed: Timed, received: str, basis: str, priority: Priority = Priority.NORMAL) -> float | None:
    """Hours."""
    async with timed.db.snapshot(0) as session:
        found = await policies.deadline(session, basis, priority, at(received))
    return None if found is None else (found.due - at(received)) / HOUR


async def test_the_law_as_a_hub_starts_with_it(timed: Timed) -> None:
    now = "2026-11-22T08:00"
    assert await given(timed, now, "authority_order") == 24
    assert await given(timed, now, "authority_order", Priority.URGENT) == 6
    assert await given(timed, now, "user_complaint") == 48
    assert await given(timed, now, "protection_notice") == 24
    for basis in ("authority_order", "user_complaint", "protection_notice", "emergency_call"):
        hours = await given(timed, now, basis, Priority.EMERGENCY)
        assert hours is not None
        assert hours < 1
    # No row of its own: the next lower priority's.
    assert await given(timed, now, "user_complaint", Priority.URGENT) == 48
    assert await given(timed, "2026-06-30T23:59:59.999999", "authority_order", Priority.URGENT) == 24
    assert await given(timed, "2026-07-01T00:00", "authority_order", Priority.URGENT) == 6
    # The same midnight, told from elsewhere.
    assert await given(timed, "2026-06-30T16:59:59Z", "authority_order", Priority.URGENT) == 24
    assert await given(timed, "2026-06-30T13:00:00-04:00", "authority_order", Priority.URGENT) == 6
    assert await given(timed, "2024-12-24T23:59", "authority_order") is None
    assert await given(timed, now, "whatever") is None


async def test_every_row_says_on_what_it_stands_and_what_nobody_verified(timed: Timed) -> None:
    async with timed.db.snapshot(0) as session:
        found = await policies.listing(session)
    assert all(one.legal_basis and one.source for one in found.policies)
    law = [one for one in found.policies if "2024" in one.legal_basis or "2025/QH15" in one.legal_basis]
    assert law
    assert all("not opened" in one.source for one in law)
    assert all(
        "own terms" in one.legal_basis or "protocol" in one.legal_basis for one in found.policies if one not in law
    )
    spans = [(one.days, one.violations, one.lock_days_least, one.lock_days_most) for one in found.repeats]
    assert spans == [(30, 5, 7, 30), (90, 10, 7, 30)]


async def test_a_policy_holds_from_its_first_midnight_until_before_its_last(timed: Timed) -> None:
    async with timed.writing(at("2026-11-22T08:00")) as session:
        await policies.add(session, HUB, NEW)
    assert await given(timed, "2027-02-28T23:59:59.999999", "user_complaint") == 48
    # Of two in force the strictest holds.
    assert await given(timed, "2027-03-01T00:00", "user_complaint") == 12
    assert await given(timed, "2027-03-31T23:59:59.999999", "user_complaint") == 12
    assert await given(timed, "2027-03-31T17:00:00Z", "user_complaint") == 48


async def test_a_policy_is_ended_for_what_comes_and_never_for_what_came(timed: Timed) -> None:
    now = at("2027-03-10T23:30")
    async with timed.writing(now) as session:
        made = (await policies.add(session, HUB, NEW)).id
        with pytest.raises(Conflict, match="2027-03-10 at the earliest"):
            await policies.end(session, HUB, made, date(2027, 3, 9), now)
        await policies.end(session, HUB, made, date(2027, 3, 11), now)
    assert await given(timed, "2027-03-10T23:59", "user_complaint") == 12
    assert await given(timed, "2027-03-11T00:00", "user_complaint") == 48
    async with timed.writing(now + DAY) as session:
        with pytest.raises(Conflict, match="ended on 2027-03-11"):
            await policies.end(session, HUB, made, date(2027, 5, 1), now + DAY)
        with pytest.raises(NotFound):
            await policies.end(session, HUB, "pol_999", date(2027, 5, 1), now)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("valid_until", NEW.valid_from),
        ("calendar", "mars"),
        ("acknowledge_seconds", NEW.seconds + 1),
        ("warn_seconds", (NEW.seconds,)),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_policy_that_cannot_be_is_refused_by_its_field(timed: Timed, field: str, value: object) -> None:
    async with timed.writing(at("2027-03-10T08:00")) as session:
        with pytest.raises(Conflict) as refused:
            await policies.add(session, HUB, msgspec.structs.replace(NEW, **{field: value}))
    assert [error.pointer for error in refused.value.errors] == [f"/{field}"]


async def test_a_repeat_policy_is_said_anew(timed: Timed) -> None:
    data = RepeatPolicyIn(3, 7, 14, "A decree", "https://gazette.example/2")
    async with timed.writing(at("2026-11-22T08:00")) as session:
        await policies.set_repeats(session, HUB, 30, data)
        found = {one.days: one.violations for one in await policies.repeats(session)}
        with pytest.raises(Conflict):
            await policies.set_repeats(session, HUB, 30, msgspec.structs.replace(data, lock_days_most=1))
    assert found == {30: 3, 90: 10}


async def test_working_time_follows_the_table_of_days(timed: Timed) -> None:
    """Friday 2 January 2026 was exchanged for Saturday 10 January, which no library knew; the seed says so."""
    async with timed.writing(at("2025-12-01T08:00")) as session:
        # Of a basis that has no other row of this priority.
        changes = {"basis": Basis.EMERGENCY_CALL, "counted": Counted.WORKING, "seconds": 2 * 3_600}
        days = {"valid_from": date(2025, 12, 1), "valid_until": None}
        await policies.add(session, HUB, msgspec.structs.replace(NEW, **changes, **days))

    async def due(received: str) -> str:
        async with timed.db.snapshot(0) as session:
            found = await policies.deadline(session, "emergency_call", Priority.NORMAL, at(received))
        assert found is not None
        return clock.local(found.due)[:16]

    assert await due("2025-12-31T16:00") == "2026-01-05T09:00"
    assert await due("2026-01-09T16:00") == "2026-01-10T09:00"
    assert await due("2026-02-13T16:00") == "2026-02-23T09:00"
    assert await due("2026-11-23T16:00") == "2026-11-25T09:00"
    async with timed.writing(at("2026-11-20T08:00")) as session:
        worked = CalendarDayIn(working=True, name="Worked after all", source="https://gazette.example/3")
        await calendars.move(session, HUB, "vn-office", date(2026, 11, 24), worked)
    assert await due("2026-11-23T16:00") == "2026-11-24T09:00"
    async with timed.writing(at("2026-11-20T09:00")) as session:
        await calendars.unmove(session, HUB, "vn-office", date(2026, 11, 24))
        with pytest.raises(NotFound):
            await calendars.unmove(session, HUB, "vn-office", date(2026, 11, 24))
    assert await due("2026-11-23T16:00") == "2026-11-25T09:00"


async def test_a_calendar_tells_each_day_that_is_not_what_its_weekday_is(timed: Timed) -> None:
    async with timed.db.snapshot(0) as session:
        year = await calendars.read(session, "vn-office", 2026)
        plain = await calendars.read_day(session, "vn-office", date(2026, 11, 23))
        with pytest.raises(NotFound):
            await calendars.read(session, "mars", 2026)
    days = {one.day.isoformat(): one for one in year.days}
    assert (days["2026-01-10"].working, days["2026-01-02"].working) == (True, False)
    assert days["2026-02-17"].name == "Tết Nguyên Đán / Lunar New Year"
    # A Sunday is off anyway; its holiday is made up for on Monday.
    assert "2026-04-26" not in days
    assert "2026-04-27" in days
    assert plain.working


async def test_acknowledging_has_a_deadline_of_its_own(timed: Timed) -> None:
    now = at("2026-11-22T08:00")
    async with timed.db.snapshot(0) as session:
        found = await policies.deadline(session, "authority_order", Priority.NORMAL, now)
        patience = await policies.patience(session, "emergency_call", Priority.EMERGENCY, now)
    assert found is not None
    assert found.acknowledge_due == now + 4 * 3_600 * SECOND
    assert patience == 120
