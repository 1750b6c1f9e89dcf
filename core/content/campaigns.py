"""Campaigns, as this room speaks of them: they are a room of their own, so the database is asked."""

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.errors import InvalidQuery
from core.vocabulary import unlisted
from core.wire.common import FieldError
from core.wire.scopes import Scope

CAMPAIGN = table("campaign", column("slug"), column("owner"))


async def require(session: AsyncSession, principal: Principal, slug: str | None) -> None:
    """Raises `InvalidQuery` for a filter by a campaign that there is not.

    Who may not read campaigns finds nothing with it, as with any other: it learns of none by asking.
    """
    if slug is None or Scope.CAMPAIGNS_READ not in principal.scopes:
        return
    slugs = (await session.scalars(select(CAMPAIGN.c.slug).order_by(CAMPAIGN.c.slug))).all()
    if slug not in slugs:
        raise InvalidQuery([FieldError("/campaign", "unknown_campaign", unlisted(slug, slugs, "/v1/campaigns"))])
