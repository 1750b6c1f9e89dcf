"""Figure 8: the same report over few signals and over many."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from itertools import product

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.models import Audience, Partner
from core.db import Database, insert_rows, table_of
from core.log import head
from core.reports.asked import over
from core.reports.cube import tabulate
from core.reports.disclosure import Drawn
from core.reports.disclosure.protect import protect
from core.reports.sections import SECTIONS
from core.signals.models import Cell
from core.wire.documents import Period, Positions, ReaderClass
from core.wire.sections import Asked
from tests.bench.figures import Figure, Goal, compare
from tests.bench.stage import Stage

_DAYS = 30
_PARTNERS = 5
_KINDS = ("url", "domain", "phone", "bank_account", "social_account")
_CATEGORIES = ("online_kidnapping", "grooming", "sextortion", "impersonation", "phishing", "investment_scam")
_RARE = ("trafficking_recruitment", "self_harm")


async def report(stage: Stage) -> AsyncIterator[Figure]:
    """A national report of a month: counting it, working out what to hide, making its tables.

    Hubs differ in how many signals they hold; partners, kinds, categories and days are as many in each.
    """
    few, *more = stage.sizes.reported
    hubs = {size: (await stage.hub(size)).database_url for size in stage.sizes.reported}
    for size, url in hubs.items():
        await _spread(url, size)
    for many in more:
        sides = partial(_make, hubs[many]), partial(_make, hubs[few])
        yield await compare(
            f"report over {many:,}", stage.engine, Goal(1.3, least=False), sides, stage.sizes.pairs,
            unit="s", baseline=f"report over {few:,}",
        )  # fmt: skip


async def _make(url: str) -> float:
    db = Database(url)
    try:
        began = time.monotonic()
        async with db.survey() as session:
            asked = await _last_month(session)
            drafts = [await draw(session, asked) for draw in SECTIONS.values()]
        cubes = tuple(cube for draft in drafts for cube in draft.cubes)
        protection = protect(Drawn("rep_bench", asked.begins, asked.ends, cubes))
        for cube in cubes:
            tabulate(cube, protection.hidden[cube.name])
        return time.monotonic() - began
    finally:
        await db.close()


async def _last_month(session: AsyncSession) -> Asked:
    until = times.today() + timedelta(1)
    positions = Positions(0, await head.position(session))
    period = Period(until - timedelta(_DAYS), until)
    return over(period, positions, times.now(), ReaderClass.NATIONAL, None, None)


async def _spread(url: str, size: int) -> None:
    """Give the signals, which were all seeded alike, partners, kinds, categories and days."""
    db = Database(url)
    async with db.writer() as session:
        partners = list(await session.scalars(select(Partner.id).order_by(Partner.id).limit(_PARTNERS)))
        audience = (await session.scalars(select(Audience.id).limit(1))).one()
        await session.execute(delete(Cell))
        await insert_rows(session, table_of(Cell), [row | {"audience": audience} for row in _cells(partners, size)])
    await db.close()


def _cells(partners: list[int], size: int) -> Iterator[dict[str, object]]:
    days = [(times.today() - timedelta(n)).isoformat() for n in range(_DAYS)]
    places = list(product(days, partners, _KINDS, _CATEGORIES))
    # As uneven as life, and the same at every size; no cell is empty, so that as many are read.
    weights = [1 + (at * 7_919) % 97 for at in range(len(places))]
    whole = sum(weights)
    for (day, partner, kind, category), weight in zip(places, weights, strict=True):
        yield _cell(day, partner, kind, category, 1 + size * weight // whole)
    # What is rare is rare in a large hub, too: at every size there is something to hide.
    for day, partner, kind, category in list(product(days, partners, _KINDS, _RARE))[::13]:
        yield _cell(day, partner, kind, category, 1)


def _cell(day: str, partner: int, kind: str, category: str, new: int) -> dict[str, object]:
    counts = {"new": new, "opened": new, "first": new - new // 5, "closed": 1 + new // 9, "expired": 0}
    at = {"day": day, "partner": partner, "kind": kind, "category": category}
    return at | counts | {"retracted": 1 + new // 9}
