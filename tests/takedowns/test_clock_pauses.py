"""Who may stop a clock, whose, and what becomes of the deadline."""

from collections.abc import AsyncIterator

import pytest

from core.db import Database
from core.errors import Conflict, Forbidden, NotFound
from core.takedowns import cases, pauses, ticking
from core.takedowns.models import Takedown
from core.times import HOUR, SECOND
from core.wire.clock import ClockOut, Priority
from core.wire.scopes import PartnerKind
from tests.takedowns.timed import Timed, at, cast

NOW = at("2026-11-22T08:00")


@pytest.fixture
async def timed(database_url: str) -> AsyncIterator[Timed]:
    made = await cast(Database(database_url), [("stranger", PartnerKind.PROTECTION)])
    yield made
    await made.db.close()


async def opened(timed: Timed) -> Takedown:
    """An authority's order of 24 hours, joined an hour later by a user's complaint of 48."""
    async with timed.writing(NOW) as session:
        case = await timed.open(session, NOW, "tiktok", "a05", "authority_order", Priority.NORMAL)
    async with timed.writing(NOW + HOUR) as session:
        case = await session.get_one(Takedown, case.number)
        await timed.ask(session, NOW + HOUR, case, "shield", "user_complaint", Priority.NORMAL)
    return case


async def act(timed: Timed, case: Takedown, hours: int, what: str, slug: str) -> None:
    now = NOW + hours * HOUR
    async with timed.writing(now) as session:
        row = await session.get_one(Takedown, case.number)
        if what == "pause":
            await timed.pause(session, row, slug)
        elif what == "resume":
            await timed.resume(session, row, slug)
        else:
            timed.answer(now, row)


async def due(timed: Timed, case: Takedown) -> float | None:
    """Hours after the first request."""
    found = (await timed.case(case.id)).due
    return None if found is None else (found - NOW) / HOUR


async def shown(timed: Timed, case: Takedown, slug: str) -> ClockOut:
    async with timed.db.survey() as session:
        reader = timed.partners[slug]
        return await pauses.read(session, reader, await cases.find(session, reader, case.id))


async def test_who_asked_stops_its_own_clock_and_nobody_elses(timed: Timed) -> None:
    case = await opened(timed)
    assert await due(timed, case) == 24
    await act(timed, case, 2, "pause", "shield")
    assert await due(timed, case) == 24
    await act(timed, case, 3, "pause", "a05")
    assert await due(timed, case) is None
    assert (await timed.case(case.id)).paused == NOW + 3 * HOUR
    await act(timed, case, 4, "resume", "shield")
    # 48 hours from the first, two of which it stood.
    assert await due(timed, case) == 51
    await act(timed, case, 9, "resume", "a05")
    assert await due(timed, case) == 30
    assert (await timed.case(case.id)).paused is None


async def test_the_operator_stops_them_all(timed: Timed) -> None:
    case = await opened(timed)
    await act(timed, case, 2, "pause", "secretariat")
    assert await due(timed, case) is None
    async with timed.writing(NOW + 11 * HOUR) as session:
        row = await session.get_one(Takedown, case.number)
        await timed.ask(session, NOW + 11 * HOUR, row, "stranger", "protection_notice", Priority.NORMAL)
    assert await due(timed, case) is None
    await act(timed, case, 12, "resume", "secretariat")
    assert await due(timed, case) == 34


async def test_neither_the_platform_nor_a_stranger_stops_a_clock(timed: Timed) -> None:
    case = await opened(timed)
    with pytest.raises(Forbidden, match="in_review"):
        await act(timed, case, 2, "pause", "tiktok")
    with pytest.raises(Forbidden):
        await act(timed, case, 2, "pause", "stranger")
    async with timed.db.survey() as session:
        with pytest.raises(NotFound):
            await cases.find(session, timed.partners["stranger"], case.id)


async def test_a_clock_is_stopped_once_and_only_while_it_runs(timed: Timed) -> None:
    case = await opened(timed)
    with pytest.raises(Conflict, match="not stopped"):
        await act(timed, case, 2, "resume", "a05")
    await act(timed, case, 2, "pause", "a05")
    with pytest.raises(Conflict, match="already"):
        await act(timed, case, 3, "pause", "a05")
    await act(timed, case, 4, "resume", "a05")
    await act(timed, case, 5, "answer", "tiktok")
    with pytest.raises(Conflict, match="answered"):
        await act(timed, case, 6, "pause", "a05")


async def test_a_pause_after_the_deadline_undoes_no_breach(timed: Timed) -> None:
    case = await opened(timed)
    await act(timed, case, 25, "pause", "secretariat")
    assert await due(timed, case) == 24
    await ticking.tick(timed.db, NOW + 26 * HOUR)
    assert (await timed.case(case.id)).breached == NOW + 26 * HOUR


async def test_while_a_clock_stands_nothing_is_told(timed: Timed) -> None:
    case = await opened(timed)
    await act(timed, case, 2, "pause", "secretariat")
    await ticking.tick(timed.db, NOW + 99 * HOUR)
    assert (await timed.case(case.id)).wakes is None
    await act(timed, case, 100, "resume", "secretariat")
    await ticking.tick(timed.db, NOW + 100 * HOUR)
    told = await timed.events("takedown.paused", "takedown.resumed", "takedown.due_soon", "takedown.breached")
    assert [name for name, _ in told[case.id]] == ["takedown.paused", "takedown.resumed"]
    # 24 hours, of which 2 had run.
    assert (await timed.case(case.id)).wakes == NOW + (100 + 22 - 6) * HOUR


async def test_who_asked_reads_its_own_pauses_and_not_who_else_asked(timed: Timed) -> None:
    case = await opened(timed)
    await act(timed, case, 2, "pause", "shield")
    await act(timed, case, 3, "pause", "secretariat")
    parties = ("tiktok", "secretariat", "shield", "a05")
    seen = {slug: [one.partner for one in (await shown(timed, case, slug)).pauses] for slug in parties}
    assert seen == {
        "tiktok": ["shield", "secretariat"],
        "secretariat": ["shield", "secretariat"],
        "shield": ["shield", "secretariat"],
        "a05": ["secretariat"],
    }


async def test_a_deadline_is_shown_in_utc_and_in_viet_nams_time(timed: Timed) -> None:
    case = await opened(timed)
    found = await shown(timed, case, "tiktok")
    assert found.due is not None
    assert found.due.isoformat() == "2026-11-23T01:00:00+00:00"
    assert found.due_local == "2026-11-23T08:00:00+07:00"


async def test_what_the_clock_changes_moves_the_etag(timed: Timed) -> None:
    case = await opened(timed)
    before = (await timed.case(case.id)).version
    await ticking.tick(timed.db, NOW + 2 * HOUR)
    assert (await timed.case(case.id)).version == before
    await ticking.tick(timed.db, NOW + 24 * HOUR + SECOND)
    assert (await timed.case(case.id)).version == before + 1
