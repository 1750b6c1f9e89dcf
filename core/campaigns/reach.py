"""Cells of reach: by how much a telling of activities raised or lowered the figures, kept in its transaction.

2026-11-22: an activity is corrected in place, so what was told of it by a day is known from the sums of its cells up to
that day alone. A cell belongs to the day of the telling: a report of that time stays as it is, whatever is told later.
Held by tests/campaigns/test_reach.py.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from core import cells, times
from core.campaigns.models import Activity, CommuneCell, ConnectionPoint, ReachCell
from core.cells import Deltas, Difference
from core.db import among
from core.log.head import Head
from core.wire.campaigns import ConnectionPoint as Point

MEASURES = ("activities", "points", "sites", "classes", "participants", "views")
_COMMUNE_MEASURES = ("told", "sites")
_TOGETHER = 5_000
"""Values in one statement: SQLite takes 32,766."""

Row = Mapping[str, Any]
"""Of `Activity`."""
Points = Mapping[str, int]
"""Of one activity: how many in each commune."""


async def keep(
    session: AsyncSession, before: Sequence[Row], after: Sequence[Row], told: Mapping[str, Sequence[Point]]
) -> None:
    """Write into the cells of today that the rows `before` become the rows `after`.

    `told`: the connection points of each of `after`. Those of `before` are read, so they have to be there still.
    """
    head: Head = session.info["head"]
    day = times.hub_day(head.at)
    provinces = Deltas(ReachCell, day, MEASURES)
    communes = Deltas(CommuneCell, day, _COMMUNE_MEASURES)
    joined = await _points(session, [row["id"] for row in before if row["points"]])
    for row in before:
        _count(provinces, communes, row, joined[row["id"]], -1)
    for row in after:
        _count(provinces, communes, row, Counter(point.commune for point in told[row["id"]]), 1)
    await provinces.store(session)
    await communes.store(session)


def _count(provinces: Deltas, communes: Deltas, row: Row, joined: Points, sign: int) -> None:
    campaign, held, strand, kind = row["campaign"], row["day"], row["strand"] or "", row["kind"]
    audience = (row[name] for name in MEASURES[1:])
    provinces.add((held[:7], campaign, row["partner"], row["province"], strand, kind), (1, *audience), sign)
    if row["commune"] is not None:
        communes.add((campaign, row["commune"], held, strand, kind), (1, row["sites"]), sign)
    for commune, number in joined.items():
        communes.add((campaign, commune, held, strand, kind), (number, number), sign)


async def _points(session: AsyncSession, activities: Sequence[str]) -> Mapping[str, Points]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for start in range(0, len(activities), _TOGETHER):
        counted = (
            select(ConnectionPoint.activity, ConnectionPoint.commune, func.count())
            .where(among(ConnectionPoint.activity, activities[start : start + _TOGETHER], session))
            .group_by(ConnectionPoint.activity, ConnectionPoint.commune)
        )
        for activity, commune, number in await session.execute(counted):
            found[activity][commune] = number
    return found


async def differences(session: AsyncSession) -> list[Difference]:
    """Where the cells are not what the activities and their connection points come to as they stand."""
    strand, month = func.coalesce(Activity.strand, ""), func.substr(Activity.day, 1, 7)
    by_province = select(
        *(month.label("month"), Activity.campaign, Activity.partner, Activity.province, strand.label("strand")),
        *(Activity.kind, literal(1).label("activities"), *(getattr(Activity, name) for name in MEASURES[1:])),
    )
    of_its_own = (Activity.day, strand.label("strand"), Activity.kind, literal(1).label("told"))
    held = select(Activity.campaign, Activity.commune, *of_its_own, Activity.sites).where(Activity.commune.is_not(None))
    joined = (
        select(Activity.campaign, ConnectionPoint.commune, *of_its_own, literal(1).label("sites"))
        .join(ConnectionPoint, ConnectionPoint.activity == Activity.id)
        .select_from(Activity)
    )
    by_commune = select(union_all(held, joined).subquery())
    return [
        *await cells.differences(session, ReachCell, by_province, MEASURES),
        *await cells.differences(session, CommuneCell, by_commune, _COMMUNE_MEASURES),
    ]
