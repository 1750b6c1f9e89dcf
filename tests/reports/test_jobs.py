"""How an order becomes a report: counted, hidden, frozen, drawn, signed, each once, whatever happens in between."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import ModuleType

import msgspec
import pytest
from sqlalchemy import insert, select, update

from core import times
from core.db import Database
from core.errors import TooManyRequests
from core.log import head
from core.log.events import record
from core.log.models import Tick
from core.reports import ledger, remaking
from core.reports.asked import by_day, midnight
from core.reports.jobs import Reporter
from core.reports.models import Report, ReportSecret
from core.reports.process import Died, Process
from core.reports.reports import NotMade, Provisional
from core.reports.verify import NotGenuine, verify
from core.wire.documents import Dimension, Member, Period, Positions, ReaderClass, SectionStatus
from core.wire.events import CampaignChanged
from core.wire.reports import Remade, ReportState
from core.wire.sections import Asked, Draft, Wanted
from core.wire.templates import Definition
from tests.reports.conftest import OCTOBER, Archive, calls, calls_plugin, forms_plugin, plugin, section, words

TODAY = Period(times.today(), times.today() + timedelta(1))


async def test_an_order_is_made_and_told_once(archive: Archive) -> None:
    made = await archive.make()
    assert made.state is ReportState.MADE
    assert made.progress.done == made.progress.of
    assert [file.name for file in made.files] == ["report.en.txt", "report.json", "report.vi.txt"]
    assert await archive.events() == [("report.frozen", made.id), ("report.made", made.id)]
    assert await archive.work() == 0


async def test_small_counts_are_hidden_and_kept_secret(archive: Archive) -> None:
    made = await archive.make()
    document = await archive.document(made)
    (table,) = section(document, "calls").tables
    shown = {row.key: row.cells for row in table.rows}
    assert shown["alarm",] == (None,)
    assert any(cells == (None,) for key, cells in shown.items() if key != ("alarm",)), "the total gives it away"
    async with archive.db.survey() as session:
        secret = (await session.scalars(select(ReportSecret))).one()
    assert ledger.digest(secret.pattern) == document.pattern_sha256


async def test_the_document_is_canonical_and_its_hash_is_in_the_log(archive: Archive) -> None:
    made = await archive.make()
    data = await archive.read(made, "report.json")
    again = json.dumps(json.loads(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert again.encode() == data
    assert made.frozen is not None
    assert hashlib.sha256(data).hexdigest() == made.frozen.document_sha256
    title = await archive.read(made, "report.en.txt")
    assert title.decode() == f"Consolidated report {made.frozen.document_sha256} {made.frozen.position}"


async def test_every_file_verifies_by_the_manifest(archive: Archive) -> None:
    made = await archive.make()
    async with archive.db.survey() as session:
        signed = (await session.scalars(select(Report.manifest))).one()
    assert signed is not None
    await archive.tokens.refresh()
    keys = archive.tokens.current.ring.public()
    for file in made.files:
        data = await archive.read(made, file.name)
        assert verify(data, signed.encode(), keys).file.name == file.name
        with pytest.raises(NotGenuine):
            verify(data + b" ", signed.encode(), keys)


async def test_the_same_again_is_the_same_bytes(archive: Archive) -> None:
    first, second = await archive.make(), await archive.make()
    assert first.frozen is not None
    assert second.frozen is not None
    assert first.frozen.document_sha256 == second.frozen.document_sha256
    assert first.frozen.position < second.frozen.position


async def test_both_engines_make_the_same_bytes(
    new_sqlite: Callable[[], str], new_postgresql: Callable[[], str], process: Process
) -> None:
    every = Definition(("takedowns", "reach", "content", "calls"))
    made = set()
    for url in (new_sqlite(), new_postgresql()):
        archive = Archive(Database(url), process, [calls_plugin(), forms_plugin()])
        await archive.admit("pine")
        report = await archive.make(definition=every)
        made.add(await archive.read(report, "report.json"))
        await archive.db.close()
    assert len(made) == 1


async def test_it_says_how_far_it_reaches(archive: Archive) -> None:
    over, running = await archive.make(), await archive.make(period=TODAY)
    assert over.frozen is not None
    assert running.frozen is not None
    # Everything of the test happened today, so the log had not begun when October ended.
    assert over.frozen.positions == Positions(0, 0)
    assert running.frozen.positions.to > 0
    assert (over.frozen.provisional, running.frozen.provisional) == (False, True)
    assert (await archive.document(over)).as_of.isoformat() == "2026-10-31T17:00:00+00:00"


async def test_made_again_it_is_the_same(archive: Archive) -> None:
    made = await archive.make()
    remade = await remake(archive, made.id)
    assert (remade.same, remade.proved) == (True, True)
    assert [(file.name, file.same, file.renderer_changed) for file in remade.files] == [
        ("report.en.txt", True, False),
        ("report.json", True, False),
        ("report.vi.txt", True, False),
    ]


async def test_made_again_it_says_what_differs(archive: Archive) -> None:
    made = await archive.make()
    archive.reporter = archive.worker([calls_plugin(advice=41, alarm=3, other=60), forms_plugin()])
    remade = await remake(archive, made.id)
    assert (remade.same, remade.sections) == (False, ("calls",))
    assert not any(file.same for file in remade.files)


async def test_made_again_by_another_library_it_says_so(archive: Archive) -> None:
    made = await archive.make()
    archive.reporter = archive.worker([calls_plugin()])
    remade = await remake(archive, made.id)
    assert remade.same
    assert [file.name for file in remade.files if file.renderer_changed] == ["report.en.txt", "report.vi.txt"]


async def test_a_partner_has_one_report_made_again_at_a_time(archive: Archive) -> None:
    made = await archive.make()
    both = await asyncio.gather(remake(archive, made.id), remake(archive, made.id), return_exceptions=True)
    assert [type(one) for one in both] == [Remade, TooManyRequests]
    assert (await remake(archive, made.id)).same


async def test_a_running_period_is_not_made_again(archive: Archive) -> None:
    made = await archive.make(period=TODAY)
    with pytest.raises(Provisional):
        await remake(archive, made.id)


async def test_what_is_not_made_is_not_made_again(archive: Archive) -> None:
    with pytest.raises(NotMade):
        await remake(archive, (await archive.order()).id)


async def test_a_form_that_falls_over_leaves_the_others_whole(archive: Archive) -> None:
    made = await archive.make()
    assert made.left_out == ("report.broken",)


async def raising(asked: Asked) -> list[Draft]:
    raise ZeroDivisionError


async def late(asked: Asked) -> list[Draft]:
    await asyncio.sleep(30)
    return []


async def of_a_taken_name(asked: Asked) -> list[Draft]:
    return [calls(asked), calls(asked)]


async def ragged(asked: Asked) -> list[Draft]:
    draft = calls(asked)
    cube = msgspec.structs.replace(draft.cubes[0], atoms={("2026-10-01", "nobody"): (1,)})
    return [msgspec.structs.replace(draft, cubes=(cube,))]


@pytest.mark.parametrize("sections", [raising, late, of_a_taken_name, ragged])
async def test_a_plugin_that_fails_leaves_a_section_that_says_so_and_since_when(
    archive: Archive, sections: Callable[..., Awaitable[list[Draft]]]
) -> None:
    archive.reporter = archive.worker([plugin("hotline", report_sections=sections)])
    missing = section(await archive.document(await archive.make()), "calls")
    assert (missing.status, missing.tables) == (SectionStatus.UNAVAILABLE, ())
    assert missing.note is not None
    assert missing.note.en == "No answer came from: hotline."
    assert missing.since is not None


async def test_a_section_that_nobody_gives_says_so(archive: Archive) -> None:
    made = await archive.make(definition=Definition(("calls", "weather")))
    missing = section(await archive.document(made), "weather")
    assert (missing.status, missing.since) == (SectionStatus.UNAVAILABLE, None)


async def test_two_workers_make_an_order_once(archive: Archive) -> None:
    orders = [await archive.order() for _ in range(3)]
    other = archive.worker([calls_plugin(), forms_plugin()])
    async with archive.host.keeper.running():
        made = await asyncio.gather(archive.reporter.work(), other.work())
    assert sum(made) == 3
    assert sorted(await archive.events()) == sorted(
        (kind, one.id) for one in orders for kind in ("report.frozen", "report.made")
    )


@pytest.mark.parametrize("state", ["drawing", "protecting", "rendering", "signing"])
async def test_what_one_worker_began_another_ends(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Whatever was committed counts; nothing is told twice."""
    dying = {"drawing": "draw", "protecting": "_settle", "rendering": "draw_file", "signing": "_sign"}[state]
    ordered = await archive.order()
    with monkeypatch.context() as patched:

        async def die(*_: object) -> None:
            raise asyncio.CancelledError

        patched.setattr(Reporter, dying, die)
        with pytest.raises(asyncio.CancelledError):
            await archive.work()
    assert (await archive.find(ordered.id)).state is not ReportState.MADE
    assert await archive.work() == 0, "the lease runs"
    await archive.expire()
    assert await archive.work() == 1
    assert (await archive.find(ordered.id)).state is ReportState.MADE
    assert await archive.events() == [("report.frozen", ordered.id), ("report.made", ordered.id)]


