"""Provinces as a grid of equal tiles, so that a small one is seen as well as a large one."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache

import msgspec

from core.sdk import Cell, ChartKind, Language, Table, Unit
from plugins.documents.figures import TEMPLATES, Kind, figure, told
from plugins.documents.marks import (
    SHADES,
    Island,
    Legend,
    Picture,
    Tile,
    absent,
    axis,
    bare,
    cells,
    marks,
    measures,
    plain,
)

PROVINCE = "province"
"""The dimension."""


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    column: int
    row: int


class _Archipelago(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    of: str
    """The province that counts it."""
    column: int
    row: int


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where provinces stand in the grid."""

    about: str
    source: str
    valid_from: str
    valid_to: str | None
    columns: int
    rows: int
    tiles: tuple[_Place, ...]
    islands: tuple[_Archipelago, ...]


@cache
def layout() -> Layout:
    """That of the units in force since July 2025."""
    return msgspec.json.decode((TEMPLATES / "provinces.json").read_bytes(), type=Layout)


def tile_grid(table: Table, language: Language) -> Picture:
    """Shaded by the first measure of the chart, over all of what other dimensions the table has."""
    measure = measures(table)[0]
    at = [one.name for one in table.dimensions].index(PROVINCE)
    by_code = _by_code(cells(table, measure), at)
    labels = {one.code: told(one.label, language) for one in table.dimensions[at].members}
    bounds = _bounds(by_code.values())
    span = axis(by_code.values(), measure.unit, language).span
    grid = layout()
    tiles = []
    for place in grid.tiles:
        # A unit that is not of this report's time has no label.
        if place.code in labels:
            cell = by_code.get(place.code, absent(measure))
            (mark,) = marks([(labels[place.code], cell)], measure.unit, span, language)
            shade = sum(Decimal(cell) >= bound for bound in bounds) if cell and mark.kind is Kind.SHOWN else 0
            tiles.append(Tile(place.column, place.row, mark, shade))
    placed = {place.code for place in grid.tiles}
    elsewhere = [(label, by_code[code]) for code, label in labels.items() if code not in placed and code in by_code]
    return msgspec.structs.replace(
        bare(ChartKind.TILE_GRID),
        tiles=tuple(tiles),
        islands=tuple(Island(one.column, one.row, one.name) for one in grid.islands),
        columns=grid.columns,
        rows=grid.rows,
        legend=_legend(bounds, measure.unit, language),
        elsewhere=marks(elsewhere, measure.unit, span, language),
    )


def _by_code(every: Mapping[tuple[str | None, ...], Cell], at: int) -> dict[str, Cell]:
    """The rows of one province each, over all members of the other dimensions."""
    return {code: cell for key, cell in every.items() if (code := key[at]) and key.count(None) == len(key) - 1}


def _bounds(cells: Iterable[Cell]) -> tuple[Decimal, ...]:
    """Where each shade begins: a fifth of the provinces with figures in each, on numbers of two digits and zeros."""
    values = sorted(Decimal(cell) for cell in cells if cell is not None and Decimal(cell) > 0)
    if not values:
        return ()
    fifths = (_rounded(values[len(values) * part // SHADES]) for part in range(1, SHADES))
    return tuple(sorted({Decimal(0), *fifths}))


def _rounded(value: Decimal) -> Decimal:
    """Down to two significant digits."""
    size = Decimal(10) ** max(value.adjusted() - 1, 0)
    return value // size * size


def _legend(bounds: Sequence[Decimal], unit: Unit, language: Language) -> tuple[Legend, ...]:
    texts = [figure(plain(bound), unit, language).text for bound in bounds]
    if len(texts) < 2:
        return tuple(Legend(1, "> 0") for _ in texts)
    made = [Legend(1, f"< {texts[1]}")]
    made += [Legend(at + 1, f"{texts[at]} – < {texts[at + 1]}") for at in range(1, len(texts) - 1)]
    return (*made, Legend(len(texts), f"≥ {texts[-1]}"))
