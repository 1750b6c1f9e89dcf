"""Accounts that anyone may open. They go when the operator empties the sandbox's folder."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import clients, partners
from core.auth.access import HUB
from core.auth.viewers import viewer
from core.errors import Forbidden, TooManyRequests
from core.log.models import Tick
from core.settings import Settings
from core.wire.partners import ClientIn, PartnerIn
from core.wire.sandbox import SandboxAccount
from core.wire.scopes import PartnerKind

REQUEST = "OpenSandboxAccount"
AN_HOUR = 10
_HOUR = 3_600 * 1_000_000


async def open_one(session: AsyncSession, data: PartnerIn, settings: Settings) -> SandboxAccount:
    """A partner of its own, with a client that holds all that its kind may. `session` is a registry session.

    Raises `Forbidden` for the operator's kind, `TooManyRequests` after `AN_HOUR` in an hour, `Conflict` for a slug that
    is taken.
    """
    if data.kind is PartnerKind.OPERATOR:
        raise Forbidden("The sandbox has its operator; choose another kind.")
    lately = select(func.count()).where(Tick.request == REQUEST, Tick.at > times.now() - _HOUR)
    if (await session.execute(lately)).scalar_one() >= AN_HOUR:
        raise TooManyRequests("The sandbox opens no more accounts this hour.", headers={"Retry-After": "3600"})
    row = await partners.admit(session, HUB, data)
    seen = await viewer(session, row.id)
    scopes = tuple(sorted(seen.scopes)) if seen else ()
    issued = await clients.issue(session, HUB, data.slug, ClientIn(scopes=scopes), settings)
    return SandboxAccount(data.slug, data.kind, issued.id, issued.client_secret or "", issued.scopes)
