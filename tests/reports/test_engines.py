"""The same history is the same sections on both engines, whatever their collations and their arithmetic."""

from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import insert

from core import times
from core.auth.access import Principal
from core.content.models import Fetch, Version
from core.db import Database, table_of
from core.wire.documents import ReaderClass
from core.wire.sections import Draft
from tests.campaigns.histories import Clock, History, found_campaigns
from tests.content.test_use_cells import found_materials, tell
from tests.reports.drawn import assert_members_are_known, drawn
from tests.reports.test_takedowns_section import Story, november, october
from tests.takedowns.timed import cast

YEAR = ("2026-06-01", "2027-06-01")


async def lived(db: Database, clock: Clock) -> None:
    """Some of everything that the sections of reach and content count."""
    await found_campaigns(db)
    for seed in range(5):
        await History(db, clock, seed).run()
    await found_materials(db)
    for seed in range(5):
        clock.wait(20)
        await tell(db, Random(seed))
    async with db.writer() as session:
        for number, kind in ((1, "poster"), (2, "video"), (3, "quiz")):
            words = {"title_vi": "T", "summary": "", "kind": kind, "languages": [], "audiences": [], "categories": []}
            row = {"number": number, "material": number, "version": 1, "state": "withdrawn", "licence": "L"}
            more = {
                "published": 1,
                "withdrawn": clock.now,
                "territory": "",
                "asset_texts": [],
                "posts": [],
                "brief": {},
            }
            await session.execute(insert(Version).values(words | row | more))
            for partner in (1, 2):
                fetched = {"version": number, "asset": "a", "partner": partner, "day": times.hub_day(clock.now)}
                await session.execute(insert(table_of(Fetch)).values(fetched))


async def counted(db: Database) -> list[Draft]:
    story = Story(await cast(db))
    _, late, slow = await october(story)
    await november(story, late, slow)
    readers: list[Principal | ReaderClass] = [ReaderClass.NATIONAL, ReaderClass.PUBLIC, story.timed.partners["a05"]]
    found = [await drawn(db, name, *YEAR, one) for name in ("takedowns", "reach", "content") for one in readers]
    for draft in found:
        assert_members_are_known(draft)
    return found


async def test_sections_are_equal_on_both_engines(
    new_sqlite: Callable[[], str], new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for url in (new_sqlite(), new_postgresql()):
        db = Database(url)
        with monkeypatch.context() as patched:
            clock = Clock()
            patched.setattr(times, "now", clock)
            await lived(db, clock)
        found.append(await counted(db))
        await db.close()
    assert found[0] == found[1]
    assert all(cube.atoms for national in found[0][::3] for cube in national.cubes)
