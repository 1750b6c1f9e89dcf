"""What became of materials: who downloaded them, where they were posted, which recalls are still open.

2026-11-22: a post counts on the day on which the hub was told of it, and what is told of its reach later on that later
day, as with activities (`core.reports.sections.reach`). Held by tests/content/test_in_reports.py.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.auth.models import Partner
from core.content.models import Acknowledgement, Fetch, Material, UsageCell, Version
from core.reports import labels
from core.reports.asked import TIME, by_day, time_dimension
from core.wire.documents import Chart, ChartKind, Dimension, ReaderClass, Unit, Words
from core.wire.sections import Asked, Count, Cube, Draft, Wanted

_DOWNLOADS = (
    Count("downloads", Words("Lượt tải", "Downloads"), Unit.DOWNLOADS, protected=False),
    Count("creators", Words("Bên đã tải", "Partners that downloaded"), Unit.CREATORS, protected=False),
)
"""Partners and their posts, nobody's case: no small number is hidden."""
_POSTS = (
    Count("posts", Words("Bài đăng", "Posts"), Unit.POSTS, protected=False),
    Count("reach", Words("Lượt tiếp cận", "Reach"), Unit.VIEWS, protected=False),
)
_RECALLS = (
    Count("outstanding", Words("Còn chờ xác nhận", "Outstanding"), Unit.COUNT, protected=False),
    Count("recalled", Words("Thu hồi trong kỳ", "Recalled in the period"), Unit.COUNT, protected=False),
    Count("confirmed", Words("Xác nhận trong kỳ", "Confirmed in the period"), Unit.COUNT, protected=False),
)
_KIND = labels.dimension("material_kind")
_NOTE = Words(
    "Lượt tải: mỗi bên tải mỗi tệp được tính một lần một ngày. Bên đã tải: mỗi bên được tính một lần trong kỳ, vào "
    "ngày tải đầu tiên. Bài đăng và lượt tiếp cận được tính vào ngày báo cho hệ thống; sửa đổi được tính vào ngày sửa. "
    "Thu hồi: mỗi phiên bản ở mỗi bên đã tải được tính một lần; còn chờ là chưa xác nhận đã gỡ vào cuối kỳ.",
    "Downloads: a partner counts once for a file and day. Partners that downloaded: each once in the period, on the "
    "day of its first download. Posts and reach count on the day on which the hub was told, corrections on the day of "
    "the correction. Recalls: each version counts once for each partner that had downloaded it; outstanding are those "
    "not confirmed as taken down by the end of the period.",
)

Atoms = dict[tuple[str, ...], tuple[int, ...]]


async def draw(session: AsyncSession, asked: Asked) -> Draft:
    """By time, kind and platform; for readers who may know them, by partner. A partner's are its own and what became
    of its materials."""
    cubes = (
        await _downloads(session, asked),
        await _posts(session, asked),
        await _late_posts(session, asked),
        await _recalls(session, asked),
    )
    return Draft(name="content", title=Words("Học liệu", "Content"), cubes=cubes, note=_NOTE)


async def _downloads(session: AsyncSession, asked: Asked) -> Cube:
    keys = (Fetch.day, Version.kind, Partner.slug)
    fetched = (
        select(*keys, func.count())
        .select_from(Fetch)
        .join(Version, Version.number == Fetch.version)
        .join(Material, Material.number == Version.material)
        .join(Partner, Partner.id == Fetch.partner)
        .where(*_in(asked, Fetch.day), *_sees(asked, Fetch.partner))
        .group_by(*keys)
    )
    days, met = by_day(asked), set()
    sums = _Sums(len(_DOWNLOADS))
    # In an order of our own: the first download is the same on both engines.
    for day, kind, slug, number in sorted(await session.execute(fetched)):
        sums.add((days[day], kind, *labels.whose(asked, slug)), (number, slug not in met))
        met.add(slug)
    return Cube(
        name="content_downloads",
        dimensions=(time_dimension(asked), _KIND, *_partners(asked, met)),
        counts=_DOWNLOADS,
        atoms=sums.atoms(),
        tables=(
            _wanted("downloads", "time", "Lượt tải theo thời gian", "Downloads by time", _DOWNLOADS),
            _wanted("downloads", "material_kind", "Lượt tải theo loại", "Downloads by kind", _DOWNLOADS[:1]),
            *_of_partners(asked, "downloads", "Lượt tải theo đối tác", "Downloads by partner", _DOWNLOADS[:1]),
        ),
        time=TIME,
        **_contributor(asked),
    )


async def _posts(session: AsyncSession, asked: Asked) -> Cube:
    keys = (UsageCell.day, UsageCell.platform, _kind_of_material(), Partner.slug)
    rows = (
        select(*keys, UsageCell.posts, UsageCell.reach)
        .join(Material, Material.number == UsageCell.material)
        .join(Partner, Partner.id == UsageCell.partner)
        .where(*_in(asked, UsageCell.day), *_sees(asked, UsageCell.partner))
    )
    days = by_day(asked)
    sums, platforms, slugs = _Sums(len(_POSTS)), set(), set()
    for day, platform, kind, slug, *numbers in await session.execute(rows):
        platforms.add(platform)
        slugs.add(slug)
        sums.add((days[day], platform, kind, *labels.whose(asked, slug)), numbers)
    of_platforms = Dimension("platform", Words("Nền tảng", "Platform"), labels.members_of(platforms))
    return Cube(
        name="content_posts",
        dimensions=(time_dimension(asked), of_platforms, _KIND, *_partners(asked, slugs)),
        counts=_POSTS,
        atoms=sums.atoms(),
        tables=(
            _wanted("posts", "time", "Bài đăng theo thời gian", "Posts by time", _POSTS),
            _wanted("posts", "platform", "Bài đăng theo nền tảng", "Posts by platform", _POSTS),
            _wanted("posts", "material_kind", "Bài đăng theo loại", "Posts by kind of material", _POSTS),
            *_of_partners(asked, "posts", "Bài đăng theo đối tác", "Posts by partner", _POSTS),
        ),
        time=TIME,
        **_contributor(asked),
    )


