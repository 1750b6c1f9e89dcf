"""Connection points: the places from which people took part in an activity, rows below it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids
from core.campaigns.models import Activity
from core.campaigns.models import ConnectionPoint as Row
from core.campaigns.places.communes import register
from core.db import among, insert_rows, page_of, table_of
from core.errors import NotFound
from core.wire.campaigns import ConnectionPoint, ConnectionPointPage
from core.wire.common import FieldError


def fault(points: Sequence[ConnectionPoint], day: date, pointer: str) -> FieldError | None:
    """The first point whose commune was none on `day`."""
    for index, point in enumerate(points):
        if register().at(point.commune, day) is None:
            text = f"On {day} no commune had the code {point.commune}; GET /v1/communes?day={day} lists them."
            return FieldError(f"{pointer}/{index}/commune", "unknown_commune", text)
    return None


def digest(points: Sequence[ConnectionPoint]) -> str | None:
    """The same for the same points in the same order; None for none."""
    return hashlib.sha256(msgspec.json.encode(points)).hexdigest() if points else None


async def replace(session: AsyncSession, points: Mapping[str, Sequence[ConnectionPoint]]) -> None:
    """Let these be all points of each activity, which is stored already."""
    activities = list(points)
    # SQLite takes 32,766 variables a statement.
    for start in range(0, len(activities), 5_000):
        some = activities[start : start + 5_000]
        await session.execute(delete(Row).where(among(Row.activity, some, session)))
    rows = [
        {"activity": activity, "name": point.name, "commune": point.commune, "participants": point.participants}
        for activity, many in points.items()
        for point in many
    ]
    await insert_rows(session, table_of(Row), rows)


async def page(session: AsyncSession, activity: str, after: int, limit: int) -> ConnectionPointPage:
    """Points of an activity in the order in which they were told. Raises `NotFound` for no activity."""
    known = select(Activity.number).where(Activity.id == activity)
    if not ids.named("act", activity) or (await session.execute(known)).first() is None:
        raise NotFound
    rows, following = await page_of(session, select(Row).where(Row.activity == activity), Row.number, after, limit)
    found = tuple(ConnectionPoint(row.name, row.commune, row.participants) for row in rows)
    return ConnectionPointPage(points=found, next=following)
