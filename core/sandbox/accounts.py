"""Accounts that anyone may open, and that end by themselves.

2026-11-22: that an account was opened is a note of the audit, which tells it from the partners that the operator keeps
here. One that is over is suspended, what it claimed is closed, and its row makes room for whoever wants the slug next;
rows of the log refer to it for good, so it is not deleted. Held by tests/cli/test_sandbox.py.
"""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import clients, partners
from core.auth.access import HUB
from core.auth.models import Partner
from core.auth.viewers import viewer
from core.db import Database
from core.errors import Conflict, Forbidden, TooManyRequests
from core.log import audit, head
from core.log.models import Audit
from core.settings import Settings
from core.signals import decisions
from core.signals.writer import SignalWriter
from core.wire.partners import ClientIn, PartnerIn, PartnerPatch, PartnerState
from core.wire.sandbox import SandboxAccount
from core.wire.scopes import PartnerKind

REQUEST = "OpenSandboxAccount"
AN_HOUR = 10
_ENDED = "expired-"
"""Begins the slugs of accounts that are over."""


async def open_one(session: AsyncSession, data: PartnerIn, settings: Settings) -> SandboxAccount:
    """A partner of its own, with a client that holds all that its kind may. `session` is a registry session.

    Raises `Forbidden` for the operator's kind, `TooManyRequests` after `AN_HOUR` in an hour, `Conflict` for a slug that
    is taken.
    """
    if data.kind is PartnerKind.OPERATOR:
        raise Forbidden("The sandbox has its operator; choose another kind.")
    if data.slug.startswith(_ENDED):
        raise Conflict(f"Slugs that begin with {_ENDED} are those of accounts that are over; choose another.")
    lately = select(func.count()).where(Audit.what == REQUEST, Audit.at > times.now() - times.HOUR)
    if (await session.execute(lately)).scalar_one() >= AN_HOUR:
        raise TooManyRequests("The sandbox opens no more accounts this hour.", headers={"Retry-After": "3600"})
    row = await partners.admit(session, HUB, data)
    seen = await viewer(session, row.id)
    assert seen, data.slug
    issued = await clients.issue(session, HUB, data.slug, ClientIn(scopes=tuple(sorted(seen.scopes))), settings)
    await audit.note(session, seen, REQUEST, {"partner": data.slug})
    expires = times.from_micros(times.now() + settings.sandbox_days * times.DAY)
    return SandboxAccount(data.slug, data.kind, issued.id, issued.client_secret or "", issued.scopes, expires)


async def expire(db: Database, writer: SignalWriter, settings: Settings) -> int:
    """End the accounts that are over; returns how many. Stopped, it goes on when it is called again."""
    over = times.now() - settings.sandbox_days * times.DAY
    opened = select(Audit.partner).where(Audit.what == REQUEST, Audit.at < over)
    async with db.survey() as session:
        standing = select(Partner.slug).where(Partner.id.in_(opened), Partner.slug.not_like(f"{_ENDED}%"))
        slugs = list(await session.scalars(standing))
    for slug in slugs:
        await _end(db, writer, slug)
    return len(slugs)


async def _end(db: Database, writer: SignalWriter, slug: str) -> None:
    async with head.writing(db, "hub", "ExpireSandboxAccount") as session:
        row = await partners.find(session, slug)
        await partners.change(session, HUB, row, PartnerPatch(state=PartnerState.SUSPENDED))
    await decisions.close_all(db, writer, row, lambda _: None)
    # Last, because it is what says that the others are done.
    async with head.writing(db, "hub", "ExpireSandboxAccount") as session:
        await session.execute(update(Partner).where(Partner.id == row.id).values(slug=f"{_ENDED}{row.id}"))
