"""The way of a version from draft to withdrawn: who may move it, and when."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.content import accessibility, decide, manifest, policies, questions, recalls
from core.content.models import Asset, Material, PackRow, Review, Version
from core.errors import Conflict, Forbidden
from core.log.events import record
from core.wire.common import FieldError
from core.wire.content import Decision, MaterialState, Move, ReviewIn, WithdrawalIn
from core.wire.events import MaterialPublished, MaterialWithdrawn
from core.wire.scopes import Scope

LEGAL: dict[MaterialState, tuple[Move, ...]] = {
    MaterialState.DRAFT: (Move.EDIT, Move.SUBMIT, Move.WITHDRAW),
    MaterialState.IN_REVIEW: (Move.APPROVE, Move.REJECT, Move.WITHDRAW),
    MaterialState.APPROVED: (Move.APPROVE, Move.REJECT, Move.PUBLISH, Move.WITHDRAW),
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
    """Hand a draft in for review; from here on its words, assets and pack are fixed."""
    require_author(principal, material)
    require(version, Move.SUBMIT)
    assets = (await session.scalars(select(Asset).where(Asset.version == version.number).order_by(Asset.name))).all()
    words = manifest.words(version)
    pack = await session.get(PackRow, version.number)
    missing = questions.missing(words, questions.read(pack.document) if pack else None)
    if missing:
        raise Conflict("A quiz needs its questions, a scenario its steps, in every language.", errors=missing)
    if not assets and not pack:
        raise Conflict("There is nothing to approve yet: upload at least one asset.")
    faults = accessibility.faults(words, assets)
    if faults:
        raise Conflict("Not everyone could see or hear this. Say in words what the assets hold.", errors=faults)
    version.digest = await manifest.digest(session, material, version)
    version.state = MaterialState.IN_REVIEW
    material.revision += 1


async def review(
    session: AsyncSession, principal: Principal, material: Material, version: Version, given: ReviewIn
) -> None:
    """Approve or reject what was submitted. The author's own partner may do neither, whatever its scopes.

    It is approved when the policies in force miss nothing more; one rejection sends it back and ends all approvals.
    """
    if material.author == principal.partner:
        raise Forbidden("Another partner than the author's decides: ask a reviewer elsewhere.")
    require(version, Move(given.decision.value))
    if given.digest is not None and given.digest != version.digest:
        fault = FieldError("/digest", "changed", f"What stands is {version.digest}.")
        raise Conflict("The version changed since you looked at it. Look again.", errors=[fault])
    now = times.now()
    if given.decision is Decision.APPROVE and await _approved_by(session, principal, version):
        raise Conflict("Your partner approved this already; another one has to look at it, too.")
    session.add(
        Review(
            version=version.number,
            partner=principal.partner,
            client=principal.client,
            role=principal.kind.value,
            decision=given.decision,
            reason=given.reason,
            digest=version.digest,
            at=now,
        )
    )
    await session.flush()
    if given.decision is Decision.REJECT:
        lapsing = update(Review).where(Review.version == version.number, Review.lapsed.is_(None))
        await session.execute(lapsing.values(lapsed=now))
        version.state, version.digest = MaterialState.DRAFT, None
    elif not policies.missing(await policies.in_force(session), version, await _reviews(session, version)):
        version.state = MaterialState.APPROVED
    material.revision += 1


async def _approved_by(session: AsyncSession, principal: Principal, version: Version) -> bool:
    return any(
        one.partner == principal.partner and one.decision == Decision.APPROVE and policies.counts(one, version)
        for one in await _reviews(session, version)
    )


async def _reviews(session: AsyncSession, version: Version) -> Sequence[Review]:
    return (await session.scalars(select(Review).where(Review.version == version.number))).all()


async def publish(session: AsyncSession, principal: Principal, material: Material, version: Version) -> None:
    """Let creators have an approved version; the one before it is withdrawn in its favour."""
    require_author(principal, material)
    require(version, Move.PUBLISH)
    if await manifest.digest(session, material, version) != version.digest:
        raise Conflict("What was approved is not what stands here. Make a new version and submit it.")
    held = await policies.in_force(session)
    missing = policies.missing(held, version, await _reviews(session, version))
    if missing:
        wanted = ", ".join(f"{one.approvals} of {one.role or 'another partner'}" for one in missing)
        raise Conflict(f"The policies of today ask for more approvals: {wanted}.")
    await policies.fix(session, held, version)
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
    await _check_withdrawal(session, principal, material, given)
    every = (await session.scalars(select(Version).where(Version.material == material.number))).all()
    now = times.now()
    recalled = [version for version in every if version.published is not None and version.withdrawn is None]
    for version in every:
        version.state = MaterialState.WITHDRAWN
    for version in recalled:
        version.withdrawn = now
    material.withdrawn = now
    material.reason = given.reason
    material.replacement = given.replacement
    material.revision += 1
    await session.flush()
    await record(session, MaterialWithdrawn(material=material.id), holders=Scope.CONTENT_READ)
    await recalls.tell(session, material, recalled)


async def withdraw_version(
    session: AsyncSession, principal: Principal, material: Material, version: Version, given: WithdrawalIn
) -> None:
    """Recall one version, be it published or replaced by now, or drop one that is on its way there."""
    await _check_withdrawal(session, principal, material, given)
    replaced = version.state == MaterialState.WITHDRAWN and version.withdrawn is None and version.published is not None
    if not replaced:
        require(version, Move.WITHDRAW)
    was_out = version.state == MaterialState.PUBLISHED
    version.state = MaterialState.WITHDRAWN
    version.reason = given.reason
    version.replacement = given.replacement
    material.revision += 1
    if version.published is None:
        return
    version.withdrawn = times.now()
    await session.flush()
    if was_out:
        await record(session, MaterialWithdrawn(material=material.id), holders=Scope.CONTENT_READ)
    await recalls.tell(session, material, [version])


async def _check_withdrawal(
    session: AsyncSession, principal: Principal, material: Material, given: WithdrawalIn
) -> None:
    if not decide.reviews(principal) and Scope.CONTENT_WRITE not in principal.scopes:
        raise Forbidden("Withdrawing one's own material takes the scope content:write.")
    if material.withdrawn is not None:
        raise Conflict(f"Withdrawn on {times.hub_day(material.withdrawn)} already.")
    if given.replacement is not None:
        await _check_replacement(session, principal, material, given.replacement)


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
