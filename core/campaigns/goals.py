"""Goals: how far each is reached, and the communes that are still missing.

Activities keep their code and day; what is counted are the units in force today that came out of those codes, so a
merger or a division between neither loses nor doubles a commune.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.campaigns import strands
from core.campaigns.models import Activity, Campaign, CampaignGoals, ConnectionPoint
from core.campaigns.places.communes import Register, register
from core.errors import Conflict
from core.log.head import Head
from core.wire.campaigns import GapPage, Goal, GoalsProgress, Measure, Progress, ProvinceCover
from core.wire.common import FieldError, Title

ANYTHING = Goal("anything", Title("Có hoạt động"), Measure.COMMUNES)
"""The measure of gaps when no goal is named."""

Told = tuple[str, str, int]
"""Commune, day, sites."""


def check(goals: Sequence[Goal]) -> None:
    """Raises `Conflict` for goals that cannot be counted, or that have one name twice."""
    names = Counter(goal.slug for goal in goals)
    faults = [fault for index, goal in enumerate(goals) for fault in _faults(goal, names, f"/goals/{index}")]
    if faults:
        raise Conflict("Not every goal can be counted.", errors=faults)


def _faults(goal: Goal, names: Counter[str], pointer: str) -> list[FieldError]:
    found = []
    if names[goal.slug] > 1:
        found.append(FieldError(f"{pointer}/slug", "twice", "Each goal has a slug of its own."))
    if goal.target is None and goal.measure is not Measure.COMMUNES:
        found.append(FieldError(f"{pointer}/target", "needed", "Only communes have a target by themselves: all."))
    if goal.sites and goal.measure is not Measure.COMMUNES:
        found.append(FieldError(f"{pointer}/sites", "communes_only", "Only communes are counted by their sites."))
    if goal.strand is not None and goal.strand not in strands.ALL:
        text = f"The strands are {', '.join(strands.ALL)}."
        found.append(FieldError(f"{pointer}/strand", "unknown_strand", text))
    return found


async def progress(session: AsyncSession, campaign: Campaign, day: date) -> GoalsProgress:
    """How far each goal of a campaign is reached."""
    found = []
    for goal in stored(campaign):
        reached = await _reached(session, campaign.slug, goal, day)
        found.append(Progress(goal, reached, goal.target or len(register().standing(day))))
    return GoalsProgress(day=day, goals=tuple(found))


async def keep(session: AsyncSession, campaign: Campaign) -> None:
    """Write down what the campaign wants from now on, where that is something else than before."""
    head: Head = session.info["head"]
    known = select(CampaignGoals.goals).where(CampaignGoals.campaign == campaign.slug)
    newest = await session.scalar(known.order_by(CampaignGoals.since.desc()).limit(1))
    if newest != campaign.goals:
        session.add(CampaignGoals(campaign=campaign.slug, since=head.at, goals=campaign.goals))


def stored(campaign: Campaign) -> tuple[Goal, ...]:
    return msgspec.convert(campaign.goals, tuple[Goal, ...])


async def gaps(
    session: AsyncSession, campaign: Campaign, goal: str | None, day: date, province: str | None, after: str, limit: int
) -> GapPage:
    """Communes that a goal of the measure `communes` still misses. Raises `Conflict` for another goal."""
    wanted = ANYTHING if goal is None else _of_communes(campaign, goal)
    done = covered(await _told(session, campaign.slug, wanted), wanted.sites, register(), day)
    units = register().standing(day, province)
    missing = [unit for unit in units if unit.code not in done]
    page = [unit for unit in missing if unit.code > after]
    every, left = (Counter(unit.province for unit in some) for some in (units, missing))
    return GapPage(
        day=day,
        communes=len(units),
        covered=len(units) - len(missing),
        provinces=tuple(ProvinceCover(code, count, count - left[code]) for code, count in sorted(every.items())),
        gaps=tuple(page[:limit]),
        next=page[limit - 1].code if len(page) > limit else None,
    )


def covered(told: Sequence[Told], sites: int, units: Register, day: date) -> set[str]:
    """Codes in force on `day` of the communes that were told of, with at least so many sites together.

    What is told of a unit that was divided since holds for each of its parts.
    """
    sums: defaultdict[str, int] = defaultdict(int)
    for commune, then, count in told:
        for code in units.become(commune, date.fromisoformat(then), day):
            sums[code] += count
    return {code for code, total in sums.items() if total >= sites}


def _of_communes(campaign: Campaign, slug: str) -> Goal:
    for goal in stored(campaign):
        if goal.slug == slug and goal.measure is Measure.COMMUNES:
            return goal
    known = ", ".join(goal.slug for goal in stored(campaign) if goal.measure is Measure.COMMUNES) or "none"
    fault = FieldError("/goal", "unknown_goal", f"Goals of this campaign that count communes: {known}.")
    raise Conflict("Name a goal that counts communes.", errors=[fault])


async def _reached(session: AsyncSession, campaign: str, goal: Goal, day: date) -> int:
    if goal.measure is Measure.COMMUNES:
        return len(covered(await _told(session, campaign, goal), goal.sites, register(), day))
    what: ColumnElement[Any] = func.count()
    if goal.measure is not Measure.ACTIVITIES:
        what = func.coalesce(func.sum(getattr(Activity, goal.measure.value)), 0)
    return int((await session.execute(select(what).where(*_fitting(campaign, goal)))).scalar_one())


async def _told(session: AsyncSession, campaign: str, goal: Goal) -> list[Told]:
    """What was told of communes: where activities were held, and their connection points."""
    held = (
        select(Activity.commune, Activity.day, func.sum(Activity.sites))
        .where(*_fitting(campaign, goal), Activity.commune.is_not(None))
        .group_by(Activity.commune, Activity.day)
    )
    joined = (
        select(ConnectionPoint.commune, Activity.day, func.count())
        .join(Activity, Activity.id == ConnectionPoint.activity)
        .where(*_fitting(campaign, goal))
        .group_by(ConnectionPoint.commune, Activity.day)
    )
    found: list[Told] = []
    for query in (held, joined):
        rows: Sequence[Any] = (await session.execute(query)).all()
        # PostgreSQL sums bigint to numeric, which arrives as Decimal.
        found += [(commune, then, int(count)) for commune, then, count in rows]
    return found


def _fitting(campaign: str, goal: Goal) -> list[ColumnElement[bool]]:
    fitting = [Activity.campaign == campaign]
    if goal.kind is not None:
        fitting.append(Activity.kind == goal.kind.value)
    if goal.strand is not None:
        fitting.append(Activity.strand == goal.strand)
    return fitting
