"""Partners: who is admitted, as what, and whether it stands."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.auth.audiences import refresh_sight
from core.auth.keys import touch
from core.auth.models import Partner
from core.db import among
from core.errors import Conflict, Forbidden, NotFound
from core.log.events import record
from core.wire.events import PartnerAdmitted
from core.wire.partners import (
    Attribution,
    PartnerIn,
    PartnerList,
    PartnerOut,
    PartnerPatch,
    PartnerState,
)
from core.wire.scopes import PartnerKind, Scope


async def admit(session: AsyncSession, principal: Principal, data: PartnerIn) -> Partner:
    """A new partner, which sees at once what the community shares. Raises `Conflict` when the slug is taken."""
    require_charge(principal, data.kind)
    if (await session.execute(select(Partner.id).where(Partner.slug == data.slug))).first():
        raise Conflict(f"There is a partner {data.slug} already; choose another slug.")
    row = Partner(
        slug=data.slug,
        name=data.name,
        kind=data.kind.value,
        state=PartnerState.ACTIVE.value,
        attribution=data.attribution.value,
        territory=data.territory,
        created=times.now(),
    )
    session.add(row)
    await session.flush()
    await touch(session)
    await record(session, PartnerAdmitted(partner=data.slug), to=(row.id,), holders=Scope.PARTNERS_READ)
    await refresh_sight(session, row.id, "admitted")
    return row


async def listing(session: AsyncSession, principal: Principal, after: str | None, limit: int) -> PartnerList:
    """Partners by slug, a page of them."""
    rows = list(
        await session.scalars(
            select(Partner).where(Partner.slug > (after or "")).order_by(Partner.slug).limit(limit + 1)
        )
    )
    page = rows[:limit]
    following = page[-1].slug if len(rows) > limit else None
    return PartnerList(partners=tuple(to_wire(row, principal) for row in page), next=following)


async def find(session: AsyncSession, slug: str) -> Partner:
    """The partner of this slug. Raises `NotFound`."""
    row = (await session.scalars(select(Partner).where(Partner.slug == slug))).first() if ids.is_slug(slug) else None
    if row is None:
        raise NotFound
    return row


_TRUST = frozenset({"burst_per_hour", "bulk_until", "quality"})


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return times.to_micros(value)
    return value.value if isinstance(value, StrEnum) else value


async def change(session: AsyncSession, principal: Principal, row: Partner, patch: PartnerPatch) -> None:
    """Change what `patch` names. Another kind or state mends the partner's sight and takes effect on its tokens."""
    require_charge(principal, row.kind)
    if patch.kind is not UNSET:
        require_charge(principal, patch.kind)
    if row.id == principal.partner and (patch.kind, patch.state) != (UNSET, UNSET):
        raise Conflict("A partner cannot change its own kind or state: nobody might be left to change it back.")
    wanted = {name: _stored(value) for name, value in msgspec.structs.asdict(patch).items() if value is not UNSET}
    if wanted.keys() & _TRUST and not principal.is_operator:
        raise Forbidden("How far a partner is trusted is in the operator's charge.")
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    await _write(session, row, changed)
    if changed.keys() & {"kind", "state"}:
        await touch(session)
        await refresh_sight(session, row.id, f"{'kind' if 'kind' in changed else 'state'} changed")


async def attribute(session: AsyncSession, principal: Principal, attribution: Attribution) -> Partner:
    """Decide whether peers learn what the caller's own partner said."""
    row = (await session.scalars(select(Partner).where(Partner.id == principal.partner))).one()
    await _write(session, row, {"attribution": attribution.value} if row.attribution != attribution else {})
    return row


async def _write(session: AsyncSession, row: Partner, changed: Mapping[str, Any]) -> None:
    if not changed:
        return
    # Written by statement, not through the object: `refresh_sight` reads and raises the same row.
    values = {**changed, "version": row.version + 1}
    await session.execute(update(Partner).where(Partner.id == row.id).values(values))
    await session.refresh(row)


def require_charge(principal: Principal, kind: str) -> None:
    """Raises `Forbidden` to whoever has no charge of partners of this kind."""
    if not has_charge(principal, kind):
        raise Forbidden(f"Partners of kind {kind} are in the operator's charge.")


def has_charge(principal: Principal, kind: str) -> bool:
    """The operator has charge of every partner, the alliance of its creators."""
    return principal.is_operator or (principal.kind is PartnerKind.ALLIANCE and kind == PartnerKind.CREATOR)


async def acting(session: AsyncSession, slug: str) -> Principal:
    """The hub acting as a partner, for what its operator does by command. Raises `NotFound`."""
    row = await find(session, slug)
    kind = PartnerKind(row.kind)
    return Principal(client="hub", partner=row.id, slug=row.slug, kind=kind, scopes=frozenset(Scope))


async def slugs(session: AsyncSession, partners: Iterable[int]) -> dict[int, str]:
    """The slugs of these partners."""
    wanted = among(Partner.id, sorted(set(partners)), session)
    return dict((await session.execute(select(Partner.id, Partner.slug).where(wanted))).all())


def to_wire(row: Partner, principal: Principal) -> PartnerOut:
    """As `principal` may read it."""
    out = PartnerOut(
        slug=row.slug,
        name=row.name,
        kind=PartnerKind(row.kind),
        state=PartnerState(row.state),
        attribution=Attribution(row.attribution),
        territory=row.territory,
        created=times.from_micros(row.created),
    )
    if not principal.is_operator and principal.partner != row.id:
        return out
    until = None if row.bulk_until is None else times.from_micros(row.bulk_until)
    return msgspec.structs.replace(out, burst_per_hour=row.burst_per_hour, bulk_until=until, quality=row.quality)
