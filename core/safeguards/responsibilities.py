"""Who answers an emergency: rows with a source and days of validity, which are ended but never edited."""

import re
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import partners
from core.auth.access import Principal
from core.auth.models import Partner
from core.errors import Conflict, NotFound
from core.log import audit
from core.safeguards.models import Responsibility
from core.wire.common import FieldError
from core.wire.emergencies import Responsibilities, ResponsibilityIn, ResponsibilityOut
from core.wire.partners import PartnerState
from core.wire.scopes import PartnerKind
from core.wire.signals import Category

_ID = re.compile(r"rsp_([1-9][0-9]{0,8})\Z", re.ASCII)


async def answering(session: AsyncSession, category: str, province: str | None, at: int) -> tuple[int, int]:
    """The agency and the child-protection partner that answer. Where nobody was named, or who was is suspended, an
    operator: an emergency is never turned away."""
    day = times.hub_day(at)
    row = Responsibility
    rows = await session.scalars(
        select(row)
        .where(
            row.valid_from <= day,
            or_(row.valid_until.is_(None), row.valid_until > day),
            row.category.in_(("", category)),
            row.province.in_(("", province or "")),
        )
        .order_by(row.province == "", row.category == "", row.valid_from.desc(), row.id.desc())
    )
    named = rows.first()
    active = set(await session.scalars(select(Partner.id).where(Partner.state == PartnerState.ACTIVE.value)))
    wanted = (named.agency, named.protection) if named else (0, 0)
    if active.issuperset(wanted):
        return wanted
    operator = select(Partner.id).where(Partner.kind == PartnerKind.OPERATOR.value, Partner.id.in_(active))
    instead = (await session.scalars(operator.order_by(Partner.id))).first()
    if instead is None:
        raise Conflict("There is no operator to turn to. Call 113, or 111 for a child.")
    first, second = (one if one in active else instead for one in wanted)
    return first, second


async def add(session: AsyncSession, principal: Principal, data: ResponsibilityIn) -> ResponsibilityOut:
    """A further row. Raises `Conflict` when a partner is not of the kind that answers."""
    agency = await _partner(session, data.agency, PartnerKind.AGENCY, "/agency")
    protection = await _partner(session, data.protection, PartnerKind.PROTECTION, "/protection")
    row = Responsibility(
        category=data.category.value if data.category else "",
        province=data.province or "",
        agency=agency,
        protection=protection,
        source=data.source,
        valid_from=data.valid_from.isoformat(),
    )
    session.add(row)
    await session.flush()
    await audit.note(session, principal, "AddResponsibility", {"id": row.id})
    return (await _shown(session, [row]))[0]


async def _partner(session: AsyncSession, slug: str, kind: PartnerKind, pointer: str) -> int:
    found = select(Partner.id).where(Partner.slug == slug, Partner.kind == kind.value)
    number = (await session.scalars(found)).first()
    if number is None:
        raise Conflict(
            "Nothing was added.", errors=[FieldError(pointer, "unknown_partner", f"Name one of kind {kind}.")]
        )
    return number


async def end(session: AsyncSession, principal: Principal, id: str, day: date) -> ResponsibilityOut:
    """Let a row hold until before `day`. Raises `NotFound`, `Conflict` when it ended already."""
    named = _ID.match(id)
    found = select(Responsibility).where(Responsibility.id == int(named[1] if named else 0))
    row = (await session.scalars(found)).first()
    if row is None:
        raise NotFound
    if row.valid_until is not None:
        raise Conflict(f"It ended on {row.valid_until} already.")
    row.valid_until = day.isoformat()
    await audit.note(session, principal, "EndResponsibility", {"id": row.id})
    return (await _shown(session, [row]))[0]


async def listing(session: AsyncSession) -> Responsibilities:
    rows = list(await session.scalars(select(Responsibility).order_by(Responsibility.id)))
    return Responsibilities(await _shown(session, rows))


async def _shown(session: AsyncSession, rows: list[Responsibility]) -> tuple[ResponsibilityOut, ...]:
    slugs = await partners.slugs(session, [one for row in rows for one in (row.agency, row.protection)])
    return tuple(
        ResponsibilityOut(
            id=f"rsp_{row.id}",
            agency=slugs[row.agency],
            protection=slugs[row.protection],
            category=Category(row.category) if row.category else None,
            province=row.province or None,
            source=row.source,
            valid_from=date.fromisoformat(row.valid_from),
            valid_until=date.fromisoformat(row.valid_until) if row.valid_until else None,
        )
        for row in rows
    )
