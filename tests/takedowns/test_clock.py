"""Deadlines as arithmetic: zones, working hours at their edges, pauses."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.takedowns import clock
from core.takedowns.clock import Calendar, Clock, Course, Pause, Request, Terms
from core.times import HOUR, HUB_ZONE, SECOND, from_micros, to_micros

KNOWN = holidays.country_holidays("VN", years=range(2025, 2030))
OFFICE = Calendar(
    HUB_ZONE,
    time(8),
    time(17),
    lambda day: day not in KNOWN and (day.isoweekday() < 6 or day in KNOWN.weekend_workdays),
)
DAY_LONG = 24 * 3_600


def at(text: str) -> int:
    """In Viet Nam, unless a zone is named."""
    moment = datetime.fromisoformat(text)
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=HUB_ZONE))


def due(start: str, hours: float, *pauses: tuple[str, str | None], calendar: Calendar | None = None) -> str | None:
    stood = [Pause(at(since), None if until is None else at(until)) for since, until in pauses]
    found = clock.deadline(at(start), int(hours * 3_600), calendar, stood)
    return None if found is None else clock.local(found)[:16]


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("2026-11-22T15:30:00+07:00", "2026-11-23T15:30"),
        ("2026-11-22T08:30:00Z", "2026-11-23T15:30"),
        # The same moment in a zone that is on summer time, in its hour that comes twice, and a day before elsewhere.
        ("2026-10-25T02:30:00+02:00", "2026-10-26T07:30"),
        ("2026-10-25T02:30:00+01:00", "2026-10-26T08:30"),
        ("2026-11-21T23:59:59-11:00", "2026-11-23T17:59"),
        ("2028-02-28T12:00", "2028-02-29T12:00"),
        ("2026-12-31T18:00", "2027-01-01T18:00"),
    ],
)
def test_hours_are_hours_in_every_zone(received: str, expected: str) -> None:
    assert due(received, 24) == expected


def test_a_day_of_23_hours_takes_nothing_from_24() -> None:
    """The night in which New York's clocks go forward."""
    start = datetime(2026, 3, 7, 20, tzinfo=ZoneInfo("America/New_York"))
    found = clock.deadline(to_micros(start), DAY_LONG)
    assert found is not None
    assert from_micros(found) - start.astimezone(UTC) == timedelta(hours=24)
    assert from_micros(found).astimezone(start.tzinfo).hour == 21


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-16T16:00", 1, "2026-11-16T17:00"),  # up to the hour of closing
        ("2026-11-16T17:00", 1, "2026-11-17T09:00"),
        ("2026-11-16T07:59", 9, "2026-11-16T17:00"),
        ("2026-11-16T03:00", 0.5, "2026-11-16T08:30"),
        ("2026-11-20T16:00", 2, "2026-11-23T09:00"),  # over a weekend
        ("2026-11-21T12:00", 1, "2026-11-23T09:00"),
        ("2026-02-13T16:00", 2, "2026-02-23T09:00"),  # Tết: nine days
        ("2026-08-21T16:00", 2, "2026-08-22T09:00"),  # a Saturday that is worked in exchange …
        ("2026-08-28T16:30", 1, "2026-09-03T08:30"),  # … for the Monday before the National Day
        ("2026-12-31T16:00", 2, "2027-01-04T09:00"),
        ("2028-02-28T16:00", 2, "2028-02-29T09:00"),
        ("2026-11-16T08:00", 90, "2026-11-30T17:00"),  # ten days' work, one of them the new Cultural Day
    ],
)
def test_working_hours(start: str, hours: float, expected: str) -> None:
    assert due(start, hours, calendar=OFFICE) == expected


def test_working_hours_are_those_of_the_calendar_wherever_the_request_comes_from() -> None:
    assert due("2026-11-16T01:00:00Z", 1, calendar=OFFICE) == "2026-11-16T09:00"
    assert due("2026-11-15T20:30:00-05:00", 1, calendar=OFFICE) == "2026-11-16T09:30"


def test_a_pause_moves_the_deadline_by_what_it_lasted() -> None:
    assert due("2026-11-22T08:00", 24, ("2026-11-22T10:00", "2026-11-22T13:00")) == "2026-11-23T11:00"
    # Two that overlap count once.
    pauses = ("2026-11-22T10:00", "2026-11-22T13:00"), ("2026-11-22T12:00", "2026-11-22T14:00")
    assert due("2026-11-22T08:00", 24, *pauses) == "2026-11-23T12:00"
    # The second begins in what the first gave.
    pauses = ("2026-11-22T10:00", "2026-11-22T13:00"), ("2026-11-23T10:00", "2026-11-23T10:30")
    assert due("2026-11-22T08:00", 24, *pauses) == "2026-11-23T11:30"


def test_a_pause_before_the_request_or_after_the_deadline_gives_nothing() -> None:
    assert due("2026-11-22T08:00", 24, ("2026-11-21T10:00", "2026-11-22T09:00")) == "2026-11-23T09:00"
    assert due("2026-11-22T08:00", 24, ("2026-11-21T10:00", "2026-11-22T08:00")) == "2026-11-23T08:00"
    assert due("2026-11-22T08:00", 24, ("2026-11-23T08:00", "2026-11-24T08:00")) == "2026-11-23T08:00"
    assert due("2026-11-22T08:00", 24, ("2026-11-23T09:00", None)) == "2026-11-23T08:00"


def test_while_a_pause_lasts_nothing_is_due() -> None:
    assert due("2026-11-22T08:00", 24, ("2026-11-22T10:00", None)) is None


