"""Ordering reports and reading them again."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.db import among, page_of
from core.errors import Conflict, Forbidden, NotFound, TooManyRequests
from core.reports import templates
from core.reports.making import period_of
from core.reports.models import Report, ReportFile
from core.reports.sections import SECTIONS
from core.wire.documents import Language, Period, Positions, ReaderClass
from core.wire.reports import (
    FrozenOut,
    Refusal,
    ReportFileOut,
    ReportIn,
    ReportOut,
    ReportProgress,
    Reports,
    ReportState,
)
from core.wire.scopes import Scope
from core.wire.templates import Definition, Heading

PREFIX = "rep"
LONGEST = timedelta(days=400)
"""A year with room on either side."""
_WAITING = 50
"""Reports of one partner that are not yet made."""
_TITLE = Heading("Báo cáo tổng hợp", "Consolidated report")
_PARTNER = ReaderClass.PARTNER.value


class EmptyPeriod(Conflict):
    """The period ends before it begins."""

    code = "empty_period"


class LongPeriod(Conflict):
    """The period has more days than a report may count."""

    code = "long_period"


class NotBegun(Conflict):
    """The period lies ahead."""

    code = "not_begun"


class TwoDefinitions(Conflict):
    """A template has a definition of its own."""

    code = "two_definitions"


class Provisional(Conflict):
    """What is counted of a running period is not there any more to be counted again."""

    code = "provisional"


class Restating(Conflict):
    """A restatement is no report to be stated again, nor is one begun beside another."""

    code = "restating"


class NotMade(Conflict):
    """The report has no manifest yet."""

    code = "not_made"


async def ask(session: AsyncSession, principal: Principal, wanted: ReportIn) -> ReportOut:
    """Note what is wanted; `jobs` makes it. For schedules and for those who ask by hand.

    Raises `EmptyPeriod`, `LongPeriod`, `NotBegun`, `TwoDefinitions`, `NotFound` for a template that is not there,
    `Forbidden` for national and public reports without `reports:national`, and `TooManyRequests`.
    """
    require_period(wanted.period)
    title, definition, readers = await _resolved(session, principal, wanted)
    require_readers(principal, readers)
    await _require_room(session, principal)
    now = times.now()
    row = Report(
        id=ids.new(PREFIX),
        partner=principal.partner,
        client=principal.client,
        created=now,
        template=wanted.template,
        title=msgspec.json.encode(title).decode(),
        definition=msgspec.json.encode(definition).decode(),
        readers=readers.value,
        since=wanted.period.since.isoformat(),
        until=wanted.period.until.isoformat(),
        state=ReportState.QUEUED.value,
        wakes=now,
    )
    session.add(row)
    await session.flush()
    return out(row, ())


async def restate(session: AsyncSession, principal: Principal, id: str, reason: Heading) -> ReportOut:
    """Note that a report is to be counted anew and said again in totals, beside what it said.

    Raises `NotFound`, `Forbidden` for another partner's, `NotMade`, `Provisional`, `Restating` and `TooManyRequests`.
    """
    row = await row_of(session, principal, id)
    if row.partner != principal.partner:
        raise Forbidden("A report is stated again by the partner that ordered it.")
    require_made(row)
    if row.provisional:
        raise Provisional("The period was not over when it was frozen. Order a report of it again.")
    if row.restates is not None:
        raise Restating(f"This states {row.restates} again. Restate that one.")
    beside = select(func.count()).where(Report.restates == row.id, Report.wakes.is_not(None))
    if (await session.execute(beside)).scalar_one():
        raise Restating("It is being stated again. Wait for that.")
    await _require_room(session, principal)
    kept = ("template", "title", "definition", "readers", "since", "until", "after", "up_to", "ends")
    now = times.now()
    again = Report(
        id=ids.new(PREFIX),
        partner=principal.partner,
        client=principal.client,
        created=now,
        state=ReportState.QUEUED.value,
        wakes=now,
        restates=row.id,
        reason=msgspec.json.encode(reason).decode(),
        **{name: getattr(row, name) for name in kept},
    )
    session.add(again)
    await session.flush()
    return out(again, ())


def require_readers(principal: Principal, readers: ReaderClass) -> None:
    """Raises `Forbidden` when the principal may not order for these readers."""
    if readers is not ReaderClass.PARTNER and Scope.REPORTS_NATIONAL not in principal.scopes:
        raise Forbidden(f"A {readers} report needs the scope {Scope.REPORTS_NATIONAL}.")


def require_period(period: Period) -> None:
    """Raises `EmptyPeriod`, `LongPeriod`, `NotBegun`."""
    if period.since >= period.until:
        raise EmptyPeriod("`to` is the first day that counts no longer; put it after `from`.")
    if period.until - period.since > LONGEST:
        raise LongPeriod(f"A report counts at most {LONGEST.days} days. Freeze several.")
    if period.since > times.today():
        raise NotBegun("Nothing of the period has happened yet.")


async def _resolved(
    session: AsyncSession, principal: Principal, wanted: ReportIn
) -> tuple[Heading, Definition, ReaderClass]:
    if wanted.template is None:
        definition = wanted.definition or Definition(tuple(SECTIONS))
        # Each once: two of the same name would be two that cannot be told apart.
        definition = Definition(tuple(dict.fromkeys(definition.sections)))
        return wanted.title or _TITLE, definition, wanted.readers or ReaderClass.PARTNER
    if wanted.definition is not None:
        raise TwoDefinitions("Send `template` or `definition`: a template has its own.")
    found = await templates.find(session, principal, wanted.template)
    return wanted.title or found.title, found.definition, wanted.readers or found.readers


async def _require_room(session: AsyncSession, principal: Principal) -> None:
    waiting = select(func.count()).where(Report.partner == principal.partner, Report.wakes.is_not(None))
    if (await session.execute(waiting)).scalar_one() >= _WAITING:
        detail = f"{_WAITING} of your reports are being made. Wait for them."
        raise TooManyRequests(detail, headers={"Retry-After": "60"})


def readable(principal: Principal) -> ColumnElement[bool]:
    """One's own, and public ones once they are made.

    National counts stay closed to clients of the same partner that may not ask for them.
    """
    public = and_(Report.readers == ReaderClass.PUBLIC.value, Report.state == ReportState.MADE.value)
    own = Report.partner == principal.partner
    if Scope.REPORTS_NATIONAL in principal.scopes:
        return or_(own, public)
    return or_(and_(own, Report.readers == _PARTNER), public)


async def row_of(session: AsyncSession, principal: Principal, id: str) -> Report:
    """Raises `NotFound` for what the principal may not read."""
    named = select(Report).where(Report.id == id, readable(principal))
    row = await session.scalar(named) if ids.named(PREFIX, id) else None
    if row is None:
        raise NotFound
    return row


async def find(session: AsyncSession, principal: Principal, id: str) -> ReportOut:
    """Raises `NotFound`."""
    row = await row_of(session, principal, id)
    return out(row, (await _files(session, [row.number]))[row.number])


async def page(session: AsyncSession, principal: Principal, after: int, limit: int) -> Reports:
    """What the principal may read, in the order of orders, from behind the number `after`."""
    rows, following = await page_of(session, select(Report).where(readable(principal)), Report.number, after, limit)
    found = await _files(session, [row.number for row in rows])
    return Reports(tuple(out(row, found[row.number]) for row in rows), following)


async def file(session: AsyncSession, principal: Principal, id: str, name: str) -> ReportFile:
    """A file of a report that is made. Raises `NotFound`, and `NotMade`."""
    row = await row_of(session, principal, id)
    require_made(row)
    made = await session.scalars(select(ReportFile).where(ReportFile.report == row.number))
    # Not asked for by name, in which there may be a NUL.
    found = next((one for one in made if one.name == name), None)
    if found is None:
        raise NotFound("The report has no such file; it names those that it has.")
    return found


async def manifest(session: AsyncSession, principal: Principal, id: str) -> str:
    """Compact JWS. Raises `NotFound`, and `NotMade`."""
    row = await row_of(session, principal, id)
    require_made(row)
    assert row.manifest is not None
    return row.manifest


def require_made(row: Report) -> None:
    if row.state != ReportState.MADE:
        raise NotMade(f"The report is {row.state}. Files and manifest are there once it is made.")


async def named(session: AsyncSession, sha256s: Sequence[str]) -> set[str]:
    """Which of these blobs are files of reports."""
    return set(await session.scalars(select(ReportFile.sha256).where(among(ReportFile.sha256, sha256s, session))))


async def _files(session: AsyncSession, numbers: Sequence[int]) -> dict[int, list[ReportFile]]:
    found: dict[int, list[ReportFile]] = defaultdict(list)
    for row in await session.scalars(select(ReportFile).where(among(ReportFile.report, numbers, session))):
        found[row.report].append(row)
    return found


def out(row: Report, files: Collection[ReportFile]) -> ReportOut:
    return ReportOut(
        id=row.id,
        title=msgspec.json.decode(row.title, type=Heading),
        template=row.template,
        definition=msgspec.json.decode(row.definition, type=Definition),
        readers=ReaderClass(row.readers),
        period=period_of(row.since, row.until),
        state=ReportState(row.state),
        progress=ReportProgress(row.done, row.steps),
        created=times.from_micros(row.created),
        frozen=_frozen(row),
        files=tuple(_file(one) for one in sorted(files, key=lambda one: one.name)),
        left_out=msgspec.json.decode(row.left_out, type=tuple[str, ...]),
        restates=row.restates,
        refusal=None if row.refusal is None else msgspec.json.decode(row.refusal, type=Refusal),
    )


def _frozen(row: Report) -> FrozenOut | None:
    if row.frozen is None:
        return None
    assert row.position is not None
    assert row.sha256 is not None
    assert row.after is not None
    assert row.up_to is not None
    return FrozenOut(
        at=times.from_micros(row.frozen),
        position=row.position,
        document_sha256=row.sha256,
        positions=Positions(row.after, row.up_to),
        provisional=bool(row.provisional),
    )


def _file(row: ReportFile) -> ReportFileOut:
    language = None if row.language is None else Language(row.language)
    return ReportFileOut(row.name, row.media_type, language, row.size, row.sha256)
