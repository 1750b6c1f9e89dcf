"""What all sheets of a workbook share: how text is made safe, formats of cells, header and footer."""

from decimal import Decimal
from functools import cache
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core.sdk import Cell, Dimension, Frozen, Language, Measure, Unit
from plugins.documents.figures import HIDDEN, NONE, word, words
from plugins.documents.flat import plain

_INK, _PALE, _RULE = "#12355B", "#E8EEF5", "#9DB2C9"
_A4 = 9
_TALL = 24
NOTHING = ""
"""In place of a figure that there is nothing to compute of."""
_RICH = "<r>"
"""Text that begins so and ends with `</r>` goes into the file unescaped: xlsxwriter takes it for its own."""


def written(text: str) -> str:
    """As a cell, a title or a property may hold it."""
    text = plain(text)
    return f" {text}" if text.startswith(_RICH) else text


class Paper:
    """One workbook, and what is written into it."""

    def __init__(self, book: xlsxwriter.Workbook, frozen: Frozen, language: Language) -> None:
        self.book = book
        self.frozen = frozen
        self.language = language
        self.said: dict[str, Any] = words(language)
        self._formats = cache(self._format)

    def sheet(self, name: str) -> Worksheet:
        """An empty one, with what is printed at the foot of each of its pages."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        said = self.said
        sheet.set_footer(
            f"&L&8SHA-256 {self.frozen.sha256}\n{said['position']} {self.frozen.position}"
            f"&R&8{said['page']} &P{said['of']}&N"
        )
        return sheet

    def label(self, dimension: Dimension, code: str | None) -> str:
        """Of a member, or of all of them together."""
        if code is None:
            return str(self.said["total"])
        return written(word(next(one.label for one in dimension.members if one.code == code), self.language))

    def heading(self, one: Dimension | Measure) -> str:
        """With the unit, where the title leaves it open."""
        title = written(word(one.title, self.language))
        if isinstance(one, Measure) and one.unit is Unit.PERCENT:
            return f"{title} (%)"
        if isinstance(one, Measure) and one.unit is Unit.SECONDS:
            return f"{title} ({self.said['second']})"
        return title

    def write_title(self, sheet: Worksheet, line: int, text: str) -> None:
        sheet.write_string(line, 0, written(text), self.style("title"))
        sheet.set_row(line, _TALL)

    def write_figure(self, sheet: Worksheet, line: int, column: int, cell: Cell, *marks: str) -> None:
        """A number of the document as it is: a float would be printed with digits that it does not have."""
        if isinstance(cell, int):
            sheet.write_number(line, column, cell, self.style("figure", *marks))
        elif cell is None or cell == NOTHING:
            shown = HIDDEN if cell is None else NONE
            sheet.write_string(line, column, shown.text, self.style("figure", *marks))
        else:
            digits = len(cell.partition(".")[2])
            decimals = (f"decimals{digits}",) if digits else ()
            sheet.write_number(line, column, Decimal(cell), self.style("figure", *marks, *decimals))

    def style(self, *marks: str) -> Format:
        """`title`, `quiet`, `wrapped`, `head`, `right`, `label`, `figure`, `total`, `day`; `decimals2`: two digits."""
        return self._formats(frozenset(marks))

    def _format(self, marks: frozenset[str]) -> Format:
        chosen: dict[str, Any] = {"valign": "top"}
        for mark in sorted(marks):
            chosen |= self._looks(mark)
        return self.book.add_format(chosen)

    def _looks(self, mark: str) -> dict[str, Any]:
        if mark.startswith("decimals"):
            return {"num_format": "#,##0." + "0" * int(mark.removeprefix("decimals"))}
        looks: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 14, "font_color": _INK},
            "quiet": {"font_color": "#555555"},
            "wrapped": {"text_wrap": True},
            "right": {"align": "right"},
            "head": {"bold": True, "text_wrap": True, "valign": "vcenter", "font_color": "#FFFFFF", "bg_color": _INK},
            "label": {"bottom": 4, "bottom_color": _RULE},
            "figure": {"bottom": 4, "bottom_color": _RULE, "align": "right", "num_format": "#,##0"},
            "total": {"bold": True, "bg_color": _PALE},
            "day": {"num_format": "dd/mm/yyyy" if self.language is Language.VI else "yyyy-mm-dd", "align": "left"},
        }
        return looks[mark]
