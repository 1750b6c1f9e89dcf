"""The way of a version from draft to withdrawn: who may move it, and when."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content import decide, manifest
from core.content.models import Asset, Material, Review, Version
from core.errors import Conflict, Forbidden
from core.log.events import record
from core.wire.common import FieldError
from core.wire.content import Decision, MaterialState, Move, ReviewIn, WithdrawalIn
from core.wire.events import MaterialPublished, MaterialWithdrawn
from core.wire.scopes import Scope

LEGAL: dict[MaterialState, tuple[Move, ...]] = {
    MaterialState.DRAFT: (Move.EDIT, Move.SUBMIT, Move.WITHDRAW),
    MaterialState.IN_REVIEW: (Move.APPROVE, Move.REJECT, Move.WITHDRAW),
    MaterialState.APPROVED: (Move.PUBLISH, Move.WITHDRAW),
    MaterialState.PUBLISHED: (Move.WITHDRAW,),
    MaterialState.WITHDRAWN: (),
}
"""The whole state machine. A new version is how anything but a draft is changed."""


def require(version: Version, move: Move) -> None:
    """Raises `Conflict`, naming what is legal instead."""
    legal = LEGAL[MaterialState(version.state)]
    if move not in legal:
        instead = f"legal now: {', '.join(legal)}" if legal else "nothing more can be done with it"
        raise Conflict(f"Version {version.version} is {version.state}, so `{move}` is not possible; {instead}.")


def require_author(principal: Principal, material: Material) -> None:
    if material.author != principal.partner:
        raise Forbidden("Only the partner that made the material may do this.")


async def submit(session: AsyncSession, principal: Principal, material: Material, version: Version) -> None:
    """Hand a draft in for review; from here on its words and assets are fixed."""
    require_author(principal, material)
    require(version, Move.SUBMIT)
    if (await session.execute(select(Asset.name).where(Asset.version == version.number).limit(1))).first() is None:
        raise Conflict("There is nothing to approve yet: upload at least one asset.")
    version.digest = await manifest.digest(session, material, version)
    version.state = MaterialState.IN_REVIEW
    material.revision += 1


async def review(
    session: AsyncSession, principal: Principal, material: Material, version: Version, given: ReviewIn
) -> None:
    """Approve or reject what was submitted. The author's own partner may do neither, whatever its scopes."""
    if material.author == principal.partner:
        raise Forbidden("Another partner than the author's decides: ask a reviewer elsewhere.")
    require(version, Move(given.decision.value))
    if given.digest is not None and given.digest != version.digest:
        fault = FieldError("/digest", "changed", f"What stands is {version.digest}.")
        raise Conflict("The version changed since you looked at it. Look again.", errors=[fault])
    session.add(
        Review(
            version=version.number,
            partner=principal.partner,
            client=principal.client,
            decision=given.decision,
            reason=given.reason,
            digest=version.digest,
            at=times.now(),
        )
    )
    if given.decision is Decision.APPROVE:
        version.state = MaterialState.APPROVED
    else:
        version.state, version.digest = MaterialState.DRAFT, None
    material.revision += 1


async def publish(session: AsyncSession, principal: Principal, material: Material, version: Version) -> None:
    """Let creators have an approved version; the one before it is withdrawn in its favour."""
    require_author(principal, material)
    require(version, Move.PUBLISH)
    if await manifest.digest(session, material, version) != version.digest:
        raise Conflict("What was approved is not what stands here. Make a new version and submit it.")
    await session.execute(
        update(Version)
        .where(Version.material == material.number, Version.state == MaterialState.PUBLISHED)
        .values(state=MaterialState.WITHDRAWN)
    )
    version.state = MaterialState.PUBLISHED
    version.published = times.now()
    material.revision += 1
    await record(session, MaterialPublished(material=material.id, version=version.version), holders=Scope.CONTENT_READ)


async def withdraw(session: AsyncSession, principal: Principal, material: Material, given: WithdrawalIn) -> None:
    """Recall a material in all its versions. For its author, for reviewers and for the operator."""
    if not decide.reviews(principal) and Scope.CONTENT_WRITE not in principal.scopes:
        raise Forbidden("Withdrawing one's own material takes the scope content:write.")
    if material.withdrawn is not None:
        raise Conflict(f"Withdrawn on {times.hub_day(material.withdrawn)} already.")
    if given.replacement is not None:
        await _check_replacement(session, principal, material, given.replacement)
    await session.execute(
        update(Version).where(Version.material == material.number).values(state=MaterialState.WITHDRAWN)
    )
    material.withdrawn = times.now()
    material.reason = given.reason
    material.replacement = given.replacement
    material.revision += 1
    await record(session, MaterialWithdrawn(material=material.id), holders=Scope.CONTENT_READ)


async def _check_replacement(session: AsyncSession, principal: Principal, material: Material, replacement: str) -> None:
    published = (
        select(Version.number)
        .join(Material, Material.number == Version.material)
        .where(
            Material.id == replacement,
            Material.number != material.number,
            Version.state == MaterialState.PUBLISHED,
            decide.may_leave(principal, times.now()),
        )
    )
    if (await session.execute(published)).first() is None:
        fault = FieldError("/replacement", "not_published", "Name another material that is published.")
        raise Conflict("The replacement is not one that may be used.", errors=[fault])