async def test_who_lost_the_lease_writes_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered = await archive.order()
    drawn = Reporter.draw

    async def slow(self: Reporter, order: object) -> object:
        if not await archive.events():
            monkeypatch.setattr(Reporter, "draw", drawn)
            await archive.expire()
            assert await archive.reporter.work() == 1
        return await drawn(self, order)  # type: ignore[arg-type]

    monkeypatch.setattr(Reporter, "draw", slow)
    await archive.work()
    assert await archive.events() == [("report.frozen", ordered.id), ("report.made", ordered.id)]


async def test_what_is_frozen_meanwhile_is_reckoned_with(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reports that are protected at once would each miss the other."""
    first, second = await archive.order(), await archive.order()
    drawn, seen = Reporter.draw, list[str]()

    async def meanwhile(self: Reporter, order: object) -> object:
        drawing = await drawn(self, order)  # type: ignore[arg-type]
        seen.append(order.report)  # type: ignore[attr-defined]
        return drawing

    settle = Reporter._settle

    async def overtaken(self: Reporter, *rest: object) -> object:
        settled = await settle(self, *rest)  # type: ignore[arg-type]
        if len(seen) == 1:
            assert await archive.reporter.work() == 1
        return settled

    monkeypatch.setattr(Reporter, "draw", meanwhile)
    monkeypatch.setattr(Reporter, "_settle", overtaken)
    await archive.work()
    assert seen == [first.id, second.id, first.id]
    frozen = [report for kind, report in await archive.events() if kind == "report.frozen"]
    assert frozen == [second.id, first.id]
    async with archive.db.survey() as session:
        held = dict((await session.execute(select(ReportSecret.report, ReportSecret.held))).all())
    assert held == {1: "[2]", 2: "[]"}


async def test_what_was_committed_late_is_counted_before_a_report_is_final(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Reporter._settle
    committed: list[bool] = []

    async def commit_late(self: Reporter, *rest: object) -> object:
        settled = await settle(self, *rest)  # type: ignore[arg-type]
        if not committed:
            committed.append(True)
            in_october = {"position": 1, "n": 1, "at": midnight(OCTOBER.until) - 1, "actor": "test", "request": "Late"}
            async with archive.db.writer() as session:
                await session.execute(insert(Tick).values(in_october))
        return settled

    monkeypatch.setattr(Reporter, "_settle", commit_late)
    async with head.writing(archive.db, "test", "Count") as session:
        await record(session, CampaignChanged(campaign="some-change"))
    async with archive.db.writer() as session:
        await session.execute(update(Tick).where(Tick.position == 1).values(position=99))
    made = await archive.make()
    assert made.frozen is not None
    assert made.frozen.positions.to == 1


async def test_what_fails_again_and_again_is_given_up(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise Died

    monkeypatch.setattr(Reporter, "draw", fail)
    ordered = await archive.order()
    for _ in range(3):
        assert (await archive.find(ordered.id)).state is not ReportState.FAILED
        await archive.expire()
        await archive.work()
    failed = await archive.find(ordered.id)
    assert failed.state is ReportState.FAILED
    assert failed.refusal is not None
    assert failed.refusal.code == "failed"
    assert await archive.events() == [("report.refused", ordered.id)]
    assert await archive.work() == 0


async def test_a_report_that_would_weaken_another_is_refused_with_the_tables_named(archive: Archive) -> None:
    """Zeros are always shown: those of a finer table would give away what was hidden in wider ones."""
    archive.reporter = archive.worker([by_place("kind"), forms_plugin()])
    made = await archive.make()
    archive.reporter = archive.worker([by_place("kind", "place"), forms_plugin()])
    refused = await archive.make()
    assert (refused.state, refused.frozen, refused.files) == (ReportState.REFUSED, None, ())
    assert refused.refusal is not None
    assert refused.refusal.code == "weakens"
    assert {name.split("/")[0] for name in refused.refusal.tables} == {made.id, refused.id}
    assert (await archive.events())[-1] == ("report.refused", refused.id)


async def test_a_report_that_contradicts_what_its_readers_hold_is_refused(archive: Archive) -> None:
    await archive.make()
    archive.reporter = archive.worker([calls_plugin(advice=40, alarm=3, other=61), forms_plugin()])
    refused = await archive.make()
    assert refused.refusal is not None
    assert (refused.state, refused.refusal.code) == (ReportState.REFUSED, "unsettled")


def by_place(*by: str) -> ModuleType:
    """Calls by kind and place, in one table by both or in one by each."""

    async def sections(asked: Asked) -> list[Draft]:
        draft = calls(asked)
        (cube,) = draft.cubes
        (table,) = cube.tables
        day = by_day(asked)[asked.period.since.isoformat()]
        counts = {("advice", "north"): 3, ("alarm", "south"): 7, ("other", "north"): 50}
        tables = [by] if len(by) > 1 else [("kind",), ("place",)]
        place = Dimension("place", words("Place"), tuple(Member(one, words(one)) for one in ("north", "south")))
        finer = msgspec.structs.replace(
            cube,
            dimensions=(*cube.dimensions, place),
            atoms={(day, *at): (number,) for at, number in counts.items()},
            tables=tuple(Wanted("_and_".join(one), table.title, one, table.measures) for one in tables),
        )
        return [msgspec.structs.replace(draft, cubes=(finer,))]

    return plugin("hotline", report_sections=sections)


async def test_readers_hold_their_own(archive: Archive) -> None:
    """National and public reports are one problem, a partner's are its own."""
    for slug, readers in (
        ("pine", ReaderClass.PUBLIC),
        ("pine", ReaderClass.NATIONAL),
        ("pine", ReaderClass.PARTNER),
        ("lotus", ReaderClass.PARTNER),
        ("lotus", ReaderClass.PARTNER),
        ("lotus", ReaderClass.NATIONAL),
    ):
        await archive.order(slug, readers)
    await archive.order("pine", ReaderClass.NATIONAL, Period(OCTOBER.until, OCTOBER.until + timedelta(1)))
    await archive.work()
    async with archive.db.survey() as session:
        held = dict((await session.execute(select(ReportSecret.report, ReportSecret.held))).all())
    assert held == {1: "[]", 2: "[1]", 3: "[]", 4: "[]", 5: "[4]", 6: "[1,2]", 7: "[]"}


async def remake(archive: Archive, id: str) -> Remade:
    async with archive.db.survey() as session:
        row = (await session.scalars(select(Report).where(Report.id == id))).one()
    async with archive.host.keeper.running():
        return await remaking.remake(archive.db, archive.reporter, archive.partners["pine"], row)
