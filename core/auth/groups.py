"""Sharing groups: founded by any partner, joined by consent. A group that one is not in does not exist for one."""

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.auth.audiences import refresh_sight
from core.auth.models import Group, Membership, Partner
from core.errors import Conflict, Forbidden, NotFound
from core.wire import groups as wire
from core.wire.common import FieldError
from core.wire.groups import GroupIn, GroupList, GroupOut, GroupSummary, MembershipState
from core.wire.partners import PartnerState


async def found(session: AsyncSession, principal: Principal, data: GroupIn) -> GroupOut:
    """A new group with the caller as its first member. Raises `Conflict` when the slug is taken."""
    if (await session.execute(select(Group.id).where(Group.slug == data.slug))).first():
        raise Conflict(f"There is a group {data.slug} already; choose another slug.")
    group = Group(slug=data.slug, name=data.name, founder=principal.partner, created=times.now())
    session.add(group)
    await session.flush()
    await _add(session, group.id, principal.partner, MembershipState.MEMBER)
    return await read(session, principal, data.slug)


async def listing(session: AsyncSession, principal: Principal, after: str | None, limit: int) -> GroupList:
    """The caller's groups and invitations by slug, a page of them."""
    rows = (
        await session.execute(
            select(Group, Membership.state)
            .join(Membership, Membership.group == Group.id)
            .where(Membership.partner == principal.partner, Group.slug > (after or ""))
            .order_by(Group.slug)
            .limit(limit + 1)
        )
    ).all()
    page = rows[:limit]
    return GroupList(
        groups=tuple(
            GroupSummary(
                slug=group.slug,
                name=group.name,
                state=MembershipState(state),
                created=times.from_micros(group.created),
            )
            for group, state in page
        ),
        next=page[-1][0].slug if len(rows) > limit else None,
    )


class Heard(msgspec.Struct, frozen=True):
    """A group whose claims one sees."""

    id: int
    """In the database; never to be shown."""
    slug: str
    name: str


async def heard(session: AsyncSession, principal: Principal) -> list[Heard]:
    """The groups whose claims the caller sees: those that it is a member of; all of them as operator."""
    found = select(Group.id, Group.slug, Group.name).order_by(Group.slug)
    if not principal.is_operator:
        joined = (Membership.partner == principal.partner) & (Membership.state == MembershipState.MEMBER)
        found = found.join(Membership, Membership.group == Group.id).where(joined)
    return [Heard(*row) for row in await session.execute(found)]


async def read(session: AsyncSession, principal: Principal, slug: str) -> GroupOut:
    """A group and its members. Raises `NotFound` for those outside."""
    group, own = await _mine(session, principal, slug)
    rows = await session.execute(
        select(Partner.slug, Membership.state, Membership.since)
        .join(Partner, Partner.id == Membership.partner)
        .where(Membership.group == group.id)
        .order_by(Partner.slug)
    )
    return GroupOut(
        slug=group.slug,
        name=group.name,
        state=own,
        created=times.from_micros(group.created),
        members=tuple(
            wire.Membership(partner=member, state=MembershipState(state), since=times.from_micros(since))
            for member, state, since in rows
        ),
    )


async def invite(session: AsyncSession, principal: Principal, slug: str, partner: str) -> GroupOut:
    """Ask a partner in; any member may. Once more changes nothing."""
    group, state = await _mine(session, principal, slug)
    if state is not MembershipState.MEMBER:
        raise Forbidden("Accept the invitation first: only members invite.")
    invited = select(Partner.id).where(Partner.slug == partner, Partner.state == PartnerState.ACTIVE)
    guest = (await session.execute(invited)).scalar_one_or_none()
    if guest is None:
        detail = f"There is no partner {partner}."
        raise Conflict(detail, errors=[FieldError(pointer="/partner", code="unknown_partner", detail=detail)])
    if await session.get(Membership, (group.id, guest)) is None:
        await _add(session, group.id, guest, MembershipState.INVITED)
    return await read(session, principal, slug)


async def accept(session: AsyncSession, principal: Principal, slug: str) -> GroupOut:
    """Join; from now on the caller sees what is shared with the group. Once more changes nothing."""
    group, state = await _mine(session, principal, slug)
    if state is MembershipState.INVITED:
        await session.execute(
            update(Membership)
            .where(Membership.group == group.id, Membership.partner == principal.partner)
            .values(state=MembershipState.MEMBER.value, since=times.now())
        )
        await refresh_sight(session, principal.partner, "joined a group")
    return await read(session, principal, slug)


async def leave(session: AsyncSession, principal: Principal, slug: str) -> None:
    """Leave, or decline an invitation. What the caller shared with the group stays shared until it is retracted."""
    group, _ = await _mine(session, principal, slug)
    await session.execute(
        delete(Membership).where(Membership.group == group.id, Membership.partner == principal.partner)
    )
    await refresh_sight(session, principal.partner, "left a group")


async def _mine(session: AsyncSession, principal: Principal, slug: str) -> tuple[Group, MembershipState]:
    if not ids.is_slug(slug):
        raise NotFound
    row = (
        await session.execute(
            select(Group, Membership.state)
            .join(Membership, Membership.group == Group.id)
            .where(Group.slug == slug, Membership.partner == principal.partner)
        )
    ).first()
    if row is None:
        raise NotFound
    return row[0], MembershipState(row[1])


async def _add(session: AsyncSession, group: int, partner: int, state: MembershipState) -> None:
    await session.execute(insert(Membership).values(group=group, partner=partner, state=state.value, since=times.now()))
