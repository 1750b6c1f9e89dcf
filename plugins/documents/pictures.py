"""Charts as data: which figures are drawn, how high, beside which words. `templates/charts.typ` draws them."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

import msgspec

from core.sdk import Cell, ChartKind, Language, Measure, Table, Unit
from plugins.documents.figures import TEMPLATES, Figure, Kind, figure, grouped, told, words

FULL = 10_000
"""Heights and lengths are whole parts of the axis, so that no float's last digit decides over bytes."""
SHADES = 5
_MOST_BARS = 34
_MOST_PANELS = 18
_SPANS = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000)
"""Steps of an axis of seconds."""


class Mark(msgspec.Struct, frozen=True):
    """A figure as it is drawn."""

    label: str
    text: str
    kind: Kind
    size: int | None
    """Of FULL; null for what is hidden or cannot be computed."""


class Tick(msgspec.Struct, frozen=True):
    size: int
    text: str


class Series(msgspec.Struct, frozen=True):
    title: str
    marks: tuple[Mark, ...]


class Tile(msgspec.Struct, frozen=True):
    column: int
    row: int
    label: str
    text: str
    kind: Kind
    shade: int
    """From 1, light, to SHADES; 0 where there is no figure to shade by."""


class Island(msgspec.Struct, frozen=True):
    column: int
    row: int
    label: str


class Legend(msgspec.Struct, frozen=True):
    shade: int
    text: str


class Picture(msgspec.Struct, frozen=True):
    """One chart in one language. Fields that its kind has no use for are empty."""

    name: str
    """Of its file, without an extension."""
    kind: ChartKind
    title: str
    measure: str
    """What is drawn; empty where every line or step is a measure of its own."""
    alt: str
    """For those who do not see it."""
    series: tuple[Series, ...] = ()
    ticks: tuple[Tick, ...] = ()
    tiles: tuple[Tile, ...] = ()
    islands: tuple[Island, ...] = ()
    columns: int = 0
    rows: int = 0
    legend: tuple[Legend, ...] = ()
    elsewhere: tuple[Mark, ...] = ()
    """Of members that have no tile."""
    more: str = ""
    """Says how many bars or panels are left to the table."""


def picture(section: str, table: Table, language: Language) -> Picture | None:
    """The chart of a table; None where it asks for none, or all that it would draw is zero."""
    if table.chart is None or not table.rows:
        return None
    drawn = {
        ChartKind.TIME_SERIES: _time_series,
        ChartKind.TILE_GRID: _tile_grid,
        ChartKind.FUNNEL: _funnel,
        ChartKind.BARS: _bars,
    }[table.chart.kind]
    made = drawn(table, language)
    if not _worth(made):
        return None
    said, title = words(language), told(table.title, language)
    measures = _measures(table)
    # Where each line or step is a measure of its own it says so itself.
    by_itself = table.chart.kind is ChartKind.FUNNEL or (
        table.chart.kind is ChartKind.TIME_SERIES and len(measures) > 1 and len(table.dimensions) == 1
    )
    measure = "" if by_itself else told(measures[0].title, language)
    alt = f"{said[table.chart.kind]}: {title}. {_highest(made, language)}{said['below']}"
    return msgspec.structs.replace(made, name=f"{section}-{table.name}", title=title, measure=measure, alt=alt)


def _worth(made: Picture) -> bool:
    """Whether anything is seen on it but zeros."""
    shown = (one for series in made.series for one in series.marks)
    return any(one.kind in {Kind.SHOWN, Kind.HIDDEN} for one in (*shown, *made.tiles))


def _highest(made: Picture, language: Language) -> str:
    """The largest figure that is shown, for who hears the picture read out."""
    shown = [mark for series in made.series for mark in series.marks if mark.size]
    if made.kind is ChartKind.TILE_GRID or not shown:
        return ""
    top = max(shown, key=lambda mark: mark.size or 0)
    return f"{words(language)['highest'].format(label=top.label, figure=top.text)} "


def _bare(kind: ChartKind) -> Picture:
    return Picture(name="", kind=kind, title="", measure="", alt="")


def _measures(table: Table) -> list[Measure]:
    """Those that the chart asks for; else the first."""
    asked = table.chart.measures if table.chart else ()
    return [one for name in asked for one in table.measures if one.name == name] or [table.measures[0]]


def _cells(table: Table, measure: Measure) -> dict[tuple[str | None, ...], Cell]:
    place = table.measures.index(measure)
    return {row.key: row.cells[place] for row in table.rows}


def _absent(measure: Measure) -> Cell | str:
    """Of a row that is not there."""
    return 0 if measure.additive else ""


def _marks(cells: Iterable[tuple[str, Cell | str]], unit: Unit, top: Decimal, language: Language) -> tuple[Mark, ...]:
    made = []
    for label, cell in cells:
        shown = Figure("–", Kind.NONE) if cell == "" else figure(cell, unit, language)
        size = None if cell in {None, ""} else int(Decimal(cell or 0) * FULL / top)
        made.append(Mark(label, shown.text, shown.kind, size))
    return tuple(made)


def _axis(values: Iterable[Cell | str], unit: Unit, language: Language) -> tuple[Decimal, tuple[Tick, ...]]:
    """Its end, and three to six ticks from zero on round numbers."""
    top = max((Decimal(value) for value in values if value not in {None, ""}), default=Decimal(0))
    step = _step(top, unit)
    # Decimal's own division rounds towards zero.
    number = max(1, math.ceil(top / step))
    end = step * number
    ticks = []
    for at in range(number + 1):
        text = figure(_plain(step * at), unit, language).text if at else "0"
        ticks.append(Tick(int(step * at * FULL / end), text))
    return end, tuple(ticks)


