"""Deadlines and calendars, as the operator keeps them by command."""

import re
from datetime import date, datetime
from typing import Any

import click
import msgspec

from core import times
from core.auth.access import HUB
from core.cli.house import House, Words, pass_house, run, show, show_table
from core.takedowns import calendars, policies
from core.wire.clock import (
    Basis,
    CalendarDayIn,
    CalendarDayOut,
    CalendarOut,
    Counted,
    PolicyIn,
    PolicyList,
    PolicyOut,
    Priority,
)

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}


class Span(click.ParamType[int]):
    """`30m`, `24h`, `2d`: seconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", str(value))
        if found is None:
            self.fail(f"{value!r} is not a span such as 30m, 24h or 2d.", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Day(click.ParamType[date]):
    """`2026-07-01`."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-07-01.", param, ctx)


@click.group()
def policy() -> None:
    """Deadlines of takedowns: how long is given for what, on which legal basis, from when to when."""


@policy.command("list")
@click.option("--on", type=Day(), metavar="DAY", help="What is in force on that day in Viet Nam.")
@pass_house
def list_(house: House, on: date | None) -> None:
    """List policies; times of adding are Viet Nam's."""

    async def work() -> PolicyList:
        async with house.database() as db, db.snapshot(HUB.partner) as session:
            return await policies.listing(session, on)

    show_table(_COLUMNS, map(_line, run(work()).policies))


_COLUMNS = ("id", "basis", "priority", "within", "counted", "from", "until", "added", "legal basis", "source")


def _line(one: PolicyOut) -> tuple[str, ...]:
    counted = one.counted if one.counted is Counted.ELAPSED else f"{one.counted}, {one.calendar}"
    added = one.added.astimezone(times.HUB_ZONE).isoformat(" ", "minutes")
    until = one.valid_until.isoformat() if one.valid_until else "-"
    days = (one.valid_from.isoformat(), until)
    return (one.id, one.basis, one.priority, _span(one.seconds), counted, *days, added, one.legal_basis, one.source)


def _span(seconds: int) -> str:
    """In the largest unit that leaves nothing over; of hours up to two days."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0 and (unit != "d" or seconds > 2 * size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


@policy.command()
@click.argument("basis", type=Words(Basis))
@click.argument("priority", type=Words(Priority))
@click.argument("within", type=Span())
@click.option("--legal-basis", required=True, help="Law, decree or terms.")
@click.option("--source", required=True, help="Where that can be read, and what nobody has verified.")
@click.option("--from", "valid_from", type=Day(), required=True, metavar="DAY", help="First day in Viet Nam.")
@click.option("--until", "valid_until", type=Day(), metavar="DAY", help="Day in Viet Nam, exclusive.")
@click.option("--acknowledge", type=Span(), metavar="SPAN", help="Until it has to be acknowledged.")
@click.option(
    "--warn", type=Span(), metavar="SPAN", multiple=True, help="Before the deadline; several times if need be."
)
@click.option("--escalate", type=Span(), metavar="SPAN", help="After a breach, for each contact.")
@click.option("--calendar", metavar="NAME", help="Count its working hours, not all time.")
@pass_house
def add(
    house: House,
    basis: Basis,
    priority: Priority,
    within: int,
    legal_basis: str,
    source: str,
    valid_from: date,
    valid_until: date | None,
    acknowledge: int | None,
    warn: tuple[int, ...],
    escalate: int | None,
    calendar: str | None,
) -> None:
    """Give WITHIN (30m, 24h, 2d) for requests on BASIS with PRIORITY. Of several in force the strictest holds."""
    counted = {} if calendar is None else {"counted": Counted.WORKING, "calendar": calendar}
    fields = {
        "basis": basis,
        "priority": priority,
        "seconds": within,
        "legal_basis": legal_basis,
        "source": source,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "acknowledge_seconds": acknowledge,
        "warn_seconds": warn,
        "escalate_seconds": escalate,
    }

    async def work() -> PolicyOut:
        data = msgspec.convert(fields | counted, PolicyIn)
        async with house.registry("AddTakedownPolicy") as session:
            return await policies.add(session, HUB, data)

    show(run(work()))


@policy.command()
@click.argument("id")
@click.argument("day", type=Day())
@pass_house
def end(house: House, id: str, day: date) -> None:
    """End policy ID: it holds for no request received from DAY on. What it gave before stands."""

    async def work() -> PolicyOut:
        async with house.registry("EndTakedownPolicy") as session:
            return await policies.end(session, HUB, id, day, times.now())

    show(run(work()))


@policy.command()
@click.argument("name")
@click.option("--year", type=click.IntRange(2000, 2100), help="This one, unless you say so.")
@pass_house
def calendar(house: House, name: str, year: int | None) -> None:
    """List the days of a year that calendar NAME has off, or works on a weekend."""

    async def work() -> CalendarOut:
        async with house.database() as db, db.snapshot(HUB.partner) as session:
            return await calendars.read(session, name, year or datetime.now(times.HUB_ZONE).year)

    found = run(work())
    click.echo(f"{found.zone}, {found.opens:%H:%M} to {found.closes:%H:%M}, weekdays {found.weekdays}")
    rows = ((one.day.isoformat(), "worked" if one.working else "off", one.name, one.source) for one in found.days)
    show_table(("day", "", "name", "source"), rows)


@policy.command()
@click.argument("calendar")
@click.argument("day", type=Day())
@click.option("--working/--off", required=True)
@click.option("--name", required=True, help="What the day is.")
@click.option("--source", required=True, help="The decree or notice.")
@pass_house
def day(house: House, calendar: str, day: date, working: bool, name: str, source: str) -> None:
    """Say that DAY of CALENDAR is worked, or off. Deadlines of open cases follow within seconds."""

    async def work() -> CalendarDayOut:
        data = msgspec.convert({"working": working, "name": name, "source": source}, CalendarDayIn)
        async with house.registry("MoveCalendarDay") as session:
            return await calendars.move(session, HUB, calendar, day, data)

    show(run(work()))
