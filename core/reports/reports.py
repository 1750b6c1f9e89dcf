"""Freezing reports and reading them again."""

import hashlib
from datetime import date, datetime, time, timedelta

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
from core.reports import drawing as sections
from core.reports.models import FrozenReport
from core.wire.events import ReportFrozen
from core.wire.reports import Period, Report, ReportIn, ReportOut, Reports, ReportScope
from core.wire.scopes import Scope

_PREFIX = "rep"


class EmptyPeriod(Conflict):
    """The period ends before it begins."""

    code = "empty_period"


class LongPeriod(Conflict):
    """The period has more days than a report may count."""

    code = "long_period"


LONGEST = timedelta(days=400)
"""A year with room on either side."""


async def freeze(db: Database, plugins: PluginHost, principal: Principal, asked: ReportIn) -> ReportOut:
    """Draw the report up in one snapshot and store it for the caller's partner.

    Plugins are asked before the log's head is locked: a slow one costs this caller time and no other caller anything.
    Raises `EmptyPeriod`, `LongPeriod`, and `Forbidden` for a national report without `reports:national`.
    """
    _require(principal, asked)
    while True:
        report = await _draw_up(db, plugins, principal, asked)
        row = _row(principal, asked, canonical(report))
        async with head.edge(db, principal.partner, principal.client, "FreezeReport") as session:
            # What began before the period's end may have been committed after it, and after the snapshot.
            if report.complete and report.position != (await _reach(session, _midnight(asked.period.until)))[0]:
                continue
            row.position = await record(session, ReportFrozen(report=row.id), to=(principal.partner,))
            session.add(row)
        return _out(row)


def _row(principal: Principal, asked: ReportIn, document: bytes) -> FrozenReport:
    return FrozenReport(
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
    if asked.period.until - asked.period.since > LONGEST:
        raise LongPeriod(f"A report counts at most {LONGEST.days} days. Freeze several.")
    if asked.scope is ReportScope.NATIONAL and Scope.REPORTS_NATIONAL not in principal.scopes:
        raise Forbidden(f"A national report needs the scope {Scope.REPORTS_NATIONAL}.")


def _own(principal: Principal) -> ColumnElement[bool]:
    """National counts stay closed to clients of the same partner that may not ask for them."""
    own = FrozenReport.partner == principal.partner
    if Scope.REPORTS_NATIONAL in principal.scopes:
        return own
    return and_(own, FrozenReport.scope != ReportScope.NATIONAL.value)


async def _draw_up(db: Database, plugins: PluginHost, principal: Principal, asked: ReportIn) -> Report:
    end = _midnight(asked.period.until)
    complete = times.now() >= end
    national = asked.scope is ReportScope.NATIONAL
    async with db.snapshot(principal.partner) as snapshot:
        position, at = await _reach(snapshot, end)
        own = await sections.own(snapshot, principal, asked.period, national=national)
    # Plugins open views of their own; a connection that waits for another one would be one too many.
    added = await sections.from_plugins(plugins, principal, asked.period, [section.name for section in own])
    return Report(
        title=asked.title,
        scope=asked.scope,
        partner=None if national else principal.slug,
        period=asked.period,
        position=position,
        as_of=times.from_micros(end if complete else at),
        complete=complete,
        sections=(*own, *added),
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
