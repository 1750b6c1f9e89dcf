"""Charts as data: which figures are drawn, how high, beside which words. `templates/charts.typ` draws them."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from core.sdk import Chart, ChartKind, Language, Section, Table
from plugins.documents.figures import Kind, grouped, told, words
from plugins.documents.lines import TIME
from plugins.documents.marks import Mark, Picture, Series, absent, axis, bare, cells, marks, measures
from plugins.documents.tiles import PROVINCE, tile_grid

_MOST_BARS = 34
_MOST_PANELS = 18


def picture(section: Section, table: Table, language: Language) -> Picture | None:
    """The chart of a table; None where it asks for none that can be drawn, or where all of it would be zero."""
    if table.chart is None or not table.rows or not _fits(table.chart, table):
        return None
    drawn = {
        ChartKind.TIME_SERIES: _time_series,
        ChartKind.TILE_GRID: tile_grid,
        ChartKind.FUNNEL: _funnel,
        ChartKind.BARS: _bars,
    }[table.chart.kind]
    made = drawn(table, language)
    if not _worth(made):
        return None
    said, title = words(language), told(table.title, language)
    alt = f"{said[table.chart.kind]}: {title}. {_highest(made, language)}{said['below']}"
    return msgspec.structs.replace(
        made,
        name=f"{section.name}-{table.name}",
        section=told(section.title, language),
        title=title,
        measure=_measure(table.chart, table, language),
        alt=alt,
    )


def _fits(chart: Chart, table: Table) -> bool:
    """A plugin's section may ask for a chart that its table has no dimension for."""
    names = [one.name for one in table.dimensions]
    return {
        ChartKind.TIME_SERIES: names[:1] == [TIME],
        ChartKind.TILE_GRID: PROVINCE in names,
        ChartKind.FUNNEL: True,
        ChartKind.BARS: bool(names),
    }[chart.kind]


def _measure(chart: Chart, table: Table, language: Language) -> str:
    drawn = measures(table)
    lines = chart.kind is ChartKind.TIME_SERIES and len(drawn) > 1 and len(table.dimensions) == 1
    # Where each line or step is a measure of its own it says so itself.
    return "" if lines or chart.kind is ChartKind.FUNNEL else told(drawn[0].title, language)


def _marks_of(made: Picture) -> list[Mark]:
    return [mark for series in made.series for mark in series.marks] + [tile.mark for tile in made.tiles]


def _worth(made: Picture) -> bool:
    """Whether anything is seen on it but zeros."""
    return any(mark.kind in {Kind.SHOWN, Kind.HIDDEN} for mark in _marks_of(made))


def _highest(made: Picture, language: Language) -> str:
    """The largest figure that is shown, for who hears the picture read out."""
    shown = [mark for mark in _marks_of(made) if mark.kind is Kind.SHOWN]
    if not shown:
        return ""
    top = max(shown, key=lambda mark: mark.size or 0)
    return f"{words(language)['highest'].format(label=top.label, figure=top.text)} "


def _time_series(table: Table, language: Language) -> Picture:
    time, *others = table.dimensions
    drawn = measures(table)
    by_key = [cells(table, one) for one in drawn]
    if others:
        # Of further dimensions the totals.
        rest = (None,) * (len(others) - 1)
        there = {key[1] for key in by_key[0]}
        wanted = [
            (
                told(one.label, language),
                [by_key[0].get((at.code, one.code, *rest), absent(drawn[0])) for at in time.members],
            )
            for one in others[0].members
            if one.code in there
        ]
    else:
        wanted = [
            (told(one.title, language), [found.get((at.code,), absent(one)) for at in time.members])
            for one, found in zip(drawn, by_key, strict=True)
        ]
    kept = wanted[:_MOST_PANELS]
    unit, labels = drawn[0].unit, [told(at.label, language) for at in time.members]
    scale = axis((cell for _, line in kept for cell in line), unit, language)
    series = tuple(
        Series(title, marks(zip(labels, line, strict=True), unit, scale.span, language)) for title, line in kept
    )
    return msgspec.structs.replace(
        bare(ChartKind.TIME_SERIES),
        series=series,
        ticks=scale.ticks,
        zero=scale.zero,
        more=_more(wanted, kept, language),
    )


def _more(all_of: Sequence[object], kept: Sequence[object], language: Language) -> str:
    left = len(all_of) - len(kept)
    return words(language)["more"].format(number=grouped(left, language)) if left else ""


def _bars(table: Table, language: Language) -> Picture:
    measure = measures(table)[0]
    by_key = cells(table, measure)
    first, *others = table.dimensions
    rest = (None,) * len(others)
    # As in the table, what is not there is not drawn.
    wanted = [
        (told(one.label, language), by_key[one.code, *rest]) for one in first.members if (one.code, *rest) in by_key
    ]
    kept = wanted[:_MOST_BARS]
    scale = axis((cell for _, cell in kept), measure.unit, language)
    series = (Series(told(first.title, language), marks(kept, measure.unit, scale.span, language)),)
    more = _more(wanted, kept, language)
    return msgspec.structs.replace(bare(ChartKind.BARS), series=series, zero=scale.zero, more=more)


def _funnel(table: Table, language: Language) -> Picture:
    total = (None,) * len(table.dimensions)
    steps = measures(table)
    wanted = [(told(one.title, language), cells(table, one).get(total, absent(one))) for one in steps]
    # The widest step takes all of the width.
    top = max((Decimal(cell) for _, cell in wanted if cell), default=Decimal(0)) or Decimal(1)
    series = (Series("", marks(wanted, steps[0].unit, top, language)),)
    return msgspec.structs.replace(bare(ChartKind.FUNNEL), series=series)
