"""The system that an attacker faces: cells, how they add up, and what it knows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.reports.disclosure.cells import Cell
from core.reports.disclosure.held import SMALL, TableName, Weak
from core.wire.documents import Code

Row = tuple[tuple[int, int], ...]
"""Cells and what they are taken times: they add up to nothing, and so do all changes that nobody sees."""


@dataclass
class Problem:
    cells: list[Cell] = field(default_factory=list)
    """In a fixed order: by what they are, not by where they come from."""
    counts: list[int] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)
    """1 where a mark says that the cell is hidden, so that it is not zero; 0 where no table has it."""
    rows: list[Row] = field(default_factory=list)
    least: list[tuple[int, int]] = field(default_factory=list)
    """The first cell is never more than the second."""
    shown: set[int] = field(default_factory=set)
    open: set[int] = field(default_factory=set)
    """Cells that no table has, and no difference of tables: they may be small and known."""
    settled: set[int] = field(default_factory=set)
    """Shown already by a report that is held, or the reader's own: they cannot be hidden any more."""
    contributors: dict[int, Code] = field(default_factory=dict)
    """Whose cell it is, of those that count one contributor."""
    own: dict[int, Mapping[Code, int]] = field(default_factory=dict)
    """Of cells that count all contributors together: how much is each one's."""
    tables: dict[int, set[TableName]] = field(default_factory=lambda: defaultdict(set))
    """Where a cell is shown or marked."""
    attackers: tuple[frozenset[Code], ...] = (frozenset(),)
    """Whose own counts each attacker knows: nobody's, or one partner's; those that a partner's report is made for."""

    def hide(self, cells: Iterable[int]) -> None:
        self.shown.difference_update(cells)


@dataclass(frozen=True)
class Attack:
    """What one attacker knows beyond what is shown."""

    known: frozenset[int]
    """Cells that are its own."""
    lowest: Sequence[int]
    """By cell: it is not less, as far as the attacker knows while it is hidden."""
    needs: Mapping[int, int]
    """How much more each small cell must be able to be, for the attacker not to tell that it is small."""


def attack(problem: Problem, attacker: frozenset[Code]) -> Attack:
    known = frozenset(at for at, contributor in problem.contributors.items() if contributor in attacker)
    lowest, needs = list(problem.floors), {}
    for at, count in enumerate(problem.counts):
        own = sum(problem.own.get(at, {}).get(code, 0) for code in attacker)
        lowest[at] = max(lowest[at], own)
        if at not in known and at not in problem.open and 0 < count - own < SMALL:
            needs[at] = SMALL - (count - own)
    return Attack(known, lowest, needs)


Links = Mapping[int, Sequence[int]]
"""By cell: numbers of what it is in, together with others."""


def links(problem: Problem) -> Links:
    found: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate([*([cell for cell, _ in row] for row in problem.rows), *problem.least]):
        for cell in row:
            found[cell].append(number)
    return found


def apart(links: Links, changes: Mapping[int, float]) -> list[dict[int, float]]:
    """Changes that have nothing to do with each other: each of them adds up without the rest."""
    within: dict[int, list[int]] = defaultdict(list)
    for cell in changes:
        for number in links[cell]:
            within[number].append(cell)
    left, found = dict(changes), []
    while left:
        reached = [next(iter(left))]
        one = {reached[0]: left.pop(reached[0])}
        while reached:
            for number in links[reached.pop()]:
                for cell in within.pop(number, ()):
                    if cell in left:
                        one[cell] = left.pop(cell)
                        reached.append(cell)
        found.append(one)
    return found


def weak(problem: Problem, attacker: frozenset[Code], cell: int, most: int | None) -> Weak:
    (cube, members, measure), (begins, ends), rest = problem.cells[cell]
    return Weak(tuple(sorted(attacker)), cube, members, measure, begins, ends, rest, most)
