"""Endpoints: each its partner's own; another's is not found."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.log import head
from core.sdk import SECOND, Conflict, Context, FieldError, NotFound, Principal, from_micros, new_id, now
from plugins.webhooks.address import Refused, check_url
from plugins.webhooks.models import Desk, Endpoint
from plugins.webhooks.signing import new_secret
from plugins.webhooks.wire import (
    DisabledFor,
    EndpointIn,
    EndpointMade,
    EndpointOut,
    EndpointPatch,
    EndpointState,
    ResumeFrom,
    RotationIn,
    SecretOut,
)


class _Nobody(msgspec.Struct, frozen=True):
    partner: int = 0


NOBODY = _Nobody()
"""With whose eyes the plugin reads its own tables."""
_MOST = 20
"""Endpoints of a partner."""


async def create(session: AsyncSession, principal: Principal, ctx: Context, data: EndpointIn) -> EndpointMade:
    """Begins with what happens from now on. Raises `Conflict` for a URL that is not sent to, and for too many."""
    _check(ctx, data.url)
    own = select(func.count()).where(Endpoint.partner == principal.partner)
    if (await session.execute(own)).scalar_one() >= _MOST:
        raise Conflict(f"A partner has {_MOST} endpoints at most; delete one.")
    name, secret = new_id("whk"), new_secret()
    top = await head.position(session)
    row = Endpoint(
        id=name,
        partner=principal.partner,
        url=data.url,
        types=" ".join(sorted(set(data.types))),
        description=data.description,
        state=EndpointState.ENABLED.value,
        secret=ctx.seal(secret.encode(), name),
        cursor=top,
        told=top,
        failures=0,
        due=0,
        epoch=1,
        version=1,
        created=now(),
    )
    session.add(row)
    await tell_desk(session)
    return msgspec.convert({**msgspec.to_builtins(to_wire(row)), "secret": secret}, EndpointMade)


async def listing(session: AsyncSession, principal: Principal) -> Sequence[EndpointOut]:
    own = select(Endpoint).where(Endpoint.partner == principal.partner).order_by(Endpoint.created, Endpoint.id)
    return [to_wire(row) for row in await session.scalars(own)]


async def find(session: AsyncSession, principal: Principal, name: str) -> Endpoint:
    """Raises `NotFound` for another partner's as for none."""
    own = select(Endpoint).where(Endpoint.partner == principal.partner)
    # Compared here: what is asked for may hold characters that a database refuses.
    for row in await session.scalars(own):
        if row.id == name:
            return row
    raise NotFound


async def change(session: AsyncSession, ctx: Context, row: Endpoint, patch: EndpointPatch) -> EndpointOut:
    """Raises `Conflict` for a URL that is not sent to."""
    if patch.url is not UNSET:
        _check(ctx, patch.url)
        row.url = patch.url
    if patch.types is not UNSET:
        row.types = " ".join(sorted(set(patch.types)))
    if patch.description is not UNSET:
        row.description = patch.description
    if patch.state is EndpointState.ENABLED:
        row.state, row.reason = patch.state.value, None
        row.failures, row.due, row.epoch = 0, 0, row.epoch + 1
        if patch.resume is ResumeFrom.NOW:
            row.cursor = row.told = await head.position(session)
    elif patch.state is EndpointState.DISABLED:
        row.state, row.reason, row.epoch = patch.state.value, DisabledFor.PARTNER.value, row.epoch + 1
    row.version += 1
    await tell_desk(session)
    return to_wire(row)


async def delete(session: AsyncSession, row: Endpoint) -> None:
    """What was delivered stays in the log of attempts until its time, for nobody to read."""
    await session.delete(row)
    await tell_desk(session)


async def rotate(session: AsyncSession, ctx: Context, row: Endpoint, data: RotationIn) -> SecretOut:
    """A third secret never signs: the one before the last goes at once."""
    secret = new_secret()
    row.old_secret, row.old_until = row.secret, now() + data.overlap * SECOND
    row.secret = ctx.seal(secret.encode(), row.id)
    row.version += 1
    await tell_desk(session)
    return SecretOut(secret, from_micros(row.old_until))


def keys(ctx: Context, row: Endpoint, at: int) -> list[str]:
    """The secrets that sign at `at`, the newest first."""
    sealed = [row.secret, *([row.old_secret] if row.old_secret and at < (row.old_until or 0) else [])]
    return [ctx.open(one, row.id).decode() for one in sealed]


async def tell_desk(session: AsyncSession) -> None:
    """Have the process that delivers read what changed."""
    await session.execute(update(Desk).values(changes=Desk.changes + 1))


def _check(ctx: Context, url: str) -> None:
    try:
        check_url(url, ctx.settings.ports, ctx.settings.allow)
    except Refused as exc:
        fault = FieldError("/url", "refused_url", str(exc))
        raise Conflict("The hub does not send to this address.", errors=[fault]) from None


def to_wire(row: Endpoint) -> EndpointOut:
    at = now()
    waits: Any = from_micros(row.due) if row.failures and row.state == EndpointState.ENABLED.value else None
    return EndpointOut(
        id=row.id,
        url=row.url,
        types=tuple(row.types.split()),
        description=row.description,
        state=EndpointState(row.state),
        reason=DisabledFor(row.reason) if row.reason else None,
        position=row.cursor,
        failures=row.failures,
        next_attempt=waits,
        secrets=2 if row.old_secret and at < (row.old_until or 0) else 1,
        created=from_micros(row.created),
        version=row.version,
    )
