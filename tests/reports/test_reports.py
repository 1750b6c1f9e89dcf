"""Who may order and read which report."""

from datetime import date, timedelta

import msgspec
import pytest

from core import times
from core.auth.access import Principal
from core.errors import Forbidden, NotFound, TooManyRequests
from core.log import head
from core.reports import reports
from core.reports.reports import EmptyPeriod, LongPeriod, NotBegun, NotMade, TwoDefinitions
from core.reports.sections import SECTIONS
from core.reports.templates import SHIPPED
from core.wire.documents import Period, ReaderClass
from core.wire.reports import ReportIn, ReportOut, ReportState
from core.wire.scopes import Scope
from tests.reports.conftest import CALLS, OCTOBER, Archive

TODAY = times.today()


async def ask(archive: Archive, wanted: ReportIn, slug: str = "pine") -> ReportOut:
    principal = archive.partners[slug]
    async with head.edge(archive.db, principal.partner, principal.client, "FreezeReport") as session:
        return await reports.ask(session, principal, wanted)


@pytest.mark.parametrize(
    ("since", "until", "refusal"),
    [
        (OCTOBER.since, OCTOBER.since, EmptyPeriod),
        (OCTOBER.since, OCTOBER.since - timedelta(1), EmptyPeriod),
        (OCTOBER.since, OCTOBER.since + timedelta(401), LongPeriod),
        (TODAY + timedelta(1), TODAY + timedelta(2), NotBegun),
    ],
)
async def test_a_period_that_cannot_be_counted_is_refused(
    archive: Archive, since: date, until: date, refusal: type[Exception]
) -> None:
    await ask(archive, ReportIn(Period(OCTOBER.since, OCTOBER.since + timedelta(400))))
    await ask(archive, ReportIn(Period(TODAY, TODAY + timedelta(1))))
    with pytest.raises(refusal):
        await ask(archive, ReportIn(Period(since, until)))


async def test_without_a_definition_it_has_every_section(archive: Archive) -> None:
    made = await archive.make(definition=None)
    document = await archive.document(made)
    assert [one.name for one in document.sections] == list(SECTIONS)
    assert (made.readers, made.template, document.template) == (ReaderClass.NATIONAL, None, "custom")


async def test_a_template_says_the_rest(archive: Archive) -> None:
    slug, template = next(iter(SHIPPED.items()))
    ordered = await ask(archive, ReportIn(OCTOBER, slug))
    assert (ordered.template, ordered.title, ordered.readers) == (slug, template.title, template.readers)
    with pytest.raises(TwoDefinitions):
        await ask(archive, ReportIn(OCTOBER, slug, CALLS))
    with pytest.raises(NotFound):
        await ask(archive, ReportIn(OCTOBER, "of-nobody"))


@pytest.mark.parametrize("readers", [ReaderClass.NATIONAL, ReaderClass.PUBLIC])
async def test_what_is_not_a_partners_own_needs_a_scope_to_order(archive: Archive, readers: ReaderClass) -> None:
    without(archive, "pine", Scope.REPORTS_NATIONAL)
    with pytest.raises(Forbidden):
        await archive.order("pine", readers)
    await archive.order("pine", ReaderClass.PARTNER)


async def test_who_reads_what(archive: Archive) -> None:
    made = {readers: await archive.order("pine", readers) for readers in ReaderClass}
    assert await listed(archive, "lotus") == set()
    await archive.work()
    everything = {one.id for one in made.values()}
    assert await listed(archive, "pine") == everything
    assert await listed(archive, "lotus") == {made[ReaderClass.PUBLIC].id}
    without(archive, "pine", Scope.REPORTS_NATIONAL)
    assert await listed(archive, "pine") == everything - {made[ReaderClass.NATIONAL].id}


async def test_a_malformed_id_finds_nothing(archive: Archive) -> None:
    made = await archive.order()
    for malformed in ("", "rep_", "rep_\x00", "\ud800", made.id.upper()):
        with pytest.raises(NotFound):
            await archive.find(malformed)


async def test_nobody_fills_the_queue(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_WAITING", 2)
    await archive.order()
    await archive.order()
    with pytest.raises(TooManyRequests):
        await archive.order()
    await archive.order("lotus")


async def test_files_are_there_once_it_is_made(archive: Archive) -> None:
    ordered = await archive.order()
    assert ordered.state is ReportState.QUEUED
    principal = archive.partners["pine"]
    async with archive.db.snapshot(principal.partner) as snapshot:
        with pytest.raises(NotMade):
            await reports.file(snapshot, principal, ordered.id, "report.json")
        with pytest.raises(NotMade):
            await reports.manifest(snapshot, principal, ordered.id)


async def test_blobs_of_reports_are_known_to_whoever_sweeps(archive: Archive) -> None:
    made = await archive.make()
    digests = [file.sha256 for file in made.files]
    async with archive.db.snapshot(0) as snapshot:
        assert await reports.named(snapshot, [*digests, "0" * 64]) == set(digests)


async def listed(archive: Archive, slug: str) -> set[str]:
    """The ids of all that this partner finds, by lists and one by one."""
    principal = archive.partners[slug]
    async with archive.db.snapshot(principal.partner) as snapshot:
        first = await reports.page(snapshot, principal, 0, 1)
        rest = await reports.page(snapshot, principal, int(first.next), 10) if first.next else None
    found = [*first.reports, *(rest.reports if rest else ())]
    for one in found:
        assert await archive.find(one.id, slug) == one
    return {one.id for one in found}


def without(archive: Archive, slug: str, scope: Scope) -> None:
    principal: Principal = archive.partners[slug]
    archive.partners[slug] = msgspec.structs.replace(principal, scopes=principal.scopes - {scope})