def _plain(value: Decimal) -> Cell:
    return int(value) if value == value.to_integral_value() else str(value)


def _step(top: Decimal, unit: Unit) -> Decimal:
    """The least round step that the top holds at most five of."""
    if unit is Unit.SECONDS:
        return Decimal(next((span for span in _SPANS if top <= span * 5), 2_592_000))
    step = Decimal(1)
    while True:
        for times in (1, 2, 5):
            if top <= step * times * 5:
                return step * times
        step *= 10


def _time_series(table: Table, language: Language) -> Picture:
    time, *others = table.dimensions
    measures = _measures(table)
    unit = measures[0].unit
    rest = (None,) * (len(others) - 1)
    if others:
        cells = _cells(table, measures[0])
        there = {key[1] for key in cells}
        members = [one for one in others[0].members if one.code in there]
        wanted = [
            (
                told(one.label, language),
                {at.code: cells.get((at.code, one.code, *rest), _absent(measures[0])) for at in time.members},
            )
            for one in members
        ]
    else:
        wanted = []
        for one in measures:
            cells = _cells(table, one)
            wanted.append(
                (told(one.title, language), {at.code: cells.get((at.code,), _absent(one)) for at in time.members})
            )
    kept = wanted[:_MOST_PANELS]
    top, ticks = _axis((cell for _, by_time in kept for cell in by_time.values()), unit, language)
    labels = {at.code: told(at.label, language) for at in time.members}
    series = tuple(
        Series(title, _marks(((labels[code], cell) for code, cell in by_time.items()), unit, top, language))
        for title, by_time in kept
    )
    return msgspec.structs.replace(
        _bare(ChartKind.TIME_SERIES), series=series, ticks=ticks, more=_more(wanted, kept, language)
    )


def _more(all_of: Sequence[object], kept: Sequence[object], language: Language) -> str:
    left = len(all_of) - len(kept)
    return words(language)["more"].format(number=grouped(left, language)) if left else ""


def _bars(table: Table, language: Language) -> Picture:
    measure = _measures(table)[0]
    cells = _cells(table, measure)
    first, *others = table.dimensions
    rest = (None,) * len(others)
    wanted = [(told(one.label, language), cells.get((one.code, *rest), _absent(measure))) for one in first.members]
    kept = wanted[:_MOST_BARS]
    top, ticks = _axis((cell for _, cell in kept), measure.unit, language)
    series = (Series(told(first.title, language), _marks(kept, measure.unit, top, language)),)
    return msgspec.structs.replace(
        _bare(ChartKind.BARS), series=series, ticks=ticks, more=_more(wanted, kept, language)
    )


def _funnel(table: Table, language: Language) -> Picture:
    total = (None,) * len(table.dimensions)
    wanted = [(measure, _cells(table, measure).get(total, _absent(measure))) for measure in _measures(table)]
    top = max((Decimal(cell) for _, cell in wanted if cell not in {None, ""}), default=Decimal(0)) or Decimal(1)
    marks = tuple(
        mark
        for measure, cell in wanted
        for mark in _marks([(told(measure.title, language), cell)], measure.unit, top, language)
    )
    return msgspec.structs.replace(_bare(ChartKind.FUNNEL), series=(Series("", marks),))


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
    return msgspec.json.decode((TEMPLATES / "provinces.json").read_bytes(), type=Layout)


def _tile_grid(table: Table, language: Language) -> Picture:
    measure = _measures(table)[0]
    cells = _cells(table, measure)
    province = next(place for place, one in enumerate(table.dimensions) if one.name == "province")
    by_code = {key[province]: cell for key, cell in cells.items() if key.count(None) == len(key) - 1}
    bounds = _bounds(by_code[code] for code in by_code if code is not None)
    labels = {one.code: told(one.label, language) for one in table.dimensions[province].members}
    grid = layout()
    tiles = []
    for place in grid.tiles:
        # A unit that is not of this report's time has no label.
        if place.code in labels:
            cell = by_code.get(place.code, _absent(measure))
            shown = figure(cell, measure.unit, language)
            shade = sum(int(cell) >= bound for bound in bounds) if shown.kind is Kind.SHOWN and cell else 0
            tiles.append(Tile(place.column, place.row, labels[place.code], shown.text, shown.kind, shade))
    placed = {place.code for place in grid.tiles}
    elsewhere = [(label, by_code[code]) for code, label in labels.items() if code not in placed and code in by_code]
    legend = _legend(bounds, measure.unit, language)
    return msgspec.structs.replace(
        _bare(ChartKind.TILE_GRID),
        tiles=tuple(tiles),
        islands=tuple(Island(one.column, one.row, one.name) for one in grid.islands),
        columns=grid.columns,
        rows=grid.rows,
        legend=legend,
        elsewhere=_marks(elsewhere, measure.unit, Decimal(FULL), language),
    )


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
    texts = [figure(_plain(bound), unit, language).text for bound in bounds]
    if len(texts) < 2:
        return tuple(Legend(1, "> 0") for _ in texts)
    made = [Legend(1, f"< {texts[1]}")]
    made += [Legend(at + 1, f"{texts[at]} – < {texts[at + 1]}") for at in range(1, len(texts) - 1)]
    return (*made, Legend(len(texts), f"≥ {texts[-1]}"))
