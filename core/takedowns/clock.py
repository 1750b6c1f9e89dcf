"""The arithmetic of deadlines: no database and no clock of its own. Times are UTC µs, spans of terms are seconds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import msgspec

from core import times
from core.times import SECOND


class Calendar(msgspec.Struct, frozen=True):
    """Which time is worked."""

    zone: ZoneInfo
    opens: time
    closes: time
    works: Callable[[date], bool]

    def shifts(self, since: int) -> Iterator[tuple[int, int]]:
        """Opening and closing of each day that is worked, from the day of `since` on, without end."""
        first = times.from_micros(since).astimezone(self.zone).date()
        for days in count():
            day = first + timedelta(days=days)
            if self.works(day):
                yield self._at(day, self.opens), self._at(day, self.closes)

    def _at(self, day: date, hour: time) -> int:
        return times.to_micros(datetime.combine(day, hour, tzinfo=self.zone))


class Pause(msgspec.Struct, frozen=True):
    """A time in which a clock stands."""

    since: int
    until: int | None
    """Null while it lasts."""


class Terms(msgspec.Struct, frozen=True):
    """What a policy gives."""

    seconds: int
    acknowledge_seconds: int | None = None
    warn_seconds: tuple[int, ...] = ()
    escalate_seconds: int | None = None
    calendar: Calendar | None = None
    """None: all time counts."""


class Request(msgspec.Struct, frozen=True):
    """What one partner asked for, as far as it is timed."""

    at: int
    terms: Terms | None
    """None: no policy was in force."""
    pauses: tuple[Pause, ...] = ()


class Clock(msgspec.Struct, frozen=True):
    """What the requests of a case come to."""

    due: int | None = None
    """Null when nothing is due, and while every clock stands."""
    acknowledge_due: int | None = None
    paused: int | None = None
    """Since when every request's clock stands."""
    terms: Terms | None = None
    """Of the request with the strictest deadline."""


class Course(msgspec.Struct, frozen=True):
    """How far the clock of a case has come."""

    warned: int = 0
    """Warnings given."""
    breached: int | None = None
    """When the breach was found."""
    level: int = 0
    """Contacts told of it."""


class Turn(msgspec.Struct, frozen=True):
    """What is to be done now, and when to look again."""

    course: Course
    """As it is afterwards."""
    warns: bool
    breaches: bool
    escalates: bool
    wakes: int | None


def deadline(start: int, seconds: int, calendar: Calendar | None = None, pauses: Sequence[Pause] = ()) -> int | None:
    """When `seconds` that count have passed since `start`, none of them in a pause; None while one of those lasts.

    A pause that begins after the deadline does not move it.
    """
    left, at = seconds * SECOND, start
    for pause in sorted(pauses, key=lambda one: one.since):
        if pause.until is not None and pause.until <= at:
            continue
        ran = counted(at, pause.since, calendar)
        if ran >= left:
            break
        if pause.until is None:
            return None
        left -= ran
        at = pause.until
    return advance(at, left, calendar)


def advance(at: int, micros: int, calendar: Calendar | None) -> int:
    """The first moment by which `micros` that count have passed since `at`."""
    if calendar is None:
        return at + micros
    for opens, closes in calendar.shifts(at):
        begins = max(at, opens)
        if begins < closes:
            if micros <= closes - begins:
                return begins + micros
            micros -= closes - begins
    raise AssertionError("a calendar has no end")


def counted(since: int, until: int, calendar: Calendar | None) -> int:
    """How much of the time from `since` to `until` counts, µs."""
    if until <= since:
        return 0
    if calendar is None:
        return until - since
    total = 0
    for opens, closes in calendar.shifts(since):
        if opens >= until:
            break
        total += max(0, min(closes, until) - max(opens, since))
    return total


def read(requests: Sequence[Request]) -> Clock:
    """The strictest of what `requests` come to. One whose clock stands asks for nothing meanwhile."""
    standing = [pause.since for one in requests for pause in one.pauses if pause.until is None]
    running = [
        (due, one)
        for one in requests
        if one.terms and (due := _due(one, one.terms.seconds, one.terms.calendar)) is not None
    ]
    if not running:
        return Clock(paused=max(standing) if standing else None)
    due, strictest = min(running, key=lambda pair: pair[0])
    terms = strictest.terms
    assert terms
    soonest = terms.acknowledge_seconds and _due(strictest, terms.acknowledge_seconds, terms.calendar)
    return Clock(due, soonest, None, terms)


def _due(request: Request, seconds: int, calendar: Calendar | None) -> int | None:
    return deadline(request.at, seconds, calendar, request.pauses)


def turn(clock: Clock, course: Course, ended: int | None, contacts: int, now: int) -> Turn:
    """What a case asks for at `now`, looked at whenever it woke, however late and however often.

    `ended`: when it was answered or closed. An answer that came after the deadline is a breach all the same, but
    nobody is told of it any more. `contacts`: how many the platform has; a breach is escalated once even to none, so
    that the operators learn of it.
    """
    due, terms = clock.due, clock.terms or Terms(0)
    passed = sum(due - warn * SECOND <= now for warn in terms.warn_seconds) if due is not None else 0
    open_yet = ended is None and course.breached is None and due is not None and now <= due
    breaches = course.breached is None and due is not None and (now if ended is None else ended) > due
    breached = now if breaches else course.breached
    told_next = _told_next(terms, breached, course.level, contacts) if ended is None else None
    escalates = told_next is not None and told_next <= now
    after = Course(passed if open_yet else course.warned, breached, course.level + escalates)
    wakes = _wakes(clock, terms, after, contacts, now) if ended is None else None
    return Turn(after, open_yet and passed > course.warned, breaches, escalates, wakes)


def _told_next(terms: Terms, breached: int | None, level: int, contacts: int) -> int | None:
    """When the contact after `level` is told; None: never."""
    if breached is None or terms.escalate_seconds is None or level >= max(contacts, 1):
        return None
    return breached + level * terms.escalate_seconds * SECOND


def _wakes(clock: Clock, terms: Terms, course: Course, contacts: int, now: int) -> int | None:
    if course.breached is not None:
        told_next = _told_next(terms, course.breached, course.level, contacts)
        if told_next is None or told_next > now:
            return told_next
        # A hub that was away tells one contact after another all the same.
        return now + (terms.escalate_seconds or 0) * SECOND
    if clock.due is None:
        return None
    # On the deadline itself an answer is still in time.
    moments = [*(clock.due - warn * SECOND for warn in terms.warn_seconds), clock.due + 1]
    return min((moment for moment in moments if moment > now), default=None)


def local(micros: int) -> str:
    """For people: in Viet Nam's time, to the second, with its offset."""
    return times.from_micros(micros).astimezone(times.HUB_ZONE).isoformat(timespec="seconds")
