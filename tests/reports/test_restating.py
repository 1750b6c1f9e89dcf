"""Restatements: totals beside what was said before, and no small change among them."""

import pytest

from core.log import head
from core.reports import reports
from core.reports.cube import Count, Cube
from core.reports.reports import Restating
from core.reports.restating import Restated, Versions, sections
from core.wire.documents import ReaderClass, Unit
from core.wire.reports import ReportOut, ReportState
from core.wire.sections import Draft
from core.wire.templates import Heading
from tests.reports.conftest import Archive, calls_plugin, forms_plugin, section, words

REASON = Heading("Đếm trùng cuộc gọi", "Calls were counted twice")


async def restate(archive: Archive, report: ReportOut, **numbers: int) -> ReportOut:
    """As the figures are now."""
    principal = archive.partners["pine"]
    async with head.edge(archive.db, principal.partner, principal.client, "RestateReport") as session:
        ordered = await reports.restate(session, principal, report.id, REASON)
    await archive.work(archive.worker([calls_plugin(**numbers), forms_plugin()]))
    return await archive.find(ordered.id)


async def rows(archive: Archive, report: ReportOut) -> dict[tuple[str | None, ...], tuple[object, ...]]:
    (table,) = section(await archive.document(report), "calls").tables
    return {row.key: row.cells for row in table.rows}


async def test_totals_are_said_beside_those_of_before(archive: Archive) -> None:
    made = await archive.make(readers=ReaderClass.NATIONAL)
    again = await restate(archive, made, advice=30, alarm=3, other=50)
    assert (again.state, again.restates, again.period) == (ReportState.MADE, made.id, made.period)
    assert made.frozen
    assert again.frozen
    assert again.frozen.positions == made.frozen.positions
    assert again.frozen.document_sha256 != made.frozen.document_sha256
    about = section(await archive.document(again), "restatement")
    assert about.note
    assert made.id in about.note.vi
    assert REASON.vi in about.note.vi
    assert await rows(archive, again) == {("calls",): (103, 83)}


async def test_a_small_change_is_hidden_from_every_version_before(archive: Archive) -> None:
    made = await archive.make(readers=ReaderClass.NATIONAL)
    near = await restate(archive, made, advice=38, alarm=3, other=60)
    assert await rows(archive, near) == {("calls",): (103, None)}
    far = await restate(archive, made, advice=60, alarm=3, other=60)
    assert await rows(archive, far) == {("calls",): (103, 123)}
    # 123 was said, and 101 counted: neither may be told from this one.
    for advice in (57, 45):
        close = await restate(archive, made, advice=advice, alarm=3, other=60)
        assert await rows(archive, close) == {("calls",): (103, None)}


async def test_the_next_report_is_protected_as_if_there_were_none(archive: Archive) -> None:
    made = await archive.make(readers=ReaderClass.NATIONAL)
    await restate(archive, made, advice=30, alarm=3, other=50)
    archive.worker([calls_plugin(), forms_plugin()])
    again = await archive.make(readers=ReaderClass.NATIONAL)
    assert again.frozen
    assert made.frozen
    assert again.frozen.document_sha256 == made.frozen.document_sha256


async def test_a_restatement_is_not_stated_again(archive: Archive) -> None:
    made = await archive.make(readers=ReaderClass.NATIONAL)
    again = await restate(archive, made, advice=30, alarm=3, other=50)
    with pytest.raises(Restating):
        await restate(archive, again)


def test_what_counts_no_people_is_told_however_little_it_changed() -> None:
    def draft(views: int, cases: int) -> Draft:
        counts = (Count("views", words("Views"), Unit.VIEWS, protected=False), Count("cases", words("C"), Unit.CASES))
        return Draft("reach", words("Reach"), (Cube("reach", (), counts, {(): (views, cases)}, ()),))

    def told(now: Draft, before: Draft) -> list[tuple[object, ...]]:
        _, shown = sections(Restated("rep_a", REASON), [now], Versions([before.cubes], {}))
        return [row.cells for row in shown.tables[0].rows]

    assert told(draft(102, 40), draft(100, 40)) == [(100, 102), (40, 40)]
    assert told(draft(100, 49), draft(100, 40)) == [(100, 100), (40, None)]
    assert told(draft(100, 50), draft(100, 40)) == [(100, 100), (40, 50)]
    assert told(draft(100, 3), draft(100, 40)) == [(100, 100), (40, None)]
