"""What ad-hoc cuts count: immutable facts of months that are over, one reader over each source.

A fact belongs to the month in which the hub was told of it, so that a month that is over has the same facts for ever,
but for what a partner comes to see later.
"""

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core import times
from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.campaigns.models import ReachCell
from core.reports.asked import span
from core.reports.sections.takedowns import FACTS
from core.reports.sections.takedowns import Fact as CaseFact
from core.signals.models import Cell
from core.takedowns import parties
from core.takedowns.models import Takedown, TakedownRequest
from core.wire.cuts import CutIn, CutSource

T = TypeVar("T")

_TURN = 200
"""Rows between two chances for requests."""
Fact = tuple[str | int, ...]
"""Members of the dimensions, then a number for each measure."""


class Source(msgspec.Struct, frozen=True):
    """What can be asked of a source."""

    dimensions: tuple[str, ...]
    """`partner` among them is for readers `national`."""
    measures: tuple[str, ...]
    """So is `first`: whoever sees a part of the claims would learn from it whether there are others."""
    read: Callable[[AsyncSession, Principal, CutIn], AsyncIterator[Fact]]


def source(asked: CutIn) -> Source:
    """The source as those readers may ask it."""
    found = SOURCES[asked.source]
    if asked.readers == "national":
        return found
    dimensions = tuple(one for one in found.dimensions if one != "partner")
    return Source(dimensions, tuple(one for one in found.measures if one != "first"), found.read)


async def write(session: AsyncSession, principal: Principal, asked: CutIn, path: Path) -> None:
    """Write the facts of the months asked for to a CSV file with a header. Facts may come in several pieces."""
    found = SOURCES[asked.source]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow((*found.dimensions, *found.measures))
        async for fact in _in_turns(found.read(session, principal, asked)):
            out.writerow(fact)


async def _signals(session: AsyncSession, principal: Principal, asked: CutIn) -> AsyncIterator[Fact]:
    month = func.substr(Cell.day, 1, 7)
    keys = (month, Partner.slug, Cell.kind, Cell.category)
    sums = (func.sum(getattr(Cell, name)) for name in SOURCES[CutSource.SIGNALS].measures)
    counted = (
        select(*keys, *sums)
        .join(Partner, Partner.id == Cell.partner)
        .where(Cell.day >= f"{asked.months.since}-01", Cell.day < f"{asked.months.until}-01")
        .group_by(*keys)
    )
    if asked.readers == "partner":
        counted = counted.where(visible(Cell, principal))
    async for row in await session.stream(counted):
        yield tuple(row)


async def _reach(session: AsyncSession, principal: Principal, asked: CutIn) -> AsyncIterator[Fact]:
    month = func.substr(ReachCell.day, 1, 7)
    keys = (month, Partner.slug, ReachCell.campaign, ReachCell.province, ReachCell.strand)
    sums = (func.sum(getattr(ReachCell, name)) for name in SOURCES[CutSource.REACH].measures)
    counted = (
        select(*keys, *sums)
        .join(Partner, Partner.id == ReachCell.partner)
        .where(ReachCell.day >= f"{asked.months.since}-01", ReachCell.day < f"{asked.months.until}-01")
        .group_by(*keys)
    )
    if asked.readers == "partner":
        counted = counted.where(ReachCell.partner == principal.partner)
    async for row in await session.stream(counted):
        yield tuple(row)


async def _takedowns(session: AsyncSession, principal: Principal, asked: CutIn) -> AsyncIterator[Fact]:
    """Each thing that happens to a case counts in the month in which it did."""
    found: Counter[tuple[str, ...]] = Counter()
    for measure, fact in FACTS.items():
        async for at, *members in _in_turns(await session.stream(_happened(principal, asked, fact))):
            found[(times.hub_day(at)[:7], *members, measure)] += 1
    for (*members, measure), number in found.items():
        yield (*members, *(number if one == measure else 0 for one in FACTS))


def _happened(principal: Principal, asked: CutIn, fact: CaseFact) -> Select[Any]:
    """When, and to which cases: by their first request, for whoever joins later changes no month that is over."""
    platform, first = aliased(Partner), aliased(TakedownRequest)
    earliest = (
        select(func.min(TakedownRequest.number))
        .where(TakedownRequest.takedown == Takedown.number)
        .correlate(Takedown)
        .scalar_subquery()
    )
    wanted = (
        select(fact.at, Partner.slug, platform.slug, Takedown.basis, Takedown.category, first.priority, Takedown.kind)
        .select_from(Takedown)
        .join(first, first.number == earliest)
        .join(Partner, Partner.id == first.partner)
        .join(platform, platform.id == Takedown.platform)
    )
    if fact.told_in is not None:
        wanted = wanted.join(fact.told_in, fact.told_in.takedown == Takedown.number)
    if asked.readers == "partner":
        wanted = wanted.where(parties.concerns(principal))
    begins, ends = span(asked.months.since)[0], span(asked.months.until)[0]
    return wanted.where(*fact.where, fact.at >= begins, fact.at < ends)


async def _in_turns(rows: AsyncIterable[T]) -> AsyncIterator[T]:
    """What a driver has read already comes without a pause: requests want their turn."""
    number = 0
    async for row in rows:
        yield row
        number += 1
        if number % _TURN == 0:
            await asyncio.sleep(0)


SOURCES: Mapping[CutSource, Source] = {
    CutSource.SIGNALS: Source(
        ("month", "partner", "kind", "category"),
        ("first", "new", "opened", "closed", "retracted", "expired"),
        _signals,
    ),
    CutSource.TAKEDOWNS: Source(
        ("month", "partner", "platform", "basis", "category", "priority", "kind"),
        tuple(FACTS),
        _takedowns,
    ),
    CutSource.REACH: Source(
        ("month", "partner", "campaign", "province", "strand"),
        ("activities", "sites", "classes", "participants", "views"),
        _reach,
    ),
}
