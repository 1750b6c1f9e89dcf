"""A sheet: one table, every cell of its own type, and its chart beside it."""

from collections.abc import Iterator

from xlsxwriter.worksheet import Worksheet

from core.sdk import Dimension, Measure, Row, Section, SectionStatus, Table
from plugins.documents.figures import moment, word
from plugins.documents.flat import day_of
from plugins.documents.workbook.chart import draw
from plugins.documents.workbook.paper import NOTHING, Paper, written

HEAD = 3
"""The row of headings, counted from 0; above it: titles."""
_WIDEST, _FIGURES, _TALL = 48, 16, 32


def write_table(paper: Paper, name: str, section: Section, table: Table) -> None:
    """Totals last, as the document has them."""
    sheet = paper.sheet(name)
    paper.write_title(sheet, 0, word(table.title, paper.language))
    sheet.write_string(1, 0, written(" · ".join(_origin(paper, section))), paper.style("quiet"))
    sheet.write_string(2, 0, paper.said["notes"][0], paper.style("quiet"))
    columns: list[Dimension | Measure] = [*table.dimensions, *table.measures]
    for column, one in enumerate(columns):
        marks = ("head", "right") if isinstance(one, Measure) else ("head",)
        sheet.write_string(HEAD, column, paper.heading(one), paper.style(*marks))
    sheet.set_row(HEAD, _TALL)
    rows = list(_rows(table))
    for line, row in enumerate(rows, HEAD + 1):
        _write_row(paper, sheet, line, table, row)
    for column, width in enumerate(_widths(paper, table)):
        sheet.set_column(column, column, width)
    sheet.autofilter(HEAD, 0, HEAD + max(len(rows), 1), len(columns) - 1)
    sheet.freeze_panes(HEAD + 1, len(table.dimensions))
    sheet.repeat_rows(HEAD)
    if table.chart:
        draw(paper, sheet, table, table.chart, HEAD, len(columns) + 1)


def _origin(paper: Paper, section: Section) -> Iterator[str]:
    """Which section it is of, and whether that could be made in full."""
    yield word(section.title, paper.language)
    if section.status is not SectionStatus.MADE:
        yield paper.said[section.status.value]
    if section.since:
        zone = paper.frozen.document.zone
        yield paper.said["since"].format(time=moment(section.since, zone, paper.language))


def _rows(table: Table) -> Iterator[Row]:
    """With those that are zero, if there is but one dimension: a chart's axis has no gaps, and no reader wonders."""
    if len(table.dimensions) != 1:
        yield from table.rows
        return
    there = {row.key: row for row in table.rows}
    zero = tuple(0 if measure.additive else NOTHING for measure in table.measures)
    for member in table.dimensions[0].members:
        yield there.get((member.code,)) or Row((member.code,), zero)
    yield from (row for row in table.rows if None in row.key)


def _write_row(paper: Paper, sheet: Worksheet, line: int, table: Table, row: Row) -> None:
    total = ("total",) if None in row.key else ()
    for column, (code, dimension) in enumerate(zip(row.key, table.dimensions, strict=True)):
        day = code and day_of(dimension, code)
        if day:
            sheet.write_datetime(line, column, day, paper.style("label", "day", *total))
        else:
            sheet.write_string(line, column, paper.label(dimension, code), paper.style("label", *total))
    for column, cell in enumerate(row.cells, len(row.key)):
        paper.write_figure(sheet, line, column, cell, *total)


def _widths(paper: Paper, table: Table) -> Iterator[int]:
    for dimension in table.dimensions:
        labels = [paper.label(dimension, code) for code in (None, *(member.code for member in dimension.members))]
        yield min(max(map(len, [paper.heading(dimension), *labels])) + 3, _WIDEST)
    yield from [_FIGURES] * len(table.measures)
