"""How often a platform acted against the same account, and what the law makes of it."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.takedowns.models import RepeatPolicy, Takedown
from core.takedowns.parties import concerns
from core.wire.takedowns import Repeat


async def of(session: AsyncSession, principal: Principal, case: Takedown, now: int) -> tuple[Repeat, ...]:
    """The counts of the case's account at its platform up to `now`, over the days of each row of the policy.

    Of cases that concern `principal`: who asks may name any account, and is not told by it what others ask for.
    """
    policies: Sequence[RepeatPolicy] = (await session.scalars(select(RepeatPolicy).order_by(RepeatPolicy.days))).all()
    since = {one.days: now - one.days * times.DAY for one in policies}
    return tuple([_repeat(one, await _violations(session, principal, case, since[one.days])) for one in policies])


async def _violations(session: AsyncSession, principal: Principal, case: Takedown, since: int) -> int:
    """Cases in which the answer that stands is that the platform acted, first given after `since`."""
    query = select(func.count()).where(
        Takedown.platform == case.platform,
        Takedown.account == case.account,
        Takedown.decided > since,
        Takedown.acted,
        concerns(principal),
    )
    return (await session.execute(query)).scalar_one()


def _repeat(policy: RepeatPolicy, violations: int) -> Repeat:
    return Repeat(
        days=policy.days,
        violations=violations,
        threshold=policy.violations,
        reached=violations >= policy.violations,
        lock_days_least=policy.lock_days_least,
        lock_days_most=policy.lock_days_most,
        legal_basis=policy.legal_basis,
    )
