"""What a partner has managed in the sandbox: by the rows that it left, and by the checks of its connectors.

2026-11-22: nothing is recorded for this: that an item was taken, taken back and heard of is in the log and in the
places of readers, as it is for every partner. Connectors are held to the very checks of `kmm connector check`. Held by
tests/cli/test_sandbox.py.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.tokens import Tokens
from core.auth.viewers import viewer
from core.connect.conformance import Parts, examine
from core.plugin.host import PluginHost
from core.settings import Settings
from core.signals.models import Claim, Reader
from core.wire.conformance import Sheet, SheetLine
from core.wire.sandbox import SandboxSheets, Tried
from core.wire.scopes import Scope
from core.wire.signals import State

TYP = "conformance+json"
"""`typ` of a signed sheet: no token, and no document of another kind, passes for one."""


async def fill(
    parts: Parts, plugins: PluginHost, principal: Principal, tokens: Tokens, settings: Settings
) -> SandboxSheets:
    """The caller's sheets, signed once everything holds. The places of readers were written before."""
    async with parts.db.snapshot(principal.partner) as session:
        # Of the kind, not of the token: who asks for fewer scopes has not managed more.
        seen = await viewer(session, principal.partner)
        checks = [check for check in _CHECKS if seen and check.scope in seen.scopes]
        lines = [await _line(session, check, principal) for check in checks]
    sheets = [Sheet(principal.slug, tuple(lines))]
    sheets += [await examine(parts, *own) for own in plugins.of_partner(principal.slug)]
    if not all(sheet.green for sheet in sheets):
        return SandboxSheets(tuple(sheets), None)
    tried = Tried(settings.base_url, principal.slug, principal.kind, datetime.now(UTC), tuple(sheets))
    return SandboxSheets(tried.sheets, tokens.sign(msgspec.json.encode(tried), TYP))


async def _line(session: AsyncSession, check: "_Check", principal: Principal) -> SheetLine:
    passed = await check.managed(session, principal)
    return SheetLine(check.name, check.promise, passed, "" if passed else check.advice)


async def _sent(session: AsyncSession, principal: Principal) -> bool:
    own = select(Claim.position).where(visible(Claim, principal), Claim.partner == principal.partner)
    return (await session.execute(own.limit(1))).first() is not None


async def _took_back(session: AsyncSession, principal: Principal) -> bool:
    own = select(Claim.position).where(visible(Claim, principal), Claim.partner == principal.partner)
    return (await session.execute(own.where(Claim.state == State.RETRACTED).limit(1))).first() is not None


async def _walked(session: AsyncSession, principal: Principal) -> bool:
    own = select(Reader.client).where(Reader.partner == principal.partner, Reader.acknowledged > 0)
    return (await session.execute(own.limit(1))).first() is not None


async def _heard(session: AsyncSession, principal: Principal) -> bool:
    """That something went while it followed. A walk from the beginning is told of nothing that went before."""
    gone = (Claim.closed > Reader.start) & (Claim.closed <= Reader.acknowledged) & (Claim.state == State.RETRACTED)
    told = select(Claim.position).join(Reader, gone)
    told = told.where(visible(Claim, principal), Reader.partner == principal.partner, Reader.start > 0)
    return (await session.execute(told.limit(1))).first() is not None


class _Check(msgspec.Struct, frozen=True):
    name: str
    promise: str
    advice: str
    scope: Scope
    """Whose kind may not do it is not asked to."""
    managed: Callable[[AsyncSession, Principal], Awaitable[bool]]


_CHECKS = (
    _Check("sending", "The hub takes what you send.", "Send POST /v1/signals.", Scope.SIGNALS_WRITE, _sent),
    _Check(
        "taking_back",
        "What you take back is gone.",
        "Send POST /v1/signals/retractions with an external_id of yours.",
        Scope.SIGNALS_WRITE,
        _took_back,
    ),
    _Check(
        "following",
        "You go on where you were.",
        "Read GET /v1/signals, or an exchange in your format, then go on with `next`.",
        Scope.SIGNALS_READ,
        _walked,
    ),
    _Check(
        "hearing",
        "You hear of what was taken back.",
        "Walk to the end, take back something of yours, go on with `next` to its tombstone, and then once more.",
        Scope.SIGNALS_READ,
        _heard,
    ),
)
