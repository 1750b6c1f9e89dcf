"""How far what partners said could be relied on: what was held back, doubted, and found wrong.

2026-11-22: counted when it happened, whenever the claim was made: what a review finds later changes no report that is
out. How partners did is for themselves and for who reads all; the public is told of all together. How platforms answer
is in the section of takedowns.
Held by tests/reports/test_quality_sections.py.
"""

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from core.reports import labels
from core.reports.asked import TIME, time_dimension
from core.reports.signal_cells import counted
from core.wire.documents import Chart, ChartKind, ReaderClass, Unit, Words
from core.wire.sections import Asked, Count, Cube, Draft, Wanted

_COUNTS = (
    Count("disputed", Words("Bị nghi ngờ", "Disputed"), Unit.CLAIMS),
    Count("refuted", Words("Xác định là báo nhầm", "Found to be false positives"), Unit.CLAIMS),
    Count("held", Words("Bị giữ lại để xem xét", "Held for review"), Unit.CLAIMS),
)
_NAMES = tuple(count.name for count in _COUNTS)
_NOTE = Words(
    "Bị nghi ngờ: có đối tác khác không đồng ý với một khai báo mà trước đó chưa ai nghi ngờ. Báo nhầm: việc xem xét "
    "hoặc khiếu nại cho thấy người nghi ngờ đúng. Bị giữ lại: trùng danh sách loại trừ, hoặc quá nhiều trong một giờ.",
    "Disputed: another partner disagrees with a claim that nobody doubted before. False positives: a review or an "
    "appeal found that who doubted was right. Held: on the negative list, or too much in an hour.",
)


async def draw(session: AsyncSession, asked: Asked) -> Draft:
    """By time, category and partner; a partner is told of itself alone."""
    atoms = await counted(session, asked, _NAMES, ("category",), own=True)
    partners = labels.partner_dimension(asked, {atom[2] for atom in atoms})
    own = asked.readers is ReaderClass.PARTNER
    tables = [
        _wanted("time", "Theo thời gian", "By time", ChartKind.TIME_SERIES),
        _wanted("category", "Theo thủ đoạn", "By category", ChartKind.BARS),
    ]
    if asked.readers is not ReaderClass.PUBLIC:
        tables.append(_wanted("partner", "Theo đối tác", "By partner", ChartKind.BARS))
    cube = Cube(
        name="doubts",
        dimensions=(time_dimension(asked), labels.dimension("category"), partners),
        counts=tuple(structs.replace(count, protected=not own) for count in _COUNTS),
        atoms=atoms,
        tables=tuple(tables),
        time=TIME,
        contributor="partner",
    )
    return Draft("partner_quality", Words("Chất lượng khai báo", "Quality of claims"), (cube,), note=_NOTE)


def _wanted(by: str, vi: str, en: str, chart: ChartKind) -> Wanted:
    drawn = Chart(chart, _NAMES if chart is ChartKind.TIME_SERIES else _NAMES[:1])
    return Wanted(f"doubts_by_{by}", Words(vi, en), (by,), _NAMES, drawn)
