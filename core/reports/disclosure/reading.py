"""Puts together what readers hold: tables of several reports become one system."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.reports.disclosure.cells import Cell, Line, Sheet, Span, sheets
from core.reports.disclosure.circles import Circle, circles
from core.reports.disclosure.held import Drawn, Held, TableName, Unsettled
from core.reports.disclosure.problem import Problem, Row, attack
from core.reports.disclosure.timeline import atoms
from core.wire.documents import Code


def problem_of(drawn: Drawn | None, held: Sequence[Held]) -> Problem:
    """Cells of `drawn` are shown as far as they are not hidden from its readers already."""
    return _Reading(drawn, held).problem()


class _Reading:
    """Puts tables together: those of reports that are held, and of the one that is drawn."""

    def __init__(self, drawn: Drawn | None, held: Sequence[Held]) -> None:
        self.held = [
            (sheet, report.hidden.get(sheet.cube.name, frozenset())) for report in held for sheet in sheets(report)
        ]
        self.drawn = list(sheets(drawn)) if drawn else []
        self.sheets = [*(sheet for sheet, _ in self.held), *self.drawn]
        self.circles = [circle for report in (*held, *([drawn] if drawn else [])) for circle in circles(report)]
        self.counts: dict[Cell, int] = {}
        self.lines: dict[Line, dict[Span, int]] = defaultdict(dict)
        self.sums: list[tuple[Cell, tuple[Cell, ...]]] = []
        self.own: dict[Cell, Mapping[Code, int]] = {}
        self.open: set[Cell] = set()

    def problem(self) -> Problem:
        for sheet in self.sheets:
            self._count(sheet)
        for circle in self.circles:
            self._behind(circle)
        for sheet in self.sheets:
            self._zeros(sheet)
        for line, spans in self.lines.items():
            self._time(line, spans)
        cells = sorted(self.counts)
        places = {cell: at for at, cell in enumerate(cells)}
        problem = Problem(
            cells=cells,
            counts=[self.counts[cell] for cell in cells],
            floors=[0 if cell.rest or cell in self.open else 1 for cell in cells],
            rows=sorted({_row(places, total, parts) for total, parts in self.sums}),
            least=self._least(places),
            contributors=self._contributors(cells),
            own={places[cell]: own for cell, own in self.own.items()},
            attackers=self._attackers(),
            open={places[cell] for cell in self.open},
        )
        self._looks(problem, places)
        return problem

    def _count(self, sheet: Sheet) -> None:
        for at, (cell, count) in sheet.cells.items():
            if self.counts.setdefault(cell, count) != count:
                raise Unsettled(f"{sheet.drawn.report} counts {count} of {cell}, another report {self.counts[cell]}")
            self.lines[cell.line][cell.span] = count
            if at in sheet.own:
                self.own[cell] = sheet.own[at]
        self.sums += sheet.sums

    def _behind(self, circle: Circle) -> None:
        for cell, count in circle.cells.items():
            if cell not in self.counts:
                self.counts[cell] = self.lines[cell.line][cell.span] = count
                self.open.add(cell)
        self.own |= circle.own
        self.sums += circle.sums

    def _zeros(self, sheet: Sheet) -> None:
        """What another report counts, and this one would if there were any, is zero here."""
        by = set(sheet.table.by)
        shown = {cell for cell, _ in sheet.cells.values()}
        for line, spans in self.lines.items():
            counted = line.cube == sheet.cube.name and line.measure in sheet.measures
            if counted and all(name in by for name, _ in line.members):
                for cell in (Cell(line, span) for span in sheet.spans):
                    if cell not in shown:
                        self._zero(cell, spans)

    def _zero(self, cell: Cell, spans: dict[Span, int]) -> None:
        if spans.setdefault(cell.span, 0):
            raise Unsettled(f"{cell} is zero in one report, and not in another")
        self.counts.pop(cell, None)
        self.open.discard(cell)

    def _time(self, line: Line, spans: Mapping[Span, int]) -> None:
        """Each span is the sum of the largest ones within it, and of a rest."""
        around: list[Span] = []
        within: dict[Span, list[Span]] = defaultdict(list)
        for one in sorted(spans, key=lambda span: (span[0], -span[1])):
            while around and around[-1][1] <= one[0]:
                around.pop()
            if around:
                if one[1] > around[-1][1]:
                    self._cut(line, spans)
                    return
                within[around[-1]].append(one)
            around.append(one)
        for whole, parts in within.items():
            self._split(Cell(line, whole), spans[whole], [(Cell(line, part), spans[part]) for part in parts])

    def _cut(self, line: Line, spans: Mapping[Span, int]) -> None:
        """Spans that cut across each other are sums of what lies between the moments that they name."""
        between = atoms(spans)
        if between is None:
            raise Unsettled(f"Reports cut across each other's time in {line}")
        if min(between.values()) < 0:
            raise Unsettled(f"{line} is counted as less than nothing")
        own = {span: self.own.get(Cell(line, span), {}) for span in spans}
        codes = sorted({code for one in own.values() for code in one})
        owned = {code: atoms({span: one.get(code, 0) for span, one in own.items()}) or {} for code in codes}
        for atom, count in between.items():
            if atom not in spans:
                rest = Cell(line, atom, rest=True)
                self.counts[rest] = count
                self.own[rest] = {code: found[atom] for code, found in owned.items() if found[atom]}
                self._open(rest, (Cell(line, span) for span in spans))
        for span in spans:
            parts = [one for one in between if span[0] <= one[0] and one[1] <= span[1] and one != span]
            if parts:
                added = (Cell(line, one, rest=one not in spans) for one in parts)
                self.sums.append((Cell(line, span), tuple(cell for cell in added if cell in self.counts)))

    def _split(self, whole: Cell, count: int, parts: list[tuple[Cell, int]]) -> None:
        left = count - sum(part for _, part in parts)
        covers = sum(cell.span[1] - cell.span[0] for cell, _ in parts) == whole.span[1] - whole.span[0]
        if left < 0 or (covers and left):
            raise Unsettled(f"{whole} is counted as {count}, its parts as {[part for _, part in parts]}")
        added = [cell for cell, _ in parts if cell in self.counts]
        if not covers:
            rest = whole._replace(rest=True)
            self.counts[rest] = left
            self.own[rest] = {
                code: own - sum(self.own.get(cell, {}).get(code, 0) for cell in added)
                for code, own in self.own.get(whole, {}).items()
            }
            self._open(rest, [whole, *added])
            added.append(rest)
        self.sums.append((whole, tuple(added)))

    def _open(self, rest: Cell, sides: Iterable[Cell]) -> None:
        """No difference of tables, unless it is one of cells that they have."""
        if not self.open.isdisjoint(sides):
            self.open.add(rest)

    def _least(self, places: Mapping[Cell, int]) -> list[tuple[int, int]]:
        pairs = {(sheet.cube.name, *pair) for sheet in self.sheets for pair in sheet.cube.least}
        found = []
        for name, less, more in sorted(pairs):
            for cell, at in places.items():
                if cell.line.cube == name and cell.line.measure == less:
                    other = places.get(cell._replace(line=cell.line._replace(measure=more)))
                    if other is not None:
                        found.append((at, other))
        return found

    def _contributors(self, cells: Sequence[Cell]) -> dict[int, Code]:
        dimension = {sheet.cube.name: sheet.cube.contributor for sheet in self.sheets if sheet.cube.contributor}
        return {
            at: code
            for at, cell in enumerate(cells)
            for name, code in cell.line.members
            if dimension.get(cell.line.cube) == name
        }

    def _attackers(self) -> tuple[frozenset[Code], ...]:
        cubes = [sheet.cube for sheet in self.sheets]
        known = frozenset(code for cube in cubes for code in cube.known)
        if known:
            return (known,)
        insiders = {
            member.code
            for cube in cubes
            if cube.contributor
            for member in cube.dimensions[cube.place(cube.contributor)].members
        }
        return (frozenset(), *(frozenset({insider}) for insider in sorted(insiders)))

    def _looks(self, problem: Problem, places: Mapping[Cell, int]) -> None:
        """Where each cell is shown or marked."""
        told = set()
        for sheet, hidden in self.held:
            told |= {places[cell] for cell, _ in sheet.cells.values()}
            problem.settled |= {places[cell] for at, (cell, _) in sheet.cells.items() if at not in hidden}
        known = frozenset(code for sheet in self.sheets for code in sheet.cube.known)
        problem.settled |= {at for at, code in problem.contributors.items() if code in known}
        for sheet in self.sheets:
            for cell, _ in sheet.cells.values():
                problem.tables[places[cell]].add(TableName(sheet.drawn.report, sheet.cube.name, sheet.table.name))
        new = {places[cell] for sheet in self.drawn for cell, _ in sheet.cells.values()} - told
        small = attack(problem, problem.attackers[0]).needs
        problem.shown = problem.settled | (new - small.keys())


def _row(places: Mapping[Cell, int], total: Cell, parts: Iterable[Cell]) -> Row:
    """What is known to be zero is not a cell."""
    row = [(places[part], 1) for part in parts if part in places]
    return tuple(sorted([*row, (places[total], -1)] if total in places else row))
