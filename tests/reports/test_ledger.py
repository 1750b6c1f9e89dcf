"""What readers hold: which reports count the same time, and what is kept of them."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from core.reports import ledger
from core.reports.asked import midnight, over
from core.reports.ledger import Shelf
from core.reports.models import Report, ReportSecret
from core.wire.documents import Period, Positions, ReaderClass
from core.wire.reports import ReportState
from tests.reports.conftest import OCTOBER, Archive, calls

PUBLIC, NATIONAL = ReaderClass.PUBLIC, ReaderClass.NATIONAL


async def test_reports_hang_together_by_the_days_that_they_share(archive: Archive) -> None:
    """A quarter ties its months together, also for a report of a day in one of them."""
    months = [_days(1, 31), _days(31, 60), _days(60, 91)]
    await _frozen(archive, [*months, _days(100, 101), _days(0, 91)])
    assert await _numbers(archive, _days(70, 71)) == (1, 2, 3, 5)
    assert await _numbers(archive, _days(100, 101)) == (4,)
    assert await _numbers(archive, _days(91, 100)) == ()


async def test_days_that_adjoin_share_nothing(archive: Archive) -> None:
    await _frozen(archive, [_days(0, 10), _days(20, 30)])
    assert await _numbers(archive, _days(10, 20)) == ()


async def test_a_running_report_reaches_as_far_as_it_was_frozen(archive: Archive) -> None:
    await _frozen(archive, [_days(0, 30)], ends=_days(0, 12).until)
    assert await _numbers(archive, _days(11, 13)) == (1,)
    assert await _numbers(archive, _days(12, 13)) == ()


async def test_what_is_not_frozen_is_held_by_nobody(archive: Archive) -> None:
    await archive.order()
    assert await _numbers(archive, OCTOBER) == ()


async def test_one_that_was_frozen_twice_is_held_once(archive: Archive) -> None:
    for _ in range(2):
        await archive.make()
    await archive.make(period=Period(OCTOBER.until, OCTOBER.until + timedelta(1)))
    async with archive.db.survey() as session:
        held = await ledger.held(session, [1, 2, 3])
    assert [one.begins for one in held] == [midnight(OCTOBER.since), midnight(OCTOBER.until)]
    assert held[0].hidden["hotline_calls"]


def test_the_same_counts_are_the_same_bytes() -> None:
    asked = over(OCTOBER, Positions(0, 1), midnight(OCTOBER.until), PUBLIC, None, None)
    (cube,) = calls(asked, advice=1, alarm=2).cubes
    turned = msgspec.structs.replace(cube, atoms=dict(reversed(list(cube.atoms.items()))))
    assert ledger.bytes_of([turned]) == ledger.bytes_of([cube])
    assert ledger.cubes_of(ledger.bytes_of([cube])) == (cube,)


def test_a_pattern_comes_back_as_it_was() -> None:
    hidden = {"calls": frozenset({(("2026-10-01", None), "calls"), ((None, None), "calls")}), "none": frozenset()}
    data = ledger.canonical_pattern(hidden)
    assert ledger.pattern_of(data) == hidden
    assert data == b'{"calls":[[["2026-10-01",null],"calls"],[[null,null],"calls"]],"none":[]}'


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_no_request_can_read_what_is_hidden(archive: Archive) -> None:
    await archive.make()
    for door in (archive.db.snapshot, archive.db.edge):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with door(archive.partners["pine"].partner) as session:
                await session.execute(select(ReportSecret))


def _days(since: int, until: int) -> Period:
    first = date(2026, 1, 1)
    return Period(first + timedelta(since), first + timedelta(until))


async def _frozen(archive: Archive, periods: Sequence[Period], ends: date | None = None) -> None:
    """Rows of reports that are frozen."""
    async with archive.db.edge(0) as session:
        for number, period in enumerate(periods, 1):
            session.add(
                Report(
                    id=f"rep_{number}",
                    partner=archive.partners["pine"].partner,
                    client="test",
                    created=0,
                    title="",
                    definition="",
                    readers=NATIONAL.value,
                    since=period.since.isoformat(),
                    until=period.until.isoformat(),
                    state=ReportState.MADE.value,
                    ends=midnight(ends or period.until),
                    position=number,
                )
            )


async def _numbers(archive: Archive, period: Period) -> tuple[int, ...]:
    async with archive.db.survey() as session:
        return await ledger.numbers(session, Shelf(PUBLIC, 0, period))
