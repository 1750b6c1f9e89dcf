"""Whom the campaigns reached, where and in which strand, beside what they want to reach.

2026-11-22: an activity counts on the day on which the hub was told of it, and so does each correction, which may lower
a figure: a report stays as it is when more of its time is told of later. What is told late is a table of its own, by
the month in which it took place, for the whole country. We gave up figures by the day of the activity, which would
change with every sheet that comes in.
Held by tests/reports/test_reach_section.py.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.models import Partner
from core.campaigns import targets
from core.campaigns.models import ReachCell
from core.campaigns.targets import Target
from core.reports import labels
from core.reports.asked import TIME, by_day, time_dimension
from core.reports.cube import LEAST
from core.wire.campaigns import Measure
from core.wire.documents import Chart, ChartKind, Dimension, Member, Name, ReaderClass, Unit, Words
from core.wire.sections import Asked, Count, Cube, Draft, Share, Wanted

_COUNTS = (
    Count("participants", Words("Người tham gia", "Participants"), Unit.PARTICIPANTS, protected=False),
    Count("views", Words("Lượt xem", "Views"), Unit.VIEWS, protected=False),
    Count("classes", Words("Lớp học", "Classes"), Unit.CLASSES, protected=False),
    Count("sites", Words("Điểm tổ chức", "Sites"), Unit.SITES, protected=False),
    Count("activities", Words("Hoạt động", "Activities"), Unit.ACTIVITIES, protected=False),
)
"""Figures of an audience, not of anybody in it: no small number is hidden."""
_NAMES = tuple(count.name for count in _COUNTS)
_NOTE = Words(
    "Hoạt động được tính vào ngày báo cho hệ thống, không phải ngày tổ chức; sửa đổi được tính vào ngày sửa, nên một "
    "số liệu có thể giảm hoặc âm. Hoạt động của các tháng trước mới được báo có trong các bảng và được nêu riêng. Chỉ "
    "tiêu là chỉ tiêu có hiệu lực vào cuối kỳ, so với mọi số liệu đã báo đến lúc đó.",
    "Activities count on the day on which the hub was told of them, not on their own; corrections on the day of the "
    "correction, so a figure may fall, or be negative. What took place in earlier months and was told now is in the "
    "tables and named by itself. Targets are those that held at the end of the period, beside all that was told by "
    "then.",
)


async def draw(session: AsyncSession, asked: Asked) -> Draft:
    """By time, province and strand; for readers who may know them, by partner."""
    day = date.fromisoformat(times.hub_day(asked.ends - 1))
    goals = await targets.at(session, asked.ends, asked.period.until, day)
    cubes = (await _told(session, asked), await _late(session, asked), *_targets(goals))
    return Draft(name="reach", title=Words("Lan tỏa", "Reach"), cubes=cubes, note=_NOTE)


async def _told(session: AsyncSession, asked: Asked) -> Cube:
    keys = (ReachCell.day, ReachCell.province, ReachCell.strand, ReachCell.kind, Partner.slug)
    sums = (func.sum(getattr(ReachCell, name)) for name in _NAMES)
    told = select(*keys, *sums).join(Partner, Partner.id == ReachCell.partner).where(*_in(asked)).group_by(*keys)
    days = by_day(asked)
    atoms: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
    slugs: set[str] = set()
    for on, province, strand, kind, slug, *numbers in await session.execute(told):
        whose = labels.whose(asked, slug)
        slugs.update(whose)
        _add(atoms[(days[on], province, strand or labels.NONE, kind, *whose)], numbers)
    by_partner = () if asked.readers is ReaderClass.PUBLIC else (labels.partner_dimension(asked, slugs),)
    return Cube(
        name="reach",
        dimensions=(
            time_dimension(asked),
            labels.province_dimension(),
            labels.strand_dimension(),
            labels.dimension("activity_kind"),
            *by_partner,
        ),
        counts=_COUNTS,
        atoms={key: tuple(numbers) for key, numbers in atoms.items()},
        tables=tuple(_tables(by_partner)),
        time=TIME,
        contributor="partner" if by_partner else None,
        known=labels.known(asked),
    )


def _tables(by_partner: tuple[Dimension, ...]) -> Iterator[Wanted]:
    yield _wanted("province", "Theo tỉnh, thành phố", "By province", ChartKind.TILE_GRID)
    yield _wanted("strand", "Theo mảng", "By strand", ChartKind.BARS)
    yield _wanted("activity_kind", "Theo loại hoạt động", "By kind of activity", ChartKind.BARS)
    yield _wanted("time", "Theo thời gian báo", "By time, as it was told", ChartKind.TIME_SERIES)
    crossed = ("participants", "activities")
    yield _wanted("province strand", "Theo tỉnh, thành phố và mảng", "By province and strand", measures=crossed)
    if by_partner:
        yield _wanted("partner", "Theo đối tác", "By partner", ChartKind.BARS)


def _wanted(by: str, vi: str, en: str, chart: ChartKind | None = None, measures: tuple[Name, ...] = _NAMES) -> Wanted:
    drawn = Chart(chart, measures[:1]) if chart else None
    return Wanted(f"reach_by_{by.replace(' ', '_and_')}", Words(vi, en), tuple(by.split()), measures, drawn)


async def _late(session: AsyncSession, asked: Asked) -> Cube:
    """What was told of months before the month of the telling."""
    sums = (func.sum(getattr(ReachCell, name)) for name in _NAMES)
    late = ReachCell.month < func.substr(ReachCell.day, 1, 7)
    told = select(ReachCell.month, *sums).where(*_in(asked), late).group_by(ReachCell.month)
    rows: Iterable[Any] = await session.execute(told)
    atoms: dict[tuple[str, ...], tuple[int, ...]] = {(row[0],): tuple(map(int, row[1:])) for row in rows}
    title = Words("Báo muộn, theo tháng tổ chức", "Told late, by the month in which it took place")
    return Cube(
        name="reach_late",
        dimensions=(labels.month_dimension(key[0] for key in atoms),),
        counts=_COUNTS,
        atoms=atoms,
        tables=(Wanted("reach_told_late", title, ("month",), _NAMES),),
    )


def _in(asked: Asked) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (ReachCell.day >= asked.period.since.isoformat(), ReachCell.day < asked.period.until.isoformat())


def _add(sums: list[int], numbers: Iterable[int]) -> None:
    for index, number in enumerate(numbers):
        sums[index] += int(number)


_TARGETS = {
    Measure.COMMUNES: (Words("Chỉ tiêu: xã, phường, đặc khu", "Targets: communes"), Unit.COUNT),
    Measure.ACTIVITIES: (Words("Chỉ tiêu: hoạt động", "Targets: activities"), Unit.ACTIVITIES),
    Measure.POINTS: (Words("Chỉ tiêu: điểm cầu", "Targets: connection points"), Unit.SITES),
    Measure.SITES: (Words("Chỉ tiêu: điểm tổ chức", "Targets: sites"), Unit.SITES),
    Measure.CLASSES: (Words("Chỉ tiêu: lớp học", "Targets: classes"), Unit.CLASSES),
    Measure.PARTICIPANTS: (Words("Chỉ tiêu: người tham gia", "Targets: participants"), Unit.PARTICIPANTS),
    Measure.VIEWS: (Words("Chỉ tiêu: lượt xem", "Targets: views"), Unit.VIEWS),
}


def _targets(found: Sequence[Target]) -> Iterator[Cube]:
    """A cube for each thing that goals count: nothing else could be summed up."""
    for measure, (title, unit) in _TARGETS.items():
        these = {_code(one): one for one in found if one.goal.measure is measure}
        if these:
            yield _against(f"targets_{measure}", title, unit, these)


def _against(name: str, title: Words, unit: Unit, these: Mapping[str, Target]) -> Cube:
    members = tuple(Member(code, _called(one)) for code, one in these.items())
    counts = (
        Count("reached", Words("Đã đạt", "Reached"), unit, protected=False),
        Count("target", Words("Chỉ tiêu", "Target"), unit, protected=False),
    )
    # Shares of less would be shown as if they were hidden.
    share = Share("share", Words("Tỷ lệ đạt", "Share reached"), "reached", "target")
    shares = (share,) if all(one.target >= LEAST for one in these.values()) else ()
    measures = ("reached", "target", *(one.name for one in shares))
    return Cube(
        name=name,
        dimensions=(Dimension("goal", Words("Mục tiêu", "Goal"), members),),
        counts=counts,
        atoms={(code,): (one.reached, one.target) for code, one in these.items()},
        tables=(Wanted(name, title, ("goal",), measures, Chart(ChartKind.BARS, measures[:1])),),
        shares=shares,
    )


def _code(one: Target) -> str:
    name = f"{one.campaign}/{one.goal.slug}"
    return name if len(name) <= 64 else hashlib.sha256(name.encode()).hexdigest()


def _called(one: Target) -> Words:
    vi, en = one.goal.title.vi, one.goal.title.en or one.goal.title.vi
    return Words(f"{vi} ({one.campaign})", f"{en} ({one.campaign})")
