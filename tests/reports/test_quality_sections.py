"""The sections that say how far figures hold: silence, doubts, days on which partners were heard of."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from core import times
from core.campaigns.models import ReachCell
from core.db import Database
from core.log import head
from core.reports.asked import midnight
from core.reports.cube import margins
from core.safeguards.models import Appeal
from core.takedowns.models import Takedown, TakedownStep
from core.wire.documents import Period, ReaderClass, SectionStatus
from tests.reports.books import OCTOBER, Books, rows, tables

PINE, LOTUS, REED = "pine", "lotus", "reed"
NATIONAL, PUBLIC, PARTNER = ReaderClass.NATIONAL, ReaderClass.PUBLIC, ReaderClass.PARTNER


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    books = Books(Database(database_url))
    await books.admit(PINE, LOTUS, REED)
    yield books
    await books.db.close()


@pytest.fixture
async def silent(books: Books) -> Books:
    """Pine falls silent on 21 October; lotus sends to the end; reed has never sent often."""
    await books.count_daily(PINE, "2026-09-20", "2026-10-20")
    await books.count_daily(LOTUS, "2026-10-10", "2026-10-29")
    for day in ("2026-09-01", "2026-10-01", "2026-10-02"):
        await books.count(REED, day, closed=1)
    return books


@pytest.mark.parametrize("section", ["signals", "data_quality"])
async def test_whoever_fell_silent_is_named_with_the_day(silent: Books, section: str) -> None:
    draft = await silent.draw(section, silent.asked(NATIONAL))
    assert (draft.status, draft.since) == (SectionStatus.PARTIAL, times.from_micros(midnight(date(2026, 10, 21))))
    assert draft.note
    assert draft.note.en.endswith("Nothing came any more from: pine (since 2026-10-21).")
    assert draft.note.vi.endswith("Không nhận được gì nữa từ: pine (từ 21/10/2026).")


@pytest.mark.parametrize("section", ["signals", "data_quality"])
async def test_the_public_learns_how_many_and_a_partner_only_of_itself(silent: Books, section: str) -> None:
    public = await silent.draw(section, silent.asked(PUBLIC))
    assert public.status is SectionStatus.PARTIAL
    assert public.note
    assert "pine" not in public.note.en + public.note.vi
    assert public.note.en.endswith("Partners that fell silent: 1.")
    lotus = await silent.draw(section, silent.asked(PARTNER, LOTUS))
    assert (lotus.status, lotus.since) == (SectionStatus.MADE, None)
    pine = await silent.draw(section, silent.asked(PARTNER, PINE))
    assert pine.status is SectionStatus.PARTIAL


async def test_silence_is_told_at_the_end_of_the_time_that_counts(silent: Books) -> None:
    before = silent.asked(NATIONAL, at=datetime(2026, 10, 26, 10, tzinfo=UTC))
    assert (await silent.draw("signals", before)).status is SectionStatus.MADE
    after = silent.asked(NATIONAL, at=datetime(2026, 10, 27, 10, tzinfo=UTC))
    assert (await silent.draw("signals", after)).status is SectionStatus.PARTIAL
    # What it sent later does not mend the report of October, which is the same whenever it is drawn.
    await silent.count_daily(PINE, "2026-11-01", "2026-11-03")
    assert (await silent.draw("signals", silent.asked(NATIONAL))).status is SectionStatus.PARTIAL


async def test_days_on_which_partners_were_heard_of_are_counted(silent: Books) -> None:
    await _told_of_reach(silent, REED, "2026-10-02", "2026-10-03")
    first = midnight(date(2026, 10, 5))
    await _took_steps(silent, REED, first - 1, first, first + 5, midnight(OCTOBER.until))
    draft = await silent.draw("data_quality", silent.asked(NATIONAL))
    assert rows(draft, "activity") == {
        (LOTUS,): (20, 31, "64.5"),
        (PINE,): (20, 31, "64.5"),
        (REED,): (5, 31, "16.1"),
        (None,): (45, 93, "48.4"),
    }
    assert rows(await silent.draw("data_quality", silent.asked(PUBLIC)), "activity") == {(): (45, 93, "48.4")}
    own = await silent.draw("data_quality", silent.asked(PARTNER, REED))
    assert rows(own, "activity") == {(REED,): (5, 31, "16.1"), (None,): (5, 31, "16.1")}


async def test_a_partner_that_sent_nothing_in_the_period_is_there_with_nothing(silent: Books) -> None:
    december = Period(date(2026, 12, 1), date(2027, 1, 1))
    draft = await silent.draw("data_quality", silent.asked(NATIONAL, period=december))
    assert rows(draft, "activity")[(PINE,)] == (0, 31, "0.0")


async def test_doubts_are_counted_by_partner_for_those_who_read_all(books: Books) -> None:
    await books.count(PINE, "2026-10-05", LOTUS, disputed=6, refuted=2, held=30)
    await books.count(LOTUS, "2026-10-06", disputed=1, category="grooming")
    national = await books.draw("partner_quality", books.asked(NATIONAL))
    assert rows(national, "doubts_by_partner") == {(PINE,): (6, 2, 30), (LOTUS,): (1, 0, 0), (None,): (7, 2, 30)}
    public = await books.draw("partner_quality", books.asked(PUBLIC))
    assert {one.name for table in tables(public) for one in table.dimensions} == {"time", "category"}
    assert rows(public, "doubts_by_category") == {
        ("phishing",): (6, 2, 30),
        ("grooming",): (1, 0, 0),
        (None,): (7, 2, 30),
    }
    # What it sees of others' claims is not what became of them.
    lotus = await books.draw("partner_quality", books.asked(PARTNER, LOTUS))
    assert rows(lotus, "doubts_by_partner") == {(LOTUS,): (1, 0, 0), (None,): (1, 0, 0)}
    assert not any(count.protected for count in lotus.cubes[0].counts)


async def test_a_partner_is_given_what_the_hub_counted_of_it(books: Books) -> None:
    await books.count(PINE, "2026-10-05", LOTUS, new=3, opened=4, closed=2, retracted=1)
    await books.count(LOTUS, "2026-10-05", PINE, new=50, opened=50)
    draft = await books.draw("data_quality", books.asked(PARTNER, PINE))
    assert rows(draft, "taken_in_by_time") == {("2026-10-05",): (3, 4, 2, 1, 0), (None,): (3, 4, 2, 1, 0)}


async def test_appeals_count_when_they_were_decided(books: Books) -> None:
    inside, outside = midnight(OCTOBER.since), midnight(OCTOBER.until)
    states = [("upheld", inside), ("reversed", outside - 1), ("reversed", outside), ("gathering", 0), ("upheld", 5)]
    async with head.writing(books.db, "test", "Appeal") as session:
        for number, (state, closed) in enumerate(states, start=1):
            said = {"target": f"sig_{number}", "partner": books.partners[PINE], "reason": "", "evidence": []}
            at = {"opened": 1, "suspended": False, "state": state, "closed": closed}
            await session.execute(insert(Appeal).values(number=number, id=f"apl_{number}", **said, **at))
    draft = await books.draw("data_quality", books.asked(NATIONAL))
    assert rows(draft, "appeals_by_decision") == {("upheld",): (1,), ("reversed",): (1,), (None,): (2,)}
    (cube,) = [one for one in draft.cubes if one.name == "appeals"]
    assert margins(cube, ("time",))["2026-10-31", None, None] == (1,)


async def _told_of_reach(books: Books, slug: str, *days: str) -> None:
    figures = dict.fromkeys(("activities", "points", "sites", "classes", "participants", "views"), 1)
    at = {"month": "2026-09", "campaign": "khong-mot-minh", "province": "01", "strand": "", "kind": "training"}
    async with head.writing(books.db, "test", "Tell") as session:
        for day in days:
            await session.execute(insert(ReachCell).values(day=day, partner=books.partners[slug], **at, **figures))


async def _took_steps(books: Books, slug: str, *times_of_steps: int) -> None:
    """In a case that somebody asked it for."""
    said = {"target": "sig_a", "kind": "url", "value": "https://bait.example/", "account": "", "category": "phishing"}
    case = {"id": "tkd_a", "state": "notified", "priority": "normal", "basis": "user_complaint", "opened": 0}
    step = {"takedown": 1, "client": "test", "origin": "notified", "state": "notified", "position": 0}
    async with head.writing(books.db, "test", "Step") as session:
        platform = books.partners[slug]
        await session.execute(insert(Takedown).values(number=1, platform=platform, **said, **case))
        for at in times_of_steps:
            await session.execute(insert(TakedownStep).values(at=at, actor=platform, **step))
