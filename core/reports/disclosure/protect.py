"""Which cells of a report are hidden."""

from collections.abc import Sequence

from core.reports.cube import Hidden, Key
from core.reports.disclosure.cells import sheets
from core.reports.disclosure.held import Drawn, Held, Protection, TableName, Unfounded, Weakens, Witness
from core.reports.disclosure.problem import Attack, Problem, apart, attack, links
from core.reports.disclosure.reading import problem_of
from core.reports.disclosure.solver import ROUND, Changes, Covers, Moves
from core.reports.disclosure.witnesses import holds, unproved
from core.wire.documents import Name

Whole = dict[int, int]

_AT_ONCE = 8
"""Cells that are covered together. One at a time hides 2 % fewer of a cube of 34 × 11 × 8 in four times the time;
24 at a time get in each other's way and hide totals."""


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
        raise Unfounded
    return Protection(hidden, witnesses)


class _Cover:
    """Hides from one attacker what it could tell, and keeps the proofs in `pool`."""

    def __init__(self, problem: Problem, attack: Attack, pool: list[Whole]) -> None:
        self.problem, self.attack, self.pool = problem, attack, pool
        self.links = links(problem)
        # Large ones first: what covers them covers small ones on the way.
        self.open = dict.fromkeys(sorted(attack.needs, key=lambda cell: (-problem.counts[cell], cell)))
        for one in pool:
            if holds(attack, problem, one):
                self._prove(one)

    def all(self) -> None:
        self._together()
        if self.open:
            covers = Covers(self.problem, self.attack)
            while self.open:
                if not self._some(covers, self._far_apart()):
                    self._one(covers, next(iter(self.open)))

    def _together(self) -> None:
        """As long as nothing more has to be hidden, one solution proves many."""
        moves = Moves(self.problem, self.attack)
        before = -1
        while self.open and len(self.open) != before:
            before = len(self.open)
            self._keep(moves.towards({cell: self.attack.needs[cell] for cell in self.open}))

    def _far_apart(self) -> list[int]:
        """Cells whose cheapest changes have little to do with each other, so that they are found at once."""
        near: set[int] = set()
        found: list[int] = []
        for cell in self.open:
            if len(found) < _AT_ONCE and near.isdisjoint(self.links[cell]):
                near.update(self.links[cell])
                found.append(cell)
        return found

    def _some(self, covers: Covers, cells: list[int]) -> bool:
        """Hides what the cheapest changes of these cells change, as far as that proves something."""
        changes = covers.cheapest({cell: self.attack.needs[cell] for cell in cells})
        kept = [one for one in apart(self.links, changes or {}) if self._keep(one)]
        for one in kept:
            self.problem.hide(one)
            covers.price(one)
        return bool(kept)

    def _one(self, covers: Covers, cell: int) -> None:
        """The same for a cell alone, in whole numbers: equations of three dimensions may hold of halves."""
        need = {cell: self.attack.needs[cell]}
        for whole in (False, True):
            changes = covers.cheapest(need, whole)
            if changes is None:
                raise Weakens(_in_the_way(self.problem, self.attack, cell))
            self.problem.hide(changes)
            covers.price(changes)
            if self._keep(changes) or self._keep(Moves(self.problem, self.attack).towards(need, whole=True)):
                return
        raise Weakens(_in_the_way(self.problem, self.attack, cell))

    def _keep(self, changes: Changes) -> bool:
        """Whether they are whole, and prove anything that was not proved."""
        whole = {cell: round(change) for cell, change in changes.items()}
        if any(abs(whole[cell] - change) > ROUND for cell, change in changes.items()):
            return False
        if self._prove(whole):
            self.pool.append(whole)
            return True
        return False

    def _prove(self, changes: Whole) -> list[int]:
        """The cells of which nobody knew yet that they could be 5 or more."""
        proved = [cell for cell, change in changes.items() if cell in self.open and change >= self.attack.needs[cell]]
        for cell in proved:
            del self.open[cell]
        return proved


def _in_the_way(problem: Problem, attack: Attack, cell: int) -> tuple[TableName, ...]:
    """Tables of the cells that would have to be hidden, and cannot be."""
    changes = Covers(problem, attack, settled=True).cheapest({cell: attack.needs[cell]}) or {}
    return tuple(sorted({table for at in (cell, *changes) for table in problem.tables[at]}))


def _hidden(drawn: Drawn, problem: Problem) -> dict[Name, Hidden]:
    places = {cell: at for at, cell in enumerate(problem.cells)}
    hidden: dict[Name, set[tuple[Key, Name]]] = {cube.name: set() for cube in drawn.cubes}
    for sheet in sheets(drawn):
        hidden[sheet.cube.name] |= {at for at, (cell, _) in sheet.cells.items() if places[cell] not in problem.shown}
    return {name: frozenset(keys) for name, keys in hidden.items()}
