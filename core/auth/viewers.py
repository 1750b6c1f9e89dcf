"""Seeing with the eyes of a partner, for what the hub sends to it without being asked."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.auth.models import KindScope, Partner
from core.wire.scopes import PartnerKind, Scope


async def viewer(session: AsyncSession, partner: int) -> Principal | None:
    """The partner as it may see now, with the scopes of its kind; None when there is none or it is suspended."""
    found = select(Partner.slug, Partner.kind).where(Partner.id == partner, Partner.state == "active")
    row = (await session.execute(found)).first()
    if row is None:
        return None
    held = await session.scalars(select(KindScope.scope).where(KindScope.kind == row.kind))
    return Principal("hub", partner, row.slug, PartnerKind(row.kind), frozenset(map(Scope, held)))
