"""Who has to do with a case: the platform, every partner that asked, the operators."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import HUB, Principal
from core.takedowns.models import Takedown, TakedownRequest
from core.wire.takedowns import Role


async def parties(session: AsyncSession, number: int) -> frozenset[int]:
    """Ids of the platform and of all who ever asked: whom an event of the case is for, besides the operators."""
    platform = select(Takedown.platform).where(Takedown.number == number)
    asking = select(TakedownRequest.partner).where(TakedownRequest.takedown == number)
    return frozenset((await session.execute(platform.union(asking))).scalars())


def concerns(principal: Principal) -> ColumnElement[bool]:
    """For every select on `Takedown`: the cases that `principal` is a party of."""
    if principal.is_operator:
        return true()
    asked = select(TakedownRequest.takedown).where(TakedownRequest.partner == principal.partner)
    return or_(Takedown.platform == principal.partner, Takedown.number.in_(asked))


def role(principal: Principal, case: Takedown, requesters: Collection[int]) -> Role | None:
    """What `principal` is to the case; None: nothing, and it does not see it."""
    if principal is HUB:
        return Role.HUB
    if principal.partner == case.platform:
        return Role.PLATFORM
    if principal.partner in requesters:
        return Role.REQUESTER
    return Role.OPERATOR if principal.is_operator else None
