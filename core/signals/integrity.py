"""What foreign keys would refuse on `claim` and `reference`: looked for when asked, not at every insert.

2026-11-22: the three keys of a claim took half of its insert on PostgreSQL (20.7 ms of 1,000 claims with them, 10.5
without), the two of a name two thirds (11.6, 3.9): a look-up for each row and key, two of which lock the same row a
thousand times. `core.signals.ingest` alone writes either, with ids that it read or gave in the same transaction under
the log's lock; partners and audiences are never deleted, signals by `core.signals.retention` alone, after their claims
and names. We gave up that the database says so. Held by tests/signals/test_integrity.py.
"""

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Audience, Partner
from core.signals.models import Claim, Reference, Signal

_REFERRED = {
    "claims without signal": (Claim.signal, Signal.id),
    "claims without partner": (Claim.partner, Partner.id),
    "claims without audience": (Claim.audience, Audience.id),
    "names without signal": (Reference.signal, Signal.id),
    "names without partner": (Reference.partner, Partner.id),
}


async def orphans(session: AsyncSession) -> dict[str, int]:
    """Claims and names that refer to what is not there, by which. Reads every one of them."""
    found = {}
    for name, (column, key) in _REFERRED.items():
        lost = select(func.count()).select_from(column.class_).where(~exists().where(key == column))
        found[name] = (await session.execute(lost)).scalar_one()
    return found
