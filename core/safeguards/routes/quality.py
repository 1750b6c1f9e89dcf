"""HTTP of the mirror that is held up to a partner."""

from litestar import get
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import partners
from core.auth.access import Principal, identified, scoped
from core.safeguards import quality
from core.wire.quality import Quality
from core.wire.scopes import Scope


@get("/me/quality", operation_id="ReadMyQuality", **identified())
async def read_my_quality(principal: Principal, snapshot: AsyncSession) -> Quality:
    """How your partner did: what became of its claims and requests, how fast and how well it answered.

    Counted every hour. Nobody but you and the operator reads it; the weight of your word in scores follows from it.
    """
    return await quality.read(snapshot, principal, await partners.find(snapshot, principal.slug))


@get("/partners/{slug:str}/quality", operation_id="ReadQuality", **scoped(Scope.PARTNERS_READ))
async def read_quality(slug: str, principal: Principal, snapshot: AsyncSession) -> Quality:
    """The same of any partner, for the operator."""
    return await quality.read(snapshot, principal, await partners.find(snapshot, slug))


handlers = [read_my_quality, read_quality]
