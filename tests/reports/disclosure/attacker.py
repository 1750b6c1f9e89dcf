"""An attacker who reads what is published and nothing else: tables as they are shown, and what a partner did itself.

Written apart from `core.reports.disclosure`, with other unknowns: the atoms of the cube, stretch of time by stretch,
of which every cell of every table is a sum.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

import highspy
import numpy as np

from core.reports.asked import span
from core.reports.cube import Cube, Hidden, Key, tabulate
from core.wire.documents import Table

_INFINITY = highspy.kHighsInf


class Published(NamedTuple):
    begins: int
    ends: int
    tables: tuple[Table, ...]
    cube: Cube
    """For what an insider did itself, and to know which of what is hidden is small."""


def publish(begins: int, ends: int, cube: Cube, hidden: Hidden) -> Published:
    return Published(begins, ends, tabulate(cube, hidden), cube)


class Told(NamedTuple):
    """A small count that is known to be small."""

    table: str
    key: tuple[str | None, ...]
    small: int
    most: float


def told(reports: Sequence[Published], insider: str | None = None) -> list[Told]:
    """Of reports of the same cube (of one count), in the same or in other periods."""
    return list(_Attack(reports, insider).told())


class _Attack:
    def __init__(self, reports: Sequence[Published], insider: str | None) -> None:
        self.reports, self.insider = reports, insider
        self.dimensions = [one.name for one in reports[0].cube.dimensions if one.name != reports[0].cube.time]
        self.members = [
            sorted(
                {
                    m.code
                    for report in reports
                    for one in report.cube.dimensions
                    if one.name == name
                    for m in one.members
                }
            )
            for name in self.dimensions
        ]
        cuts = sorted({cut for report in reports for stretch in _stretches(report).values() for cut in stretch})
        self.stretches = list(pairwise(cuts))
        shape = (*(len(one) for one in self.members), len(self.stretches))
        self.atoms = np.arange(np.prod(shape)).reshape(shape)
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self.highs.silent()
        count = self.atoms.size
        self.highs.addVars(count, np.zeros(count), np.full(count, 1e5))
        self._read()

    def _read(self) -> None:
        for report in self.reports:
            for table in report.tables:
                shown = {row.key: row.cells[0] for row in table.rows}
                for key in _keys(table):
                    cell = shown.get(key, 0)
                    assert not isinstance(cell, str)
                    self._add(self._sum(report, table, key), 1 if cell is None else cell, cell)
            if self.insider is not None:
                self._own(report)

    def _own(self, report: Published) -> None:
        cube = report.cube
        if cube.contributor is None:
            return
        place = cube.place(cube.contributor)
        for key in product(*[[member.code for member in one.members] for one in cube.dimensions]):
            if key[place] == self.insider:
                own = cube.atoms.get(key, (0,))[0]
                self._add(
                    self._of(report, dict(zip([one.name for one in cube.dimensions], key, strict=True))), own, own
                )

    def _add(self, atoms: Any, least: float, most: float | None) -> None:
        indices = np.sort(atoms.ravel()).astype(np.int32)
        self.highs.addRow(least, _INFINITY if most is None else most, len(indices), indices, np.ones(len(indices)))

    def _sum(self, report: Published, table: Table, key: Key) -> Any:
        return self._of(report, dict(zip([one.name for one in table.dimensions], key, strict=True)))

    def _of(self, report: Published, members: dict[str, str | None]) -> Any:
        """The atoms that a cell counts."""
        begins, ends = _stretches(report)[members.get(report.cube.time or "")]
        within = [at for at, (begin, end) in enumerate(self.stretches) if begins <= begin and end <= ends]
        places: list[Any] = []
        for name, codes in zip(self.dimensions, self.members, strict=True):
            member = members.get(name)
            places.append(list(range(len(codes))) if member is None else [codes.index(member)])
        return self.atoms[np.ix_(*places, within)]

    def told(self) -> Iterator[Told]:
        for report in self.reports:
            for table in report.tables:
                for key in _keys(table):
                    members = dict(zip([one.name for one in table.dimensions], key, strict=True))
                    count = _count(report.cube, members)
                    own = self._mine(report, members)
                    if (
                        not 0 < count - own < 5
                        or members.get(report.cube.contributor or "") == self.insider is not None
                    ):
                        continue
                    most = self._most(self._sum(report, table, key)) - own
                    if most < 5 - 1e-6:
                        yield Told(table.name, key, count - own, most)

    def _mine(self, report: Published, members: dict[str, str | None]) -> int:
        contributor = report.cube.contributor
        if self.insider is None or contributor is None or members.get(contributor) is not None:
            return 0
        return _count(report.cube, members | {contributor: self.insider})

    def _most(self, atoms: Any) -> float:
        """No more than is needed to know that it is not small."""
        indices = np.sort(atoms.ravel()).astype(np.int32)
        self.highs.changeColsCost(len(indices), indices, np.full(len(indices), -1.0))
        self.highs.run()
        assert self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        most = -self.highs.getInfo().objective_function_value
        self.highs.changeColsCost(len(indices), indices, np.zeros(len(indices)))
        return float(most)


def _stretches(report: Published) -> dict[str | None, tuple[int, int]]:
    found: dict[str | None, tuple[int, int]] = {None: (report.begins, report.ends)}
    if report.cube.time is not None:
        for member in report.cube.dimensions[report.cube.place(report.cube.time)].members:
            found[member.code] = span(member.code)
    return found


def _keys(table: Table) -> Iterator[Key]:
    return product(*[[*(member.code for member in one.members), None] for one in table.dimensions])


def _count(cube: Cube, members: dict[str, str | None]) -> int:
    wanted = [(at, members[one.name]) for at, one in enumerate(cube.dimensions) if members.get(one.name) is not None]
    return sum(counts[0] for atom, counts in cube.atoms.items() if all(atom[at] == code for at, code in wanted))
