"""Cases as each of their parties may read them: the platform's queue, the requester's own, one with its history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.db import among, page_of
from core.takedowns import repeats
from core.takedowns.models import Takedown, TakedownOutcome, TakedownRequest, TakedownStep
from core.takedowns.parties import concerns
from core.wire.clock import Priority
from core.wire.outcomes import OutcomeIn
from core.wire.signals import Category
from core.wire.takedowns import (
    AuthorityOrder,
    Evidence,
    LegalBasis,
    OutcomeOut,
    Outcomes,
    ProtectionNotice,
    RequestOut,
    Role,
    StepOut,
    TakedownDetail,
    TakedownOut,
    TakedownPage,
    TakedownState,
    UserComplaint,
)


class Filter(NamedTuple):
    """Which cases to list; None leaves a bound out."""

    state: TakedownState | None
    priority: Priority | None
    due_before: int | None
    """µs."""


async def page(session: AsyncSession, principal: Principal, wanted: Filter, after: int, limit: int) -> TakedownPage:
    """Cases that concern the caller, behind `after` in the order in which they were opened."""
    query = select(Takedown).where(concerns(principal))
    if wanted.state is not None:
        query = query.where(Takedown.state == wanted.state.value)
    if wanted.priority is not None:
        query = query.where(Takedown.priority == wanted.priority.value)
    if wanted.due_before is not None:
        query = query.where(Takedown.due < wanted.due_before)
    rows, following = await page_of(session, query, Takedown.number, after, limit)
    lens = await _lens(session, principal, rows)
    return TakedownPage(tuple(TakedownOut(**lens.case(row)) for row in rows), following)


async def read(session: AsyncSession, principal: Principal, case: Takedown) -> TakedownDetail:
    """One case with its history, its outcomes, and how often the account was acted against."""
    lens = await _lens(session, principal, [case])
    steps = select(TakedownStep).where(TakedownStep.takedown == case.number).order_by(TakedownStep.number)
    return TakedownDetail(
        **lens.case(case),
        steps=tuple([lens.step(case, row) for row in await session.scalars(steps)]),
        outcomes=(await outcomes(session, case)).outcomes,
        repeats=await repeats.of(session, principal, case, times.now()),
    )


async def outcomes(session: AsyncSession, case: Takedown) -> Outcomes:
    """Every version of what the platform decided."""
    query = select(TakedownOutcome).where(TakedownOutcome.takedown == case.number)
    rows = await session.scalars(query.order_by(TakedownOutcome.version))
    return Outcomes(tuple(_outcome(row) for row in rows))


async def _lens(session: AsyncSession, principal: Principal, cases: Sequence[Takedown]) -> "_Lens":
    requests: dict[int, list[TakedownRequest]] = defaultdict(list)
    numbers = [case.number for case in cases]
    query = select(TakedownRequest).where(among(TakedownRequest.takedown, numbers, session))
    for row in await session.scalars(query.order_by(TakedownRequest.number)):
        requests[row.takedown].append(row)
    slugs = {row.id: row.slug for row in await session.execute(select(Partner.id, Partner.slug))}
    return _Lens(principal, slugs, requests)


class _Lens:
    """What the caller may read of cases."""

    def __init__(
        self, principal: Principal, slugs: Mapping[int, str], requests: Mapping[int, Sequence[TakedownRequest]]
    ) -> None:
        self._principal = principal
        self._slugs = slugs
        self._requests = requests

    def _reads(self, case: Takedown, partner: int | None) -> bool:
        """Whether the caller may know what `partner` said: of those who ask, none knows of the others."""
        caller = self._principal.partner
        return self._principal.is_operator or case.platform in (caller, partner) or partner == caller

    def case(self, case: Takedown) -> dict[str, Any]:
        requests = self._requests[case.number]
        return {
            **{name: getattr(case, name) for name in _SAME},
            **{name: _moment(getattr(case, name)) for name in _MOMENTS},
            "platform": self._slugs[case.platform],
            "state": TakedownState(case.state),
            "category": Category(case.category),
            "priority": Priority(case.priority),
            # 0 while it is open.
            "closed": _moment(case.closed or None),
            "requests": tuple(self._request(row) for row in requests if self._reads(case, row.partner)),
            "others": tuple(
                Category(row.category)
                for row in requests
                if row.withdrawn is None and not self._reads(case, row.partner)
            ),
        }

    def _request(self, row: TakedownRequest) -> RequestOut:
        return RequestOut(
            partner=self._slugs[row.partner],
            at=times.from_micros(row.at),
            basis=_basis(row),
            priority=Priority(row.priority),
            category=Category(row.category),
            reason=row.reason,
            evidence=tuple(msgspec.convert(row.evidence, list[Evidence])),
            external_id=row.external_id if row.partner == self._principal.partner else None,
            due=_moment(row.due),
            withdrawn=_moment(row.withdrawn),
        )

    def step(self, case: Takedown, row: TakedownStep) -> StepOut:
        reads = row.actor is None or self._reads(case, row.actor)
        return StepOut(
            at=times.from_micros(row.at),
            by=self._by(case, row.actor),
            partner=self._slugs[row.actor] if reads and row.actor is not None else None,
            origin=TakedownState(row.origin),
            state=TakedownState(row.state),
            reason=row.reason if reads else None,
            position=row.position,
        )

    def _by(self, case: Takedown, actor: int | None) -> Role:
        if actor is None:
            return Role.HUB
        if actor == case.platform:
            return Role.PLATFORM
        asked = {row.partner for row in self._requests[case.number]}
        return Role.REQUESTER if actor in asked else Role.OPERATOR


_SAME = ("id", "target", "kind", "value", "account", "level", "version")
_MOMENTS = ("opened", "due", "acknowledge_due", "acknowledged", "decided", "breached", "paused")


def _moment(at: int | None) -> Any:
    return None if at is None else times.from_micros(at)


def _basis(row: TakedownRequest) -> LegalBasis:
    if row.basis == AuthorityOrder.__struct_config__.tag:
        return AuthorityOrder(row.order_number or "", row.issuer or "", date.fromisoformat(row.order_date or ""))
    return ProtectionNotice() if row.basis == ProtectionNotice.__struct_config__.tag else UserComplaint()


def _outcome(row: TakedownOutcome) -> OutcomeOut:
    return OutcomeOut(
        version=row.version,
        at=times.from_micros(row.at),
        state=TakedownState(row.state),
        outcome=msgspec.convert(row.body, OutcomeIn),
        ends=_moment(row.ends),
        correction=row.correction,
    )
