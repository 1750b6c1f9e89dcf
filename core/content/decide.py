"""Whether a version may leave the hub. Every route that answers with its words or its bytes asks here."""

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.auth.models import Partner
from core.content import licences
from core.content.models import ApprovalPolicy, Material, Requirement, Review, Version
from core.errors import Fault, Forbidden, Gone, NotFound
from core.wire.content import Decision, MaterialState
from core.wire.scopes import Scope


def may_leave(principal: Principal, at: int) -> ColumnElement[bool]:
    """The versions (joined with their material) whose words may leave for `principal` at `at` µs.

    Nothing that was withdrawn leaves. What is `released` leaves for everyone in its territory; the rest only for its
    author and for reviewers.
    """
    outside = and_(released(at), _at_home(principal))
    return and_(Version.state != MaterialState.WITHDRAWN, or_(_inside(principal), outside))


def released(at: int) -> ColumnElement[bool]:
    """The versions that are published, approved as they stand, and within their window at `at` µs."""
    return and_(
        Version.state == MaterialState.PUBLISHED,
        _approved(),
        or_(Version.opens.is_(None), Version.opens <= at),
        or_(Version.closes.is_(None), Version.closes > at),
    )


def _approved() -> ColumnElement[bool]:
    """Of another partner at least, and by as many as the policies ask that it was published under."""
    counts = and_(
        Review.version == Version.number,
        Review.partner != Material.author,
        Review.decision == Decision.APPROVE,
        Review.digest == Version.digest,
        Review.lapsed.is_(None),
    )
    given = select(func.count(Review.partner.distinct())).where(counts, Review.role == ApprovalPolicy.role)
    unmet = (
        select(Requirement.policy)
        .join(ApprovalPolicy, ApprovalPolicy.id == Requirement.policy)
        .where(Requirement.version == Version.number)
        .where(ApprovalPolicy.approvals > given.correlate(Version, Material, ApprovalPolicy).scalar_subquery())
    )
    return and_(exists().where(counts).correlate(Version, Material), ~unmet.correlate(Version, Material).exists())


def _at_home(principal: Principal) -> ColumnElement[bool]:
    """The versions that may be published where the principal's partner publishes."""
    home = select(Partner.territory).where(Partner.id == principal.partner).scalar_subquery()
    return or_(Version.territory == "", Version.territory.contains(home))


def _inside(principal: Principal) -> ColumnElement[bool]:
    return true() if reviews(principal) else Material.author == principal.partner


def reviews(principal: Principal) -> bool:
    """Whether the principal sees what is not yet published, in order to judge it."""
    return Scope.CONTENT_APPROVE in principal.scopes or principal.is_operator


def inside(principal: Principal, material: Material) -> bool:
    """Whether the principal sees every version of this material that was not withdrawn."""
    return material.author == principal.partner or reviews(principal)


async def versions(session: AsyncSession, principal: Principal, id: str) -> tuple[Material, list[Version]]:
    """A material and those of its versions that may leave, oldest first. Raises `NotFound` and `Gone`."""
    rows = (await session.execute(_asked(principal, id).order_by(Version.version))).all()
    leaving = [version for _, version, may, _ in rows if may]
    if not leaving:
        raise _refusal(principal, [(material, version) for material, version, _, home in rows if home], leads_on=False)
    return rows[0][0], leaving


async def version(session: AsyncSession, principal: Principal, id: str, number: str) -> tuple[Material, Version]:
    """One version, if its words may leave. Raises `NotFound` and `Gone`."""
    rows = (await session.execute(_asked(principal, id))).all()
    asked = [row for row in rows if row[1].version == _number(number)]
    for material, found, may, home in asked:
        if may:
            return material, found
        raise _refusal(principal, [(material, found)] if home else [], leads_on=any(row[2] for row in rows))
    raise NotFound


async def version_to_fetch(
    session: AsyncSession, principal: Principal, id: str, number: str
) -> tuple[Material, Version]:
    """One version, if its bytes may leave. Raises `NotFound`, `Gone` and `LicenceNotAccepted`."""
    material, found = await version(session, principal, id, number)
    if not inside(principal, material):
        await licences.require_accepted(session, principal, found.licence)
    return material, found


def _asked(principal: Principal, id: str) -> Select[Material, Version, bool, bool]:
    """The versions of a material, each with whether it may leave now, and whether it could where the caller is."""
    home = or_(_inside(principal), _at_home(principal))
    joined = select(Material, Version, may_leave(principal, times.now()), home)
    return joined.join(Version, Version.material == Material.number).where(Material.id == _id(id))


async def material(session: AsyncSession, id: str) -> Material:
    """A material in any state, for what is told of it and not out of it. Raises `NotFound`."""
    found = (await session.execute(select(Material).where(Material.id == _id(id)))).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


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


def _refusal(principal: Principal, rows: list[tuple[Material, Version]], *, leads_on: bool) -> Fault:
    """Why nothing of these versions leaves: 410 for those who could have had it, 404 for everyone else.

    `leads_on`: whether another version of the same material may be had.
    """
    for material, version in reversed(rows):
        opened = version.published is not None and (version.opens is None or version.opens <= times.now())
        if version.state == MaterialState.WITHDRAWN and (opened or inside(principal, material)):
            return _withdrawn(material, version, leads_on=leads_on)
        if version.state == MaterialState.PUBLISHED:
            return _closed(version)
    return NotFound()


def _closed(version: Version) -> Fault:
    if version.closes is None or version.closes > times.now():
        return NotFound()
    return Gone(f"Its window closed on {times.hub_day(version.closes)}. Take it down where you used it.")


def _withdrawn(material: Material, version: Version, *, leads_on: bool) -> Gone:
    """The 410 of what was withdrawn: why, since when, and what to use instead."""
    replacement = version.replacement
    if material.withdrawn is not None:
        detail = f"Withdrawn on {times.hub_day(material.withdrawn)}: {material.reason}"
        replacement = material.replacement
    elif version.withdrawn is not None:
        detail = f"Version {version.version} was withdrawn on {times.hub_day(version.withdrawn)}: {version.reason}"
    else:
        detail = f"Version {version.version} was replaced."
    if replacement is None and leads_on:
        replacement = material.id
    if replacement is None:
        return Gone(f"{detail} Take it down where you used it; GET /v1/materials lists what may be used.")
    # RFC 5829 §3.4, for programs.
    instead = f"/v1/materials/{replacement}"
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
