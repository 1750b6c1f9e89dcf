"""The attacker's linear programme, in changes: what could be otherwise while all that is shown stays the same.

It loads HiGHS, so only what the worker runs imports this. One thread, a fixed seed and a fixed order: the same problem
has the same answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2

import highspy
import numpy as np

from core.reports.disclosure.problem import Attack, Problem, Row

Changes = dict[int, float]
"""By cell that changes: how much more or less."""

Numbers = np.ndarray[tuple[int], np.dtype[np.double]]

ROUND = 1e-6
"""The solver's numbers this near to whole ones are meant to be it."""
_NODES = 2_000
"""Steps of a search for whole numbers: counted, not timed, so that it ends the same on every machine."""
_HIDDEN, _SETTLED = 0.002, 10_000.0
"""What it costs to change cells that are hidden anyway, and those that cannot be any more."""
_INFINITY = highspy.kHighsInf


class Moves:
    """Changes of cells that are hidden."""

    def __init__(self, problem: Problem, attack: Attack) -> None:
        self.cells = sorted(set(range(len(problem.cells))) - problem.shown - attack.known)
        self.column = {cell: column for column, cell in enumerate(self.cells)}
        lower = [attack.lowest[cell] - problem.counts[cell] for cell in self.cells]
        rows = [
            ([(self.column[cell], n) for cell, n in row if cell in self.column], most) for row, most in _rows(problem)
        ]
        self.programme = _Programme(lower, rows)

    def towards(self, needs: Mapping[int, float], whole: bool = False) -> Changes:
        """Changes that raise these cells as much as they can be raised together, each no further than it needs."""
        columns = [self.column[cell] for cell in needs if cell in self.column]
        needed = [needs[self.cells[column]] for column in columns]
        self.programme.bound(columns, None, needed)
        self.programme.price(columns, [-1.0] * len(columns))
        values = self.programme.solve(whole)
        self.programme.bound(columns, None, [_INFINITY] * len(columns))
        self.programme.price(columns, [0.0] * len(columns))
        if values is None:
            return {}
        return {self.cells[at]: float(values[at]) for at in np.flatnonzero(np.abs(values) > ROUND)}


class Covers:
    """Changes of any cells, at a price for those that would have to be hidden for it."""

    def __init__(self, problem: Problem, attack: Attack, settled: bool = False) -> None:
        """`settled`: also changes of those that cannot be hidden, which shows what stands in the way."""
        fixed = attack.known if settled else attack.known | problem.settled
        self.problem = problem
        self.cells = sorted(set(range(len(problem.cells))) - fixed)
        # Two columns a cell: how much more, and how much less.
        self.column = {cell: 2 * at for at, cell in enumerate(self.cells)}
        rows = [
            (
                [
                    (self.column[cell] + fewer, -n if fewer else n)
                    for cell, n in row
                    if cell in self.column
                    for fewer in (0, 1)
                ],
                most,
            )
            for row, most in _rows(problem)
        ]
        self.programme = _Programme([0] * (2 * len(self.cells)), rows)
        fewer = [float(problem.counts[cell] - attack.lowest[cell]) for cell in self.cells]
        self.programme.bound(range(1, 2 * len(self.cells), 2), None, fewer)
        self.price(self.cells)

    def cheapest(self, needs: Mapping[int, int], whole: bool = False) -> Changes | None:
        """The changes that make these cells so much more, at the least price; None: there are none."""
        if not needs.keys() <= self.column.keys():
            return None
        more = [self.column[cell] for cell in needs]
        both = more + [column + 1 for column in more]
        lower, upper = self.programme.lower[both], self.programme.upper[both]
        needed = [*needs.values(), *([0] * len(needs))]
        self.programme.bound(both, needed, needed)
        values = self.programme.solve(whole)
        self.programme.bound(both, lower, upper)
        if values is None:
            return None
        changes = values[0::2] - values[1::2]
        return {self.cells[at]: float(changes[at]) for at in np.flatnonzero(np.abs(changes) > ROUND)}

    def price(self, cells: Iterable[int]) -> None:
        """What changing these costs, now that they are shown or hidden."""
        columns, prices = [], []
        for cell in cells:
            columns += [self.column[cell], self.column[cell] + 1]
            prices += [self._price(cell)] * 2
        self.programme.price(columns, prices)

    def _price(self, cell: int) -> float:
        if cell in self.problem.settled:
            return _SETTLED
        return log2(2 + self.problem.counts[cell]) if cell in self.problem.shown else _HIDDEN


def _rows(problem: Problem) -> list[tuple[Row, float | None]]:
    """What changes add up to: nothing (None), or no more than a number."""
    least = [
        (((less, 1), (more, -1)), float(problem.counts[more] - problem.counts[less])) for less, more in problem.least
    ]
    return [*((row, None) for row in problem.rows), *least]


class _Programme:
    """Rows and columns of HiGHS, solved again and again with other bounds and prices."""

    def __init__(self, lower: Sequence[int], rows: Sequence[tuple[Sequence[tuple[int, int]], float | None]]) -> None:
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self.highs.silent()
        for option, value in (("threads", 1), ("random_seed", 0), ("solver", "simplex"), ("mip_max_nodes", _NODES)):
            self.highs.setOptionValue(option, value)
        self.lower = np.array(lower, dtype=np.double)
        self.upper = np.full(len(lower), _INFINITY)
        self.highs.addVars(len(lower), self.lower, self.upper)
        rows = [(sorted(entries), most) for entries, most in rows if entries]
        starts = np.cumsum([0, *(len(entries) for entries, _ in rows)], dtype=np.int32)
        self.highs.addRows(
            len(rows),
            np.array([0.0 if most is None else -_INFINITY for _, most in rows]),
            np.array([most or 0.0 for _, most in rows]),
            int(starts[-1]),
            starts[:-1],
            np.array([column for entries, _ in rows for column, _ in entries], dtype=np.int32),
            np.array([n for entries, _ in rows for _, n in entries], dtype=np.double),
        )

    def bound(
        self, columns: Iterable[int], lower: Sequence[float] | Numbers | None, upper: Sequence[float] | Numbers
    ) -> None:
        at = np.array(list(columns), dtype=np.int32)
        if lower is not None:
            self.lower[at] = lower
        self.upper[at] = upper
        self.highs.changeColsBounds(len(at), at, self.lower[at], self.upper[at])

    def price(self, columns: Sequence[int], prices: Sequence[float]) -> None:
        self.highs.changeColsCost(len(columns), np.array(columns, dtype=np.int32), np.array(prices, dtype=np.double))

    def solve(self, whole: bool) -> Numbers | None:
        """The cheapest values of all columns; None: there are none, or none that are whole were found."""
        if whole:
            self._kind(highspy.HighsVarType.kInteger)
        self.highs.run()
        status = self.highs.getModelStatus()
        solution = self.highs.getSolution()
        if whole:
            self._kind(highspy.HighsVarType.kContinuous)
        found = status == highspy.HighsModelStatus.kOptimal or (whole and solution.value_valid)
        return np.array(solution.col_value) if found else None

    def _kind(self, kind: highspy.HighsVarType) -> None:
        count = len(self.lower)
        self.highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.full(count, kind, dtype=np.uint8))
