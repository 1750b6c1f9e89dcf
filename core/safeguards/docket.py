"""Appeals as those concerned may read them: reviewers, the partner that brought one, platforms that are asked."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.auth.models import Partner
from core.db import page_of
from core.errors import NotFound
from core.safeguards.models import Appeal, AppealTask
from core.takedowns.models import Takedown, TakedownStep
from core.wire import appeals as wire
from core.wire.appeals import AppealOut, AppealPage
from core.wire.appeals import AppealState as State
from core.wire.scopes import Scope
from core.wire.takedowns import Evidence, TakedownState

_ANSWERS = (TakedownState.UPHELD.value, TakedownState.REVERSED.value)


def _concerns(principal: Principal) -> ColumnElement[bool]:
    if Scope.APPEALS_REVIEW in principal.scopes:
        return true()
    asked = exists().where(
        AppealTask.appeal == Appeal.number,
        AppealTask.takedown == Takedown.number,
        Takedown.platform == principal.partner,
    )
    return or_(Appeal.partner == principal.partner, asked)


async def find(session: AsyncSession, principal: Principal, name: str) -> Appeal:
    """Raises `NotFound`, also for those whom it does not concern."""
    if not ids.named("apl", name):
        raise NotFound
    row = (await session.scalars(select(Appeal).where(Appeal.id == name, _concerns(principal)))).first()
    if row is None:
        raise NotFound
    return row


async def read(session: AsyncSession, principal: Principal, row: Appeal) -> AppealOut:
    return (await _shown(session, principal, [row]))[0]


async def page(session: AsyncSession, principal: Principal, state: State | None, after: int, limit: int) -> AppealPage:
    """Those behind `after`, in the order in which they were opened."""
    query = select(Appeal).where(_concerns(principal))
    if state is not None:
        query = query.where(Appeal.state == state.value)
    rows, following = await page_of(session, query, Appeal.number, after, limit)
    return AppealPage(await _shown(session, principal, rows), following)


async def tasks(session: AsyncSession, rows: Sequence[Appeal]) -> defaultdict[int, list[wire.AppealTask]]:
    """By appeal. A platform's answer is the step of its case that came after it was asked last."""
    numbers = [row.number for row in rows]
    cases = (
        select(AppealTask.appeal, Takedown.number, Takedown.id, Partner.slug)
        .join(Takedown, Takedown.number == AppealTask.takedown)
        .join(Partner, Partner.id == Takedown.platform)
        .where(AppealTask.appeal.in_(numbers))
    )
    found = (await session.execute(cases.order_by(AppealTask.appeal, Takedown.number))).all()
    told = (TakedownState.APPEALED.value, *_ANSWERS)
    steps = select(TakedownStep.takedown, TakedownStep.state, TakedownStep.at)
    steps = steps.where(TakedownStep.takedown.in_([row.number for row in found]), TakedownStep.state.in_(told))
    last: dict[int, Any] = {}
    for step in await session.execute(steps.order_by(TakedownStep.number)):
        last[step.takedown] = step if step.state in _ANSWERS else None
    asked: defaultdict[int, list[wire.AppealTask]] = defaultdict(list)
    for row in found:
        answer = last.get(row.number)
        decision, at = (answer.state, times.from_micros(answer.at)) if answer else (None, None)
        asked[row.appeal].append(wire.AppealTask(row.id, row.slug, decision, at))
    return asked


def _reads(principal: Principal, row: Appeal, task: wire.AppealTask) -> bool:
    """A platform that is asked reads what it is asked itself, and not whom else."""
    everything = row.partner == principal.partner or Scope.APPEALS_REVIEW in principal.scopes
    return everything or task.platform == principal.slug


async def _shown(session: AsyncSession, principal: Principal, rows: Sequence[Appeal]) -> tuple[AppealOut, ...]:
    asked = await tasks(session, rows)
    slugs = await partners.slugs(session, [row.partner for row in rows])
    return tuple(
        AppealOut(
            id=row.id,
            signal=row.target,
            partner=slugs[row.partner],
            reason=row.reason,
            evidence=tuple(Evidence(**one) for one in row.evidence),
            state=State(row.state),
            suspended=row.suspended,
            opened=times.from_micros(row.opened),
            look_due=None if row.look_due is None else times.from_micros(row.look_due),
            decision_reason=row.decision_reason,
            closed=times.from_micros(row.closed) if row.closed else None,
            tasks=tuple(task for task in asked[row.number] if _reads(principal, row, task)),
            version=row.version,
        )
        for row in rows
    )
