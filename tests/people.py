"""Callers of noun modules, for tests that go round HTTP."""

from sqlalchemy import select

from core.auth.access import Principal
from core.auth.models import Partner
from core.testing import TestedHub
from core.wire.scopes import PartnerKind


async def principal_of(hub: TestedHub, slug: str) -> Principal:
    """The partner of this slug, with no scope at all."""
    async with hub.parts.db.snapshot(0) as session:
        found = (await session.execute(select(Partner.id, Partner.kind).where(Partner.slug == slug))).one()
    return Principal("cli_test", found.id, slug, PartnerKind(found.kind), frozenset())
