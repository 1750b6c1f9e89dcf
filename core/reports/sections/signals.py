"""What partners said for the first time, and what of it they took back or let lapse.

2026-11-22: partners' figures count claims, and two partners may claim the same; so a nation-wide counter says how many
signals are new to everybody. It is no figure of any partner, and none is told it but who reads all: it would say of
one partner what others, whom it may not see, had said before. Nor are claims told that were closed to be opened for
another audience or category: that is no event for anybody outside.
Held by tests/reports/test_signals_section.py.
"""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from core.reports import activity, labels
from core.reports.asked import TIME, time_dimension
from core.reports.signal_cells import Atom, counted, kind_dimension
from core.wire.documents import Chart, ChartKind, Dimension, Name, ReaderClass, Unit, Words
from core.wire.sections import Asked, Count, Cube, Draft, Wanted

_NEW = Count("new", Words("Khai báo mới", "New claims"), Unit.CLAIMS)
_FIRST = Count("first", Words("Tín hiệu mới", "New signals"), Unit.SIGNALS)
_OPENED = Count("opened", Words("Khai báo mới thấy được", "Claims that came in sight"), Unit.CLAIMS)
_ENDED = Count("ended", Words("Khai báo kết thúc", "Claims that ended"), Unit.CLAIMS)
_ENDINGS = ("retracted", "expired")
_NOTE = Words(
    "Khai báo mới: lần đầu một đối tác báo một tín hiệu. Tín hiệu mới: lần đầu bất kỳ ai báo; cộng lại không trùng. "
    "Tính vào ngày hệ thống nhận được, theo giờ Việt Nam.",
    "New claims: a partner's first word of a signal. New signals: anybody's first word of one, so that they add up "
    "without counting any twice. Counted on the day in Viet Nam on which the hub took them in.",
)
_NOTE_IN_SIGHT = Words(
    "Chỉ tính những gì đối tác này được thấy vào lúc lập báo cáo; các đối tác khác được gộp chung.",
    "Counted is what this partner could see when the report was drawn; all others are counted together.",
)


async def draw(session: AsyncSession, asked: Asked) -> Draft:
    """By time, kind, category and partner."""
    silent = activity.silences(asked, await activity.signal_days(session, asked))
    status, since = activity.status(silent)
    own = _NOTE_IN_SIGHT if asked.readers is ReaderClass.PARTNER else _NOTE
    more = activity.note(asked, silent)
    return Draft(
        name="signals",
        title=Words("Tín hiệu", "Signals"),
        cubes=(await _opened(session, asked), await _ended(session, asked)),
        status=status,
        since=since,
        note=Words(own.vi + more.vi, own.en + more.en),
    )


async def _opened(session: AsyncSession, asked: Asked) -> Cube:
    in_sight = asked.readers is ReaderClass.PARTNER
    counts = (_OPENED,) if in_sight else (_NEW, _FIRST)
    names = tuple(count.name for count in counts)
    atoms = await counted(session, asked, names, ("kind", "category"))
    firsts, alone = names[-1:], names[:1]
    tables = [
        _wanted("time", names, "Theo thời gian", "By time", ChartKind.TIME_SERIES),
        _wanted("category", names, "Theo thủ đoạn", "By category", ChartKind.BARS),
        _wanted("kind", names, "Theo loại", "By kind", ChartKind.BARS),
        _wanted("time category", firsts, "Thủ đoạn theo thời gian", "Categories over time"),
        _wanted("kind category", firsts, "Theo loại và thủ đoạn", "By kind and category"),
    ]
    if asked.readers is not ReaderClass.PUBLIC:
        tables.append(_wanted("partner", alone, "Theo đối tác", "By partner", ChartKind.BARS))
        tables.append(_wanted("partner category", alone, "Theo đối tác và thủ đoạn", "By partner and category"))
    return Cube(
        name="signals_in_sight" if in_sight else "signals",
        dimensions=_dimensions(asked, atoms),
        counts=counts,
        atoms=atoms,
        tables=tuple(tables),
        time=TIME,
        contributor="partner",
        known=labels.known(asked),
        least=() if in_sight else ((_FIRST.name, _NEW.name),),
    )


async def _ended(session: AsyncSession, asked: Asked) -> Cube:
    by = await counted(session, asked, _ENDINGS, ("kind", "category"))
    atoms = {
        (*atom, ending): (number,)
        for atom, numbers in by.items()
        for ending, number in zip(_ENDINGS, numbers, strict=True)
        if number
    }
    names = (_ENDED.name,)
    tables = [
        _wanted("time ending", names, "Kết thúc theo thời gian", "Ended, by time", ChartKind.TIME_SERIES),
        _wanted("category ending", names, "Kết thúc theo thủ đoạn", "Ended, by category"),
    ]
    if asked.readers is not ReaderClass.PUBLIC:
        tables.append(_wanted("partner ending", names, "Kết thúc theo đối tác", "Ended, by partner"))
    return Cube(
        name="ended_in_sight" if asked.readers is ReaderClass.PARTNER else "ended",
        dimensions=(*_dimensions(asked, by), labels.dimension("ending")),
        counts=(_ENDED,),
        atoms=atoms,
        tables=tuple(tables),
        time=TIME,
        contributor="partner",
        known=labels.known(asked),
    )


def _dimensions(asked: Asked, atoms: Iterable[Atom]) -> tuple[Dimension, ...]:
    """The public is shown no table by partner; partners are told apart all the same, for each knows its own part."""
    kinds, slugs = {atom[1] for atom in atoms}, {atom[3] for atom in atoms}
    partners = labels.partner_dimension(asked, slugs)
    return time_dimension(asked), kind_dimension(kinds), labels.dimension("category"), partners


def _wanted(by: str, measures: tuple[Name, ...], vi: str, en: str, chart: ChartKind | None = None) -> Wanted:
    about = "ended" if "ended" in measures else "signals"
    drawn = Chart(chart, measures if chart is ChartKind.TIME_SERIES else measures[:1]) if chart else None
    return Wanted(f"{about}_by_{by.replace(' ', '_and_')}", Words(vi, en), tuple(by.split()), measures, drawn)
