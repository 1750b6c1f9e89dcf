"""Schedules: what falls due is ordered once, whatever happens meanwhile."""

import asyncio
from datetime import datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from core import times
from core.auth.models import Partner
from core.db import Database
from core.errors import Conflict, Forbidden
from core.log import head
from core.reports import recurring, reports, schedules, templates
from core.reports.models import Report, ReportSchedule
from core.wire.documents import Period, ReaderClass
from core.wire.schedules import Covers, ScheduleIn, ScheduleOut
from core.wire.scopes import Scope
from core.wire.templates import Heading, TemplateIn
from tests.reports.conftest import CALLS, Archive

MONTHLY = ScheduleIn("own", "30 6 1 * *", Covers.LAST_MONTH)


def at(text: str) -> int:
    """µs of a time in Viet Nam."""
    return times.to_micros(datetime.fromisoformat(text).replace(tzinfo=times.HUB_ZONE))


JANUARY = at("2025-01-15T09:00")


async def put(
    archive: Archive, data: ScheduleIn = MONTHLY, slug: str = "monthly", who: str = "pine", now: int = JANUARY
) -> ScheduleOut:
    principal = archive.partners[who]
    async with archive.db.edge(principal.partner) as session:
        return await schedules.put(session, principal, slug, data, now)


async def find(archive: Archive, slug: str = "monthly", who: str = "pine") -> ScheduleOut:
    async with archive.db.snapshot(archive.partners[who].partner) as session:
        return await schedules.find(session, archive.partners[who], slug)


async def ordered(archive: Archive, who: str = "pine") -> list[str]:
    """The first day of each report's period, in the order of orders."""
    found = select(Report.since).where(Report.partner == archive.partners[who].partner).order_by(Report.number)
    async with archive.db.survey() as session:
        return list(await session.scalars(found))


def local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(times.HUB_ZONE).strftime("%Y-%m-%d %H:%M")


async def test_what_fell_due_while_the_hub_was_down_is_caught_up(archive: Archive) -> None:
    made = await put(archive)
    assert local(made.due) == "2025-02-01 06:30"
    assert await schedules.tick(archive.db, at("2025-02-01T06:29")) == 0
    assert await schedules.tick(archive.db, at("2025-04-20T00:00")) == 3
    assert await ordered(archive) == ["2025-01-01", "2025-02-01", "2025-03-01"]
    found = await find(archive)
    assert (local(found.due), local(found.ordered)) == ("2025-05-01 06:30", "2025-04-01 06:30")
    assert found.report == (await archive.find(found.report or "")).id
    assert await schedules.tick(archive.db, at("2025-04-20T00:00")) == 0


async def test_a_period_is_ordered_once(archive: Archive) -> None:
    """However often its schedule falls due."""
    await put(archive, msgspec.structs.replace(MONTHLY, cron="0 7 * * *"))
    for day in ("2025-01-16T08:00", "2025-01-31T08:00", "2025-02-03T08:00"):
        await schedules.tick(archive.db, at(day))
    assert await ordered(archive) == ["2024-12-01", "2025-01-01"]
    await put(
        archive, msgspec.structs.replace(MONTHLY, cron="0 7 * * *", template="province"), now=at("2025-02-03T09:00")
    )
    await schedules.tick(archive.db, at("2025-02-05T08:00"))
    assert await ordered(archive) == ["2024-12-01", "2025-01-01", "2025-01-01"], "another report of it is another order"


async def test_two_processes_order_once(archive: Archive) -> None:
    await put(archive)
    other = Database(archive.db.url)
    both = (schedules.tick(db, at("2025-04-20T00:00")) for db in (archive.db, other))
    assert sum(await asyncio.gather(*both)) == 3
    await other.close()
    assert await ordered(archive) == ["2025-01-01", "2025-02-01", "2025-03-01"]


