"""Who has to do with a case: the platform, every partner that asked, the operators."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import HUB, Principal
from core.db import among
from core.takedowns.models import Takedown, TakedownRequest
from core.wire.takedowns import Role

_TOGETHER = 5_000
"""Cases in one statement: SQLite takes 32,766."""


async def parties(session: AsyncSession, number: int) -> frozenset[int]:
    """Ids of the platform and of all who ever asked: whom an event of the case is for, besides the operators."""
    return (await everyone(session, [number]))[number]


async def everyone(session: AsyncSession, numbers: Collection[int]) -> dict[int, frozenset[int]]:
    """`parties` of each of thousands of cases."""
    found: dict[int, set[int]] = defaultdict(set)
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _TOGETHER):
        these = wanted[start : start + _TOGETHER]
        platforms = select(Takedown.number, Takedown.platform).where(among(Takedown.number, these, session))
        asking = select(TakedownRequest.takedown, TakedownRequest.partner)
        asking = asking.where(among(TakedownRequest.takedown, these, session))
        for query in (platforms, asking):
            for number, partner in await session.execute(query):
                found[number].add(partner)
    return {number: frozenset(partners) for number, partners in found.items()}


def concerns(principal: Principal) -> ColumnElement[bool]:
    """For every select on `Takedown`: the cases that `principal` is a party of."""
    if principal.is_operator:
        return true()
    asked = select(TakedownRequest.takedown).where(TakedownRequest.partner == principal.partner)
    return or_(Takedown.platform == principal.partner, Takedown.number.in_(asked))


async def role_in(session: AsyncSession, principal: Principal, case: Takedown) -> Role:
    """What `principal` is to a case that it sees."""
    asking = select(TakedownRequest.partner).where(TakedownRequest.takedown == case.number)
    found = role(principal, case, (await session.scalars(asking)).all())
    assert found is not None
    return found


def role(principal: Principal, case: Takedown, requesters: Collection[int]) -> Role | None:
    """What `principal` is to the case; None: nothing, and it does not see it."""
    if principal is HUB:
        return Role.HUB
    if principal.partner == case.platform:
        return Role.PLATFORM
    if principal.partner in requesters:
        return Role.REQUESTER
    return Role.OPERATOR if principal.is_operator else None
