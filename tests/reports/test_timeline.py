"""Reports of one class that cut across each other's time: what lies between them is told by nobody."""

from collections.abc import Mapping
from datetime import date

import pytest

from core.reports.asked import by_day, midnight, over, time_dimension
from core.reports.disclosure import Drawn, Held, Unsettled
from core.reports.disclosure.audit import audit
from core.reports.disclosure.protect import protect
from core.reports.disclosure.timeline import atoms
from core.wire.documents import Dimension, Member, Period, Positions, ReaderClass, Unit, Words
from core.wire.sections import Count, Cube, Wanted

PERIOD = Period(date(2026, 10, 1), date(2026, 10, 6))
ANY = Words("a", "a")
MINUTE = 60_000_000

Days = Mapping[str, tuple[int, int]]
"""By day: how many of either kind."""


def test_what_lies_between_two_moments() -> None:
    assert atoms({(0, 10): 7, (0, 4): 3, (4, 12): 9}) == {(0, 4): 3, (4, 10): 4, (10, 12): 5}
    assert atoms({(0, 10): 7, (4, 12): 9}) is None
    with pytest.raises(Unsettled):
        atoms({(0, 10): 7, (0, 4): 3, (4, 10): 5})


def test_two_running_reports_and_the_final_one_tell_nothing_together() -> None:
    noon = midnight(date(2026, 10, 3)) + 720 * MINUTE
    first = {"2026-10-01": (20, 9), "2026-10-02": (30, 9), "2026-10-03": (7, 7)}
    second = first | {"2026-10-03": (9, 8)}
    final = second | {"2026-10-03": (19, 28), "2026-10-04": (3, 3), "2026-10-05": (40, 40)}
    drawn = [
        _drawn("first", noon, first),
        _drawn("second", noon + MINUTE, second),
        _drawn("final", midnight(PERIOD.until), final),
    ]
    bare = [_held(one, frozenset()) for one in drawn]
    assert {(one.most, one.rest) for one in audit(bare)} >= {(3, True), (2, True), (1, True)}
    held: list[Held] = []
    for one in drawn:
        held.append(_held(one, protect(one, held).hidden["calls"]))
    assert audit(held) == []
    assert held[1].hidden["calls"], "the second said what came in within the minute"


def _held(drawn: Drawn, hidden: frozenset[tuple[tuple[str | None, ...], str]]) -> Held:
    return Held(drawn.report, drawn.begins, drawn.ends, drawn.cubes, {"calls": hidden})


def _drawn(name: str, ends: int, days: Days) -> Drawn:
    asked = over(PERIOD, Positions(0, 1), ends, ReaderClass.PUBLIC, None, None)
    codes = by_day(asked)
    kinds = ("advice", "alarm")
    atoms: dict[tuple[str, ...], tuple[int, ...]] = {
        (codes[day], kind): (n,) for day, both in days.items() for kind, n in zip(kinds, both, strict=True)
    }
    cube = Cube(
        name="calls",
        dimensions=(time_dimension(asked), Dimension("kind", ANY, tuple(Member(kind, ANY) for kind in kinds))),
        counts=(Count("calls", ANY, Unit.COUNT),),
        atoms=atoms,
        tables=(Wanted("by_kind", ANY, ("kind",), ("calls",)), Wanted("by_day", ANY, ("time",), ("calls",))),
        time="time",
    )
    return Drawn(name, asked.begins, ends, (cube,))
