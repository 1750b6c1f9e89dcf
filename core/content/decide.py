"""Whether a version may leave the hub. Every route that answers with its words or its bytes asks here."""

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.content.models import Material, Review, Version
from core.errors import Fault, Forbidden, Gone, NotFound
from core.wire.content import Decision, MaterialState
from core.wire.scopes import Scope


def may_leave(principal: Principal, at: int) -> ColumnElement[bool]:
    """The versions (joined with their material) that may leave for `principal` at `at` µs.

    Nothing that was withdrawn leaves. What is published, approved as it stands and within its window leaves for
    everyone; the rest only for its author and for reviewers.
    """
    approved = exists().where(
        Review.version == Version.number, Review.decision == Decision.APPROVE, Review.digest == Version.digest
    )
    published = and_(
        Version.state == MaterialState.PUBLISHED,
        approved,
        or_(Version.opens.is_(None), Version.opens <= at),
        or_(Version.closes.is_(None), Version.closes > at),
    )
    inside = true() if reviews(principal) else Material.author == principal.partner
    return and_(Version.state != MaterialState.WITHDRAWN, or_(inside, published))


def reviews(principal: Principal) -> bool:
    """Whether the principal sees what is not yet published, in order to judge it."""
    return Scope.CONTENT_APPROVE in principal.scopes or principal.is_operator


def inside(principal: Principal, material: Material) -> bool:
    """Whether the principal sees every version of this material that was not withdrawn."""
    return material.author == principal.partner or reviews(principal)


async def versions(session: AsyncSession, principal: Principal, id: str) -> tuple[Material, list[Version]]:
    """A material and those of its versions that may leave, oldest first. Raises `NotFound` and `Gone`."""
    rows = (await session.execute(_asked(principal, id).order_by(Version.version))).all()
    leaving = [version for _, version, may in rows if may]
    if not leaving:
        raise _refusal(principal, [(material, version) for material, version, _ in rows])
    return rows[0][0], leaving


async def version(session: AsyncSession, principal: Principal, id: str, number: str) -> tuple[Material, Version]:
    """One version, if it may leave. Raises `NotFound` and `Gone`."""
    found = await session.execute(_asked(principal, id).where(Version.version == _number(number)))
    row = found.one_or_none()
    if row is None or not row[2]:
        raise _refusal(principal, [(row[0], row[1])] if row else [])
    return row[0], row[1]


def _asked(principal: Principal, id: str) -> Select[Material, Version, bool]:
    """The versions of a material, each with whether it may leave now."""
    joined = select(Material, Version, may_leave(principal, times.now()))
    return joined.join(Version, Version.material == Material.number).where(Material.id == _id(id))


async def material_to_change(session: AsyncSession, principal: Principal, id: str) -> Material:
    """A material that the principal sees from inside, withdrawn or not.

    Raises `Forbidden` when it only sees it published, `NotFound` and `Gone` as for reading.
    """
    found = (await session.execute(select(Material).where(Material.id == _id(id)))).scalar_one_or_none()
    if found is not None and inside(principal, found):
        return found
    await versions(session, principal, id)
    raise Forbidden("Only its author changes a material, and only another partner's reviewer decides on it.")


async def version_to_change(
    session: AsyncSession, principal: Principal, id: str, number: str
) -> tuple[Material, Version]:
    """The same for one version."""
    material = await material_to_change(session, principal, id)
    query = select(Version).where(Version.material == material.number, Version.version == _number(number))
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return material, found


def _refusal(principal: Principal, rows: list[tuple[Material, Version]]) -> Fault:
    """Why nothing of these versions leaves: 410 for those who could have had it, 404 for everyone else."""
    for material, version in reversed(rows):
        known = inside(principal, material) or version.published is not None
        if known and version.state == MaterialState.WITHDRAWN:
            return _withdrawn(material, version)
        if version.state == MaterialState.PUBLISHED:
            return _closed(version)
    return NotFound()


def _closed(version: Version) -> Fault:
    if version.closes is None or version.closes > times.now():
        return NotFound()
    return Gone(f"Its window closed on {times.hub_day(version.closes)}. Take it down where you used it.")


def _withdrawn(material: Material, version: Version) -> Gone:
    """The 410 of what was withdrawn: why, since when, and what to use instead."""
    instead = ""
    if material.withdrawn is None:
        detail = f"Version {version.version} was replaced."
        instead = f"/v1/materials/{material.id}"
    else:
        detail = f"Withdrawn on {times.hub_day(material.withdrawn)}: {material.reason}"
        if material.replacement is not None:
            instead = f"/v1/materials/{material.replacement}"
    if not instead:
        return Gone(f"{detail} Take it down where you used it; GET /v1/materials lists what may be used.")
    # RFC 5829 §3.4, for programs.
    link = {"Link": f'<{instead}>; rel="successor-version"'}
    return Gone(f"{detail} Take it down where you used it; use {instead} instead.", headers=link)


def _id(text: str) -> str:
    if not ids.named("mat", text):
        raise NotFound
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise NotFound
    return int(text)
