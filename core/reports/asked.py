"""Which stretch of time a section counts, and how it is divided."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal

from core import times
from core.wire.common import Slug
from core.wire.documents import Code, Dimension, Member, Period, Positions, ReaderClass, Words
from core.wire.sections import Asked

__all__ = ["TIME", "Asked", "by_day", "midnight", "over", "span", "time_dimension"]

TIME = "time"
_DAYS = 31
"""The longest period that is shown day by day."""


def over(
    period: Period, positions: Positions, ends: int, readers: ReaderClass, partner: int | None, slug: Slug | None
) -> Asked:
    grain: Literal["day", "month"] = "day" if (period.until - period.since).days <= _DAYS else "month"
    return Asked(readers, partner, slug, period, positions, midnight(period.since), ends, grain)


def midnight(day: date) -> int:
    """When the day begins in Viet Nam, µs."""
    return times.to_micros(datetime.combine(day, time(), times.HUB_ZONE))


def time_dimension(asked: Asked) -> Dimension:
    """Days or months of the period that have begun, in their order.

    Codes are `2026-11-22` or `2026-11`; one of which only a part counts says which, `2026-11-05/2026-12-01`, or
    `2026-11-22/2026-11-22T14:05:09.000001` while the day runs. `span` reads them all.
    """
    members = tuple(_member(first, last, asked) for first, last in _runs(asked))
    return Dimension(name=TIME, title=Words("Thời gian", "Time"), members=members)


def by_day(asked: Asked) -> dict[str, Code]:
    """The member of the time dimension that each day of the period, as `2026-11-22`, falls into."""
    return {
        (first + timedelta(n)).isoformat(): _member(first, last, asked).code
        for first, last in _runs(asked)
        for n in range((last - first).days)
    }


def span(code: Code) -> tuple[int, int]:
    """From when to before when a member of the time dimension counts, µs."""
    begin, _, end = code.partition("/")
    if end:
        return _moment(begin), _moment(end)
    if len(code) == len("2026-11"):
        first = date.fromisoformat(f"{code}-01")
        return midnight(first), midnight(_next_month(first))
    day = date.fromisoformat(code)
    return midnight(day), midnight(day + timedelta(1))


def _moment(text: str) -> int:
    return times.to_micros(datetime.fromisoformat(text).replace(tzinfo=times.HUB_ZONE))


def _runs(asked: Asked) -> Iterator[tuple[date, date]]:
    """First day, and first day no longer, of each member."""
    day = asked.period.since
    while day < asked.period.until and midnight(day) < asked.ends:
        following = day + timedelta(1) if asked.grain == "day" else _next_month(day)
        yield day, min(following, asked.period.until)
        day = following


def _member(first: date, last: date, asked: Asked) -> Member:
    whole = last == (first + timedelta(1) if asked.grain == "day" else _next_month(first))
    if midnight(last) > asked.ends:
        end = times.from_micros(asked.ends).astimezone(times.HUB_ZONE).replace(tzinfo=None)
        return Member(f"{first}/{end.isoformat()}", _words(first, end.date(), f" {end:%H:%M}"))
    if asked.grain == "day":
        return Member(first.isoformat(), _words(first, first))
    if whole and first.day == 1:
        return Member(f"{first:%Y-%m}", Words(f"{first:%m/%Y}", f"{MONTHS[first.month - 1]} {first.year}"))
    return Member(f"{first}/{last}", _words(first, last - timedelta(1)))


def _words(first: date, last: date, until: str = "") -> Words:
    """`until`: the time of the last day at which it ends."""
    english = [f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in (first, last)]
    if first == last and not until:
        return Words(f"{first:%d/%m/%Y}", english[0])
    return Words(f"{first:%d/%m/%Y} – {last:%d/%m/%Y}{until}", f"{english[0]} – {english[1]}{until}")


# The names that `strftime` gives depend on the machine's locale.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(32)).replace(day=1)
