"""Which cells of a report are hidden."""

from collections.abc import Iterable, Sequence

from core.reports.cube import Hidden
from core.reports.disclosure.cells import sheets
from core.reports.disclosure.held import Drawn, Held, Protection, TableName, Unsettled, Weakens, Witness
from core.reports.disclosure.problem import Attack, Problem, attack, problem_of
from core.reports.disclosure.solver import ROUND, Changes, Covers, Moves
from core.reports.disclosure.witnesses import holds, unproved
from core.wire.documents import Name

Whole = dict[int, int]


def protect(drawn: Drawn, held: Sequence[Held] = ()) -> Protection:
    """What is hidden of a report from readers who hold others, and the proof.

    `held`: everything that any of its readers holds over the same time or parts of it; reports of other times are not
    needed, and cost nothing but their reading. Raises Weakens, and Unsettled where reports contradict each other.
    """
    problem = problem_of(drawn, held)
    pool: list[Whole] = []
    for attacker in problem.attackers:
        _Cover(problem, attack(problem, attacker), pool).all()
    hidden = _hidden(drawn, problem)
    witnesses = tuple(Witness(tuple(sorted(one.items()))) for one in pool)
    whole = Held(drawn.report, drawn.begins, drawn.ends, drawn.cubes, hidden)
    if unproved((*held, whole), witnesses):
        raise AssertionError("What hiding found is not what its proof finds")
    return Protection(hidden, witnesses)


class _Cover:
    """Hides from one attacker what it could tell, and keeps the proofs in `pool`."""

    def __init__(self, problem: Problem, attack: Attack, pool: list[Whole]) -> None:
        self.problem, self.attack, self.pool = problem, attack, pool
        self.proved = [one for one in pool if holds(attack, problem, one)]
        self.moves = Moves(problem, attack)
        self.covers: Covers | None = None

    def all(self) -> None:
        order = sorted(self.attack.needs, key=lambda cell: (-self.problem.counts[cell], cell))
        self._together([cell for cell in order if not self._is_proved(cell)])
        for cell in order:
            if not self._is_proved(cell):
                self._one(cell)

    def _together(self, cells: list[int]) -> None:
        """One solution proves many."""
        while cells:
            if not self._keep(self.moves.towards({cell: self.attack.needs[cell] for cell in cells})):
                return
            left = [cell for cell in cells if not self._is_proved(cell)]
            if len(left) == len(cells):
                return
            cells = left

    def _one(self, cell: int) -> None:
        need = self.attack.needs[cell]
        if cell in self.moves.column:
            found = self.moves.towards({cell: need})
            if found.get(cell, 0) >= need - ROUND and (
                self._keep(found) or self._keep(self.moves.towards({cell: need}, whole=True))
            ):
                if self._is_proved(cell):
                    return
        self._hide(cell)

    def _hide(self, cell: int) -> None:
        """Hides what the cheapest change of this cell changes."""
        self.covers = self.covers or Covers(self.problem, self.attack)
        need = self.attack.needs[cell]
        changes = self.covers.cheapest(cell, need)
        if changes is None:
            raise Weakens(_in_the_way(self.problem, self.attack, cell))
        self._hidden(changes)
        if not self._keep(changes):
            self._keep(self.moves.towards({cell: need}, whole=True))
        if not self._is_proved(cell):
            changes = self.covers.cheapest(cell, need, whole=True)
            if changes is None:
                raise Weakens(_in_the_way(self.problem, self.attack, cell))
            self._hidden(changes)
            self._keep(changes)

    def _hidden(self, changes: Changes) -> None:
        if not self.problem.shown.isdisjoint(changes):
            self.problem.hide(changes)
            self.moves = Moves(self.problem, self.attack)

    def _keep(self, changes: Changes) -> bool:
        whole = {cell: round(change) for cell, change in changes.items()}
        if any(abs(whole[cell] - change) > ROUND for cell, change in changes.items()):
            return False
        if whole:
            self.pool.append(whole)
            self.proved.append(whole)
        return True

    def _is_proved(self, cell: int) -> bool:
        need = self.attack.needs[cell]
        return any(one.get(cell, 0) >= need for one in self.proved)


def _in_the_way(problem: Problem, attack: Attack, cell: int) -> tuple[TableName, ...]:
    """Tables of the cells that would have to be hidden, and cannot be."""
    changes = Covers(problem, attack, settled=True).cheapest(cell, attack.needs[cell]) or {}
    return tuple(sorted({table for at in (cell, *changes) for table in problem.tables[at]}))


def _hidden(drawn: Drawn, problem: Problem) -> dict[Name, Hidden]:
    places = {cell: at for at, cell in enumerate(problem.cells)}
    hidden: dict[Name, set] = {cube.name: set() for cube in drawn.cubes}
    for sheet in sheets(drawn):
        hidden[sheet.cube.name] |= {at for at, (cell, _) in sheet.cells.items() if places[cell] not in problem.shown}
    return {name: frozenset(keys) for name, keys in hidden.items()}
