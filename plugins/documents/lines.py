"""Tables as they are printed: with two dimensions and room enough one of them goes across the page."""

import msgspec

from core.sdk import Dimension, Language, Row, Table
from plugins.documents.figures import NONE, Figure, Kind, figure, told, words

ACROSS = 13
"""Most columns of figures on a page; with more of them a table is printed row by row."""
_FEW, _LONG = 6, 72
"""Over more columns than `_FEW` a heading has room for so many letters."""
TIME = "time"
"""The dimension of days or months, which always go down the page."""


class Heading(msgspec.Struct, frozen=True):
    """Stands over so many columns."""

    text: str
    span: int


class Line(msgspec.Struct, frozen=True):
    labels: tuple[str, ...]
    figures: tuple[Figure, ...]
    total: bool
    repeated: bool = False
    """Whether its first label is that of the line before."""


class Printed(msgspec.Struct, frozen=True):
    """A table in one language."""

    labels: tuple[str, ...]
    """Over the columns that say what a line is about."""
    groups: tuple[Heading, ...]
    """Over the columns of figures; none where one heading is enough."""
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: int = 0
    """How many of the last columns are totals."""


def printed(table: Table, language: Language) -> tuple[Printed, ...]:
    """A table in one piece or with a piece for each measure; in none where nothing was counted."""
    if any(one.additive for one in table.measures) and all(_zero(table, row) for row in table.rows):
        return ()
    if not table.dimensions:
        return (_listed(table, language),)
    if len(table.dimensions) == 2:
        for pieces in ([table], [_only(place, table) for place in range(len(table.measures))]):
            across = _across(pieces[0], language)
            if across is not None:
                return tuple(_crossed(one, 1 - across, across, language) for one in pieces)
    return (_long(table, language),)


def _only(place: int, table: Table) -> Table:
    """One measure of it."""
    rows = tuple(Row(row.key, (row.cells[place],)) for row in table.rows)
    return msgspec.structs.replace(table, measures=(table.measures[place],), rows=rows)


def _across(table: Table, language: Language) -> int | None:
    """Which dimension goes across the page: days never, else the one with fewer members; None: neither fits."""
    columns = {place: len(_seen(table, place)) * len(table.measures) for place in (1, 0)}
    fitting = [place for place, number in columns.items() if _fits(table.dimensions[place], number, language)]
    return min(fitting, key=columns.__getitem__, default=None)


def _fits(dimension: Dimension, columns: int, language: Language) -> bool:
    longest = max((len(told(one.label, language)) for one in dimension.members), default=0)
    return dimension.name != TIME and columns <= (ACROSS if longest <= _LONG else _FEW)


def _seen(table: Table, place: int) -> list[str | None]:
    """The members that are not zero all over, in their order, and None last where there is a total."""
    there = {row.key[place] for row in table.rows if row.key[place] is None or not _zero(table, row)}
    members: list[str | None] = [one.code for one in table.dimensions[place].members if one.code in there]
    return [*members, None] if None in there else members


def _zero(table: Table, row: Row) -> bool:
    """Whether nothing was counted. What is no sum says nothing then, and is hidden as one of too few.

    Where nothing is a sum, nobody can tell.
    """
    sums = [cell for cell, measure in zip(row.cells, table.measures, strict=True) if measure.additive]
    return sums != [] and not any(cell != 0 for cell in sums)


def _labels(dimension: Dimension, language: Language) -> dict[str | None, str]:
    said: dict[str | None, str] = {one.code: told(one.label, language) for one in dimension.members}
    return {**said, None: words(language)["total"]}


def _figures(table: Table, row: Row | None, language: Language) -> tuple[Figure, ...]:
    if row is not None:
        return tuple(
            figure(cell, measure.unit, language) for cell, measure in zip(row.cells, table.measures, strict=True)
        )
    return tuple(Figure("0", Kind.ZERO) if measure.additive else NONE for measure in table.measures)


def _listed(table: Table, language: Language) -> Printed:
    """The one row of a table without dimensions, its measures below each other."""
    said = words(language)
    figures = _figures(table, table.rows[0], language)
    names = [told(measure.title, language) for measure in table.measures]
    lines = tuple(Line((name,), (one,), False) for name, one in zip(names, figures, strict=True))
    return Printed((said["measure"],), (), (said["figure"],), lines)


def _long(table: Table, language: Language) -> Printed:
    labels = [_labels(dimension, language) for dimension in table.dimensions]
    lines, before = [], None
    for row in table.rows:
        said = tuple(names[code] for names, code in zip(labels, row.key, strict=True))
        figures = _figures(table, row, language)
        lines.append(Line(said, figures, None in row.key, len(row.key) > 1 and row.key[0] == before))
        before = row.key[0]
    titles = tuple(told(dimension.title, language) for dimension in table.dimensions)
    return Printed(titles, (), tuple(told(one.title, language) for one in table.measures), tuple(lines))


def _crossed(table: Table, down: int, across: int, language: Language) -> Printed:
    rows = {(row.key[down], row.key[across]): row for row in table.rows}
    members = _seen(table, across)
    beside, over = (_labels(table.dimensions[place], language) for place in (down, across))
    lines = []
    for code in _seen(table, down):
        figures = [one for other in members for one in _figures(table, rows.get((code, other)), language)]
        lines.append(Line((beside[code],), tuple(figures), code is None))
    titles = tuple(told(one.title, language) for one in table.measures)
    first = (told(table.dimensions[down].title, language),)
    totals = len(titles) * (None in members)
    names = tuple(over[other] for other in members)
    if len(titles) == 1:
        return Printed(first, (Heading(titles[0], len(names)),), names, tuple(lines), totals)
    groups = tuple(Heading(name, len(titles)) for name in names)
    return Printed(first, groups, titles * len(names), tuple(lines), totals)
