"""The section of signals: what is counted, for whom, and that it is what the claims say."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from core import times
from core.db import Database
from core.signals.models import Claim
from core.wire.documents import Period, ReaderClass
from tests.reports.books import Books, rows, shown, tables
from tests.signals.cells import Clock, History, settle_in
from tests.signals.conftest import Room

PINE, LOTUS, REED = "pine", "lotus", "reed"


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    books = Books(Database(database_url))
    await books.admit(PINE, LOTUS, REED)
    await books.count(PINE, "2026-10-05", LOTUS, new=7, first=7, opened=9, closed=3, retracted=1)
    await books.count(LOTUS, "2026-10-05", new=5, first=2, opened=5, closed=2, expired=2)
    await books.count(LOTUS, "2026-10-31", PINE, kind="phone", category="grooming", new=1, first=1, opened=1)
    await books.count(REED, "2026-10-31", PINE, kind="nick", category="other", new=4, opened=4)
    for outside in ("2026-09-30", "2026-11-01"):
        await books.count(PINE, outside, new=100, first=100, opened=100)
    yield books
    await books.db.close()


async def test_the_nation_is_told_claims_by_partner_and_signals_once(books: Books) -> None:
    draft = await books.draw("signals", books.asked(ReaderClass.NATIONAL))
    assert rows(draft, "signals_by_time") == {
        ("2026-10-05",): (12, 9),
        ("2026-10-31",): (5, 1),
        (None,): (17, 10),
    }
    assert rows(draft, "signals_by_partner") == {(LOTUS,): (6,), (PINE,): (7,), (REED,): (4,), (None,): (17,)}
    assert rows(draft, "signals_by_kind_and_category")["phone", "grooming"] == (1,)
    # What was closed to be opened otherwise has not ended.
    assert rows(draft, "ended_by_partner_and_ending") == {
        (LOTUS, "expired"): (2,),
        (LOTUS, None): (2,),
        (PINE, "retracted"): (1,),
        (PINE, None): (1,),
        (None, "expired"): (2,),
        (None, "retracted"): (1,),
        (None, None): (3,),
    }


async def test_a_kind_of_a_plugin_comes_after_the_hubs_own(books: Books) -> None:
    draft = await books.draw("signals", books.asked(ReaderClass.NATIONAL))
    kinds = [member.code for member in shown(draft, "signals_by_kind").dimensions[0].members]
    assert (kinds[0], kinds[-1], len(kinds)) == ("url", "nick", 17)


async def test_the_public_is_told_no_partners_figure(books: Books) -> None:
    draft = await books.draw("signals", books.asked(ReaderClass.PUBLIC))
    assert {one.name for table in tables(draft) for one in table.dimensions} == {"time", "kind", "category", "ending"}
    assert rows(draft, "signals_by_category")[(None,)] == (17, 10)
    # Each partner knows its own part of the sums.
    assert [cube.contributor for cube in draft.cubes] == ["partner", "partner"]


async def test_a_partner_is_told_what_it_sees_and_never_what_others_said_first(books: Books) -> None:
    draft = await books.draw("signals", books.asked(ReaderClass.PARTNER, PINE))
    assert rows(draft, "signals_by_partner") == {(PINE,): (9,), ("others",): (5,), (None,): (14,)}
    assert {one.name for table in tables(draft) for one in table.measures} == {"opened", "ended"}
    assert draft.cubes[0].known == {PINE}
    reed = await books.draw("signals", books.asked(ReaderClass.PARTNER, REED))
    assert rows(reed, "signals_by_partner") == {(REED,): (4,), (None,): (4,)}


async def test_longer_periods_are_told_by_months(books: Books) -> None:
    quarter = Period(date(2026, 9, 1), date(2026, 12, 1))
    draft = await books.draw("signals", books.asked(ReaderClass.NATIONAL, period=quarter))
    told = rows(draft, "signals_by_time")
    assert told == {("2026-09",): (100, 100), ("2026-10",): (17, 10), ("2026-11",): (100, 100), (None,): (217, 210)}


async def test_a_month_is_the_sum_of_its_days(books: Books) -> None:
    days = [Period(date(2026, 10, 1) + timedelta(n), date(2026, 10, 2) + timedelta(n)) for n in range(31)]
    sums: Counter[tuple[str | None, ...]] = Counter()
    for day in days:
        draft = await books.draw("signals", books.asked(ReaderClass.NATIONAL, period=day))
        for key, cells in rows(draft, "signals_by_partner_and_category").items():
            sums[key] += int(str(cells[0]))
    month = rows(await books.draw("signals", books.asked(ReaderClass.NATIONAL)), "signals_by_partner_and_category")
    assert {key: (number,) for key, number in sums.items()} == month


async def test_no_count_is_in_two_cubes(books: Books) -> None:
    """Else one would be hidden in one table and shown in the other."""
    for readers, slug in ((ReaderClass.NATIONAL, None), (ReaderClass.PUBLIC, None), (ReaderClass.PARTNER, PINE)):
        asked = books.asked(readers, slug)
        drafts = [await books.draw(name, asked) for name in ("signals", "partner_quality", "data_quality")]
        cubes = [cube for draft in drafts for cube in draft.cubes]
        protected = [count.name for cube in cubes for count in cube.counts if count.protected]
        assert len(protected) == len(set(protected))
        assert len({cube.name for cube in cubes}) == len(cubes)


async def test_it_says_what_the_claims_say(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room, clock = Room(Database(database_url)), Clock()
    monkeypatch.setattr(times, "now", clock)
    await room.allow_everyone()
    async with room.writer.running():
        await settle_in(room)
        for seed in range(12):
            await History(room, clock, Random(seed), Counter()).run()
    books = Books(room.db)
    year = Period(date(2025, 10, 1), date(2026, 10, 1))
    draft = await books.draw("signals", books.asked(ReaderClass.NATIONAL, period=year))
    claimed = select(Claim.partner, Claim.signal).distinct().subquery()
    async with room.db.survey() as session:
        new = (await session.execute(select(func.count()).select_from(claimed))).scalar_one()
        first = (await session.execute(select(func.count(Claim.signal.distinct())))).scalar_one()
        ended = dict((await session.execute(select(Claim.state, func.count()).group_by(Claim.state))).all())
    await room.db.close()
    assert rows(draft, "signals_by_time")[(None,)] == (new, first)
    by_ending = rows(draft, "ended_by_category_and_ending")
    assert by_ending[None, "retracted"] == (ended["retracted"],)
    assert by_ending[None, "expired"] == (ended["expired"],)


async def test_a_day_that_runs_is_counted_so_far(books: Books) -> None:
    at = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
    period = Period(date(2026, 10, 5), date(2026, 10, 6))
    draft = await books.draw("signals", books.asked(ReaderClass.NATIONAL, period=period, at=at))
    assert rows(draft, "signals_by_time") == {
        ("2026-10-05/2026-10-05T16:30:00",): (12, 9),
        (None,): (12, 9),
    }
