"""Who may hold which scope: one table of kinds, changed without a release."""

from collections.abc import Collection

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.auth.audiences import refresh_sight
from core.auth.keys import touch
from core.auth.models import KindScope, Partner
from core.errors import Conflict, Forbidden
from core.wire.common import FieldError
from core.wire.partners import KindList, KindOut
from core.wire.scopes import PartnerKind, Scope


async def table(session: AsyncSession) -> KindList:
    """Every kind with the most that its clients may hold."""
    held: dict[str, list[Scope]] = {}
    for kind, scope in await session.execute(select(KindScope.kind, KindScope.scope)):
        held.setdefault(kind, []).append(Scope(scope))
    return KindList(kinds=tuple(KindOut(kind=kind, scopes=tuple(sorted(held.get(kind, ())))) for kind in PartnerKind))


async def replace(session: AsyncSession, principal: Principal, kind: PartnerKind, scopes: Collection[Scope]) -> KindOut:
    """Set what a kind may hold. Clients keep their grants and get back what a later change allows again."""
    if not principal.is_operator:
        raise Forbidden("The table of kinds is in the operator's charge.")
    if kind is PartnerKind.OPERATOR and Scope.PARTNERS_ADMIT not in scopes:
        detail = "The operator keeps partners:admit: nobody else could give it back."
        raise Conflict(detail, errors=[FieldError(pointer="/scopes", code="lock_out", detail=detail)])
    held = set(await session.scalars(select(KindScope.scope).where(KindScope.kind == kind)))
    if held != set(scopes):
        await session.execute(delete(KindScope).where(KindScope.kind == kind))
        if scopes:
            rows = [{"kind": kind.value, "scope": scope.value} for scope in sorted(set(scopes))]
            await session.execute(insert(KindScope), rows)
        await touch(session)
    if (Scope.SIGNALS_READ in held) != (Scope.SIGNALS_READ in scopes):
        for partner in list(await session.scalars(select(Partner.id).where(Partner.kind == kind))):
            await refresh_sight(session, partner, "scopes of its kind changed")
    return KindOut(kind=kind, scopes=tuple(sorted(set(scopes))))
