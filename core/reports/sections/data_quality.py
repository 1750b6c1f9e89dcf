"""How whole the figures are: who was heard of on how many days, who fell silent, and what was appealed against.

2026-11-22: a quiet month and a broken connection look alike in every other section, so days on which a partner did
anything stand beside the figures, and whoever fell silent is named with the day. A partner is given what the hub
counted of it, to hold against its own books.
Held by tests/reports/test_quality_sections.py.
"""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.models import Partner
from core.reports import activity, labels
from core.reports.asked import TIME, by_day, time_dimension
from core.reports.signal_cells import counted
from core.safeguards.models import Appeal
from core.wire.documents import Chart, ChartKind, ReaderClass, Unit, Words
from core.wire.sections import Asked, Count, Cube, Draft, Share, Wanted

_ACTIVE = Count("days_active", Words("Lượt ngày có hoạt động", "Partner-days active"), Unit.DAYS, protected=False)
_DAYS = Count("days", Words("Lượt ngày trong kỳ", "Partner-days of the period"), Unit.DAYS, protected=False)
_SHARE = Share("active_share", Words("Tỷ lệ ngày có hoạt động", "Share of days active"), _ACTIVE.name, _DAYS.name)
_DECIDED = Count("appeals", Words("Khiếu nại đã giải quyết", "Appeals decided"), Unit.CASES)
_TAKEN_IN = {
    "new": Words("Tín hiệu báo lần đầu", "Claimed for the first time"),
    "opened": Words("Khai báo đã mở", "Claims opened"),
    "closed": Words("Khai báo đã đóng", "Claims closed"),
    "retracted": Words("Trong đó: đã rút lại", "Of these: retracted"),
    "expired": Words("Trong đó: hết hạn", "Of these: expired"),
}
_NOTE = Words(
    "Lượt ngày: mỗi ngày của mỗi đối tác. Ngày có hoạt động: ngày đối tác khai báo hoặc đóng khai báo, xử lý yêu cầu "
    "gỡ bỏ, hoặc báo hoạt động. Đối tác bị coi là ngừng gửi khi trước đó gửi đều và đã bảy ngày liền không có gì.",
    "Partner-days: each day of each partner. Active are those on which it opened or closed a claim, took a step in a "
    "takedown, or told of an activity. A partner fell silent when it was heard of regularly and then not at all for "
    "seven days.",
)


async def draw(session: AsyncSession, asked: Asked) -> Draft:
    """By partner; to the public, all together."""
    active = await activity.all_days(session, asked)
    silent = activity.silences(asked, active)
    status, since = activity.status(silent)
    more = activity.note(asked, silent)
    special = _taken_in if asked.readers is ReaderClass.PARTNER else _appeals
    return Draft(
        name="data_quality",
        title=Words("Chất lượng dữ liệu", "Quality of data"),
        cubes=(_activity(asked, active), await special(session, asked)),
        status=status,
        since=since,
        note=Words(_NOTE.vi + more.vi, _NOTE.en + more.en),
    )


def _activity(asked: Asked, active: activity.Days) -> Cube:
    """Those that were heard of in the period or not long before."""
    first, last = asked.period.since, activity.last_day(asked)
    days = (last - first).days + 1
    atoms: dict[tuple[str, ...], tuple[int, ...]] = {
        (slug,): (sum(first <= day <= last for day in on), days) for slug, on in active.items()
    }
    by = () if asked.readers is ReaderClass.PUBLIC else ("partner",)
    measures = (_ACTIVE.name, _DAYS.name, _SHARE.name)
    chart = Chart(ChartKind.BARS, (_ACTIVE.name,)) if by else None
    title = Words("Ngày có hoạt động", "Days active")
    return Cube(
        name="activity",
        dimensions=(labels.partner_dimension(asked, active),),
        counts=(_ACTIVE, _DAYS),
        atoms=atoms,
        tables=(Wanted("activity", title, by, measures, chart),),
        shares=(_SHARE,),
    )


async def _appeals(session: AsyncSession, asked: Asked) -> Cube:
    """Those whose decision was carried out in the period."""
    decided = select(Appeal.closed, Appeal.state, Partner.slug).join(Partner, Partner.id == Appeal.partner)
    days, atoms = by_day(asked), Counter[tuple[str, ...]]()
    in_period = Appeal.closed >= asked.begins, Appeal.closed < asked.ends
    for at, state, slug in await session.execute(decided.where(*in_period)):
        atoms[days[times.hub_day(at)], slug, state] += 1
    partners = labels.partner_dimension(asked, {slug for _, slug, _ in atoms})
    title, names = Words("Khiếu nại theo kết quả", "Appeals by decision"), (_DECIDED.name,)
    return Cube(
        name="appeals",
        dimensions=(time_dimension(asked), partners, labels.dimension("decision")),
        counts=(_DECIDED,),
        atoms={atom: (number,) for atom, number in sorted(atoms.items())},
        tables=(Wanted("appeals_by_decision", title, ("decision",), names, Chart(ChartKind.BARS, names)),),
        time=TIME,
        contributor="partner",
    )


async def _taken_in(session: AsyncSession, asked: Asked) -> Cube:
    """What the hub counted of the partner itself."""
    columns = tuple(_TAKEN_IN)
    title = Words("Hệ thống đã ghi nhận của đối tác", "What the hub counted of the partner")
    atoms = await counted(session, asked, columns, own=True)
    return Cube(
        name="taken_in",
        dimensions=(time_dimension(asked), labels.partner_dimension(asked, ())),
        counts=tuple(Count(name, words, Unit.CLAIMS, protected=False) for name, words in _TAKEN_IN.items()),
        atoms=atoms,
        tables=(Wanted("taken_in_by_time", title, ("time",), columns),),
        time=TIME,
    )
