"""The sender's own sheet as it goes back: bad cells marked, the reason and what may have been meant beside them."""

import io
from collections import defaultdict
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core.campaigns.sheets.columns import letter
from core.campaigns.sheets.imports import ReadSheet
from core.campaigns.sheets.opening import Cell
from core.wire.sheets import CellNote

_HEADERS = ("Cần sửa / To mend", "Gợi ý / Suggestions")
"""No words for a field, so that the columns are left out when the sheet is sent again."""
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_RICH = "<r>"
"""Text that begins so goes into the file unescaped if it ends with `</r>`: xlsxwriter takes it for its own."""


def workbook(sheet: ReadSheet) -> bytes:
    """XLSX. Every cell is text or a number, never a formula, whatever its sender wrote."""
    out = io.BytesIO()
    # Row by row to disk: a sheet of 10,000 rows does not have to be in memory.
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        page = book.add_worksheet(sheet.layout.sheet.name[:31] or "activities")
        marked = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
        noted = book.add_format({"bg_color": "#FFEB9C"})
        told: defaultdict[int, list[CellNote]] = defaultdict(list)
        for row in sheet.rows:
            told[row.number] = [*row.faults, *row.notes]
        width = max((len(row) for row in sheet.layout.sheet.rows), default=0)
        for number, cells in enumerate(sheet.layout.sheet.rows, 1):
            _write(page, number - 1, cells, told[number], marked, noted)
            if number == sheet.layout.header_row:
                page.write_row(number - 1, width, _HEADERS)
            elif told[number]:
                page.write_row(number - 1, width, (_reasons(told[number]), _suggestions(told[number])))
    return out.getvalue()


def _write(
    page: Worksheet, at: int, cells: Sequence[Cell], notes: Sequence[CellNote], marked: Format, noted: Format
) -> None:
    formats = {note.column: noted if note.code in _NOTES else marked for note in notes}
    for column, cell in enumerate(cells):
        how = formats.get(letter(column))
        if isinstance(cell, str):
            page.write_string(at, column, f" {cell}" if cell.startswith(_RICH) else cell, how)
        elif isinstance(cell, bool):
            page.write_boolean(at, column, cell, how)
        else:
            page.write_number(at, column, cell, how)


_NOTES = {"former_name", "without_tones"}


def _reasons(notes: Sequence[CellNote]) -> str:
    return "\n".join(f"{note.column or '?'}: {note.text.vi} / {note.text.en}" for note in notes)


def _suggestions(notes: Sequence[CellNote]) -> str:
    return "\n".join(f"{one.value}: {one.text}" for note in notes for one in note.suggestions)