async def test_a_process_that_dies_leaves_both_the_due_time_and_the_order(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(archive)
    ask = reports.ask

    async def dies(*args: Any) -> Any:
        await ask(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reports, "ask", dies)
        with pytest.raises(KeyboardInterrupt):
            await schedules.tick(archive.db, at("2025-02-02T00:00"))
    assert await ordered(archive) == []
    assert local((await find(archive)).due) == "2025-02-01 06:30"
    assert await schedules.tick(archive.db, at("2025-02-02T00:00")) == 1


async def test_who_has_too_much_waiting_loses_no_period_and_holds_up_nobody(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "_WAITING", 2)
    await put(archive)
    await put(archive, who="lotus", now=at("2025-03-15T00:00"))
    assert await schedules.tick(archive.db, at("2025-04-20T00:00")) == 3
    assert (await ordered(archive), await ordered(archive, "lotus")) == (["2025-01-01", "2025-02-01"], ["2025-03-01"])
    async with archive.db.edge(0) as session:
        await session.execute(update(Report).values(wakes=None))
    assert await schedules.tick(archive.db, at("2025-04-20T00:00")) == 1
    assert await ordered(archive) == ["2025-01-01", "2025-02-01", "2025-03-01"]


async def test_a_schedule_orders_no_more_than_may_be_asked_for_now(archive: Archive) -> None:
    national = msgspec.structs.replace(MONTHLY, template="national-monthly")
    archive.partners["lotus"] = msgspec.structs.replace(
        archive.partners["lotus"], scopes=frozenset({Scope.REPORTS_READ})
    )
    with pytest.raises(Forbidden, match="reports:national"):
        await put(archive, national, who="lotus")
    await put(archive, national)
    await set_state(archive, "suspended")
    assert await schedules.tick(archive.db, at("2025-02-02T00:00")) == 0
    assert (await find(archive)).trouble == "The partner is suspended."
    await set_state(archive, "active")
    # As if the client that made it had been narrowed by then.
    async with archive.db.edge(0) as session:
        await session.execute(update(ReportSchedule).values(scopes=Scope.REPORTS_READ.value))
    assert await schedules.tick(archive.db, at("2025-03-02T00:00")) == 0
    assert "reports:national" in str((await find(archive)).trouble)
    await put(archive, national)
    assert await schedules.tick(archive.db, at("2025-04-02T00:00")) == 1
    assert (await find(archive)).trouble is None


async def set_state(archive: Archive, state: str) -> None:
    async with head.writing(archive.db, "test", "Suspend") as session:
        await session.execute(update(Partner).where(Partner.slug == "pine").values(state=state))


async def test_what_is_paused_is_not_caught_up(archive: Archive) -> None:
    made = await put(archive, msgspec.structs.replace(MONTHLY, paused=True))
    assert (made.due, made.version) == (None, 1)
    assert await schedules.tick(archive.db, at("2025-04-20T00:00")) == 0
    made = await put(archive, now=at("2025-04-20T00:00"))
    assert (local(made.due), made.version) == ("2025-05-01 06:30", 2)
    assert (await put(archive, now=at("2025-06-20T00:00"))) == made, "the same said again changes nothing"


async def test_what_cannot_fall_due_is_refused(archive: Archive) -> None:
    for change, code in (
        ({"cron": "30 6 31 4 *"}, "never"),
        ({"cron": "61 6 1 * *"}, "never"),
        ({"cron": "0 6 1 * XYZ"}, "never"),
        ({"template": "no-such"}, "unknown_template"),
    ):
        with pytest.raises(Conflict) as refused:
            await put(archive, msgspec.structs.replace(MONTHLY, **change))
        assert [error.code for error in refused.value.errors] == [code]
    for cron in ("* * * * *", "*/5 6 1 * *", "30 6 1 *", "0 30 6 1 * *", "@monthly", "1,2 6 1 * *"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(msgspec.to_builtins(MONTHLY) | {"cron": cron}, ScheduleIn)


async def test_a_report_of_a_schedule_is_a_report(archive: Archive) -> None:
    """Ordered, made and told of as by hand."""
    mine = TemplateIn(Heading("Cuộc gọi", "Calls"), ReaderClass.NATIONAL, CALLS)
    async with archive.db.edge(archive.partners["pine"].partner) as session:
        await templates.put(session, archive.partners["pine"], "calls", mine)
    await put(archive, msgspec.structs.replace(MONTHLY, template="calls"))
    await schedules.tick(archive.db, at("2025-02-02T00:00"))
    await archive.work()
    report = (await find(archive)).report or ""
    made = await archive.find(report)
    assert (made.state, made.template, made.title.vi) == ("made", "calls", "Cuộc gọi")
    assert await archive.events() == [("report.frozen", report), ("report.made", report)]
    by_hand = await archive.make(period=made.period)
    assert (await archive.document(made)).sections == (await archive.document(by_hand)).sections


@pytest.mark.parametrize(
    ("covers", "due", "since", "until"),
    [
        (Covers.LAST_DAY, "2026-03-01T00:00", "2026-02-28", "2026-03-01"),
        (Covers.LAST_DAY, "2026-03-01T23:59", "2026-02-28", "2026-03-01"),
        (Covers.LAST_WEEK, "2026-11-22T06:00", "2026-11-09", "2026-11-16"),
        (Covers.LAST_WEEK, "2026-11-23T00:00", "2026-11-16", "2026-11-23"),
        (Covers.LAST_MONTH, "2026-01-01T00:00", "2025-12-01", "2026-01-01"),
        (Covers.LAST_MONTH, "2028-03-31T12:00", "2028-02-01", "2028-03-01"),
        (Covers.LAST_QUARTER, "2026-03-31T23:59", "2025-10-01", "2026-01-01"),
        (Covers.LAST_QUARTER, "2026-04-01T00:00", "2026-01-01", "2026-04-01"),
        (Covers.LAST_YEAR, "2026-11-22T00:00", "2025-01-01", "2026-01-01"),
    ],
)
def test_a_report_covers_the_last_period_that_is_over(covers: Covers, due: str, since: str, until: str) -> None:
    expected = msgspec.convert({"from": since, "to": until}, Period)
    assert recurring.period(covers, at(due)) == expected


@pytest.mark.parametrize(
    ("cron", "after", "due"),
    [
        ("30 6 1 * *", "2025-01-31T23:59", "2025-02-01 06:30"),
        ("30 6 1 * *", "2025-02-01T06:30", "2025-03-01 06:30"),
        ("0 0 L * *", "2028-02-01T00:00", "2028-02-29 00:00"),
        ("0 7 * * MON", "2026-11-22T00:00", "2026-11-23 07:00"),
        ("0 8 1 1,4,7,10 *", "2026-11-22T00:00", "2027-01-01 08:00"),
    ],
)
def test_times_are_those_of_viet_nam(cron: str, after: str, due: str) -> None:
    assert local(times.from_micros(recurring.following(cron, at(after)))) == due
