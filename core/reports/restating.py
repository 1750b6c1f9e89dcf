"""Restatements: a report of the same stretch of the log counted anew, in totals alone, beside what was said before.

2026-11-22: books are closed, so that what comes late is in the next report, and only an error is stated again. Cell by
cell a new version would tell each small change; so it says totals, and of those that count people or cases none that
differs by less than 10 from what any version before counted: hidden, it may differ by 5 as well. We gave up saying
where in the tables the error was. Held by tests/reports/test_restating.py.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.reports.cube import Cube, Draft, Hidden, margins
from core.wire.documents import Dimension, Measure, Member, Name, Row, Section, Table, Unit, Words
from core.wire.templates import Heading

_NEAR = 10
_SMALL = 5
_BEFORE = Measure("before", Words("Đã công bố", "As stated"), Unit.COUNT, additive=False)
_NOW = Measure("now", Words("Tính lại", "Counted anew"), Unit.COUNT, additive=False)
_COUNT = Words("Chỉ số", "Figure")
_TOTALS = Words("Tổng số, trước và nay", "Totals, before and now")


class Restated(NamedTuple):
    """What is stated again, and why."""

    report: str
    reason: Heading


class Versions(NamedTuple):
    """What was counted before: by the report, and by each restatement of it."""

    cubes: Sequence[Sequence[Cube]]
    """The report's own first."""
    hidden: Mapping[Name, Hidden]
    """Of the report's own."""


def sections(restated: Restated, drafts: Sequence[Draft], versions: Versions) -> tuple[Section, ...]:
    """One that says what this is, then each section with a table of totals for each of its cubes."""
    why = Words(
        f"Báo cáo {restated.report} được tính lại. Lý do: {restated.reason.vi}",
        f"Report {restated.report} is stated again. Reason: {restated.reason.en}",
    )
    about = Section("restatement", Words("Bản tính lại", "Restatement"), note=why)
    return (about, *(_section(draft, versions) for draft in drafts))


def _section(draft: Draft, versions: Versions) -> Section:
    tables = tuple(_table(cube, versions) for cube in draft.cubes)
    return Section(draft.name, draft.title, draft.status, draft.since, draft.note, tables)


def _table(cube: Cube, versions: Versions) -> Table:
    counted = [_totals(one) for version in versions.cubes for one in version if one.name == cube.name]
    first = counted[0] if counted else {}
    everything = (None,) * len(cube.dimensions)
    hidden = {measure for key, measure in versions.hidden.get(cube.name, ()) if key == everything}
    rows = []
    for name, now in _totals(cube).items():
        before = None if name in hidden else first.get(name, 0)
        told = [one.get(name, 0) for one in counted]
        protected = next(count.protected for count in cube.counts if count.name == name)
        shown = not protected or (before is not None and not _tells(now, told))
        rows.append(Row((name,), (before, now if shown else None)))
    members = tuple(Member(count.name, count.title) for count in cube.counts)
    figures = (Dimension("figure", _COUNT, members),)
    return Table(f"{cube.name}_restated", _TOTALS, figures, (_BEFORE, _NOW), tuple(rows))


def _tells(now: int, told: Sequence[int]) -> bool:
    return 0 < now < _SMALL or any(0 < abs(now - before) < _NEAR for before in told)


def _totals(cube: Cube) -> dict[Name, int]:
    sums = margins(cube, ()).get((None,) * len(cube.dimensions), (0,) * len(cube.counts))
    return {count.name: number for count, number in zip(cube.counts, sums, strict=True)}
