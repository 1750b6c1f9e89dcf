"""What a report counts, for whom, and that it never changes."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import event, insert

from core import times
from core.auth.access import Principal
from core.db import Database
from core.errors import Forbidden, NotFound
from core.log.models import Tick
from core.plugin.hooks import Context
from core.reports import reports
from core.reports.reports import EmptyPeriod, LongPeriod
from core.wire.reports import Column, Period, Report, ReportScope, Section
from core.wire.scopes import PartnerKind, Scope
from tests.reports.conftest import OCTOBER, Archive, plugin, rows, section

NATIONAL = ReportScope.NATIONAL


async def test_counts_what_the_partner_may_see(archive: Archive) -> None:
    await archive.count("pine", "pine", new=3)
    await archive.count("lotus", "lotus", "pine", new=5)
    await archive.count("lotus", "lotus", new=70)
    report = await frozen(archive, "pine")
    assert rows(report) == (
        ("2026-10-05", "pine", "url", "phishing", 3, 4, 1),
        ("2026-10-05", None, "url", "phishing", 5, 6, 1),
    )


async def test_counts_peers_together_unless_they_chose_to_be_named(archive: Archive) -> None:
    await archive.admit("open-book", attribution="named")
    await archive.admit("reed")
    for slug, new in (("lotus", 2), ("reed", 4), ("open-book", 8)):
        await archive.count(slug, slug, "pine", new=new)
    assert [(row[1], row[4]) for row in rows(await frozen(archive, "pine"))] == [("open-book", 8), (None, 6)]


async def test_names_partners_to_the_operator(archive: Archive) -> None:
    await archive.admit("office", PartnerKind.OPERATOR)
    await archive.count("lotus", "lotus", "office")
    assert [row[1] for row in rows(await frozen(archive, "office"))] == ["lotus"]


async def test_national_sums_every_audience(archive: Archive) -> None:
    await archive.count("pine", "pine", new=3)
    await archive.count("lotus", "lotus", new=5)
    report = await frozen(archive, "pine", NATIONAL)
    assert [(row[1], row[4]) for row in rows(report)] == [("lotus", 5), ("pine", 3)]
    assert report.partner is None


async def test_national_needs_its_scope_to_make_and_to_read(archive: Archive) -> None:
    made = await archive.freeze("pine", NATIONAL)
    archive.partners["pine"] = without(archive.partners["pine"], Scope.REPORTS_NATIONAL)
    with pytest.raises(Forbidden):
        await archive.freeze("pine", NATIONAL)
    with pytest.raises(NotFound):
        await archive.read("pine", made)
    async with archive.db.snapshot(0) as session:
        assert (await reports.page(session, archive.partners["pine"], 0, 10)).reports == ()


async def test_the_period_is_half_open(archive: Archive) -> None:
    for day in ("2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01"):
        await archive.count("pine", "pine", day=day)
    assert [row[0] for row in rows(await frozen(archive, "pine"))] == ["2026-10-01", "2026-10-31"]


@pytest.mark.parametrize(("days", "refusal"), [(0, EmptyPeriod), (-1, EmptyPeriod), (401, LongPeriod)])
async def test_a_period_without_days_or_with_too_many_is_refused(
    archive: Archive, days: int, refusal: type[Exception]
) -> None:
    await archive.freeze("pine", period=Period(OCTOBER.since, OCTOBER.since + timedelta(400)))
    with pytest.raises(refusal):
        await archive.freeze("pine", period=Period(OCTOBER.since, OCTOBER.since + timedelta(days)))


async def test_the_same_period_again_is_the_same_bytes(archive: Archive) -> None:
    await archive.count("pine", "pine")
    first, second = await archive.freeze("pine"), await archive.freeze("pine")
    assert first.sha256 == second.sha256
    assert (first.id, first.position) != (second.id, second.position)


async def test_both_engines_make_the_same_bytes(
    new_sqlite: Callable[[], str], new_postgresql: Callable[[], str]
) -> None:
    made = set()
    for url in (new_sqlite(), new_postgresql()):
        archive = Archive(Database(url))
        for slug in ("pine", "Zed", "ánh-sáng"):
            await archive.admit(slug, attribution="named")
            await archive.count(slug, "pine")
        made.add((await archive.freeze("pine")).sha256)
        await archive.db.close()
    assert len(made) == 1


async def test_what_is_frozen_stays(archive: Archive) -> None:
    await archive.count("pine", "pine")
    made = await archive.freeze("pine")
    before = await archive.read("pine", made)
    await archive.count("pine", "pine", day="2026-10-06")
    assert await archive.read("pine", made) == before
    assert hashlib.sha256(before).hexdigest() == made.sha256
    assert (await archive.freeze("pine")).sha256 != made.sha256


async def test_the_document_is_canonical(archive: Archive) -> None:
    await archive.count("pine", "pine")
    document = await archive.read("pine", await archive.freeze("pine"))
    again = json.dumps(json.loads(document), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert again.encode() == document


async def test_it_says_how_far_it_reaches(archive: Archive) -> None:
    await archive.count("pine", "pine")
    over = await frozen(archive, "pine")
    today = date.fromisoformat(times.hub_day(times.now()))
    running = await frozen(archive, "pine", period=Period(today, today + timedelta(1)))
    assert (over.complete, over.as_of.isoformat()) == (True, "2026-10-31T17:00:00+00:00")
    assert not running.complete
    # Everything of the test happened today, so the log had not begun when October ended.
    assert over.position == 0 < running.position


async def test_what_was_committed_late_is_counted_before_a_report_is_complete(archive: Archive) -> None:
    archive.budget = 10
    loop = asyncio.get_running_loop()
    at_work: list[Future[None]] = []

    async def commit() -> None:
        await archive.count("pine", "pine")
        in_october = {"position": 1, "n": 1, "at": times.to_micros(datetime(2026, 10, 31, tzinfo=UTC))}
        async with archive.db.writer() as session:
            await session.execute(insert(Tick).values(in_october | {"actor": "test", "request": "Count"}))

    async def slow(period: Period) -> list[Section]:
        if not at_work:
            at_work.append(asyncio.run_coroutine_threadsafe(commit(), loop))
            await asyncio.wrap_future(at_work[0])
        return []

    made = await archive.freeze("pine", ReportScope.PARTNER, OCTOBER, plugin("hotline", slow))
    report = msgspec.json.decode(await archive.read("pine", made), type=Report)
    assert at_work
    assert (report.complete, report.position, len(rows(report))) == (True, 1, 1)


async def test_a_list_leaves_the_documents_where_they_lie(archive: Archive) -> None:
    await archive.freeze("pine")
    read: list[str] = []
    event.listen(archive.db.engine.sync_engine, "before_cursor_execute", lambda *sent: read.append(sent[2]))
    async with archive.db.snapshot(0) as session:
        assert (await reports.page(session, archive.partners["pine"], 0, 10)).reports
    assert "report.sha256" in read[-1]
    assert "report.document" not in read[-1]


async def test_another_partner_finds_nothing(archive: Archive) -> None:
    made = await archive.freeze("pine")
    with pytest.raises(NotFound):
        await archive.read("lotus", made)
    async with archive.db.snapshot(0) as session:
        for malformed in ("", "rep_", "rep_\x00", "\ud800", made.id.upper()):
            with pytest.raises(NotFound):
                await reports.find(session, archive.partners["pine"], malformed)


async def test_lists_come_by_pages_in_the_order_of_freezing(archive: Archive) -> None:
    made = [await archive.freeze("pine") for _ in range(3)]
    await archive.freeze("lotus")
    async with archive.db.snapshot(0) as session:
        first = await reports.page(session, archive.partners["pine"], 0, 2)
        assert first.next
        rest = await reports.page(session, archive.partners["pine"], int(first.next), 2)
    assert [*first.reports, *rest.reports] == made
    assert rest.next is None


async def test_plugins_add_sections(archive: Archive) -> None:
    async def calls(ctx: Context, principal: Principal, period: Period) -> list[Section]:
        return [Section("calls", "Calls", columns=(Column("day", "day"),), rows=((period.since.isoformat(),),))]

    made = await archive.freeze("pine", ReportScope.PARTNER, OCTOBER, plugin("hotline", calls))
    report = msgspec.json.decode(await archive.read("pine", made), type=Report)
    assert section(report, "calls").rows == (("2026-10-01",),)


async def raising(period: Period) -> list[Section]:
    raise ZeroDivisionError


async def late(period: Period) -> list[Section]:
    await asyncio.sleep(30)
    return []


async def of_a_taken_name(period: Period) -> list[Section]:
    return [Section("signals", "Signals again")]


async def ragged(period: Period) -> list[Section]:
    return [Section("calls", "Calls", columns=(Column("day", "day"),), rows=((), ("2026-10-01", 2)))]


@pytest.mark.parametrize("sections", [raising, late, of_a_taken_name, ragged])
async def test_a_plugin_that_fails_leaves_a_section_that_says_so(
    archive: Archive, sections: Callable[..., Awaitable[list[Section]]]
) -> None:
    made = await archive.freeze("pine", ReportScope.PARTNER, OCTOBER, plugin("hotline", sections))
    report = msgspec.json.decode(await archive.read("pine", made), type=Report)
    assert [one.name for one in report.sections] == ["signals", "materials", "activities", "hotline"]
    assert section(report, "hotline").status == "unavailable"


async def frozen(
    archive: Archive, slug: str, scope: ReportScope = ReportScope.PARTNER, period: Period = OCTOBER
) -> Report:
    made = await archive.freeze(slug, scope, period)
    return msgspec.json.decode(await archive.read(slug, made), type=Report)


def without(principal: Principal, scope: Scope) -> Principal:
    return msgspec.structs.replace(principal, scopes=principal.scopes - {scope})
