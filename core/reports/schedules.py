"""Schedules: rows that fall due, claimed by the process that sees to them and ordered in the same transaction.

2026-11-22: no scheduler of any library. Theirs keep jobs in a process, so that two processes order twice and none that
is down catches up. Here the due time is claimed by an UPDATE beside the order itself: a kill leaves both or neither.
What fell due while the hub was down is ordered when it is up, each period once. Held by
tests/reports/test_schedules.py.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import viewers
from core.auth.access import Principal
from core.db import Database
from core.errors import Conflict, Fault, NotFound, TooManyRequests
from core.log import head
from core.reports import recurring, reports, templates
from core.reports.models import ReportSchedule
from core.wire.common import FieldError
from core.wire.reports import ReportIn
from core.wire.schedules import ScheduleIn, ScheduleOut, Schedules
from core.wire.scopes import Scope

_MOST = 50
"""Schedules of a partner."""


async def listing(session: AsyncSession, principal: Principal) -> Schedules:
    own = select(ReportSchedule).where(ReportSchedule.partner == principal.partner)
    return Schedules(tuple(sorted(map(_out, await session.scalars(own)), key=lambda one: one.slug)))


async def find(session: AsyncSession, principal: Principal, slug: str) -> ScheduleOut:
    """Raises `NotFound`, also for another partner's."""
    return _out(await _row(session, principal, slug))


async def version(session: AsyncSession, principal: Principal, slug: str) -> int:
    """Of the schedule that stands under the slug; 0: none does."""
    row = await session.get(ReportSchedule, (principal.partner, slug)) if ids.is_slug(slug) else None
    return row.version if row else 0


async def put(
    session: AsyncSession, principal: Principal, slug: str, data: ScheduleIn, now: int | None = None
) -> ScheduleOut:
    """Make a schedule, or say it anew; it falls due from now on.

    Raises `Conflict` for an expression that names no time, a template that is not there and too many schedules,
    `Forbidden` for what the caller could not order itself, `NotFound` for what cannot be a slug.
    """
    if not ids.is_slug(slug):
        raise NotFound("A slug has 2 to 64 lower-case letters, digits and inner hyphens.")
    at = now or times.now()
    due = _following(data, at)
    try:
        template = await templates.find(session, principal, data.template)
    except NotFound:
        raise _fault("template", "unknown_template", "There is no such template.") from None
    reports.require_readers(principal, data.readers or template.readers)
    row = await session.get(ReportSchedule, (principal.partner, slug))
    if row is None:
        await _require_room(session, principal)
        row = ReportSchedule(partner=principal.partner, slug=slug, body={}, version=0)
        session.add(row)
    body = msgspec.to_builtins(data)
    if row.body != body:
        if {**row.body, "paused": data.paused} != body:
            # Something else is ordered from now on: what was ordered before says nothing of it.
            row.until = None
        row.body, row.due, row.trouble, row.version = body, due, None, row.version + 1
    row.client, row.scopes = principal.client, " ".join(sorted(principal.scopes))
    await session.flush()
    return _out(row)


async def remove(session: AsyncSession, principal: Principal, slug: str) -> None:
    """What it ordered stays. Raises `NotFound`."""
    await _row(session, principal, slug)
    named = (ReportSchedule.partner == principal.partner, ReportSchedule.slug == slug)
    await session.execute(delete(ReportSchedule).where(*named))


async def tick(db: Database, now: int | None = None) -> int:
    """Order what has fallen due; returns how many reports were ordered. `now`: for tests, the time to act by."""
    ordered = 0
    full: set[int] = set()
    while found := await _due(db, now or times.now(), full):
        for row in found:
            assert row.due is not None
            try:
                async with head.edge(db, row.partner, row.client, "RunReportSchedule") as session:
                    ordered += await _see_to(session, row.partner, row.slug, row.due)
            except TooManyRequests:
                # Its due time stands, until some of the partner's reports are made.
                full.add(row.partner)
    return ordered


async def _due(db: Database, at: int, full: Collection[int]) -> Sequence[ReportSchedule]:
    """What has fallen due for partners that are not `full`, the oldest first."""
    waiting = (ReportSchedule.due <= at, ReportSchedule.partner.not_in(full))
    wanted = select(ReportSchedule).where(*waiting).order_by(ReportSchedule.due, ReportSchedule.slug)
    async with db.survey() as session:
        return (await session.scalars(wanted.limit(100))).all()


async def _see_to(session: AsyncSession, partner: int, slug: str, due: int) -> bool:
    """Whether a report was ordered: not if somebody else was faster, nor if its period was ordered before."""
    claimed = (
        update(ReportSchedule)
        .where(ReportSchedule.partner == partner, ReportSchedule.slug == slug, ReportSchedule.due == due)
        .values(due=None, ordered=due)
        .returning(ReportSchedule)
    )
    row = (await session.scalars(claimed)).first()
    if row is None:
        return False
    data = msgspec.convert(row.body, ScheduleIn)
    row.due = _following(data, due)
    order = _order(data, due)
    if row.until is not None and order.period.until.isoformat() <= row.until:
        return False
    row.report, row.trouble = await _ordered(session, row, order)
    if row.report is not None:
        row.until = order.period.until.isoformat()
    return row.report is not None


async def _ordered(session: AsyncSession, row: ReportSchedule, order: ReportIn) -> tuple[str | None, str | None]:
    """The report's id, or why there is none; the next due time tries again."""
    viewer = await viewers.viewer(session, row.partner)
    if viewer is None:
        return None, "The partner is suspended."
    scopes = viewer.scopes & set(map(Scope, row.scopes.split()))
    principal = Principal(row.client, row.partner, viewer.slug, viewer.kind, scopes)
    try:
        return (await reports.ask(session, principal, order)).id, None
    except TooManyRequests:
        raise
    except Fault as fault:
        return None, fault.detail


def _order(data: ScheduleIn, due: int) -> ReportIn:
    period = recurring.period(data.covers, due)
    return ReportIn(period=period, template=data.template, readers=data.readers, title=data.title)


def _following(data: ScheduleIn, after: int) -> int | None:
    try:
        due = recurring.following(data.cron, after)
    except recurring.Never as never:
        raise _fault("cron", "never", f"No time fits: {never}") from None
    return None if data.paused else due


async def _require_room(session: AsyncSession, principal: Principal) -> None:
    own = await session.scalars(select(ReportSchedule.slug).where(ReportSchedule.partner == principal.partner))
    if len(own.all()) >= _MOST:
        raise Conflict(f"A partner has {_MOST} schedules at most; delete one.")


def _fault(field: str, code: str, detail: str) -> Conflict:
    return Conflict("The schedule cannot be as it is sent.", errors=[FieldError(f"/{field}", code, detail)])


async def _row(session: AsyncSession, principal: Principal, slug: str) -> ReportSchedule:
    row = await session.get(ReportSchedule, (principal.partner, slug)) if ids.is_slug(slug) else None
    if row is None:
        raise NotFound
    return row


def _out(row: ReportSchedule) -> ScheduleOut:
    data = msgspec.convert(row.body, ScheduleIn)
    return ScheduleOut(
        slug=row.slug,
        **msgspec.structs.asdict(data),
        due=None if row.due is None else times.from_micros(row.due),
        ordered=None if row.ordered is None else times.from_micros(row.ordered),
        report=row.report,
        trouble=row.trouble,
        version=row.version,
    )
