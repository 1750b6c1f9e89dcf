"""Who fetched what, counted as downloads that began: refusals, HEAD, 304 and continued ranges are none."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.content.models import Fetch, Material, Version
from core.db import Database


async def note(db: Database, principal: Principal, version: int, asset: str) -> None:
    """Write a download down before its first byte leaves. Takes no position: it changes nothing that others read."""
    at = times.now()
    row = {"version": version, "asset": asset, "partner": principal.partner, "day": times.hub_day(at), "at": at}
    async with db.edge(principal.partner) as session:
        await session.execute(insert(Fetch).values(row))


class Fetched(NamedTuple):
    """Downloads of a material's assets on one day by partners of one kind."""

    day: str
    material: str
    kind: str
    """Of the partners that fetched; never which of them."""
    fetches: int


async def fetched(
    session: AsyncSession, since: date, until: date, principal: Principal, *, national: bool
) -> list[Fetched]:
    """Downloads on the hub's days from `since` to before `until`, in the order of their fields.

    Of every material when `national`, else of the principal's own materials and those that its partner fetched.
    """
    query = (
        select(Fetch.day, Material.id, Partner.kind, func.count())
        .join(Version, Version.number == Fetch.version)
        .join(Material, Material.number == Version.material)
        .join(Partner, Partner.id == Fetch.partner)
        .where(Fetch.day >= since.isoformat(), Fetch.day < until.isoformat())
        .group_by(Fetch.day, Material.id, Partner.kind)
    )
    if not national:
        query = query.where(or_(Material.author == principal.partner, Fetch.partner == principal.partner))
    return sorted(Fetched(*row) for row in await session.execute(query))
