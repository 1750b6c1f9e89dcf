"""What platforms were asked to take down, and what they made of it.

2026-11-22: each step of a case counts when it was taken, whatever becomes of the case: a report of October stays as it
is, and the months of a quarter add up to it. So what was asked for in one month and answered in the next is in both, in
other columns. We gave up following the cases of a month to their ends.
Held by tests/reports/test_takedowns_section.py.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, SQLColumnExpression, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.auth.models import Partner
from core.db import table_of
from core.reports import labels
from core.reports.asked import TIME, by_day, time_dimension
from core.takedowns.models import Takedown, TakedownOutcome, TakedownRequest, TakedownStep
from core.takedowns.states import ACTED
from core.times import DAY, SECOND
from core.wire.documents import Chart, ChartKind, Dimension, ReaderClass, Unit, Words
from core.wire.sections import Asked, Count, Cube, Draft, Quantile, Share, Wanted
from core.wire.takedowns import TakedownState

_COUNTS = {
    "requested": Words("Được yêu cầu", "Requested"),
    "acknowledged": Words("Đã tiếp nhận", "Acknowledged"),
    "answered": Words("Đã trả lời", "Answered"),
    "acted_on": Words("Đã xử lý", "Acted on"),
    "in_time": Words("Trả lời đúng hạn", "Answered in time"),
    "breached": Words("Quá hạn", "Deadline missed"),
    "corrected": Words("Sửa câu trả lời", "Answers corrected"),
    "appealed": Words("Bị khiếu nại", "Appealed"),
    "reversed": Words("Đảo ngược quyết định", "Decisions reversed"),
}
_SHARE = Share("in_time_share", Words("Tỷ lệ đúng hạn", "Share in time"), "in_time", "answered")
_QUANTILES = (
    Quantile("median_seconds", Words("Thời gian trả lời: trung vị", "Time to answer: median"), "answered", 50),
    Quantile("p90_seconds", Words("Thời gian trả lời: 90%", "Time to answer: 90%"), "answered", 90),
)
_FUNNEL = ("requested", "acknowledged", "answered", "acted_on")
_FULL = (*_FUNNEL, "in_time", "breached", _SHARE.name, *(one.name for one in _QUANTILES))
_NOTE = Words(
    "Mỗi bước của một vụ việc được tính vào ngày thực hiện bước đó: vụ việc được yêu cầu trong tháng này và trả lời "
    "trong tháng sau có mặt ở cả hai tháng. Đã xử lý: lần đầu nền tảng cho biết đã gỡ bỏ hoặc hạn chế. Đúng hạn: theo "
    "hạn của vụ việc vào lúc trả lời, hoặc vụ việc không có hạn. Thời gian trả lời tính từ khi mở vụ việc, gồm cả ngày "
    "nghỉ và lúc tạm dừng. Căn cứ là của yêu cầu đã mở vụ việc.",
    "Each step of a case counts on the day on which it was taken: what was asked for in one month and answered in the "
    "next is in both. Acted on: when the platform first said that it removed or restricted. In time: by the deadline "
    "of the case when it was answered, or without one. Times to answer run from the opening of the case, days off and "
    "pauses included. The basis is that of the request which opened the case.",
)

_PIECE = 1_000
"""Rows."""
Atom = tuple[str, ...]
"""Time, platform, basis, category."""


async def draw(session: AsyncSession, asked: Asked) -> Draft:
    """By time, platform, basis and category. A partner's are the cases that it is a party of."""
    numbers: dict[Atom, list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
    for index, name in enumerate(_COUNTS):
        async for atom, count in _counted(session, asked, FACTS[name]):
            numbers[atom][index] += count
    durations: dict[Atom, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    async for atom, count in _counted(session, asked, FACTS["answered"], timed=True):
        durations[atom[:-1]][int(atom[-1])] += count
    return Draft(
        name="takedowns",
        title=Words("Yêu cầu gỡ bỏ", "Takedowns"),
        cubes=(_cube(asked, {atom: tuple(counts) for atom, counts in numbers.items()}, durations),),
        note=_NOTE,
    )


def _cube(asked: Asked, atoms: Mapping[Atom, tuple[int, ...]], durations: Mapping[Atom, Mapping[int, int]]) -> Cube:
    slugs = {atom[1] for atom in atoms}
    # The public is shown no table by platform; platforms are told apart all the same, for each knows its own part.
    platforms = Dimension("platform", Words("Nền tảng", "Platform"), labels.members_of(slugs))
    return Cube(
        name="takedowns",
        dimensions=(time_dimension(asked), platforms, labels.dimension("basis"), labels.dimension("category")),
        counts=tuple(Count(name, title, Unit.CASES) for name, title in _COUNTS.items()),
        atoms=atoms,
        tables=_tables(public=asked.readers is ReaderClass.PUBLIC),
        shares=(_SHARE,),
        quantiles=_QUANTILES,
        durations=durations,
        time=TIME,
        contributor="platform",
        # It is told of each case that it is a party of, whosever platform that is.
        known=frozenset(slugs) if asked.readers is ReaderClass.PARTNER else frozenset(),
        least=(("in_time", "answered"),),
    )


def _tables(*, public: bool) -> tuple[Wanted, ...]:
    of_all = (
        _wanted("", "Từ yêu cầu đến xử lý", "From request to action", _FUNNEL, ChartKind.FUNNEL),
        _wanted("time", "Theo thời gian", "By time", (*_FUNNEL, "breached"), ChartKind.TIME_SERIES),
        _wanted("basis", "Theo căn cứ", "By basis", _FULL, ChartKind.BARS),
        _wanted("category", "Theo thủ đoạn", "By category", _FULL, ChartKind.BARS),
        _wanted("basis category", "Theo căn cứ và thủ đoạn", "By basis and category", ("requested", "acted_on")),
    )
    if public:
        return of_all
    by_platform = ("requested", "acted_on", "in_time")
    return (
        *of_all,
        _wanted("platform", "Theo nền tảng", "By platform", (*_FULL, *_AFTERWARDS), ChartKind.BARS),
        _wanted("platform basis", "Theo nền tảng và căn cứ", "By platform and basis", by_platform),
        _wanted("platform category", "Theo nền tảng và thủ đoạn", "By platform and category", by_platform),
    )


_AFTERWARDS = ("corrected", "appealed", "reversed")


def _wanted(by: str, vi: str, en: str, measures: tuple[str, ...], chart: ChartKind | None = None) -> Wanted:
    name = f"takedowns_by_{by.replace(' ', '_')}" if by else "takedowns_course"
    drawn = measures if chart in {ChartKind.FUNNEL, ChartKind.TIME_SERIES} else measures[:1]
    return Wanted(name, Words(vi, en), tuple(by.split()), measures, Chart(chart, drawn) if chart else None)


class Fact(NamedTuple):
    """Something that happens to a case, by what is written down of it for good."""

    at: SQLColumnExpression[Any]
    told_in: type[TakedownOutcome] | type[TakedownStep] | None = None
    """Whose rows, where it is not the case's own."""
    where: tuple[ColumnElement[bool], ...] = ()


def _acted_before() -> ColumnElement[bool]:
    earlier = aliased(TakedownOutcome)
    return exists().where(
        earlier.takedown == TakedownOutcome.takedown,
        earlier.version < TakedownOutcome.version,
        earlier.state.in_(ACTED),
    )


def _moved_to(state: TakedownState) -> Fact:
    # A step that leads nowhere only keeps a reason.
    moved = (TakedownStep.state == state.value, TakedownStep.origin != state.value)
    return Fact(TakedownStep.at, TakedownStep, moved)


_FIRST = TakedownOutcome.version == 1
FACTS = {
    "requested": Fact(Takedown.opened),
    "acknowledged": Fact(Takedown.acknowledged),
    "answered": Fact(TakedownOutcome.at, TakedownOutcome, (_FIRST,)),
    "acted_on": Fact(TakedownOutcome.at, TakedownOutcome, (TakedownOutcome.state.in_(ACTED), ~_acted_before())),
    "in_time": Fact(
        TakedownOutcome.at,
        TakedownOutcome,
        (_FIRST, or_(TakedownOutcome.due.is_(None), TakedownOutcome.at <= TakedownOutcome.due)),
    ),
    "breached": Fact(Takedown.breached),
    "corrected": Fact(TakedownOutcome.at, TakedownOutcome, (TakedownOutcome.version > 1,)),
    "appealed": _moved_to(TakedownState.APPEALED),
    "reversed": _moved_to(TakedownState.REVERSED),
}
"""What reports and ad-hoc cuts count of cases, by name."""


async def _counted(
    session: AsyncSession, asked: Asked, fact: Fact, *, timed: bool = False
) -> AsyncIterator[tuple[Atom, int]]:
    """How often it happened in the period, by atom; `timed`: and by how many seconds after the opening."""
    days = list(by_day(asked).values())
    found = await session.stream(_query(asked, fact, timed=timed))
    # In pieces: hardly two cases take the same time, and the loop serves others meanwhile.
    async for rows in found.partitions(_PIECE):
        for day, platform, *rest, count in rows:
            yield (days[day], platform, *rest), count


def _query(asked: Asked, fact: Fact, *, timed: bool) -> Select[Any]:
    eyes = _partner(asked.partner) if asked.readers is ReaderClass.PARTNER else _EVERYBODY
    # Who joins a case that has come some way learns of that then.
    at = fact.at if eyes is _EVERYBODY else case((fact.at < eyes.since, eyes.since), else_=fact.at)
    tables = eyes.tables
    if fact.told_in is not None:
        tables = tables.join(table_of(fact.told_in), fact.told_in.takedown == Takedown.number)
    keys = [((at - asked.begins) // DAY).label("day"), Partner.slug, eyes.basis.label("on"), Takedown.category]
    if timed:
        keys.append(((at - eyes.since) // SECOND).label("seconds"))
    seen = (*eyes.sees, *fact.where, at >= asked.begins, at < asked.ends)
    # PostgreSQL takes no expression with parameters for the same expression again.
    rows = select(*keys).select_from(tables).where(*seen).subquery()
    return select(*rows.c, func.count()).group_by(*rows.c)


class _Eyes(NamedTuple):
    """Which cases somebody sees, since when, and on which basis."""

    tables: FromClause
    since: SQLColumnExpression[Any]
    basis: SQLColumnExpression[Any]
    sees: tuple[ColumnElement[bool], ...] = ()


_CASES = table_of(Takedown).join(table_of(Partner), Partner.id == Takedown.platform)
_EVERYBODY = _Eyes(_CASES, Takedown.opened, Takedown.basis)


def _partner(partner: int | None) -> _Eyes:
    """A platform sees the cases at it, who asks those that it ever asked for, and not on which basis another asked."""
    own = and_(TakedownRequest.takedown == Takedown.number, TakedownRequest.partner == partner)
    at_it = Takedown.platform == partner
    return _Eyes(
        tables=_CASES.outerjoin(table_of(TakedownRequest), own),
        since=case((at_it, Takedown.opened), else_=TakedownRequest.asked),
        basis=case((or_(at_it, TakedownRequest.number == _opening()), Takedown.basis), else_="joined"),
        sees=(or_(at_it, TakedownRequest.number.is_not(None)),),
    )


def _opening() -> ColumnElement[int]:
    """The number of the request that opened the case."""
    every = aliased(TakedownRequest)
    return select(func.min(every.number)).where(every.takedown == Takedown.number).scalar_subquery()
