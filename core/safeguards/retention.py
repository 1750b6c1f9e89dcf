"""Dropping what concerns a person in need, and what was pushed, when it has been kept for long enough.

Cases, appeals and preservation are the record of what authorities asked and platforms did; they are kept.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from core.db import Base, Database
from core.log import head
from core.log.retention import cutoff
from core.safeguards.models import Emergency, Referral, ReferralStep
from core.takedowns.models import Push

_AT_ONCE = 500
"""Rows a transaction."""


async def purge(db: Database) -> int:
    """Returns how many referrals, emergencies and pushes went."""
    referrals = await _purge(db, "referrals", Referral, Referral.ended, [(ReferralStep, ReferralStep.referral)])
    emergencies = await _purge(db, "emergencies", Emergency, Emergency.lowered, [])
    return referrals + emergencies + await _purge(db, "pushes", Push, Push.created, [], Push.wakes.is_(None))


async def _purge(
    db: Database,
    what: str,
    rows: type[Referral] | type[Emergency] | type[Push],
    since: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    parts: Sequence[tuple[type[Base], InstrumentedAttribute[int]]],
    *only: ColumnElement[bool],
) -> int:
    gone = 0
    while True:
        async with head.writing(db, "hub", f"Purge {what}") as session:
            old = select(rows.number).where(since < await cutoff(session, what), *only).limit(_AT_ONCE)
            some = list(await session.scalars(old))
            for part, whole in parts:
                await session.execute(delete(part).where(whole.in_(some)))
            await session.execute(delete(rows).where(rows.number.in_(some)))
        gone += len(some)
        if len(some) < _AT_ONCE:
            return gone
