"""Tables that go round in a circle, and the cells behind them that none of them has.

Of tables of A by B, B by C, and A by C each two agree, and yet there may be nothing by A, B and C that all three are
sums of. So cells of tables alone allow for more than there can be, and who thinks of what is behind them tells more.
Where tables go in no circle, whatever agrees has something behind it, and nothing needs to be thought of.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import NamedTuple

from core.reports.cube import Cube, margins
from core.reports.disclosure.cells import Cell, Span, cell_of, measures_of, when_of
from core.reports.disclosure.held import Drawn
from core.wire.documents import Code, Name

MOST = 500
"""Cells behind a circle that are thought of. Of the more that there may be the solver would take minutes; the attack on
2,992 of them (tests/drills/test_disclosure.py) tells nothing that tables do not, once they are well filled."""
_MOST_TRIED = 50_000
"""Combinations of members that are looked through for those that no zero rules out."""


class Circle(NamedTuple):
    """Cells that no table has, and of which several tables that go round in a circle are sums.

    Of A by B, B by C, and A by C each pair agrees, and yet there may be nothing by A, B and C that all three are sums
    of; so tables alone allow for more than there can be. Where nothing goes round in a circle they do not.
    """

    cells: Mapping[Cell, int]
    """Also zeros, unless a table says so."""
    own: Mapping[Cell, Mapping[Code, int]]
    sums: tuple[tuple[Cell, tuple[Cell, ...]], ...]


def circles(drawn: Drawn) -> Iterator[Circle]:
    for cube in drawn.cubes:
        found = [(table, measures_of(cube, table)) for table in cube.tables]
        for at, count in enumerate(cube.counts):
            circle = _circle([set(table.by) for table, measures in found if count.name in measures])
            dimensions = [one for one in cube.dimensions if any(one.name in edge for edge in circle)]
            if dimensions and prod(len(one.members) for one in dimensions) <= _MOST_TRIED:
                behind = _behind(drawn, cube, at, circle, [one.name for one in dimensions])
                if len(behind.cells) <= MOST:
                    yield behind


def _circle(tables: list[set[Name]]) -> list[set[Name]]:
    """What is left of tables without dimensions of only one, and without those within others (Graham's reduction)."""
    while True:
        lone = {name for table in tables for name in table if sum(name in other for other in tables) == 1}
        left: list[set[Name]] = []
        for table in sorted((table - lone for table in tables), key=len, reverse=True):
            if table and not any(table <= other for other in left):
                left.append(table)
        if left == tables:
            return left
        tables = left


def _behind(drawn: Drawn, cube: Cube, at: int, circle: list[set[Name]], names: list[Name]) -> Circle:
    when, measure = when_of(drawn, cube), cube.counts[at].name
    places = [cube.place(name) for name in names]
    sums = margins(cube, names)
    cells: dict[Cell, int] = {}
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for members in product(*[[member.code for member in cube.dimensions[place].members] for place in places]):
        named = dict(zip(names, members, strict=True))
        key = tuple(named.get(one.name) for one in cube.dimensions)
        above = [
            tuple(code if one.name in edge else None for one, code in zip(cube.dimensions, key, strict=True))
            for edge in circle
        ]
        if all(total in sums and sums[total][at] for total in above):
            cell = cell_of(cube, key, measure, when)
            cells[cell] = sums[key][at] if key in sums else 0
            for total in above:
                parts[cell_of(cube, total, measure, when)].append(cell)
    return Circle(cells, _own(cube, at, names, when), tuple((total, tuple(found)) for total, found in parts.items()))


def _own(cube: Cube, at: int, names: list[Name], when: Mapping[Code | None, Span]) -> dict[Cell, dict[Code, int]]:
    """Of what all contributors together do."""
    if cube.contributor is None or cube.contributor in names:
        return {}
    place = cube.place(cube.contributor)
    own: dict[Cell, dict[Code, int]] = defaultdict(dict)
    for key, counts in margins(cube, {*names, cube.contributor}).items():
        contributor = key[place]
        if contributor is not None and counts[at]:
            together = (*key[:place], None, *key[place + 1 :])
            own[cell_of(cube, together, cube.counts[at].name, when)][contributor] = counts[at]
    return own
