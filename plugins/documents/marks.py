"""What charts are drawn from: figures with their sizes, axes, and the picture that holds them."""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from core.sdk import Cell, ChartKind, Language, Measure, Table, Unit
from plugins.documents.figures import NONE, Kind, figure

FULL = 10_000
"""The length of an axis. Sizes are whole parts of it, so that no float's last digit decides over bytes."""
SHADES = 5
_SPANS = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
"""Steps of an axis of seconds, below whole days."""
ABSENT = ""
"""The cell of a row that is not there, of a measure that is no sum."""


class Mark(msgspec.Struct, frozen=True):
    """A figure as it is drawn."""

    label: str
    text: str
    kind: Kind
    size: int | None
    """From zero, of FULL; negative where a correction took away more than was told. Null: hidden, or not computed."""


class Tick(msgspec.Struct, frozen=True):
    size: int
    text: str


class Series(msgspec.Struct, frozen=True):
    title: str
    marks: tuple[Mark, ...]


class Tile(msgspec.Struct, frozen=True):
    column: int
    row: int
    mark: Mark
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
    section: str
    title: str
    """Of its section, and of its table."""
    measure: str
    """What is drawn; empty where every line or step is a measure of its own."""
    alt: str
    """For those who do not see it."""
    series: tuple[Series, ...] = ()
    ticks: tuple[Tick, ...] = ()
    zero: int = 0
    """Where the axis has it, of FULL."""
    tiles: tuple[Tile, ...] = ()
    islands: tuple[Island, ...] = ()
    columns: int = 0
    rows: int = 0
    legend: tuple[Legend, ...] = ()
    elsewhere: tuple[Mark, ...] = ()
    """Of members that have no tile."""
    more: str = ""
    """Says how many bars or panels are left to the table."""


def bare(kind: ChartKind) -> Picture:
    """Before its table's words are put to it."""
    return Picture(name="", kind=kind, section="", title="", measure="", alt="")


def measures(table: Table) -> list[Measure]:
    """Those that the chart asks for, else the first: only what can share an axis with it."""
    asked = table.chart.measures if table.chart else ()
    found = [one for name in asked for one in table.measures if one.name == name] or [table.measures[0]]
    return [one for one in found if _scale(one.unit) == _scale(found[0].unit)]


def _scale(unit: Unit) -> Unit:
    """Numbers of whatever stand beside each other; shares and times do not."""
    return unit if unit in {Unit.SECONDS, Unit.PERCENT} else Unit.COUNT


def cells(table: Table, measure: Measure) -> Mapping[tuple[str | None, ...], Cell]:
    """By key."""
    place = table.measures.index(measure)
    return {row.key: row.cells[place] for row in table.rows}


def absent(measure: Measure) -> Cell:
    """Of a row that is not there."""
    return 0 if measure.additive else ABSENT


def marks(by_label: Iterable[tuple[str, Cell]], unit: Unit, span: Decimal, language: Language) -> tuple[Mark, ...]:
    """Figures on an axis of so many units from end to end."""
    made = []
    for label, cell in by_label:
        shown = NONE if cell == ABSENT else figure(cell, unit, language)
        size = None if cell is None or cell == ABSENT else int(Decimal(cell) * FULL / span)
        made.append(Mark(label, shown.text, shown.kind, size))
    return tuple(made)


class Axis(msgspec.Struct, frozen=True):
    """Holds zero, ends on round numbers and has at most eight ticks."""

    span: Decimal
    zero: int
    """Where it is, of FULL, from the low end."""
    ticks: tuple[Tick, ...]


def axis(values: Iterable[Cell], unit: Unit, language: Language) -> Axis:
    shown = [Decimal(0), *(Decimal(value) for value in values if value is not None and value != ABSENT)]
    low, high = min(shown), max(shown)
    step = _step(high - low, unit)
    # Decimal's own division rounds towards zero.
    below, above = math.ceil(-low / step), math.ceil(high / step)
    steps = max(1, below + above)
    ticks = []
    for at in range(-below, steps - below + 1):
        text = figure(plain(step * at), unit, language).text if at else "0"
        ticks.append(Tick(at * FULL // steps, text))
    return Axis(step * steps, below * FULL // steps, tuple(ticks))


def plain(value: Decimal) -> Cell:
    """As a document has it."""
    return int(value) if value == value.to_integral_value() else str(value)


def _step(top: Decimal, unit: Unit) -> Decimal:
    """The least round step that the top holds at most five of."""
    if unit is Unit.SECONDS:
        days = _step(top / 86_400, Unit.DAYS) * 86_400
        return next((Decimal(span) for span in _SPANS if top <= span * 5), days)
    step = Decimal(1)
    while True:
        for times in (1, 2, 5):
            if top <= step * times * 5:
                return step * times
        step *= 10
