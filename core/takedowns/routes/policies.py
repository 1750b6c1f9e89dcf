"""HTTP of policies and calendars."""

import datetime
import re
from typing import Annotated

from litestar import Response, delete, get, post, put
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, scoped
from core.errors import NotFound
from core.takedowns import calendars, policies
from core.wire.clock import (
    CalendarDayIn,
    CalendarDayOut,
    CalendarOut,
    PolicyEnd,
    PolicyIn,
    PolicyList,
    PolicyOut,
    RepeatPolicyIn,
    RepeatPolicyOut,
)
from core.wire.scopes import Scope

Year = Annotated[int, Meta(ge=2000, le=2100)]


@get("/takedown-policies", operation_id="ListTakedownPolicies", **scoped(Scope.TAKEDOWNS_READ))
async def list_takedown_policies(snapshot: AsyncSession, on: datetime.date | None = None) -> PolicyList:
    """How long is given for what, on which legal basis; with `on`, what is in force on that day in Viet Nam."""
    return await policies.listing(snapshot, on)


@post("/takedown-policies", operation_id="AddTakedownPolicy", **scoped(Scope.TAKEDOWNS_MANAGE))
async def add_takedown_policy(
    data: JSONBody[PolicyIn], principal: Principal, session: AsyncSession
) -> Response[PolicyOut]:
    """Add a policy. Of several in force the strictest holds, so end the one that this replaces.

    409 names the field by which it cannot be.
    """
    return Response(await policies.add(session, principal, data), status_code=201)


@post(
    "/takedown-policies/{id:str}/end",
    operation_id="EndTakedownPolicy",
    status_code=200,
    **scoped(Scope.TAKEDOWNS_MANAGE),
)
async def end_takedown_policy(
    id: str, data: JSONBody[PolicyEnd], principal: Principal, session: AsyncSession
) -> PolicyOut:
    """End a policy: it holds for no request received from that day on. 409 for a day that is past."""
    return await policies.end(session, principal, id, data.valid_until, times.now())


@put("/repeat-policies/{days:str}", operation_id="SetRepeatPolicy", **scoped(Scope.TAKEDOWNS_MANAGE))
async def set_repeat_policy(
    days: str, data: JSONBody[RepeatPolicyIn], principal: Principal, session: AsyncSession
) -> RepeatPolicyOut:
    """Say what so many violations of one account within so many days lead to."""
    return await policies.set_repeats(session, principal, _number(days), data)


@get("/calendars/{name:str}", operation_id="ReadCalendar", **scoped(Scope.TAKEDOWNS_READ))
async def read_calendar(name: str, snapshot: AsyncSession, year: Year | None = None) -> CalendarOut:
    """Working hours, and the days of a year that are not what their weekday says; of this year in Viet Nam at first."""
    return await calendars.read(snapshot, name, year or int(times.hub_day(times.now())[:4]))


@get("/calendars/{name:str}/days/{day:str}", operation_id="ReadCalendarDay", **scoped(Scope.TAKEDOWNS_READ))
async def read_calendar_day(name: str, day: str, snapshot: AsyncSession) -> CalendarDayOut:
    """Whether a day is worked, what it is called, and who says so."""
    return await calendars.read_day(snapshot, name, _day(day))


@put("/calendars/{name:str}/days/{day:str}", operation_id="MoveCalendarDay", **scoped(Scope.TAKEDOWNS_MANAGE))
async def move_calendar_day(
    name: str, day: str, data: JSONBody[CalendarDayIn], principal: Principal, session: AsyncSession
) -> CalendarDayOut:
    """Say that a day is worked, or off, by decree. The deadlines of open cases follow within seconds."""
    return await calendars.move(session, principal, name, _day(day), data)


@delete("/calendars/{name:str}/days/{day:str}", operation_id="ForgetCalendarDay", **scoped(Scope.TAKEDOWNS_MANAGE))
async def forget_calendar_day(name: str, day: str, principal: Principal, session: AsyncSession) -> None:
    """Take back what was said of a day: it is again what its weekday and the holidays make it."""
    await calendars.unmove(session, principal, name, _day(day))


def _day(text: str) -> datetime.date:
    """A part of a path that is no day names nothing: 404, after the caller was asked who it is."""
    try:
        found = datetime.date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if not 2000 <= found.year <= 2100:
        raise NotFound
    return found


def _number(text: str) -> int:
    if re.fullmatch("[1-9][0-9]{0,3}", text) is None:
        raise NotFound
    return int(text)


handlers = [
    list_takedown_policies,
    add_takedown_policy,
    end_takedown_policy,
    set_repeat_policy,
    read_calendar,
    read_calendar_day,
    move_calendar_day,
    forget_calendar_day,
]