async def _late_posts(session: AsyncSession, asked: Asked) -> Cube:
    """What was told of posts of months before the month of the telling."""
    late = UsageCell.month < func.substr(UsageCell.day, 1, 7)
    told = (
        select(UsageCell.month, func.sum(UsageCell.posts), func.sum(UsageCell.reach))
        .join(Material, Material.number == UsageCell.material)
        .where(*_in(asked, UsageCell.day), *_sees(asked, UsageCell.partner), late)
        .group_by(UsageCell.month)
    )
    # PostgreSQL sums bigint to numeric, which arrives as Decimal.
    atoms: Atoms = {(month,): tuple(map(int, numbers)) for month, *numbers in await session.execute(told)}
    title = Words("Báo muộn, theo tháng đăng", "Told late, by the month of the post")
    return Cube(
        name="content_late",
        dimensions=(labels.month_dimension(month for (month,) in atoms),),
        counts=_POSTS,
        atoms=atoms,
        tables=(Wanted("content_told_late", title, ("month",), tuple(count.name for count in _POSTS)),),
    )


async def _recalls(session: AsyncSession, asked: Asked) -> Cube:
    """Of versions recalled by the end of the period, at each partner that had fetched them but their author."""
    first = Acknowledgement.first
    confirmed = and_(
        Acknowledgement.version == Fetch.version, Acknowledgement.partner == Fetch.partner, first < asked.ends
    )
    rows = (
        select(Version.number, Version.kind, Partner.slug, Version.withdrawn, first)
        .distinct()
        .select_from(Fetch)
        .join(Version, Version.number == Fetch.version)
        .join(Material, Material.number == Version.material)
        .join(Partner, Partner.id == Fetch.partner)
        .outerjoin(Acknowledgement, confirmed)
        .where(
            Version.withdrawn < asked.ends,
            Fetch.day < asked.period.until.isoformat(),
            Fetch.partner != Material.author,
            or_(
                Version.withdrawn >= asked.begins,
                Acknowledgement.first.is_(None),
                Acknowledgement.first >= asked.begins,
            ),
            *_sees(asked, Fetch.partner),
        )
    )
    sums, slugs = _Sums(len(_RECALLS)), set()
    found: Iterable[Any] = await session.execute(rows)
    for _, kind, slug, withdrawn, said in found:
        slugs.add(slug)
        numbers = (said is None, withdrawn >= asked.begins, said is not None and said >= asked.begins)
        sums.add((kind, *labels.whose(asked, slug)), numbers)
    return Cube(
        name="content_recalls",
        dimensions=(_KIND, *_partners(asked, slugs)),
        counts=_RECALLS,
        atoms=sums.atoms(),
        tables=(
            _wanted("recalls", "material_kind", "Thu hồi theo loại", "Recalls by kind", _RECALLS),
            *_of_partners(asked, "recalls", "Thu hồi theo đối tác", "Recalls by partner", _RECALLS),
        ),
        **_contributor(asked),
    )


class _Sums:
    """Atoms in the making."""

    def __init__(self, counts: int) -> None:
        self._sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * counts)

    def add(self, key: tuple[str, ...], numbers: Iterable[int]) -> None:
        sums = self._sums[key]
        for index, number in enumerate(numbers):
            sums[index] += number

    def atoms(self) -> Atoms:
        return {key: tuple(sums) for key, sums in self._sums.items()}


def _wanted(of: str, by: str, vi: str, en: str, counts: tuple[Count, ...]) -> Wanted:
    measures = tuple(count.name for count in counts)
    chart = Chart(ChartKind.TIME_SERIES if by == TIME else ChartKind.BARS, measures[:1])
    return Wanted(f"{of}_by_{by}", Words(vi, en), (by,), measures, chart)


def _of_partners(asked: Asked, of: str, vi: str, en: str, counts: tuple[Count, ...]) -> tuple[Wanted, ...]:
    return () if asked.readers is ReaderClass.PUBLIC else (_wanted(of, "partner", vi, en, counts),)


def _partners(asked: Asked, slugs: Iterable[str]) -> tuple[Dimension, ...]:
    return () if asked.readers is ReaderClass.PUBLIC else (labels.partner_dimension(asked, slugs),)


def _contributor(asked: Asked) -> dict[str, Any]:
    return {} if asked.readers is ReaderClass.PUBLIC else {"contributor": "partner", "known": labels.known(asked)}


def _in(asked: Asked, day: InstrumentedAttribute[str]) -> tuple[ColumnElement[bool], ...]:
    return day >= asked.period.since.isoformat(), day < asked.period.until.isoformat()


def _sees(asked: Asked, partner: InstrumentedAttribute[int]) -> tuple[ColumnElement[bool], ...]:
    """A partner: what it did itself, and what others did with its materials."""
    if asked.readers is not ReaderClass.PARTNER:
        return ()
    return (or_(partner == asked.partner, Material.author == asked.partner),)


def _kind_of_material() -> ColumnElement[str]:
    """Of its first version that was published, or of its first: what was published stays as it is."""
    first = select(Version.kind).where(Version.material == UsageCell.material)
    drafts_last = case((Version.published.is_(None), 1), else_=0)
    return first.order_by(drafts_last, Version.version).limit(1).scalar_subquery()
