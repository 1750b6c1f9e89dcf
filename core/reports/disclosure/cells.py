"""The cells of a report's tables: what is counted in each, and how cells add up to others."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.reports.asked import span
from core.reports.cube import Cube, Key, Wanted, margins
from core.reports.disclosure.held import Drawn
from core.wire.documents import Code, Name

Span = tuple[int, int]
"""From when to before when, µs."""
Members = tuple[tuple[Name, Code], ...]
"""By dimension but time, in the order of names; what is counted together is not in it."""


class Line(NamedTuple):
    """What is counted, at any time. Reports that count the same have the same line."""

    cube: Name
    members: Members
    measure: Name


class Cell(NamedTuple):
    line: Line
    span: Span
    rest: bool = False
    """What is left of the span when those within it are taken off: shown by no table."""


class Sheet(NamedTuple):
    """A table of a report as an attacker reads it: zeros are left out."""

    drawn: Drawn
    cube: Cube
    table: Wanted
    measures: tuple[Name, ...]
    """Protected ones that the table shows, or gives away by a share or a quantile."""
    cells: Mapping[tuple[Key, Name], tuple[Cell, int]]
    """By key of the cube and measure: the cell and its count."""
    own: Mapping[tuple[Key, Name], Mapping[Code, int]]
    """How much of cells that count all contributors together is each one's."""
    spans: tuple[Span, ...]
    sums: tuple[tuple[Cell, tuple[Cell, ...]], ...]
    """Each total, and what adds up to it; totals over time are left to the lines."""


def sheets(drawn: Drawn) -> Iterator[Sheet]:
    for cube in drawn.cubes:
        for table in cube.tables:
            measures = measures_of(cube, table)
            if measures:
                yield _sheet(drawn, cube, table, measures)


def measures_of(cube: Cube, table: Wanted) -> tuple[Name, ...]:
    wanted = set(table.measures)
    for share in cube.shares:
        if share.name in table.measures:
            wanted |= {share.part, share.whole}
    wanted |= {quantile.of for quantile in cube.quantiles if quantile.name in table.measures}
    return tuple(count.name for count in cube.counts if count.protected and count.name in wanted)


def _sheet(drawn: Drawn, cube: Cube, table: Wanted, measures: tuple[Name, ...]) -> Sheet:
    columns = [(at, count.name) for at, count in enumerate(cube.counts) if count.name in measures]
    when = when_of(drawn, cube)
    cells = {}
    for key, counts in margins(cube, table.by).items():
        for at, measure in columns:
            if counts[at]:
                cells[key, measure] = cell_of(cube, key, measure, when), counts[at]
    return Sheet(
        drawn,
        cube,
        table,
        measures,
        cells,
        _own(cube, table, columns),
        _spans(cube, table, when),
        _sums(cube, table, cells),
    )


def when_of(drawn: Drawn, cube: Cube) -> dict[Code | None, Span]:
    """By member of the dimension of time; None: the whole period."""
    found: dict[Code | None, Span] = {None: (drawn.begins, drawn.ends)}
    if cube.time is not None:
        for member in cube.dimensions[cube.place(cube.time)].members:
            found[member.code] = span(member.code)
    return found


def _spans(cube: Cube, table: Wanted, when: Mapping[Code | None, Span]) -> tuple[Span, ...]:
    return tuple(sorted(set(when.values()))) if cube.time in table.by else (when[None],)


def cell_of(cube: Cube, key: Key, measure: Name, when: Mapping[Code | None, Span]) -> Cell:
    time, members = None, []
    for dimension, member in zip(cube.dimensions, key, strict=True):
        if dimension.name == cube.time:
            time = member
        elif member is not None:
            members.append((dimension.name, member))
    return Cell(Line(cube.name, tuple(sorted(members)), measure), when[time])


def _own(cube: Cube, table: Wanted, columns: list[tuple[int, Name]]) -> dict[tuple[Key, Name], dict[Code, int]]:
    if cube.contributor is None:
        return {}
    place = cube.place(cube.contributor)
    own: dict[tuple[Key, Name], dict[Code, int]] = defaultdict(dict)
    for key, counts in margins(cube, {*table.by, cube.contributor}).items():
        contributor = key[place]
        if contributor is not None:
            together = (*key[:place], None, *key[place + 1 :])
            for at, measure in columns:
                if counts[at]:
                    own[together, measure][contributor] = counts[at]
    return own


def _sums(
    cube: Cube, table: Wanted, cells: Mapping[tuple[Key, Name], tuple[Cell, int]]
) -> tuple[tuple[Cell, tuple[Cell, ...]], ...]:
    """Each total once: over the first dimension that it leaves open. Its other sums follow from those of its parts."""
    places = [cube.place(name) for name in table.by if name != cube.time]
    parts: dict[tuple[Key, Name], list[Cell]] = defaultdict(list)
    for (key, measure), (cell, _) in cells.items():
        for place in places:
            if key[place] is None:
                break
            parts[(*key[:place], None, *key[place + 1 :]), measure].append(cell)
    return tuple((cells[total][0], tuple(found)) for total, found in parts.items())