def test_a_pause_over_a_closed_office_gives_nothing() -> None:
    night = ("2026-11-16T17:00", "2026-11-17T08:00")
    assert due("2026-11-16T16:00", 2, night, calendar=OFFICE) == "2026-11-17T09:00"
    assert due("2026-11-16T16:00", 2, ("2026-11-16T16:30", "2026-11-17T08:30"), calendar=OFFICE) == "2026-11-17T10:00"


MOMENTS = st.integers(at("2026-01-25T00:00") // HOUR, at("2026-03-05T00:00") // HOUR).map(lambda hour: hour * HOUR)
PAUSES = st.tuples(MOMENTS, st.integers(0, 200)).map(lambda one: Pause(one[0], one[0] + one[1] * HOUR))


@given(
    start=MOMENTS,
    hours=st.integers(1, 100),
    pauses=st.lists(PAUSES, max_size=4),
    more=PAUSES,
    longer=st.integers(0, 50),
    calendar=st.sampled_from([None, OFFICE]),
)
def test_more_pause_never_brings_a_deadline_forward(
    start: int, hours: int, pauses: list[Pause], more: Pause, longer: int, calendar: Calendar | None
) -> None:
    found = clock.deadline(start, hours * 3_600, calendar, pauses)
    assert found is not None
    # What counts up to the deadline, less what stood, is what was given.
    ran = sum(
        clock.counted(hour, hour + HOUR, calendar)
        for hour in range(start, found, HOUR)
        if not any(pause.since <= hour < (pause.until or 0) for pause in pauses)
    )
    assert ran == hours * HOUR
    with_one_more = clock.deadline(start, hours * 3_600, calendar, [*pauses, more])
    assert with_one_more is not None
    assert with_one_more >= found
    assert more.until is not None
    lasting = Pause(more.since, more.until + longer * HOUR)
    with_a_longer_one = clock.deadline(start, hours * 3_600, calendar, [*pauses, lasting])
    assert with_a_longer_one is not None
    assert with_a_longer_one >= with_one_more


TERMS = Terms(DAY_LONG, 4 * 3_600, (6 * 3_600, 3_600), 2 * 3_600)
START = at("2026-11-22T08:00")


def test_the_strictest_request_sets_the_clock_and_one_that_stands_asks_for_nothing() -> None:
    slow, quick = Request(START, Terms(2 * DAY_LONG)), Request(START + HOUR, TERMS)
    found = clock.read([slow, quick, Request(START, None)])
    assert (found.due, found.terms) == (START + 25 * HOUR, TERMS)
    assert found.acknowledge_due == START + 5 * HOUR
    standing = Request(START, TERMS, (Pause(START + HOUR, None),))
    assert clock.read([slow, standing]).due == START + 48 * HOUR
    later = Request(START, TERMS, (Pause(START + 2 * HOUR, None),))
    assert clock.read([standing, later]) == Clock(paused=START + 2 * HOUR)
    assert clock.read([]) == Clock()


def turns(moments: list[int], ended: int | None = None, contacts: int = 2) -> list[str]:
    """What is done when a case is looked at, at these hours after its request."""
    course, done = Course(), []
    for hour in moments:
        now = START + hour * HOUR
        over = START + ended * HOUR if ended is not None and ended <= hour else None
        turn = clock.turn(clock.read([Request(START, TERMS)]), course, over, contacts, now)
        course = turn.course
        words = {"warn": turn.warns, "breach": turn.breaches, "escalate": turn.escalates}
        done += [f"{word} {hour}" for word, is_done in words.items() if is_done]
    return done


def test_warnings_breach_and_escalation_come_in_order_and_once() -> None:
    every_hour = [*range(40)]
    assert turns(every_hour) == ["warn 18", "warn 23", "breach 25", "escalate 25", "escalate 27"]
    assert turns([hour for hour in every_hour for _ in range(2)]) == turns(every_hour)
    # On the deadline itself an answer is in time.
    assert turns(every_hour, ended=24) == ["warn 18", "warn 23"]
    assert turns(every_hour, ended=26) == ["warn 18", "warn 23", "breach 25", "escalate 25"]
    # With nobody to tell, the operators learn of it all the same.
    assert turns(every_hour, contacts=0)[-2:] == ["breach 25", "escalate 25"]


def test_what_was_missed_while_the_hub_was_away_is_told_once() -> None:
    assert turns([0, 23]) == ["warn 23"]
    assert turns([0, 30, 31, 32, 33]) == ["breach 30", "escalate 30", "escalate 32"]
    # Answered too late, and found after it: a breach that nobody has to be woken for.
    assert turns([0, 30, 31], ended=25) == ["breach 30"]


def test_a_case_wakes_for_what_comes_next() -> None:
    def wakes(hour: int, course: Course) -> int | None:
        turn = clock.turn(clock.read([Request(START, TERMS)]), course, None, 2, START + hour * HOUR)
        return None if turn.wakes is None else (turn.wakes - START) // HOUR

    assert [wakes(hour, Course()) for hour in (0, 18, 23)] == [18, 23, 24]
    assert wakes(25, Course()) == 27
    assert wakes(27, Course(2, START + 25 * HOUR, 1)) is None
    standing = Clock(paused=START)
    assert clock.turn(standing, Course(), None, 2, START + 99 * HOUR).wakes is None


def test_what_people_read_is_in_viet_nams_time() -> None:
    assert clock.local(at("2026-11-22T20:30:00Z") + SECOND // 2) == "2026-11-23T03:30:00+07:00"


def test_the_library_knows_the_lunar_year_and_days_in_exchange() -> None:
    tet = [date(2026, 2, day) for day in range(16, 21)]
    assert all(day in KNOWN for day in tet)
    assert date(2026, 2, 23) not in KNOWN
    assert date(2026, 8, 22) in KNOWN.weekend_workdays
