"""Recalls: who fetched what was withdrawn, and who says that it is down.

2026-11-22: what is open is counted from the downloads, each time; nothing is written at the withdrawal that a download
under way could miss. We gave up the cheaper read.
Held by tests/content/test_recalls.py.
"""

from collections import defaultdict
from collections.abc import Mapping

import msgspec
from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.content import decide
from core.content.models import Acknowledgement, Fetch, Material, Version
from core.errors import NotFound
from core.log.events import record
from core.wire.events import MaterialRecalled
from core.wire.recalls import (
    AcknowledgementIn,
    AcknowledgementOut,
    RecalledFrom,
    RecalledPost,
    RecallOut,
    TakenDown,
)


async def tell(session: AsyncSession, material: Material, recalled: list[Version]) -> None:
    """Tell each partner that fetched one of these versions. Its author, who has them anyway, is not asked."""
    for version in recalled:
        wanted = select(Fetch.partner).where(Fetch.version == version.number, Fetch.partner != material.author)
        partners = (await session.scalars(wanted.distinct())).all()
        if partners:
            event = MaterialRecalled(material=material.id, version=version.version)
            await record(session, event, to=partners)


async def acknowledge(
    session: AsyncSession, principal: Principal, id: str, data: AcknowledgementIn
) -> AcknowledgementOut:
    """Keep what the partner did, for all that was recalled of the material by now and that it fetched.

    Raises `NotFound` when there is nothing of the kind.
    """
    recalled = _fetched(await decide.material(session, id)).where(Fetch.partner == principal.partner)
    versions = (await session.scalars(recalled.with_only_columns(Version.number).distinct())).all()
    if not versions:
        raise NotFound
    now = times.now()
    said = msgspec.to_builtins(data) | {"partner": principal.partner, "client": principal.client, "at": now}
    own = select(Acknowledgement.version, Acknowledgement.first).where(Acknowledgement.partner == principal.partner)
    before = dict((await session.execute(own.where(Acknowledgement.version.in_(versions)))).all())
    for version in versions:
        row = await session.merge(Acknowledgement(version=version, first=before.get(version, now), **said))
    return _said(row)


async def read(
    session: AsyncSession, principal: Principal, id: str, waiting: bool | None, after: str, limit: int
) -> RecallOut:
    """Who fetched what was recalled, by slug: those that have not confirmed (`waiting`), those that have, or all.

    Raises `NotFound` for who sees nothing of it.
    """
    material = await decide.material(session, id)
    rows = _fetched(material)
    if not decide.inside(principal, material):
        rows = rows.where(Fetch.partner == principal.partner)
    fetched = await _count(session, rows)
    if not fetched and not decide.inside(principal, material):
        raise NotFound
    open_rows = rows.where(Acknowledgement.at.is_(None))
    still_open = await _count(session, open_rows)
    if waiting is not None:
        one_open = Fetch.partner.in_(open_rows.with_only_columns(Fetch.partner))
        rows = rows.where(one_open if waiting else ~one_open)
    slugs = rows.with_only_columns(Partner.slug).where(Partner.slug > after).distinct().order_by(Partner.slug)
    found = (await session.scalars(slugs.limit(limit + 1))).all()
    page = await session.execute(rows.where(Partner.slug.in_(found[:limit])).order_by(Partner.slug, Version.version))
    grouped: dict[str, dict[int, Acknowledgement | None]] = defaultdict(dict)
    for slug, number, said in page:
        grouped[slug][number] = said
    return RecallOut(
        material=material.id,
        fetched=fetched,
        acknowledged=fetched - still_open,
        partners=tuple(_from(slug, of_versions) for slug, of_versions in grouped.items()),
        next=found[limit - 1] if len(found) > limit else None,
    )


def _fetched(material: Material) -> Select[str, int, Acknowledgement]:
    """Each download of a version that was recalled, with what its partner said of that version."""
    acknowledged = and_(Acknowledgement.version == Fetch.version, Acknowledgement.partner == Fetch.partner)
    return (
        select(Partner.slug, Version.version, Acknowledgement)
        .select_from(Fetch)
        .join(Version, Version.number == Fetch.version)
        .join(Partner, Partner.id == Fetch.partner)
        .outerjoin(Acknowledgement, acknowledged)
        .where(Version.material == material.number, Version.withdrawn.is_not(None), Fetch.partner != material.author)
    )


async def _count(session: AsyncSession, rows: Select[str, int, Acknowledgement]) -> int:
    return (await session.scalar(rows.with_only_columns(func.count(Fetch.partner.distinct())))) or 0


def _from(slug: str, said: Mapping[int, Acknowledgement | None]) -> RecalledFrom:
    rows = [row for row in said.values() if row is not None]
    whole = _said(max(rows, key=lambda row: row.at)) if len(rows) == len(said) else None
    return RecalledFrom(partner=slug, versions=tuple(said), acknowledged=whole)


def _said(row: Acknowledgement) -> AcknowledgementOut:
    return AcknowledgementOut(
        done=TakenDown(row.done),
        posts=msgspec.convert(row.posts, tuple[RecalledPost, ...]),
        note=row.note,
        at=times.from_micros(row.at),
    )
