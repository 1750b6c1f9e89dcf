"""Who fetched what: a partner, an asset and a day count once; refusals, HEAD, 304 and continued ranges never."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content.models import Fetch, Material, Version
from core.db import Database, table_of, upsert


async def note(db: Database, principal: Principal, version: int, asset: str) -> None:
    """Write a download down before its first byte leaves. Takes no position: it changes nothing that others read."""
    row = {"version": version, "asset": asset, "partner": principal.partner, "day": times.hub_day(times.now())}
    async with db.edge(principal.partner) as session:
        await upsert(session, table_of(Fetch), [row])


class Fetched(NamedTuple):
    """Downloads of a material on one day."""

    day: str
    material: str
    title: str
    """In Vietnamese, of the newest version fetched that day."""
    fetches: int
    """Pairs of a partner and an asset."""
    partners: int
    """How many partners; never which."""


async def fetched(
    session: AsyncSession, principal: Principal, since: date, until: date, *, national: bool
) -> list[Fetched]:
    """Downloads on the hub's days from `since` to before `until`, in the order of their fields.

    Of every material when `national`, else of the principal's own materials and those that its partner fetched.
    """
    query = (
        select(Fetch.day, Material.id, func.max(Version.number), func.count(), func.count(Fetch.partner.distinct()))
        .join(Version, Version.number == Fetch.version)
        .join(Material, Material.number == Version.material)
        .where(Fetch.day >= since.isoformat(), Fetch.day < until.isoformat())
        .group_by(Fetch.day, Material.id)
    )
    if not national:
        query = query.where(or_(Material.author == principal.partner, Fetch.partner == principal.partner))
    days = query.subquery()
    day, material, newest, fetches, partners = days.c
    titled = select(day, material, Version.title_vi, fetches, partners).join(Version, Version.number == newest)
    return sorted(Fetched(*row) for row in await session.execute(titled))
