"""The native chart of a table, and beside it the figures that it is drawn of.

A chart draws text as zero, so the cells of the table, where a hidden figure is `…`, cannot be its source: it has a
small table of its own, in sight, in which hidden figures are left blank and make a gap.
"""

from collections.abc import Callable, Sequence

import msgspec
from xlsxwriter.worksheet import Worksheet

from core.sdk import Cell, Chart, ChartKind, Dimension, Table
from plugins.documents.figures import HIDDEN, word
from plugins.documents.flat import day_of
from plugins.documents.workbook.paper import Paper, written

_SHAPES = {ChartKind.TIME_SERIES: "line"}
_WIDTH, _HEIGHT, _BAR = 760, 400, 24
_ROW = 20
"""Pixels of a row of a sheet."""
_COLOURS = ("#12355B", "#D1495B", "#2E8B7A", "#E0A030", "#6C5B9E", "#4C86C6", "#8A5A2B", "#7A7A7A")


class Drawn(msgspec.Struct, frozen=True):
    """The figures of a chart."""

    points: tuple[str, ...]
    """Members of `along`; where there is none, titles."""
    series: tuple[tuple[str, tuple[Cell, ...]], ...]
    """Title, and a figure for each point."""
    along: Dimension | None = None


def draw(paper: Paper, sheet: Worksheet, table: Table, chart: Chart, top: int, left: int) -> None:
    """From the cell (`top`, `left`) on."""
    drawn = _drawn(paper, table, chart)
    if not drawn.points or not drawn.series:
        return
    height = max(_HEIGHT, _BAR * len(drawn.points)) if chart.kind is not ChartKind.TIME_SERIES else _HEIGHT
    first = top + height // _ROW + 2
    _write_figures(paper, sheet, drawn, first, left)
    shape = paper.book.add_chart({"type": _SHAPES.get(chart.kind, "bar")})
    last = first + len(drawn.points)
    for at in range(len(drawn.series)):
        column, colour = left + 1 + at, _COLOURS[at % len(_COLOURS)]
        # References, never text: xlsxwriter takes a name that begins with `=` for one.
        shape.add_series(
            {
                "name": [sheet.name, first, column],
                "categories": [sheet.name, first + 1, left, last, left],
                "values": [sheet.name, first + 1, column, last, column],
                "line": {"color": colour, "width": 2},
                "fill": {"color": colour},
                # A day between two hidden ones has no line to be seen by.
                "marker": {"type": "circle", "size": 4, "fill": {"color": colour}, "border": {"color": colour}},
                "gap": 40,
            }
        )
    shape.set_title({"name": [sheet.name, 0, 0], "name_font": {"size": 12}})
    shape.set_legend({"position": "bottom", "none": len(drawn.series) == 1})
    figures = {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D8D8D8"}}}
    if chart.kind is ChartKind.TIME_SERIES:
        shape.set_x_axis(_days_axis(drawn))
        shape.set_y_axis(figures)
    else:
        # Bars lie down, and begin below if nothing is said; tables are read from above.
        shape.set_x_axis(figures)
        shape.set_y_axis(
            {"reverse": True, "crossing": "max", "interval_unit": 1, "major_gridlines": {"visible": False}}
        )
    # A filter on the table's rows hides the figures beside them, which is no reason to draw another chart.
    shape.show_hidden_data()
    shape.set_size({"width": _WIDTH, "height": height})
    sheet.insert_chart(top, left, shape, {"description": _told(paper, table, drawn), "object_position": 2})


def _drawn(paper: Paper, table: Table, chart: Chart) -> Drawn:
    at = _finder(table)
    places = {measure.name: place for place, measure in enumerate(table.measures)}
    titles = {name: paper.heading(table.measures[places[name]]) for name in chart.measures}
    others = (None,) * (len(table.dimensions) - 1)
    if chart.kind is ChartKind.FUNNEL or not table.dimensions:
        totals = at((None,) * len(table.dimensions))
        figures = tuple(totals[places[name]] for name in chart.measures)
        return Drawn(tuple(titles.values()), ((written(word(table.title, paper.language)), figures),))
    points = tuple(member.code for member in table.dimensions[0].members)
    if chart.kind is ChartKind.TIME_SERIES and others:
        place, second = places[chart.measures[0]], table.dimensions[1]
        series = [
            (paper.label(second, member.code), [at((code, member.code, *others[1:]))[place] for code in points])
            for member in second.members
        ]
    else:
        shown = chart.measures if chart.kind is ChartKind.TIME_SERIES else chart.measures[:1]
        series = [(titles[name], [at((code, *others))[places[name]] for code in points]) for name in shown]
    return Drawn(points, tuple((title, tuple(figures)) for title, figures in series), table.dimensions[0])


def _finder(table: Table) -> Callable[[tuple[str | None, ...]], Sequence[Cell]]:
    """Cells by key. Rows that are not there are zero, but for what does not add up."""
    rows = {row.key: row.cells for row in table.rows}
    zero: Sequence[Cell] = [0 if measure.additive else None for measure in table.measures]
    return lambda key: rows.get(key, zero)


def _write_figures(paper: Paper, sheet: Worksheet, drawn: Drawn, first: int, left: int) -> None:
    sheet.write_string(first - 1, left, paper.said["drawn"], paper.style("quiet"))
    sheet.set_column(left, left, 24)
    sheet.write_string(
        first, left, paper.heading(drawn.along) if drawn.along else paper.said["measure"], paper.style("head")
    )
    for line, point in enumerate(drawn.points, first + 1):
        day = drawn.along and day_of(drawn.along, point)
        if day:
            sheet.write_datetime(line, left, day, paper.style("label", "day"))
        else:
            label = paper.label(drawn.along, point) if drawn.along else point
            sheet.write_string(line, left, label, paper.style("label"))
    for column, (title, figures) in enumerate(drawn.series, left + 1):
        sheet.write_string(first, column, title, paper.style("head", "right"))
        sheet.set_column(column, column, min(max(len(title) + 3, 14), 40))
        for line, cell in enumerate(figures, first + 1):
            if cell is not None:
                paper.write_figure(sheet, line, column, cell)


def _days_axis(drawn: Drawn) -> dict[str, object]:
    days = drawn.along and all(day_of(drawn.along, code) for code in drawn.points)
    return {"date_axis": True, "num_format": "dd/mm", "num_font": {"rotation": -45}} if days else {}


def _told(paper: Paper, table: Table, drawn: Drawn) -> str:
    """For who does not see the chart: what it is of, and its first point."""
    point = paper.label(drawn.along, drawn.points[0]) if drawn.along else drawn.points[0]
    first = [f"{title} {HIDDEN.text if of[0] is None else of[0]}" for title, of in drawn.series]
    return f"{written(word(table.title, paper.language))}. {point}: {', '.join(first)}."
