"""Targets as they stood at the end of a time, beside what had been told by then: of cells, which never change."""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.campaigns import goals, reach
from core.campaigns.models import CampaignGoals, CommuneCell, ReachCell
from core.campaigns.places.communes import register
from core.wire.campaigns import Goal, Measure


class Target(NamedTuple):
    """A goal of a campaign, and how far it was reached."""

    campaign: str
    goal: Goal
    reached: int
    target: int


async def at(session: AsyncSession, ends: int, until: date, day: date) -> list[Target]:
    """The goals that held before `ends` (µs), by campaign and in its order, with what was told before the day `until`.

    `day`: on which communes are those that are counted.
    """
    wanted = await _in_force(session, ends)
    told = await _told(session, until)
    counts_communes = any(goal.measure is Measure.COMMUNES for _, goal in wanted)
    communes = await _communes(session, until) if counts_communes else {}
    found = []
    for campaign, goal in wanted:
        if goal.measure is Measure.COMMUNES:
            tellings = [one for place, every in communes.items() if _fits(place, campaign, goal) for one in every]
            reached = len(goals.covered(tellings, goal.sites, register(), day))
            found.append(Target(campaign, goal, reached, goal.target or len(register().standing(day))))
        elif goal.target is not None:
            column = reach.MEASURES.index(goal.measure.value)
            reached = sum(sums[column] for place, sums in told.items() if _fits(place, campaign, goal))
            found.append(Target(campaign, goal, reached, goal.target))
    return found


_Place = tuple[str, str, str]
"""Campaign, strand, kind."""


def _fits(place: _Place, campaign: str, goal: Goal) -> bool:
    of, strand, kind = place
    return of == campaign and goal.strand in (None, strand) and goal.kind in (None, kind)


async def _in_force(session: AsyncSession, ends: int) -> list[tuple[str, Goal]]:
    written = select(CampaignGoals).where(CampaignGoals.since < ends).order_by(CampaignGoals.since)
    newest = {row.campaign: row.goals for row in await session.scalars(written)}
    return [
        (campaign, goal) for campaign in sorted(newest) for goal in msgspec.convert(newest[campaign], tuple[Goal, ...])
    ]


async def _told(session: AsyncSession, until: date) -> dict[_Place, tuple[int, ...]]:
    keys = (ReachCell.campaign, ReachCell.strand, ReachCell.kind)
    sums = (func.sum(getattr(ReachCell, name)) for name in reach.MEASURES)
    rows = await session.execute(select(*keys, *sums).where(ReachCell.day < until.isoformat()).group_by(*keys))
    # PostgreSQL sums bigint to numeric, which arrives as Decimal.
    return {(row[0], row[1], row[2]): tuple(map(int, row[3:])) for row in rows}


async def _communes(session: AsyncSession, until: date) -> dict[_Place, list[goals.Told]]:
    keys = (CommuneCell.campaign, CommuneCell.strand, CommuneCell.kind, CommuneCell.commune, CommuneCell.held)
    told = select(*keys, func.sum(CommuneCell.sites)).where(CommuneCell.day < until.isoformat()).group_by(*keys)
    found: dict[_Place, list[goals.Told]] = defaultdict(list)
    rows: Any = await session.execute(told.having(func.sum(CommuneCell.told) > 0))
    for campaign, strand, kind, commune, held, sites in rows:
        found[campaign, strand, kind].append((commune, held, int(sites)))
    return found
