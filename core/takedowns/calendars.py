"""Working calendars: hours as data, days off by the library `holidays`, days moved by decree in a table."""

from calendar import isleap
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

import holidays
import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.db import table_of, upsert
from core.errors import NotFound
from core.log import audit
from core.log.head import Head
from core.takedowns.clock import Calendar
from core.takedowns.models import CalendarDay, Takedown
from core.wire.clock import CalendarDayIn, CalendarDayOut, CalendarOut
from core.wire.common import Slug


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    name: Slug
    zone: str
    country: str
    """ISO 3166-1 alpha-2."""
    weekdays: frozenset[int]
    opens: time
    closes: time
    source: str
    valid_from: date


class _File(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    calendars: tuple[_Kept, ...]


_FILE = msgspec.json.decode(files("core.takedowns").joinpath("data/calendars.json").read_bytes(), type=_File)
NAMES = {one.name: one for one in _FILE.calendars}
"""Calendars that a policy may name."""


async def load(session: AsyncSession) -> dict[str, Calendar]:
    """Every calendar by name, with the days that were moved."""
    moved: dict[str, dict[date, bool]] = {name: {} for name in NAMES}
    for name, day, working in await session.execute(select(CalendarDay.calendar, CalendarDay.day, CalendarDay.working)):
        moved[name][date.fromisoformat(day)] = working
    return {
        name: Calendar(ZoneInfo(one.zone), one.opens, one.closes, _works(one, moved[name]))
        for name, one in NAMES.items()
    }


def _works(kept: _Kept, moved: Mapping[date, bool]) -> Callable[[date], bool]:
    def works(day: date) -> bool:
        return moved[day] if day in moved else _works_as_a_rule(kept, day)

    return works


def _works_as_a_rule(kept: _Kept, day: date) -> bool:
    known = _library(kept.country, day.year)
    if day in known:
        return False
    return day.isoweekday() in kept.weekdays or day in known.weekend_workdays


@lru_cache(maxsize=64)
def _library(country: str, year: int, language: str = "vi") -> holidays.HolidayBase:
    # With its neighbours: a day off in January may be worked for in December.
    return holidays.country_holidays(country, years=range(year - 1, year + 2), language=language)


async def read(session: AsyncSession, name: str, year: int) -> CalendarOut:
    """The days of a year on which the calendar is not what its week says. Raises `NotFound`."""
    kept = _find(name)
    within = CalendarDay.day.between(f"{year:04}-01-01", f"{year:04}-12-31")
    rows = await session.scalars(select(CalendarDay).where(CalendarDay.calendar == name, within))
    ruled = (_as_a_rule(kept, date(year, 1, 1) + timedelta(days=number)) for number in range(365 + isleap(year)))
    days = {one.day: one for one in ruled if one.working != (one.day.isoweekday() in kept.weekdays)}
    days |= {one.day: one for one in map(_out, rows)}
    return CalendarOut(
        name=name,
        zone=kept.zone,
        opens=kept.opens,
        closes=kept.closes,
        weekdays=tuple(sorted(kept.weekdays)),
        days=tuple(days[day] for day in sorted(days)),
    )


async def read_day(session: AsyncSession, name: str, day: date) -> CalendarDayOut:
    """What a day is. Raises `NotFound`."""
    kept = _find(name)
    row = await session.get(CalendarDay, (name, day.isoformat()))
    return _as_a_rule(kept, day) if row is None else _out(row)


def _as_a_rule(kept: _Kept, day: date) -> CalendarDayOut:
    """Without what was moved."""
    english = _library(kept.country, day.year, "en_US")
    name = (
        f"{_library(kept.country, day.year).get(day)} / {english.get(day)}" if day in english else _WEEK[day.weekday()]
    )
    return CalendarDayOut(day=day, working=_works_as_a_rule(kept, day), name=name, source=_SOURCE)


_SOURCE = f"holidays {version('holidays')}"
_WEEK = (
    "thứ Hai / Monday",
    "thứ Ba / Tuesday",
    "thứ Tư / Wednesday",
    "thứ Năm / Thursday",
    "thứ Sáu / Friday",
    "thứ Bảy / Saturday",
    "Chủ nhật / Sunday",
)


async def move(
    session: AsyncSession, principal: Principal, name: str, day: date, data: CalendarDayIn
) -> CalendarDayOut:
    """Say that a day is worked, or off, whatever is known without it. Open deadlines follow within seconds."""
    _find(name)
    values = msgspec.structs.asdict(data)
    await upsert(session, table_of(CalendarDay), [{"calendar": name, "day": day.isoformat()} | values])
    await _changed(session, principal, "MoveCalendarDay", name, day)
    return CalendarDayOut(day=day, **values)


async def unmove(session: AsyncSession, principal: Principal, name: str, day: date) -> None:
    """Take that back. Raises `NotFound`."""
    found = delete(CalendarDay).where(CalendarDay.calendar == name, CalendarDay.day == day.isoformat())
    if (await session.execute(found.returning(CalendarDay.day))).first() is None:
        raise NotFound
    await _changed(session, principal, "ForgetCalendarDay", name, day)


async def _changed(session: AsyncSession, principal: Principal, what: str, name: str, day: date) -> None:
    head: Head = session.info["head"]
    await session.execute(
        update(Takedown).where(Takedown.closed == 0, Takedown.decided.is_(None)).values(wakes=head.at)
    )
    await audit.note(session, principal, what, {"calendar": name, "day": day.isoformat()})


def _find(name: str) -> _Kept:
    if name not in NAMES:
        raise NotFound
    return NAMES[name]


def _out(row: CalendarDay) -> CalendarDayOut:
    return CalendarDayOut(day=date.fromisoformat(row.day), working=row.working, name=row.name, source=row.source)
