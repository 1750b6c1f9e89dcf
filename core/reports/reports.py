"""Freezing reports and reading them again."""

import hashlib
from datetime import date, datetime, time

import msgspec
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.db import Database
from core.errors import Conflict, Forbidden, NotFound
from core.log import head
from core.log.events import record
from core.log.models import Tick
from core.plugin.host import PluginHost
from core.reports.models import FrozenReport
from core.reports.sections import sections
from core.wire.events import ReportFrozen
from core.wire.reports import Period, Report, ReportIn, ReportOut, Reports, ReportScope
from core.wire.scopes import Scope

_PREFIX = "rep"


class EmptyPeriod(Conflict):
    """The period ends before it begins."""

    code = "empty_period"


async def freeze(
    db: Database, snapshot: AsyncSession, plugins: PluginHost, principal: Principal, asked: ReportIn
) -> ReportOut:
    """Draw the report up in `snapshot` and store it for the caller's partner.

    Plugins are asked before the log's head is locked: a slow one costs this caller time and no other caller anything.
    Raises `EmptyPeriod`, and `Forbidden` for a national report without `reports:national`.
    """
    _require(principal, asked)
    document = canonical(await _draw_up(snapshot, plugins, principal, asked))
    row = FrozenReport(
        id=ids.new(_PREFIX),
        partner=principal.partner,
        created=times.now(),
        title=asked.title,
        scope=asked.scope.value,
        since=asked.period.since.isoformat(),
        until=asked.period.until.isoformat(),
        sha256=hashlib.sha256(document).hexdigest(),
        document=document,
    )
    async with head.edge(db, principal.partner, principal.client, "FreezeReport") as session:
        row.position = await record(session, ReportFrozen(report=row.id))
        session.add(row)
    return _out(row)


def canonical(report: Report) -> bytes:
    """Sorted keys, no blanks, integers and text only: equal reports are equal bytes."""
    return msgspec.json.encode(report, order="sorted")


async def find(session: AsyncSession, principal: Principal, id: str) -> bytes:
    """The document as frozen. Raises `NotFound` for another partner's."""
    if not ids.named(_PREFIX, id):
        raise NotFound
    named = select(FrozenReport.document).where(FrozenReport.id == id, _own(principal))
    document = await session.scalar(named)
    if document is None:
        raise NotFound
    return document


async def page(session: AsyncSession, principal: Principal, after: int, limit: int) -> Reports:
    """The caller's reports in the order in which they were frozen, from behind position `after`."""
    following = select(FrozenReport).where(_own(principal), FrozenReport.position > after)
    rows = list(await session.scalars(following.order_by(FrozenReport.position).limit(limit + 1)))
    more = len(rows) > limit
    return Reports(tuple(map(_out, rows[:limit])), str(rows[limit - 1].position) if more else None)


def _require(principal: Principal, asked: ReportIn) -> None:
    if asked.period.since >= asked.period.until:
        raise EmptyPeriod("`to` is the first day that counts no longer; put it after `from`.")
    if asked.scope is ReportScope.NATIONAL and Scope.REPORTS_NATIONAL not in principal.scopes:
        raise Forbidden(f"A national report needs the scope {Scope.REPORTS_NATIONAL}.")


def _own(principal: Principal) -> ColumnElement[bool]:
    """National counts stay closed to clients of the same partner that may not ask for them."""
    own = FrozenReport.partner == principal.partner
    if Scope.REPORTS_NATIONAL in principal.scopes:
        return own
    return and_(own, FrozenReport.scope != ReportScope.NATIONAL.value)


async def _draw_up(snapshot: AsyncSession, plugins: PluginHost, principal: Principal, asked: ReportIn) -> Report:
    end = _midnight(asked.period.until)
    position, at = await _reach(snapshot, end)
    complete = times.now() >= end
    national = asked.scope is ReportScope.NATIONAL
    return Report(
        title=asked.title,
        scope=asked.scope,
        partner=None if national else principal.slug,
        period=asked.period,
        position=position,
        as_of=times.from_micros(end if complete else at),
        complete=complete,
        sections=tuple(await sections(snapshot, plugins, principal, asked.period, national=national)),
    )


async def _reach(session: AsyncSession, end: int) -> tuple[int, int]:
    """The last position before `end` and its time, both 0 when there is none."""
    newest = select(Tick.position, Tick.n, Tick.at).where(Tick.at < end).order_by(Tick.at.desc()).limit(1)
    row = (await session.execute(newest)).first()
    return (row.position + row.n - 1, row.at + row.n - 1) if row else (0, 0)


def _midnight(day: date) -> int:
    return times.to_micros(datetime.combine(day, time(), times.HUB_ZONE))


def _out(row: FrozenReport) -> ReportOut:
    return ReportOut(
        id=row.id,
        title=row.title,
        scope=ReportScope(row.scope),
        period=Period(date.fromisoformat(row.since), date.fromisoformat(row.until)),
        position=row.position,
        created=times.from_micros(row.created),
        sha256=row.sha256,
    )
