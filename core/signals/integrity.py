"""What foreign keys would refuse on `claim`: looked for when asked, not at every insert.

2026-11-22: the three keys of a claim took half of its insert on PostgreSQL (20.7 ms of 1,000 claims with them, 10.5
without): a look-up for each row and key, two of which lock the same row a thousand times. `core.signals.ingest` alone
writes claims, with ids that it read or gave in the same transaction under the log's lock; partners and audiences are
never deleted, signals by `core.signals.retention` alone, after their claims. We gave up that the database says so.
Held by tests/signals/test_integrity.py.
"""

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Audience, Partner
from core.signals.models import Claim, Signal


async def orphans(session: AsyncSession) -> dict[str, int]:
    """Claims whose `signal`, `partner` or `audience` is not there, by which. Reads every claim."""
    referred = {"signal": (Claim.signal, Signal.id), "partner": (Claim.partner, Partner.id)}
    referred["audience"] = (Claim.audience, Audience.id)
    found = {}
    for name, (column, key) in referred.items():
        lost = select(func.count()).select_from(Claim).where(~exists().where(key == column))
        found[name] = (await session.execute(lost)).scalar_one()
    return found
